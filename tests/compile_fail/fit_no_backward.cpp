// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <vector>

struct SilentScale : seqpool::FeaturePooling<SilentScale> {
  static constexpr auto feature_op = [](auto held, auto x) { return x > held ? x : held; };
  std::vector<float> scale{1};

#ifdef SEQPOOL_FAIL
  void visit_parameters(auto f) const { seqpool::visit_parameter(f, "scale", scale, {1}, false); }
#endif
  void set_parameters(std::span<const double>) {}
};

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(seqpool::fit(SilentScale{}, x, seqpool::all_tokens, std::vector<int>{0, 1}));
}
