// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/encoder_output.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/transformers_config.hpp>

// CrossEncoders whose scores come out of modules, or are a language model's logits of words.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Those whose logits are their last hidden states times lm_head: others scale them, cap them or add to them.
inline constexpr auto language_models =
    std::to_array<std::string_view>({"Gemma3ForCausalLM", "GemmaForCausalLM", "LlamaForCausalLM", "MistralForCausalLM",
                                     "Phi3ForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM", "SmolLM3ForCausalLM"});

// Adds the modules from `first` on to what was read of those before, which gave pooled vectors or scores; throws Error
// unless the last one gives scores.
inline void add_score_modules(ClassifierFolder& result, const std::vector<Module>& modules, std::size_t first,
                              bool are_scores) {
  HeadList heads(result.heads.width(result.pooling.width()));
  for (; first < modules.size(); ++first)
    if (modules[first].type == "Dense")
      are_scores |=
          add_dense(heads, modules[first].folder, are_scores ? score_features : pooled_features, score_features);
    else if (!are_scores)
      add_module(heads, modules[first], {});
    else
      refuse_module(modules[first], "behind the scores of a CrossEncoder", std::array<std::string_view, 1>{"Dense"});
  if (!are_scores)
    detail::refuse(modules.back().where, {"gives a vector and no 'scores', as the last module of a CrossEncoder does; "
                                          "vectors are read by SentenceTransformer and MultiVectorEncoder"});
  result.heads = AnyHead<float>({result.heads, heads.head()});
  result.summary += heads.summary();
  result.hidden = result.pooling.hidden;
  result.several_at_once = false;
  result.labels.clear();
  for (Index i = 0; i < heads.width(); ++i) result.labels.push_back("LABEL_" + std::to_string(i));
}

// The logit of one word behind a text's last token, or of one less that of another: of the model in `folder` two rows
// of the matrix from hidden states to words, which may be that of its embeddings.
inline void read_word_logits(ClassifierFolder& result, const Folder& folder, const ScoredWords& words) {
  const Config config = folder.config("config.json");
  if (!words.true_token_id)
    config.refuse("architectures",
                  {"is a language model, of which a CrossEncoder takes the logits of words: say which, by "
                   "SequenceClassifier(folder, {.true_token_id = ..., .false_token_id = ...}); sentence-transformers "
                   "takes the tokenizer's ids of 'yes' and 'no'"});
  const std::string model = detail::architecture(config);
  if (std::find(language_models.begin(), language_models.end(), model) == language_models.end())
    config.refuse_value("architectures", model, language_models);
  constexpr std::string_view cap = "final_logit_softcapping";
  if (config.has(cap)) config.refuse(cap, {"changes the logits, which is not understood"});
  Checkpoint weights(folder);
  // Its embeddings stand in for lm_head where it is not there, unless the model says that the two differ.
  const bool is_tied = !weights.has("lm_head.weight") && config.flag("tie_word_embeddings", true);
  const std::vector<Index> ids{*words.true_token_id, words.false_token_id.value_or(*words.true_token_id)};
  const Matrix rows = weights.rows(is_tied ? "model.embed_tokens.weight" : "lm_head.weight", ids);
  weights.refuse_unused([](std::string_view name) { return name.starts_with("model."); });
  Matrix row = rows.slice(Eigen::array<Index, 2>{0, 0}, Eigen::array<Index, 2>{1, rows.dimension(1)});
  for (Index h = 0; words.false_token_id && h < row.size(); ++h) row(0, h) -= rows(1, h);
  result.pooling = {.hidden = row.size(), .modes = {Mode::last}};
  result.heads = Linear<float>(row);
  result.summary = " -> logit of word " + std::to_string(ids[0]);
  if (words.false_token_id) result.summary += " less that of " + std::to_string(ids[1]);
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
