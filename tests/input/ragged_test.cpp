// SPDX-License-Identifier: MIT
#include <seqpool/input/ragged.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <seqpool/seqpool.hpp>
#include <span>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

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

TEMPLATE_TEST_CASE("ragged sequences are seen where they lie, in ranges of ranges", "[ragged]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const auto number = [](float x) { return static_cast<TestType>(x); };
  const std::vector<std::vector<TestType>> sequences{
      {number(1), number(2), number(3), number(4)}, {}, {number(5), number(6)}};
  const std::vector<std::vector<A>> expected{{4, 6}, {0, 0}, {5, 6}};
  const Ragged x(sequences, 2);
  STATIC_REQUIRE(std::is_same_v<decltype(x), const Ragged<TestType>>);
  CHECK((x.batch() == 3 && x.seq() == 2 && x.seq(1) == 0 && x.seq(2) == 1 && x.hidden() == 2));
  CHECK(x.token(0, 1) == sequences[0].data() + 2);  // a view, not a copy
  CHECK(test::rows_of(seqpool::sum_pool(x)) == expected);
  const std::vector<std::span<const TestType>> spans(sequences.begin(), sequences.end());
  CHECK(test::rows_of(seqpool::sum_pool(Ragged(spans, std::size_t{2}))) == expected);
  // Temporaries that own nothing.
  CHECK(test::rows_of(seqpool::sum_pool(Ragged(std::vector(spans), 2))) == expected);
  CHECK(test::rows_of(seqpool::sum_pool(Ragged(std::span(sequences), 2))) == expected);
  std::vector<std::array<TestType, 4>> writable{{number(1), number(2), number(3), number(4)}};
  CHECK(test::rows_of(seqpool::sum_pool(Ragged<TestType>(writable, 4))) == std::vector<std::vector<A>>{{1, 2, 3, 4}});
  CHECK(Ragged(std::span(sequences.data(), 0), 2).batch() == 0);
}

TEST_CASE("a sequence of no whole tokens is refused by its number", "[ragged]") {
  const std::vector<std::vector<float>> sequences{{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4}}, empty(2);
  CHECK_NOTHROW(Ragged(sequences, 1));
  CHECK_NOTHROW(Ragged(sequences, 2));
  CHECK_THROWS_AS(Ragged(sequences, 3), std::invalid_argument);
  CHECK_THROWS_WITH(
      Ragged(sequences, 3),
      "seqpool: sequence 1 has 4 elements, which is no multiple of hidden 3: it must be [length, hidden]");
  CHECK_THROWS_WITH(Ragged(sequences, 4), ct::has_substring("sequence 0 has 6 elements"));
  CHECK_THROWS_WITH(Ragged(sequences, 12), ct::has_substring("sequence 0 has 6 elements"));
  CHECK_THROWS_WITH(Ragged(sequences, 0), ct::has_substring("no multiple of hidden 0"));
  CHECK_THROWS_WITH(Ragged(sequences, -2), ct::has_substring("are [0, -2]: every size of [length, hidden] must be 0"));
  CHECK_THROWS_WITH(Ragged(sequences, std::uint64_t{1} << 63), ct::has_substring("beyond what memory can hold"));
  CHECK(Ragged(empty, 0).seq() == 0);
  CHECK(Ragged(empty, 5).batch() == 2);
}

TEST_CASE("a ragged sequence's hidden and token stride are of any integer type", "[ragged]") {
  const std::vector<float> data{1, 2, 99, 3, 4, 99};
  const std::array pointers{data.data()};
  const std::array lengths{2};
  const std::size_t hidden = 2;
  CHECK(seqpool::sum_pool(Ragged<float>(pointers, lengths, hidden, std::uint8_t{3}))(0, 1) == 6);
  CHECK(seqpool::sum_pool(Ragged<float>(pointers, lengths, hidden))(0, 0) == 100);
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
