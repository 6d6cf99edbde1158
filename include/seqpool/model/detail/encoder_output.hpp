// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/modules.hpp>

// What sentence-transformers takes from an encoder for the modules behind it.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What the encoder's forward() gives under the name `output`, handed on under the name `feature`.
struct EncoderOutput {
  std::string_view output;
  std::string_view feature;
};
inline constexpr EncoderOutput hidden_states_output{"last_hidden_state", token_features};
inline constexpr EncoderOutput token_logits_output{"logits", token_features};
inline constexpr EncoderOutput retrieval_output{"embeddings", token_features};
inline constexpr EncoderOutput class_logits_output{"logits", score_features};
inline constexpr EncoderOutput word_logits_output{"logits", "causal_logits"};

// Throws Error if the module, an encoder, says that Python takes something else than `expected` from it: another layer,
// another method's result. One of sentence-transformers that says nothing gives what its class does.
inline void check_encoder_output(const Module& encoder, EncoderOutput expected);

// ---------------------------------------------------------------------------------------------------------------------

inline constexpr std::array<Named<EncoderOutput>, 6> encoder_tasks{{
    {"feature-extraction", hidden_states_output},
    {"fill-mask", token_logits_output},
    {"sequence-classification", class_logits_output},
    {"text-generation", word_logits_output},
    {"any-to-any", word_logits_output},
    {"retrieval", retrieval_output},
}};

// Throws Error, about `key`, unless what is said there is what is expected.
inline void check_said(const Config& config, std::string_view key, const std::string& said, std::string_view expected) {
  if (said != expected)
    config.refuse(key, {"is '", io::detail::excerpt(said),
                        "', which is what Python takes of the encoder; understood here is '", expected, "' alone"});
}

// Of a name alone in a list that name, as in Python.
inline std::string output_name(const Config& of_modality) {
  const Json* const value = of_modality.find("method_output_name");
  if (value == nullptr) return "null";
  const auto inside = value->is(Json::Kind::array) ? value->elements() : std::vector<Json>();
  const Json& shown = inside.size() == 1 ? inside.front() : *value;
  return shown.is(Json::Kind::string) ? shown.text() : detail::text_of(shown);
}

// Of the class of the encoder where no task is said: MLMTransformer is that of SPLADE before 5.4.
inline void check_task(const Module& encoder, const Config& config, EncoderOutput expected) {
  const std::string task =
      config.text("transformer_task", encoder.type == "MLMTransformer" ? "fill-mask" : "feature-extraction");
  const EncoderOutput gives = detail::chosen(config, "transformer_task", task, task, encoder_tasks);
  if (gives.output != expected.output || gives.feature != expected.feature)
    config.refuse("transformer_task",
                  {"says, or means where it is not there, '", task, "', of which Python takes '", gives.output,
                   "' of the encoder; understood here is '", expected.output, "' alone"});
}

inline void check_encoder_output(const Module& encoder, EncoderOutput expected) {
  const Config config = encoder.folder.config_if_there("sentence_bert_config.json");
  if (config.has("modality_config")) {
    const Config modalities = config.object("modality_config");
    for (const auto& [modality, value] : modalities.members()) {
      const Config said(config.file(), value, "key 'modality_config': '" + io::detail::excerpt(modality) + "'");
      check_said(said, "method", said.text("method"), "forward");
      check_said(said, "method_output_name", output_name(said), expected.output);
    }
    check_said(config, "module_output_name", config.text("module_output_name"), expected.feature);
  } else if (config.has("transformer_task") || (encoder.is_own && expected.feature != score_features)) {
    // Of other packages' encoders nobody knows what they give; and classifiers had no modules before they said this.
    check_task(encoder, config, expected);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
