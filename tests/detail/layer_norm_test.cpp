// SPDX-License-Identifier: MIT
#include <seqpool/detail/layer_norm.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

// What it computes is held by the tests of seqpool::LayerNorm.
TEST_CASE("a row is normalised with a weight, with a bias, and with neither", "[layer_norm]") {
  const std::vector<double> row{1, 3}, weight{2, 3}, bias{5, 7};
  const auto normed = [&](const std::vector<double>& w, const std::vector<double>& b) {
    std::vector<double> y(2);
    seqpool::detail::layer_norm<double>(row, y, 0, w, b);
    return y;
  };
  CHECK(normed({}, {}) == std::vector<double>{-1, 1});
  CHECK(normed(weight, {}) == std::vector<double>{-2, 3});
  CHECK(normed({}, bias) == std::vector<double>{4, 8});
  CHECK(normed(weight, bias) == std::vector<double>{3, 10});
  seqpool::detail::layer_norm<double>({}, {}, 0, {}, {});
}

TEST_CASE("eps is a number that has a root", "[layer_norm]") {
  CHECK(seqpool::detail::root_of_eps<float>(0.25) == 0.5f);
  CHECK(seqpool::detail::root_of_eps<double>(0) == 0);
  CHECK_THROWS_WITH(seqpool::detail::root_of_eps<float>(-1), ct::has_substring("eps is -1:"));
}

TEMPLATE_TEST_CASE("a layer norm goes back within 64 eps of its largest gradient, at any offset and scale",
                   "[layer_norm]", SEQPOOL_TEST_REALS) {
  using Real = long double;
  for (const seqpool::Index count : {1, 2, 3, 15, 16, 17, 64, 384, 1023})
    for (const double offset : {0., 1., 1e3})
      for (const double noise : {1., 1e-2})
        for (const bool weighted : {false, true}) {
          const auto n = static_cast<std::size_t>(count);
          test::Random random(n);
          const auto x = random.values<TestType>(count, offset - noise, offset + noise);
          const auto d_y = random.values<TestType>(count, offset - 1, offset + 1);
          const auto weight = random.values<TestType>(weighted ? count : 0, 0.5, 2);
          std::vector<TestType> d_x(n), z(n), own_weight(n, 1), own_bias(n, 2);
          const auto back = [&](const std::vector<TestType>& from, std::vector<TestType>& to) {
            seqpool::detail::layer_norm_back<TestType>(x, from, to, z, TestType(0.5), weight, own_weight, own_bias);
          };
          back(d_y, d_x);

          Real mean = 0, variance = 0, mean_v = 0, along = 0, largest = 0;
          std::vector<Real> v(n), normed(n);
          for (const TestType value : x) mean += (static_cast<Real>(value) - static_cast<Real>(x[0])) / Real(n);
          for (std::size_t f = 0; f < n; ++f) {
            normed[f] = static_cast<Real>(x[f]) - static_cast<Real>(x[0]) - mean;
            variance += normed[f] * normed[f] / Real(n);
            v[f] = static_cast<Real>(d_y[f]) * (weighted ? static_cast<Real>(weight[f]) : 1);
            mean_v += v[f] / Real(n);
          }
          const Real sigma = std::sqrt(variance + Real(0.25));
          for (std::size_t f = 0; f < n; ++f) {
            normed[f] /= sigma;
            along += (v[f] - mean_v) * normed[f] / Real(n);
          }
          for (std::size_t f = 0; f < n; ++f) largest = std::max(largest, std::abs(v[f] - mean_v) / sigma);
          const auto eps = static_cast<Real>(std::numeric_limits<TestType>::epsilon());
          for (std::size_t f = 0; f < n; ++f) {
            const Real g = static_cast<Real>(d_y[f]);
            INFO("n " << n << " offset " << offset << " noise " << noise << " feature " << f);
            // v itself is rounded, by its own size.
            REQUIRE(std::abs(static_cast<Real>(d_x[f]) - (v[f] - mean_v - normed[f] * along) / sigma) <=
                    64 * eps * largest + eps * std::abs(v[f]) / sigma);
            REQUIRE(std::abs(static_cast<Real>(own_weight[f]) - (1 + g * normed[f])) <= 64 * eps * (1 + std::abs(g)));
            REQUIRE(static_cast<Real>(own_bias[f]) == static_cast<Real>(2 + d_y[f]));
          }

          std::vector<TestType> in_place = d_y;
          back(in_place, in_place);
          REQUIRE(in_place == d_x);
          own_weight.clear(), own_bias.clear();
          back(d_y, d_x);
          REQUIRE(in_place == d_x);
        }
}

TEST_CASE("nothing goes back through a row of equal numbers, unless there is an eps", "[layer_norm]") {
  const std::vector<double> x{3, 3}, d_y{1, 5};
  std::vector<double> d_x(2), z(2);
  seqpool::detail::layer_norm_back<double>(x, d_y, d_x, z, 0, {}, {}, {});
  CHECK(d_x == std::vector<double>{0, 0});
  seqpool::detail::layer_norm_back<double>(x, d_y, d_x, z, 0.5, {}, {}, {});
  CHECK(d_x == std::vector<double>{-4, 4});
  seqpool::detail::layer_norm_back<double>({}, {}, {}, {}, 0, {}, {}, {});
}
