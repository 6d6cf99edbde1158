// SPDX-License-Identifier: MIT
// Text in, vectors or labels out, of a folder without an encoder: a tokenizer and a table, both in the folder.
#ifndef SEQPOOL_EXAMPLES_TEXT_STATIC_TEXT_HPP
#define SEQPOOL_EXAMPLES_TEXT_STATIC_TEXT_HPP

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <seqpool/seqpool.hpp>
#include <span>
#include <string>
#include <vector>

#include "model_folder.hpp"
#include "topics.hpp"
#include "word_pieces.hpp"

class StaticText {
 public:
  explicit StaticText(const ModelFolder& model)
      : model_(model), pieces_(tokenizer_of(model.folder())), is_model2vec_(is_model2vec(model.folder())) {}

  Vectors of(std::span<const std::string> sentences) const {
    std::vector<std::vector<std::int64_t>> all;
    std::vector<std::size_t> lengths;
    for (const std::string& sentence : sentences) {
      auto& ids = all.emplace_back(pieces_.ids(sentence));
      if (is_model2vec_) std::erase(ids, pieces_.unknown());  // as its encode; sentence-transformers keeps them
      lengths.push_back(ids.size());
    }
    const std::size_t longest = lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
    Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> ids(static_cast<seqpool::Index>(all.size()),
                                                        static_cast<seqpool::Index>(longest));
    for (std::size_t b = 0; b < all.size(); ++b) std::copy(all[b].begin(), all[b].end(), ids.data() + b * longest);
    return model_.of_ids(ids, seqpool::Lengths(lengths));
  }

 private:
  static std::filesystem::path tokenizer_of(const std::filesystem::path& folder) {
    const auto own = folder / "0_StaticEmbedding/tokenizer.json";  // of sentence-transformers up to 5.3
    return std::filesystem::exists(own) ? own : folder / "tokenizer.json";
  }
  static bool is_model2vec(const std::filesystem::path& folder) {
    std::ifstream file(folder / "config.json");
    const auto config = nlohmann::json::parse(file, nullptr, false);
    return config.is_object() && config.value("model_type", "") == "model2vec";
  }

  const ModelFolder& model_;
  WordPieces pieces_;
  bool is_model2vec_;
};

#endif
