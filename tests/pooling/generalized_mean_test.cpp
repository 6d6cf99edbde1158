// SPDX-License-Identifier: MIT
#include <seqpool/pooling/generalized_mean.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/pool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using seqpool::GeneralizedMean;

TEST_CASE("generalized_mean is between mean and maximum, and of p = 1 the mean", "[generalized_mean]") {
  const auto x = test::small_states({{1, 2, 4, 1000}, {8, 8, 8, 8}});
  const auto mask = test::small_mask({{1, 1, 1, 0}, {1, 0, 0, 1}});
  const auto check = [&](double p, double expected) {
    const auto result = seqpool::pool(GeneralizedMean{p}, x, mask);
    CHECK(std::abs(static_cast<double>(result(0, 0)) / expected - 1) <= 16 * 0x1p-23);  // L = log 4, three tokens
    CHECK(std::abs(static_cast<double>(result(1, 1)) / 8 - 1) <= 16 * 0x1p-23);
  };
  check(1, 7.0 / 3);
  check(2, std::sqrt(21.0 / 3));
  check(3, std::cbrt(73.0 / 3));
  check(0.5, std::pow((1 + std::sqrt(2.0) + 2) / 3, 2));
  check(20, std::pow((1 + std::pow(2.0, 20) + std::pow(4.0, 20)) / 3, 1.0 / 20));
}

TEST_CASE("what is below eps counts as eps", "[generalized_mean]") {
  const auto x = test::small_states({{-5, 0, -0.f}, {-5, 1, 1}});
  for (const double p : {3.0, 2.0}) {
    const auto result = seqpool::pool(GeneralizedMean{p}, x);
    CHECK(std::abs(result(0, 0) / 1e-6f - 1) <= 48 * 0x1p-23f);  // L = log 1e6
    CHECK(std::abs(static_cast<double>(result(1, 0)) / std::pow(2.0 / 3, 1 / p) - 1) <= 48 * 0x1p-23);
    const auto half = seqpool::pool(GeneralizedMean(p, 0.5), x);
    CHECK(std::abs(half(0, 0) / 0.5f - 1) <= 8 * 0x1p-23f);
    CHECK(seqpool::pool(GeneralizedMean(p, 0), x)(0, 0) == 0);
  }
}

TEST_CASE("zeros are zeros without an eps, and of p other than 3 so are subnormal numbers", "[generalized_mean]") {
  const float least = (std::numeric_limits<float>::min)(), below = std::numeric_limits<float>::denorm_min();
  for (const double p : {0.1, 0.5, 2.5}) {
    const auto bound = ((4 + 2) / p + 3 * std::log(1e30) + 2) * 0x1p-23;
    const auto with = [&](float other) {
      return seqpool::pool(GeneralizedMean(p, 0), test::small_states({{p > 1 ? 4.f : 1e-30f, 0, -0.f, other}}));
    };
    const double size = p > 1 ? 4 : static_cast<double>(1e-30f);
    CHECK(std::abs(static_cast<double>(with(0)(0, 0)) / (size * std::pow(0.25, 1 / p)) - 1) <= bound);
    CHECK(with(below)(0, 0) == with(0)(0, 0));
    CHECK(with(std::nextafter(least, 0.f))(0, 0) == with(0)(0, 0));
    if (p < 1) CHECK(with(least)(0, 0) > with(0)(0, 0));
  }
}

TEST_CASE("infinities and NaN reach their row, whatever p", "[generalized_mean]") {
  const float inf = std::numeric_limits<float>::infinity();
  for (const double p : {3.0, 2.5}) {
    const GeneralizedMean pooling{p};
    test::check_rows(seqpool::pool(pooling, test::small_states({{1, inf}})), {inf});
    CHECK(seqpool::pool(pooling, test::small_states({{1, -inf}}))(0, 0) < 1);
    for (const std::size_t place : {0u, 6u, 300u}) {
      std::vector<float> row(600, 2);
      row[place] = std::numeric_limits<float>::quiet_NaN();
      CHECK(std::isnan(seqpool::pool(pooling, test::small_states({row}))(0, 0)));
    }
  }
}

TEST_CASE("a p for each feature is that feature's", "[generalized_mean]") {
  const auto x = test::small_states({{1, 2, 4}});
  const auto result = seqpool::pool(GeneralizedMean{std::array{3.f, 0.5f}}, x);
  for (const int h : {0, 1}) {
    const float alone = seqpool::pool(GeneralizedMean{h == 0 ? 3.0 : 0.5}, x)(0, h);
    CHECK(std::abs(result(0, h) / alone - 1) <= 16 * 0x1p-23f);
  }
  CHECK_THROWS_WITH(seqpool::pool(GeneralizedMean{std::array{1.f, 2.f, 3.f}}, x),
                    ct::has_substring("p is [3], but hidden states have hidden 2"));
  CHECK_THROWS_WITH(seqpool::pool(GeneralizedMean{std::array{1.f}}, x), ct::has_substring("p is [1]"));
  CHECK_THROWS_WITH(seqpool::pool(GeneralizedMean{std::vector<double>()}, x), ct::has_substring("p is [0]"));
}

TEST_CASE("p must be above 0, and eps not below", "[generalized_mean]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  for (const double p : {0.0, -1.0, nan, inf, 1e-60})
    CHECK_THROWS_WITH(GeneralizedMean{p}, ct::has_substring("it must be a number above 0"));
  CHECK_THROWS_WITH((GeneralizedMean{std::array{1.0, -3.0}}), ct::has_substring("p is -3"));
  for (const double eps : {-1e-9, nan, inf})
    CHECK_THROWS_WITH(GeneralizedMean(3, eps), ct::has_substring("it must be a number of 0 or more"));
  CHECK_NOTHROW(GeneralizedMean(1e-6, 0));
}

TEST_CASE("a generalized mean that refuses other numbers keeps its own", "[generalized_mean]") {
  const auto x = test::small_states({{1, 2, 3}});
  for (GeneralizedMean pooling : {GeneralizedMean{2}, GeneralizedMean{std::vector<double>{2, 3}}}) {
    const auto before = seqpool::pool(pooling, x)(0, 0);
    const seqpool::Index count = seqpool::parameter_count(pooling);
    const std::vector<double> unlawful(static_cast<std::size_t>(count), -1);
    CHECK_THROWS_WITH(seqpool::set_parameters(pooling, unlawful), ct::has_substring("p is -1"));
    REQUIRE(seqpool::parameter_count(pooling) == count);
    CHECK(seqpool::pool(pooling, x)(0, 0) == before);
  }
}

TEST_CASE("a generalized mean is known by its p and eps", "[generalized_mean]") {
  CHECK(seqpool::identity_of(GeneralizedMean{3}) == seqpool::identity_of(GeneralizedMean{3.0}));
  CHECK(seqpool::identity_of(GeneralizedMean{3}) != seqpool::identity_of(GeneralizedMean{3 + 1e-9}));
  CHECK(seqpool::identity_of(GeneralizedMean(3, 0)) != seqpool::identity_of(GeneralizedMean{3}));
}

TEST_CASE("Guarantee 4: generalized_mean keeps its bound at numbers and p of every size",
          "[guarantees][generalized_mean]") {
  const long double least = 2 * static_cast<long double>((std::numeric_limits<float>::min)());
  const auto lawful = [&](long double x) { return x == 0 || (x >= least && x < std::exp(88.0L)); };
  int checked = 0;
  for (const float scale : {1.f, 1e38f, 1e19f, 1e-12f, 1e-30f, 3e-38f})
    for (const double p : {0.01, 0.3, 1.0, 2.5, 3.0, 40.0})
      for (const seqpool::Index n : {1, 2, 9, 300}) {
        auto row = test::Random(static_cast<std::uint64_t>(n)).values<float>(n, 0.5, 1);
        if (n > 1) row[1] = 0;
        const auto exponent = static_cast<long double>(static_cast<float>(p)), count = static_cast<long double>(n);
        long double sum = 0, largest = 0;
        bool in_domain = true;
        for (float& x : row) {
          x *= scale;
          const auto base = static_cast<long double>(x), power = base == 0 ? 0 : std::pow(base, exponent);
          in_domain = in_domain && lawful(base) && (power == 0 || power >= least);
          sum += power;
          if (base != 0) largest = std::max(largest, std::abs(std::log(base)));
        }
        const long double expected = std::pow(sum / count, 1 / exponent);
        if (!in_domain || !lawful(sum) || !lawful(sum / count) || !lawful(expected)) continue;
        ++checked;
        const long double additions = std::min(count, 256.0L) + count / 256;
        const float found = seqpool::pool(GeneralizedMean(p, 0), test::small_states({row}))(0, 0);
        INFO("scale " << scale << " p " << p << " n " << n << ": " << found << " expected " << expected);
        CHECK(std::abs(static_cast<long double>(found) / expected - 1) <=
              ((additions + 2) / exponent + 3 * largest + 2) * 0x1p-23L);
      }
  CHECK(checked > 60);
}
