// SPDX-License-Identifier: MIT
#include <seqpool/detail/sizes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::detail::Size;
using seqpool::detail::Sizes;

namespace {

constexpr Index most = (std::numeric_limits<Index>::max)(), least = (std::numeric_limits<Index>::min)();

// As a view takes them.
Index size(Size value) { return value; }
std::array<Index, 3> sizes(Sizes<3> values) { return values; }

const std::array<Index, 3> two_three_four{2, 3, 4};

}  // namespace

TEST_CASE("a size is an integer of any type, and none is wrapped", "[sizes]") {
  enum { hidden = 768 };
  CHECK(size(std::size_t{7}) == 7);
  CHECK(size(7) == 7);
  CHECK(size(std::int8_t{-7}) == -7);
  CHECK(size('\7') == 7);
  CHECK(size(hidden) == 768);
  CHECK(size(std::integral_constant<unsigned, 7>()) == 7);
  CHECK(size(most) == most);
  CHECK(size(least) == least);
  CHECK(size(static_cast<std::size_t>(most)) == most);
  CHECK_THROWS_AS(size(static_cast<std::size_t>(most) + 1), std::invalid_argument);
  CHECK_THROWS_WITH(size(std::uint64_t{1} << 63),
                    "seqpool: a size or stride of 9223372036854775808 is beyond what memory can hold");
  CHECK_THROWS_WITH(size((std::numeric_limits<std::uint64_t>::max)()),
                    "seqpool: a size or stride of 18446744073709551615 is beyond what memory can hold");
}

TEST_CASE("sizes are written in braces, each of its own type", "[sizes]") {
  const std::size_t two = 2;
  const std::int16_t three = 3;
  CHECK(sizes({2, 3, 4}) == two_three_four);
  CHECK(sizes({{2, 3, 4}}) == two_three_four);
  CHECK(sizes({two, three, std::int64_t{4}}) == two_three_four);
  CHECK(sizes({4u, '\3', std::uint8_t{2}}) == std::array<Index, 3>{4, 3, 2});
  CHECK(sizes(Sizes<3>{2, 3, two + two}) == two_three_four);
  const std::uint64_t beyond = std::uint64_t{1} << 63;
  for (const auto& [a, b, c] : {std::array<std::uint64_t, 3>{beyond, 0, 0}, {0, beyond, 0}, {0, 0, beyond}})
    CHECK_THROWS_WITH(sizes({a, b, c}), ct::has_substring("a size or stride of 9223372036854775808 is beyond"));
}

TEST_CASE("sizes come in a range, of any integers", "[sizes]") {
  CHECK(sizes(two_three_four) == two_three_four);
  CHECK(sizes(std::vector<std::int64_t>{2, 3, 4}) == two_three_four);
  CHECK(sizes(std::vector<std::size_t>{2, 3, 4}) == two_three_four);
  CHECK(sizes(std::array<std::size_t, 3>{2, 3, 4}) == two_three_four);
  const int of_c[]{2, 3, 4};
  CHECK(sizes(of_c) == two_three_four);
  CHECK(sizes(std::span<const int>(of_c)) == two_three_four);
  CHECK(sizes(Eigen::DSizes<Index, 3>(2, 3, 4)) == two_three_four);
  CHECK(sizes(Eigen::Vector3i(2, 3, 4)) == two_three_four);
  CHECK(sizes(Eigen::Tensor<float, 3>(2, 3, 4).dimensions()) == two_three_four);
}

TEST_CASE("a range of another length, or with a number beyond memory, is refused", "[sizes]") {
  CHECK_THROWS_AS(sizes(std::vector<int>{2, 3}), std::invalid_argument);
  CHECK_THROWS_WITH(sizes(std::vector<int>{2, 3}),
                    "seqpool: a range of 2 sizes or strides was given, but there are 3 dimensions");
  CHECK_THROWS_WITH(sizes(std::vector<int>{2, 3, 4, 5}), ct::has_substring("a range of 4 sizes or strides"));
  CHECK_THROWS_WITH(sizes(std::vector<int>()), ct::has_substring("a range of 0 sizes or strides"));
  for (const std::size_t i : {0u, 1u, 2u}) {
    std::vector<std::uint64_t> values{2, 3, 4};
    values[i] = std::uint64_t{1} << 63;
    CHECK_THROWS_WITH(sizes(values), ct::has_substring("a size or stride of 9223372036854775808 is beyond"));
  }
}
