// SPDX-License-Identifier: MIT
#include <seqpool/fold/state_parts.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "midrange.hpp"
#include "support/catch.hpp"

using seqpool::Index;

TEST_CASE("a state's parts are its accumulators and its numbers, to read and to write", "[state_parts]") {
  Midrange::State<double> state;
  Midrange{}.init(state, 3);
  std::vector<std::size_t> sizes;
  seqpool::for_each_part(state, [&sizes](seqpool::StatePart part) {
    std::visit(
        [&sizes](auto numbers) {
          sizes.push_back(numbers.size());
          for (auto& number : numbers) number = 7;
        },
        part);
  });
  CHECK(sizes == std::vector<std::size_t>{3, 3, 1});
  CHECK(state.min[2] == 7);
  CHECK(state.max[0] == 7);
  CHECK(state.count == 7);
  struct Opaque {};
  STATIC_REQUIRE(!seqpool::Visitable<Opaque>);
  STATIC_REQUIRE(seqpool::Visitable<Midrange::State<float>>);
}

TEST_CASE("a state says whether it can be that of so many tokens, by a function or by its count, or it is believed",
          "[state_parts]") {
  struct AtPlace {
    Index first;
    bool holds(Index place, Index n) const { return place == first && n > 0; }
  };
  struct Counts {
    Index count;
  };
  struct Opaque {};
  CHECK(seqpool::holds(AtPlace{7}, 7, 1));
  CHECK(!seqpool::holds(AtPlace{7}, 6, 1));
  CHECK(!seqpool::holds(AtPlace{7}, 7, 0));
  CHECK(seqpool::holds(Counts{3}, 0, 3));
  CHECK(!seqpool::holds(Counts{3}, 0, 2));
  CHECK(seqpool::holds(Opaque{}, 5, 3));
}
