// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_BENCHMARKS_ATTENTION_HPP
#define SEQPOOL_BENCHMARKS_ATTENTION_HPP

#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {

// Of a multi-head attention with one query and 12 heads, the same for us and for a peer.
seqpool::MultiheadAttentionWeights<float> multihead_weights(Index hidden);

}  // namespace bench

#endif
