// SPDX-License-Identifier: MIT
// Attention by a small network of 256 units; the formula of torch stands in torch_main.cpp.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {

void add_additive_attention(const Shape& shape, int threads) {
  const Case c{"additive_attention", shape, threads};
  add(c, bytes_of(c, sizeof(float)), [=] {
    const Shape layer = layer_of(shape);
    return [=, x = states(shape),
            pooling = seqpool::AdditiveAttention{weight_of(layer), bias_of(layer), bias_of(layer)}] {
      return threads == 1 ? seqpool::pool(pooling, x) : seqpool::pool(pooling, x, seqpool::AllTokens{}, two_threads());
    };
  });
}

}  // namespace bench
