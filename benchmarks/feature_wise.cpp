// SPDX-License-Identifier: MIT
// The poolings that go over each feature by itself, in turns with the one that does least.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
void add_feature_wise(const Shape& shape) {
  const auto mean = work_of(seqpool::Mean{}, shape);
  const auto max = work_of(seqpool::Max{}, shape);
  const auto beside = [&](const char* what, const auto& pooling, const auto& other) {
    add_in_turns({what, shape}, work_of(pooling, shape), other);
  };
  beside("root_mean_square_beside_mean", seqpool::RootMeanSquare{}, mean);
  beside("abs_mean_beside_mean", seqpool::AbsMean{}, mean);
  beside("mean_max_beside_mean", seqpool::MeanMax{}, mean);
  beside("mean_std_beside_mean", seqpool::MeanStd{}, mean);
  beside("abs_max_beside_max", seqpool::AbsMax{}, max);
  beside("max_indices_beside_max", seqpool::MaxIndices{}, max);
  beside("splade_beside_max", seqpool::Splade{}, max);
  beside("generalized_mean_beside_mean", seqpool::GeneralizedMean{3}, mean);
  beside("log_sum_exp_beside_mean", seqpool::LogSumExp{10}, mean);
}

void add_splade(const Shape& shape) {
  const Case c{"splade", shape};
  add(c, bytes_of(c, sizeof(float)), work_of(seqpool::Splade{}, shape));
}

}  // namespace bench
