// SPDX-License-Identifier: MIT
// Poolings that do little more than another one, in turns with it.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

template <class P> void add_any(const std::string& what, const Shape& shape, const P& pooling) {
  const Case c{"any_" + what + "_beside_" + what, shape};
  const auto own = work_of(pooling, shape);
  add_in_turns(c, checked(c, work_of(seqpool::AnyPooling<float>(pooling), shape), own), own);
}

// Weights of a token's place, none of them 0.
Eigen::Tensor<float, 2, Eigen::RowMajor> token_weights(const Shape& shape) {
  Eigen::Tensor<float, 2, Eigen::RowMajor> weights(shape.batch, shape.seq);
  for (Index b = 0; b < shape.batch; ++b)
    for (Index s = 0; s < shape.seq; ++s) weights(b, s) = static_cast<float>(1 + (b + 7 * s) % 13) / 8;
  return weights;
}

}  // namespace

void add_any_pooling(const Shape& shape) {
  add_any("mean", shape, seqpool::Mean{});
  add_any("max", shape, seqpool::Max{});
  add_any("attention", shape, seqpool::Attention(query(shape.hidden)));
}

void add_beside_mean(const Shape& shape) {
  const auto mean = work_of(seqpool::Mean{}, shape);
  add_in_turns({"concat_beside_mean", shape},
               work_of(seqpool::Concat{seqpool::Cls{}, seqpool::Mean{}, seqpool::Max{}}, shape), mean);
  add_in_turns({"weighted_mean_beside_mean", shape}, work_of(seqpool::WeightedMean{}, shape), mean);
  add_in_turns(
      {"token_weighted_mean_beside_mean", shape},
      [=] { return work_of(seqpool::TokenWeightedMean{token_weights(shape)}, shape)(); }, mean);
}

}  // namespace bench
