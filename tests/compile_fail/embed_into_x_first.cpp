// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x = Eigen::Tensor<float, 3>(1, 2, 3).setZero();
  const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
  Eigen::Tensor<float, 2> out(1, 3);
#ifdef SEQPOOL_FAIL
  embedder.embed_into(x, out);
#else
  embedder.embed_into(out, x);
#endif
}
