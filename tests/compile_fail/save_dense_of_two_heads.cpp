// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <seqpool/train/save.hpp>

int main() {
  const seqpool::Linear<float> head(Eigen::MatrixXf(3, 3));
#ifdef SEQPOOL_FAIL
  const seqpool::Classifier model{seqpool::Mean{}, head, seqpool::Normalize{}};
#else
  const seqpool::Classifier model{seqpool::Mean{}, head};
#endif
  seqpool::save_dense_module("2_Dense", model);
}
