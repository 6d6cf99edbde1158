// SPDX-License-Identifier: MIT
#include <seqpool/pooling/self_attentive.hpp>

#include <cmath>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

using seqpool::SelfAttentive;

TEST_CASE("self-attentive pooling gives a row of hidden for each row of W2", "[self_attentive]") {
  const auto x = test::small_states({{0, 1, 3, 1000}, {2, 2, 2, -1}});  // two features, x and x
  const Eigen::MatrixXf weight1{{1, 0}, {0, -0.5f}, {0.25f, 0.25f}};
  const Eigen::MatrixXf weight2{{2, 0, 0}, {1, 3, -1}};
  const SelfAttentive pooling{weight1, weight2};
  const auto result = seqpool::pool(pooling, x, test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}}));
  REQUIRE(result.dimension(1) == 4);
  double sum[2] = {}, weighed[2] = {};
  for (const double t : {0., 1., 3.}) {
    const double scores[] = {2 * std::tanh(t), std::tanh(t) - 3 * std::tanh(t / 2) - std::tanh(t / 2)};
    for (int k = 0; k < 2; ++k) sum[k] += std::exp(scores[k]), weighed[k] += std::exp(scores[k]) * t;
  }
  for (int k = 0; k < 2; ++k)
    for (int h = 0; h < 2; ++h) {
      CHECK(static_cast<double>(result(0, 2 * k + h)) == ct::Approx(weighed[k] / sum[k]).epsilon(1e-6));
      CHECK(result(1, 2 * k + h) == 2);
    }
  const auto edges = seqpool::pool(pooling, x, test::small_mask({{0, 0, 0, 1}, {0, 0, 0, 0}}));
  for (int i = 0; i < 4; ++i) CHECK((edges(0, i) == 1000 && edges(1, i) == 0));
}

TEST_CASE("of one row it is additive attention without a bias", "[self_attentive]") {
  const auto x = test::small_states({{0, 1, 3}});
  const Eigen::MatrixXf weight{{1, 0.5f}, {-1, 0}};
  const std::vector<float> v{2, 0.25f};
  const Eigen::MatrixXf row{{2, 0.25f}};
  CHECK(seqpool::pool(SelfAttentive{weight, row}, x)(0, 0) ==
        seqpool::pool(seqpool::AdditiveAttention{weight, std::vector<float>(2), v}, x)(0, 0));
}

TEST_CASE("Guarantee 7: self-attentive pooling names the sizes that do not fit", "[guarantees][self_attentive]") {
  const Eigen::MatrixXf weight1 = Eigen::MatrixXf::Zero(3, 2), weight2 = Eigen::MatrixXf::Zero(4, 3);
  CHECK_THROWS_AS((SelfAttentive{weight1, weight1}), std::invalid_argument);
  CHECK_THROWS_WITH((SelfAttentive{weight1, weight1}),
                    ct::has_substring("weight2 is [3, 2], but weight1 [attention, hidden] is [3, 2]"));
  CHECK_THROWS_WITH((SelfAttentive{weight1, Eigen::MatrixXf(0, 3)}), ct::has_substring("weight2 is [0, 3]"));
  const SelfAttentive pooling{weight1, weight2};
  CHECK(pooling.width(2) == 8);
  CHECK_THROWS_WITH(pooling.width(5), ct::has_substring("weight1 is [3, 2]") && ct::has_substring("have hidden 5"));
}
