// SPDX-License-Identifier: MIT
#include <seqpool/fold/token_block.hpp>

#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::TokenBlock;
using seqpool::detail::TokenSource;

TEST_CASE("a block of one run is its tokens in order, and parts of it", "[token_block]") {
  const std::vector<float> x{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const TokenBlock<float> block(x.data() + 1, 4, 1, 2, 7);  // every second number, from position 7 on
  CHECK(block.size() == 4);
  CHECK(block.hidden() == 1);
  CHECK_FALSE(block.empty());
  for (Index i = 0; i < 4; ++i) {
    CHECK(block[i] == x.data() + 1 + 2 * i);
    CHECK(block.position(i) == 7 + i);
  }
  const auto part = block.part(1, 2);
  CHECK(part.size() == 2);
  CHECK(*part[0] == 3);
  CHECK(*part[1] == 5);
  CHECK(part.position(1) == 9);
  CHECK(block.part(4, 0).empty());
  CHECK(block.part(1, 3).part(1, 1).position(0) == 9);
  CHECK(block.number(3) == 10);
  CHECK(block.part(1, 3).part(1, 1).number(0) == 9);
  CHECK(block.numbered_from(2).part(1, 3).number(2) == 5);
  CHECK(block.numbered_from(2).position(0) == 7);
}

TEST_CASE("a block with holes knows where each token lies and stands", "[token_block]") {
  const std::vector<float> x{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<Index> places{1, 2, 6, 9};
  TokenSource<float> source{.row = 3, .sequence = 2, .number = 5, .places = places.data(), .positions = places.data()};
  const TokenBlock<float> block(x.data(), 4, 1, 1, source);
  CHECK(block.row() == 3);
  CHECK(block.sequence() == 2);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(*block[static_cast<Index>(i)] == static_cast<float>(places[i]));
    CHECK(block.position(static_cast<Index>(i)) == places[i]);
  }
  CHECK(*block.part(2, 2)[1] == 9);
  CHECK(block.part(2, 2).position(0) == 6);
  CHECK(block.part(1, 2).row() == 3);
  CHECK(block.number(2) == 7);  // side by side, whatever lies between them
  CHECK(block.part(1, 2).number(1) == 7);

  // Packed: side by side, whatever the positions.
  source.places = nullptr;
  const TokenBlock<float> packed(x.data(), 4, 1, 1, source);
  CHECK(*packed[2] == 2);
  CHECK(packed.position(2) == 6);
  CHECK(*packed.part(1, 2)[1] == 2);
  CHECK(packed.part(1, 2).position(1) == 6);
}
