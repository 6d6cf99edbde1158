// SPDX-License-Identifier: MIT
#include "poisoned.hpp"

#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <vector>

float in_two(const std::vector<float>& x);

float in_one(const std::vector<float>& x) {
  const seqpool::HiddenStates<float> states(x.data(), {1, 2, 2});
  const seqpool::Classifier classifier{seqpool::Attention{x}, seqpool::Linear{Eigen::MatrixXf(2, 4)}};
  static_cast<void>(classifier);
  return seqpool::mean_pool(states)(0, 0) + seqpool::max_pool(states)(0, 1);
}

int main() {
  const std::vector<float> x{1, 2, 3, 4};
  return in_one(x) == in_two(x) ? 0 : 1;
}
