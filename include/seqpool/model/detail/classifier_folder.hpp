// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/architectures.hpp>
#include <seqpool/model/detail/cross_encoder.hpp>
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
  const std::string_view name = torch_class(path);
  result.scores = name == "Sigmoid" ? Scores::sigmoid : name == "Softmax" ? Scores::softmax : Scores::activation;
  if (result.scores != Scores::activation) return;
  for (const auto& known : torch_activations)
    if (known.name == name) {
      result.activation = Activate{known.value};
      return;
    }
  try {
    from.refuse(
        key, {"is '", io::detail::excerpt(path), "', which is not understood; understood are torch's 'Softmax', ",
              quoted_list(names_of(torch_activations)), ". Logits do not depend on it: apply it to those of logits()"});
  } catch (const Error& error) {
    result.unknown = error;
  }
}

// What Python makes of logits: CrossEncoder.predict, where the folder is one's, and else Transformers' pipeline.
inline void read_scores(ClassifierFolder& result, const Folder& folder, const Config& config,
                        bool is_cross_encoder = false) {
  const Config settings = folder.config_if_there("config_sentence_transformers.json");
  is_cross_encoder = is_cross_encoder || settings.text("model_type", "") == "CrossEncoder";
  if (is_cross_encoder && settings.has("activation_fn")) return read_activation(result, settings, "activation_fn");
  is_cross_encoder = is_cross_encoder || config.has("sentence_transformers");
  const Config own = config.object("sentence_transformers", Config(config.file()));
  if (own.has("activation_fn")) return read_activation(result, own, "activation_fn");
  constexpr std::string_view old_key = "sbert_ce_default_activation_function";
  if (config.has(old_key)) return read_activation(result, config, old_key);
  result.scores = result.labels.size() == 1 ? Scores::sigmoid : is_cross_encoder ? Scores::logits : Scores::softmax;
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
  const auto read = find_reader(config, task);
  Checkpoint weights(folder);
  Reading reading{config, weights};
  read(reading);
  for (const std::string_view prefix : pretraining_heads) weights.pass_over_all(prefix);
  weights.refuse_unused();
  ClassifierFolder result = reading.finished();
  if (result.labels.empty()) return result;
  read_scores(result, folder, config);
  result.several_at_once = config.text("problem_type", "") == "multi_label_classification";
  return result;
}

// What a CrossEncoder's Pooling gives.
inline ClassifierFolder read_pooled(const Module& encoder, const Module& module) {
  check_encoder_output(encoder, hidden_states_output);
  const Config config = module.folder.config("config.json");
  const PoolingConfig pooling = read_pooling(config);
  if (!pooling.include_prompt)
    config.refuse("include_prompt", {"is false, which is understood of a SentenceTransformer alone"});
  return {.pooling = pooling};
}

// What a CrossEncoder's LogitScore gives.
inline ClassifierFolder read_logit_score(const Module& encoder, const Module& module) {
  check_encoder_output(encoder, word_logits_output);
  const Config config = module.folder.config("config.json");
  config.refuse_others({"true_token_id", "false_token_id", "module_input_name"});
  config.one_of("module_input_name", "causal_logits", {"causal_logits"});
  ScoredWords words{.true_token_id = config.count("true_token_id")};
  if (config.has("false_token_id")) words.false_token_id = config.count("false_token_id");
  return read_word_logits(encoder.folder, words);
}

SEQPOOL_BODY ClassifierFolder read_sequence_classifier(const std::filesystem::path& path, const ScoredWords& words) {
  const Folder folder(path);
  const Config config = folder.config_if_there("config.json");
  const auto modules = folder.has("modules.json") ? read_modules(folder) : std::vector<Module>();
  const std::string behind = modules.size() > 1 ? modules[1].type : "";
  const bool of_words = modules.empty() && architecture_if_said(config).ends_with("ForCausalLM");
  if (!modules.empty()) check_module(modules[0], "as the encoder of a classifier", {"Transformer"});
  if (!of_words && (words.true_token_id || words.false_token_id))
    detail::refuse(config.file(), {"is not a language model's without modules.json, of which alone true_token_id and "
                                   "false_token_id are the caller's"});
  ClassifierFolder result;
  if (behind == "Pooling") {
    result = read_pooled(modules[0], modules[1]);
  } else if (behind == "LogitScore") {
    result = read_logit_score(modules[0], modules[1]);
  } else if (of_words) {
    refuse_adapter(folder);
    result = read_word_logits(folder, words);
  } else {
    if (!modules.empty()) check_encoder_output(modules[0], class_logits_output);
    result = read_classifier(path, Task::sequence);
    if (behind.empty()) return result;
  }
  const bool is_read = behind == "Pooling" || behind == "LogitScore";
  add_score_modules(result, folder, modules, is_read ? 2 : 1, behind != "Pooling");
  read_scores(result, folder, config, true);
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
