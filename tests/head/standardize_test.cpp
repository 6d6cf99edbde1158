// SPDX-License-Identifier: MIT
#include <seqpool/head/standardize.hpp>

#include <algorithm>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::Index;

TEMPLATE_TEST_CASE("standardized rows are within the bound, at large offsets too", "[standardize]",
                   SEQPOOL_TEST_REALS) {
  for (const Index features : {2, 15, 16, 37, 768})
    for (const TestType offset : {TestType(0), TestType(1000)})
      for (const TestType scale : {TestType(1e-6), TestType(1), TestType(300)}) {
        auto x = test::Random(3).template values<TestType>(features);
        for (TestType& value : x) value = value * scale + offset;
        const Eigen::TensorMap<const Eigen::Tensor<const TestType, 2, Eigen::RowMajor>> row(x.data(), 1, features);
        const auto y = seqpool::map(seqpool::Standardize{}, row);
        double sum = 0, squares = 0, largest = 0;
        for (const TestType value : x) sum += static_cast<double>(value);
        const double n = static_cast<double>(features), mean = sum / n;
        for (const TestType value : x) {
          squares += std::pow(static_cast<double>(value) - mean, 2);
          largest = (std::max)(largest, std::abs(static_cast<double>(value)));
        }
        const double divisor = std::sqrt(squares / (n - 1)) + 1e-5;
        for (Index f = 0; f < features; ++f) {
          const double expected = (static_cast<double>(x[static_cast<std::size_t>(f)]) - mean) / divisor;
          const double bound = (n / 16 + 32) * test::eps<TestType> * (1 + std::abs(expected)) * (1 + largest / divisor);
          CHECK(std::abs(static_cast<double>(y(0, f)) - expected) <= bound);
        }
      }
}

TEST_CASE("the deviation is unbiased, and a row of one number is 0", "[standardize]") {
  Eigen::Tensor<double, 2, Eigen::RowMajor> x(2, 2);
  x.setValues({{1, 3}, {4, 4}});
  const auto y = seqpool::map(seqpool::Standardize{}, x);
  CHECK(y(0, 0) == ct::Approx(-1 / (std::sqrt(2.0) + 1e-5)));
  CHECK(y(0, 1) == -y(0, 0));
  CHECK(y(1, 0) == 0);
  const Eigen::Tensor<double, 2, Eigen::RowMajor> one =
      x.slice(Eigen::array<Index, 2>{0, 0}, Eigen::array<Index, 2>{2, 1});
  CHECK(std::isnan(seqpool::map(seqpool::Standardize{}, one)(0, 0)));
}

TEMPLATE_TEST_CASE("gradients of standardized rows are within their bound", "[standardize][gradient]",
                   SEQPOOL_TEST_REALS) {
  for (const Index features : {2, 15, 16, 37, 768})
    for (const TestType offset : {TestType(0), TestType(1000)})
      for (const TestType scale : {TestType(1e-6), TestType(1), TestType(300)}) {
        auto x = test::Random(3).template values<TestType>(features);
        for (TestType& value : x) value = value * scale + offset;
        const auto d_y = test::Random(4).template values<TestType>(features, -1, 2);
        const auto d_x = test::gone_back(seqpool::Standardize{}, x, d_y);
        const double n = static_cast<double>(features);
        double mean = 0, squares = 0, largest = 0, mean_g = 0, along = 0, largest_g = 0;
        for (const TestType value : x) mean += static_cast<double>(value) / n;
        for (std::size_t f = 0; f < x.size(); ++f) {
          const double value = static_cast<double>(x[f]), g = static_cast<double>(d_y[f]);
          squares += (value - mean) * (value - mean);
          along += g * (value - mean);
          mean_g += g / n;
          largest = (std::max)(largest, std::abs(value)), largest_g = (std::max)(largest_g, std::abs(g));
        }
        const double s = std::sqrt(squares / (n - 1)), divisor = s + 1e-5;
        if (s == 0) continue;  // an offset may swallow the rest
        for (std::size_t f = 0; f < x.size(); ++f) {
          const double difference = static_cast<double>(x[f]) - mean, y = difference / divisor;
          const double expected =
              (static_cast<double>(d_y[f]) - mean_g) / divisor - difference * along / (divisor * divisor * (n - 1) * s);
          INFO("features " << features << " offset " << offset << " scale " << scale << " feature " << f);
          REQUIRE(std::abs(static_cast<double>(d_x[f]) - expected) <=
                  (n / 2 + 192) * test::eps<TestType> * (1 + std::abs(y)) * (1 + largest / s) * largest_g / divisor);
        }
      }
}

TEST_CASE("through a deviation of 0 nothing goes back", "[standardize][gradient]") {
  const auto d_x = test::gone_back<double>(seqpool::Standardize{}, {4, 4}, {1, 3});
  CHECK(d_x[0] == ct::Approx(-1e5));
  CHECK(d_x[1] == ct::Approx(1e5));
  // Nor where its square is too small for a number.
  CHECK(test::gone_back<double>(seqpool::Standardize{}, {1e-200, -1e-200}, {0, 0}) == std::vector<double>{0, 0});
  CHECK(std::isnan(test::gone_back<double>(seqpool::Standardize{}, {4}, {1})[0]));
}
