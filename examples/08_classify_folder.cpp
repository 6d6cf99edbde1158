// SPDX-License-Identifier: MIT
// A classifier's folder that Transformers saved, and its encoder's hidden states: the labels that Python gives.
//
//   08_classify_folder [--all] [FOLDER]    FOLDER: with config.json, model.safetensors and Python's own numbers in
//                                          python.safetensors; without it, the one in examples/data
//                                          --all: every sentence, not the first ten
#include <algorithm>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/model/sequence_classifier.hpp>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

#include "cut.hpp"
#include "difference.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;

int run(const std::string& folder, bool all) {
  const Safetensors file(SEQPOOL_EXAMPLES_DATA "/topics.safetensors");
  const auto hidden_states = file.tensor<Eigen::half, 3>("hidden_states");  // [batch, seq, hidden]
  const auto mask = file.tensor<std::int64_t, 2>("attention_mask");         // [batch, seq]

  const seqpool::model::SequenceClassifier classifier(folder);
  const auto probabilities = classifier.probabilities(hidden_states, mask);  // [batch, classes], those of pipeline()
  const auto classes = classifier.predict(hidden_states, mask);              // [batch]
  const std::vector<std::string>& labels = classifier.labels();              // [classes]

  const auto logits = classifier.logits(hidden_states, mask);
  const Safetensors golden(folder + "/python.safetensors");
  const auto python_logits = golden.tensor<float, 2>("logits", {logits.dimension(0), logits.dimension(1)});
  const auto python = golden.tensor<float, 2>("probabilities", {logits.dimension(0), logits.dimension(1)});
  const auto python_classes = seqpool::argmax(python);

  const auto sentences = nlohmann::json::parse(file.metadata().at("sentences")).get<std::vector<std::string>>();
  const auto topics = nlohmann::json::parse(file.metadata().at("topics")).get<std::vector<std::string>>();
  const auto right = file.tensor<std::int64_t, 1>("labels", {logits.dimension(0)});
  std::cout << folder << "\n  " << classifier.summary() << "\n\n"
            << cut("sentence", 44) << " " << cut("topic", 11) << cut("seqpool", 20) << "Python\n"
            << std::fixed << std::setprecision(4);
  int hits = 0;
  const Index shown = all ? right.size() : (std::min)(right.size(), Index{10});
  for (Index b = 0; b < right.size(); ++b) {
    const std::string& topic = topics.at(static_cast<std::size_t>(right(b)));
    const std::string& label = labels[static_cast<std::size_t>(classes(b))];
    hits += label == topic ? 1 : 0;
    if (b < shown)
      std::cout << cut(sentences.at(static_cast<std::size_t>(b)), 44) << " " << cut(topic, 11) << cut(label, 11)
                << probabilities(b, classes(b)) << "   " << cut(labels[static_cast<std::size_t>(python_classes(b))], 11)
                << python(b, python_classes(b)) << (label == topic ? "" : " !") << "\n";
  }
  if (shown < right.size()) std::cout << "... and " << right.size() - shown << " more: --all shows them\n";

  // The weights and the states are of half, which float holds exactly, so both compute from the same numbers. What is
  // left are the roundings of float in two sums of 384 products, in another order.
  constexpr float bound = 1e-5f;
  const float of_logits = difference(logits, python_logits);
  const float of_probabilities = difference(probabilities, python);
  const bool close = of_logits <= bound && of_probabilities <= bound;
  std::cout << "\n"
            << hits << " of " << right.size() << " right, " << std::setprecision(1)
            << 100.0 * hits / static_cast<double>(right.size()) << " % (! is wrong).\n"
            << (close ? "" : "FAILED. ") << "Largest difference to Python: " << std::scientific << of_logits
            << " of a logit, " << of_probabilities << " of a probability (bound " << std::setprecision(0) << bound
            << ").\n";
  return close ? 0 : 1;
}

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool all = !arguments.empty() && arguments.front() == "--all";
  const std::string folder = arguments.size() > (all ? 1 : 0) ? arguments.back() : SEQPOOL_EXAMPLES_DATA "/topics-bert";
  try {
    return run(folder, all);
  } catch (const std::exception& error) {
    std::cerr << "08_classify_folder: " << error.what() << "\n";
    return 2;
  }
}
