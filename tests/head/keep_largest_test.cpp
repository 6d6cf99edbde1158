// SPDX-License-Identifier: MIT
#include <seqpool/head/keep_largest.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::KeepLargest;

namespace {

template <class A> std::vector<A> cut_to_top(Index k, const std::vector<A>& row) {
  const Index n = static_cast<Index>(row.size());
  const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> x(row.data(), 1, n);
  const auto y = seqpool::map(KeepLargest{k}, x);
  return {y.data(), y.data() + n};
}

// By sorting all of them.
template <class A> std::vector<A> cut_by_sorting(Index k, const std::vector<A>& row) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto size = [&](std::size_t f) { return std::isnan(row[f]) ? A(2) : std::atan(std::abs(row[f])); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
  std::vector<A> result(row.size(), A(0));
  for (std::size_t i = 0; i < row.size() && i < static_cast<std::size_t>(k); ++i) result[order[i]] = row[order[i]];
  return result;
}

template <class A> bool same_numbers(const std::vector<A>& a, const std::vector<A>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](A x, A y) {
    return (std::isnan(x) && std::isnan(y)) || (x == y && std::signbit(x) == std::signbit(y));
  });
}

}  // namespace

TEMPLATE_TEST_CASE("top k keeps what sorting keeps, for every k, of equals the first", "[top_k]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  for (const Index n : {1, 2, 3, 8, 17, 64})
    for (const Index kinds : {1, 3, 1000}) {
      test::Random random(static_cast<std::uint64_t>(n + kinds));
      std::vector<TestType> row;
      for (Index f = 0; f < n; ++f) row.push_back(static_cast<TestType>(random.below(2 * kinds) - kinds) / 4);
      for (int special = 0; special < 4; ++special) {
        for (Index k = 1; k <= n + 1; ++k) {
          INFO("n " << n << " kinds " << kinds << " k " << k << " special " << special);
          REQUIRE(same_numbers(cut_to_top(k, row), cut_by_sorting(k, row)));
        }
        const auto place = [&] { return static_cast<std::size_t>(random.below(n)); };
        row[place()] = special == 0 ? -Limits::infinity() : special == 1 ? -TestType(0) : Limits::quiet_NaN();
      }
    }
}

TEST_CASE("top k is of the size without the sign, and the sign stays", "[top_k]") {
  CHECK(cut_to_top<float>(2, {1, -3, 2, 0.5f}) == std::vector<float>{0, -3, 2, 0});
  CHECK(cut_to_top<float>(1, {-1, 1, -1}) == std::vector<float>{-1, 0, 0});
  CHECK(cut_to_top<float>(2, {0, 1, -1, 1}) == std::vector<float>{0, 1, -1, 0});
  CHECK(cut_to_top<float>(3, {1, 5, 1, 1, -6}) == std::vector<float>{1, 5, 0, 0, -6});
  CHECK(cut_to_top<float>(7, {1, 5}) == std::vector<float>{1, 5});
  CHECK(cut_to_top<float>(std::numeric_limits<Index>::max(), {1, 5}) == std::vector<float>{1, 5});
  CHECK(cut_to_top<float>(1, {}).empty());
}

TEST_CASE("top k of a NaN: it is larger than any number, and an infinity than any other", "[top_k]") {
  const float inf_ = std::numeric_limits<float>::infinity();
  const auto one = cut_to_top<float>(1, {inf_, std::nanf(""), 1});
  CHECK((one[0] == 0 && std::isnan(one[1]) && one[2] == 0));
  const auto two = cut_to_top<float>(2, {1, inf_, std::nanf("")});
  CHECK((two[0] == 0 && two[1] == inf_ && std::isnan(two[2])));
  const auto first = cut_to_top<float>(1, {std::nanf(""), -std::nanf(""), 1});
  CHECK((std::isnan(first[0]) && first[1] == 0));
}

TEST_CASE("Guarantee 7: top k wants at least one feature", "[guarantees][top_k]") {
  CHECK_THROWS_AS(KeepLargest{0}, std::invalid_argument);
  CHECK_THROWS_WITH(KeepLargest{-1}, ct::has_substring("KeepLargest{-1}") && ct::has_substring("at least one feature"));
  CHECK_NOTHROW(KeepLargest{1});
  CHECK(KeepLargest{2}.width(5) == 5);
}

TEST_CASE("what top k keeps has the gradient, of equals the first", "[top_k][gradient]") {
  using Row = std::vector<float>;
  CHECK(test::gone_back(KeepLargest{2}, Row{1, -3, 2, 0.5f}, Row{5, 6, 7, 8}) == Row{0, 6, 7, 0});
  CHECK(test::gone_back(KeepLargest{1}, Row{-1, 1, -1}, Row{5, 6, 7}) == Row{5, 0, 0});
  CHECK(test::gone_back(KeepLargest{3}, Row{1, 5, 1, 1, -6}, Row{5, 6, 7, 8, 9}) == Row{5, 6, 0, 0, 9});
  CHECK(test::gone_back(KeepLargest{2}, Row{0, 0, 0}, Row{5, 6, 7}) == Row{5, 6, 0});
  CHECK(test::gone_back(KeepLargest{7}, Row{1, 5}, Row{5, 6}) == Row{5, 6});
  CHECK(test::gone_back(KeepLargest{1}, Row{std::nanf(""), 1e30f}, Row{5, 6}) == Row{5, 0});
}
