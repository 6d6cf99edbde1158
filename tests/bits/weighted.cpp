// SPDX-License-Identifier: MIT
#include "bits.hpp"

using namespace bits;
using seqpool::Splade;

int main() {
  poolings(seqpool::WeightedMean{});
  poolings("behind 5", [](Index, Index, Index) { return seqpool::WeightedMean{.before = 5}; });
  poolings("token_weighted_mean",
           [](Index, Index batch, Index seq) { return seqpool::TokenWeightedMean{matrix(batch, seq, 4, 1)}; });
  for (const double p : {3., 2.5, 1.})
    poolings("generalized_mean " + std::to_string(p), [&](Index, Index, Index) { return seqpool::GeneralizedMean{p}; });
  poolings("generalized_mean of each", [](Index hidden, Index, Index) {
    return seqpool::GeneralizedMean{test::Random(5).values<float>(hidden, 0.5, 4)};
  });
  for (const double r : {10., 0.25})
    poolings("log_sum_exp " + std::to_string(r), [&](Index, Index, Index) { return seqpool::LogSumExp{r}; });
  for (const auto strategy : {Splade::max, Splade::sum})
    for (const auto activation : {Splade::relu, Splade::log1p_relu}) poolings(Splade{strategy, activation});
  poolings("concat", [](Index hidden, Index, Index) {
    return seqpool::Concat{seqpool::Last{}, seqpool::Mean{}, seqpool::Attention{vector(hidden, 6, 0.125)}};
  });
  poolings("any", [](Index, Index, Index) { return seqpool::AnyPooling<T>(seqpool::Mean{}); });
  poolings("any of several", [](Index, Index, Index) {
    return seqpool::AnyPooling<T>(std::vector<seqpool::AnyPooling<T>>{seqpool::Max{}, seqpool::Mean{}});
  });
}
