// SPDX-License-Identifier: MIT
#include <seqpool/pooling/positional_attention.hpp>

#include <cmath>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using seqpool::Index;
using seqpool::PositionalAttention;

namespace {

// small_states has two features, x and x: scores are x + t / 2 and -x - t.
const Eigen::MatrixXf positional_query{{0.5f, 0.5f}, {-1, 0}};
const std::vector<float> positional_weight{0.5f, -1};

}  // namespace

TEST_CASE("positions are those of the real tokens, whatever the padding and the span", "[positional_attention]") {
  const PositionalAttention pooling{positional_query, positional_weight};
  double sum[2] = {}, weighed[2] = {};
  const double tokens[] = {0, 1, 3};
  for (int t = 0; t < 3; ++t)
    for (int k = 0; k < 2; ++k) {
      const double e = std::exp(k == 0 ? tokens[t] + t / 2. : -tokens[t] - t);
      sum[k] += e, weighed[k] += e * tokens[t];
    }
  const auto x = test::small_states({{0, 1, 3, 9, 9, 9}, {9, 9, 9, 0, 1, 3}, {0, 9, 1, 9, 3, 9}, {5, 9, 9, 9, 9, 7}});
  const auto masked = seqpool::pool(
      pooling, x, test::small_mask({{1, 1, 1, 0, 0, 0}, {0, 0, 0, 1, 1, 1}, {1, 0, 1, 0, 1, 0}, {0, 0, 0, 0, 0, 0}}));
  const auto spanned = seqpool::pool(pooling, x, seqpool::Spans{{1, 3, 6}, {3, 5, 6}});
  for (int k = 0; k < 2; ++k)
    for (int h = 0; h < 2; ++h) {
      const int i = 2 * k + h;
      CHECK(static_cast<double>(masked(0, i)) == ct::Approx(weighed[k] / sum[k]).epsilon(1e-6));
      CHECK((masked(1, i) == masked(0, i) && masked(2, i) == masked(0, i) && masked(3, i) == 0));
      CHECK((spanned(0, i) == masked(0, i) && spanned(1, i) == 7));
    }
}

TEST_CASE("over blocks and streams positions go on: a large weight finds the last token, or the first",
          "[positional_attention]") {
  const Index n = 1000;
  std::vector<float> tokens;
  for (Index i = 0; i < n; ++i) tokens.push_back(static_cast<float>(i + 1));
  const PositionalAttention pooling{Eigen::MatrixXf::Zero(2, 1), std::vector<float>{40, -40}};
  const auto whole = seqpool::pool(pooling, seqpool::HiddenStates<float>(tokens.data(), {1, n, 1}));
  CHECK((whole(0, 0) == n && whole(0, 1) == 1));
  seqpool::Stream<PositionalAttention<float>, float> stream{pooling, 1};
  for (Index first = 0; first < n; first += 125) stream.push(tokens.data() + first, 125);
  CHECK((stream.value()(0, 0) == n && stream.value()(0, 1) == 1));
}

TEST_CASE("what a merge moves is what the scores would have been", "[positional_attention]") {
  const Index n = 90;
  const auto tokens = test::Random(3).values<double>(n);
  const PositionalAttention pooling{Eigen::MatrixXd::Constant(1, 1, 0.25), std::vector<double>{0.125}};
  double sum = 0, weighed = 0;
  for (Index t = 0; t < n; ++t) {
    const double e = std::exp(0.25 * tokens[static_cast<std::size_t>(t)] + 0.125 * static_cast<double>(t));
    sum += e, weighed += e * tokens[static_cast<std::size_t>(t)];
  }
  for (const Index cut : {1, 8, 30, 89}) {
    seqpool::Stream<PositionalAttention<double>, double> stream{pooling, 1}, next{pooling, 1};
    stream.push(tokens.data(), cut);
    next.push(tokens.data() + cut, n - cut);
    stream.merge(next);
    CHECK(stream.value()(0, 0) == ct::Approx(weighed / sum).epsilon(1e-13));
  }
}

TEST_CASE("a score of -inf weighs nothing at any position, +inf and NaN make their head NaN",
          "[positional_attention]") {
  const float inf = std::numeric_limits<float>::infinity();
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 600, 2);
  const PositionalAttention pooling{Eigen::MatrixXf{{1, 0}}, std::vector<float>{0.125f}};
  for (const int place : {0, 255, 256, 599}) {
    x.setConstant(1);
    x(0, place, 0) = -inf;
    x(0, place, 1) = 9;
    CHECK(seqpool::pool(pooling, x)(0, 1) == 1);
    for (const float bad : {inf, std::numeric_limits<float>::quiet_NaN()}) {
      x(0, place, 0) = bad;
      CHECK(std::isnan(seqpool::pool(pooling, x)(0, 1)));
    }
  }
  x.setConstant(1);
  for (int t = 0; t < 256; ++t) x(0, t, 0) = -inf;  // a whole block, which weighs nothing beside the next
  CHECK(seqpool::pool(pooling, x)(0, 1) == 1);
}

TEST_CASE("Guarantee 7: positional attention names the sizes that do not fit", "[guarantees][positional_attention]") {
  const std::vector<float> three(3);
  CHECK_THROWS_AS((PositionalAttention{positional_query, three}), std::invalid_argument);
  CHECK_THROWS_WITH((PositionalAttention{positional_query, three}),
                    ct::has_substring("position_weight is [3], but query [heads, hidden] is [2, 2]"));
  CHECK_THROWS_WITH((PositionalAttention{Eigen::MatrixXf(0, 2), std::vector<float>()}),
                    ct::has_substring("query [heads, hidden] is [0, 2]") && ct::has_substring("one head at least"));
  const PositionalAttention pooling{positional_query, positional_weight};
  CHECK(pooling.width(2) == 4);
  CHECK_THROWS_WITH(pooling.width(3), ct::has_substring("query is [2, 2]") && ct::has_substring("have hidden 3"));
  CHECK(seqpool::identity_of(pooling) !=
        seqpool::identity_of(PositionalAttention{positional_query, std::vector<float>{0.5f, 1}}));
  CHECK(seqpool::identity_of(pooling) !=
        seqpool::identity_of(PositionalAttention{Eigen::MatrixXf{{0.5f, 0.5f}, {1, 0}}, positional_weight}));
}

TEST_CASE("what places are multiplied by is finite", "[positional_attention]") {
  const Eigen::MatrixXf query = Eigen::MatrixXf::Zero(2, 3);
  for (const float strange : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    CHECK_THROWS_AS((seqpool::PositionalAttention{query, std::vector<float>{1, strange}}), std::invalid_argument);
    CHECK_THROWS_WITH((seqpool::PositionalAttention{query, std::vector<float>{1, strange}}),
                      ct::has_substring("position_weight[1] is ") && ct::has_substring("must be finite"));
    CHECK_THROWS_WITH((seqpool::AttentionProbe{query, std::vector<float>{strange, 1}, query, std::vector<float>{0, 0}}),
                      ct::has_substring("position_weight[0] is "));
  }
}
