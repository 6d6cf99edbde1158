// SPDX-License-Identifier: MIT
// Which words decided: real sentences, each token shaded by what attention weighs it by, and the weights compared with
// PyTorch's own.
//
//   06_what_it_attends_to [attention | queries | additive] [--all] [--html FILE]
//
//     attention       one learned query (the default); queries: four; additive: a layer of tanh
//     --all           every sentence, not the first ten
//     --html FILE     all of them, by all three, as one page
#include <algorithm>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "difference.hpp"
#include "page.hpp"
#include "shading.hpp"
#include "trained_attention.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;
using Strings = std::vector<std::string>;

struct Sentences {
  explicit Sentences(const Safetensors& file)
      : tokens(nlohmann::json::parse(file.metadata().at("tokens")).get<std::vector<Strings>>()),
        topics(nlohmann::json::parse(file.metadata().at("topics")).get<Strings>()),
        labels(file.tensor<std::int64_t, 1>("labels", {static_cast<Index>(tokens.size())})) {}

  const std::string& topic(Index b) const { return topics.at(static_cast<std::size_t>(labels(b))); }

  std::vector<Strings> tokens;                // of each sentence, no padding
  Strings topics;                             // [classes]
  Safetensors::View<std::int64_t, 1> labels;  // [batch]
};

// What one pooling says of all sentences.
struct Reading {
  Reading(const Safetensors& file, const Sentences& sentences, const std::string& pooling) : name(pooling) {
    const auto hidden_states = file.tensor<Eigen::half, 3>("hidden_states");  // [batch, seq, hidden]
    const auto mask = file.tensor<std::int64_t, 2>("attention_mask");         // [batch, seq]

    const TrainedAttention attention(file, pooling);
    weights = attention.weights(hidden_states, mask);  // [batch, queries, seq]
    probabilities = seqpool::softmax(attention.logits(hidden_states, mask));
    classes = seqpool::argmax(probabilities);

    const auto golden = pooling == "queries" ? file.tensor<float, 3>(pooling + ".attention_weights").data()
                                             : file.tensor<float, 2>(pooling + ".attention_weights").data();
    off = difference(weights,
                     Eigen::TensorMap<const Eigen::Tensor<float, 3, Eigen::RowMajor>>(golden, weights.dimensions()));
    for (Index b = 0; b < sentences.labels.size(); ++b) right += classes(b) == sentences.labels(b) ? 1 : 0;
  }

  // Of the tokens of sentence b by one query, [tokens].
  std::span<const float> of(const Sentences& sentences, Index b, Index query) const {
    return {&weights(b, query, 0), sentences.tokens[static_cast<std::size_t>(b)].size()};
  }

  std::string name;
  Eigen::Tensor<float, 3, Eigen::RowMajor> weights;        // [batch, queries, seq]
  Eigen::Tensor<float, 2, Eigen::RowMajor> probabilities;  // [batch, classes]
  Eigen::Tensor<Index, 1, Eigen::RowMajor> classes;        // [batch]
  int right = 0;
  float off = 0;  // from PyTorch's weights, at most
};

void print(const Sentences& sentences, const Reading& reading, Index shown) {
  const bool colours = colours_wanted();
  std::cout << "Tokens by what \"" << reading.name << "\" weighs them: the darker, the more.\n\n"
            << std::fixed << std::setprecision(2);
  for (Index b = 0; b < shown; ++b) {
    const Index chosen = reading.classes(b);
    const std::string& said = sentences.topics[static_cast<std::size_t>(chosen)];
    std::cout << said << " " << reading.probabilities(b, chosen)
              << (chosen == sentences.labels(b) ? "" : " ! it is " + sentences.topic(b)) << "\n";
    for (Index query = 0; query < reading.weights.dimension(1); ++query)
      std::cout << shaded(sentences.tokens[static_cast<std::size_t>(b)], reading.of(sentences, b, query), colours, "  ",
                          96);
    std::cout << "\n";
  }
  const Index total = sentences.labels.size();
  if (shown < total) std::cout << "... and " << total - shown << " more: --all shows them, --html FILE on one page\n\n";
}

// What the tokens of sentence b are weighed by, which of several queries is their mean: [tokens].
std::vector<float> mean_of_queries(const Sentences& sentences, const Reading& reading, Index b) {
  const Index queries = reading.weights.dimension(1);
  std::vector<float> mean(sentences.tokens[static_cast<std::size_t>(b)].size(), 0);
  for (Index query = 0; query < queries; ++query)
    for (std::size_t t = 0; t < mean.size(); ++t)
      mean[t] += reading.of(sentences, b, query)[t] / static_cast<float>(queries);
  return mean;
}

void write_page(const std::string& path, const Sentences& sentences, const std::vector<Reading>& readings) {
  Page page(path, "What it attends to");
  page << "<div>The darker a token, the larger its weight in the pooling, compared with the largest of its sentence. "
          "Point at a token to see its weight. On the left is the topic that the classifier chose, in red if it is "
          "wrong.";
  for (const Reading& reading : readings)
    page << "\n<br><b>" << reading.name << "</b>"
         << (reading.weights.dimension(1) == 1 ? "" : ", the mean of several queries") << ": " << reading.right
         << " of " << sentences.labels.size() << " right";
  page << "</div>\n";
  for (Index b = 0; b < sentences.labels.size(); ++b) {
    page << "<section><h2>" << escaped(sentences.topic(b)) << "</h2>\n";
    for (const Reading& reading : readings) {
      const Index chosen = reading.classes(b);
      page << "<p><span class=\"how\">" << reading.name << "</span><span class=\"said"
           << (chosen == sentences.labels(b) ? "" : " wrong") << "\">"
           << escaped(sentences.topics[static_cast<std::size_t>(chosen)]) << " "
           << two_digits(reading.probabilities(b, chosen)) << "</span>"
           << shaded_tokens(sentences.tokens[static_cast<std::size_t>(b)], mean_of_queries(sentences, reading, b))
           << "</p>\n";
    }
    page << "</section>\n";
  }
  page.close();
  std::cout << path << " shows " << sentences.labels.size() << " sentences\n\n";
}

int run(std::span<const std::string> arguments) {
  std::string pooling = "attention", page;
  bool all = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--all")
      all = true;
    else if (arguments[i] == "--html" && i + 1 < arguments.size())
      page = arguments[++i];
    else
      pooling = arguments[i];
  }

  const Safetensors file(SEQPOOL_EXAMPLES_DATA "/topics.safetensors");
  const Sentences sentences(file);
  std::vector<Reading> readings;
  for (const std::string name : TrainedAttention::names)
    if (!page.empty() || name == pooling) readings.emplace_back(file, sentences, name);
  if (readings.empty()) TrainedAttention(file, pooling);  // which says what there is

  if (page.empty())
    print(sentences, readings.front(), all ? sentences.labels.size() : (std::min)(sentences.labels.size(), Index{10}));
  else
    write_page(page, sentences, readings);

  bool close = true;
  for (const Reading& reading : readings) {
    std::cout << std::left << std::setw(11) << reading.name << reading.right << " of " << sentences.labels.size()
              << " right; largest difference to PyTorch's weights " << std::scientific << std::setprecision(1)
              << reading.off << "\n";
    close = close && reading.off <= 1e-5f;
  }
  if (!close) std::cout << "FAILED: a difference is over 1e-05\n";
  return close ? 0 : 1;
}

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "06_what_it_attends_to: " << error.what() << "\n";
    return 2;
  }
}
