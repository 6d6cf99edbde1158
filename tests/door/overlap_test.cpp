// SPDX-License-Identifier: MIT
#include <seqpool/door/overlap.hpp>

#include <array>
#include <cstdint>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/packed_states.hpp>
#include <seqpool/input/ragged.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::HiddenStates;
using seqpool::Index;
namespace detail = seqpool::detail;

namespace {

// Whether x has an element in the `size` floats from `first` on; asked of every element by itself too.
template <class X> bool meets(const X& x, const float* first, Index size) {
  const auto memory = detail::extent_of(detail::MatrixView<const float>{first, 1, size, size, 1});
  bool expected = false;
  for (Index b = 0; b < x.batch(); ++b)
    for (Index s = 0; s < x.seq(b); ++s)
      for (Index h = 0; h < x.hidden(); ++h) {
        const auto* const element = x.token(b, s) + h * x.hidden_stride();
        const auto begin = reinterpret_cast<std::uintptr_t>(element), from = reinterpret_cast<std::uintptr_t>(first);
        expected = expected ||
                   (begin < from + static_cast<std::uintptr_t>(size) * sizeof(float) && from < begin + sizeof *element);
      }
  const bool found = detail::overlaps(x, memory);
  CHECK(found == expected);
  return found;
}

}  // namespace

TEST_CASE("two matrices overlap where they share a byte, and neighbours do not", "[overlap]") {
  std::vector<float> memory(40);
  const auto matrix = [&](Index first, Index rows, Index columns) {
    return detail::MatrixView<float>{memory.data() + first, rows, columns, columns, 1};
  };
  const auto x = matrix(10, 2, 3);
  for (const auto& apart : {matrix(4, 2, 3), matrix(16, 2, 3), matrix(0, 1, 10), matrix(10, 0, 3), matrix(12, 4, 0)}) {
    CHECK_NOTHROW(detail::check_apart(apart, x));
    CHECK_NOTHROW(detail::check_apart(x, apart));
  }
  for (const auto& shared : {x, matrix(5, 2, 3), matrix(15, 1, 1), matrix(0, 1, 11), matrix(12, 1, 1)}) {
    CHECK_THROWS_AS(detail::check_apart(shared, x), std::invalid_argument);
    CHECK_THROWS_WITH(detail::check_apart(x, shared), ct::has_substring("write x = map(head, x)"));
  }
  const detail::MatrixView<float> by_columns{memory.data() + 10, 2, 3, 1, 2};
  CHECK_THROWS_WITH(detail::check_apart(by_columns, matrix(15, 1, 1)),
                    ct::has_substring("out [2, 3] lies in the memory of the head input [1, 1]"));
  CHECK_NOTHROW(detail::check_apart(by_columns, matrix(16, 1, 1)));
  // Rows with gaps, upwards and downwards: at 10 to 12 and at 20 to 22.
  for (const auto& apart : {detail::MatrixView<float>{memory.data() + 10, 2, 3, 10, 1},
                            detail::MatrixView<float>{memory.data() + 22, 2, 3, -10, -1},
                            detail::MatrixView<float>{memory.data() + 20, 2, 3, -10, 1}}) {
    CHECK_NOTHROW(detail::check_apart(matrix(13, 1, 7), apart));
    CHECK_NOTHROW(detail::check_apart(matrix(0, 2, 5), apart));
    CHECK_NOTHROW(detail::check_apart(matrix(23, 1, 3), apart));
    for (const Index shared : {10, 12, 20, 22}) CHECK_THROWS(detail::check_apart(matrix(shared, 1, 1), apart));
    CHECK_THROWS(detail::check_apart(matrix(13, 1, 8), apart));
  }
  // By bytes: an element of 16 bits in the middle of one of 32.
  const auto* const half = reinterpret_cast<const Eigen::half*>(memory.data() + 15) + 1;
  CHECK_THROWS(detail::check_apart(x, detail::MatrixView<const Eigen::half>{half, 1, 1, 1, 1}));
  CHECK_NOTHROW(detail::check_apart(x, detail::MatrixView<const Eigen::half>{half + 1, 1, 1, 1, 1}));
}

TEST_CASE("hidden states overlap where one of their elements lies, and not in their gaps", "[overlap]") {
  std::vector<float> memory(200);
  float* const data = memory.data();
  const auto all = [&](const auto& x) {
    Index count = 0;
    for (Index first = 0; first + 4 <= 200; ++first)
      for (const Index size : {0, 1, 4}) count += meets(x, data + first, size);
    return count;
  };
  CHECK(all(HiddenStates<float>(data + 50, {2, 3, 5})) == 30 + 33);
  CHECK(all(HiddenStates<float>(data + 50, {2, 3, 5}, {60, 15, 1})) > 0);      // gaps between tokens and sequences
  CHECK(all(HiddenStates<float>(data + 150, {2, 3, 5}, {-60, -15, -1})) > 0);  // backwards
  CHECK(all(HiddenStates<float>(data + 50, {2, 3, 5}, {1, 40, 6})) > 0);       // features apart
  CHECK(all(HiddenStates<float>(data + 50, {2, 3, 5}, {7, 0, 1})) > 0);        // one token, three times
  CHECK(all(HiddenStates<float>(data + 50, {0, 3, 5})) == 0);
  CHECK(all(HiddenStates<float>(data + 50, {2, 0, 5})) == 0);
  CHECK(all(HiddenStates<float>(data + 50, {2, 3, 0})) == 0);
  CHECK(all(HiddenStates<float>(nullptr, {0, 0, 0})) == 0);
  CHECK(all(seqpool::PackedStates<float>(data + 50, {6, 5}, std::array{0, 2, 2, 6})) == 30 + 33);
  CHECK(all(seqpool::Ragged<float>(std::array<const float*, 3>{data + 150, nullptr, data + 20}, std::array{2, 0, 3},
                                   5)) == 10 + 13 + 15 + 18);
  const auto* const halves = reinterpret_cast<const Eigen::half*>(data + 50) + 1;
  CHECK(all(HiddenStates<Eigen::half>(halves, {1, 2, 4})) == 5 + 8);
}

TEST_CASE("the sentence names both sizes", "[overlap]") {
  std::vector<float> memory(20);
  const HiddenStates<float> x(memory.data(), {1, 4, 5});
  CHECK_THROWS_AS(detail::check_apart(detail::MatrixView<float>{memory.data() + 19, 1, 5, 5, 1}, x),
                  std::invalid_argument);
  CHECK_THROWS_WITH(detail::check_apart(detail::MatrixView<float>{memory.data() + 15, 1, 5, 5, 1}, x),
                    ct::has_substring("out [1, 5] lies in the memory of the hidden states [1, 4, 5]"));
}
