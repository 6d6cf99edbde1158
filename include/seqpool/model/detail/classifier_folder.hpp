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
  for (const auto& known : torch_activations)
    if (known.name == name) result.activation = known.value;
  result.scores = name == "Identity"                          ? Scores::logits
                  : name == "Sigmoid"                         ? Scores::sigmoid
                  : name == "Softmax"                         ? Scores::softmax
                  : result.activation != Activation::identity ? Scores::activation
                                                              : Scores::unknown;
  if (result.scores != Scores::unknown) return;
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
  const bool one_class = result.labels.size() == 1;
  if (folder.has("config_sentence_transformers.json")) {
    const Config settings = folder.config("config_sentence_transformers.json");
    is_cross_encoder = is_cross_encoder || settings.text("model_type", "") == "CrossEncoder";
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

SEQPOOL_BODY ClassifierFolder read_sequence_classifier(const std::filesystem::path& path, const ScoredWords& words) {
  const Folder folder(path);
  const Config config = config_if_there(folder, "config.json");
  const auto modules = folder.has("modules.json") ? read_modules(folder) : std::vector<Module>();
  const std::string behind = modules.size() > 1 ? modules[1].type : "";
  if (!modules.empty() && modules[0].type != "Transformer")
    refuse_module(modules[0], "as the encoder of a classifier", std::array<std::string_view, 1>{"Transformer"});
  const bool of_words = behind == "LogitScore" || (modules.empty() && config.has("architectures") &&
                                                   detail::architecture(config).ends_with("ForCausalLM"));
  if ((!modules.empty() || !of_words) && (words.true_token_id || words.false_token_id))
    detail::refuse(config.file(), {"is not a language model's without modules.json, of which alone true_token_id and "
                                   "false_token_id are the caller's"});
  ClassifierFolder result;
  if (behind == "Pooling") {
    check_encoder_output(modules[0], hidden_states_output);
    const Config pooling = modules[1].folder.config("config.json");
    result.pooling = read_pooling(pooling);
    if (!result.pooling.include_prompt)
      pooling.refuse("include_prompt", {"is false, which is understood of a SentenceTransformer alone"});
  } else if (of_words) {
    if (behind == "LogitScore") {
      check_encoder_output(modules[0], word_logits_output);
      const Config said = modules[1].folder.config("config.json");
      said.refuse_others({"true_token_id", "false_token_id", "module_input_name"});
      static_cast<void>(
          detail::chosen(said, "module_input_name", std::array<Named<bool>, 1>{{{"causal_logits", true}}}));
      ScoredWords own{.true_token_id = said.count("true_token_id")};
      if (said.has("false_token_id")) own.false_token_id = said.count("false_token_id");
      read_word_logits(result, modules[0].folder, own);
    } else {
      refuse_adapter(folder);
      read_word_logits(result, folder, words);
    }
  } else {
    if (!modules.empty()) check_encoder_output(modules[0], class_logits_output);
    result = read_classifier(path, Task::sequence);
    if (behind.empty()) return result;
  }
  add_score_modules(result, modules, behind == "Pooling" || of_words ? 2 : 1, behind != "Pooling");
  read_scores(result, folder, config, true);
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
