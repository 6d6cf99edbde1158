// SPDX-License-Identifier: MIT
// A folder that sentence-transformers saved, and its encoder's hidden states: the vectors that encode() gives in
// Python.
//
//   07_embed [FOLDER [STATES]]     FOLDER: with modules.json or config.json; without it, the one in examples/data
//                                  STATES: a safetensors file as examples/data/generate.py makes it, of pairs of
//                                  sentences; without it, the one in examples/data
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

using seqpool::Index;

int run(const std::string& folder, const std::string& states) {
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

  // The sentences of pair i are rows 2 i and 2 i + 1.
  const auto sentences = nlohmann::json::parse(file.metadata().at("sentences")).get<std::vector<std::string>>();
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
  const std::string folder = argc > 1 ? argv[1] : SEQPOOL_EXAMPLES_DATA "/all-MiniLM-L6-v2";
  const std::string states = argc > 2 ? argv[2] : SEQPOOL_EXAMPLES_DATA "/pairs.safetensors";
  try {
    return run(folder, states);
  } catch (const std::exception& error) {
    std::cerr << "07_embed: " << error.what() << "\n";
    return 2;
  }
}
