// SPDX-License-Identifier: MIT
// A folder that sentence-transformers saved, and its encoder's hidden states: the vectors that encode() gives in
// Python.
//
//   07_embed [FOLDER [STATES]] [--html FILE]
//
//     FOLDER          with modules.json or config.json; without it, the one in examples/data
//     STATES          a safetensors file as examples/data/generate.py makes it, of pairs of sentences; without it, the
//                     one in examples/data
//     --html FILE     writes how similar each sentence is to every other, as a page
#include <algorithm>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/model/sentence_transformer.hpp>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

#include "cut.hpp"
#include "difference.hpp"
#include "page.hpp"

using seqpool::Index;
using Vectors = Eigen::Tensor<float, 2, Eigen::RowMajor>;

// The similarities of all sentences, [batch, batch], as a heat map.
void write_page(const std::string& path, const std::vector<std::string>& sentences, const Vectors& similarities) {
  Page page(path, "How similar they are");
  page
      << "<div>Each sentence beside every other: the darker, the more similar their vectors are. Sentences 1 and 2 are "
         "a pair, and so on. Point at a number to see which two sentences it belongs to.</div>\n"
         "<div class=\"scroll\"><table><thead><tr><th></th>";
  for (std::size_t i = 0; i < sentences.size(); ++i) page << "<th>" << i + 1 << "</th>";
  page << "</tr></thead>\n";
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    page << "<tr><th>" << i + 1 << " " << escaped(sentences[i]) << "</th>";
    for (std::size_t j = 0; j < sentences.size(); ++j) {
      const float similarity = similarities(static_cast<Index>(i), static_cast<Index>(j));
      page << shaded_element("td", two_digits(similarity), std::clamp(similarity, 0.0f, 1.0f),
                             sentences[i] + " / " + sentences[j]);
    }
    page << "</tr>\n";
  }
  page << "</table></div>\n";
  page.close();
  std::cout << path << " shows " << sentences.size() << " sentences\n\n";
}

int run(const std::string& folder, const std::string& states, const std::string& page) {
  const seqpool::io::Safetensors file(states);
  const auto hidden_states = file.tensor<Eigen::half, 3>("hidden_states");  // [batch, seq, hidden]
  const auto mask = file.tensor<std::int64_t, 2>("attention_mask");         // [batch, seq]

  const seqpool::model::SentenceTransformer model(folder);
  const auto vectors = model.embed(hidden_states, mask);  // [batch, dimension], those of model.encode() in Python
  const auto similarities = seqpool::similarity(vectors, vectors, model.similarity_function());  // [batch, batch]

  std::cout << folder << "\n  pooling and heads  " << model.summary() << "\n  dimension          " << model.dimension()
            << "\n  most tokens        "
            << (model.max_seq_length() ? std::to_string(*model.max_seq_length()) : "the folder does not say")
            << "\n  compared by        " << seqpool::name_of(model.similarity_function()) << "\n\n";

  const auto sentences = nlohmann::json::parse(file.metadata().at("sentences")).get<std::vector<std::string>>();
  if (!page.empty()) write_page(page, sentences, similarities);

  // The sentences of pair i are rows 2 i and 2 i + 1.
  const auto python = file.tensor<float, 1>("cosines", {vectors.dimension(0) / 2});
  Eigen::Tensor<float, 1> ours(python.size());
  std::cout << cut("first", 39) << " " << cut("second", 39) << "  seqpool   Python\n"
            << std::fixed << std::setprecision(4);
  for (Index i = 0; i < python.size(); ++i) {
    ours(i) = similarities(2 * i, 2 * i + 1);
    std::cout << cut(sentences.at(static_cast<std::size_t>(2 * i)), 39) << " "
              << cut(sentences.at(static_cast<std::size_t>(2 * i + 1)), 39) << std::setw(9) << ours(i) << std::setw(9)
              << python(i) << "\n";
  }

  // Python's numbers are of the states before they were rounded to half, which moves a vector of length 1 by less.
  constexpr float bound = 1e-3f;
  const float of_cosines = difference(ours, python);
  const float of_vectors =
      difference(vectors, file.tensor<float, 2>("vectors", {vectors.dimension(0), model.dimension()}));
  const bool close = of_cosines <= bound && of_vectors <= bound;
  std::cout << "\n"
            << (close ? "" : "FAILED. ") << std::scientific << std::setprecision(1)
            << "Largest difference to Python: " << of_cosines << " of a cosine, " << of_vectors
            << " of a vector's number (bound " << std::setprecision(0) << bound << ").\n";
  return close ? 0 : 1;
}

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::string page;
  if (const auto option = std::find(arguments.begin(), arguments.end(), "--html"); arguments.end() - option > 1) {
    page = option[1];
    arguments.erase(option, option + 2);
  }
  arguments.resize(2);
  const std::string folder = arguments[0].empty() ? SEQPOOL_EXAMPLES_DATA "/all-MiniLM-L6-v2" : arguments[0];
  const std::string states = arguments[1].empty() ? SEQPOOL_EXAMPLES_DATA "/pairs.safetensors" : arguments[1];
  try {
    return run(folder, states, page);
  } catch (const std::exception& error) {
    std::cerr << "07_embed: " << error.what() << "\n";
    return 2;
  }
}
