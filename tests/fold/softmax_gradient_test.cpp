// SPDX-License-Identifier: MIT
#include <seqpool/fold/softmax_gradient.hpp>

#include <cmath>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <span>
#include <vector>

#include "support/catch.hpp"
#include "support/gradients.hpp"
#include "support/random.hpp"

using seqpool::Index;

namespace {

using Row3 = Eigen::Tensor<double, 3, Eigen::RowMajor>;
using Row2 = Eigen::Tensor<double, 2, Eigen::RowMajor>;

template <class X, class... Sizes> X filled(std::uint64_t seed, Sizes... sizes) {
  X x(sizes...);
  const auto values = test::Random(seed).values<double>(x.size());
  std::copy(values.begin(), values.end(), x.data());
  return x;
}

}  // namespace

TEST_CASE("any number of heads goes back, side by side or averaged", "[gradient]") {
  for (const Index heads : {1, 3, 4, 5, 8})
    for (const Index n : {1, 7, 8, 9, 260})
      for (const bool averages : {false, true}) {
        constexpr Index hidden = 19;
        const auto x = filled<Row3>(1, 1, n, hidden);
        const seqpool::Attention many{filled<Row2>(2, heads, hidden), 0.7};
        const auto pooling = averages ? many.average() : many;
        const auto d_out = filled<Row2>(3, 1, pooling.width(hidden));
        const auto loss = [&](const auto& p, const auto& states) {
          const auto out = seqpool::pool(p, states);
          double sum = 0;
          for (Index i = 0; i < out.size(); ++i) sum += out.data()[i] * d_out.data()[i];
          return sum;
        };
        const auto back = seqpool::gradient(pooling, x, seqpool::all_tokens, d_out);
        const std::vector<double> tokens(x.data(), x.data() + x.size());
        const auto of_tokens = [&](const std::vector<double>& numbers) {
          return loss(pooling, seqpool::HiddenStates<double>(numbers.data(), {1, n, hidden}));
        };
        INFO(heads << " heads, " << n << " tokens");
        CHECK(test::slope_error(of_tokens, tokens, std::span(back.tokens.data(), tokens.size()),
                                static_cast<std::size_t>(n)) < 1e-6);
        const auto parameters = seqpool::parameters(pooling);
        const std::vector<double> query(parameters.numbers().begin(), parameters.numbers().end());
        const auto of_query = [&](const std::vector<double>& numbers) {
          return loss(seqpool::with_parameters(pooling, numbers), x);
        };
        if (n > 1) CHECK(test::slope_error(of_query, query, back.parameters.numbers(), 5) < 1e-6);
      }
}

TEST_CASE("weights and d scores of a tile, at the edges of a softmax", "[gradient]") {
  constexpr double none = -1e10;  // times the query, a score of -inf
  Row3 x(1, 3, 2);
  Eigen::Tensor<double, 1> query(2);
  query.setValues({1e300, 0});
  const seqpool::Attention pooling{query};
  Row2 d_out(1, 2);
  d_out.setValues({{1, 1}});
  const auto of = [&] { return seqpool::gradient(pooling, x, seqpool::all_tokens, d_out); };
  // Where all weigh nothing, and where one does.
  x.setValues({{{none, 1}, {none, 2}, {none, 3}}});
  for (Index i = 0; i < 6; ++i) CHECK(of().tokens.data()[i] == 0);
  const auto nothing = of();
  CHECK(nothing.parameters["query"][1] == 0);
  x.setValues({{{none, 1}, {0, 2}, {0, 2}}});
  const auto back = of();
  CHECK(back.tokens(0, 0, 0) == 0);
  CHECK(back.tokens(0, 1, 1) == 0.5);
  // One token takes all: its score learns nothing.
  Row3 one(1, 1, 2);
  one.setValues({{{3, 4}}});
  const auto alone = seqpool::gradient(pooling, one, seqpool::all_tokens, d_out);
  CHECK(alone.tokens(0, 0, 0) == 1);
  CHECK(alone.parameters["query"][0] == 0);
  // Scores that only their differences can tell apart: nothing overflows.
  x.setValues({{{1e-297, 1}, {1e-297, 2}, {-1e-297, 3}}});
  const auto large = of();
  CHECK(large.tokens(0, 0, 1) == 0.5);
  CHECK(large.tokens(0, 2, 1) == 0);
}

TEST_CASE("beyond the tokens of a tile weights and d scores are 0, whatever lay there", "[gradient]") {
  constexpr Index hidden = 5, n = 3;
  const auto x = test::Random(1).values<double>(n * hidden), d_out = test::Random(2).values<double>(hidden);
  const seqpool::Attention pooling{test::Random(3).values<double>(hidden)};
  const seqpool::TokenBlock<double> tile(x.data(), n, hidden, hidden);
  seqpool::SoftmaxState<double> state;
  pooling.init(state, hidden);
  pooling.fold(state, tile);
  std::vector<double> out(hidden);
  pooling.finish(state, std::span(out));
  seqpool::Gradients<double> gradients;
  gradients.out = out;
  gradients.d_out = d_out;
  using Softmax = seqpool::SoftmaxGradient<double>;
  std::vector<double> room(static_cast<std::size_t>(Softmax::room_of(1, hidden)), std::nan(""));
  Softmax softmax(state, gradients, false, room.data());
  pooling.score(tile, softmax.scores());
  softmax.weigh(tile);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += softmax.scores()[i];
  CHECK(sum == ct::Approx(1));
  for (std::size_t i = n; i < std::size_t{seqpool::score_tile}; ++i)
    CHECK((softmax.scores()[i] == 0 && softmax.d_scores()[i] == 0));
}

TEST_CASE("an offset of all tokens costs d query no digits", "[gradient]") {
  constexpr Index hidden = 19, n = 300;
  std::vector<float> query = test::Random(2).values<float>(hidden),
                     x = test::Random(1).values<float>(n * hidden, 999, 1001);
  for (float& number : query) number /= 1024;  // so that scores are not off by more than weights can bear
  const auto d_out = test::Random(3).values<float>(hidden);
  const auto of = [&]<class T>(T) {
    const std::vector<T> tokens(x.begin(), x.end()), g(d_out.begin(), d_out.end());
    const seqpool::Attention pooling{std::vector<T>(query.begin(), query.end())};
    return seqpool::gradient(pooling, seqpool::HiddenStates<T>(tokens.data(), {1, n, hidden}), seqpool::all_tokens,
                             seqpool::Vectors<T>(g.data(), {1, hidden}));
  };
  const auto found = of(0.f);
  const auto expected = of(0.);
  const double eps = static_cast<double>(std::numeric_limits<float>::epsilon());
  CHECK(test::gradient_error(found.parameters.numbers(), expected.parameters.numbers()) <= 64 * eps);
}
