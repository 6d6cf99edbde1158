// SPDX-License-Identifier: MIT
#include <array>
#include <seqpool/seqpool.hpp>
#include <vector>

// A head of one's own that shows its parameter, and does not take another.
struct MyScale {
  std::array<float, 1> scale{2};
  static seqpool::Index width(seqpool::Index features) { return features; }
  void map(seqpool::Rows<const float> in, seqpool::Rows<float> out) const {
    for (seqpool::Index i = 0; i < in.size(); ++i) seqpool::as_array(out[i]) = seqpool::as_array(in[i]) * scale[0];
  }
  void visit_parameters(auto f) const { seqpool::visit_parameter(f, "scale", scale, {1}, false); }
};

int main() {
  const seqpool::Sequential head{MyScale{}, seqpool::Normalize{}};
  const std::vector<double> numbers{3};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::with_parameters(head, numbers));
#else
  static_cast<void>(seqpool::parameters(head));
#endif
}
