// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A weight of double is not for hidden states of float.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Embedder{seqpool::Mean{}, seqpool::Linear{Eigen::MatrixXd(2, 4)}}.embed(x));
#else
  static_cast<void>(seqpool::Embedder{seqpool::Mean{}, seqpool::Linear{Eigen::MatrixXf(2, 4)}}.embed(x));
#endif
}
