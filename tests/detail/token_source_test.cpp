// SPDX-License-Identifier: MIT
#include <seqpool/detail/token_source.hpp>

#include <seqpool/fold/token_block.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::TokenBlock;
using seqpool::detail::Prefetch;
using seqpool::detail::TokenSource;

TEST_CASE("the next tile is prefetched by one distance, if there is one for all", "[token_source]") {
  const std::vector<float> x(300);
  TokenSource<float> source{.prefetch = true, .following = 8};
  const TokenBlock<float> run(x.data(), 16, 2, 3, source);
  CHECK(Prefetch::distance(run, 0) == 8 * 3);
  CHECK(Prefetch::distance(run, 8) == 8 * 3);  // into those that follow
  CHECK(Prefetch::distance(run, 9) == 0);      // no eighth one is known
  CHECK(Prefetch::distance(Prefetch::without(run), 0) == 0);
  CHECK(Prefetch::distance(TokenBlock<float>(x.data(), 16, 2, 3), 0) == 0);
  CHECK(Prefetch::distance(run.part(0, 8), 0) == 8 * 3);  // into the rest of the block
  CHECK(Prefetch::distance(run.part(8, 8), 0) == 8 * 3);
  CHECK(Prefetch::distance(run.part(9, 7), 0) == 0);

  source.following = 0;
  source.next = x.data() + 100;
  const TokenBlock<float> last(x.data(), 16, 2, 3, source);
  CHECK(Prefetch::distance(last, 0) == 8 * 3);
  CHECK(Prefetch::distance(last, 8) == 100 - 8 * 3);
  CHECK(Prefetch::distance(last, 7) == 0);
  CHECK(Prefetch::distance(last.part(8, 8), 0) == 100 - 8 * 3);
  CHECK(Prefetch::distance(last.part(0, 8), 0) == 8 * 3);  // a part's next tile is the block's, not the next run's

  std::vector<Index> places;
  for (Index i = 0; i < 24; ++i) places.push_back(i < 16 ? i + i / 8 * 5 : 40 + 2 * i);
  source = {.places = places.data(), .positions = places.data(), .prefetch = true, .following = 8};
  const TokenBlock<float> holes(x.data(), 16, 2, 1, source);
  CHECK(Prefetch::distance(holes, 0) == 13);
  CHECK(Prefetch::distance(holes, 8) == 0);  // not equally far
  CHECK(Prefetch::distance(holes, 9) == 0);
}

TEST_CASE("a whole run is prefetched by one distance, and tokens with holes are not", "[token_source]") {
  const std::vector<float> x(300);
  const std::vector<Index> places{0, 2, 3};
  CHECK(Prefetch::distance(TokenBlock<float>(x.data(), 3, 2, 5, TokenSource<float>{.prefetch = true})) == 8 * 5);
  CHECK(Prefetch::distance(TokenBlock<float>(x.data(), 3, 2, 5)) == 0);
  const TokenSource<float> holes{.places = places.data(), .positions = places.data(), .prefetch = true};
  CHECK(Prefetch::distance(TokenBlock<float>(x.data(), 3, 2, 5, holes)) == 0);
}
