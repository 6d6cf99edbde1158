// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/sizes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/selection.hpp>

#include <array>
#include <concepts>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Hidden states in any form: sequences of tokens of `hidden` features each.
///
/// | expression | meaning |
/// |---|---|
/// | `X::value_type` | the scalar |
/// | `x.batch()`, `x.hidden()` | how many sequences; features of a token |
/// | `x.seq()`, `x.seq(b)` | tokens of the longest sequence, or more; tokens of sequence b, padding counted |
/// | `x.token(b, s)` | the first feature of token s of sequence b |
/// | `x.token_stride()`, `x.hidden_stride()` | elements from one token of a sequence, or one feature, to the next |
///
/// If tokens are computed rather than stored, this replaces the last two rows:
///
/// | expression | meaning |
/// |---|---|
/// | `x.copy(b, run, out)` | writes the tokens `run` of sequence b to `out`, `[run, hidden]` |
///
/// Sequences without padding, for which a mask or lengths make no sense and are refused, say so:
///
/// | expression | meaning | without it |
/// |---|---|---|
/// | `X::has_padding` | a constant bool: whether its sequences may have padded tokens | true |
template <class X>
concept Sequences =
    Scalar<typename X::value_type> && requires(const X& x, Index i, Run run, typename X::value_type* out) {
      { x.batch() } -> std::convertible_to<Index>;
      { x.seq() } -> std::convertible_to<Index>;
      { x.seq(i) } -> std::convertible_to<Index>;
      { x.hidden() } -> std::convertible_to<Index>;
      requires requires {
        { x.token(i, i) } -> std::same_as<const typename X::value_type*>;
        { x.token_stride() } -> std::convertible_to<Index>;
        { x.hidden_stride() } -> std::convertible_to<Index>;
      } || requires { x.copy(i, run, out); };
    };

/// Whether X has padding: what it says itself, or else true.
template <class X> inline constexpr bool has_padding = true;
template <class X>
  requires requires { bool{X::has_padding}; }
inline constexpr bool has_padding<X> = X::has_padding;

/// A view of an encoder's output, `[batch, seq, hidden]`: a pointer, three sizes, three strides.
///
///     seqpool::HiddenStates<float> dense(data, {batch, seq, hidden});
///     // Of [seq, batch, hidden]:
///     seqpool::HiddenStates<float> permuted(data, {batch, seq, hidden}, {hidden, batch * hidden, 1});
///
/// It owns nothing and copies nothing: the memory must outlive it. No alignment is assumed. With a hidden stride of 1,
/// tokens are read in place; with any other, as in a column-major tensor, they are packed first.
template <class T> class HiddenStates {
  static_assert(Scalar<T>,
                "seqpool: HiddenStates<T> are of float, double, Eigen::half or Eigen::bfloat16; convert others first, "
                "for example with x.template cast<float>() into an Eigen::Tensor<float, 3>.");

 public:
  using value_type = T;

  /// Views `data` as `sizes` = {batch, seq, hidden}, row-major and without gaps, or with `strides` = {batch, token,
  /// hidden}, counted in elements (what PyTorch's `sizes()` and `strides()` give): element `(b, s, h)` is
  /// `data[b * strides[0] + s * strides[1] + h * strides[2]]`.
  ///
  /// **Shapes**: data: a `const T*`, `[batch, seq, hidden]`; sizes and strides: 3 integers each, of any types but bool,
  /// or a contiguous range of 3.
  /// **Errors**: `std::invalid_argument` for a negative size, a null pointer to at least one element, sizes and
  /// strides beyond what memory can hold, or a range of another length.
  template <class P>
  HiddenStates(const P& data, detail::Sizes<3> sizes)
      : HiddenStates(data, sizes, detail::dense_strides(sizes, true, "hidden states")) {}
  template <class P>
  HiddenStates(const P& data, detail::Sizes<3> sizes, detail::Sizes<3> strides)
      : data_(detail::pointer_to<T>(data)), sizes_(sizes), strides_(strides) {
    detail::check_memory(data_, sizes, strides, "hidden states", "[batch, seq, hidden]");
    if (data_ == nullptr) strides_[0] = strides_[1] = 0;  // no elements, and null has no neighbours
  }

  /// Views an Eigen tensor or map of rank 3, in either layout. The compiler refuses a temporary tensor, which would be
  /// gone at the end of the line.
  template <class X>
    requires(!std::same_as<std::remove_cvref_t<X>, HiddenStates>)
  explicit HiddenStates(X&& x) : HiddenStates(view_of<X>(x)) {}

  [[nodiscard]] Index batch() const noexcept { return sizes_[0]; }
  [[nodiscard]] Index seq() const noexcept { return sizes_[1]; }
  [[nodiscard]] Index seq(Index) const noexcept { return sizes_[1]; }
  [[nodiscard]] Index hidden() const noexcept { return sizes_[2]; }

  /// Elements from one sequence, one token or one feature to the next; 1 if there is no next one.
  [[nodiscard]] Index batch_stride() const noexcept { return sizes_[0] > 1 ? strides_[0] : 1; }
  [[nodiscard]] Index token_stride() const noexcept { return sizes_[1] > 1 ? strides_[1] : 1; }
  [[nodiscard]] Index hidden_stride() const noexcept { return sizes_[2] > 1 ? strides_[2] : 1; }

  /// The first feature of token `s` of sequence `b`; the others follow at `hidden_stride()`.
  [[nodiscard]] const T* token(Index b, Index s) const noexcept { return data_ + b * strides_[0] + s * strides_[1]; }

  /// The same memory with batch and hidden exchanged, `[hidden, seq, batch]`.
  [[nodiscard]] HiddenStates transposed() const noexcept {
    HiddenStates other(*this);
    std::swap(other.sizes_[0], other.sizes_[2]);
    if (data_ != nullptr) std::swap(other.strides_[0], other.strides_[2]);
    return other;
  }

 private:
  // X as deduced from X&&.
  template <class X> static HiddenStates view_of(const std::remove_cvref_t<X>& x);

  const T* data_;
  std::array<Index, 3> sizes_;
  std::array<Index, 3> strides_;
};

template <class X> explicit HiddenStates(const X&) -> HiddenStates<detail::guide_element_t<X>>;
template <class P> HiddenStates(const P&, detail::Sizes<3>) -> HiddenStates<detail::guide_pointee_t<P>>;
template <class P>
HiddenStates(const P&, detail::Sizes<3>, detail::Sizes<3>) -> HiddenStates<detail::guide_pointee_t<P>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class Argument>
auto HiddenStates<T>::view_of([[maybe_unused]] const std::remove_cvref_t<Argument>& x) -> HiddenStates {
  using X = std::remove_cvref_t<Argument>;
  constexpr bool of_rank = detail::EigenTensorOfRank<X, 3>;
  static_assert(of_rank,
                "seqpool: HiddenStates(x) views an Eigen::Tensor or Eigen::TensorMap of rank 3, [batch, seq, hidden]; "
                "of other memory write seqpool::HiddenStates<T>(data, {batch, seq, hidden}), and evaluate an Eigen "
                "expression or an Eigen::TensorRef into a tensor first.");
  if constexpr (detail::may_be_viewed<T, Argument, of_rank>()) {
    const auto sizes = detail::sizes_of<3>(x);
    return HiddenStates(x.data(), sizes, detail::dense_strides(sizes, detail::is_row_major<X>, "hidden states"));
  } else {
    return HiddenStates(nullptr, {0, 0, 0});
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
