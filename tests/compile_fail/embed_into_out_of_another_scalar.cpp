// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<Eigen::half, 3> x = Eigen::Tensor<Eigen::half, 3>(1, 2, 3).setZero();
  const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
#ifdef SEQPOOL_FAIL
  Eigen::Tensor<Eigen::half, 2> out(1, 3);
#else
  Eigen::Tensor<float, 2> out(1, 3);
#endif
  embedder.embed_into(out, x);
}
