// SPDX-License-Identifier: MIT
#include <limits>
#include <memory>
#include <seqpool/model/model.hpp>
#include <string>
#include <vector>

#include "../folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::model::Error;
using seqpool::model::ScoredWords;
using seqpool::model::SequenceClassifier;
using test::FolderWriter;
using test::two_tokens;

namespace {

std::string base_module(const std::string& path, const std::string& type) {
  return R"({"path": ")" + path + R"(", "type": "sentence_transformers.base.modules.)" + type + R"("})";
}

std::string reranker_refusal(const FolderWriter& folder, const ScoredWords& words = {}) {
  try {
    static_cast<void>(SequenceClassifier(folder.path(), words));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

std::string reranker_dense(int in, int out, const std::string& more) {
  return R"({"in_features": )" + std::to_string(in) + R"(, "out_features": )" + std::to_string(out) +
         R"(, "bias": false, "activation_function": "torch.nn.modules.linear.Identity")" + more + "}";
}

void add_modules(FolderWriter& folder, const std::vector<std::string>& entries) {
  std::string list = "[" + base_module("", "Transformer");
  for (const std::string& each : entries) list += ", " + each;
  folder.text("modules.json", list + "]");
}

// The last token (3, 4, 5), and its sum as the score.
std::unique_ptr<FolderWriter> pooling_reranker() {
  auto folder = std::make_unique<FolderWriter>();
  add_modules(*folder, {base_module("1_Pooling", "Pooling"), base_module("2_Dense", "Dense")});
  folder->text("config.json", R"({"architectures": ["BertModel"], "hidden_size": 3})");
  folder->text("1_Pooling/config.json", R"({"word_embedding_dimension": 3, "pooling_mode": "lasttoken"})");
  folder->text("2_Dense/config.json", reranker_dense(3, 1, R"(, "module_output_name": "scores")"));
  folder->tensors("2_Dense/model.safetensors", {{"linear.weight", {1, 3}, 1}});
  return folder;
}

// Words whose rows are (id, 1, 0); of no others than 2 and 4 the rows are numbers.
std::unique_ptr<FolderWriter> language_model(const std::string& more = "", const std::string& name = "lm_head.weight") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", R"({"architectures": ["Qwen3ForCausalLM"], "hidden_size": 3)" + more + "}");
  folder->tensors(
      "model.safetensors",
      {{name, {5, 3}, 0, {nan, nan, nan, nan, nan, nan, 2, 1, 0, nan, nan, nan, 4, 1, 0}}, {"model.norm.weight", {3}}});
  return folder;
}

const std::string words_of_output =
    R"({"transformer_task": "text-generation", "modality_config": {"text": {"method": "forward", "method_output_name": "logits"}},
        "module_output_name": "causal_logits"})";

std::unique_ptr<FolderWriter> logit_score(const std::string& config) {
  auto folder = language_model();
  add_modules(*folder, {base_module("1_LogitScore", "LogitScore")});
  folder->text("sentence_bert_config.json", words_of_output);
  folder->text("1_LogitScore/config.json", config);
  return folder;
}

float rerank_score(const FolderWriter& folder, const ScoredWords& words = {}) {
  return SequenceClassifier(folder.path(), words).logits(two_tokens())(0, 0);
}

}  // namespace

TEST_CASE("a CrossEncoder of modules scores what the last one gives", "[model]") {
  const auto folder = pooling_reranker();
  const SequenceClassifier classifier(folder->path());
  CHECK(classifier.summary() == "lasttoken -> Dense 3->1");
  CHECK(classifier.labels() == std::vector<std::string>{"LABEL_0"});
  CHECK(classifier.hidden() == 3);
  CHECK(classifier.logits(two_tokens())(0, 0) == 12);
  CHECK(classifier.probabilities(two_tokens())(0, 0) == ct::Approx(1));
  CHECK(classifier.predict(two_tokens())(0) == 1);
  CHECK_THROWS_WITH(classifier.logits(two_tokens(), seqpool::AllTokens{}, Eigen::Tensor<int, 2>(1, 2)),
                    ct::has_substring("finds its token by the mask alone"));

  // Several scores are logits, of a classifier of Python they would be probabilities.
  folder->text("2_Dense/config.json", reranker_dense(3, 2, R"(, "module_output_name": "scores")"));
  folder->tensors("2_Dense/model.safetensors", {{"linear.weight", {2, 3}, 1}});
  CHECK(SequenceClassifier(folder->path()).probabilities(two_tokens())(0, 1) == 12);
}

TEST_CASE("a CrossEncoder whose modules do not lead to scores is refused by the module", "[model]") {
  const auto says = [](const std::string& name, const std::string& content) {
    const auto folder = pooling_reranker();
    folder->text(name, content);
    return reranker_refusal(*folder);
  };
  CHECK_THAT(says("2_Dense/config.json", reranker_dense(3, 1, "")),
             ct::has_substring("module 2 of") && ct::has_substring("gives a vector and no 'scores'") &&
                 ct::has_substring("SentenceTransformer"));
  CHECK_THAT(says("2_Dense/config.json", reranker_dense(3, 1, R"(, "module_output_name": "token_embeddings")")),
             ct::has_substring("'module_output_name' is 'token_embeddings', which is not understood; understood are "
                               "'sentence_embedding', 'scores'"));
  CHECK_THAT(says("2_Dense/config.json", reranker_dense(3, 1, R"(, "module_input_name": "scores")")),
             ct::has_substring("'module_input_name' is 'scores', which is not understood; understood are "
                               "'sentence_embedding'"));
  CHECK_THAT(says("1_Pooling/config.json", R"({"word_embedding_dimension": 3, "include_prompt": false})"),
             ct::has_substring("'include_prompt' is false"));
  CHECK_THAT(says("sentence_bert_config.json", R"({"transformer_task": "sequence-classification"})"),
             ct::has_substring("'last_hidden_state' alone"));

  auto folder = pooling_reranker();
  add_modules(*folder, {base_module("1_Pooling", "Pooling")});
  CHECK_THAT(reranker_refusal(*folder), ct::has_substring("module 1 of") && ct::has_substring("no 'scores'"));
  add_modules(*folder, {base_module("1_Pooling", "Pooling"), base_module("", "Dropout")});
  CHECK_THAT(reranker_refusal(*folder), ct::has_substring("module 2 of") && ct::has_substring("no 'scores'"));
  add_modules(*folder,
              {base_module("1_Pooling", "Pooling"), base_module("2_Dense", "Dense"), base_module("", "Normalize")});
  CHECK_THAT(reranker_refusal(*folder),
             ct::has_substring("'Normalize' is not understood behind the scores of a CrossEncoder; "
                               "understood are 'Dense'"));
  add_modules(*folder,
              {base_module("1_Pooling", "Pooling"), base_module("2_Dense", "Dense"), base_module("3_Dense", "Dense")});
  folder->tensors("3_Dense/model.safetensors", {{"linear.weight", {1, 1}, -2}});
  // A Dense that does not say what it works on works on the vector, which is no score any more.
  folder->text("3_Dense/config.json", reranker_dense(1, 1, ""));
  CHECK_THAT(reranker_refusal(*folder), ct::has_substring("'module_input_name' is 'sentence_embedding'") &&
                                            ct::has_substring("understood are 'scores'"));
  folder->text("3_Dense/config.json", reranker_dense(1, 1, R"(, "module_input_name": "scores")"));
  CHECK(rerank_score(*folder) == -24);
  for (const std::string type : {"WeightedLayerPooling", "MultiVectorMask"}) {
    add_modules(*folder, {base_module("1_Pooling", "Pooling"), base_module("", type), base_module("2_Dense", "Dense")});
    CHECK_THAT(reranker_refusal(*folder), ct::has_substring("'" + type + "' is not understood behind the Pooling"));
  }
}

TEST_CASE("what stands behind a classifier works on its logits", "[model]") {
  FolderWriter folder;
  folder.text("config.json", R"({"architectures": ["DistilBertForSequenceClassification"], "hidden_size": 3,
                                 "problem_type": "multi_label_classification", "id2label": {"0": "a", "1": "b"}})");
  folder.tensors("model.safetensors", {{"pre_classifier.weight", {3, 3}, 1},
                                       {"pre_classifier.bias", {3}, -1},
                                       {"classifier.weight", {2, 3}, 1},
                                       {"classifier.bias", {2}, 0.5f}});
  add_modules(folder, {base_module("1_Dense", "Dense")});
  folder.text("1_Dense/config.json", reranker_dense(2, 1, R"(, "module_input_name": "scores")"));
  folder.tensors("1_Dense/model.safetensors", {{"linear.weight", {1, 2}, 0, {1, -3}}});
  const SequenceClassifier classifier(folder.path());
  CHECK(classifier.summary() == "cls -> Dense 3->3 relu -> Linear 3->2 -> Dense 2->1");
  CHECK(classifier.labels() == std::vector<std::string>{"LABEL_0"});
  CHECK(classifier.logits(two_tokens())(0, 0) == -31);
  CHECK(classifier.predict(two_tokens())(0) == 0);
  folder.text("1_Dense/config.json", reranker_dense(2, 1, R"(, "module_input_name": "sentence_embedding")"));
  CHECK_THAT(reranker_refusal(folder), ct::has_substring("1_Dense/config.json: key 'module_input_name'"));
  add_modules(folder, {base_module("1", "Dropout")});
  CHECK_THAT(reranker_refusal(folder), ct::has_substring("'Dropout' is not understood behind the scores"));
}

TEST_CASE("of a language model the rows of two words are read, and no others", "[model]") {
  const auto folder = logit_score(R"({"true_token_id": 4, "false_token_id": 2, "module_input_name": "causal_logits"})");
  const SequenceClassifier classifier(folder->path());
  CHECK(classifier.summary() == "lasttoken -> logit of word 4 less that of 2");
  CHECK(classifier.hidden() == 3);
  CHECK(classifier.logits(two_tokens())(0, 0) == 6);
  CHECK(classifier.probabilities(two_tokens())(0, 0) == ct::Approx(1 / (1 + std::exp(-6.0))));
  CHECK(rerank_score(*logit_score(R"({"true_token_id": 4, "false_token_id": null})")) == 16);
  CHECK(rerank_score(*logit_score(R"({"true_token_id": 2})")) == 10);

  CHECK_THAT(reranker_refusal(*logit_score(R"({"true_token_id": 5})")),
             ct::has_substring("model.safetensors: tensor 'lm_head.weight' has 5 rows, but row 5 is to be read"));
  CHECK_THAT(reranker_refusal(*logit_score(R"({"true_token_id": 4, "false_token_id": -1})")),
             ct::has_substring("'false_token_id' must be a whole number"));
  CHECK_THAT(reranker_refusal(*logit_score(R"({"true_token_id": 3})")),
             ct::has_substring("tensor 'lm_head.weight': element 9 is no finite number"));
  CHECK_THAT(reranker_refusal(*logit_score("{}")), ct::has_substring("'true_token_id' is missing"));
  CHECK_THAT(reranker_refusal(*logit_score(R"({"true_token_id": 4, "scale": 2})")), ct::has_substring("key 'scale'"));
  CHECK_THAT(reranker_refusal(*logit_score(R"({"true_token_id": 4, "module_input_name": "scores"})")),
             ct::has_substring("understood are 'causal_logits'"));
  const auto silent = logit_score(R"({"true_token_id": 4})");
  silent->text("sentence_bert_config.json", R"({"max_seq_length": 8})");
  CHECK_THAT(reranker_refusal(*silent), ct::has_substring("key 'transformer_task'"));
  CHECK_THAT(reranker_refusal(*folder, {.true_token_id = 4}),
             ct::has_substring("true_token_id and false_token_id are"));
}

TEST_CASE("of a language model without modules the words are the caller's", "[model]") {
  const auto folder = language_model();
  CHECK(rerank_score(*folder, {.true_token_id = 4, .false_token_id = 2}) == 6);
  CHECK(rerank_score(*folder, {.true_token_id = 2}) == 10);
  CHECK(SequenceClassifier(folder->path(), {.true_token_id = 4}).probabilities(two_tokens())(0, 0) == ct::Approx(1));
  CHECK_THAT(reranker_refusal(*folder),
             ct::has_substring("'architectures' is a language model") && ct::has_substring(".true_token_id = ..."));
  CHECK_THAT(reranker_refusal(*folder, {.false_token_id = 2}), ct::has_substring("is a language model"));
  CHECK_THAT(reranker_refusal(*folder, {.true_token_id = -1}), ct::has_substring("row -1"));
  CHECK_THAT(reranker_refusal(*folder, {.true_token_id = 4, .false_token_id = 5}), ct::has_substring("row 5"));
  CHECK_THAT(reranker_refusal(*pooling_reranker(), {.true_token_id = 1}),
             ct::has_substring("is not a language model's"));
  folder->text("adapter_config.json", "{}");
  CHECK_THAT(reranker_refusal(*folder, {.true_token_id = 4}), ct::has_substring("an adapter of PEFT"));

  // lm_head may be the embeddings.
  const std::string embeddings = "model.embed_tokens.weight";
  const ScoredWords words{.true_token_id = 4, .false_token_id = 2};
  CHECK(rerank_score(*language_model("", embeddings), words) == 6);
  CHECK(rerank_score(*language_model(R"(, "tie_word_embeddings": true)", embeddings), words) == 6);
  CHECK_THAT(reranker_refusal(*language_model(R"(, "tie_word_embeddings": false)", embeddings), words),
             ct::has_substring("'lm_head.weight' is missing"));
  // What is not its last hidden states times lm_head.
  CHECK_THAT(reranker_refusal(*language_model(R"(, "final_logit_softcapping": 30.0)"), words),
             ct::has_substring("'final_logit_softcapping' changes the logits"));
  CHECK(rerank_score(*language_model(R"(, "final_logit_softcapping": null)"), words) == 6);
  const auto biased = language_model();
  biased->tensors("model.safetensors", {{"lm_head.weight", {5, 3}}, {"lm_head.bias", {5}}});
  CHECK_THAT(reranker_refusal(*biased, words), ct::has_substring("'lm_head.bias' is not used"));
  biased->text("config.json", R"({"architectures": ["CohereForCausalLM"]})");
  CHECK_THAT(reranker_refusal(*biased, words),
             ct::has_substring("'architectures' is 'CohereForCausalLM'") && ct::has_substring("'Qwen3ForCausalLM'"));
}
