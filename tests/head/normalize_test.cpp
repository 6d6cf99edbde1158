// SPDX-License-Identifier: MIT
#include <seqpool/head/normalize.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;

namespace {

const double by_largest = std::numeric_limits<double>::infinity();

template <class A> std::vector<A> normalized(const std::vector<A>& row, seqpool::Normalize head = {}) {
  const Index n = static_cast<Index>(row.size());
  const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> x(row.data(), 1, n);
  const auto y = seqpool::map(head, x);
  return {y.data(), y.data() + n};
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 4: normalize gives length 1 at any scale, within its bound", "[guarantees][normalize]",
                   SEQPOOL_TEST_REALS) {
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

TEMPLATE_TEST_CASE("a zero row stays zero, and the smallest number there is has length 1", "[normalize]",
                   SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  CHECK(normalized<TestType>({0, 0, 0}) == std::vector<TestType>{0, 0, 0});
  CHECK(normalized<TestType>({0, -TestType(0)}) == std::vector<TestType>{0, 0});
  CHECK(normalized<TestType>({0, Limits::denorm_min(), 0}) == std::vector<TestType>{0, 1, 0});
  CHECK(normalized<TestType>({-Limits::max()}) == std::vector<TestType>{-1});
  CHECK(normalized<TestType>({3, -4})[0] == ct::Approx(0.6));
  CHECK(normalized<TestType>({3, -4})[1] == ct::Approx(-0.8));
}

TEMPLATE_TEST_CASE("a NaN or an infinity makes its row NaN, wherever it stands", "[normalize]", SEQPOOL_TEST_REALS) {
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

TEMPLATE_TEST_CASE("Guarantee 4: normalize by other norms gives length 1 at any scale, within its bound",
                   "[guarantees][normalize]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  const long double eps = static_cast<long double>(Limits::epsilon());
  for (const double p : {0.1, 0.5, 1., 1.5, 3., 10., 500., by_largest})
    for (const Index n : {1, 2, 15, 16, 31, 384, 1000})
      for (const TestType scale : {TestType(1), Limits::max(), Limits::min(), Limits::denorm_min() * 1000}) {
        auto row = test::Random(1).values<TestType>(n);
        long double largest = 0;
        for (auto& value : row) {
          value *= scale;
          largest = std::fmax(largest, std::abs(static_cast<long double>(value)));
        }
        long double sum = 0;
        for (const auto value : row)
          sum += std::pow(std::abs(static_cast<long double>(value)) / largest, static_cast<long double>(p));
        const long double norm = p == by_largest ? largest : largest * std::pow(sum, 1 / static_cast<long double>(p));
        const auto y = normalized(row, seqpool::Normalize{p});
        const long double bound =
            (static_cast<long double>(n) / 16 + 24) * eps / static_cast<long double>(std::fmin(p, 1));
        for (std::size_t f = 0; f < row.size(); ++f) {
          const long double exact = static_cast<long double>(row[f]) / norm;
          INFO("p " << p << " n " << n << " scale " << scale << " feature " << f);
          if (std::abs(exact) > static_cast<long double>(Limits::min()) || exact == 0)
            REQUIRE(std::abs(static_cast<long double>(y[f]) - exact) <= bound * std::abs(exact));
        }
      }
}

TEMPLATE_TEST_CASE("normalize by 2 has the bits of normalize", "[normalize]", SEQPOOL_TEST_REALS) {
  const auto row = test::Random(4).values<TestType>(77);
  CHECK(normalized(row, seqpool::Normalize{2}) == normalized(row));
  CHECK(normalized(row, seqpool::Normalize{2.0000001}) != normalized(row, seqpool::Normalize{3}));
}

TEMPLATE_TEST_CASE("normalize by other norms at zeros, the smallest number, NaN and infinities", "[normalize]",
                   SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  using RowOfReal = std::vector<TestType>;
  CHECK(normalized(RowOfReal{3, -1}, seqpool::Normalize{1}) == RowOfReal{TestType(0.75), TestType(-0.25)});
  CHECK(normalized(RowOfReal{4, -1, 0}, seqpool::Normalize{by_largest}) == RowOfReal{1, TestType(-0.25), 0});
  CHECK(normalized(RowOfReal{-4, 1}, seqpool::Normalize{by_largest}) == RowOfReal{-1, TestType(0.25)});
  for (const double p : {std::numeric_limits<double>::denorm_min(), 0.5, 1., 3., 1e300, by_largest}) {
    INFO("p " << p);
    const seqpool::Normalize head{p};
    CHECK(normalized(RowOfReal{0, -TestType(0), 0}, head) == RowOfReal{0, 0, 0});
    CHECK(normalized(RowOfReal{0, Limits::denorm_min(), 0}, head) == RowOfReal{0, 1, 0});
    CHECK(normalized(RowOfReal{-Limits::max(), 0}, head) == RowOfReal{-1, 0});
    CHECK(normalized(RowOfReal{}, head).empty());
    for (const TestType bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()})
      for (const std::size_t place : std::vector<std::size_t>{0, 19, 39})
        for (const TestType other : {TestType(0), TestType(1)}) {
          RowOfReal row(40, other);
          row[place] = bad;
          for (const TestType value : normalized(row, head)) CHECK(std::isnan(value));
        }
  }
}

TEST_CASE("by a small p the norm of many features may be beyond all numbers, and y is 0", "[normalize]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(1, 1000);
  x.setConstant(3);
  for (const auto& [p, y] : std::vector<std::pair<double, double>>{{0.01, 0}, {0.1, 1e-30}, {0.5, 1e-6}, {1, 1e-3}}) {
    const auto result = seqpool::map(seqpool::Normalize{p}, x);
    for (const Index f : {0, 999}) CHECK(static_cast<double>(result(0, f)) == ct::Approx(y).epsilon(1e-4));
  }
}

TEST_CASE("Guarantee 7: normalize wants a p over 0", "[guarantees][normalize]") {
  for (const double bad : {0., -0., -1., -by_largest, std::nan("")})
    CHECK_THROWS_AS(seqpool::Normalize{bad}, std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::Normalize{-2},
                    ct::has_substring("Normalize{-2}") && ct::has_substring("p must be over 0"));
  CHECK_NOTHROW(seqpool::Normalize{std::numeric_limits<double>::denorm_min()});
}

TEMPLATE_TEST_CASE("Guarantee 4: gradients of normalize keep their bound, by any norm and at any scale",
                   "[guarantees][normalize][gradient]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  using Real = long double;
  for (const double p : {0.1, 0.5, 1., 1.5, 2., 3., 10., 500., by_largest})
    for (const Index n : {1, 2, 15, 16, 31, 384, 1000})
      for (const TestType scale : {TestType(1), Limits::max(), Limits::min(), Limits::denorm_min() * 1000}) {
        auto row = test::Random(1).values<TestType>(n);
        const auto d_y = test::Random(2).values<TestType>(n, -1, 2);
        auto scaled = d_y;  // so that gradients are neither too large nor too small
        for (auto& value : scaled) value *= std::pow(scale, TestType(0.25));
        for (auto& value : row) value *= scale;
        if (n > 2) row[1] = 0;
        std::vector<Real> w;
        Real largest = 0, sum = 0, along = 0, size = 0;
        for (const auto x : row) largest = std::fmax(largest, std::abs(static_cast<Real>(x)));
        for (const auto x : row) {
          w.push_back(static_cast<Real>(x) / largest);
          sum += std::pow(std::abs(w.back()), static_cast<Real>(p));
        }
        const Real norm = p == by_largest ? 1 : std::pow(sum, 1 / static_cast<Real>(p));
        for (std::size_t f = 0; f < w.size(); ++f) {
          w[f] /= norm;
          along += w[f] * static_cast<Real>(scaled[f]);
          size += std::abs(w[f] * static_cast<Real>(scaled[f]));
        }
        const auto d_x = test::gone_back(seqpool::Normalize{p}, row, scaled);
        const Real power = p == by_largest ? 1 : std::fmax(static_cast<Real>(p), 1 / static_cast<Real>(p));
        const Real bound = (static_cast<Real>(n) / 3 + 112) * power * static_cast<Real>(Limits::epsilon());
        for (std::size_t f = 0; f < w.size(); ++f) {
          Real slope = w[f] == 0 ? 0 : std::pow(std::abs(w[f]), static_cast<Real>(p) - 1);
          if (p == by_largest) slope = std::abs(w[f]) == 1;  // no ties among these
          const Real g = static_cast<Real>(scaled[f]);
          const Real expected = (g - along * std::copysign(slope, w[f])) / norm / largest;
          const Real sizes = (std::abs(g) + size * slope) / norm / largest;
          INFO("p " << p << " n " << n << " scale " << scale << " feature " << f << ": " << d_x[f] << ", not "
                    << expected);
          REQUIRE(std::abs(static_cast<Real>(d_x[f]) - expected) <= bound * sizes + static_cast<Real>(Limits::min()));
        }
      }
}

TEMPLATE_TEST_CASE("nothing goes back to a zero row; of several largest the first one is the norm",
                   "[normalize][gradient]", SEQPOOL_TEST_REALS) {
  using RowOfReal = std::vector<TestType>;
  for (const double p : {0.5, 1., 2., 3., by_largest}) {
    INFO("p " << p);
    CHECK(test::gone_back(seqpool::Normalize{p}, RowOfReal{0, -TestType(0)}, RowOfReal{1, 2}) == RowOfReal{0, 0});
    const auto bad = test::gone_back(seqpool::Normalize{p}, RowOfReal{0, std::numeric_limits<TestType>::quiet_NaN()},
                                     RowOfReal{1, 2});
    CHECK((std::isnan(bad[0]) && std::isnan(bad[1])));
  }
  const seqpool::Normalize head{by_largest};
  CHECK(test::gone_back(head, RowOfReal{1, -2, 2, -2}, RowOfReal{4, 0, 0, 8}) == RowOfReal{2, -3, 0, 4});
  CHECK(test::gone_back(head, RowOfReal{2, -2}, RowOfReal{0, 8}) == RowOfReal{4, 4});
  // By 1, a zero has no slope of its own.
  CHECK(test::gone_back(seqpool::Normalize{1}, RowOfReal{1, 0, -3}, RowOfReal{4, 8, 0}) ==
        RowOfReal{TestType(0.75), 2, TestType(0.25)});
}
