// SPDX-License-Identifier: MIT
// The loop that everyone writes, by the compiler's best for the same flags.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

using Result = Eigen::Tensor<float, 2, Eigen::RowMajor>;

// mask[b * seq + s] says whether token s of row b is real.
void mean_by_loop(const float* __restrict x, const std::int64_t* mask, const Shape& shape, float* __restrict out) {
  const auto [batch, seq, hidden] = shape;
  for (Index b = 0; b < batch; ++b) {
    float* __restrict const mean = out + b * hidden;
    for (Index h = 0; h < hidden; ++h) mean[h] = 0;
    Index count = 0;
    for (Index s = 0; s < seq; ++s) {
      if (mask[b * seq + s] == 0) continue;
      const float* __restrict const token = x + (b * seq + s) * hidden;
      for (Index h = 0; h < hidden; ++h) mean[h] += token[h];
      ++count;
    }
    const auto n = static_cast<float>((std::max)(count, Index{1}));
    for (Index h = 0; h < hidden; ++h) mean[h] /= n;
  }
}

auto ours(const Shape& shape, const char* mask_kind) {
  return [=] { return [x = states(shape), mask = mask_of(shape, mask_kind)] { return seqpool::mean_pool(x, *mask); }; };
}
auto loop(const Shape& shape, const char* mask_kind) {
  return [=] {
    return [=, x = states(shape), mask = mask_of(shape, mask_kind)] {
      Result result(shape.batch, shape.hidden);
      mean_by_loop(x.data(), mask->data(), shape, result.data());
      return result;
    };
  };
}

}  // namespace

void add_loop_peers(const Shape& shape) {
  for (const char* const mask : {"ones", "right"}) {
    add_peer({"peer_loop_mean", shape, 1, mask}, ours(shape, mask), loop(shape, mask));
    add_in_turns({"mean_beside_loop", shape, 1, mask}, ours(shape, mask), loop(shape, mask));
  }
}

}  // namespace bench
