// SPDX-License-Identifier: MIT
#include <seqpool/model/multi_vector_encoder.hpp>

#include <cmath>
#include <memory>
#include <seqpool/model/sentence_transformer.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::model::Error;
using seqpool::model::MultiVectorEncoder;
using test::FolderWriter;
using test::two_tokens;

namespace {

std::string module_entry(const std::string& path, const std::string& type) {
  return R"({"path": ")" + path + R"(", "type": "sentence_transformers.base.modules.)" + type + R"("})";
}

const std::string token_encoder = module_entry("", "Transformer");
const std::string of_tokens = R"("module_input_name": "token_embeddings", "module_output_name": "token_embeddings")";

// An encoder of 3 features, and a Dense to 2 whose vectors are of length 1.
std::unique_ptr<FolderWriter> colbert_folder() {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", R"({"hidden_size": 3})");
  folder->text("config_sentence_transformers.json",
               R"({"model_type": "MultiVectorEncoder", "prompts": {"query": "[Q] "}, "similarity_fn_name": "maxsim"})");
  folder->text("modules.json", "[" + token_encoder + ", " + module_entry("1_Dense", "Dense") + ", " +
                                   module_entry("2_Mask", "MultiVectorMask") + ", " +
                                   module_entry("3_Normalize", "Normalize") + "]");
  folder->text(
      "1_Dense/config.json",
      R"({"in_features": 3, "out_features": 2, "bias": false, "activation_function": "torch.nn.modules.linear.Identity", )" +
          of_tokens + "}");
  folder->tensors("1_Dense/model.safetensors", {{"linear.weight", {2, 3}, 0, {1, 0, 0, 0, 1, 0}}});
  folder->text("2_Mask/config.json", R"({"skiplist_words": [",", "."], "keep_only_token_ids": null})");
  folder->text("3_Normalize/config.json", "{" + of_tokens + "}");
  return folder;
}

std::string refused_with(const std::string& name, const std::string& content) {
  const auto folder = colbert_folder();
  folder->text(name, content);
  try {
    static_cast<void>(MultiVectorEncoder(folder->path()));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("each token of a MultiVectorEncoder is a vector, and padding is zeros that are never read", "[model]") {
  const auto folder = colbert_folder();
  const MultiVectorEncoder model(folder->path());
  CHECK(model.summary() == "each token -> Dense 3->2 -> normalize");
  CHECK(model.hidden() == 3);
  CHECK(model.dimension() == 2);
  CHECK(model.prompts().at("query") == "[Q] ");
  CHECK_FALSE(model.default_prompt_name());
  CHECK_FALSE(model.max_seq_length());
  CHECK(model.similarity_function() == "maxsim");
  CHECK(model.skiplist_words() == std::vector<std::string>{",", "."});
  CHECK(model.skiplist_tasks() == std::vector<std::string>{"document"});
  auto x = two_tokens();
  x(0, 0, 1) = std::nanf("");
  Eigen::Tensor<int, 2> mask(1, 2);
  mask.setValues({{0, 1}});
  const auto vectors = model.token_vectors(x, mask);
  CHECK(vectors.dimension(2) == 2);
  CHECK(vectors(0, 0, 0) == 0);
  CHECK(vectors(0, 0, 1) == 0);
  CHECK(vectors(0, 1, 0) == 0.6f);
  CHECK(vectors(0, 1, 1) == 0.8f);
  CHECK(model.token_vectors(two_tokens())(0, 1, 1) == 0.8f);
  CHECK_THROWS_WITH(model.token_vectors(Eigen::Tensor<float, 3>(1, 2, 4)), ct::has_substring("4 features"));
}

TEST_CASE("a MultiVectorEncoder's modules work on tokens, and no others are understood", "[model]") {
  CHECK(refused_with("1_Dense/config.json", R"({"in_features": 3, "out_features": 2, "bias": false})") == "nothing");
  CHECK_THAT(refused_with("1_Dense/config.json",
                          R"({"in_features": 3, "out_features": 2, "module_input_name": "sentence_embedding"})"),
             ct::has_substring("'module_input_name' is 'sentence_embedding'") && ct::has_substring("token_embeddings"));
  CHECK_THAT(refused_with("1_Dense/config.json",
                          R"({"in_features": 3, "out_features": 2, "module_output_name": "sentence_embedding"})"),
             ct::has_substring("'module_output_name' is 'sentence_embedding'"));
  CHECK_THAT(refused_with("1_Dense/config.json", R"({"in_features": 4, "out_features": 2})"),
             ct::has_substring("3 features come from the module before"));
  // Python does not normalise tokens by a Normalize that does not say so.
  CHECK_THAT(refused_with("3_Normalize/config.json", "{}"), ct::has_substring("'sentence_embedding'"));
  CHECK_THAT(refused_with("2_Mask/config.json", R"({"keep_only_token_ids": [1]})"),
             ct::has_substring("keep_only_token_ids"));
  CHECK_THAT(refused_with("2_Mask/config.json", R"({"skiplist_tasks": "query"})"), ct::has_substring("skiplist_tasks"));
  CHECK_THAT(refused_with("2_Mask/config.json", R"({"skip": 1})"), ct::has_substring("'skip' is not understood"));
  CHECK_THAT(refused_with("modules.json", "[" + token_encoder + ", " + module_entry("1_Dense", "TokenPooling") + "]"),
             ct::has_substring("'TokenPooling' is not understood of a MultiVectorEncoder") &&
                 ct::has_substring("'MultiVectorMask'"));
  CHECK_THAT(refused_with("modules.json", "[" + module_entry("", "WordEmbeddings") + "]"),
             ct::has_substring("as the encoder of tokens"));
  CHECK_THAT(refused_with("config.json", "{}"), ct::has_substring("hidden_size"));
  CHECK_THAT(refused_with("config_sentence_transformers.json", R"({"similarity_fn_name": "cosine"})"),
             ct::has_substring("'maxsim', 'meanmaxsim'"));
}

TEST_CASE("a MultiVectorEncoder's modules are sentence-transformers' own, and its tokens the last hidden states",
          "[model]") {
  const std::string mask = module_entry("2_Mask", "MultiVectorMask");
  for (const std::string type : {"modeling_mine.Dense", "pylated.models.Dense.Dense", "my_package.Normalize",
                                 "sentence_transformers_extra.MultiVectorMask"})
    CHECK_THAT(refused_with("modules.json",
                            "[" + token_encoder + ", " + mask + R"(, {"path": "1_Dense", "type": ")" + type + R"("}])"),
               ct::has_substring("module 2: key 'type' is '" + type + "', a class of another package"));
  CHECK(refused_with("modules.json", R"([{"path": "", "type": "custom_st.Transformer"}])") == "nothing");

  const std::string file = "sentence_bert_config.json";
  CHECK(refused_with(file,
                     R"({"modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
                               "module_output_name": "token_embeddings"})") == "nothing");
  CHECK_THAT(
      refused_with(file,
                   R"({"modality_config": {"text": {"method": "forward", "method_output_name": ["hidden_states", -2]}},
                               "module_output_name": "token_embeddings"})"),
      ct::has_substring(R"('["hidden_states",-2]')") && ct::has_substring("'last_hidden_state' alone"));
  CHECK_THAT(refused_with(file, R"({"transformer_task": "retrieval"})"),
             ct::has_substring("Python takes 'embeddings'"));
}

TEST_CASE("a folder of another class says by which it is read", "[model]") {
  const std::string name = "config_sentence_transformers.json";
  CHECK_THAT(refused_with(name, R"({"model_type": "SentenceTransformer"})"),
             ct::has_substring("read the folder as a SentenceTransformer"));
  CHECK_THAT(refused_with(name, R"({"model_type": "SparseEncoder"})"),
             ct::has_substring("read the folder as a SentenceTransformer"));
  CHECK_THAT(refused_with(name, R"({"model_type": "CrossEncoder"})"),
             ct::has_substring("read the folder as a SequenceClassifier"));
  CHECK_THAT(refused_with(name, R"({"model_type": "ColBERT"})"),
             ct::has_substring("'ColBERT', which is not understood; understood are 'MultiVectorEncoder'"));
  CHECK_THROWS_WITH(seqpool::model::SentenceTransformer(colbert_folder()->path()),
                    ct::has_substring("read the folder as a MultiVectorEncoder"));
}
