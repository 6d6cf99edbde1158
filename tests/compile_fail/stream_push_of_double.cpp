// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Tokens are of the stream's scalar.
int main() {
  seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, 4};
  const Eigen::MatrixXd tokens(3, 4);
#ifdef SEQPOOL_FAIL
  stream.push(tokens);
#else
  stream.push(Eigen::MatrixXf(tokens.cast<float>()));
#endif
}
