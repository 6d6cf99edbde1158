// SPDX-License-Identifier: MIT
// What --model names: a folder of sentence-transformers or model2vec, which gives vectors, a classifier's of
// Transformers, or one that train_text wrote; and what --head makes of vectors.
#ifndef SEQPOOL_EXAMPLES_MODEL_FOLDER_HPP
#define SEQPOOL_EXAMPLES_MODEL_FOLDER_HPP

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <seqpool/model/model.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "text_head.hpp"
#include "topics.hpp"
#include "trained_text.hpp"

class ModelFolder {
 public:
  // `head` may be "".
  ModelFolder(const std::filesystem::path& folder, const std::filesystem::path& head) : folder_(folder) {
    const bool is_trained = std::filesystem::exists(folder / TrainedText::file_name);
    if (is_trained || is_classifier(folder)) {
      if (!head.empty()) throw std::runtime_error("--head needs vectors, and " + folder.string() + " is a classifier");
      if (is_trained)
        trained_.emplace(folder);
      else
        classifier_.emplace(folder);
      return;
    }
    embedder_.emplace(folder);
    // encode() writes this in front of each sentence, which the tokenizer here is not told to.
    const auto& prompt = embedder_->default_prompt_name();
    if (prompt && !embedder_->prompts().at(*prompt).empty())
      throw seqpool::model::Error(folder.string(),
                                  "has the default prompt '" + *prompt + "', which is not written here");
    head_ = !head.empty() ? TextHead::of_file(head) : TextHead::of_folder(folder);
  }

  const std::filesystem::path& folder() const { return folder_; }
  // Whether it takes hidden states, or else ids.
  bool has_encoder() const { return trained_ || classifier_ || embedder_->has_encoder(); }
  // None where there are only vectors.
  const std::vector<std::string>* labels() const {
    if (trained_) return &trained_->labels();
    if (classifier_) return &classifier_->labels();
    return head_ ? &head_->labels() : nullptr;
  }
  std::string summary() const {
    return trained_ ? trained_->summary() : classifier_ ? classifier_->summary() : embedder_->summary();
  }
  // What train_text wrote, or null.
  const TrainedText* trained() const { return trained_ ? &*trained_ : nullptr; }

  // Probabilities [batch, classes], or vectors [batch, dimension].
  template <class X, class M> Vectors of(const X& x, const M& mask) const {
    if (trained_) return trained_->probabilities(x, mask);
    if (classifier_) return classifier_->probabilities(x, mask);
    return of_vectors(embedder_->embed(x, mask));
  }
  // The same of a model without an encoder: ids [batch, seq].
  template <class I, class M> Vectors of_ids(const I& ids, const M& mask) const {
    return of_vectors(embedder_->embed_ids(ids, mask));
  }

  // How alike vectors are, [n, m], as the folder compares them.
  Vectors similarity(const Vectors& a, const Vectors& b) const {
    return seqpool::similarity(a, b, embedder_->similarity_function());
  }

 private:
  Vectors of_vectors(const Vectors& vectors) const { return head_ ? head_->probabilities(vectors) : vectors; }

  // What is not there, or is no JSON, is for the folder's own reader to refuse.
  static bool is_classifier(const std::filesystem::path& folder) {
    if (std::filesystem::exists(folder / "modules.json")) return false;
    std::ifstream file(folder / "config.json");
    const auto config = nlohmann::json::parse(file, nullptr, false);
    if (!config.is_object() || !config.contains("architectures")) return false;
    const auto& names = config["architectures"];
    return names.is_array() && !names.empty() && names[0].is_string() &&
           names[0].get<std::string>().ends_with("ForSequenceClassification");
  }

  std::filesystem::path folder_;
  std::optional<seqpool::model::SentenceTransformer> embedder_;
  std::optional<TextHead> head_;
  std::optional<seqpool::model::SequenceClassifier> classifier_;
  std::optional<TrainedText> trained_;
};

#endif
