// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_FUZZ_FORMS_HPP
#define SEQPOOL_TESTS_FUZZ_FORMS_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <vector>

#include "support/forms.hpp"
#include "support/poolings.hpp"

// Hidden states in a form that bytes choose, held against each row by itself and against the float64 oracle; then
// offsets, lengths, spans, masks, counts, sizes and strides of any numbers, which must be refused where they are
// unlawful and pool the same tokens where they are not.
namespace fuzz {

using seqpool::Index;
using Rows = Eigen::Tensor<float, 2, Eigen::RowMajor>;

[[noreturn]] inline void form_fault(const char* what) {
  std::fprintf(stderr, "seqpool: %s\n", what);
  std::abort();
}

// Numbers out of bytes, and 0 once there are none left.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}

  [[nodiscard]] bool empty() const { return text_.empty(); }
  std::uint64_t take(std::size_t bytes) {
    std::uint64_t number = 0;
    for (; bytes > 0 && !text_.empty(); --bytes, text_.remove_prefix(1))
      number = number << 8 | static_cast<unsigned char>(text_[0]);
    return number;
  }
  Index below(Index n) { return static_cast<Index>(take(n <= 256 ? 1 : 2)) % n; }
  // Mostly a small number, now and then any.
  std::int64_t any() {
    const auto byte = static_cast<std::int64_t>(take(1));
    return byte < 240 ? byte % 40 - 2 : static_cast<std::int64_t>(take(8));
  }

 private:
  std::string_view text_;
};

inline const std::vector<test::PoolingCase<float>>& form_cases() {
  using Any = seqpool::AnyPooling<float>;
  using test::Tokens, test::Layout;
  const auto by_last = [](const auto& x, double& value, double&) { value = x.back(); };
  const auto by_largest = [](const auto& x, double& value, double&) { value = *std::max_element(x.begin(), x.end()); };
  const auto weighted = [](const Tokens& tokens) {
    double sum = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) sum += test::token_weight(i);
    const double errors = 2 * test::additions(static_cast<double>(tokens.size())) + 4;
    return test::weighted_sum(tokens, test::token_weight, sum, errors * test::eps<float>);
  };
  static const std::vector<test::PoolingCase<float>> cases{
      {"Mean", true, [](Index, const Layout&) { return Any(seqpool::Mean{}); },
       test::mean_of<float>([](double x) { return x; }, 2)},
      {"Last", false, [](Index, const Layout&) { return Any(seqpool::Last{}); },
       [=](const Tokens& tokens) { return test::by_feature(tokens, by_last); }},
      {"Max", true, [](Index, const Layout&) { return Any(seqpool::Max{}); },
       [=](const Tokens& tokens) { return test::by_feature(tokens, by_largest); }},
      {"MeanStd", true, [](Index, const Layout&) { return Any(seqpool::MeanStd{}); },
       test::expected_mean_std<float>(0)},
      {"TokenWeightedMean", false,
       [](Index, const Layout& layout) { return Any(seqpool::TokenWeightedMean{test::token_weights<float>(layout)}); },
       weighted},
      {"Attention", true,
       [](Index hidden, const Layout&) { return Any(seqpool::Attention{test::query_of<float>(hidden)}); },
       [](const Tokens& tokens) { return test::expected_attention<float>(tokens); }},
  };
  return cases;
}

// Row `row` of `found` must be what these tokens, [n, hidden], give by themselves.
inline void check_row(const test::PoolingCase<float>& c, const Rows& found, Index row, const std::vector<float>& tokens,
                      Index hidden) {
  const auto n = static_cast<Index>(tokens.size()) / hidden;
  const auto pooling = c.make(hidden, test::dense(n));
  const Rows alone = seqpool::pool(pooling, seqpool::HiddenStates<float>(tokens.data(), {1, n, hidden}));
  const float* const own = found.data() + row * found.dimension(1);
  if (alone.size() != 0 && std::memcmp(own, alone.data(), static_cast<std::size_t>(alone.size()) * sizeof(float)) != 0)
    form_fault("a row has other bits than by itself");
  if (n == 0) return;
  test::Tokens in_double;
  for (auto token = tokens.begin(); token != tokens.end(); token += hidden)
    in_double.emplace_back(token, token + hidden);
  const auto expected = c.expected(in_double);
  for (std::size_t h = 0; h < expected.value.size(); ++h)
    if (!(std::abs(static_cast<double>(own[h]) - expected.value[h]) <= expected.bound[h]))
      form_fault("a row is not near its oracle");
}

inline void run_lawful(Bytes& choose) {
  const auto& c = test::one_of(choose, form_cases());
  auto in = test::input_of<float>(choose);
  test::select(choose, in, [&]<class S>(const S& selection) {
    if (c.name == "TokenWeightedMean" && std::is_same_v<S, test::AnySpans>) return;  // weights of one row each
    test::Random random(choose.take(1));
    test::fill(in, [&] { return static_cast<float>(random.between(-3, 3)); });
    test::Layout layout{in.seq, std::vector<std::vector<Index>>(static_cast<std::size_t>(in.batch))};
    for (const auto& row : in.rows) layout.real[static_cast<std::size_t>(row.sequence)] = row.places;
    const auto pooling = c.make(in.hidden, layout);
    test::lay_out(choose, in, [&](const auto& x) {
      const auto check = [&](const auto& what) {
        Rows found(static_cast<Index>(in.rows.size()), pooling.width(in.hidden));
        seqpool::pool_into(found, pooling, x, what);
        for (std::size_t i = 0; i < in.rows.size(); ++i)
          check_row(c, found, static_cast<Index>(i), in.tokens(in.rows[i]), in.hidden);
      };
      if constexpr (std::is_same_v<S, seqpool::AllTokens>)
        check(test::AnySelection(selection));
      else
        check(selection);
    });
  });
}

// Calls f(), which must throw std::invalid_argument unless it is lawful.
template <class F> void must(bool lawful, F f) {
  try {
    f();
  } catch (const std::invalid_argument&) {
    if (lawful) form_fault("what is lawful was refused");
    return;
  }
  if (!lawful) form_fault("what is unlawful was not refused");
}

inline void run_unlawful(Bytes& choose) {
  constexpr Index batch = 3, seq = 5, hidden = 4, total = batch * seq;
  const auto& mean = form_cases()[0];
  const auto values = test::Random(1).values<float>(total * hidden);
  const seqpool::HiddenStates<float> x(values.data(), {batch, seq, hidden});
  // The tokens [begin, end) of all.
  const auto tokens = [&](Index begin, Index end) {
    return std::vector<float>(values.begin() + begin * hidden, values.begin() + end * hidden);
  };
  const auto pooled = [&](const auto& states, const auto& selection) {
    return Rows(seqpool::pool(mean.make(hidden, test::dense(seq)), states, selection));
  };
  std::vector<std::int64_t> any;
  for (Index n = choose.below(6); n > 0; --n) any.push_back(choose.any());
  const auto all_of = [&](auto f) { return std::all_of(any.begin(), any.end(), f); };
  const Index kind = choose.below(7);
  if (kind == 0) {  // offsets
    const bool lawful =
        !any.empty() && any.front() == 0 && any.back() == total && std::is_sorted(any.begin(), any.end());
    must(lawful, [&] {
      const seqpool::PackedStates<float> packed(values.data(), {total, hidden}, any);
      const Rows found = pooled(packed, seqpool::all_tokens);
      for (std::size_t i = 0; i + 1 < any.size(); ++i)
        check_row(mean, found, static_cast<Index>(i), tokens(any[i], any[i + 1]), hidden);
    });
  } else if (kind == 1) {  // lengths
    const bool lawful = any.size() == batch && all_of([](auto n) { return n >= 0 && n <= seq; });
    must(lawful, [&] {
      const Rows found = pooled(x, seqpool::Lengths(any));
      for (std::size_t b = 0; b < any.size(); ++b)
        check_row(mean, found, static_cast<Index>(b),
                  tokens(static_cast<Index>(b) * seq, static_cast<Index>(b) * seq + any[b]), hidden);
    });
  } else if (kind == 2) {  // one span
    any.resize(3);
    const seqpool::Span span{any[0], any[1], any[2]};
    const bool lawful =
        span.sequence >= 0 && span.sequence < batch && span.begin >= 0 && span.begin <= span.end && span.end <= seq;
    must(lawful, [&] {
      const Rows found = pooled(x, seqpool::Spans{span});
      check_row(mean, found, 0, tokens(span.sequence * seq + span.begin, span.sequence * seq + span.end), hidden);
    });
  } else if (kind == 3) {  // counts of tokens that are left out
    const bool lawful = any.size() == batch && all_of([](auto n) { return n >= 0; });
    must(lawful, [&] {
      const Rows found = pooled(x, seqpool::skip_prefix(seqpool::all_tokens, any));
      for (std::size_t b = 0; b < any.size(); ++b)
        check_row(
            mean, found, static_cast<Index>(b),
            tokens(static_cast<Index>(b) * seq + std::min(any[b], std::int64_t{seq}), static_cast<Index>(b + 1) * seq),
            hidden);
    });
  } else if (kind == 4) {  // a mask: of one sequence, so that its size may be right
    const auto of = [&](auto zero) {
      using M = decltype(zero);
      std::vector<M> mask;
      for (const auto n : any) mask.push_back(static_cast<M>(n));
      const bool lawful =
          any.size() == seq && std::all_of(mask.begin(), mask.end(), [](M m) { return m == M(0) || m == M(1); });
      must(lawful, [&] {
        const seqpool::HiddenStates<float> one(values.data(), {1, seq, hidden});
        const Rows found =
            pooled(one, seqpool::AttentionMask<M>(mask.data(), {Index{1}, static_cast<Index>(mask.size())}));
        std::vector<float> real;
        for (Index s = 0; s < seq; ++s)
          if (mask[static_cast<std::size_t>(s)] == M(1)) {
            const auto token = tokens(s, s + 1);
            real.insert(real.end(), token.begin(), token.end());
          }
        check_row(mean, found, 0, real, hidden);
      });
    };
    if (choose.below(2) == 0)
      of(std::int64_t{});
    else
      of(float{});
  } else if (kind == 5) {  // sequences in places of their own
    const std::vector<const float*> pointers(any.size(), any.empty() ? nullptr : values.data());
    for (auto& n : any) n = std::min(n, std::int64_t{total});
    must(all_of([](auto n) { return n >= 0; }), [&] {
      const Rows found = pooled(seqpool::Ragged<float>(pointers, any, hidden), seqpool::all_tokens);
      for (std::size_t b = 0; b < any.size(); ++b)
        check_row(mean, found, static_cast<Index>(b), tokens(0, any[b]), hidden);
    });
  } else {  // sizes and strides that lead outside of all memory: refused, or never followed
    any.resize(6);
    try {
      const seqpool::HiddenStates<float> view(values.data(), {any[0], any[1], any[2]}, {any[3], any[4], any[5]});
      if (view.batch() < 0 || view.seq() < 0 || view.hidden() < 0) form_fault("a view has a negative size");
    } catch (const std::invalid_argument&) {
    }
  }
}

// If the first byte is 255, the others are about unlawful numbers alone.
inline void run_forms(std::string_view text) {
  Bytes choose(text);
  if (choose.take(1) != 255) run_lawful(choose);
  while (!choose.empty()) run_unlawful(choose);
}

}  // namespace fuzz

#endif
