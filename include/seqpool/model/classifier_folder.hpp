// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_CLASSIFIER_FOLDER_HPP
#define SEQPOOL_MODEL_CLASSIFIER_FOLDER_HPP

#include <seqpool/head/any_head.hpp>
#include <seqpool/model/activation_names.hpp>
#include <seqpool/model/architectures.hpp>
#include <seqpool/model/checkpoint.hpp>
#include <seqpool/model/config.hpp>
#include <seqpool/model/folder.hpp>
#include <seqpool/model/head_list.hpp>
#include <seqpool/model/pooling_modes.hpp>
#include <seqpool/model/transformers_config.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What logits become.
enum class Scores { softmax, sigmoid, logits };

// All that a classifier's folder says.
struct ClassifierFolder {
  Index hidden = 0;
  PoolingConfig pooling;
  AnyHead<float> heads{std::vector<AnyHead<float>>()};
  std::string summary;              // of the heads
  std::vector<std::string> labels;  // none of a model that gives vectors
  Scores scores = Scores::softmax;
  bool several_at_once = false;  // classes that do not exclude each other
};

// Reads the head of an architecture that is one of `families`; throws Error for all that is not understood.
[[nodiscard]] inline ClassifierFolder read_classifier(const std::filesystem::path& path,
                                                      std::span<const Family> families);

// ---------------------------------------------------------------------------------------------------------------------

// What Python makes of logits: CrossEncoder.predict, where the folder is one's, and else Transformers' pipeline.
inline Scores read_scores(const Folder& folder, const Config& config, std::size_t classes) {
  const auto of_activation = [](const Config& from, std::string_view key) {
    constexpr std::array<std::string_view, 2> understood{"torch.nn.modules.activation.Sigmoid",
                                                         "torch.nn.modules.linear.Identity"};
    const Activation activation = torch_activation(from, key);
    if (activation == Activation::sigmoid) return Scores::sigmoid;
    if (activation != Activation::identity) from.refuse_value(key, from.text(key), understood);
    return Scores::logits;
  };
  bool is_cross_encoder = false;
  if (folder.has("config_sentence_transformers.json")) {
    const Config settings = folder.config("config_sentence_transformers.json");
    is_cross_encoder = settings.text("model_type", "") == "CrossEncoder";
    if (is_cross_encoder && settings.has("activation_fn")) return of_activation(settings, "activation_fn");
  }
  if (config.has("sentence_transformers")) {
    is_cross_encoder = true;
    const Config settings = config.object("sentence_transformers");
    if (settings.has("activation_fn")) return of_activation(settings, "activation_fn");
  }
  if (config.has("sbert_ce_default_activation_function"))
    return of_activation(config, "sbert_ce_default_activation_function");
  if (is_cross_encoder) return classes == 1 ? Scores::sigmoid : Scores::logits;

  constexpr std::array<std::string_view, 3> problems{"regression", "single_label_classification",
                                                     "multi_label_classification"};
  const std::string problem = config.text("problem_type", "");
  if (problem == problems[0]) return Scores::logits;
  if (problem == problems[2]) return Scores::sigmoid;
  if (!problem.empty() && problem != problems[1]) config.refuse_value("problem_type", problem, problems);
  return classes == 1 ? Scores::sigmoid : Scores::softmax;
}

inline ClassifierFolder read_classifier(const std::filesystem::path& path, std::span<const Family> families) {
  const Folder folder(path);
  refuse_adapter(folder);
  const Config config = folder.config("config.json");
  const Family& family = find_family(config, families);
  ClassifierFolder result;
  result.hidden = hidden_size(config.has("vision_config") ? config.object("vision_config") : config);
  Checkpoint weights(folder);
  Reading reading{config, weights, HeadList(result.hidden)};
  family.read(reading, count_labels(config));
  weights.refuse_unused([&](std::string_view name) { return name.starts_with(family.encoder); });
  result.pooling.hidden = result.hidden;
  result.pooling.poolings = {reading.pooling};
  result.heads = reading.heads.head();
  result.summary = reading.heads.summary();
  result.scores = Scores::logits;
  if (!reading.has_classes) return result;
  result.labels = read_labels(config);
  result.scores = read_scores(folder, config, result.labels.size());
  result.several_at_once = config.text("problem_type", "") == "multi_label_classification";
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
