// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/token_source.hpp>
#include <seqpool/scalar.hpp>

namespace seqpool::inline SEQPOOL_ABI {

/// Some real tokens of one sequence, in order: `[n, hidden]`, read in place. Padded tokens are not among them, so a
/// pooling never meets a mask.
///
///     for (seqpool::Index i = 0; i < tokens.size(); ++i)
///       for (seqpool::Index h = 0; h < tokens.hidden(); ++h)
///         sum[h] += seqpool::widen(tokens[i][h]);
///
/// `tokens[i]` points to the `hidden` consecutive features of token i.
template <Scalar T> class TokenBlock {
 public:
  using value_type = T;

  /// `size` tokens, each `stride` elements after the one before it, the first of them at `position` of a sequence with
  /// only real tokens.
  ///
  /// **Shapes**: data: `[size, hidden]`.
  TokenBlock(const T* data, Index size, Index hidden, Index stride, Index position = 0) noexcept
      : TokenBlock(data, size, hidden, stride, detail::TokenSource<T>{.position = position, .number = position}) {}

  // As the driver makes it.
  TokenBlock(const T* data, Index size, Index hidden, Index stride, const detail::TokenSource<T>& source) noexcept
      : data_(data), size_(size), hidden_(hidden), stride_(stride), source_(source) {}

  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] Index hidden() const noexcept { return hidden_; }

  /// The features of token i, `[hidden]`, neighbours in memory.
  [[nodiscard]] const T* operator[](Index i) const noexcept {
    return data_ + (source_.places == nullptr ? i : source_.places[i]) * stride_;
  }

  /// The row of the result that these tokens go into, and the sequence that they come from: the two differ only for
  /// spans.
  [[nodiscard]] Index row() const noexcept { return source_.row; }
  [[nodiscard]] Index sequence() const noexcept { return source_.sequence; }

  /// Where token i stands in its sequence, padding counted.
  [[nodiscard]] Index position(Index i) const noexcept {
    return source_.positions == nullptr ? source_.position + i : source_.positions[i];
  }

  /// Which of its row's real tokens token i is, counted from 0: its position without padding. If a pooling reads only
  /// the first and the last token, only the last one's number is right.
  [[nodiscard]] Index number(Index i) const noexcept { return source_.number + i; }

  /// The same tokens, counted from `first` on.
  [[nodiscard]] TokenBlock numbered_from(Index first) const noexcept {
    TokenBlock block(*this);
    block.source_.number = first;
    return block;
  }

  /// Tokens `[first, first + count)` of these, `[count, hidden]`.
  [[nodiscard]] TokenBlock part(Index first, Index count) const noexcept {
    TokenBlock block(*this);
    block.size_ = count;
    block.source_.following += size_ - first - count;
    block.source_.number += first;
    if (source_.places == nullptr)
      block.data_ += first * stride_;
    else
      block.source_.places += first;
    if (source_.positions == nullptr)
      block.source_.position += first;
    else
      block.source_.positions += first;
    return block;
  }

 private:
  friend struct detail::Prefetch;

  const T* data_;
  Index size_;
  Index hidden_;
  Index stride_;
  detail::TokenSource<T> source_;
};

}  // namespace seqpool::inline SEQPOOL_ABI
