// SPDX-License-Identifier: MIT
#include <seqpool/pooling/splade.hpp>

#include <cmath>
#include <limits>
#include <seqpool/gradient.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

using seqpool::Splade;

TEST_CASE("splade takes logarithms of what is above 0, in each of its four ways", "[splade]") {
  const auto x = test::small_states({{-1, 3, 0.5f, 100}, {-5, -4, -0.f, -3}, {1e-20f, 2e-20f, 0, 9}});
  const auto mask = test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 1}, {1, 1, 1, 0}});
  const auto check = [&](const Splade& pooling, double first, double third) {
    const auto result = seqpool::pool(pooling, x, mask);
    CHECK(std::abs(static_cast<double>(result(0, 0)) / first - 1) <= 5 * 0x1p-23);  // the widest of the four bounds
    CHECK(result(1, 0) == 0);
    CHECK(std::abs(static_cast<double>(result(2, 1)) / third - 1) <= 5 * 0x1p-23);
  };
  check({}, std::log(4), 2e-20);
  check({Splade::max, Splade::log1p_relu}, std::log1p(std::log(4)), 2e-20);
  check({Splade::sum, Splade::relu}, std::log(4) + std::log(1.5), 3e-20);
  check({Splade::sum, Splade::log1p_relu}, std::log1p(std::log(4)) + std::log1p(std::log(1.5)), 3e-20);
  CHECK(seqpool::splade_pool(x, mask)(0, 1) == seqpool::pool(Splade{Splade::max, Splade::relu}, x, mask)(0, 1));
  CHECK(seqpool::splade_pool(x)(0, 0) == seqpool::pool(Splade{}, x)(0, 0));
}

TEST_CASE("splade of infinities and NaN is the reference's, in any block", "[splade]") {
  const float inf = std::numeric_limits<float>::infinity();
  for (const auto strategy : {Splade::max, Splade::sum})
    for (const auto activation : {Splade::relu, Splade::log1p_relu}) {
      const Splade pooling{strategy, activation};
      test::check_rows(seqpool::pool(pooling, test::small_states({{-inf, -inf}, {-1, inf}, {inf, inf}})),
                       {0, inf, inf});
      for (const std::size_t place : {0u, 6u, 300u}) {
        std::vector<float> row(600, -2);
        row[place] = std::numeric_limits<float>::quiet_NaN();
        CHECK(std::isnan(seqpool::pool(pooling, test::small_states({row}))(0, 0)));
      }
    }
}

TEST_CASE("what weighs nothing in splade learns nothing, -inf too", "[splade][gradient]") {
  const auto x = test::small_states({{-std::numeric_limits<float>::infinity(), -1, 0, 1}});
  Eigen::Tensor<float, 2> d_out(1, 2);
  d_out.setConstant(8);
  for (const auto strategy : {Splade::max, Splade::sum}) {
    const auto back = seqpool::gradient(Splade{strategy}, x, seqpool::all_tokens, d_out);
    for (int t = 0; t < 3; ++t) CHECK(back.tokens(0, t, 0) == 0);
    CHECK(back.tokens(0, 3, 0) == 4);
  }
}

TEST_CASE("splade's sum goes on over blocks", "[splade]") {
  const auto sum = seqpool::pool(Splade{Splade::sum}, test::small_states({std::vector<float>(600, 3)}));
  CHECK(std::abs(static_cast<double>(sum(0, 0)) / (600 * std::log(4)) - 1) <= (256 + 600 / 256 + 2) * 0x1p-23);
}

TEST_CASE("streams of one way of splade are not taken for another's", "[splade]") {
  CHECK(Splade{}.name() == "splade max relu");
  CHECK(Splade{Splade::sum, Splade::log1p_relu}.name() == "splade sum log1p_relu");
}
