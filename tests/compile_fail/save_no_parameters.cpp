// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <seqpool/train/save.hpp>

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Mean model;
#else
  const seqpool::Linear<float> model(Eigen::MatrixXf(2, 3));
#endif
  seqpool::save("head.safetensors", model);
}
