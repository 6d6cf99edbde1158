// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TEST_TWO_SEQUENCES_HPP
#define SEQPOOL_TEST_TWO_SEQUENCES_HPP

#include <seqpool/adapter/runtime_tensor.hpp>
#include <seqpool/pooling/mean.hpp>

#include "support/catch.hpp"

namespace seqpool_test {

// Checks any runtime's tensors of two sequences with 2 and 1 real tokens: (1, 2), (3, 4) and (7, 8), followed by
// padding of 99. They are seen at `data`, where they lie, and pooled by their mask.
template <class M, class V> void check_two_sequences(const V& states, const V& ones, const void* data) {
  const auto x = seqpool::adapter::hidden_states<float>(states);
  CHECK(x.token(0, 0) == data);
  const auto pooled = seqpool::mean_pool(x, seqpool::adapter::mask<M>(ones));
  CHECK(pooled(0, 0) == 2.0f);
  CHECK(pooled(0, 1) == 3.0f);
  CHECK(pooled(1, 0) == 7.0f);
  CHECK(pooled(1, 1) == 8.0f);
}

}  // namespace seqpool_test

#endif
