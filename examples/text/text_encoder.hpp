// SPDX-License-Identifier: MIT
// From sentences to hidden states by OpenVINO: its tokenizer and its encoder, both in C++, no Python.
#ifndef SEQPOOL_EXAMPLES_TEXT_ENCODER_HPP
#define SEQPOOL_EXAMPLES_TEXT_ENCODER_HPP

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/properties.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

// What the encoder made of some sentences. Sentences are padded on the right, to the longest of them.
struct Encoded {
  ov::Tensor hidden_states;   // [batch, seq, hidden]
  ov::Tensor attention_mask;  // [batch, seq]
  ov::Tensor ids;             // [batch, seq]
};

class TextEncoder {
 public:
  static constexpr std::size_t most_tokens = 256;  // the tokenizer cuts what is longer, as in Python

  // `extension` is the library of openvino-tokenizers, `tokenizer` and `encoder` are models.
  TextEncoder(const std::filesystem::path& extension, const std::filesystem::path& tokenizer,
              const std::filesystem::path& encoder) {
    ov::Core core;
    core.add_extension(extension);
    const auto tokenizer_model = core.read_model(tokenizer);
    read_vocabulary(*tokenizer_model);
    tokenizer_ = core.compile_model(tokenizer_model, "CPU").create_infer_request();
    // By default OpenVINO rounds activations to 8 bits too, or to bfloat16, where the processor is fast at those.
    // Numbers that are the same everywhere, and the same as elsewhere, need it to be told not to.
    encoder_ = core.compile_model(encoder, "CPU", ov::hint::inference_precision(ov::element::f32),
                                  ov::hint::dynamic_quantization_group_size(0))
                   .create_infer_request();
  }

  // The tensors are good until the next call.
  Encoded encode(std::span<const std::string> sentences) {
    ov::Tensor text(ov::element::string, {sentences.size()});
    std::transform(sentences.begin(), sentences.end(), text.data<std::string>(), valid_utf8);
    tokenizer_.set_input_tensor(text);
    tokenizer_.infer();
    for (const char* name : {"input_ids", "attention_mask", "token_type_ids"})
      encoder_.set_tensor(name, tokenizer_.get_tensor(name));
    encoder_.infer();
    return {encoder_.get_tensor("last_hidden_state"), tokenizer_.get_tensor("attention_mask"),
            tokenizer_.get_tensor("input_ids")};
  }

  // The text of a token; that of one inside a word begins with "##".
  const std::string& token(std::int64_t id) const { return vocabulary_.at(static_cast<std::size_t>(id)); }

 private:
  // Bytes that are no UTF-8 become U+FFFD, by what a JSON library does with them: the tokenizer's regular expressions
  // may crash on them.
  static std::string valid_utf8(const std::string& text) {
    using nlohmann::json;
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
  }

  // The tokenizer has it as three constants: where each token begins and ends, and all their characters.
  void read_vocabulary(const ov::Model& tokenizer) {
    for (const auto& op : tokenizer.get_ordered_ops()) {
      if (op->get_type_name() != std::string("WordpieceTokenizer")) continue;
      const auto constant = [&](std::size_t input) {
        return std::dynamic_pointer_cast<ov::op::v0::Constant>(op->get_input_node_shared_ptr(input));
      };
      const auto begins = constant(5), ends = constant(6), characters = constant(7);
      if (!begins || !ends || !characters) break;
      const auto* const text = static_cast<const char*>(characters->get_data_ptr());
      const auto begin = begins->cast_vector<std::int64_t>(), end = ends->cast_vector<std::int64_t>();
      for (std::size_t i = 0; i < begin.size(); ++i) vocabulary_.emplace_back(text + begin[i], text + end[i]);
      return;
    }
    throw std::runtime_error("the tokenizer has no vocabulary of word pieces");
  }

  ov::InferRequest tokenizer_, encoder_;
  std::vector<std::string> vocabulary_;
};

#endif
