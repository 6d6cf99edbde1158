// SPDX-License-Identifier: MIT
#include <seqpool/pooling/log_sum_exp.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/pool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using seqpool::LogSumExp;

TEST_CASE("log_sum_exp is between mean and maximum, by its r", "[log_sum_exp]") {
  const auto x = test::small_states({{1, 2, 4, 1000}, {-8, 0, 0, -8}});
  const auto mask = test::small_mask({{1, 1, 1, 0}, {1, 0, 0, 1}});
  const auto check = [&](double r, double expected) {
    const auto result = seqpool::pool(LogSumExp{r}, x, mask);
    CHECK(std::abs(static_cast<double>(result(0, 0)) - expected) <= ((4 * 4 + 2 * std::log(3) + 4) / r + 12) * 0x1p-23);
    CHECK(result(1, 1) == -8);  // log 1 = 0
  };
  for (const double r : {1e-3, 0.5, 1.0, 3.0, 10.0})
    check(r, std::log((std::exp(r) + std::exp(2 * r) + std::exp(4 * r)) / 3) / r);
  check(1e4, 4 - std::log(3) / 1e4);
}

TEST_CASE("large values, of either sign, do not overflow", "[log_sum_exp]") {
  const float largest = (std::numeric_limits<float>::max)();
  const LogSumExp pooling{10};
  test::check_rows(seqpool::pool(pooling, test::small_states({{1e30f, 1e30f}, {-1e30f, -1e30f}})), {1e30f, -1e30f});
  test::check_rows(seqpool::pool(pooling, test::small_states({{largest, -largest}, {-largest, -largest}})),
                   {largest, -largest});
  test::check_rows(seqpool::pool(pooling, test::small_states({{-largest, largest}})), {largest});
}

TEST_CASE("an infinity stays one, in any order and block", "[log_sum_exp]") {
  const float inf = std::numeric_limits<float>::infinity();
  const LogSumExp pooling{2};
  test::check_rows(seqpool::pool(pooling, test::small_states({{-inf, -inf, -inf}, {inf, inf, 1}, {-inf, inf, -inf}})),
                   {-inf, inf, inf});
  const float half = seqpool::pool(pooling, test::small_states({{-inf, 3}, {3, -inf}}))(0, 0);
  CHECK(std::abs(static_cast<double>(half) - (3 - std::log(2) / 2)) <= 20 * 0x1p-23);
  CHECK(seqpool::pool(pooling, test::small_states({{-inf, 3}, {3, -inf}}))(1, 0) == half);
  std::vector<float> row(600, -inf);
  test::check_rows(seqpool::pool(pooling, test::small_states({row})), {-inf});
  for (const std::size_t place : {0u, 255u, 256u, 599u}) {
    row.assign(600, 1);
    row[place] = inf;
    test::check_rows(seqpool::pool(pooling, test::small_states({row})), {inf});
    row[(place + 300) % 600] = inf;
    test::check_rows(seqpool::pool(pooling, test::small_states({row})), {inf});
    row[place] = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(seqpool::pool(pooling, test::small_states({row}))(0, 0)));
  }
}

TEST_CASE("r must be above 0, and is what a log_sum_exp is known by", "[log_sum_exp]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  for (const double r : {0.0, -1.0, nan, inf, 1e-60})
    CHECK_THROWS_WITH(LogSumExp{r}, ct::has_substring("it must be a number above 0"));
  CHECK(seqpool::identity_of(LogSumExp{2}) == seqpool::identity_of(LogSumExp{2.0}));
  CHECK(seqpool::identity_of(LogSumExp{2}) != seqpool::identity_of(LogSumExp{2 + 1e-9}));
}

TEST_CASE("over blocks terms and tokens add up", "[log_sum_exp]") {
  for (const std::size_t n : {256u, 257u, 600u, 1000u}) {
    std::vector<float> row;
    double sum = 0;
    for (std::size_t t = 0; t < n; ++t) {
      row.push_back(static_cast<float>(t % 7) - 3);
      sum += std::exp(2 * static_cast<double>(row.back()));
    }
    const double size = static_cast<double>(n), expected = std::log(sum / size) / 2;
    const double bound = ((4 * (256 + size / 256) + 2 * std::log(size) + 4) / 2 + 3 * 3) * 0x1p-23;
    CHECK(std::abs(static_cast<double>(seqpool::pool(LogSumExp{2}, test::small_states({row}))(0, 0)) - expected) <=
          bound);
  }
}

TEST_CASE("a state of log_sum_exp that is merged into an empty one is itself, an infinity too", "[log_sum_exp]") {
  const float inf = std::numeric_limits<float>::infinity();
  const LogSumExp pooling{2};
  for (const std::vector<float>& row : {std::vector<float>{1, 5, 2}, {inf, 1}, {-inf, 1}, {-inf}}) {
    LogSumExp::State<float> state, empty;
    for (auto* const each : {&state, &empty}) pooling.init(*each, 1);
    pooling.fold(state, seqpool::TokenBlock<float>(row.data(), static_cast<seqpool::Index>(row.size()), 1, 1));
    pooling.merge(empty, state);
    CHECK((empty.max[0] == state.max[0] && empty.sum[0] == state.sum[0] && empty.count == state.count));
    LogSumExp::State<float> none;
    pooling.init(none, 1);
    pooling.merge(empty, none);
    CHECK((empty.max[0] == state.max[0] && empty.sum[0] == state.sum[0] && empty.count == state.count));
  }
}

TEST_CASE("Guarantee 4: log_sum_exp keeps its bound at numbers and r of every size", "[guarantees][log_sum_exp]") {
  const float most = (std::numeric_limits<float>::max)(), least = (std::numeric_limits<float>::min)();
  for (const float scale : {1.f, most / 2, most / 1e9f, least, least / 1e6f, 1e20f})
    for (const double r : {1e-38, 1e-30, 1e-3, 1.0, 1e10, 3e38})
      for (const seqpool::Index n : {1, 2, 9, 300}) {
        auto row = test::Random(static_cast<std::uint64_t>(n)).values<float>(n);
        long double top = -static_cast<long double>(most), size = 0, sum = 0;
        for (float& x : row) {
          x *= scale;
          top = std::max(top, static_cast<long double>(x));
          size = std::max(size, std::abs(static_cast<long double>(x)));
        }
        const auto rate = static_cast<long double>(static_cast<float>(r)), count = static_cast<long double>(n);
        for (const float x : row) sum += std::exp(rate * (static_cast<long double>(x) - top));
        const long double expected = top + std::log(sum / count) / rate;
        const long double additions = std::min(count, 256.0L) + count / 256;
        const long double bound = ((4 * additions + 2 * std::log(count) + 4) / rate + 3 * size) * 0x1p-23L;
        const float found = seqpool::pool(LogSumExp{r}, test::small_states({row}))(0, 0);
        INFO("scale " << scale << " r " << r << " n " << n << ": " << found);
        CHECK(std::abs(static_cast<long double>(found) - expected) <= bound);
      }
}
