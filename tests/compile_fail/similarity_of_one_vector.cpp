// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// One vector is [1, features].
int main() {
  const Eigen::Tensor<float, 2, Eigen::RowMajor> passages(2, 4);
  const std::vector<float> query(4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::dot_similarity(query, passages));
#else
  using Vectors = Eigen::Tensor<const float, 2, Eigen::RowMajor>;
  static_cast<void>(seqpool::dot_similarity(Eigen::TensorMap<Vectors>(query.data(), 1, 4), passages));
#endif
}
