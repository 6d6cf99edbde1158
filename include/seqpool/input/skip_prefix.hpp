// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_INPUT_SKIP_PREFIX_HPP
#define SEQPOOL_INPUT_SKIP_PREFIX_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/lengths.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// The real tokens of another selection but for the first few of each row; made by `skip_prefix`.
template <Selection S>
class SkipPrefix {
 public:
  SkipPrefix(S selection, const std::vector<Index>& counts);

  void check(Index batch, Index seq) const;
  [[nodiscard]] Run next_run(Index row, Run within) const {
    const Index begin = (std::max)(within.begin, starts_[static_cast<std::size_t>(row)]);
    return begin < within.end ? selection_.next_run(row, {begin, within.end}) : Run{within.end, within.end};
  }

 private:
  S selection_;
  std::vector<Index> starts_;  // [batch], the first token that is not left out
};

/// Leaves out the first `counts[b]` real tokens of each row b: a prompt or an instruction that the encoder reads and
/// the pooling does not. A row with no more than that has no real token.
///
///     seqpool::mean_pool(x, seqpool::skip_prefix(mask, prompt_lengths));
///
/// `mask` is an attention mask, which must outlive the result, `Lengths`, or `AllTokens{}` where there is no padding.
///
/// **Shapes**: mask: `[batch, seq]` or `Lengths` `[batch]`; counts: `[batch]`, integers in a contiguous range, an Eigen
/// vector or an Eigen tensor of rank 1.
/// **Errors**: `std::invalid_argument` for a count under 0, naming its row, and if counts are not `[batch]`.
/// **Cost**: reads the mask up to each row's start; one allocation, and one more for `Lengths`.
template <class M, class V>
[[nodiscard]] auto skip_prefix(const M& mask, const V& counts);

// ---------------------------------------------------------------------------------------------------------------------

template <Selection S>
SkipPrefix<S>::SkipPrefix(S selection, const std::vector<Index>& counts) : selection_(std::move(selection)) {
  if constexpr (requires { selection_.batch(); })
    if (selection_.batch() != static_cast<Index>(counts.size()))
      detail::fail("counts of skip_prefix are " + detail::shape({static_cast<Index>(counts.size())}) +
                   ", but the mask has batch " + std::to_string(selection_.batch()) + ": counts must be [batch]");
  constexpr Index end = (std::numeric_limits<Index>::max)();
  starts_.reserve(counts.size());
  for (std::size_t row = 0; row < counts.size(); ++row) {
    Index left = counts[row];
    Index start = 0;
    while (left > 0) {
      const Run run = selection_.next_run(static_cast<Index>(row), {start, end});
      const Index skipped = (std::min)(left, run.end - run.begin);
      start = skipped > 0 ? run.begin + skipped : end;
      left = skipped > 0 ? left - skipped : 0;
    }
    starts_.push_back(start);
  }
}

template <Selection S>
void SkipPrefix<S>::check(Index batch, Index seq) const {
  selection_.check(batch, seq);
  if (static_cast<Index>(starts_.size()) != batch)
    detail::fail("counts of skip_prefix are " + detail::shape({static_cast<Index>(starts_.size())}) +
                 ", but hidden states have batch " + std::to_string(batch) + ": counts must be [batch]");
}

template <class M, class V>
auto skip_prefix(const M& mask, const V& counts) {
  constexpr bool is_mask = Selection<M> || detail::EigenTensorOfRank<M, 2>;
  static_assert(
      is_mask,
      "seqpool: skip_prefix(mask, counts) takes first an attention mask [batch, seq], an Eigen tensor of rank "
      "2 or a seqpool::AttentionMask, or seqpool::Lengths, or seqpool::AllTokens{} where there is no padding; "
      "and the counts [batch] second.");
  if constexpr (is_mask) {
    static_assert(detail::IntegerVector<V>,
                  "seqpool: skip_prefix(mask, counts) takes one integer for each row, [batch], second: a contiguous "
                  "range such as std::vector<int>, an Eigen vector, or an Eigen tensor of rank 1.");
    if constexpr (detail::IntegerVector<V>) {
      const auto numbers = detail::indices(counts, [](std::size_t row, const std::string& count) {
        detail::fail("counts of skip_prefix: row " + std::to_string(row) + " has " + count +
                     "; a count must be 0 or more");
      });
      if constexpr (Selection<M>)
        return SkipPrefix<M>(mask, numbers);
      else
        return SkipPrefix(AttentionMask(mask), numbers);
    } else {
      return AllTokens{};  // so that no other error follows
    }
  } else {
    return AllTokens{};
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
