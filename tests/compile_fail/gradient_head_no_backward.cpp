// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <seqpool/seqpool.hpp>

// A head of one's own, which only maps.
struct MyHalf {
  static seqpool::Index width(seqpool::Index features) { return features; }
  static void map(seqpool::Rows<const float> in, seqpool::Rows<float> out) {
    for (seqpool::Index i = 0; i < in.size(); ++i)
      std::transform(in[i].begin(), in[i].end(), out[i].begin(), [](float x) { return x / 2; });
  }
};

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Normalize{}, MyHalf{}};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::gradient(classifier, x, seqpool::all_tokens, seqpool::CrossEntropy(std::array{0, 3})));
#else
  static_cast<void>(classifier.logits(x));
#endif
}
