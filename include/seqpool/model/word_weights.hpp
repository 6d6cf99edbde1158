// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_WORD_WEIGHTS_HPP
#define SEQPOOL_MODEL_WORD_WEIGHTS_HPP

#include <seqpool/io/message_text.hpp>
#include <seqpool/model/checkpoint.hpp>
#include <seqpool/model/config.hpp>
#include <seqpool/model/folder.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// The weight of each word of a WordWeights module's vocabulary, by token id: emb_layer.weight [words, 1], or where
// there is no such file (5.3 and older) what config.json says.
[[nodiscard]] inline std::vector<float> read_word_weights(const Folder& folder);

// ---------------------------------------------------------------------------------------------------------------------

inline std::vector<float> read_word_weights(const Folder& folder) {
  const Config config = folder.config("config.json");
  config.refuse_others({"vocab", "word_weights", "unknown_word_weight"});
  const auto vocabulary = config.texts("vocab");
  const Index words = static_cast<Index>(vocabulary.size());
  if (folder.has("model.safetensors")) {
    Checkpoint weights(folder);
    const Matrix stored = weights.matrix("emb_layer.weight", words, 1);
    weights.refuse_unused([](std::string_view) { return false; });
    return {stored.data(), stored.data() + stored.size()};
  }
  const Config by_word = config.object("word_weights");
  const double unknown = config.number("unknown_word_weight", 1.0);
  std::vector<float> result;
  for (const std::string& word : vocabulary) {
    std::string lower = word;
    const bool ascii =
        std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
    if (!by_word.has(word) && !ascii)
      config.refuse("vocab", "has '" + io::detail::excerpt(word) +
                                 "', which has no weight and whose lower case is not known here; save the model again "
                                 "with sentence-transformers 5.4 or newer, which stores the weights");
    std::transform(word.begin(), word.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const std::string& key = by_word.has(word) ? word : lower;
    const float weight = static_cast<float>(by_word.number(key, unknown));
    if (!std::isfinite(weight)) config.refuse("word_weights", "holds a weight that is no finite number in float");
    result.push_back(weight);
  }
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
