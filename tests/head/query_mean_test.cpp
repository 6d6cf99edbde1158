// SPDX-License-Identifier: MIT
#include <seqpool/head/query_mean.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"

using seqpool::QueryMean;

TEST_CASE("the mean of queries that lie side by side", "[query_mean]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(2, 6);
  x.setValues({{1, 2, 3, 5, 11, -5}, {0, 1, 0, 2, 3, 6}});
  const auto y = seqpool::map(QueryMean{3}, x);
  REQUIRE(y.dimension(1) == 2);
  CHECK((y(0, 0) == 5 && y(1, 0) == 1 && y(1, 1) == 3));
  CHECK(std::abs(y(0, 1) - 2 / 3.0F) <= std::numeric_limits<float>::epsilon());
  CHECK(seqpool::map(QueryMean{1}, x)(0, 5) == -5);
  x(0, 1) = NAN;
  CHECK(std::isnan(seqpool::map(QueryMean{3}, x)(0, 1)));
  CHECK(seqpool::map(QueryMean{3}, x)(0, 0) == 5);
}

TEST_CASE("the mean of many queries is within its bound", "[query_mean]") {
  constexpr Eigen::Index queries = 40, features = 19;
  const auto values = test::Random(4).values<float>(queries * features);
  const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> x(values.data(), 1, queries * features);
  const auto y = seqpool::map(QueryMean{queries}, x);
  for (Eigen::Index f = 0; f < features; ++f) {
    double sum = 0, size = 0;
    for (Eigen::Index q = 0; q < queries; ++q) {
      sum += static_cast<double>(x(0, q * features + f));
      size += std::abs(static_cast<double>(x(0, q * features + f)));
    }
    CHECK(std::abs(static_cast<double>(y(0, f)) - sum / queries) <=
          static_cast<double>(std::numeric_limits<float>::epsilon()) * size);
  }
}

TEST_CASE("Guarantee 7: what has a mean of queries must divide into them", "[guarantees][query_mean]") {
  CHECK_THROWS_AS(QueryMean{0}, std::invalid_argument);
  CHECK_THROWS_AS(QueryMean{-3}, std::invalid_argument);
  CHECK(QueryMean{5}.width(5) == 1);
  CHECK_THROWS_WITH(QueryMean{2}.width(5), ct::has_substring("QueryMean{2} gets vectors of 5 features"));
}

TEST_CASE("each query has its share of the mean's gradient", "[query_mean][gradient]") {
  using Floats = std::vector<float>;
  CHECK(test::gone_back(seqpool::QueryMean{2}, Floats{1, 2, 3, 4}, Floats{6, -1}) == Floats{3, -0.5f, 3, -0.5f});
  CHECK(test::gone_back(seqpool::QueryMean{1}, Floats{1, 2}, Floats{6, -1}) == Floats{6, -1});
}
