// SPDX-License-Identifier: MIT
#include <seqpool/pooling/attention.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
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

TEST_CASE("a score of -inf weighs nothing, also where all are, and +inf makes the row NaN", "[attention]") {
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
  CHECK(attention_pool(x, query)(0, 1) == 0);  // where PyTorch's softmax is NaN
  x(0, 39, 0) = inf;
  CHECK(std::isnan(attention_pool(x, query)(0, 1)));
}

TEST_CASE("a query whose scores are all -inf gives zeros, and leaves the other one alone", "[attention]") {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 40, 2);
  x.setConstant(1);
  for (Eigen::Index s = 0; s < 40; ++s) x(0, s, 0) = std::numeric_limits<float>::lowest();
  Eigen::Tensor<float, 2, Eigen::RowMajor> queries(2, 2);
  queries.setValues({{2, 0}, {0, 1}});
  const auto result = attention_pool(x, queries);
  CHECK(result(0, 0) == 0);
  CHECK(result(0, 1) == 0);
  CHECK(result(0, 3) == 1);
  CHECK(seqpool::pool(seqpool::Attention{queries}.average(), x)(0, 1) == 0.5f);
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

TEST_CASE("several queries give what each gives, side by side, and their mean", "[attention]") {
  constexpr Eigen::Index hidden = 21;
  const auto values = test::Random(3).values<float>(3 * 11 * hidden);
  const seqpool::HiddenStates<float> x(values.data(), {3, 11, hidden});
  const auto near = [](float a, float b) { return std::abs(a - b) <= 1e-5f; };  // other orders of additions
  for (const Eigen::Index count : {1, 2, 3, 4, 5, 9}) {
    Eigen::Tensor<float, 2, Eigen::RowMajor> queries(count, hidden);
    const auto numbers = test::Random(4).values<float>(count * hidden);
    std::copy(numbers.begin(), numbers.end(), queries.data());
    const auto all = attention_pool(x, queries);
    const auto mean = seqpool::pool(seqpool::Attention{queries}.average(), x);
    REQUIRE(all.dimension(1) == count * hidden);
    REQUIRE(mean.dimension(1) == hidden);
    for (Eigen::Index b = 0; b < 3; ++b)
      for (Eigen::Index h = 0; h < hidden; ++h) {
        float sum = 0;
        for (Eigen::Index k = 0; k < count; ++k) {
          const Eigen::Tensor<float, 1> query = queries.chip(k, 0).eval().swap_layout();
          REQUIRE(near(all(b, k * hidden + h), attention_pool(x, query)(b, h)));
          sum += all(b, k * hidden + h);
        }
        REQUIRE(near(mean(b, h), sum / static_cast<float>(count)));
      }
  }
}

TEST_CASE("queries come in both layouts, as Eigen matrix, and with their number in the type", "[attention]") {
  const auto x = test::small_states({{0, 1, 3}});
  Eigen::Tensor<float, 2, Eigen::RowMajor> rows(3, 2);
  rows.setValues({{0.5f, -0.25f}, {1, 2}, {-3, 0}});
  const Eigen::Tensor<float, 2> columns = rows.swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
  Eigen::Matrix<float, 3, 2> fixed;
  fixed << 0.5f, -0.25f, 1, 2, -3, 0;
  const auto expected = attention_pool(x, rows);
  const auto check = [&](const auto& result) {
    for (Eigen::Index i = 0; i < 6; ++i) CHECK(result(0, i) == expected(0, i));
  };
  check(attention_pool(x, columns));
  check(attention_pool(x, fixed));
  check(attention_pool(x, Eigen::MatrixXf(fixed)));
  check(attention_pool(x, fixed * 1.f));
  STATIC_REQUIRE(std::same_as<decltype(seqpool::Attention{rows}), seqpool::Attention<float, Eigen::Dynamic>>);
  STATIC_REQUIRE(std::same_as<decltype(seqpool::Attention{fixed}), seqpool::Attention<float, 3>>);
  STATIC_REQUIRE(std::same_as<decltype(seqpool::Attention{fixed, 0.5}), seqpool::Attention<float, 3>>);
  STATIC_REQUIRE(std::same_as<decltype(seqpool::Attention{Eigen::Vector2f(1, 2)}), seqpool::Attention<float>>);
  STATIC_REQUIRE(decltype(seqpool::Attention{std::vector<double>(2), 0.5})::fixed_heads == 1);
  // One query may be held by the type of several.
  const seqpool::Attention<float, Eigen::Dynamic> one{std::vector<float>{0.5f, -0.25f}};
  CHECK(seqpool::pool(one, x)(0, 0) == expected(0, 0));
}

TEST_CASE("queries must be [k, hidden], of one at least", "[attention]") {
  const auto x = test::small_states({{0, 1, 3}});
  Eigen::Tensor<float, 2> wrong(3, 4);
  wrong.setZero();
  CHECK_THROWS_WITH(attention_pool(x, wrong), ct::has_substring("queries are [3, 4]") &&
                                                  ct::has_substring("hidden 2: queries must be [k, hidden]"));
  CHECK_THROWS_WITH(seqpool::Attention{wrong}.average().width(2), ct::has_substring("queries are [3, 4]"));
  CHECK_THROWS_WITH((seqpool::Attention{Eigen::Tensor<float, 2>(0, 2)}),
                    ct::has_substring("queries are [0, 2]: they must be [k, hidden], of one at least"));
  CHECK_THROWS_WITH((seqpool::Attention<float, 2>{wrong}), ct::has_substring("queries are [3, 4]: they must be [k, "
                                                                             "hidden], with k = 2"));
  CHECK_THROWS_WITH((seqpool::Attention{Eigen::TensorMap<Eigen::Tensor<float, 2>>(nullptr, 3, 2)}),
                    ct::has_substring("null pointer"));
}

TEST_CASE("a scale is a finite number", "[attention]") {
  const double infinite = std::numeric_limits<double>::infinity();
  const Eigen::MatrixXf queries = Eigen::MatrixXf::Zero(2, 3);
  for (const double scale : {infinite, -infinite, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(seqpool::Attention(std::vector<float>{1, 0, 0}, scale), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::Attention(queries, scale), ct::has_substring("it must be a finite number"));
  }
  for (const double scale : {0.0, -1.0, 1e30}) CHECK_NOTHROW(seqpool::Attention(queries, scale));
}

TEST_CASE("a scale is multiplied into the queries", "[attention]") {
  const auto x = test::small_states({{0, 1, 3}});
  const std::vector<float> query{0.5f, -0.25f};
  const std::vector<float> half{0.25f, -0.125f};
  CHECK(seqpool::pool(seqpool::Attention{query, 0.5}, x)(0, 0) == attention_pool(x, half)(0, 0));
  CHECK(seqpool::Attention{query, 0.5}.query()[1] == -0.125f);
  const std::vector<double> third{3};
  CHECK(seqpool::Attention{third, 1. / 3}.query()[0] == 1);
}

TEST_CASE("attentions of other queries, numbers of them or ways to join them have other names", "[attention]") {
  Eigen::Tensor<float, 2> wide(2, 6);
  wide.setConstant(1);
  Eigen::Tensor<float, 2> tall(3, 4);
  tall.setConstant(1);
  const seqpool::Attention a{wide}, b{tall}, c{wide, 2};
  CHECK(seqpool::identity_of(a) == seqpool::identity_of(seqpool::Attention{wide}));
  CHECK(seqpool::identity_of(a) != seqpool::identity_of(b));
  CHECK(seqpool::identity_of(a) != seqpool::identity_of(c));
  CHECK(seqpool::identity_of(a) != seqpool::identity_of(a.average()));
}

TEST_CASE("a NaN or +inf score of one query leaves the others alone, but not their mean", "[attention]") {
  const float inf = std::numeric_limits<float>::infinity();
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 19, 5);
  x.setConstant(1);
  x(0, 11, 2) = inf;
  Eigen::Tensor<float, 2, Eigen::RowMajor> queries(5, 5);  // query k sees feature k
  queries.setZero();
  for (Eigen::Index k = 0; k < 5; ++k) queries(k, k) = 1;
  queries(3, 2) = -1;  // weighs that token 0
  for (Eigen::Index k : {0, 1, 4}) queries(k, 2) = -std::numeric_limits<float>::min();
  const auto result = attention_pool(x, queries);
  for (Eigen::Index k = 0; k < 5; ++k) CHECK(std::isnan(result(0, 5 * k)) == (k == 2));
  CHECK(result(0, 15) == 1);
  CHECK(std::isnan(seqpool::pool(seqpool::Attention{queries}.average(), x)(0, 0)));
}
