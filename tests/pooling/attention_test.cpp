// SPDX-License-Identifier: MIT
#include <seqpool/pooling/attention.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

using seqpool::attention_pool;

TEST_CASE("attention weights real tokens by the softmax of query * token", "[attention]") {
  const auto x = test::small_states({{0, 1, 3, 1000}, {2, 2, 2, -1}});
  const std::vector<float> query{0.5f, 0.5f};  // small_states has two features, x and x: scores are x
  const double e1 = std::exp(1.0);
  const double e3 = std::exp(3.0);
  const auto result = attention_pool(x, query, test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}}));
  CHECK(static_cast<double>(result(0, 0)) == ct::Approx((e1 + 3 * e3) / (1 + e1 + e3)).epsilon(1e-6));
  CHECK(result(0, 0) == result(0, 1));
  CHECK(static_cast<double>(result(1, 0)) == ct::Approx(2).epsilon(1e-6));
  test::check_rows(attention_pool(x, query, test::small_mask({{0, 0, 0, 1}, {0, 0, 0, 0}})), {1000, 0});
}

TEST_CASE("attention does not overflow at scores that exp cannot take", "[attention]") {
  const auto x = test::small_states({{-60, 35, 1, 2}, {5000, -5000, 4000, 0}});
  const std::vector<float> query{10, 10};
  test::check_rows(attention_pool(x, query), {35, 5000});
}

TEST_CASE("a score of -inf weighs nothing, as in PyTorch, and +inf makes the row NaN", "[attention]") {
  const float inf = std::numeric_limits<float>::infinity();
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 40, 2);
  x.setConstant(1);
  const std::vector<float> query{1, 0};
  x(0, 0, 0) = -inf;  // weight 0, but 0 * -inf in its own feature
  auto result = attention_pool(x, query);
  CHECK(std::isnan(result(0, 0)));
  CHECK(result(0, 1) == 1);
  for (Eigen::Index s = 0; s < 20; ++s) x(0, s, 0) = -inf;  // a whole tile before any finite score
  CHECK(attention_pool(x, query)(0, 1) == 1);
  for (Eigen::Index s = 0; s < 40; ++s) x(0, s, 0) = -inf;
  CHECK(std::isnan(attention_pool(x, query)(0, 1)));
  x(0, 39, 0) = inf;
  CHECK(std::isnan(attention_pool(x, query)(0, 1)));
}

TEST_CASE("a query comes as tensor, Eigen vector or range, and must be [hidden]", "[attention]") {
  const auto x = test::small_states({{0, 1, 3}});
  const std::vector<float> query{0.5f, -0.25f};
  const auto expected = attention_pool(x, query);
  Eigen::Tensor<float, 1> tensor(2);
  tensor.setValues({0.5f, -0.25f});
  CHECK(attention_pool(x, tensor)(0, 1) == expected(0, 1));
  CHECK(attention_pool(x, Eigen::Vector2f(0.5f, -0.25f))(0, 1) == expected(0, 1));
  CHECK(seqpool::pool(seqpool::Attention<float>{query}, x)(0, 1) == expected(0, 1));
  const std::vector<float> wrong(3);
  CHECK_THROWS_AS(attention_pool(x, wrong), std::invalid_argument);
  CHECK_THROWS_WITH(attention_pool(x, wrong), ct::has_substring("query is [3]") && ct::has_substring("hidden 2"));
}

TEST_CASE("a half query serves float hidden states, and the other way round", "[attention]") {
  const auto x = test::small_states({{0, 1, 3}});
  const std::vector<Eigen::half> half_query{Eigen::half(0.5f), Eigen::half(-0.25f)};
  const std::vector<float> query{0.5f, -0.25f};
  const Eigen::Tensor<Eigen::half, 3, Eigen::RowMajor> half_x = x.cast<Eigen::half>();
  CHECK(attention_pool(x, half_query)(0, 0) == attention_pool(x, query)(0, 0));
  CHECK(attention_pool(half_x, query)(0, 0) == attention_pool(x, query)(0, 0));
}
