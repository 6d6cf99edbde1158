// SPDX-License-Identifier: MIT
// Real encoder output, classified by four strategies side by side, and compared with PyTorch's own logits.
//
//   04_classify [--all] [FILE]     FILE: as examples/data/generate.py makes it; without it, the one in examples/data
//                                  --all: every sentence, not the first ten
#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

#include "cut.hpp"
#include "difference.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;

// What one strategy says: [batch, classes], [batch], and how far its logits are from PyTorch's.
struct Verdict {
  std::string strategy;
  Eigen::Tensor<float, 2, Eigen::RowMajor> probabilities;
  Eigen::Tensor<Index, 1, Eigen::RowMajor> classes;
  float difference;
};

template <class P> Verdict judge(const Safetensors& file, const std::string& strategy, const P& pooling) {
  const auto hidden_states = file.tensor<Eigen::half, 3>("hidden_states");  // [batch, seq, hidden]
  const auto mask = file.tensor<std::int64_t, 2>("attention_mask");         // [batch, seq]
  const auto weight = file.tensor<float, 2>(strategy + ".weight");          // [classes, hidden]
  const auto bias = file.tensor<float, 1>(strategy + ".bias");              // [classes]
  const auto golden = file.tensor<float, 2>(strategy + ".logits", {hidden_states.dimension(0), bias.dimension(0)});

  const seqpool::Classifier classifier{pooling, seqpool::Linear{weight, bias}};
  const auto logits = classifier.logits(hidden_states, mask);
  return {strategy, classifier.probabilities(hidden_states, mask), classifier.predict(hidden_states, mask),
          difference(logits, golden)};
}

int run(const std::string& path, bool all) {
  const Safetensors file(path);
  const auto sentences = nlohmann::json::parse(file.metadata().at("sentences")).get<std::vector<std::string>>();
  const auto topics = nlohmann::json::parse(file.metadata().at("topics")).get<std::vector<std::string>>();
  const auto labels = file.tensor<std::int64_t, 1>("labels", {static_cast<Index>(sentences.size())});
  const auto hidden_states = file.tensor<Eigen::half, 3>("hidden_states");

  const std::array verdicts{
      judge(file, "cls", seqpool::Cls{}),
      judge(file, "mean", seqpool::Mean{}),
      judge(file, "max", seqpool::Max{}),
      judge(file, "attention", seqpool::Attention{file.tensor<float, 1>("attention.query")}),
  };

  std::cout << "Hidden states [" << hidden_states.dimension(0) << ", " << hidden_states.dimension(1) << ", "
            << hidden_states.dimension(2) << "] of " << file.metadata().at("model")
            << ".\nEach strategy's probability of the topic, or ! and what it says instead.\n\n"
            << cut("sentence", 44) << " " << cut("topic", 11);
  for (const Verdict& verdict : verdicts) std::cout << cut(verdict.strategy, 11);
  std::cout << "\n" << std::fixed << std::setprecision(2);
  std::array<int, 4> right{};
  const Index shown = all ? labels.dimension(0) : (std::min)(labels.dimension(0), Index{10});
  for (Index b = 0; b < labels.dimension(0); ++b) {
    const auto& topic = topics.at(static_cast<std::size_t>(labels(b)));
    if (b < shown) std::cout << cut(sentences[static_cast<std::size_t>(b)], 44) << " " << cut(topic, 11);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const Index chosen = verdicts[i].classes(b);
      right[i] += chosen == labels(b) ? 1 : 0;
      if (b >= shown) continue;
      if (chosen == labels(b))
        std::cout << verdicts[i].probabilities(b, chosen) << std::string(7, ' ');
      else
        std::cout << cut("!" + topics.at(static_cast<std::size_t>(chosen)), 11);
    }
    if (b < shown) std::cout << "\n";
  }
  if (shown < labels.dimension(0))
    std::cout << "... and " << labels.dimension(0) - shown << " more: --all shows them\n";
  std::cout << "\n";

  const int total = static_cast<int>(sentences.size());
  bool close = true;
  std::cout << cut("strategy", 12) << cut("accuracy", 22) << "largest difference to PyTorch's logits\n";
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const std::string score = std::to_string(right[i]) + " of " + std::to_string(total);
    std::cout << cut(verdicts[i].strategy, 12) << cut(score, 10) << " " << std::setprecision(1) << std::setw(5)
              << 100.0 * right[i] / total << " %    " << std::scientific << verdicts[i].difference << std::fixed
              << "\n";
    close = close && verdicts[i].difference <= 1e-4f;
  }
  if (!close) std::cout << "\nFAILED: a difference is over 1e-4\n";
  return close ? 0 : 1;
}

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool all = !arguments.empty() && arguments.front() == "--all";
  const std::string path =
      arguments.size() > (all ? 1 : 0) ? arguments.back() : SEQPOOL_EXAMPLES_DATA "/topics.safetensors";
  try {
    return run(path, all);
  } catch (const std::exception& error) {
    std::cerr << "04_classify: " << error.what() << "\n";
    return 1;
  }
}
