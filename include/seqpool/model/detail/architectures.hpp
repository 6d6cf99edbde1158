// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/clip.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/pooling_modes.hpp>
#include <seqpool/model/detail/siglip.hpp>
#include <seqpool/model/detail/transformers_config.hpp>

#include <cstddef>
#include <tuple>
#include <utility>

// How each architecture of Transformers classifies: which token, which layers, by which names.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What is read of a classifier: the pooling, and the heads that follow it.
struct Reading {
  const Config& config;
  Checkpoint& weights;
  HeadList heads;
  PoolingConfig pooling = {.modes = {Mode::cls}};
  bool has_classes = true;  // or gives a vector
  // Whether the token is found by ids, and which of them is padding.
  bool takes_ids = false;
  std::optional<Index> pad_token_id = {};

  void dense(const std::string& name, Activation activation, bool has_bias = true) {
    const Index hidden = heads.width();
    heads.add_layer(Dense{read_linear(weights, name, hidden, hidden, has_bias), activation}, "Dense", activation);
  }
  void linear(const std::string& name, Index out, bool has_bias = true) {
    heads.add_layer(read_linear(weights, name, out, heads.width(), has_bias), "Linear");
  }
  // What most of them are.
  void dense_and_linear(const std::string& first, Activation activation, const std::string& second, Index labels) {
    dense(first, activation);
    linear(second, labels);
  }
};

// Reads what comes behind the encoder, for `labels` classes.
using Reader = void (*)(Reading& reading, Index labels);

// A family of architectures: its model as `architectures` names it, with "ForSequenceClassification" or
// "ForTokenClassification" behind it unless that is the whole name; the prefix of its encoder's tensors; and how it is
// read, where it classifies sequences or each token.
struct Family {
  std::string_view model;
  std::string_view encoder;
  Reader read_sequence;
  Reader read_token = nullptr;

  [[nodiscard]] Reader reader(Task task) const { return task == Task::sequence ? read_sequence : read_token; }
  [[nodiscard]] std::string architecture(Task task) const;
};

// The family of `architectures`; throws Error if it is none that does the task.
[[nodiscard]] inline const Family& find_family(const Config& config, Task task);

// ---------------------------------------------------------------------------------------------------------------------

inline void read_bert(Reading& r, Index labels) {
  r.dense_and_linear("bert.pooler.dense", Activation::tanh, "classifier", labels);
}

inline void read_albert(Reading& r, Index labels) {
  r.dense_and_linear("albert.pooler", Activation::tanh, "classifier", labels);
}

inline void read_roberta(Reading& r, Index labels) {
  r.dense_and_linear("classifier.dense", Activation::tanh, "classifier.out_proj", labels);
}

inline void read_electra(Reading& r, Index labels) {
  r.dense_and_linear("classifier.dense", Activation::gelu, "classifier.out_proj", labels);
}

inline void read_distilbert(Reading& r, Index labels) {
  r.dense_and_linear("pre_classifier", Activation::relu, "classifier", labels);
}

inline void read_deberta(Reading& r, Index labels) {
  if (r.config.count("pooler_hidden_size", r.heads.width()) != r.heads.width())
    r.config.refuse("pooler_hidden_size", {"is not hidden_size, which is not understood"});
  r.dense_and_linear("pooler.dense", transformers_activation(r.config, "pooler_hidden_act", "gelu"), "classifier",
                     labels);
}

inline void read_modernbert_tokens(Reading& r, Index labels) {
  r.dense("head.dense", transformers_activation(r.config, "classifier_activation", "gelu"),
          r.config.flag("classifier_bias", false));
  const Vector weight = r.weights.vector("head.norm.weight", r.heads.width());
  const double eps = r.config.number("norm_eps", 1e-5);
  if (!(eps >= 0)) r.config.refuse("norm_eps", {"must be 0 or more"});
  if (r.config.flag("norm_bias", false))
    r.heads.add(LayerNorm{weight, r.weights.vector("head.norm.bias", r.heads.width()), eps}, "LayerNorm");
  else
    r.heads.add(LayerNorm{weight, eps}, "LayerNorm");
  r.linear("classifier", labels);
}

inline void read_modernbert(Reading& r, Index labels) {
  static constexpr auto poolings = std::to_array<Named<Mode>>({{"cls", Mode::cls}, {"mean", Mode::mean}});
  r.pooling.modes = {detail::chosen(r.config, "classifier_pooling", poolings)};
  read_modernbert_tokens(r, labels);
}

// SequenceSummary. Its mean counts padding, and its last is the last column, so that it is the last token under left
// padding alone: of these seqpool knows the last real token.
inline void read_xlnet(Reading& r, Index labels) {
  static constexpr auto types = std::to_array<Named<Mode>>({{"last", Mode::last}, {"first", Mode::cls}});
  r.pooling.modes = {detail::chosen(r.config, "summary_type", types)};
  if (r.config.flag("summary_proj_to_labels", false))
    r.config.refuse("summary_proj_to_labels", {"is true, which is not understood"});
  // The key, when it is null, says that there is none; when it is not there, that it is tanh.
  const Activation activation = r.config.is_null("summary_activation")
                                    ? Activation::identity
                                    : transformers_activation(r.config, "summary_activation", "tanh");
  if (r.config.flag("summary_use_proj", true))
    r.dense("sequence_summary.summary", activation);
  else if (activation != Activation::identity)
    r.heads.add(Activate{activation}, std::string(name_of(activation)));
  r.linear("logits_proj", labels);
}

// The last token whose id is not padding's.
inline void read_decoder_padded_by(Reading& r, Index labels, std::optional<Index> own_pad_token_id) {
  r.pooling.modes = {Mode::last};
  r.takes_ids = true;
  r.pad_token_id = read_pad_token_id(r.config, own_pad_token_id);
  r.linear("score", labels, false);
}

inline void read_decoder(Reading& r, Index labels) { read_decoder_padded_by(r, labels, {}); }

inline void read_gemma(Reading& r, Index labels) { read_decoder_padded_by(r, labels, Index{0}); }

// The decoder's hidden states, at the place of the last token of the encoder's input, which is eos.
inline void read_encoder_decoder(Reading& r, Index labels) {
  r.pooling.modes = {Mode::last};
  r.dense_and_linear("classification_head.dense", Activation::tanh, "classification_head.out_proj", labels);
}

inline void read_siglip(Reading& r, Index labels) {
  r.pooling.modes = {Mode::mean};
  r.linear("classifier", labels);
}

inline void read_clip_text(Reading& r, Index) {
  r.pooling.modes = {Mode::last};
  r.has_classes = false;
  r.linear("text_projection", size_of(r.config, "projection_dim", 512), false);
}

inline void read_clip_vision(Reading& r, Index) {
  r.has_classes = false;
  read_clip_image(r.config, r.weights, r.heads);
}

// The vision model's own attention pooling, which an image's vector comes from.
inline void read_siglip_vision(Reading& r, Index) {
  r.has_classes = false;
  const Index hidden = r.heads.width();
  const std::string whole = r.weights.has("vision_model.head.probe") ? "vision_model." : "";
  for (const char* part : {"embeddings.", "encoder.", "post_layernorm."}) r.weights.pass_over_all(whole + part);
  for (const char* other : {"text_model.", "logit_scale", "logit_bias"}) r.weights.pass_over_all(other);
  const bool both = r.config.has("vision_config");
  r.pooling.modes = {Mode::attention};
  r.pooling.attention = read_siglip_attention(both ? r.config.object("vision_config") : r.config, r.weights,
                                              whole + "head.", hidden, r.heads);
}

inline void read_token_classifier(Reading& r, Index labels) { r.linear("classifier", labels); }

inline void read_token_scores(Reading& r, Index labels) {
  r.linear("score", labels, r.config.flag("token_classification_bias", true));
}

inline constexpr auto families = std::to_array<Family>({
    {"Albert", "albert.", read_albert, read_token_classifier},
    {"Bart", "model.", read_encoder_decoder},
    {"Bert", "bert.", read_bert, read_token_classifier},
    {"CLIPTextModelWithProjection", "text_model.", read_clip_text},
    {"CLIPVisionModelWithProjection", "vision_model.", read_clip_vision},
    {"Camembert", "roberta.", read_roberta, read_token_classifier},
    {"Deberta", "deberta.", read_deberta, read_token_classifier},
    {"DebertaV2", "deberta.", read_deberta, read_token_classifier},
    {"DistilBert", "distilbert.", read_distilbert, read_token_classifier},
    {"Electra", "electra.", read_electra, read_token_classifier},
    {"GPT2", "transformer.", read_decoder},
    {"Gemma2", "model.", read_gemma, read_token_scores},
    {"Gemma3Text", "model.", read_gemma},
    {"Gemma", "model.", read_gemma, read_token_scores},
    {"Llama", "model.", read_decoder, read_token_scores},
    {"MPNet", "mpnet.", read_roberta, read_token_classifier},
    {"Mistral", "model.", read_decoder, read_token_scores},
    {"ModernBert", "model.", read_modernbert, read_modernbert_tokens},
    {"Qwen2", "model.", read_decoder, read_token_scores},
    {"Qwen3", "model.", read_decoder, read_token_scores},
    {"Roberta", "roberta.", read_roberta, read_token_classifier},
    {"Siglip2ForImageClassification", "vision_model.", read_siglip},
    {"Siglip2Model", "vision_model.encoder.", read_siglip_vision},
    {"Siglip2VisionModel", "encoder.", read_siglip_vision},
    {"SiglipForImageClassification", "vision_model.", read_siglip},
    {"SiglipModel", "vision_model.encoder.", read_siglip_vision},
    {"SiglipVisionModel", "encoder.", read_siglip_vision},
    {"T5", "transformer.", read_encoder_decoder},
    {"XLMRoberta", "roberta.", read_roberta, read_token_classifier},
    {"XLNet", "transformer.", read_xlnet, read_token_classifier},
});

inline std::string Family::architecture(Task task) const {
  const bool is_whole = model.find("For") != model.npos || model.find("Model") != model.npos;
  if (is_whole) return std::string(model);
  return std::string(model) + (task == Task::sequence ? "ForSequenceClassification" : "ForTokenClassification");
}

inline const Family& find_family(const Config& config, Task task) {
  const std::string page = "docs/from-a-model-folder.md lists all";
  if (!config.has("architectures"))
    config.refuse("architectures", {"is missing, which says the class that saved the model, such as '",
                                    families.front().architecture(task), "'; ", page});
  const std::string name = io::detail::excerpt(architecture(config));
  const auto find = [&](Task of) {
    return std::find_if(families.begin(), families.end(),
                        [&](const Family& family) { return family.reader(of) && family.architecture(of) == name; });
  };
  if (const auto found = find(task); found != families.end()) return *found;
  // By what stands before "For", which is the model, and then by the whole name.
  const auto distance = [&](const Family& family) {
    const auto model = [](std::string_view all) { return all.substr(0, all.find("For")); };
    const std::string other = family.architecture(task);
    return std::tuple(family.reader(task) == nullptr, detail::letters_between(model(other), model(name)),
                      detail::letters_between(other, name));
  };
  const auto nearest = std::min_element(families.begin(), families.end(),
                                        [&](const Family& a, const Family& b) { return distance(a) < distance(b); });
  std::string rule = "is '" + name + "', which is not understood; the nearest that is understood is '" +
                     nearest->architecture(task) + "', and " + page;
  if (config.has("auto_map")) rule += "; auto_map says that the model is code of its own";
  for (const auto& [other, by] :
       {std::pair(Task::sequence, "SequenceClassifier"), std::pair(Task::token, "TokenClassifier")})
    if (find(other) != families.end()) rule += std::string("; a ") + by + " reads it";
  config.refuse("architectures", {rule});
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
