// SPDX-License-Identifier: MIT
#include <functional>
#include <seqpool/seqpool.hpp>

struct MyMax : seqpool::FeaturePooling<MyMax> {
  static constexpr auto feature_op = [](auto held, auto x) { return x > held ? x : held; };
};

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<float, 2> d_out(2, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::gradient(MyMax{}, x, seqpool::all_tokens, d_out));
#else
  static_cast<void>(seqpool::pool(MyMax{}, x));
#endif
}
