// SPDX-License-Identifier: MIT
#include <seqpool/model/multi_vector_encoder.hpp>

#include <cmath>
#include <map>
#include <memory>
#include <seqpool/input/skip_prefix.hpp>
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

// What a folder is refused for, or its summary.
std::string outcome(const FolderWriter& folder) {
  try {
    return MultiVectorEncoder(folder.path()).summary();
  } catch (const Error& error) {
    return error.what();
  }
}

// PyLate's: a Dense of its own, or one of sentence-transformers, and what its settings say.
std::unique_ptr<FolderWriter> pylate_folder(const std::string& settings,
                                            const std::string& dense = "pylate.models.Dense.Dense") {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", R"({"hidden_size": 3})");
  folder->text("config_sentence_transformers.json", settings);
  folder->text("sentence_bert_config.json", R"({"max_seq_length": 31, "do_lower_case": false})");
  folder->text("modules.json", R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
                                   {"path": "1_Dense", "type": ")" +
                                   dense + R"("}])");
  folder->text(
      "1_Dense/config.json",
      R"({"in_features": 3, "out_features": 2, "bias": false, "activation_function": "torch.nn.modules.linear.Identity"})");
  folder->tensors("1_Dense/model.safetensors", {{"linear.weight", {2, 3}, 0, {1, 0, 0, 0, 1, 0}}});
  return folder;
}

// Stanford's, and one of Transformers, as their files say.
std::unique_ptr<FolderWriter> projected_folder(const std::string& named, const std::string& more,
                                               const std::vector<FolderWriter::Tensor>& tensors) {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", R"({"architectures": [")" + named + R"("])" + more + "}");
  folder->tensors("model.safetensors", tensors);
  return folder;
}
const FolderWriter::Tensor projection{"linear.weight", {2, 3}, 0, {1, 0, 0, 0, 1, 0}};
const FolderWriter::Tensor of_bert{"bert.embeddings.LayerNorm.weight", {3}};

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
  CHECK_THROWS_WITH(seqpool::model::SentenceTransformer(colbert_folder()->path()),
                    ct::has_substring("read the folder as a MultiVectorEncoder"));
}

TEST_CASE("PyLate's folder is read by what it says, or what PyLate takes where it says nothing", "[model]") {
  const MultiVectorEncoder none(pylate_folder("{}")->path());
  CHECK(none.summary() == "each token -> Dense 3->2 -> normalize");
  CHECK(none.prompts() == std::map<std::string, std::string>{{"query", "[Q] "}, {"document", "[D] "}});
  CHECK(none.query_length() == 32);
  CHECK(none.document_length() == 180);
  CHECK(none.do_query_expansion());
  CHECK_FALSE(none.attend_to_expansion_tokens());
  CHECK(none.similarity_function() == "maxsim");
  CHECK(none.skipped_tokens() == 0);
  CHECK(none.skiplist_words().size() == 32);
  CHECK(none.skiplist_words().front() == "!");
  CHECK(none.skiplist_words()[28] == "{");
  CHECK(none.skiplist_words()[24] == "]");
  CHECK(none.skiplist_tasks() == std::vector<std::string>{"document"});
  // The last text's, one token less than its length.
  CHECK_FALSE(none.max_seq_length());

  const MultiVectorEncoder all(
      pylate_folder(
          R"({"__version__": {"pytorch": "2"}, "model_type": "ColBERT", "prompts": {"query": "find: ", "other": "o"},
          "default_prompt_name": "other", "similarity_fn_name": "MaxSim", "query_prefix": "", "document_prefix": "[P]",
          "query_length": 48, "document_length": 300, "attend_to_expansion_tokens": true, "do_query_expansion": null,
          "skiplist_words": ["x"]})",
          "sentence_transformers.models.Dense")
          ->path());
  CHECK(all.prompts() == std::map<std::string, std::string>{{"query", "find: "}, {"document", "[P]"}, {"other", "o"}});
  CHECK(all.default_prompt_name() == "other");
  CHECK(all.query_length() == 48);
  CHECK(all.document_length() == 300);
  CHECK(all.do_query_expansion());
  CHECK(all.attend_to_expansion_tokens());
  CHECK(all.skiplist_words() == std::vector<std::string>{"x"});
  CHECK(all.token_vectors(two_tokens())(0, 1, 1) == 0.8f);

  const MultiVectorEncoder alone(
      pylate_folder(R"({"model_type": "SentenceTransformer", "similarity_fn_name": "MaxSim", "skiplist_words": [],
                        "do_query_expansion": false, "attend_to_expansion_tokens": true})",
                    "sentence_transformers.models.Dense")
          ->path());
  CHECK_FALSE(alone.do_query_expansion());
  CHECK_FALSE(alone.attend_to_expansion_tokens());
  CHECK(alone.skiplist_words().empty());

  CHECK_THAT(outcome(*pylate_folder(R"({"model_type": "ColBERT", "pool_factor": 2})")),
             ct::has_substring("'pool_factor' is not understood"));
  CHECK_THAT(outcome(*pylate_folder(R"({"similarity_fn_name": "XTR"})")),
             ct::has_substring("'XTR', which is not understood; understood are 'MaxSim'"));
  CHECK_THAT(outcome(*pylate_folder(R"({"model_type": "CrossEncoder"})")), ct::has_substring("'CrossEncoder'"));
  CHECK_THAT(outcome(*pylate_folder(R"({"query_length": 0})")), ct::has_substring("must be 1 or more"));
  CHECK_THAT(outcome(*pylate_folder(R"({"document_length": 0})")), ct::has_substring("must be 1 or more"));
  CHECK_THAT(outcome(*pylate_folder("{}", "pylate.models.Other.Dense")), ct::has_substring("another package"));
  // PyLate would leave it out.
  CHECK_THAT(outcome(*pylate_folder(R"({"model_type": "ColBERT"})", "sentence_transformers.models.Normalize")),
             ct::has_substring("'Normalize' is not understood of PyLate's ColBERT; understood are 'Dense'"));
}

TEST_CASE("a MultiVectorEncoder says how long its texts are", "[model]") {
  const auto folder = colbert_folder();
  folder->text("sentence_bert_config.json",
               R"({"query_length": 10, "document_length": 20, "query_expansion": null, "max_seq_length": 64})");
  const MultiVectorEncoder plain(folder->path());
  CHECK(plain.query_length() == 10);
  CHECK(plain.document_length() == 20);
  CHECK(plain.max_seq_length() == 64);
  CHECK_FALSE(plain.do_query_expansion());
  folder->text("sentence_bert_config.json",
               R"({"query_expansion": {"strategy": "fixed", "attend": true, "token": null, "length": 32}})");
  const MultiVectorEncoder expanded(folder->path());
  CHECK(expanded.query_length() == 32);
  CHECK_FALSE(expanded.document_length());
  CHECK(expanded.do_query_expansion());
  CHECK(expanded.attend_to_expansion_tokens());
}

TEST_CASE("Stanford's ColBERT is its root's linear.weight and artifact.metadata", "[model]") {
  const auto folder = projected_folder("HF_ColBERT", "", {projection, of_bert});
  const MultiVectorEncoder none(folder->path());
  CHECK(none.summary() == "each token -> Linear 3->2 -> normalize");
  CHECK(none.hidden() == 3);
  CHECK(none.dimension() == 2);
  CHECK(none.prompts() == std::map<std::string, std::string>{{"query", "[unused0] "}, {"document", "[unused1] "}});
  CHECK(none.query_length() == 32);
  CHECK_FALSE(none.document_length());
  CHECK(none.do_query_expansion());
  CHECK_FALSE(none.attend_to_expansion_tokens());
  CHECK(none.skiplist_words().size() == 32);
  CHECK(none.token_vectors(two_tokens())(0, 1, 1) == 0.8f);

  const std::string name = "artifact.metadata";
  folder->text(name, R"({"query_token_id": "[QueryMarker]", "doc_token_id": "[DocumentMarker]", "dim": 2, "lr": 1e-5,
                         "doc_maxlen": 220, "query_maxlen": 48, "mask_punctuation": false, "similarity": "l2",
                         "attend_to_mask_tokens": true, "interaction": "colbert", "meta": {"hostname": "x"}})");
  const MultiVectorEncoder all(folder->path());
  CHECK(all.prompts() ==
        std::map<std::string, std::string>{{"query", "[QueryMarker] "}, {"document", "[DocumentMarker] "}});
  CHECK(all.query_length() == 48);
  CHECK(all.document_length() == 220);
  CHECK(all.attend_to_expansion_tokens());
  CHECK(all.skiplist_words().empty());
  CHECK(all.similarity_function() == "maxsim");

  const auto with = [&](const std::string& text) {
    folder->text(name, text);
    return outcome(*folder);
  };
  CHECK_THAT(with(R"({"similarity": "dot"})"), ct::has_substring("'dot', which is not understood; understood are "
                                                                 "'cosine', 'l2'"));
  CHECK_THAT(with(R"({"interaction": "flipr"})"), ct::has_substring("'flipr'"));
  CHECK_THAT(with(R"({"dim": 4})"), ct::has_substring("'linear.weight'") && ct::has_substring("[2, 3]"));
  folder->text(name, "{}");
  for (const std::string encoder : {"bert.", "roberta.", "electra.", "deberta.", "distilbert.", "model."})
    CHECK(outcome(*projected_folder("HF_ColBERT", "", {projection, {encoder + "a", {3}}})) ==
          "each token -> Linear 3->2 -> normalize");
  for (const std::string other : {"linear.bias", "score_scaler.weight", "bertha.a"})
    CHECK_THAT(outcome(*projected_folder("HF_ColBERT", "", {projection, of_bert, {other, {2}}})),
               ct::has_substring("tensor '" + other + "' is not used"));
  // Without the class's name the metadata tells whose it is.
  const auto unnamed = projected_folder("BertModel", "", {projection, of_bert});
  CHECK_THAT(outcome(*unnamed), ct::has_substring("modules.json: is missing"));
  unnamed->text(name, "{}");
  CHECK(outcome(*unnamed) == "each token -> Linear 3->2 -> normalize");
}

TEST_CASE("a ...ForRetrieval of Transformers is its projection, bare or in a folder of sentence-transformers",
          "[model]") {
  const FolderWriter::Tensor weight{"embedding_proj_layer.weight", {2, 3}, 0, {1, 0, 0, 0, 1, 0}};
  const FolderWriter::Tensor bias{"embedding_proj_layer.bias", {2}, 0};
  const FolderWriter::Tensor of_vlm{"vlm.norm.weight", {3}};
  const std::string width = R"(, "embedding_dim": 2)";
  const auto folder = projected_folder("ColPaliForRetrieval", width, {weight, bias, of_vlm});
  const MultiVectorEncoder model(folder->path());
  CHECK(model.summary() == "each token -> Linear 3->2 -> normalize");
  CHECK(model.hidden() == 3);
  CHECK(model.prompts().empty());
  CHECK(model.skiplist_words().empty());
  CHECK_FALSE(model.do_query_expansion());
  CHECK(model.token_vectors(two_tokens())(0, 1, 1) == 0.8f);

  CHECK_THAT(outcome(*projected_folder("ColPaliForRetrieval", width, {weight, of_vlm})),
             ct::has_substring("'embedding_proj_layer.bias' is missing"));
  CHECK_THAT(outcome(*projected_folder("ColQwen2ForRetrieval", R"(, "embedding_dim": 4)", {weight, bias})),
             ct::has_substring("[2, 3]"));
  CHECK_THAT(
      outcome(*projected_folder("ColModernVBertForRetrieval", width, {weight, bias, {"classifier.weight", {2}}})),
      ct::has_substring("'classifier.weight' is not used"));
  const FolderWriter::Tensor head{"multi_vector_head.proj.weight", {2, 3}};
  CHECK(outcome(*projected_folder("NeoMMEForRetrieval", width, {head, {"model.norm.weight", {3}}})) ==
        "each token -> Linear 3->2 -> normalize");
  CHECK_THAT(outcome(*projected_folder("NeoMMEForRetrieval", width, {head, {"multi_vector_head.proj.bias", {2}}})),
             ct::has_substring("is not used"));

  // As MultiVectorEncoder(name).save(folder) writes it.
  folder->text("modules.json", "[" + token_encoder + ", " + module_entry("1_Mask", "MultiVectorMask") + "]");
  folder->text("1_Mask/config.json", R"({"skiplist_words": ["."]})");
  const std::string file = "sentence_bert_config.json";
  folder->text(file, R"({"transformer_task": "retrieval"})");
  const MultiVectorEncoder saved(folder->path());
  CHECK(saved.summary() == "each token -> Linear 3->2 -> normalize");
  CHECK(saved.skiplist_words() == std::vector<std::string>{"."});
  folder->text(file, R"({"transformer_task": "retrieval", "modality_config": {"text": {"method": "forward",
                        "method_output_name": "embeddings"}}, "module_output_name": "token_embeddings"})");
  CHECK(outcome(*folder) == saved.summary());
  folder->text(file, R"({"transformer_task": "feature-extraction"})");
  CHECK_THAT(outcome(*folder), ct::has_substring("understood here is 'embeddings' alone"));
}

TEST_CASE("BGE-M3's second head is of each token but the first", "[model]") {
  FolderWriter folder;
  folder.text("config.json", R"({"architectures": ["XLMRobertaModel"], "hidden_size": 3})");
  folder.text("sentence_bert_config.json", R"({"max_seq_length": 8192})");
  folder.text("config_sentence_transformers.json", R"({"model_type": "SentenceTransformer"})");
  folder.text("colbert_linear.pt", "PK");
  const std::string file = "colbert_linear.safetensors";
  const FolderWriter::Tensor weight{"weight", {2, 3}, 0, {1, 0, 0, 0, 1, 0}};
  folder.tensors(file, {weight, {"bias", {2}, 0, {0, -1}}});
  const MultiVectorEncoder model(folder.path());
  CHECK(model.summary() == "each token -> Linear 3->2 -> normalize");
  CHECK(model.skipped_tokens() == 1);
  CHECK(model.similarity_function() == "meanmaxsim");
  CHECK(model.max_seq_length() == 8192);
  CHECK(model.skiplist_words().empty());
  CHECK_FALSE(model.do_query_expansion());
  const auto vectors =
      model.token_vectors(two_tokens(), seqpool::skip_prefix(seqpool::AllTokens{}, std::vector<int>{1}));
  CHECK(vectors(0, 0, 1) == 0);
  CHECK(static_cast<double>(vectors(0, 1, 0)) == ct::Approx(std::sqrt(0.5)));
  CHECK(static_cast<double>(vectors(0, 1, 1)) == ct::Approx(std::sqrt(0.5)));

  folder.tensors(file, {weight});
  CHECK_THAT(outcome(folder), ct::has_substring("colbert_linear.safetensors: tensor 'bias' is missing"));
  folder.tensors(file, {weight, {"bias", {2}}, {"other", {2}}});
  CHECK_THAT(outcome(folder), ct::has_substring("'other' is not used"));
  folder.tensors(file, {weight, {"bias", {2}}}).text("config.json", R"({"hidden_size": 4})");
  CHECK_THAT(outcome(folder), ct::has_substring("[2, 3]"));
}
