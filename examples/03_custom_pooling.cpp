// SPDX-License-Identifier: MIT
// A pooling that seqpool does not have, in midrange.hpp: it works wherever the built-in ones do.
#include <iostream>
#include <seqpool/seqpool.hpp>

#include "midrange.hpp"

static_assert(seqpool::Pooling<Midrange>);

int main() {
  Eigen::Tensor<float, 3> x(2, 4, 2);
  x.setValues({{{1, -1}, {5, 0}, {3, 8}, {99, 99}}, {{2, 2}, {99, 99}, {99, 99}, {99, 99}}});
  Eigen::Tensor<bool, 2> mask(2, 4);
  mask.setValues({{true, true, true, false}, {true, false, false, false}});

  const auto pooled = seqpool::pool(Midrange{}, x, mask);
  std::cout << "midrange of the real tokens, [batch, hidden]:\n" << pooled << "\n";

  const Eigen::Matrix<float, 2, 2> weight{{1, 0}, {0, 1}};
  const seqpool::Classifier classifier{Midrange{}, seqpool::Linear{weight}};
  std::cout << "classes by it:\n" << classifier.predict(x, mask) << "\n";
  return pooled(0, 0) == 3.0f && pooled(0, 1) == 3.5f && pooled(1, 0) == 2.0f ? 0 : 1;
}
