// SPDX-License-Identifier: MIT
#include <seqpool/detail/result_of.hpp>

#include <type_traits>

#include "support/catch.hpp"

namespace {

struct Plain {};
struct Indices {
  template <class T> using Result = long;
};

}  // namespace

TEST_CASE("a result is of the accumulator's type, or of what the pooling says", "[result_of]") {
  STATIC_REQUIRE(std::is_same_v<seqpool::detail::ResultOf<Plain, Eigen::half>::type, float>);
  STATIC_REQUIRE(std::is_same_v<seqpool::detail::ResultOf<Plain, double>::type, double>);
  STATIC_REQUIRE(std::is_same_v<seqpool::detail::ResultOf<Indices, double>::type, long>);
}
