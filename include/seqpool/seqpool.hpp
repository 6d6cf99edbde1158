// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_SEQPOOL_HPP
#define SEQPOOL_SEQPOOL_HPP

// Everything that needs Eigen alone: poolings, the driver, heads. Left out, so that without their includes a compiler
// knows no seqpool::io and no seqpool::model: seqpool/io/safetensors.hpp and seqpool/model/model.hpp, which need
// nlohmann/json (CMake targets seqpool::io and seqpool::model), and the headers of seqpool/adapter, which need their
// runtimes.

#include <seqpool/as_matrix.hpp>
#include <seqpool/attention_weights.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/score_network.hpp>
#include <seqpool/fold/softmax.hpp>
#include <seqpool/fold/state_parts.hpp>
#include <seqpool/fold/token_block.hpp>
#include <seqpool/head/activate.hpp>
#include <seqpool/head/activation.hpp>
#include <seqpool/head/affine.hpp>
#include <seqpool/head/any_head.hpp>
#include <seqpool/head/attention_probe.hpp>
#include <seqpool/head/classifier.hpp>
#include <seqpool/head/dense.hpp>
#include <seqpool/head/each_query.hpp>
#include <seqpool/head/embedder.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/head/labels.hpp>
#include <seqpool/head/layer_norm.hpp>
#include <seqpool/head/linear.hpp>
#include <seqpool/head/multihead_attention.hpp>
#include <seqpool/head/normalize.hpp>
#include <seqpool/head/pair_features.hpp>
#include <seqpool/head/quantize.hpp>
#include <seqpool/head/query_mean.hpp>
#include <seqpool/head/sequential.hpp>
#include <seqpool/head/similarity.hpp>
#include <seqpool/head/skip_connection.hpp>
#include <seqpool/head/top_k.hpp>
#include <seqpool/head/truncate.hpp>
#include <seqpool/head/value_projection.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/concat_layers.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/layer_mix.hpp>
#include <seqpool/input/layers.hpp>
#include <seqpool/input/lengths.hpp>
#include <seqpool/input/packed_states.hpp>
#include <seqpool/input/ragged.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/input/skip_prefix.hpp>
#include <seqpool/input/spans.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/pooling/abs_max.hpp>
#include <seqpool/pooling/abs_mean.hpp>
#include <seqpool/pooling/additive_attention.hpp>
#include <seqpool/pooling/any_pooling.hpp>
#include <seqpool/pooling/attention.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/pooling/concat.hpp>
#include <seqpool/pooling/generalized_mean.hpp>
#include <seqpool/pooling/last.hpp>
#include <seqpool/pooling/log_sum_exp.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/max_indices.hpp>
#include <seqpool/pooling/max_sim.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/mean_max.hpp>
#include <seqpool/pooling/mean_sqrt_len.hpp>
#include <seqpool/pooling/min.hpp>
#include <seqpool/pooling/positional_attention.hpp>
#include <seqpool/pooling/root_mean_square.hpp>
#include <seqpool/pooling/self_attentive.hpp>
#include <seqpool/pooling/splade.hpp>
#include <seqpool/pooling/sum.hpp>
#include <seqpool/pooling/token_weighted_mean.hpp>
#include <seqpool/pooling/weighted_mean.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/stream.hpp>
#include <seqpool/version.hpp>

#endif
