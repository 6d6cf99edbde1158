// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include "poisoned.hpp"

#include <seqpool/seqpool.hpp>

#include <seqpool/io/safetensors.hpp>

#include <vector>

float in_two(const std::vector<float>& x);

float in_two(const std::vector<float>& x) {
  const seqpool::HiddenStates<float> states(x.data(), {1, 2, 2});
  const seqpool::Classifier classifier{seqpool::Attention{x}, seqpool::Linear{Eigen::MatrixXf(2, 4)}};
  static_cast<void>(classifier);
  return seqpool::mean_pool(states)(0, 0) + seqpool::max_pool(states)(0, 1);
}
