// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_FORMS_HPP
#define SEQPOOL_TESTS_SUPPORT_FORMS_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <seqpool/seqpool.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/random.hpp"

// Hidden states of any shape, in any form, with anything selected of them. What is chosen comes from a `Choice`, whose
// below(n) is in [0, n): test::Random, or the bytes of a fuzzer.
namespace test {

using seqpool::Index;
using seqpool::Run;

// A selection of any type, as a user's own would be: what pools is compiled once for all.
class AnySelection {
 public:
  // `kept` is what s refers to.
  template <seqpool::Selection S>
  explicit AnySelection(S s, std::shared_ptr<const void> kept = nullptr)
      : check_([s, kept](Index batch, Index seq) { s.check(batch, seq); }),
        next_run_([s, kept](Index row, Run within) { return s.next_run(row, within); }) {}

  void check(Index batch, Index seq) const { check_(batch, seq); }
  [[nodiscard]] Run next_run(Index row, Run within) const { return next_run_(row, within); }

 private:
  std::function<void(Index, Index)> check_;
  std::function<Run(Index, Run)> next_run_;
};

// The same of a selection that says its rows.
class AnySpans : public AnySelection {
 public:
  AnySpans() : AnySpans(seqpool::Spans{}) {}
  template <seqpool::Selection S>
  explicit AnySpans(const S& s)
      : AnySelection(s),
        rows_([s](Index batch) { return s.rows(batch); }),
        sequence_([s](Index row) { return s.sequence(row); }) {}

  [[nodiscard]] Index rows(Index batch) const { return rows_(batch); }
  [[nodiscard]] Index sequence(Index row) const { return sequence_(row); }

 private:
  std::function<Index(Index)> rows_, sequence_;
};

// One row of the result: the places of its real tokens in its sequence.
struct RowPlaces {
  Index sequence;
  std::vector<Index> places;
};

inline constexpr std::array forms{"dense",   "with gaps", "seq first",    "features apart", "column-major view",
                                  "columns", "packed",    "side by side", "ragged",         "weighted",
                                  "mixed"};
inline constexpr std::array selections{"all",           "mask",           "lengths",        "spans",
                                       "prefix of all", "prefix of mask", "prefix of spans"};
inline constexpr std::array<Index, 15> some_sizes{1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 24, 31, 33, 40, 65};

template <class T> struct Input {
  std::size_t form = 0, selection = 0;
  std::string mask_type;
  Index batch = 0, seq = 0, hidden = 0;
  std::vector<Index> lengths;   // [batch], of padding too
  std::vector<RowPlaces> rows;  // of the result
  bool overlap = false;         // whether a token is in several rows
  std::vector<T> states;        // [batch, seq, hidden]; NaN where no row has a token

  [[nodiscard]] bool is(const char* name) const { return std::string(forms[form]) == name; }
  [[nodiscard]] bool has_padding() const { return !is("packed") && !is("ragged"); }
  [[nodiscard]] std::size_t at(Index b, Index s, Index h) const {
    return static_cast<std::size_t>((b * seq + s) * hidden + h);
  }
  // The real tokens of a row, [n, hidden].
  [[nodiscard]] std::vector<T> tokens(const RowPlaces& row) const {
    std::vector<T> result;
    for (const Index s : row.places)
      result.insert(result.end(), states.begin() + (row.sequence * seq + s) * hidden,
                    states.begin() + (row.sequence * seq + s + 1) * hidden);
    return result;
  }
};

template <class Choice> auto one_of(Choice& choose, const auto& sizes) {
  return sizes[static_cast<std::size_t>(choose.below(static_cast<Index>(std::size(sizes))))];
}

// Sizes, a form and lengths: few tokens, and now and then several blocks.
template <class T, class Choice> Input<T> input_of(Choice& choose) {
  Input<T> in;
  constexpr bool is_wide = std::same_as<T, seqpool::accumulator_t<T>>;  // else what computes tokens has another scalar
  in.form = static_cast<std::size_t>(choose.below(static_cast<Index>(forms.size()) - (is_wide ? 0 : 2)));
  in.hidden = one_of(choose, some_sizes);
  in.batch = one_of(choose, std::array<Index, 10>{0, 1, 1, 1, 2, 3, 4, 5, 8, 19});
  in.seq = one_of(choose, some_sizes);
  if (choose.below(24) == 0) in.seq = 0;
  in.seq = std::min(in.seq, std::max(Index{80} / std::max(in.batch, Index{1}), Index{3}));
  if (choose.below(40) == 0) {
    in.batch = std::min(in.batch, Index{2}), in.hidden = std::min(in.hidden, Index{17});
    in.seq = 250 + choose.below(300);
  }
  in.lengths.assign(static_cast<std::size_t>(in.batch), in.seq);
  if (!in.has_padding()) {
    for (Index& length : in.lengths) length = choose.below(in.seq + 1);
    in.seq = in.lengths.empty() ? 0 : *std::max_element(in.lengths.begin(), in.lengths.end());
  }
  return in;
}

// A mask of M, row-major, column-major, or with other numbers between.
template <class M> AnySelection mask_of(const std::vector<char>& real, Index batch, Index seq, Index layout) {
  const auto memory = std::make_shared<Eigen::Tensor<M, 1>>(2 * batch * seq + 1);
  memory->setConstant(static_cast<M>(3));
  const std::array<Index, 2> strides = layout == 0   ? std::array{seq, Index{1}}
                                       : layout == 1 ? std::array{Index{1}, batch}
                                                     : std::array{2 * seq, Index{2}};
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < seq; ++s)
      (*memory)(b* strides[0] + s * strides[1]) = static_cast<M>(real[static_cast<std::size_t>(b * seq + s)]);
  return AnySelection(seqpool::AttentionMask<M>(memory->data(), {batch, seq}, {strides[0], strides[1]}), memory);
}

struct MaskType {
  const char* name;
  AnySelection (*make)(const std::vector<char>&, Index, Index, Index);
};
inline constexpr std::array mask_types{
    MaskType{"bool", mask_of<bool>},
    MaskType{"int8", mask_of<std::int8_t>},
    MaskType{"uint8", mask_of<std::uint8_t>},
    MaskType{"int16", mask_of<std::int16_t>},
    MaskType{"uint16", mask_of<std::uint16_t>},
    MaskType{"int32", mask_of<std::int32_t>},
    MaskType{"uint32", mask_of<std::uint32_t>},
    MaskType{"int64", mask_of<std::int64_t>},
    MaskType{"uint64", mask_of<std::uint64_t>},
    MaskType{"float", mask_of<float>},
    MaskType{"double", mask_of<double>},
    MaskType{"long double", mask_of<long double>},
    MaskType{"half", mask_of<Eigen::half>},
    MaskType{"bfloat16", mask_of<Eigen::bfloat16>},
};

// What a mask says of [batch, seq]: all, padding on the left or the right, holes, few, or whole rows.
template <class Choice> std::vector<char> any_mask(Choice& choose, Index batch, Index seq) {
  std::vector<char> real;
  const Index kind = choose.below(6);
  for (Index b = 0; b < batch; ++b) {
    const Index some = choose.below(seq + 1), out_of = kind == 4 ? 9 : 4;
    for (Index s = 0; s < seq; ++s)
      real.push_back(static_cast<char>(kind == 0   ? true
                                       : kind == 1 ? s >= some
                                       : kind == 2 ? s < some
                                       : kind <= 4 ? (choose.below(out_of) == 0) == (kind == 4)
                                                   : some % 2 == 0));
  }
  return real;
}

// Spans, which overlap or do not.
template <class T, class Choice> std::vector<seqpool::Span> any_spans(Choice& choose, Input<T>& in) {
  std::vector<seqpool::Span> spans;
  in.overlap = choose.below(2) == 0;
  for (Index b = 0; b < in.batch; ++b)
    for (Index begin = 0, more = choose.below(4); more > 0; --more) {
      const Index length = in.lengths[static_cast<std::size_t>(b)];
      begin += choose.below(length - begin + 1);
      const Index end = begin + choose.below(length - begin + 1);
      spans.push_back({b, begin, end});
      begin = in.overlap ? 0 : end;
    }
  for (std::size_t i = spans.size(); i > 1; --i)
    std::swap(spans[i - 1], spans[static_cast<std::size_t>(choose.below(static_cast<Index>(i)))]);
  return spans;
}

// Chooses what is real, says so in `in`, and calls f(selection): `AllTokens`, an `AnySelection` or `AnySpans`.
template <class T, class Choice, class F> void select(Choice& choose, Input<T>& in, F f) {
  do in.selection = static_cast<std::size_t>(choose.below(static_cast<Index>(selections.size())));
  while (!in.has_padding() && (in.selection == 1 || in.selection == 2 || in.selection == 5));
  const std::string name = selections[in.selection];
  const bool skips = name.starts_with("prefix");
  std::vector<Index> counts;
  const auto skip = [&] {
    for (RowPlaces& row : in.rows) {
      counts.push_back(choose.below(4));
      row.places.erase(row.places.begin(),
                       row.places.begin() + std::min(counts.back(), static_cast<Index>(row.places.size())));
    }
  };
  if (name.ends_with("spans")) {
    const auto list = any_spans(choose, in);
    for (const seqpool::Span& span : list) {
      in.rows.push_back({span.sequence, {}});
      for (Index s = span.begin; s < span.end; ++s) in.rows.back().places.push_back(s);
    }
    const seqpool::Spans spans(list);
    if (skips) return skip(), f(AnySpans(seqpool::skip_prefix(spans, counts)));
    return f(AnySpans(spans));
  }
  std::vector<char> real(static_cast<std::size_t>(in.batch * in.seq), 1);
  if (name.ends_with("mask")) real = any_mask(choose, in.batch, in.seq);
  std::vector<Index> lengths = in.lengths;
  if (name == "lengths")
    for (Index& length : lengths) length = choose.below(length + 1);
  for (Index b = 0; b < in.batch; ++b) {
    in.rows.push_back({b, {}});
    for (Index s = 0; s < lengths[static_cast<std::size_t>(b)]; ++s)
      if (real[static_cast<std::size_t>(b * in.seq + s)] == 1) in.rows.back().places.push_back(s);
  }
  if (name == "lengths") return f(AnySelection(seqpool::Lengths(lengths)));
  if (!name.ends_with("mask")) {
    if (skips) return skip(), f(AnySelection(seqpool::skip_prefix(seqpool::all_tokens, counts)));
    return f(seqpool::all_tokens);
  }
  const MaskType& type = mask_types[static_cast<std::size_t>(choose.below(static_cast<Index>(mask_types.size())))];
  in.mask_type = type.name;
  const AnySelection mask = type.make(real, in.batch, in.seq, choose.below(3));
  if (skips) return skip(), f(AnySelection(seqpool::skip_prefix(mask, counts)));
  f(mask);
}

// Fills in the real tokens, one number after the other by next().
template <class T, class Next> void fill(Input<T>& in, Next next) {
  in.states.assign(static_cast<std::size_t>(in.batch * in.seq * in.hidden), static_cast<T>(NAN));
  for (const RowPlaces& row : in.rows)
    for (const Index s : row.places)
      for (Index h = 0; h < in.hidden; ++h) in.states[in.at(row.sequence, s, h)] = next();
}

// Lays the states out as their form says, with NaN in all gaps, and calls f(x).
template <class T, class Choice, class F> void lay_out(Choice& choose, const Input<T>& in, F f) {
  using seqpool::HiddenStates;
  const Index batch = in.batch, seq = in.seq, hidden = in.hidden;
  const std::array<Index, 3> sizes{batch, seq, hidden};
  const Index offset = choose.below(8), gap = choose.below(6);
  const auto in_memory = [&](std::array<Index, 3> strides) {
    const Index end = batch * strides[0] + seq * strides[1] + hidden * strides[2];
    std::vector<T> memory(static_cast<std::size_t>(offset + end), static_cast<T>(NAN));
    for (Index b = 0; b < batch; ++b)
      for (Index s = 0; s < seq; ++s)
        for (Index h = 0; h < hidden; ++h)
          memory[static_cast<std::size_t>(offset + b * strides[0] + s * strides[1] + h * strides[2])] =
              in.states[in.at(b, s, h)];
    return memory;
  };
  const auto view = [&](std::array<Index, 3> strides) {
    const std::vector<T> memory = in_memory(strides);
    f(HiddenStates<T>(memory.data() + offset, sizes, strides));
  };
  const std::array<Index, 3> dense{seq * hidden, hidden, 1};
  if (in.is("with gaps")) return view({seq * (hidden + gap) + 3, hidden + gap, 1});
  if (in.is("seq first")) return view({hidden, batch * hidden, 1});
  if (in.is("features apart")) return view({seq * hidden * (gap + 2), hidden * (gap + 2), gap + 2});
  if (in.is("column-major view")) return view({1, batch, batch * seq + gap});
  if (in.is("columns")) {
    Eigen::Tensor<T, 3> x(batch, seq, hidden);
    for (Index b = 0; b < batch; ++b)
      for (Index s = 0; s < seq; ++s)
        for (Index h = 0; h < hidden; ++h) x(b, s, h) = in.states[in.at(b, s, h)];
    return f(x);
  }
  if (in.is("packed")) {
    std::vector<T> memory(static_cast<std::size_t>(offset), static_cast<T>(NAN));
    std::vector<std::int32_t> offsets{0};
    for (Index b = 0; b < batch; ++b) {
      const Index length = in.lengths[static_cast<std::size_t>(b)];
      memory.insert(memory.end(), in.states.begin() + b * seq * hidden,
                    in.states.begin() + (b * seq + length) * hidden);
      offsets.push_back(offsets.back() + static_cast<std::int32_t>(length));
    }
    memory.push_back(static_cast<T>(NAN));
    return f(seqpool::PackedStates<T>(memory.data() + offset, {offsets.back(), hidden}, offsets));
  }
  const std::vector<T> memory =
      in_memory(in.is("ragged") ? std::array{seq * (hidden + gap), hidden + gap, Index{1}} : dense);
  if (in.is("ragged")) {
    std::vector<const T*> pointers;
    for (Index b = 0; b < batch; ++b) pointers.push_back(memory.data() + offset + b * seq * (hidden + gap));
    return f(seqpool::Ragged<T>(pointers, in.lengths, hidden, hidden + gap));
  }
  if (in.is("side by side")) {
    const Index layers = hidden % 3 == 0 ? 3 : hidden % 2 == 0 ? 2 : 1;
    std::vector<HiddenStates<T>> each;
    for (Index l = 0; l < layers; ++l)
      each.emplace_back(memory.data() + offset + l * (hidden / layers), std::array{batch, seq, hidden / layers}, dense);
    return f(seqpool::concat_layers(each));
  }
  const HiddenStates<T> x(memory.data() + offset, sizes);
  if constexpr (std::same_as<T, seqpool::accumulator_t<T>>) {
    // Halves, each of which is doubled again; and two layers that are alike.
    if (in.is("weighted")) {
      std::vector<T> halves(memory);
      for (T& number : halves) number /= 2;
      return f(
          seqpool::WeightedStates{HiddenStates<T>(halves.data() + offset, sizes), [](Index, Index) { return T(2); }});
    }
    if (in.is("mixed")) return f(seqpool::LayerMix{std::vector{x, x}});
  }
  f(x);
}

}  // namespace test

#endif
