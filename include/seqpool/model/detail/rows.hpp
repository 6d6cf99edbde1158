// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/row.hpp>

// Made by tests/golden/architectures/generate.py from Transformers 5.24.0: do not edit.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// clang-format off
inline constexpr Row rows[] = {
    {"BertForSequenceClassification", "bert.", Take::cls, {linear("bert.pooler.dense", Activation::tanh), linear("classifier")}},
    {"BertForTokenClassification", "bert.", Take::each_token, {linear("classifier")}},
    {"GemmaForSequenceClassification", "model.", Take::last_by_id, {linear("score")}, {}, 0},
    {"LlamaForSequenceClassification", "model.", Take::last_by_id, {linear("score")}},
    {"ModernBertForSequenceClassification", "model.", Take::cls, {linear("head.dense", {"classifier_activation", Activation::gelu}), layer_norm("head.norm", 1e-05, "norm_eps"), linear("classifier")}, {{{"classifier_pooling", "cls"}}}},
    {"ModernBertForSequenceClassification", "model.", Take::mean, {linear("head.dense", {"classifier_activation", Activation::gelu}), layer_norm("head.norm", 1e-05, "norm_eps"), linear("classifier")}, {{{"classifier_pooling", "mean"}}}},
    {"Wav2Vec2ForSequenceClassification", "wav2vec2.", Take::mean, {linear("projector"), linear("classifier")}, {{{"use_weighted_layer_sum", "false"}}}},
    {"Wav2Vec2ForSequenceClassification", "wav2vec2.", Take::mean, {linear("projector"), linear("classifier")}, {{{"use_weighted_layer_sum", "true"}}}, {}, "layer_weights"},
};
// clang-format on

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
