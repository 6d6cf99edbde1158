// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/architectures.hpp>
#include <seqpool/model/detail/encoder_output.hpp>
#include <seqpool/model/detail/folders.hpp>

#include <filesystem>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What is left in a file of the head that a model had before it was trained as a classifier, which Transformers passes
// over without a word: what they begin with.
inline constexpr std::array<std::string_view, 16> pretraining_heads{
    "cls.predictions.",            // BERT's masked words
    "cls.seq_relationship.",       // BERT's next sentence
    "decoder.",                    // ModernBERT's masked words, of which the classifier keeps `head.`
    "discriminator_predictions.",  // ELECTRA's replaced words
    "final_logits_bias",           // BART's next word
    "generator_lm_head.",          // ELECTRA's masked words
    "generator_predictions.",      // the layer before
    "lm_head.",                    // masked words of RoBERTa and its like, next words of all decoders and T5
    "lm_loss.",                    // XLNet's next word
    "lm_predictions.",             // DeBERTa's masked words
    "mask_predictions.",           // DeBERTa's replaced words
    "predictions.",                // ALBERT's masked words
    "sop_classifier.",             // ALBERT's order of sentences
    "vocab_layer_norm.",           // DistilBERT's masked words
    "vocab_projector.",            // and more of them
    "vocab_transform.",            // and more of them
};

// ---------------------------------------------------------------------------------------------------------------------

// What a CrossEncoder's predict makes of logits, as its activation says.
inline void read_activation(ClassifierFolder& result, const Config& from, std::string_view key) {
  const std::string path = from.text(key);
  const bool is_torch = path.starts_with("torch.");
  result.scores = is_torch && path.ends_with(".Sigmoid")    ? Scores::sigmoid
                  : is_torch && path.ends_with(".Identity") ? Scores::logits
                                                            : Scores::unknown;
  if (result.scores != Scores::unknown) return;
  try {
    from.refuse(key, {"is '", io::detail::excerpt(path),
                      "', which is not understood; understood are "
                      "'torch.nn.modules.activation.Sigmoid', 'torch.nn.modules.linear.Identity'. Logits do not "
                      "depend on it: apply it to those of logits()"});
  } catch (const Error& error) {
    result.unknown = error;
  }
}

// What Python makes of logits: CrossEncoder.predict, where the folder is one's, and else Transformers' pipeline.
inline void read_scores(ClassifierFolder& result, const Folder& folder, const Config& config) {
  const bool one_class = result.labels.size() == 1;
  bool is_cross_encoder = false;
  if (folder.has("config_sentence_transformers.json")) {
    const Config settings = folder.config("config_sentence_transformers.json");
    is_cross_encoder = settings.text("model_type", "") == "CrossEncoder";
    if (is_cross_encoder && settings.has("activation_fn")) return read_activation(result, settings, "activation_fn");
  }
  if (config.has("sentence_transformers")) {
    is_cross_encoder = true;
    const Config settings = config.object("sentence_transformers");
    if (settings.has("activation_fn")) return read_activation(result, settings, "activation_fn");
  }
  if (config.has("sbert_ce_default_activation_function"))
    return read_activation(result, config, "sbert_ce_default_activation_function");
  result.scores = one_class ? Scores::sigmoid : is_cross_encoder ? Scores::logits : Scores::softmax;
  if (is_cross_encoder) return;

  static constexpr auto problems =
      std::to_array<Named<std::optional<Scores>>>({{"regression", Scores::logits},
                                                   {"single_label_classification", {}},
                                                   {"multi_label_classification", Scores::sigmoid}});
  if (!config.text("problem_type", "").empty())
    result.scores = detail::chosen(config, "problem_type", problems).value_or(result.scores);
}

SEQPOOL_BODY ClassifierFolder read_classifier(const std::filesystem::path& path, Task task) {
  const Folder folder(path);
  refuse_adapter(folder);
  const Config config = folder.config("config.json");
  const Architecture architecture = find_architecture(config, task);
  ClassifierFolder result;
  Checkpoint weights(folder);
  Reading reading{config, weights};
  architecture.read(reading);
  weights.refuse_unused([&](std::string_view name) {
    const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
    for (auto left = reading.encoder; !left.empty();) {
      const auto prefix = left.substr(0, left.find(' '));
      if (begins(prefix)) return true;
      left.remove_prefix((std::min)(prefix.size() + 1, left.size()));
    }
    return std::any_of(pretraining_heads.begin(), pretraining_heads.end(), begins);
  });
  result.pooling = reading.pooling;
  result.hidden = reading.pooling.hidden;
  result.heads = reading.heads.head();
  result.mix = reading.mix;
  result.summary = reading.heads.summary();
  result.takes_ids = reading.takes_ids;
  result.pad_token_id = reading.pad_token_id;
  result.scores = Scores::logits;
  if (!reading.has_classes) return result;
  result.labels = read_labels(config);
  read_scores(result, folder, config);
  result.several_at_once = config.text("problem_type", "") == "multi_label_classification";
  return result;
}

SEQPOOL_BODY ClassifierFolder read_sequence_classifier(const std::filesystem::path& path) {
  const Folder folder(path);
  if (folder.has("modules.json")) {
    constexpr std::array<std::string_view, 1> understood{"Transformer"};
    const auto modules = read_modules(folder);
    if (modules[0].type != understood[0]) refuse_module(modules[0], "as the encoder of a classifier", understood);
    if (modules.size() > 1)
      detail::refuse(modules[1].where, {"'", io::detail::excerpt(modules[1].type),
                                        "' stands behind the Transformer. A CrossEncoder's scores in Python are what "
                                        "comes out of that, which is not understood yet; vectors are read by "
                                        "SentenceTransformer and MultiVectorEncoder"});
    check_encoder_output(modules[0], class_logits_output);
  }
  return read_classifier(path, Task::sequence);
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
