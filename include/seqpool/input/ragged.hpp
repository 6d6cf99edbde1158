// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/input/hidden_states.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Sequences that lie each somewhere else: one pointer and one length for each, `[lengths[b], hidden]`.
///
///     const std::vector<const float*> sequences{first, second};
///     const std::vector<int> lengths{12, 7};
///     seqpool::mean_pool(seqpool::Ragged<float>(sequences, lengths, hidden));  // [2, hidden]
///
/// The memory must outlive it; pointers and lengths are copied. No mask is taken, as there is no padding; `Spans` and
/// `skip_prefix(AllTokens{}, counts)` are.
template <class T> class Ragged {
  static_assert(Scalar<T>, "seqpool: sequences of Ragged<T> are of float, double, Eigen::half or Eigen::bfloat16.");

 public:
  using value_type = T;
  static constexpr bool has_padding = false;

  /// **Shapes**: pointers: `[batch]`, a contiguous range of pointers to `[lengths[b], hidden]` elements; lengths:
  /// `[batch]`, integers in a contiguous range, an Eigen vector or an Eigen tensor of rank 1. A token's features are
  /// neighbours; tokens are `hidden` elements apart, or `token_stride`.
  /// **Errors**: `std::invalid_argument` for a negative hidden or length, another number of lengths than of pointers,
  /// or a null pointer to at least one element, naming its sequence.
  /// **Cost**: O(batch), two allocations.
  template <class P, class V>
  Ragged(const P& pointers, const V& lengths, Index hidden) : Ragged(pointers, lengths, hidden, hidden) {}
  template <class P, class V> Ragged(const P& pointers, const V& lengths, Index hidden, Index token_stride);

  [[nodiscard]] Index batch() const noexcept { return static_cast<Index>(lengths_.size()); }
  [[nodiscard]] Index seq() const noexcept { return longest_; }
  [[nodiscard]] Index seq(Index b) const noexcept { return lengths_[static_cast<std::size_t>(b)]; }
  [[nodiscard]] Index hidden() const noexcept { return hidden_; }
  [[nodiscard]] Index token_stride() const noexcept { return token_stride_; }
  [[nodiscard]] Index hidden_stride() const noexcept { return 1; }
  [[nodiscard]] const T* token(Index b, Index s) const noexcept {
    return pointers_[static_cast<std::size_t>(b)] + s * token_stride_;
  }

 private:
  std::vector<const T*> pointers_;
  std::vector<Index> lengths_;
  Index hidden_;
  Index token_stride_;
  Index longest_ = 0;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class P, class V>
Ragged<T>::Ragged(const P& pointers, const V& lengths, Index hidden, Index token_stride)
    : hidden_(hidden), token_stride_(token_stride) {
  constexpr bool lawful = detail::IntegerVector<V> && std::ranges::contiguous_range<P> &&
                          requires { requires std::convertible_to<std::ranges::range_value_t<P>, const T*>; };
  static_assert(
      lawful,
      "seqpool: Ragged<T>(pointers, lengths, hidden) takes one pointer to T for each sequence, [batch], in a "
      "contiguous range such as std::vector<const T*>, and then one integer for each, [batch]; of vectors, take their "
      "data().");
  if constexpr (lawful) {
    pointers_.assign(std::ranges::begin(pointers), std::ranges::end(pointers));
    lengths_ = detail::indices(lengths, [](std::size_t b, const std::string& length) {
      detail::fail({"sequence ", b, " has length ", length, ": a length must be 0 or more"});
    });
  }
  if (pointers_.size() != lengths_.size())
    detail::fail(
        {"there are ", pointers_.size(), " pointers, but ", lengths_.size(), " lengths: both must be [batch]"});
  for (std::size_t b = 0; b < lengths_.size(); ++b) {
    if (pointers_[b] == nullptr && lengths_[b] > 0 && hidden > 0)
      detail::fail({"sequence ", b, " ", detail::shape({lengths_[b], hidden}), " has a null pointer"});
    longest_ = (std::max)(longest_, lengths_[b]);
  }
  const T element{};  // of the longest, only how far it reaches
  detail::check_memory<T, 2>(&element, {longest_, hidden}, {token_stride, 1}, "the longest sequence's tokens",
                             "[length, hidden]");
}

}  // namespace seqpool::inline SEQPOOL_ABI
