// SPDX-License-Identifier: MIT
#include <seqpool/input/lengths.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "support/catch.hpp"
#include "support/runs.hpp"

using seqpool::Lengths;
using test::Runs;
using test::runs;

TEST_CASE("lengths are one run from the start", "[selection]") {
  const Lengths lengths(std::array{3, 0, 5});
  CHECK(runs(lengths, 0, 5) == Runs{{0, 3}});
  CHECK(runs(lengths, 1, 5).empty());
  CHECK(runs(lengths, 2, 5) == Runs{{0, 5}});
}

TEST_CASE("lengths come from any contiguous range of integers", "[selection]") {
  const std::vector<std::int32_t> vector{2, 1};
  const std::array<std::uint64_t, 2> array{2, 1};
  const std::int8_t plain[] = {2, 1};
  Eigen::Tensor<std::int64_t, 1> tensor(2);
  tensor(0) = 2;
  tensor(1) = 1;
  Eigen::Matrix2i matrix;
  matrix << 9, 9, 2, 1;
  for (const Lengths& lengths :
       {Lengths(vector), Lengths(array), Lengths(std::span(vector)), Lengths(plain), Lengths(std::vector<long>{2, 1}),
        Lengths(Eigen::Vector2i(2, 1)), Lengths(tensor), Lengths(matrix.row(1))}) {
    CHECK(runs(lengths, 0, 5) == Runs{{0, 2}});
    CHECK(runs(lengths, 1, 5) == Runs{{0, 1}});
  }
}

TEST_CASE("a length under 0 or over seq is refused by row", "[selection]") {
  CHECK_THROWS_AS(Lengths(std::array{1, -2}), std::invalid_argument);
  CHECK_THROWS_WITH(Lengths(std::array{1, 1, -2}), ct::has_substring("row 2 has length -2"));
  CHECK_THROWS_WITH(Lengths(std::array{std::numeric_limits<std::uint64_t>::max()}), ct::has_substring("row 0"));
  CHECK_THROWS_AS(Lengths(std::array{4, 6}).check(2, 5), std::invalid_argument);
  CHECK_THROWS_WITH(Lengths(std::array{4, 6}).check(2, 5),
                    ct::has_substring("row 1 has length 6") && ct::has_substring("seq 5"));
  CHECK_THROWS_WITH(Lengths(std::array{4, 5}).check(3, 5), ct::has_substring("[2]") && ct::has_substring("batch 3"));
  CHECK_NOTHROW(Lengths(std::array{0, 5}).check(2, 5));
}

TEST_CASE("lengths must be one for each row, no fewer and no more", "[lengths]") {
  CHECK_THROWS_WITH(Lengths(std::array{1, 2, 3}).check(2, 5), ct::has_substring("lengths are [3]"));
  CHECK_THROWS_WITH(Lengths(std::array{1}).check(2, 5), ct::has_substring("lengths are [1]"));
  CHECK_THROWS_WITH(Lengths(std::vector<int>{}).check(1, 5), ct::has_substring("lengths are [0]"));
  CHECK_NOTHROW(Lengths(std::vector<int>{}).check(0, 5));
}

TEST_CASE("a run of lengths never leads outside what is asked for", "[lengths]") {
  const Lengths lengths(std::array{7});
  const auto run = [&](seqpool::Index begin, seqpool::Index end) {
    const seqpool::Run r = lengths.next_run(0, {begin, end});
    return std::pair(r.begin, r.end);
  };
  CHECK(run(0, 5) == std::pair<seqpool::Index, seqpool::Index>(0, 5));
  CHECK(run(2, 9) == std::pair<seqpool::Index, seqpool::Index>(2, 7));
  CHECK(run(8, 9) == std::pair<seqpool::Index, seqpool::Index>(8, 8));
}
