// SPDX-License-Identifier: MIT
// Attention with several queries, in turns with one, and multi-head attention.
#include "attention.hpp"

#include "benchmarks.hpp"
#include "cases.hpp"

#include <algorithm>

namespace bench {
namespace {

Eigen::Tensor<float, 2, Eigen::RowMajor> matrix(Index rows, Index columns) {
  const std::vector<float> numbers = query(rows * columns);
  Eigen::Tensor<float, 2, Eigen::RowMajor> result(rows, columns);
  std::copy(numbers.begin(), numbers.end(), result.data());
  return result;
}

}  // namespace

seqpool::MultiheadAttentionWeights<float> multihead_weights(Index hidden) {
  seqpool::MultiheadAttentionWeights<float> weights;
  weights.heads = 12;
  weights.query = matrix(1, hidden);
  weights.in_proj_weight = matrix(3 * hidden, hidden);
  weights.out_proj_weight = matrix(hidden, hidden);
  return weights;
}

void add_queries(const Shape& shape) {
  const auto one = [=] {
    return [x = states(shape), pooling = seqpool::Attention(query(shape.hidden))] { return seqpool::pool(pooling, x); };
  };
  for (const Index queries : {4, 16})
    add_in_turns(
        {"attention_" + std::to_string(queries) + "_beside_attention", shape},
        [=] {
          return [x = states(shape), pooling = seqpool::Attention(matrix(queries, shape.hidden))] {
            return seqpool::pool(pooling, x);
          };
        },
        one);
}

void add_multihead_attention(const Shape& shape, int threads) {
  const Case c{"multihead_attention", shape, threads};
  add(c, bytes_of(c, sizeof(float)), [=] {
    return [threads, x = states(shape), attention = seqpool::MultiheadAttention(multihead_weights(shape.hidden))] {
      return threads == 1 ? seqpool::multihead_attention_pool(x, attention)
                          : seqpool::multihead_attention_pool(x, attention, two_threads());
    };
  });
}

}  // namespace bench
