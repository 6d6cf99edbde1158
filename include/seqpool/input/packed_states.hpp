// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/sizes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/input/hidden_states.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Sequences one after another without padding, `[total, hidden]`: sequence b is tokens `[offsets[b], offsets[b + 1])`,
/// as in the cu_seqlens of variable-length attention kernels.
///
///     const std::vector<std::int32_t> cu_seqlens{0, 12, 12, 19};
///     seqpool::mean_pool(seqpool::PackedStates<float>(data, {19, hidden}, cu_seqlens));  // [3, hidden], row 1 zeros
///
/// The memory must outlive it; the offsets are copied. Without padding it takes no mask, but it takes `Spans` and
/// `skip_prefix(all_tokens, counts)`.
template <class T> class PackedStates {
  static_assert(Scalar<T>, "seqpool: PackedStates<T> are of float, double, Eigen::half or Eigen::bfloat16.");

 public:
  using value_type = T;
  static constexpr bool has_padding = false;

  /// **Shapes**: data: a `const T*`, `[total, hidden]` = `sizes`, row-major; sizes: 2 integers, of any types but bool,
  /// or a contiguous range of 2; offsets: `[batch + 1]`, integers in a contiguous range, an Eigen vector or an Eigen
  /// tensor of rank 1.
  /// **Errors**: `std::invalid_argument` for no offsets; for offsets that do not start at 0, that fall, or that do not
  /// end at total, naming their index; for a negative size, or one beyond what memory can hold; for a null pointer to
  /// at least one element.
  /// **Cost**: O(batch), one allocation.
  template <class P, class V> PackedStates(const P& data, detail::Sizes<2> sizes, const V& offsets);

  [[nodiscard]] Index batch() const noexcept { return static_cast<Index>(offsets_.size()) - 1; }
  [[nodiscard]] Index seq() const noexcept { return longest_; }
  [[nodiscard]] Index seq(Index b) const noexcept { return offset(b + 1) - offset(b); }
  [[nodiscard]] Index hidden() const noexcept { return hidden_; }
  [[nodiscard]] Index token_stride() const noexcept { return hidden_; }
  [[nodiscard]] Index hidden_stride() const noexcept { return 1; }
  [[nodiscard]] const T* token(Index b, Index s) const noexcept { return data_ + (offset(b) + s) * hidden_; }

 private:
  Index offset(Index b) const noexcept { return offsets_[static_cast<std::size_t>(b)]; }

  const T* data_;
  Index hidden_;
  Index longest_ = 0;
  std::vector<Index> offsets_;
};

template <class P, class V>
PackedStates(const P&, detail::Sizes<2>, const V&) -> PackedStates<detail::guide_pointee_t<P>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class P, class V>
PackedStates<T>::PackedStates(const P& data, detail::Sizes<2> sizes, const V& offsets)
    : data_(detail::pointer_to<T>(data)), hidden_(sizes[1]) {
  static_assert(
      detail::IntegerVector<V>,
      "seqpool: PackedStates(data, {total, hidden}, offsets) takes integer offsets [batch + 1], as cu_seqlens: a "
      "contiguous range such as std::vector<std::int32_t>, an Eigen vector, or an Eigen tensor of rank 1.");
  detail::check_memory(data_, sizes, detail::dense_strides(sizes, true, "packed states"), "packed states",
                       "[total, hidden]");
  const auto refuse = [](std::size_t i, const std::string& offset, const std::string& rule) {
    detail::fail({"offset ", i, " is ", offset, ": ", rule});
  };
  if constexpr (detail::IntegerVector<V>)
    offsets_ = detail::indices(offsets, [&](std::size_t i, const std::string& offset) {
      refuse(i, offset, "offsets must be between 0 and total");
    });
  if (offsets_.empty()) detail::fail("offsets are [0]: they must be [batch + 1], the first of them 0");
  if (offsets_.front() != 0) refuse(0, detail::number_text(offsets_.front()), "the first offset must be 0");
  for (std::size_t i = 1; i < offsets_.size(); ++i) {
    if (offsets_[i] < offsets_[i - 1])
      refuse(i, detail::number_text(offsets_[i]),
             detail::sentence({"offsets must not fall, and the one before it is ", offsets_[i - 1]}));
    longest_ = (std::max)(longest_, offsets_[i] - offsets_[i - 1]);
  }
  if (offsets_.back() != sizes[0])
    refuse(offsets_.size() - 1, detail::number_text(offsets_.back()),
           detail::sentence(
               {"the last offset must be the number of tokens, and packed states are ", detail::shape(sizes)}));
}

}  // namespace seqpool::inline SEQPOOL_ABI
