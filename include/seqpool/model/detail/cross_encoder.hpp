// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/encoder_output.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/transformers_config.hpp>

// CrossEncoders whose scores come out of modules, or are a language model's logits of words.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Models whose logits are their last hidden states times lm_head. Others scale them, cap them or add to them.
inline constexpr std::array<std::string_view, 8> language_models{
    "Gemma3ForCausalLM", "GemmaForCausalLM", "LlamaForCausalLM", "MistralForCausalLM",
    "Phi3ForCausalLM",   "Qwen2ForCausalLM", "Qwen3ForCausalLM", "SmolLM3ForCausalLM"};

// Throws Error: the modules of this folder give vectors.
[[noreturn]] inline void refuse_vectors(const Folder& folder, const Module& last) {
  for (const std::string head : {"model_head.safetensors", "model_head.pkl"})
    if (folder.has(head))
      detail::refuse(folder.file(head),
                     {"is SetFit's head, which stands behind the modules: read the folder as a SentenceTransformer, "
                      "and map its vectors by a Linear of this head",
                      (head.ends_with(".pkl") ? ", which python3 examples/convert/to_safetensors.py --trust-pickle (in "
                                                "seqpool's repository) writes as safetensors"
                                              : ""),
                      "; docs/from-a-model-folder.md shows it"});
  detail::refuse(last.where, {"gives a vector and no 'scores', as the last module of a CrossEncoder does; "
                              "vectors are read by SentenceTransformer and MultiVectorEncoder"});
}

// Adds the modules from `first` on to what was read of those before, which gave pooled vectors or scores. Throws Error
// unless the last module gives scores.
inline void add_score_modules(ClassifierFolder& result, const Folder& folder, const std::vector<Module>& modules,
                              std::size_t first, bool are_scores) {
  constexpr ModulePlace vectors{"behind the Pooling", pooled_features, head_modules, score_features};
  constexpr ModulePlace scores{"behind the scores of a CrossEncoder", score_features, dense_alone};
  HeadList heads(result.heads.width(result.pooling.width()));
  for (; first < modules.size(); ++first)
    if (add_module(heads, modules[first], are_scores ? scores : vectors)) are_scores = true;
  if (!are_scores) refuse_vectors(folder, modules.back());
  result.heads = AnyHead<float>({result.heads, heads.head()});
  result.summary += heads.summary();
  result.several_at_once = false;
  result.labels.clear();
  for (Index i = 0; i < heads.width(); ++i) result.labels.push_back("LABEL_" + std::to_string(i));
}

// The logit of the first word as the next token of a text, less that of the second if there is one. The model's matrix
// from hidden states to words, which may be that of its embeddings, has a row for each word.
inline ClassifierFolder read_word_logits(const Folder& folder, const ScoredWords& words) {
  const Config config = folder.config("config.json");
  if (!words.true_token_id)
    config.refuse("architectures",
                  {"is a language model, of which a CrossEncoder takes the logits of words: say which, by "
                   "SequenceClassifier(folder, {.true_token_id = ..., .false_token_id = ...}); sentence-transformers "
                   "takes the tokenizer's ids of 'yes' and 'no'"});
  const std::string model = detail::architecture(config);
  if (std::find(language_models.begin(), language_models.end(), model) == language_models.end())
    config.refuse_value("architectures", model, language_models);
  if (config.has("final_logit_softcapping"))
    config.refuse("final_logit_softcapping", {"changes the logits, which is not understood"});
  Checkpoint weights(folder);
  // Where there is no lm_head the embeddings stand in for it, unless the model says that the two differ.
  const bool is_tied = !weights.has("lm_head.weight") && config.flag("tie_word_embeddings", true);
  const std::vector<Index> ids{*words.true_token_id, words.false_token_id.value_or(*words.true_token_id)};
  const Matrix rows = weights.rows(is_tied ? "model.embed_tokens.weight" : "lm_head.weight", ids);
  weights.pass_over_all("model.");
  weights.refuse_unused();
  Matrix row = rows.slice(Eigen::array<Index, 2>{0, 0}, Eigen::array<Index, 2>{1, rows.dimension(1)});
  for (Index h = 0; words.false_token_id && h < row.size(); ++h) row(0, h) -= rows(1, h);
  ClassifierFolder result{.pooling = {.hidden = row.size(), .modes = {Mode::last}}, .heads = Linear<float>(row)};
  result.summary = " -> logit of word " + std::to_string(ids[0]);
  if (words.false_token_id) result.summary += " less that of " + std::to_string(ids[1]);
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
