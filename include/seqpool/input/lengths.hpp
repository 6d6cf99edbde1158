// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/vector.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Real tokens as lengths, for padding on the right: the first `lengths[b]` tokens of row `b` are real,
/// `[0, lengths[b])` of `[0, seq)`.
///
///     const std::vector<int> lengths{12, 7};
///     seqpool::mean_pool(x, seqpool::Lengths(lengths));  // x [2, seq, hidden]
class Lengths {
 public:
  /// Copies one length per row from any contiguous range of integers, Eigen vector or Eigen tensor of rank 1.
  ///
  /// **Shapes**: lengths: `[batch]`.
  /// **Errors**: `std::invalid_argument` for a length under 0, naming its row; a length over seq is found when it meets
  /// the hidden states, and its row is named.
  /// **Cost**: O(batch), one allocation.
  template <class V> explicit Lengths(const V& lengths);

  [[nodiscard]] Index batch() const noexcept { return static_cast<Index>(lengths_.size()); }
  void check(Index batch, Index seq) const;
  [[nodiscard]] Run next_run(Index row, Run within) const noexcept {
    const Index end = (std::min)(within.end, lengths_[static_cast<std::size_t>(row)]);
    return {within.begin, (std::max)(within.begin, end)};
  }

 private:
  std::vector<Index> lengths_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class V> Lengths::Lengths(const V& lengths) {
  static_assert(
      detail::IntegerVector<V>,
      "seqpool: Lengths(lengths) takes one integer for each row, [batch]: a contiguous range such as "
      "std::vector<int>, an Eigen vector, or an Eigen tensor of rank 1. A mask of bool or of bytes [batch, seq] "
      "is passed as it is, as an Eigen tensor of rank 2 or a seqpool::AttentionMask.");
  if constexpr (detail::IntegerVector<V>)
    lengths_ = detail::indices(lengths, [](std::size_t row, const std::string& length) {
      detail::fail({"lengths: row ", row, " has length ", length, "; a length must be between 0 and seq"});
    });
}

inline void Lengths::check(Index batch, Index seq) const {
  if (this->batch() != batch)
    detail::fail({"lengths are ", detail::shape({this->batch()}), ", but hidden states have batch ", batch,
                  ": lengths must be [batch]"});
  for (std::size_t row = 0; row < lengths_.size(); ++row)
    if (lengths_[row] > seq)
      detail::fail({"lengths: row ", row, " has length ", lengths_[row], ", but hidden states have seq ", seq});
}

}  // namespace seqpool::inline SEQPOOL_ABI
