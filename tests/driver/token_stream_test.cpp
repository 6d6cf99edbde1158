// SPDX-License-Identifier: MIT
// That it has the bits of the driver, and what it saves and refuses, tests/stream_test.cpp and the laws say.
#include <seqpool/driver/token_stream.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::Sum;

TEST_CASE("tokens come in parts of any size, and wait until they are a tile", "[token_stream]") {
  const std::vector<float> ones(300, 1);
  for (const Index part : {1, 7, 8, 9, 300}) {
    seqpool::detail::TokenStream<Sum, float> stream(1);
    for (Index first = 0; first < 300; first += part) stream.push(Sum{}, ones.data(), std::min(part, 300 - first));
    CHECK(stream.size() == 300);
    CHECK(stream.whole(Sum{}).values[0] == 300);
    CHECK(stream.whole(Sum{}).count == 300);
    auto twice = stream;
    twice.merge(Sum{}, stream);
    twice.push(Sum{}, ones.data(), 3);
    CHECK(twice.size() == 603);
    CHECK(twice.whole(Sum{}).values[0] == 603);
    twice.reset();
    CHECK(twice.size() == 0);
    twice.merge(Sum{}, stream);  // into an empty one: it becomes the other
    CHECK(twice.whole(Sum{}).values[0] == 300);
  }
}
