// SPDX-License-Identifier: MIT
// The main for other flags than native: no peers, whose speed is measured at its best, but for the loop of one's own.
#include "benchmarks.hpp"
#include "cases.hpp"

int main(int argc, char** argv) {
  return bench::run(argc, argv, [] {
    for (const bench::Shape& shape : bench::compared) {
      bench::add_read_limit(shape, 1);
      bench::add_poolings(shape);
      bench::add_loop_peers(shape);
    }
    for (const bench::Shape& shape : {bench::long_batch, bench::long_rows}) {
      bench::add_beside_mean(shape);
      bench::add_feature_wise(shape);
    }
    for (const bench::Shape& shape : bench::products)
      for (const int threads : {1, 2}) bench::add_linear(shape, threads);
    for (const bench::Shape& shape : bench::all_pairs) bench::add_similarities(shape, 1);
    bench::add_gradients();
  });
}
