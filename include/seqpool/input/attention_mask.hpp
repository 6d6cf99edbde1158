// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/sizes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <concepts>
#include <locale>
#include <sstream>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// The element types of a mask: any arithmetic type, Eigen::half and Eigen::bfloat16.
template <class M>
concept MaskScalar = std::is_arithmetic_v<M> || Scalar<M>;

/// A view of an attention mask `[batch, seq]`, 1 for a real token and 0 for a padded one, as tokenizers give it.
///
///     // tokenizer_mask is [batch, max_len], of which the first seq columns are wanted
///     seqpool::mean_pool(x, seqpool::AttentionMask(tokenizer_mask, {batch, seq}, {max_len, 1}));
///
/// It owns nothing and copies nothing: the memory must outlive it. torch's `key_padding_mask` is the inverse: true for
/// padding. It cannot be told from any other mask, so invert it first.
template <class M> class AttentionMask {
  static_assert(MaskScalar<M>,
                "seqpool: an AttentionMask [batch, seq] holds 1 for a real token and 0 for a padded one, in any "
                "arithmetic type, Eigen::half or Eigen::bfloat16; copy values of another type into one of these.");

 public:
  /// Views `data` as `sizes` = {batch, seq}, row-major and without gaps, or with `strides` = {batch, token}, the
  /// elements from one row, and from one token, to the next.
  ///
  /// **Shapes**: data: a `const M*`, `[batch, seq]`; sizes and strides: 2 integers each, of any types but bool, or a
  /// contiguous range of 2.
  /// **Errors**: `std::invalid_argument` for a negative size, a null pointer to at least one element, sizes and
  /// strides beyond what memory can hold, or a range of another length.
  template <class P>
  AttentionMask(const P& data, detail::Sizes<2> sizes)
      : AttentionMask(data, sizes, detail::dense_strides(sizes, true, "mask")) {}
  template <class P>
  AttentionMask(const P& data, detail::Sizes<2> sizes, detail::Sizes<2> strides)
      : mask_{detail::pointer_to<M>(data), sizes[0], sizes[1], strides[0], strides[1]} {
    detail::check_memory(mask_.data, sizes, strides, "mask values", "[batch, seq]");
  }

  /// Views an Eigen tensor or map of rank 2, in either layout. The compiler refuses a temporary tensor, which would be
  /// gone at the end of the line.
  template <class X>
    requires(!std::same_as<std::remove_cvref_t<X>, AttentionMask>)
  explicit AttentionMask(X&& mask) : mask_(view_of<X>(mask)) {}

  [[nodiscard]] Index batch() const noexcept { return mask_.rows; }

  /// **Errors**: `std::invalid_argument` if the mask is not `[batch, seq]`, or for a value other than 0 and 1, naming
  /// it and its place; for a negative one it adds that it looks like an additive mask.
  /// **Cost**: reads the mask once.
  void check(Index batch, Index seq) const;

  [[nodiscard]] Run next_run(Index row, Run within) const noexcept;

 private:
  // X as deduced from X&&.
  template <class X> static detail::MatrixView<const M> view_of(const std::remove_cvref_t<X>& mask);
  // The first token in [begin, end) for which f(value) is not 0, or `end`. After the first few tokens, many neighbours
  // are tested at once.
  template <class F> Index first_of(Index row, Index begin, Index end, F f) const noexcept;
  [[noreturn]] void refuse(Index row, Index token) const;

  detail::MatrixView<const M> mask_;
};

template <class X> explicit AttentionMask(const X&) -> AttentionMask<detail::guide_element_t<X>>;
template <class P> AttentionMask(const P&, detail::Sizes<2>) -> AttentionMask<detail::guide_pointee_t<P>>;
template <class P>
AttentionMask(const P&, detail::Sizes<2>, detail::Sizes<2>) -> AttentionMask<detail::guide_pointee_t<P>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class M>
template <class X>
auto AttentionMask<M>::view_of([[maybe_unused]] const std::remove_cvref_t<X>& mask) -> detail::MatrixView<const M> {
  constexpr bool of_rank = detail::EigenTensorOfRank<std::remove_cvref_t<X>, 2>;
  static_assert(of_rank,
                "seqpool: AttentionMask(mask) views an Eigen::Tensor or Eigen::TensorMap of rank 2, [batch, seq]; of "
                "other memory write seqpool::AttentionMask(data, {batch, seq}), of lengths seqpool::Lengths(lengths), "
                "and evaluate an Eigen expression or an Eigen::TensorRef into a tensor first.");
  if constexpr (detail::may_be_viewed<M, X, of_rank>()) {
    const auto view = detail::matrix_view(mask, "mask");
    return {view.data, view.rows, view.columns, view.row_stride, view.column_stride};
  } else {
    return {nullptr, 0, 0, 1, 1};
  }
}

template <class M> void AttentionMask<M>::check(Index batch, Index seq) const {
  if (mask_.rows != batch || mask_.columns != seq)
    detail::fail({"mask is ", detail::shape({mask_.rows, mask_.columns}),
                  ", but hidden states have [batch, seq] = ", detail::shape({batch, seq})});
  for (Index row = 0; row < batch; ++row) {
    const Index unlawful = first_of(row, 0, seq, [](M value) {
      if constexpr (std::is_integral_v<M>)
        return static_cast<M>(value & ~decltype(value + 0)(1));
      else
        return static_cast<int>(!(value == M(0))) & static_cast<int>(!(value == M(1)));
    });
    if (unlawful < seq) refuse(row, unlawful);
  }
}

template <class M> Run AttentionMask<M>::next_run(Index row, Run within) const noexcept {
  const Index last = (std::min)(within.end, mask_.columns);
  const Index begin = first_of(row, within.begin, last, [](M value) { return static_cast<int>(!(value == M(0))); });
  return {begin, first_of(row, begin, last, [](M value) { return static_cast<int>(value == M(0)); })};
}

template <class M>
template <class F>
Index AttentionMask<M>::first_of(Index row, Index begin, Index end, F f) const noexcept {
  constexpr Index few = 32, many = 64;
  const Index soon = (std::min)(end, begin + few);
  while (begin < soon && f(mask_(row, begin)) == 0) ++begin;
  if (begin < soon) return begin;
  if (mask_.column_stride == 1)
    for (; begin + many <= end; begin += many) {
      const M* const values = mask_.data + row * mask_.row_stride + begin;
      decltype(f(M(0))) any = 0;
      for (Index i = 0; i < many; ++i)
        any = static_cast<decltype(any)>(any | f(values[i]));  // without a branch: vector code
      if (any != 0) break;
    }
  while (begin < end && f(mask_(row, begin)) == 0) ++begin;
  return begin;
}

template <class M> void AttentionMask<M>::refuse(Index row, Index token) const {
  std::ostringstream what;
  what.imbue(std::locale::classic());  // the program's may write 1024 as 1,024
  what << "mask value " << +mask_(row, token) << " at [" << row << ", " << token
       << "]: an attention mask holds 1 for a real token and 0 for a padded one";
  if (mask_(row, token) < M(0))
    what << "; a negative value looks like an additive mask (0 and -inf): pass the 0/1 mask it was made from";
  detail::fail(what.str());
}

}  // namespace seqpool::inline SEQPOOL_ABI
