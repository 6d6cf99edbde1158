// SPDX-License-Identifier: MIT
// From hidden states and labels to a classifier, in C++ alone: it learns, is tried on sentences that it has not learned
// from, is saved, and is read again. It needs LBFGS++ (Debian: liblbfgspp-dev).
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <seqpool/train/save.hpp>
#include <string>
#include <vector>

#include "confusion.hpp"

namespace {

int run() {
  const seqpool::io::Safetensors file(SEQPOOL_EXAMPLES_DATA "/topics.safetensors");
  const auto x = file.tensor<Eigen::half, 3>("hidden_states");       // [batch, seq, hidden]
  const auto mask = file.tensor<std::int64_t, 2>("attention_mask");  // [batch, seq]
  const auto labels = file.tensor<std::int64_t, 1>("labels");        // [batch], 0 to 3
  const auto topics = nlohmann::json::parse(file.metadata().at("topics")).get<std::vector<std::string>>();

  // In turn each fifth of the sentences is left out, by a weight of 0, and then classified. A query that is learned
  // together with the head is seqpool::Attention<Eigen::half>::untrained(hidden) in the place of the mean.
  const seqpool::Mean pooling;
  Confusion confusion(topics);
  for (seqpool::Index fifth = 0; fifth < 5; ++fifth) {
    const auto left_out = [&](seqpool::Index row) { return row / 4 % 5 == fifth; };  // topics take turns
    std::vector<double> weights;
    for (seqpool::Index row = 0; row < labels.size(); ++row) weights.push_back(left_out(row) ? 0 : 1);
    const auto fitted = seqpool::fit(pooling, x, mask, labels, {.sample_weights = weights});
    const auto said = fitted.classifier.predict(x, mask);
    for (seqpool::Index row = 0; row < labels.size(); ++row)
      if (left_out(row)) confusion.add(static_cast<std::size_t>(labels(row)), static_cast<std::size_t>(said(row)));
  }
  std::cout << "What sentences are about (lines), and what they were taken for (columns), each by a classifier\n"
               "that has not learned from it: "
            << confusion.right() << " of " << confusion.total() << " right\n\n"
            << confusion.table();

  // From all sentences: scikit-learn's LogisticRegression(C=1) on their means.
  const auto fitted = seqpool::fit(pooling, x, mask, labels, {.C = 1});
  std::cout << "\nFrom all of them: loss " << fitted.loss << ", " << (fitted.converged ? "converged" : "NOT CONVERGED")
            << "\n";

  const auto path =
      std::filesystem::temp_directory_path() / ("12_fit." + std::to_string(std::random_device{}()) + ".safetensors");
  seqpool::save(path, fitted, topics);
  const seqpool::io::Safetensors saved(path);
  const seqpool::Classifier read{
      pooling, seqpool::Linear{saved.tensor<float, 2>("head.0.weight"), saved.tensor<float, 1>("head.0.bias")}};
  std::cout << "Saved with the labels " << saved.metadata().at("labels") << "\n";
  std::filesystem::remove(path);
  const auto before = fitted.classifier.logits(x, mask), after = read.logits(x, mask);
  const bool same =
      std::memcmp(before.data(), after.data(), static_cast<std::size_t>(before.size()) * sizeof(float)) == 0;
  std::cout << (same ? "Read again, it gives the same bits.\n" : "FAILED: read again, it gives other numbers.\n");
  return same && fitted.converged ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    std::cerr << "12_fit: " << error.what() << "\n";
    return 2;
  }
}
