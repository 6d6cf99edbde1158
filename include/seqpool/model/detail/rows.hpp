// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/row.hpp>

// Made by tests/golden/architectures/generate.py from Transformers 5.24.0: do not edit.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// clang-format off
inline constexpr Row architecture_rows[] = {
    {"AlbertForSequenceClassification", "albert.", Take::cls, {linear("albert.pooler", Activation::tanh), linear("classifier")}},
    {"AlbertForTokenClassification", "albert.", Take::each_token, {linear("classifier")}},
    {"BartForSequenceClassification", "model.", Take::last, {linear("classification_head.dense", Activation::tanh), linear("classification_head.out_proj")}},
    {"BeitForImageClassification", "beit.", Take::mean_of_rest, {layer_norm("beit.pooler.layernorm", {"layer_norm_eps", 1e-12}), linear("classifier")}},
    {"BertForSequenceClassification", "bert.", Take::cls, {linear("bert.pooler.dense", Activation::tanh), linear("classifier")}},
    {"BertForTokenClassification", "bert.", Take::each_token, {linear("classifier")}},
    {"CamembertForSequenceClassification", "roberta.", Take::cls, {linear("classifier.dense", Activation::tanh), linear("classifier.out_proj")}},
    {"CamembertForTokenClassification", "roberta.", Take::each_token, {linear("classifier")}},
    {"DebertaForSequenceClassification", "deberta.", Take::cls, {linear("pooler.dense", {"pooler_hidden_act", Activation::gelu}), linear("classifier")}},
    {"DebertaForTokenClassification", "deberta.", Take::each_token, {linear("classifier")}},
    {"DebertaV2ForSequenceClassification", "deberta.", Take::cls, {linear("pooler.dense", {"pooler_hidden_act", Activation::gelu}), linear("classifier")}},
    {"DebertaV2ForTokenClassification", "deberta.", Take::each_token, {linear("classifier")}},
    {"Dinov2WithRegistersForImageClassification", "dinov2_with_registers.", Take::cls_and_rest, {linear("classifier")}, {}, 4},
    {"DistilBertForSequenceClassification", "distilbert.", Take::cls, {linear("pre_classifier", Activation::relu), linear("classifier")}},
    {"DistilBertForTokenClassification", "distilbert.", Take::each_token, {linear("classifier")}},
    {"ElectraForSequenceClassification", "electra.", Take::cls, {linear("classifier.dense", Activation::gelu), linear("classifier.out_proj")}},
    {"ElectraForTokenClassification", "electra.", Take::each_token, {linear("classifier")}},
    {"GPT2ForSequenceClassification", "transformer.", Take::last_by_id, {linear("score").without_bias()}},
    {"Gemma2ForSequenceClassification", "model.", Take::last_by_id, {linear("score").without_bias()}, {}, 0},
    {"Gemma2ForTokenClassification", "model.", Take::each_token, {linear("score").bias_by("token_classification_bias", true)}},
    {"Gemma3TextForSequenceClassification", "model.", Take::last_by_id, {linear("score").without_bias()}, {}, 0},
    {"GemmaForSequenceClassification", "model.", Take::last_by_id, {linear("score").without_bias()}, {}, 0},
    {"GemmaForTokenClassification", "model.", Take::each_token, {linear("score").bias_by("token_classification_bias", true)}},
    {"LlamaForSequenceClassification", "model.", Take::last_by_id, {linear("score").without_bias()}},
    {"LlamaForTokenClassification", "model.", Take::each_token, {linear("score").bias_by("token_classification_bias", true)}},
    {"MPNetForSequenceClassification", "mpnet.", Take::cls, {linear("classifier.dense", Activation::tanh), linear("classifier.out_proj")}},
    {"MPNetForTokenClassification", "mpnet.", Take::each_token, {linear("classifier")}},
    {"MistralForSequenceClassification", "model.", Take::last_by_id, {linear("score").without_bias()}},
    {"MistralForTokenClassification", "model.", Take::each_token, {linear("score").bias_by("token_classification_bias", true)}},
    {"ModernBertForSequenceClassification", "model.", Take::cls, {linear("head.dense", {"classifier_activation", Activation::gelu}).bias_by("classifier_bias", false), layer_norm("head.norm", {"norm_eps", 1e-05}).bias_by("norm_bias", false), linear("classifier")}, {{{"classifier_pooling", "cls"}}}},
    {"ModernBertForSequenceClassification", "model.", Take::mean, {linear("head.dense", {"classifier_activation", Activation::gelu}).bias_by("classifier_bias", false), layer_norm("head.norm", {"norm_eps", 1e-05}).bias_by("norm_bias", false), linear("classifier")}, {{{"classifier_pooling", "mean"}}}},
    {"ModernBertForTokenClassification", "model.", Take::each_token, {linear("head.dense", {"classifier_activation", Activation::gelu}).bias_by("classifier_bias", false), layer_norm("head.norm", {"norm_eps", 1e-05}).bias_by("norm_bias", false), linear("classifier")}},
    {"Qwen2ForSequenceClassification", "model.", Take::last_by_id, {linear("score").without_bias()}},
    {"Qwen2ForTokenClassification", "model.", Take::each_token, {linear("score").bias_by("token_classification_bias", true)}},
    {"Qwen3ForSequenceClassification", "model.", Take::last_by_id, {linear("score").without_bias()}},
    {"Qwen3ForTokenClassification", "model.", Take::each_token, {linear("score").bias_by("token_classification_bias", true)}},
    {"RobertaForSequenceClassification", "roberta.", Take::cls, {linear("classifier.dense", Activation::tanh), linear("classifier.out_proj")}},
    {"RobertaForTokenClassification", "roberta.", Take::each_token, {linear("classifier")}},
    {"Siglip2ForImageClassification", "vision_model.", Take::mean, {linear("classifier")}},
    {"SiglipForImageClassification", "vision_model.", Take::mean, {linear("classifier")}},
    {"T5ForSequenceClassification", "transformer.", Take::last, {linear("classification_head.dense", Activation::tanh), linear("classification_head.out_proj")}},
    {"Wav2Vec2ForSequenceClassification", "wav2vec2.", Take::mean, {linear("projector"), linear("classifier")}, {{{"use_weighted_layer_sum", "false"}}}},
    {"Wav2Vec2ForSequenceClassification", "wav2vec2.", Take::mean, {linear("projector"), linear("classifier")}, {{{"use_weighted_layer_sum", "true"}}}, {}, "layer_weights"},
    {"XLMRobertaForSequenceClassification", "roberta.", Take::cls, {linear("classifier.dense", Activation::tanh), linear("classifier.out_proj")}},
    {"XLMRobertaForTokenClassification", "roberta.", Take::each_token, {linear("classifier")}},
    {"XLNetForSequenceClassification", "transformer.", Take::last, {linear("sequence_summary.summary", {"summary_activation", Activation::tanh}), linear("logits_proj")}, {{{"summary_type", "last"}, {"summary_use_proj", "true"}, {"summary_proj_to_labels", "false"}}}},
    {"XLNetForSequenceClassification", "transformer.", Take::cls, {linear("sequence_summary.summary", {"summary_activation", Activation::tanh}), linear("logits_proj")}, {{{"summary_type", "first"}, {"summary_use_proj", "true"}, {"summary_proj_to_labels", "false"}}}},
    {"XLNetForTokenClassification", "transformer.", Take::each_token, {linear("classifier")}},
};
// clang-format on

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
