// SPDX-License-Identifier: MIT
#include <seqpool/head/probabilities.hpp>

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;

namespace {

const float inf = std::numeric_limits<float>::infinity();
const float not_a_number = std::numeric_limits<float>::quiet_NaN();

template <int Layout = Eigen::RowMajor>
Eigen::Tensor<float, 2, Layout> logits_of(const std::vector<std::vector<float>>& rows) {
  Eigen::Tensor<float, 2, Layout> x(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (Index b = 0; b < x.dimension(0); ++b)
    for (Index c = 0; c < x.dimension(1); ++c) x(b, c) = rows[static_cast<std::size_t>(b)][static_cast<std::size_t>(c)];
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("softmax and log_softmax agree with a float64 oracle", "[activation]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const double eps = static_cast<double>(std::numeric_limits<A>::epsilon());
  const Index classes = GENERATE(1, 2, 5, 1000);
  const double size = GENERATE(1.0, 80.0, 3000.0);
  Eigen::Tensor<TestType, 2> x(3, classes);
  test::Random random(17);
  for (Index b = 0; b < 3; ++b)
    for (Index c = 0; c < classes; ++c) x(b, c) = static_cast<TestType>(random.between(-size, size));
  const auto p = seqpool::softmax(x);
  const auto log_p = seqpool::log_softmax(x);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(p)>, Eigen::Tensor<A, 2>>);
  for (Index b = 0; b < 3; ++b) {
    double top = -1e300;
    double sum = 0;
    for (Index c = 0; c < classes; ++c) top = std::max(top, static_cast<double>(seqpool::widen(x(b, c))));
    for (Index c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(seqpool::widen(x(b, c))) - top);
    for (Index c = 0; c < classes; ++c) {
      const double shifted = static_cast<double>(seqpool::widen(x(b, c))) - top;
      const double exact = std::exp(shifted) / sum;
      const double tiny = static_cast<double>(std::numeric_limits<A>::min());  // below it precision fades
      // The shifted logit is rounded once, which the exponential turns into a relative error of |shifted| * eps.
      const double bound = (static_cast<double>(classes) + 4 + std::abs(shifted)) * eps;
      CHECK(std::abs(static_cast<double>(p(b, c)) - exact) <= bound * exact + tiny);
      CHECK(std::abs(static_cast<double>(log_p(b, c)) - (shifted - std::log(sum))) <= bound);
    }
  }
}

TEST_CASE("softmax shifts by the largest value, not by the largest absolute value", "[activation]") {
  const auto p = seqpool::softmax(logits_of({{-60, 35}, {1000, -1000}, {3e38f, -3e38f}}));
  CHECK(p(0, 0) == ct::Approx(std::exp(-95.0f)));
  CHECK(p(0, 1) == 1);
  CHECK(p(1, 0) == 1);
  CHECK(p(1, 1) == 0);
  CHECK(p(2, 0) == 1);
}

TEST_CASE("softmax of -inf only is zeros; NaN and +inf make their own row NaN", "[activation]") {
  const auto x = logits_of({{-inf, -inf}, {-inf, 2}, {not_a_number, 2}, {inf, 2}, {0, 0}});
  const auto p = seqpool::softmax(x);
  CHECK((p(0, 0) == 0 && p(0, 1) == 0));
  CHECK((p(1, 0) == 0 && p(1, 1) == 1));
  CHECK((std::isnan(p(2, 0)) && std::isnan(p(2, 1))));
  CHECK((std::isnan(p(3, 0)) && std::isnan(p(3, 1))));
  CHECK((p(4, 0) == 0.5f && p(4, 1) == 0.5f));
  const auto log_p = seqpool::log_softmax(x);
  CHECK((log_p(0, 0) == -inf && log_p(0, 1) == -inf));
  CHECK((log_p(1, 0) == -inf && log_p(1, 1) == 0));
  CHECK((std::isnan(log_p(2, 0)) && std::isnan(log_p(2, 1))));
  CHECK((std::isnan(log_p(3, 0)) && std::isnan(log_p(3, 1))));
}

TEST_CASE("log_softmax keeps what softmax would round to zero", "[activation]") {
  const auto log_p = seqpool::log_softmax(logits_of({{0, -500, 0}}));
  CHECK(log_p(0, 1) == ct::Approx(-500 - std::log(2.0)));
  CHECK(log_p(0, 0) == ct::Approx(-std::log(2.0)));
}

TEST_CASE("sigmoid is right and quiet at any size", "[activation]") {
  const auto p = seqpool::sigmoid(logits_of({{0, 1000, -1000, 2, -2}, {inf, -inf, not_a_number, -80, 17}}));
  CHECK(p(0, 0) == 0.5f);
  CHECK(p(0, 1) == 1);
  CHECK(p(0, 2) == 0);
  CHECK(p(0, 3) == ct::Approx(1 / (1 + std::exp(-2.0))));
  CHECK(p(0, 4) == ct::Approx(1 / (1 + std::exp(2.0))));
  CHECK(p(1, 0) == 1);
  CHECK(p(1, 1) == 0);
  CHECK(std::isnan(p(1, 2)));
  CHECK(p(1, 3) == ct::Approx(std::exp(-80.0)));  // not 1 - something, which would be 0
}

TEST_CASE("argmax takes the first of equals, and a NaN before all", "[activation]") {
  const auto x = logits_of<Eigen::ColMajor>(
      {{1, 3, 3}, {-5, -2, -9}, {1, not_a_number, not_a_number}, {not_a_number, 1, inf}, {-inf, -inf, -inf}});
  const auto best = seqpool::argmax(x);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(best)>, Eigen::Tensor<Index, 1>>);
  CHECK(best(0) == 1);
  CHECK(best(1) == 1);
  CHECK(best(2) == 1);
  CHECK(best(3) == 0);
  CHECK(best(4) == 0);
}

TEST_CASE("no rows are no trouble; rows without classes have no argmax", "[activation]") {
  const Eigen::Tensor<float, 2> no_rows(0, 3);
  CHECK(seqpool::softmax(no_rows).dimension(0) == 0);
  CHECK(seqpool::argmax(no_rows).dimension(0) == 0);
  const Eigen::Tensor<float, 2> no_classes(2, 0);
  CHECK(seqpool::softmax(no_classes).dimension(1) == 0);
  CHECK_THROWS_AS(seqpool::argmax(no_classes), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::argmax(no_classes), ct::has_substring("[2, 0]"));
}
