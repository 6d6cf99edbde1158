// SPDX-License-Identifier: MIT
#include <seqpool/input/packed_states.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"

using seqpool::Index;
using seqpool::PackedStates;

TEST_CASE("packed sequences are found by their offsets", "[packed_states]") {
  const std::vector<float> data{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const PackedStates<float> x(data.data(), {5, 2}, std::vector<std::int32_t>{0, 2, 2, 5});
  CHECK(x.batch() == 3);
  CHECK(x.seq() == 3);
  CHECK(x.seq(0) == 2);
  CHECK(x.seq(1) == 0);
  CHECK(x.seq(2) == 3);
  CHECK(x.hidden() == 2);
  CHECK(*x.token(2, 1) == 6);
  CHECK(test::rows_of(seqpool::mean_pool(x)) == std::vector<std::vector<float>>{{1, 2}, {0, 0}, {6, 7}});
  CHECK(test::rows_of(seqpool::last_pool(x)) == std::vector<std::vector<float>>{{2, 3}, {0, 0}, {8, 9}});
  // No sequences at all.
  CHECK(seqpool::mean_pool(PackedStates<float>(nullptr, {0, 2}, std::array{0})).dimension(0) == 0);
  CHECK(seqpool::mean_pool(PackedStates<float>(nullptr, {0, 2}, std::array{0, 0}))(0, 1) == 0);
}

TEST_CASE("offsets may be int32 or int64, in any range or Eigen vector", "[packed_states]") {
  const std::vector<float> data{1, 2, 3};
  const auto check = [&](const auto& offsets) {
    const PackedStates<float> x(data.data(), {3, 1}, offsets);
    CHECK(seqpool::sum_pool(x)(0, 0) == 1);
    CHECK(seqpool::sum_pool(x)(1, 0) == 5);
  };
  check(std::array<std::int64_t, 3>{0, 1, 3});
  check(std::vector<std::uint32_t>{0, 1, 3});
  check(Eigen::Vector3i(0, 1, 3));
  Eigen::Tensor<std::int64_t, 1> tensor(3);
  tensor(0) = 0, tensor(1) = 1, tensor(2) = 3;
  check(tensor);
}

TEST_CASE("sizes of packed states are of any integer type, written down or in a range", "[packed_states]") {
  const std::vector<float> data{0, 1, 2, 3, 4, 5};
  const std::size_t total = 3;
  const std::vector<std::int64_t> offsets{0, 1, 3};
  for (const auto& x : {PackedStates<float>(data.data(), {total, 2}, offsets),
                        PackedStates(data.data(), std::vector<std::size_t>{3, 2}, offsets)})
    CHECK(test::rows_of(seqpool::sum_pool(x)) == std::vector<std::vector<float>>{{0, 1}, {6, 8}});
  CHECK_THROWS_WITH(PackedStates<float>(data.data(), {total, std::uint64_t{1} << 63}, offsets),
                    "seqpool: a size or stride of 9223372036854775808 is beyond what memory can hold");
  CHECK_THROWS_WITH(PackedStates<float>(data.data(), std::array{3}, offsets),
                    "seqpool: a range of 1 sizes or strides was given, but there are 2 dimensions");
}

TEST_CASE("offsets that cannot be are refused by index", "[packed_states]") {
  const std::vector<float> data(10);
  const auto packed = [&](const std::vector<std::int64_t>& offsets) {
    PackedStates<float>(data.data(), {5, 2}, offsets);
  };
  CHECK_NOTHROW(packed({0, 5}));
  CHECK_THROWS_WITH(packed({}), ct::has_substring("[batch + 1]"));
  CHECK_THROWS_WITH(packed({1, 5}), ct::has_substring("offset 0 is 1") && ct::has_substring("must be 0"));
  CHECK_THROWS_WITH(packed({0, 3, 2, 5}), ct::has_substring("offset 2 is 2") && ct::has_substring("fall"));
  CHECK_THROWS_WITH(packed({0, 6, 5}), ct::has_substring("offset 2 is 5") && ct::has_substring("fall"));
  CHECK_THROWS_WITH(packed({0, 4}), ct::has_substring("offset 1 is 4") && ct::has_substring("[5, 2]"));
  CHECK_THROWS_WITH(packed({0, 6}), ct::has_substring("offset 1 is 6") && ct::has_substring("[5, 2]"));
  CHECK_THROWS_WITH(packed({0, -1, 5}), ct::has_substring("offset 1 is -1"));
  CHECK_THROWS_WITH(packed({-1, 5}), ct::has_substring("offset 0 is -1"));
  CHECK_THROWS_WITH((PackedStates<float>(nullptr, {5, 2}, std::array{0, 5})), ct::has_substring("null pointer"));
  CHECK_THROWS_WITH((PackedStates<float>(data.data(), {-5, 2}, std::array{0, 5})), ct::has_substring("[-5, 2]"));
  CHECK_THROWS_WITH((PackedStates<float>(data.data(), {0, -2}, std::array{0})), ct::has_substring("[0, -2]"));
}
