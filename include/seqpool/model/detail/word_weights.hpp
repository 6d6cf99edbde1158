// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/checkpoint.hpp>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// The weight of each word of a WordWeights module's vocabulary, by token id: its own, or that of its lower case, or
// `unknown_word_weight`.
//
// That is what config.json says, and Python reads it there alone. emb_layer.weight [words, 1], which 5.4 and newer
// write beside it, stands in for words of which only Python knows the lower case: those that are not ASCII.
[[nodiscard]] inline std::vector<float> read_word_weights(const Folder& folder);

// ---------------------------------------------------------------------------------------------------------------------

inline std::vector<float> read_word_weights(const Folder& folder) {
  const Config config = folder.config("config.json");
  config.refuse_others({"vocab", "word_weights", "unknown_word_weight"});
  const auto vocabulary = config.texts("vocab");
  std::optional<Matrix> stored;
  if (folder.has("model.safetensors")) {
    Checkpoint weights(folder);
    stored = weights.matrix("emb_layer.weight", static_cast<Index>(vocabulary.size()), 1);
    weights.refuse_unused();
  }
  const Config by_word = config.object("word_weights");
  const double unknown = config.number("unknown_word_weight", 1.0);
  std::vector<float> result;
  for (const std::string& word : vocabulary) {
    std::string lower = word;
    bool ascii = true;
    for (char& c : lower) {
      ascii = ascii && static_cast<unsigned char>(c) < 128;
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (by_word.has(word) || ascii)
      result.push_back(static_cast<float>(by_word.number(by_word.has(word) ? word : lower, unknown)));
    else if (stored)
      result.push_back((*stored)(static_cast<Index>(result.size()), 0));
    else
      config.refuse("vocab", {"has '", io::detail::excerpt(word),
                              "', which has no weight and whose lower case is not known here; save the model again "
                              "with sentence-transformers 5.4 or newer, which stores the weights"});
    if (!std::isfinite(result.back()))
      config.refuse("word_weights", {"holds a weight that is no finite number in float"});
  }
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
