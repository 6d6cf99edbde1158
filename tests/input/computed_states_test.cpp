// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/input/computed_states.hpp>

#include <array>
#include <seqpool/seqpool.hpp>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::ComputedStates;
using seqpool::Index;

TEMPLATE_TEST_CASE("pooling tokens that a function writes has the bits of pooling them in memory", "[computed_states]",
                   SEQPOOL_TEST_SCALARS) {
  const Index batch = 3, seq = 300, hidden = 5;
  const auto data = test::tokens<TestType>(batch * seq, hidden, 3);
  const seqpool::HiddenStates<TestType> stored(data.data(), {batch, seq, hidden});
  Eigen::Tensor<bool, 2> mask(batch, seq);
  for (int b = 0; b < batch; ++b)
    for (int s = 0; s < seq; ++s) mask(b, s) = b != 1 && (s * (b + 2)) % 7 != 0;
  const ComputedStates<TestType> computed({batch, seq, hidden}, [&](Index b, Index s, TestType* out) {
    if (!mask(b, s)) throw std::logic_error("padding was asked for");
    std::copy_n(stored.token(b, s), hidden, out);
  });
  CHECK(computed.batch() == batch);
  CHECK(computed.seq() == seq);
  CHECK(computed.seq(2) == seq);
  CHECK(computed.hidden() == hidden);
  const auto check = [&](const auto& pooling) {
    const auto expected = test::rows_of(seqpool::pool(pooling, stored, mask));
    const auto found = test::rows_of(seqpool::pool(pooling, computed, mask));
    REQUIRE(found.size() == expected.size());
    for (std::size_t b = 0; b < expected.size(); ++b) CHECK(test::same_bits(found[b], expected[b]));
  };
  check(seqpool::Mean{});
  check(seqpool::Max{});
  check(seqpool::Last{});
  check(seqpool::WeightedMean{});
  Eigen::ThreadPool pool(2);
  const Eigen::ThreadPoolDevice device(&pool, 2);
  CHECK_THROWS_AS(seqpool::mean_pool(computed, device), std::logic_error);
}

TEST_CASE("computed states have sizes of 0 or more, and a function", "[computed_states]") {
  const auto zero = [](Index, Index, float* out) { *out = 0; };
  CHECK(ComputedStates<float>({0, 3, 1}, zero).batch() == 0);
  CHECK_THROWS_WITH(ComputedStates<float>({1, -1, 2}, zero), ct::has_substring("computed states are [1, -1, 2]"));
  CHECK_THROWS_WITH(ComputedStates<float>({1, 1, 1}, ComputedStates<float>::Function()),
                    ct::has_substring("have no function"));
}
