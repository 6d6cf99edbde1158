// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <seqpool/train/save.hpp>

int main() {
  const seqpool::Linear<float> head(Eigen::MatrixXf(3, 4));
#ifdef SEQPOOL_FAIL
  const seqpool::Classifier model{seqpool::Mean{}, head};
#else
  const seqpool::Classifier model{seqpool::Attention<float>::untrained(4), head};
#endif
  seqpool::save_attention_probe("probe.safetensors", model);
}
