// SPDX-License-Identifier: MIT
// Each of these registers benchmarks; the mains call them in the order in which they are to run. What is compared
// runs within seconds of each other.
#ifndef SEQPOOL_BENCHMARKS_BENCHMARKS_HPP
#define SEQPOOL_BENCHMARKS_BENCHMARKS_HPP

#include "shapes.hpp"

namespace bench {

void add_read_limit(const Shape& shape, int threads);
void add_poolings(const Shape& shape);         // without a mask: mean, max and attention of float, mean of 16 bits
void add_masked_poolings(const Shape& shape);  // mean and max of float under every kind of mask
void add_more_padding(const Shape& shape);     // mean of the first 1024 tokens of one row
void add_poolings_by_two_threads(const Shape& shape);  // float, without a mask and padded on the right
void add_other_dtypes(const Shape& shape);
void add_column_major(const Shape& shape);  // beside Eigen's expressions for it
void add_masked_column_major(const Shape& shape);
void add_mask_of_ones(const Shape& shape);  // by two threads
void add_forms(const Shape& shape);         // packed and ragged
void add_any_pooling(const Shape& shape);
void add_additive_attention(const Shape& shape, int threads);
void add_beside_mean(const Shape& shape);   // Concat and the weighted means
void add_feature_wise(const Shape& shape);  // the others of that kind, beside mean or max
void add_splade(const Shape& shape);        // of logits [batch, seq, vocabulary]
void add_queries(const Shape& shape);       // several in turns with one
void add_multihead_attention(const Shape& shape, int threads);
void add_linear(const Shape& shape, int threads);        // beside Eigen's product; shape is [rows, outputs, features]
void add_similarities(const Shape& shape, int threads);  // of all pairs, beside Eigen's; shape likewise
void add_max_sim(const Shape& shape, int threads);       // beside Eigen's product and maxima
void add_eigen_peers(const Shape& shape, int threads);
void add_loop_peers(const Shape& shape);  // mean under a mask of ones, and padded on the right
void add_gradients();                     // into memory that is there, in turns with plain reads and writes of it
void add_torch_gradients();               // of a training step, in turns with libtorch's autograd
void add_overhead();

}  // namespace bench

#endif
