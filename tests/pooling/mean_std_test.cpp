// SPDX-License-Identifier: MIT
#include <seqpool/pooling/mean_std.hpp>
#include <seqpool/stream.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"
#include "support/small.hpp"

using seqpool::Index;
using seqpool::MeanStd;

namespace {

// One feature's mean and deviation.
template <class T> auto pooled(const std::vector<T>& row, MeanStd pooling = {}) {
  return seqpool::pool(pooling, seqpool::HiddenStates<T>(row.data(), {1, static_cast<Index>(row.size()), 1}));
}

// Whether both are within the bound that the header states.
template <class T> void check_bounds(const std::vector<T>& row, MeanStd pooling = {}) {
  const std::vector<long double> wide(row.begin(), row.end());
  long double sum = 0, squares = 0;
  for (const long double x : wide) sum += x;
  const auto n = static_cast<long double>(wide.size());
  for (const long double x : wide) squares += (x - sum / n) * (x - sum / n);
  const auto [least, most] = std::minmax_element(wide.begin(), wide.end());
  const long double c = std::min(n, 256.0L) + n / 256 + 10, r = *most - *least;
  const auto eps = static_cast<long double>(std::numeric_limits<T>::epsilon());
  const auto result = pooled(row, pooling);
  const auto mean = static_cast<long double>(result(0, 0)), deviation = static_cast<long double>(result(0, 1));
  CHECK(std::abs(mean - sum / n) <= eps * (std::abs(sum / n) + c * r));
  const long double divisor = pooling.divisor == MeanStd::sample ? std::max(n - 1, 1.0L) : n;
  CHECK(std::abs(deviation - std::sqrt(squares / divisor)) <= eps * c * r);
}

}  // namespace

TEST_CASE("mean_std is the mean beside the deviation, by n and by n - 1", "[mean_std]") {
  const auto x = test::small_states({{2, 4, 4, 4, 5, 5, 7, 9, 100}, {3, -1, 0, 0, 0, 0, 0, 0, 0}});
  const auto mask = test::small_mask({{1, 1, 1, 1, 1, 1, 1, 1, 0}, {1, 1, 0, 0, 0, 0, 0, 0, 0}});
  const auto population = seqpool::mean_std_pool(x, mask);
  const auto sample = seqpool::pool(MeanStd{MeanStd::sample}, x, mask);
  REQUIRE(population.dimension(1) == 4);
  for (const Index h : {0, 1}) {
    for (const auto& result : {population, sample}) CHECK((result(0, h) == 5 && result(1, h) == 1));
    // Some roundings of what divisions by 3, 5, 6 and 7 make.
    const float few = 8 * std::numeric_limits<float>::epsilon();
    CHECK(std::abs(population(0, 2 + h) - 2) <= few);
    CHECK(std::abs(sample(0, 2 + h) - std::sqrt(32.0F / 7)) <= few);
    CHECK((population(1, 2 + h) == 2 && sample(1, 2 + h) == std::sqrt(8.0F)));
  }
}

TEST_CASE("an offset costs the deviation no digits", "[mean_std]") {
  const std::vector<double> row{1000.1, 1000.2, 1000.3};
  CHECK(std::abs(pooled(row)(0, 1) - std::sqrt(0.02 / 3)) <= 1e-12);  // 0.0816; the numbers themselves end at 1e-13
  CHECK(std::abs(pooled(row, {MeanStd::sample})(0, 1) - 0.1) <= 1e-12);
  const std::vector<float> rounded(row.begin(), row.end());
  CHECK(std::abs(pooled(rounded)(0, 1) - 0.0816F) <= 1e-4F);  // these at 6e-5
  CHECK(std::abs(pooled(rounded, {MeanStd::sample})(0, 1) - 0.1F) <= 1e-4F);
}

TEST_CASE("one token, none, and equal ones deviate by exactly 0", "[mean_std]") {
  for (const auto divisor : {MeanStd::population, MeanStd::sample}) {
    const auto x = test::small_states({{1000.1F, 2}, {7, 8}});
    const auto result = seqpool::pool(MeanStd{divisor}, x, test::small_mask({{1, 0}, {0, 0}}));
    CHECK((result(0, 0) == 1000.1F && result(0, 2) == 0));
    CHECK((result(1, 0) == 0 && result(1, 2) == 0));
    for (const float value :
         {0.0F, 1e6F, -0.1F, (std::numeric_limits<float>::max)(), std::numeric_limits<float>::denorm_min()}) {
      const auto equal = pooled(std::vector<float>(3000, value), {divisor});
      CHECK((equal(0, 0) == value && equal(0, 1) == 0));
    }
  }
}

TEMPLATE_TEST_CASE("Guarantee 4: mean_std keeps its bound at large offsets, and for long sequences",
                   "[guarantees][mean_std]", SEQPOOL_TEST_REALS) {
  const auto divisor = GENERATE(MeanStd::population, MeanStd::sample);
  const double offset = GENERATE(0.0, 1e3, 1e6, -1e6, 1.5e7);
  const Index n = GENERATE(2, 3, 8, 100, 256, 257, 5000, 300000);
  std::vector<TestType> row;
  for (const double x : test::Random(71).values<double>(n, -1, 1)) row.push_back(static_cast<TestType>(offset + x));
  check_bounds(row, {divisor});
  // The first token, which all others are measured from, far from them.
  row[0] = static_cast<TestType>(-offset);
  check_bounds(row, {divisor});
  // A slope, of which each block has another mean.
  for (Index t = 0; t < n; ++t)
    row[static_cast<std::size_t>(t)] = static_cast<TestType>(offset + static_cast<double>(t) / 64);
  check_bounds(row, {divisor});
}

TEMPLATE_TEST_CASE("Guarantee 4: mean_std keeps its bound for the smallest and the largest differences",
                   "[guarantees][mean_std]", SEQPOOL_TEST_REALS) {
  const bool is_float = std::is_same_v<TestType, float>;
  for (const double size : {is_float ? 1e-12 : 1e-139, is_float ? 1e15 : 1e146})
    for (const Index n : {2, 256, 70000}) {
      std::vector<TestType> row;
      for (const double x : test::Random(72).values<double>(n, 0, 1)) row.push_back(static_cast<TestType>(x * size));
      check_bounds(row);
      row.assign(row.size(), 0);
      row.back() = static_cast<TestType>(size);  // one of many
      check_bounds(row);
    }
  // Beyond them a deviation is 0 or infinite, and never below 0.
  const auto least = std::numeric_limits<TestType>::denorm_min();
  CHECK(pooled(std::vector<TestType>{0, least})(0, 1) == 0);
  const TestType large = is_float ? TestType(1e30) : TestType(1e300);
  const auto result = pooled(std::vector<TestType>{large, 0, large, 0});
  CHECK((result(0, 0) == large / 2 && std::isinf(result(0, 1)) && result(0, 1) > 0));
}

TEST_CASE("an infinity or a NaN makes the deviation NaN wherever it comes, and the mean what Mean gives",
          "[mean_std]") {
  const float inf = std::numeric_limits<float>::infinity();
  for (const float value : {inf, -inf, std::numeric_limits<float>::quiet_NaN()})
    for (const std::size_t n : {1u, 2u, 9u, 600u})
      for (const std::size_t place : {std::size_t{0}, n / 2, n - 1}) {
        INFO(value << " at " << place << " of " << n);
        std::vector<float> row(n, 2);
        row[place] = value;
        const auto result = pooled(row);
        CHECK(std::isnan(result(0, 1)));
        CHECK((std::isnan(value) ? std::isnan(result(0, 0)) : result(0, 0) == value));
        row[(place + 1) % n] = -value;
        if (n > 1) CHECK((std::isnan(pooled(row)(0, 0)) && std::isnan(pooled(row)(0, 1))));
      }
}

TEST_CASE("states that began at tokens far apart merge", "[mean_std]") {
  const auto fold = [](const std::vector<float>& row) {
    MeanStd::State<float> state;
    MeanStd{}.init(state, 1);
    MeanStd{}.fold(state, seqpool::TokenBlock<float>(row.data(), static_cast<Index>(row.size()), 1, 1));
    return state;
  };
  auto state = fold({1e6F, 1e6F + 1, 1e6F + 2});
  MeanStd{}.merge(state, fold({-5, -6, -7, -8, -9}));
  MeanStd{}.merge(state, fold({}));
  CHECK(state.count == 8);
  float out[2];
  MeanStd{}.finish(state, std::span<float>(out));
  // Of 1000000, 1000001, 1000002, -5, ..., -9.
  CHECK(std::abs(out[0] - 374996) <= 0.0625F);
  CHECK(std::abs(out[1] - 484126.79F) <= 0.125F);
}
