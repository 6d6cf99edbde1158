// SPDX-License-Identifier: MIT
#include <iostream>
#include <seqpool/seqpool.hpp>

int main() {
  Eigen::Tensor<float, 3, Eigen::RowMajor> hidden_states(2, 3, 2);  // from the encoder: [batch, seq, hidden]
  hidden_states.setValues({{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {99, 99}, {99, 99}}});
  Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> mask(2, 3);  // from the tokenizer: [batch, seq]
  mask.setValues({{1, 1, 1}, {1, 0, 0}});

  std::cout << seqpool::mean_pool(hidden_states, mask) << "\n\n";  // [batch, hidden], padding not counted

  const Eigen::Matrix<float, 3, 2> weight{{1, 0}, {0, 1}, {-1, 1}};  // [classes, hidden], as torch.nn.Linear has it
  const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight}};
  std::cout << classifier.probabilities(hidden_states, mask) << "\n\n";  // [batch, classes]
  std::cout << classifier.predict(hidden_states, mask) << "\n";          // [batch]
}
