// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <complex>

// A complex number is neither 0 nor 1 of a token.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<std::complex<float>, 2> mask(2, 3);
#else
  const Eigen::Tensor<float, 2> mask(2, 3);
#endif
  seqpool::mean_pool(x, mask);
}
