// SPDX-License-Identifier: MIT
// The main for other flags than native: no peers, whose speed is measured at its best.
#include <benchmark/benchmark.h>

#include "benchmarks.hpp"

int main(int argc, char** argv) {
  using namespace bench;
  benchmark::Initialize(&argc, argv);
  for (const Shape& shape : {long_batch, long_rows, short_batch, short_row}) {
    add_read_limit(shape, 1);
    add_poolings(shape);
  }
  benchmark::RunSpecifiedBenchmarks();
}
