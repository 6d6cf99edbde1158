// SPDX-License-Identifier: MIT
#include <seqpool/head/detail/loss_terms.hpp>

#include <array>
#include <cmath>
#include <limits>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("a logistic term and its slope keep their digits, however sure the class is", "[loss]") {
  using Real = long double;
  const auto eps = static_cast<Real>(std::numeric_limits<double>::epsilon());
  for (const double target : {0., 1., 0.25})
    for (double z = -800; z <= 800; z += 3.125) {
      const auto [term, slope] = detail::logistic(z, target);
      const Real x = static_cast<Real>(z), t = static_cast<Real>(target);
      // t log(1 + e^-z) + (1 - t) log(1 + e^z), of which nothing cancels.
      const auto softplus = [](Real y) { return std::log1p(std::exp(-std::abs(y))) + std::fmax(y, Real(0)); };
      const Real on = 1 / (1 + std::exp(-x)), off = 1 / (1 + std::exp(x));
      INFO("z " << z << " target " << target);
      CHECK(std::abs(static_cast<Real>(term) - (t * softplus(-x) + (1 - t) * softplus(x))) <=
            8 * eps * (t * softplus(-x) + (1 - t) * softplus(x)) +
                static_cast<Real>(std::numeric_limits<double>::min()));
      CHECK(std::abs(static_cast<Real>(slope) - ((1 - t) * on - t * off)) <=
            8 * eps * ((1 - t) * on + t * off) + static_cast<Real>(std::numeric_limits<double>::min()));
    }
  CHECK(std::isnan(detail::logistic(std::nan(""), 1).term));
  CHECK(std::isnan(detail::logistic(std::nan(""), 0).slope));
  CHECK(detail::logistic(0, 0).slope == 0.5);
}

TEST_CASE("rows' shares are of their sum", "[loss]") {
  const detail::RowShares shares(4, [](std::size_t row) { return static_cast<double>(row); });
  CHECK(shares.total == 6);
  CHECK(shares.shares == std::vector<double>{0, 1. / 6, 2. / 6, 0.5});
  CHECK(detail::RowShares(0, [](std::size_t) { return 0.; }).total == 0);
  CHECK_THROWS_AS(detail::RowShares(2, [](std::size_t) { return 0.; }), std::invalid_argument);
}

TEST_CASE("no weights are as many ones", "[loss]") {
  CHECK_NOTHROW(detail::check_weights({}, 3, "weights"));
  CHECK_NOTHROW(detail::check_weights({0, 1, 0}, 3, "weights"));
  CHECK_THROWS_WITH(detail::check_weights({0, 1}, 3, "weights"), ct::has_substring("there are 2 weights, but 3"));
  CHECK(detail::labels_of(std::array{3, 0}) == std::vector<seqpool::Index>{3, 0});
}
