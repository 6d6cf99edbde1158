// SPDX-License-Identifier: MIT
// reads FOLDER: reads the folder as its golden.safetensors says, by `kind`, and compares with Python's numbers there.
// Ends with 0 if they are the same, with 1 if not, and with 2 if the folder is refused, for which it prints the Error.
#include <seqpool/model/model.hpp>

#include <cmath>
#include <cstdint>
#include <exception>
#include <iostream>
#include <limits>
#include <seqpool/head/linear.hpp>
#include <seqpool/head/probabilities.hpp>
#include <seqpool/io/safetensors.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using seqpool::io::Safetensors;
using Rows = Eigen::Tensor<float, 2, Eigen::RowMajor>;

// A layer in a file of the folder: `weight` and `bias`, and in the metadata what makes probabilities of its logits.
Rows through_linear(const Safetensors& file, const Safetensors& golden) {
  const seqpool::Linear<float> linear{file.tensor<float, 2>("weight"), file.tensor<float, 1>("bias")};
  const Rows logits = seqpool::map(linear, golden.tensor<float, 2>("right.vectors"));
  const auto found = file.metadata().find("probabilities");
  if (found == file.metadata().end()) return logits;
  if (found->second == "softmax") return seqpool::softmax(logits);
  if (found->second == "sigmoid") return seqpool::sigmoid(logits);
  throw std::runtime_error("probabilities by " + found->second);
}

Rows read(const std::string& folder, const Safetensors& golden) {
  const std::string& kind = golden.metadata().at("kind");
  if (kind == "linear") return through_linear(Safetensors(folder + "/" + golden.metadata().at("file")), golden);
  const auto x = golden.tensor<float, 3>("right.hidden_states");
  const auto mask = golden.tensor<std::int64_t, 2>("right.attention_mask");
  if (kind == "sequence_classifier") return seqpool::model::SequenceClassifier(folder).logits(x, mask);
  if (kind == "sentence_transformer") return seqpool::model::SentenceTransformer(folder).embed(x, mask);
  throw std::runtime_error("no kind " + kind);
}

int run(const std::string& folder) {
  const Safetensors golden(folder + "/golden.safetensors");
  const Rows found = read(folder, golden);
  const auto expected = golden.tensor<float, 2>("right.expected", {found.dimension(0), found.dimension(1)});
  // Both sides round in float, in sums of at most 24 products of numbers near 1, in at most three layers.
  const float bound = 64 * std::numeric_limits<float>::epsilon();
  float most = 0;
  for (seqpool::Index i = 0; i < found.size(); ++i) {
    const float difference = std::abs(found.data()[i] - expected.data()[i]);
    if (!(difference <= most)) most = difference;  // a NaN stays
  }
  std::cout << "largest difference " << most << " (bound " << bound << ")\n";
  return found.size() > 0 && most <= bound ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    return run(arguments.at(0));
  } catch (const std::exception& error) {
    std::cout << error.what() << "\n";
    return 2;
  }
}
