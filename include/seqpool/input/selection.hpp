// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_INPUT_SELECTION_HPP
#define SEQPOOL_INPUT_SELECTION_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <ranges>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Consecutive real tokens of one row: `[begin, end)`. Empty where begin == end.
struct Run {
  Index begin;
  Index end;
};

/// Which tokens of which rows are real: the only thing the driver asks is the next run of a row.
///
/// | expression | returns |
/// |---|---|
/// | `s.check(batch, seq)` | throws `std::invalid_argument` unless s fits `[batch, seq]` and holds lawful values |
/// | `s.next_run(row, from)` | the first maximal run of `row` at or after token `from`; an empty one if there is none |
template <class S>
concept Selection = requires(const S s, Index i) {
  s.check(i, i);
  { s.next_run(i, i) } -> std::same_as<Run>;
};

/// Every token of every row is real: what is meant where no mask is given.
class AllTokens {
 public:
  explicit AllTokens(Index seq) noexcept : seq_(seq) {}
  void check(Index, Index) const noexcept {}
  Run next_run(Index, Index from) const noexcept { return {from, seq_}; }

 private:
  Index seq_;
};

/// Real tokens as lengths: row `b` has its first `lengths[b]` tokens, `[0, lengths[b])` of `[0, seq)`.
class Lengths {
 public:
  /// Copies one length per row from any contiguous range of integers: vector, array, span, Eigen vector.
  ///
  /// **Shapes**: lengths: `[batch]`. **Errors**: `std::invalid_argument` for a length under 0, naming its
  /// row; a length over seq is found, and its row named, when it meets the hidden states. **Complexity**:
  /// O(batch), one allocation.
  template <std::ranges::contiguous_range R>
  requires(std::integral<std::ranges::range_value_t<R>> &&
           !std::same_as<std::ranges::range_value_t<R>, bool>) explicit Lengths(const R& lengths) {
    lengths_.reserve(static_cast<std::size_t>(std::ranges::distance(lengths)));
    for (const auto length : lengths) {
      if (std::cmp_less(length, 0) || !std::in_range<Index>(length))
        detail::fail("lengths: row " + std::to_string(lengths_.size()) + " has length " + std::to_string(length) +
                     "; a length must be between 0 and seq");
      lengths_.push_back(static_cast<Index>(length));
    }
  }

  void check(Index batch, Index seq) const {
    const auto count = static_cast<Index>(lengths_.size());
    if (count != batch)
      detail::fail("lengths are " + detail::shape({count}) + ", but hidden states have batch " + std::to_string(batch) +
                   ": lengths must be [batch]");
    for (Index row = 0; row < batch; ++row)
      if (lengths_[static_cast<std::size_t>(row)] > seq)
        detail::fail("lengths: row " + std::to_string(row) + " has length " +
                     std::to_string(lengths_[static_cast<std::size_t>(row)]) + ", but hidden states have seq " +
                     std::to_string(seq));
  }

  Run next_run(Index row, Index from) const noexcept {
    const Index length = lengths_[static_cast<std::size_t>(row)];
    return {from, length > from ? length : from};
  }

 private:
  std::vector<Index> lengths_;
};

namespace detail {

// An attention mask [batch, seq] where it lies, 1 for a real token and 0 for a padded one.
template <class M>
class AttentionMask {
 public:
  explicit AttentionMask(MatrixView<const M> mask) noexcept : mask_(mask) {}

  void check(Index batch, Index seq) const {
    if (mask_.rows != batch || mask_.columns != seq)
      fail("mask is " + shape({mask_.rows, mask_.columns}) +
           ", but hidden states have [batch, seq] = " + shape({batch, seq}));
    for (Index row = 0; row < batch; ++row)
      for (Index token = 0; token < seq; ++token)
        if (!(mask_(row, token) == M(0) || mask_(row, token) == M(1))) refuse(row, token);
  }

  Run next_run(Index row, Index from) const noexcept {
    Index begin = from;
    while (begin < mask_.columns && mask_(row, begin) == M(0)) ++begin;
    Index end = begin;
    while (end < mask_.columns && !(mask_(row, end) == M(0))) ++end;
    return {begin, end};
  }

 private:
  [[noreturn]] void refuse(Index row, Index token) const {
    std::ostringstream what;
    what << "mask value " << +mask_(row, token) << " at [" << row << ", " << token
         << "]: an attention mask holds 1 for a real token and 0 for a padded one";
    if (mask_(row, token) < M(0))
      what << "; a negative value looks like an additive mask (0 and -inf): pass the 0/1 mask it was made from";
    fail(what.str());
  }

  MatrixView<const M> mask_;
};

template <class M>
concept MaskScalar = std::is_arithmetic_v<M> || Scalar<M>;

// The one door for selections. AllTokens and Lengths pass as they are, an attention mask becomes a view.
inline AllTokens select(Index seq) { return AllTokens(seq); }

template <class S>
decltype(auto) select(Index, const S& selection) {
  if constexpr (Selection<S>) {
    return selection;
  } else if constexpr (EigenTensorOfRank<S, 2>) {
    static_assert(MaskScalar<element_t<S>>, "seqpool: an attention mask [batch, seq] must hold numbers or bool.");
    const auto view = matrix_view(selection);
    using M = element_t<S>;
    return AttentionMask<M>({view.data, view.rows, view.columns, view.row_stride, view.column_stride});
  } else {
    static_assert(Selection<S>,
                  "seqpool: the argument after the hidden states must be an attention mask [batch, seq] (an "
                  "Eigen tensor of rank 2), seqpool::Lengths(lengths), or a device such as "
                  "Eigen::ThreadPoolDevice; a mask comes before the device.");
  }
}

}  // namespace detail
}  // namespace seqpool::inline SEQPOOL_ABI

#endif
