// SPDX-License-Identifier: MIT
#include <seqpool/head/detail/largest.hpp>

#include <limits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

namespace {

using Found = std::vector<std::pair<float, Index>>;

Found found(detail::Largest<float>& largest) {
  Found result;
  largest.hand_over([&](Index place, const auto& entry) {
    CHECK(place == static_cast<Index>(result.size()));
    result.emplace_back(entry.value, entry.index);
  });
  return result;
}

}  // namespace

TEST_CASE("the k largest are kept in order, whatever order they come in", "[largest]") {
  const std::vector<float> values{3, 1, 4, 1, 5, 9, 2, 6};
  for (const bool backwards : {false, true}) {
    const auto of = [&](Index k) {
      detail::Largest<float> largest(k);
      for (Index i = 0; i < 8; ++i) {
        const Index at = backwards ? 7 - i : i;
        largest.take(values[static_cast<std::size_t>(at)], at);
      }
      return found(largest);
    };
    CHECK(of(0).empty());
    CHECK(of(1) == Found{{9, 5}});
    CHECK(of(3) == Found{{9, 5}, {6, 7}, {5, 4}});
    CHECK(of(7) == Found{{9, 5}, {6, 7}, {5, 4}, {4, 2}, {3, 0}, {2, 6}, {1, 1}});
    CHECK(of(8) == Found{{9, 5}, {6, 7}, {5, 4}, {4, 2}, {3, 0}, {2, 6}, {1, 1}, {1, 3}});
    CHECK(of(9).size() == 8);
  }
}

TEST_CASE("what was handed over is forgotten", "[largest]") {
  detail::Largest<float> largest(2);
  for (const float value : {7.0f, 8.0f, 9.0f}) largest.take(value, 0);
  CHECK(found(largest).size() == 2);
  CHECK(found(largest).empty());
  largest.take(1, 4);
  CHECK(found(largest) == Found{{1, 4}});
}

TEST_CASE("a NaN is the largest, and of NaN and of zeros the lower index comes first", "[largest]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  detail::Largest<float> largest(5);
  const std::vector<float> values{-0.0f, infinity, nan, 0.0f, -nan, -infinity};
  for (Index i = 5; i >= 0; --i) largest.take(values[static_cast<std::size_t>(i)], i);
  std::vector<Index> order;
  for (const auto& [value, index] : found(largest)) order.push_back(index);
  CHECK(order == std::vector<Index>{2, 4, 1, 0, 3});
  detail::Largest<float> one(1);
  one.take(infinity, 0);
  one.take(nan, 1);
  one.take(infinity, 2);
  CHECK(found(one).front().second == 1);
}
