// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/eigen.hpp>

// A Ref to const copies what does not fit its strides.
void view(const Eigen::MatrixXf& a) {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::adapter::hidden_states(Eigen::Ref<const Eigen::MatrixXf>(a)));
#else
  const Eigen::Ref<const Eigen::MatrixXf> ref(a);
  static_cast<void>(seqpool::adapter::hidden_states(ref));
#endif
}
