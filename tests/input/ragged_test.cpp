// SPDX-License-Identifier: MIT
#include <seqpool/input/ragged.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"

using seqpool::Ragged;

TEST_CASE("ragged sequences lie each somewhere else", "[ragged]") {
  const std::vector<float> a{1, 2, 3, 4};
  const std::vector<float> b{5, 6, 99, 7, 8, 99, 9, 10};
  const std::vector<const float*> pointers{a.data(), nullptr, b.data()};
  const std::array lengths{2, 0, 1};
  CHECK(test::rows_of(seqpool::sum_pool(Ragged<float>(pointers, lengths, 2))) ==
        std::vector<std::vector<float>>{{4, 6}, {0, 0}, {5, 6}});
  const std::array<float*, 1> writable{const_cast<float*>(b.data())};
  const Ragged<float> strided(writable, Eigen::Matrix<int, 1, 1>(3), 2, 3);
  CHECK(strided.seq() == 3);
  CHECK(strided.token_stride() == 3);
  CHECK(test::rows_of(seqpool::sum_pool(strided)) == std::vector<std::vector<float>>{{21, 24}});
}

TEST_CASE("a ragged sequence's hidden and token stride are of any integer type", "[ragged]") {
  const std::vector<float> data{1, 2, 99, 3, 4, 99};
  const std::array pointers{data.data()};
  const std::array lengths{2};
  const std::size_t hidden = 2;
  CHECK(seqpool::sum_pool(Ragged<float>(pointers, lengths, hidden, std::uint8_t{3}))(0, 1) == 6);
  CHECK(seqpool::sum_pool(Ragged<float>(pointers, lengths, hidden))(0, 1) == 101);
  const std::uint64_t beyond = std::uint64_t{1} << 63;
  const char* const sentence = "seqpool: a size or stride of 9223372036854775808 is beyond what memory can hold";
  CHECK_THROWS_WITH(Ragged<float>(pointers, lengths, beyond), sentence);
  CHECK_THROWS_WITH(Ragged<float>(pointers, lengths, hidden, beyond), sentence);
}

TEST_CASE("ragged sequences that cannot be are refused by name", "[ragged]") {
  const float x = 1;
  const std::vector<const float*> two{&x, nullptr};
  CHECK_THROWS_WITH((Ragged<float>(two, std::array{1, 1}, 1)),
                    ct::has_substring("sequence 1 [1, 1] has a null pointer"));
  CHECK_THROWS_WITH((Ragged<float>(two, std::array{1}, 1)),
                    ct::has_substring("2 pointers") && ct::has_substring("1 lengths"));
  CHECK_THROWS_WITH((Ragged<float>(two, std::array{1, 0, 0}, 1)), ct::has_substring("3 lengths"));
  CHECK_THROWS_WITH((Ragged<float>(two, std::array{-1, 0}, 1)), ct::has_substring("sequence 0 has length -1"));
  CHECK_THROWS_WITH((Ragged<float>(two, std::array{1, 0}, -1)), ct::has_substring("-1"));
  CHECK_THROWS_WITH((Ragged<float>(two, std::array<long, 2>{1L << 40, 0}, seqpool::Index{1} << 40)),
                    ct::has_substring("memory"));
  CHECK_THROWS_WITH((Ragged<float>(two, std::array{9, 0}, 1, seqpool::Index{1} << 60)), ct::has_substring("memory"));
  CHECK_NOTHROW(Ragged<float>(two, std::array{1, 0}, 1));
  CHECK_NOTHROW(Ragged<float>(two, std::array{1, 1}, 0));
}
