// SPDX-License-Identifier: MIT
// A head that was trained in Python and is no folder: scikit-learn's LogisticRegression, written as safetensors by
// data/topics-sklearn/export.py, on vectors that a pooling gives. SetFit's head is one.
#include <cmath>
#include <cstdint>
#include <exception>
#include <iostream>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>

#include "difference.hpp"

namespace {

using seqpool::io::Safetensors;

auto probabilities_of(const Safetensors& file, const Eigen::Tensor<float, 2, Eigen::RowMajor>& vectors) {
  const seqpool::Linear head{file.tensor<float, 2>("weight"), file.tensor<float, 1>("bias")};
  const auto logits = seqpool::map(head, vectors);  // [batch, classes], or [batch, 1] of two classes
  return logits.dimension(1) == 1 ? seqpool::sigmoid(logits) : seqpool::softmax(logits);
}

int run() {
  const Safetensors states(SEQPOOL_EXAMPLES_DATA "/topics.safetensors");
  const auto mask = states.tensor<std::int64_t, 2>("attention_mask");
  const auto vectors = seqpool::mean_pool(states.tensor<Eigen::half, 3>("hidden_states"), mask);  // [batch, hidden]

  // Of classes more than two: predict_proba, [batch, classes].
  const Safetensors topics(SEQPOOL_EXAMPLES_DATA "/topics-sklearn/head.safetensors");
  const auto all = probabilities_of(topics, vectors);
  const float of_all = difference(all, topics.tensor<float, 2>("probabilities", {all.dimension(0), all.dimension(1)}));

  // Of two, one logit: sigmoid gives the second column of predict_proba.
  const Safetensors football(SEQPOOL_EXAMPLES_DATA "/topics-sklearn/football.safetensors");
  const auto second = probabilities_of(football, vectors);
  const auto golden = football.tensor<float, 2>("probabilities", {second.dimension(0), 2});
  float of_two = 0;
  for (seqpool::Index b = 0; b < second.dimension(0); ++b) {
    const float d = std::abs(second(b, 0) - golden(b, 1));
    if (!(d <= of_two)) of_two = d;  // a NaN stays
  }

  // Both compute in float, on means that were added up in another order.
  constexpr float bound = 1e-5f;
  const bool close = of_all <= bound && of_two <= bound;
  std::cout << "Topics of the first sentence:\n"
            << seqpool::as_matrix(all).row(0) << "\n\n"
            << (close ? "" : "FAILED. ") << "Largest difference to scikit-learn's probabilities: " << of_all
            << " of four topics, " << of_two << " of one (bound " << bound << ").\n";
  return close ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    std::cerr << "10_exported_head: " << error.what() << "\n";
    return 2;
  }
}
