// SPDX-License-Identifier: MIT
#include "benchmarks.hpp"
#include "cases.hpp"

int main(int argc, char** argv) {
  using namespace bench;
  return run(argc, argv, [] {
    for (const Shape& shape : compared) {
      add_read_limit(shape, 1);
      add_poolings(shape);
      add_masked_poolings(shape);
      add_eigen_peers(shape, 1);
      add_loop_peers(shape);
      add_read_limit(shape, 2);
      add_poolings_by_two_threads(shape);
      add_eigen_peers(shape, 2);
      add_column_major(shape);
      add_masked_column_major(shape);
    }
    for (const Shape& shape : growing) {
      add_poolings(shape);
      add_loop_peers(shape);
      if (shape.seq >= 1024) add_more_padding(shape);
    }
    for (const Shape& shape : {long_batch, short_batch}) add_forms(shape);
    for (const Shape& shape : {long_batch, long_rows}) {
      add_any_pooling(shape);
      add_beside_mean(shape);
      add_feature_wise(shape);
    }
    for (const Shape& shape : {long_batch, short_batch}) add_queries(shape);
    add_mask_of_ones(one_narrow_row);
    add_read_limit(one_long_row, 2);
    add_poolings_by_two_threads(one_long_row);
    for (const Shape& shape : products)
      for (const int threads : {1, 2}) add_linear(shape, threads);
    for (const Shape& shape : all_pairs)
      for (const int threads : {1, 2}) add_similarities(shape, threads);
    for (const int threads : {1, 2}) add_max_sim(documents, threads);
    add_gradients();
    add_other_dtypes(short_batch);
    add_overhead();
  });
}
