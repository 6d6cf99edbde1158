// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/sizes.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Tokens `[begin, end)` of one sequence.
struct Span {
  Index sequence;
  Index begin;
  Index end;
};

/// One result row for each span: words, sentences, the chunks of late chunking. Spans may overlap and may be empty.
///
///     seqpool::mean_pool(x, seqpool::Spans{{0, 0, 5}, {0, 3, 9}, {1, 2, 2}});  // [3, hidden]; the last row is zeros
class Spans {
 public:
  /// **Shapes**: spans: `[rows]`, the rows of the result.
  /// **Errors**: a span that is not within its sequence is found when it meets the hidden states, and is named.
  /// **Cost**: copies the spans, one allocation.
  Spans(std::initializer_list<Span> spans) : spans_(spans) {}
  template <class R> explicit Spans(const R& spans);

  void check(Index batch, Index seq) const {
    check_each(batch, [seq](Index) { return seq; });
  }
  template <Sequences X> void check(const X& x) const {
    check_each(x.batch(), [&x](Index sequence) { return x.seq(sequence); });
  }
  [[nodiscard]] Index rows(Index) const noexcept { return static_cast<Index>(spans_.size()); }
  [[nodiscard]] Index sequence(Index row) const noexcept { return spans_[static_cast<std::size_t>(row)].sequence; }
  [[nodiscard]] Run next_run(Index row, Run within) const noexcept {
    const Span& span = spans_[static_cast<std::size_t>(row)];
    const Index begin = (std::max)(within.begin, span.begin);
    return {begin, (std::max)(begin, (std::min)(within.end, span.end))};
  }

 private:
  template <class Seq> void check_each(Index batch, Seq seq) const;

  std::vector<Span> spans_;
};

/// Windows over the tokens of one sequence, for documents that are too long for one vector. Windows of `size` tokens
/// begin at 0, step, 2 * step, ...; the last one is the first that reaches the end, and it ends there.
///
///     const seqpool::Spans spans(seqpool::windows(700, 256, 128));  // [0, 256), [128, 384), ..., [512, 700)
///     const auto vectors = seqpool::mean_pool(x, spans);            // [5, hidden]
///
/// **Shapes**: result: `[windows]`, for sequence 0 or `sequence`.
/// **Empty**: no tokens give no windows.
/// **Errors**: `std::invalid_argument` unless tokens >= 0 and 1 <= step <= size: a larger step would leave tokens out.
/// **Cost**: O(tokens / step) time and memory.
[[nodiscard]] inline std::vector<Span> windows(detail::Size tokens, detail::Size size, detail::Size step,
                                               detail::Size sequence = 0);

// ---------------------------------------------------------------------------------------------------------------------

template <class R> Spans::Spans(const R& spans) {
  constexpr bool lawful = std::ranges::input_range<const R> &&
                          requires { requires std::same_as<std::ranges::range_value_t<const R>, Span>; };
  static_assert(
      lawful,
      "seqpool: Spans(spans) takes a range of seqpool::Span, such as std::vector<seqpool::Span>, each of them "
      "{sequence, begin, end}; a few may be written down as seqpool::Spans{{0, 0, 5}, {1, 2, 4}}.");
  if constexpr (lawful)
    for (const Span& span : spans) spans_.push_back(span);
}

inline std::vector<Span> windows(detail::Size tokens, detail::Size size, detail::Size step, detail::Size sequence) {
  if (tokens < 0 || step < 1 || step > size)
    detail::fail({"windows of ", size.value, " tokens, one every ", step.value, ", over a sequence of ", tokens.value,
                  ": it must be 1 <= step <= size, so that no token is left out, and 0 <= tokens"});
  std::vector<Span> spans;
  if (tokens == 0) return spans;
  Index begin = 0;
  for (; tokens - begin > size; begin += step) spans.push_back({sequence, begin, begin + size});
  spans.push_back({sequence, begin, tokens});
  return spans;
}

template <class Seq> void Spans::check_each(Index batch, Seq seq) const {
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const Span& span = spans_[i];
    const auto name = [&] {
      return detail::sentence(
          {"span ", i, " is tokens [", span.begin, ", ", span.end, ") of sequence ", span.sequence});
    };
    if (span.sequence < 0 || span.sequence >= batch) detail::fail({name(), ", but hidden states have batch ", batch});
    if (span.begin < 0 || span.begin > span.end) detail::fail({name(), ": it must be 0 <= begin <= end"});
    if (span.end > seq(span.sequence))
      detail::fail({name(), ", but that sequence has ", seq(span.sequence), " tokens"});
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
