// SPDX-License-Identifier: MIT
#include <seqpool/head/normalize.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

using seqpool::Index;

namespace {

template <class A>
std::vector<A> normalized(const std::vector<A>& row) {
  const Index n = static_cast<Index>(row.size());
  const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> x(row.data(), 1, n);
  const auto y = seqpool::map(seqpool::Normalize{}, x);
  return {y.data(), y.data() + n};
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 4: normalize gives length 1 at any scale, within its bound", "[guarantees][normalize]",
                   float, double) {
  using Limits = std::numeric_limits<TestType>;
  const double eps = static_cast<double>(Limits::epsilon());
  for (const Index n : {1, 2, 15, 16, 31, 384, 1000})
    for (const TestType scale :
         {TestType(1), Limits::max(), Limits::max() / 3, Limits::min(), Limits::denorm_min() * 1000}) {
      auto row = test::Random(1).values<TestType>(n);
      for (auto& value : row) value *= scale;
      long double squares = 0;
      for (const auto value : row) squares += static_cast<long double>(value) * static_cast<long double>(value);
      const auto y = normalized(row);
      for (std::size_t f = 0; f < row.size(); ++f) {
        const long double exact = static_cast<long double>(row[f]) / std::sqrt(squares);
        INFO("n " << n << " scale " << scale << " feature " << f);
        if (std::abs(exact) > static_cast<long double>(Limits::min()) || exact == 0)
          REQUIRE(static_cast<double>(std::abs(static_cast<long double>(y[f]) - exact)) <=
                  (static_cast<double>(n) / 16 + 12) * eps * static_cast<double>(std::abs(exact)));
      }
    }
}

TEMPLATE_TEST_CASE("a zero row stays zero, and the smallest number there is has length 1", "[normalize]", float,
                   double) {
  using Limits = std::numeric_limits<TestType>;
  CHECK(normalized<TestType>({0, 0, 0}) == std::vector<TestType>{0, 0, 0});
  CHECK(normalized<TestType>({0, -TestType(0)}) == std::vector<TestType>{0, 0});
  CHECK(normalized<TestType>({0, Limits::denorm_min(), 0}) == std::vector<TestType>{0, 1, 0});
  CHECK(normalized<TestType>({-Limits::max()}) == std::vector<TestType>{-1});
  CHECK(normalized<TestType>({3, -4})[0] == ct::Approx(0.6));
  CHECK(normalized<TestType>({3, -4})[1] == ct::Approx(-0.8));
}

TEMPLATE_TEST_CASE("a NaN or an infinity makes its row NaN, wherever it stands", "[normalize]", float, double) {
  using Limits = std::numeric_limits<TestType>;
  for (const TestType bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()})
    for (const std::size_t n : {std::size_t{1}, std::size_t{3}, std::size_t{40}})
      for (const std::size_t place : {std::size_t{0}, n / 2, n - 1})
        for (const TestType other : {TestType(0), TestType(1)}) {
          std::vector<TestType> row(n, other);
          row[place] = bad;
          for (const TestType value : normalized(row)) CHECK(std::isnan(value));
        }
}
