// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, 4};
  stream.push(Eigen::MatrixXd(3, 4));
#else
  seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, 4};
  stream.push(Eigen::MatrixXf(3, 4));
#endif
}
