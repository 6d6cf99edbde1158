// SPDX-License-Identifier: MIT
#include <seqpool/model/sentence_transformer.hpp>

#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::model::Error;
using seqpool::model::SentenceTransformer;
using test::FolderWriter;
using test::two_tokens;

namespace {

const std::string encoder =
    R"({"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"})";
const std::string pooling =
    R"({"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})";

std::string module(int idx, const std::string& path, const std::string& type) {
  return R"({"idx": )" + std::to_string(idx) + R"(, "name": ")" + std::to_string(idx) + R"(", "path": ")" + path +
         R"(", "type": "sentence_transformers.models.)" + type + R"("})";
}

// An encoder of 3 features, their mean, and a Dense to 2.
std::unique_ptr<FolderWriter> dense_folder() {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("modules.json", "[" + encoder + ", " + pooling + ", " + module(2, "2_Dense", "Dense") + "]");
  folder->text("1_Pooling/config.json", R"({"word_embedding_dimension": 3, "pooling_mode_mean_tokens": true})");
  folder->text(
      "2_Dense/config.json",
      R"({"in_features": 3, "out_features": 2, "bias": true, "activation_function": "torch.nn.modules.linear.Identity"})");
  folder->tensors("2_Dense/model.safetensors", {{"linear.weight", {2, 3}, 1}, {"linear.bias", {2}, 0.5f}});
  return folder;
}

// What the Error says when a file of dense_folder is `content` instead.
std::string refused(const std::string& name, const std::string& content) {
  const auto folder = dense_folder();
  folder->text(name, content);
  try {
    static_cast<void>(SentenceTransformer(folder->path()));
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ct::has_substring(name.substr(name.rfind('/') + 1)));
    return error.what();
  }
  return "nothing";
}

// An encoder and a SpladePooling, whose config.json is `config`.
std::unique_ptr<FolderWriter> splade_folder(const std::string& config) {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("modules.json",
               "[" + module(0, "", "MLMTransformer") + ", " + module(1, "1_SpladePooling", "SpladePooling") + "]");
  folder->text("config.json", R"({"vocab_size": 3})");
  folder->text("config_sentence_transformers.json", R"({"model_type": "SparseEncoder"})");
  folder->text("1_SpladePooling/config.json", config);
  return folder;
}

// An encoder of 2 layers and its embeddings, of which the last two are mixed 1 : 3, and their mean.
std::unique_ptr<FolderWriter> layers_folder() {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("modules.json", "[" + encoder + ", " + module(1, "1_Layers", "WeightedLayerPooling") + ", " +
                                   module(2, "2_Pooling", "Pooling") + "]");
  folder->text("config.json", R"({"output_hidden_states": true})");
  folder->text("1_Layers/config.json", R"({"word_embedding_dimension": 3, "layer_start": 1, "num_hidden_layers": 2})");
  folder->tensors("1_Layers/model.safetensors", {{"layer_weights", {2}, 0, {1, 3}}});
  folder->text("2_Pooling/config.json", R"({"embedding_dimension": 3})");
  return folder;
}

// What the Error says of a module of `type` behind a WordWeights.
std::string of_word_weights(const std::string& type) {
  FolderWriter folder;
  folder.text("modules.json", "[" + encoder + ", " + module(1, "1_WordWeights", "WordWeights") + ", " +
                                  module(2, "2_Next", type) + "]");
  folder.text("1_WordWeights/config.json", R"({"vocab": ["a"], "word_weights": {"a": 1}})");
  try {
    static_cast<void>(SentenceTransformer(folder.path()));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

std::string refused_tensors(const std::vector<FolderWriter::Tensor>& tensors) {
  const auto folder = dense_folder();
  folder->tensors("2_Dense/model.safetensors", tensors);
  try {
    static_cast<void>(SentenceTransformer(folder->path()));
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ct::has_substring("2_Dense/model.safetensors"));
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("a folder says what its model is", "[model]") {
  const auto folder = dense_folder();
  folder->text("sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": false})");
  folder->text("config_sentence_transformers.json",
               R"({"__version__": {}, "prompts": {"query": "query: ", "none": null}, "default_prompt_name": "query",
                   "similarity_fn_name": "dot"})");
  const SentenceTransformer model(folder->path());
  CHECK(model.summary() == "mean -> Dense 3->2");
  CHECK(model.hidden() == 3);
  CHECK(model.dimension() == 2);
  CHECK(model.max_seq_length() == 256);
  CHECK(model.prompts().at("query") == "query: ");
  CHECK(model.prompts().at("none").empty());
  CHECK(model.default_prompt_name() == "query");
  CHECK(model.similarity_function() == seqpool::Similarity::dot);
  CHECK(model.include_prompt());
  const auto vectors = model.embed(two_tokens());
  CHECK(vectors(0, 0) == 9.5f);
  CHECK(vectors(0, 1) == 9.5f);
}

TEST_CASE("what a user chooses comes last: truncate_dim, and then normalize_embeddings", "[model]") {
  const auto folder = dense_folder();
  const SentenceTransformer both(folder->path(), {.truncate_dim = 1, .normalize_embeddings = true});
  CHECK(both.summary() == "mean -> Dense 3->2 -> first 1 -> normalize");
  CHECK(both.dimension() == 1);
  CHECK(both.embed(two_tokens())(0, 0) == 1.0f);
  folder->text("config_sentence_transformers.json", R"({"truncate_dim": 1})");
  CHECK(SentenceTransformer(folder->path()).dimension() == 1);
  CHECK(SentenceTransformer(folder->path(), {.truncate_dim = 2}).summary() == "mean -> Dense 3->2");
  CHECK_THROWS_AS(SentenceTransformer(folder->path(), {.truncate_dim = 0}), std::invalid_argument);
  // Without a limit of its own, a tokenizer's holds; one of 1e30 is none.
  CHECK_FALSE(both.max_seq_length());
  folder->text("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
  CHECK_FALSE(SentenceTransformer(folder->path()).max_seq_length());
  folder->text("tokenizer_config.json", R"({"model_max_length": 512})");
  CHECK(SentenceTransformer(folder->path()).max_seq_length() == 512);
  folder->text("sentence_bert_config.json", R"({"max_seq_length": 256})");
  CHECK(SentenceTransformer(folder->path()).max_seq_length() == 256);
}

TEST_CASE("hidden states must be the model's", "[model]") {
  const auto folder = dense_folder();
  const SentenceTransformer model(folder->path());
  const Eigen::Tensor<float, 3> wide(1, 2, 4);
  CHECK_THROWS_AS(model.embed(wide), std::invalid_argument);
  CHECK_THROWS_WITH(model.embed(wide), ct::has_substring("4 features") && ct::has_substring("gives 3"));
  CHECK_THROWS_WITH(model.embed_prompted(two_tokens(), seqpool::AllTokens{}, -1),
                    ct::has_substring("prompt_length is -1"));
  const Eigen::Tensor<std::int64_t, 2> ids(1, 2);
  CHECK_THROWS_WITH(model.embed_weighted(two_tokens(), ids), ct::has_substring("call embed(x, mask)"));
  // A prompt is pooled too unless the folder says otherwise.
  CHECK(model.embed_prompted(two_tokens(), seqpool::AllTokens{}, 1)(0, 0) == 9.5f);
  folder->text("1_Pooling/config.json",
               R"({"embedding_dimension": 3, "pooling_mode": "mean", "include_prompt": false})");
  const SentenceTransformer without(folder->path());
  CHECK_FALSE(without.include_prompt());
  CHECK(without.embed_prompted(two_tokens(), seqpool::AllTokens{}, 1)(0, 0) == 12.5f);
  CHECK(without.embed_prompted(two_tokens(), seqpool::AllTokens{}, 0)(0, 0) == 9.5f);
  CHECK(without.embed_prompted(two_tokens(), seqpool::AllTokens{}, 2)(0, 0) ==
        0.5f);  // nothing is left: zeros, and the bias
  CHECK(without.embed(two_tokens())(0, 0) == 9.5f);
}

TEST_CASE("results have the layout of the hidden states, whose scalar may be any but double", "[model]") {
  const auto folder = dense_folder();
  const SentenceTransformer model(folder->path());
  const Eigen::Tensor<float, 3> column_major = two_tokens().swap_layout().shuffle(Eigen::array<int, 3>{2, 1, 0});
  STATIC_REQUIRE(std::is_same_v<decltype(model.embed(column_major)), Eigen::Tensor<float, 2>>);
  STATIC_REQUIRE(std::is_same_v<decltype(model.embed(two_tokens())), Eigen::Tensor<float, 2, Eigen::RowMajor>>);
  CHECK(model.embed(column_major)(0, 1) == 9.5f);
  const Eigen::Tensor<Eigen::half, 3, Eigen::RowMajor> half = two_tokens().cast<Eigen::half>();
  CHECK(model.embed(half)(0, 1) == 9.5f);
}

TEST_CASE("weights of words multiply their tokens", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", "[" + encoder + ", " + module(1, "1_WordWeights", "WordWeights") + ", " +
                                  module(2, "2_Pooling", "Pooling") + "]");
  folder.text("1_WordWeights/config.json",
              R"({"vocab": ["the", "Dog", "runs"], "word_weights": {"the": 0.5, "dog": 2}, "unknown_word_weight": 4})");
  folder.text("2_Pooling/config.json", R"({"embedding_dimension": 3, "pooling_mode": ["mean", "max"]})");
  const SentenceTransformer model(folder.path());
  CHECK(model.summary() == "word weights -> mean + max");
  Eigen::Tensor<std::int32_t, 2, Eigen::RowMajor> ids(1, 2);
  ids.setValues({{0, 1}});
  const auto vectors = model.embed_weighted(two_tokens(), ids);
  CHECK(vectors(0, 0) == ct::Approx((0.5 * 1 + 2 * 3) / 2.5));
  CHECK(vectors(0, 3) == 6.0f);
  CHECK_THROWS_WITH(model.embed(two_tokens()), ct::has_substring("embed_weighted"));
  // Of packed sequences those that are shorter than the longest have no padding that could be pooled.
  const std::vector<float> negative{-1, -2, -3, -3, -4, -5, -5, -6, -7};
  Eigen::Tensor<std::int32_t, 2, Eigen::RowMajor> of_three(3, 2);
  of_three.setValues({{0, 1}, {1, 0}, {0, 0}});
  const auto packed = model.embed_weighted(
      seqpool::PackedStates<float>(negative.data(), {3, 3}, std::vector<int>{0, 2, 3, 3}), of_three);
  CHECK(packed(0, 3) == -0.5f);
  CHECK(packed(1, 0) == ct::Approx(-5));
  CHECK(packed(1, 3) == -10.0f);  // not the 0 of a token that is not there
  CHECK(packed(2, 0) == 0.0f);
  CHECK(packed(2, 3) == 0.0f);
  ids(0, 1) = 3;
  CHECK_THROWS_WITH(model.embed_weighted(two_tokens(), ids),
                    ct::has_substring("hold 3") && ct::has_substring("3 words"));
  CHECK(model.embed_weighted(two_tokens(), ids, seqpool::Lengths(std::vector<int>{1}))(0, 0) ==
        1.0f);  // padding has no id
  ids(0, 0) = -1;
  CHECK_THROWS_WITH(model.embed_weighted(two_tokens(), ids), ct::has_substring("hold -1"));
  Eigen::Tensor<std::uint64_t, 2> large(1, 2);
  large.setConstant(~std::uint64_t{0});
  CHECK_THROWS_WITH(model.embed_weighted(two_tokens(), large), ct::has_substring("18446744073709551615"));
  CHECK_THROWS_WITH(model.embed_weighted(two_tokens(), Eigen::Tensor<int, 2>(2, 2)),
                    ct::has_substring("input_ids are [2, 2]"));
  ids.setValues({{2, 2}});
  CHECK(model.embed_weighted(two_tokens(), ids)(0, 3) == 12.0f);
  folder.text("1_WordWeights/config.json", R"({"vocab": ["\u00c4"], "word_weights": {"\u00e4": 2}})");
  CHECK_THROWS_WITH(SentenceTransformer(folder.path()), ct::has_substring("lower case"));
  folder.text("1_WordWeights/config.json", R"({"vocab": ["the", "\u00c4"], "word_weights": {"the": 0.5}})");
  folder.tensors("1_WordWeights/model.safetensors", {{"emb_layer.weight", {2, 1}, 3}});
  ids.setValues({{0, 1}});
  CHECK(SentenceTransformer(folder.path()).embed_weighted(two_tokens(), ids)(0, 3) == 9.0f);  // 0.5 * 1 and 3 * 3
  CHECK(SentenceTransformer(folder.path()).embed_weighted(two_tokens(), ids)(0, 0) == ct::Approx(9.5 / 3.5));
  std::filesystem::remove(folder.path("1_WordWeights/model.safetensors"));
  // Where all weigh nothing, the sum counts as 1e-9.
  folder.text("1_WordWeights/config.json", R"({"vocab": ["a"], "word_weights": {"a": 0}})");
  ids.setValues({{0, 0}});
  CHECK(SentenceTransformer(folder.path()).embed_weighted(two_tokens(), ids)(0, 0) == 0);
  folder.tensors("1_WordWeights/model.safetensors", {{"emb_layer.weight", {1, 1}}});
  CHECK_NOTHROW(SentenceTransformer(folder.path()));
  folder.tensors("1_WordWeights/model.safetensors", {{"emb_layer.weight", {1, 1}}, {"other", {1}}});
  CHECK_THROWS_WITH(SentenceTransformer(folder.path()), ct::has_substring("'other' is not used"));
  std::filesystem::remove(folder.path("1_WordWeights/model.safetensors"));
  folder.text("1_WordWeights/config.json", R"({"vocab": ["a"], "word_weights": {"a": 3.4e38}})");
  CHECK_NOTHROW(SentenceTransformer(folder.path()));
  folder.text("1_WordWeights/config.json", R"({"vocab": ["a"], "word_weights": {"a": 3.5e38}})");
  CHECK_THROWS_WITH(SentenceTransformer(folder.path()), ct::has_substring("no finite number"));
}

TEST_CASE("max_active_dims holds for every vector", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", "[" + encoder + ", " + pooling + "]");
  folder.text("1_Pooling/config.json", R"({"embedding_dimension": 3})");
  folder.text("config_sentence_transformers.json", R"({"model_type": "SparseEncoder", "max_active_dims": 1})");
  const SentenceTransformer model(folder.path());
  CHECK(model.summary() == "mean -> top 1");
  CHECK(model.embed(two_tokens())(0, 1) == 0);
  CHECK(model.embed(two_tokens())(0, 2) == 4);
}

TEST_CASE("a SparseAutoEncoder has 512 latents, and 8 of them in a vector, unless it says so", "[model]") {
  FolderWriter folder;
  folder.text("modules.json",
              "[" + encoder + ", " + pooling + ", " + module(2, "2_Encoder", "SparseAutoEncoder") + "]");
  folder.text("1_Pooling/config.json", R"({"embedding_dimension": 3})");
  const auto with = [&](Index latents, const std::string& config, bool extra = false) {
    std::vector<FolderWriter::Tensor> tensors{
        {"encoder.weight", {latents, 3}}, {"pre_bias", {3}}, {"latent_bias", {latents}}};
    if (extra) tensors.push_back({"encoder.bias", {latents}});
    folder.tensors("2_Encoder/model.safetensors", tensors);
    folder.text("2_Encoder/config.json", R"({"input_dim": 3)" + config + "}");
    try {
      return SentenceTransformer(folder.path()).summary();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  CHECK(with(512, "") == "mean -> shift -> Dense 3->512 relu -> top 8");
  CHECK_THAT(with(512, "", true), ct::has_substring("'encoder.bias' is not used"));
  CHECK(with(4, R"(, "hidden_dim": 4, "k": 1)") == "mean -> shift -> Dense 3->4 relu -> top 1");
  CHECK(with(4, R"(, "hidden_dim": 4, "k": 4)") == "mean -> shift -> Dense 3->4 relu -> top 4");
  CHECK_THAT(with(4, R"(, "hidden_dim": 4, "k": 5)"), ct::has_substring("key 'k' is 5, must be 1 to hidden_dim"));
  CHECK_THAT(with(4, R"(, "hidden_dim": 4, "k": 0)"), ct::has_substring("key 'k' is 0, must be 1 to hidden_dim"));
}

TEST_CASE("a LayerNorm that is not understood is refused", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", "[" + encoder + ", " + pooling + ", " + module(2, "2_LayerNorm", "LayerNorm") + "]");
  folder.text("1_Pooling/config.json", R"({"embedding_dimension": 3})");
  folder.text("2_LayerNorm/config.json", R"({"dimension": 3})");
  folder.tensors("2_LayerNorm/model.safetensors", {{"norm.weight", {3}}, {"norm.bias", {3}}, {"norm.mean", {3}}});
  CHECK_THROWS_WITH(SentenceTransformer(folder.path()), ct::has_substring("'norm.mean' is not used"));
  folder.text("2_LayerNorm/config.json", R"({"dimension": 3, "eps": 1})");
  CHECK_THROWS_WITH(SentenceTransformer(folder.path()), ct::has_substring("'eps' is not understood"));
}

TEST_CASE("four modules may share one file of weights", "[model]") {
  FolderWriter folder;
  folder.text("1_Pooling/config.json", R"({"embedding_dimension": 3})");
  folder.text("2_LayerNorm/config.json", R"({"dimension": 3})");
  folder.tensors("2_LayerNorm/model.safetensors", {{"norm.weight", {3}}, {"norm.bias", {3}}});
  const auto with_norms = [&](int count) {
    std::string list = "[" + encoder + ", " + pooling;
    for (int i = 0; i < count; ++i) list += ", " + module(i + 2, "2_LayerNorm", "LayerNorm");
    folder.text("modules.json", list + "]");
    return SentenceTransformer(folder.path()).summary();
  };
  CHECK(with_norms(4) == "mean -> LayerNorm -> LayerNorm -> LayerNorm -> LayerNorm");
  CHECK_THROWS_WITH(with_norms(5), ct::has_substring("2_LayerNorm/model.safetensors: is read more than 4 times"));
}

TEST_CASE("modules.json that is not understood is refused, and says why", "[model]") {
  const auto modules = [](const std::string& list) { return refused("modules.json", list); };
  CHECK_THAT(modules("{}"), ct::has_substring("must be a list of modules, found object"));
  CHECK_THAT(modules("[]"), ct::has_substring("has 0 modules"));
  CHECK_THAT(modules("[1"), ct::has_substring("not valid JSON"));
  CHECK_THAT(modules("[1]"), ct::has_substring("module 0 must be a JSON object, found number"));
  CHECK_THAT(modules("[" + encoder + "]"), ct::has_substring("no Pooling"));
  CHECK_THAT(modules("[" + encoder + ", " + module(1, "2_Dense", "Dense") + "]"),
             ct::has_substring("'Dense' is not understood behind the encoder; understood are 'Pooling'"));
  for (const std::string type : {"SpladePooling", "Dense"})
    CHECK_THAT(of_word_weights(type), ct::has_substring("'" + type +
                                                        "' is not understood behind a WordWeights; understood are "
                                                        "'Pooling'"));
  CHECK_THAT(modules("[" + pooling + ", " + encoder + "]"),
             ct::has_substring("'idx' is 0: modules must stand in order"));
  CHECK_THAT(modules("[" + module(0, "", "CLIPModel") + "]"),
             ct::has_substring("'CLIPModel' is not understood as the encoder"));
  for (const std::string type : {"SpladePooling", "WeightedLayerPooling", "MultiVectorMask", "CNN"})
    CHECK_THAT(
        modules("[" + encoder + ", " + pooling + ", " + module(2, "", type) + "]"),
        ct::has_substring("'" + type + "' is not understood behind the Pooling") && ct::has_substring("'Dense'"));
  CHECK_THAT(modules("[" + encoder + ", " + pooling + ", " + module(2, "", "WordWeights") + "]"),
             ct::has_substring("'WordWeights' is not understood behind the Pooling; understood are 'Dense', 'Dropout', "
                               "'LayerNorm', 'Normalize', 'SparseAutoEncoder'") &&
                 !ct::has_substring("'SparseAutoEncoder', 'WordWeights'"));
  CHECK_THAT(modules("[" + encoder + ", " + module(0, "1_Pooling", "Pooling") + "]"),
             ct::has_substring("must stand in order"));
  CHECK_THAT(modules(R"([{"idx": 0, "path": "", "type": "Transformer", "device": 1}])"),
             ct::has_substring("module 0: key 'device' is not understood"));
  CHECK_THAT(modules(R"([{"idx": 0, "path": 3, "type": "Transformer"}])"),
             ct::has_substring("key 'path' must be a string"));
  CHECK_THAT(modules(R"([{"idx": 0, "path": ""}])"), ct::has_substring("key 'type' is missing"));
}

TEST_CASE("SPLADE pools the logits of a masked language model", "[model]") {
  const auto folder = splade_folder("{}");
  const SentenceTransformer model(folder->path());
  CHECK(model.summary() == "splade max");
  CHECK(model.hidden() == 3);
  CHECK(model.dimension() == 3);
  CHECK(model.similarity_function() == seqpool::Similarity::dot);
  CHECK(model.embed(two_tokens())(0, 0) == ct::Approx(std::log1p(3.0)));
  CHECK(model.embed_prompted(two_tokens(), seqpool::AllTokens{}, 1)(0, 0) == ct::Approx(std::log1p(3.0)));
  CHECK_THROWS_WITH(model.embed(Eigen::Tensor<float, 3>(1, 2, 4)), ct::has_substring("4 features"));
  const auto summary = [](const std::string& config) {
    return SentenceTransformer(splade_folder(config)->path()).summary();
  };
  CHECK(summary(R"({"pooling_strategy": "sum", "activation_function": "log1p_relu"})") == "splade sum log1p_relu");
  CHECK(SentenceTransformer(splade_folder(R"({"word_embedding_dimension": 7})")->path()).hidden() == 7);
  folder->text("config_sentence_transformers.json", R"({"model_type": "SparseEncoder", "max_active_dims": 1})");
  const auto sparse = SentenceTransformer(folder->path()).embed(two_tokens());
  CHECK(sparse(0, 0) == 0);
  CHECK(sparse(0, 2) == ct::Approx(std::log1p(5.0)));
}

TEST_CASE("a SpladePooling that is not understood is refused", "[model]") {
  const auto refusal = [](const std::string& config) {
    try {
      static_cast<void>(SentenceTransformer(splade_folder(config)->path()));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  CHECK_THAT(refusal(R"({"pooling_strategy": "mean"})"),
             ct::has_substring("'pooling_strategy' is 'mean'") && ct::has_substring("'max', 'sum'"));
  CHECK_THAT(refusal(R"({"activation_function": "gelu"})"),
             ct::has_substring("'activation_function' is 'gelu'") && ct::has_substring("'relu', 'log1p_relu'"));
  CHECK_THAT(refusal(R"({"temperature": 2})"), ct::has_substring("'temperature' is not understood"));
  CHECK_THAT(refusal(R"({"embedding_dimension": 0})"), ct::has_substring("'embedding_dimension' must be 1 or more"));
  const auto folder = splade_folder("{}");
  folder->text("config.json", R"({"vocab_size": 0})");
  CHECK_THROWS_WITH(SentenceTransformer(folder->path()), ct::has_substring("'vocab_size' must be 1 or more"));
  folder->text("config.json", "{}");
  CHECK_THROWS_WITH(SentenceTransformer(folder->path()), ct::has_substring("'vocab_size' is missing"));
}

TEST_CASE("layers are mixed by their weights, and the call that takes them is said", "[model]") {
  const auto folder = layers_folder();
  const SentenceTransformer model(folder->path());
  CHECK(model.summary() == "mix of 2 layers -> mean");
  CHECK(model.layers() == 3);
  std::vector<Eigen::Tensor<float, 3, Eigen::RowMajor>> layers(3, two_tokens());
  layers[0].setConstant(std::nanf(""));  // not one of those that are mixed
  layers[2].setConstant(6);
  CHECK(model.embed_layers(layers)(0, 0) == 5.0f);  // (1 * 2 + 3 * 6) / 4
  CHECK(model.embed_layers(seqpool::Layers(layers), seqpool::Lengths{std::vector<int>{1}})(0, 0) == 4.75f);
  CHECK_THROWS_WITH(model.embed(two_tokens()), ct::has_substring("mixes 3 layers: call embed_layers(layers, mask)"));
  CHECK_THROWS_WITH(model.embed_prompted(two_tokens(), seqpool::AllTokens{}, 1), ct::has_substring("embed_layers"));
  CHECK_THROWS_AS(model.embed(two_tokens()), std::invalid_argument);
  layers.pop_back();
  CHECK_THROWS_WITH(model.embed_layers(layers),
                    ct::has_substring("takes 3 layers") && ct::has_substring("there are 2"));
  const auto one_layer = dense_folder();
  const SentenceTransformer plain(one_layer->path());
  CHECK(plain.layers() == 0);
  CHECK_THROWS_WITH(plain.embed_layers(layers), ct::has_substring("takes the last layer alone: hand over x itself"));
  layers.assign(3, Eigen::Tensor<float, 3, Eigen::RowMajor>(1, 2, 4));
  CHECK_THROWS_WITH(model.embed_layers(layers), ct::has_substring("4 features, but the model's encoder gives 3"));
}

TEST_CASE("a WeightedLayerPooling that is not understood is refused", "[model]") {
  const auto refusal = [](auto change) {
    const auto folder = layers_folder();
    change(*folder);
    try {
      static_cast<void>(SentenceTransformer(folder->path()));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  const auto config = [&](const std::string& text) {
    return refusal([&](FolderWriter& folder) { folder.text("1_Layers/config.json", text); });
  };
  const auto weights = [&](const std::vector<FolderWriter::Tensor>& tensors) {
    return refusal([&](FolderWriter& folder) { folder.tensors("1_Layers/model.safetensors", tensors); });
  };
  for (const std::string text : {"{}", R"({"output_hidden_states": false})"})
    CHECK_THAT(refusal([&](FolderWriter& folder) { folder.text("config.json", text); }),
               ct::has_substring("'output_hidden_states' must be true"));
  CHECK_THAT(config(R"({"layer_start": 3, "num_hidden_layers": 2})"),
             ct::has_substring("'layer_start' must be at most num_hidden_layers"));
  CHECK_THAT(config(R"({"layer_start": 2, "num_hidden_layers": 2})"), ct::has_substring("layer_weights"));
  CHECK_THAT(config("{}"), ct::has_substring("layer_weights") && ct::has_substring("[9]"));  // layers 4 to 12
  CHECK_THAT(config(R"({"layer_end": 3})"), ct::has_substring("'layer_end' is not understood"));
  CHECK_THAT(weights({{"layer_weights", {2}, 0}}), ct::has_substring("'layer_weights' adds up to 0"));
  CHECK_THAT(weights({{"layer_weights", {2}, std::numeric_limits<float>::max()}}), ct::has_substring("adds up to inf"));
  CHECK_THAT(weights({{"weights", {2}}}), ct::has_substring("tensor 'layer_weights' is missing"));
  CHECK_THAT(weights({{"layer_weights", {2}}, {"bias", {2}}}), ct::has_substring("'bias' is not used"));
}

TEST_CASE("modules of other packages are refused by their whole type, whatever their class is called", "[model]") {
  const auto with = [](const std::string& first, const std::string& second, const std::string& third) {
    const auto folder = dense_folder();
    const auto entry = [](const std::string& path, const std::string& type) {
      return R"({"path": ")" + path + R"(", "type": ")" + type + R"("})";
    };
    folder->text("modules.json",
                 "[" + entry("", first) + ", " + entry("1_Pooling", second) + ", " + entry("2_Dense", third) + "]");
    try {
      return SentenceTransformer(folder->path()).summary();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  const std::string transformer = "sentence_transformers.models.Transformer";
  const std::string pooling_type = "sentence_transformers.models.Pooling";
  const std::string dense_type = "sentence_transformers.models.Dense";
  const std::string read = "mean -> Dense 3->2";
  // As 2.0 to 5.3, 5.4 and 6 write them, and as Python reads them too.
  CHECK(with(transformer, pooling_type, dense_type) == read);
  CHECK(with("sentence_transformers.base.modules.transformer.Transformer",
             "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
             "sentence_transformers.base.modules.dense.Dense") == read);
  CHECK(with(transformer, "sentence_transformers.models.Pooling.Pooling",
             "sentence_transformers.sentence_transformer.modules.Dense") == read);
  // The encoder is the user's, whoever wrote it.
  for (const std::string type : {"custom_st.Transformer", "my_package.models.Transformer", "__main__.Transformer"})
    CHECK(with(type, pooling_type, dense_type) == read);
  for (const std::string package :
       {"modeling_mine", "my_package.layers", "sentence_transformers_extra", "sentence_transformersx.models",
        "__main__", "pylate.models", "my.sentence_transformers.models",
        "transformers_modules.x.sentence_transformers"}) {
    const auto sentence = [&](const std::string& name) {
      return "key 'type' is '" + package + "." + name + "', a class";
    };
    CHECK_THAT(with(transformer, package + ".Pooling", dense_type),
               ct::has_substring("module 1") && ct::has_substring(sentence("Pooling")) &&
                   ct::has_substring("understood are those of sentence_transformers"));
    CHECK_THAT(with(transformer, pooling_type, package + ".Dense"),
               ct::has_substring("module 2") && ct::has_substring(sentence("Dense")));
    for (const std::string name : {"WordWeights", "WeightedLayerPooling", "SpladePooling"})
      CHECK_THAT(with(transformer, package + "." + name, dense_type), ct::has_substring(sentence(name)));
    for (const std::string name : {"Normalize", "LayerNorm", "Dropout", "SparseAutoEncoder"})
      CHECK_THAT(with(transformer, pooling_type, package + "." + name), ct::has_substring(sentence(name)));
  }
  CHECK_THAT(with(transformer, "Pooling", dense_type), ct::has_substring("key 'type' is 'Pooling', a class"));
  CHECK_THAT(with(transformer, "sentence_transformers.", dense_type), ct::has_substring("'' is not understood"));
}

TEST_CASE("an encoder of which Python takes other than the last hidden states is refused", "[model]") {
  const auto with = [](const std::string& content,
                       const std::string& first = "sentence_transformers.models.Transformer") {
    const auto folder = dense_folder();
    if (!content.empty()) folder->text("sentence_bert_config.json", content);
    folder->text("modules.json", R"([{"path": "", "type": ")" + first + R"("}, )" + pooling + "]");
    try {
      return SentenceTransformer(folder->path()).summary();
    } catch (const Error& error) {
      CHECK_THAT(error.what(), ct::has_substring("sentence_bert_config.json: "));
      return std::string(error.what());
    }
  };
  const auto modality = [](const std::string& output, const std::string& method = "forward",
                           const std::string& feature = "token_embeddings") {
    return R"({"transformer_task": "feature-extraction", "modality_config": {"text": {"method": ")" + method +
           R"(", "method_output_name": )" + output + R"(}}, "module_output_name": ")" + feature + R"("})";
  };
  for (const std::string& content :
       std::vector<std::string>{"", "{}", R"({"max_seq_length": 512})", R"({"transformer_task": "feature-extraction"})",
                                modality(R"("last_hidden_state")"), modality(R"(["last_hidden_state"])")})
    CHECK(with(content) == "mean");
  const auto said = [](const std::string& key, const std::string& value) {
    return "key '" + key + "' is '" + value + "', which is what Python takes of the encoder";
  };
  for (const std::string output : {R"(["hidden_states",-2])", R"(["hidden_states",-1])", R"([0])", "null", "3"})
    CHECK_THAT(with(modality(output)),
               ct::has_substring("'text': " + said("method_output_name", output == "[0]" ? "0" : output) +
                                 "; understood here is 'last_hidden_state' alone"));
  for (const std::string output : {"pooler_output", "logits", "embeddings", "hidden_states"})
    CHECK_THAT(with(modality("\"" + output + "\"")), ct::has_substring(said("method_output_name", output)));
  CHECK_THAT(with(R"({"modality_config": {"text": {"method": "forward"}}, "module_output_name": "token_embeddings"})"),
             ct::has_substring(said("method_output_name", "null")));
  CHECK_THAT(with(modality(R"("last_hidden_state")", "get_text_features")),
             ct::has_substring(said("method", "get_text_features")));
  CHECK_THAT(with(modality(R"("last_hidden_state")", "forward", "sentence_embedding")),
             ct::has_substring(said("module_output_name", "sentence_embedding")));
  CHECK_THAT(with(R"({"modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}})"),
             ct::has_substring("key 'module_output_name' is missing"));
  // Of each kind of input.
  CHECK_THAT(
      with(R"({"modality_config": {"image": {"method": "get_image_features", "method_output_name": "pooler_output"},
      "text": {"method": "forward", "method_output_name": "last_hidden_state"}}, "module_output_name": "token_embeddings"})"),
      ct::has_substring("'image': " + said("method", "get_image_features")));
  CHECK_THAT(with(R"({"modality_config": {"text": "forward"}})"), ct::has_substring("must be a JSON object"));
  // By the task alone, said or meant.
  for (const std::string task : {"fill-mask", "text-generation", "any-to-any", "retrieval", "sequence-classification"})
    CHECK_THAT(with(R"({"transformer_task": ")" + task + R"("})"),
               ct::has_substring("'transformer_task' says, or means where it is not there, '" + task + "'"));
  CHECK_THAT(with(R"({"transformer_task": "ranking"})"),
             ct::has_substring("is 'ranking', which is not understood; understood are 'feature-extraction'"));
  CHECK_THAT(with("", "sentence_transformers.sparse_encoder.models.MLMTransformer"), ct::has_substring("'fill-mask'"));
  CHECK(with("", "mine.MLMTransformer") == "mean");  // whose code nobody knows
  CHECK_THAT(with(modality(R"("logits")"), "mine.Transformer"),
             ct::has_substring(said("method_output_name", "logits")));
}

TEST_CASE("SPLADE pools logits, and an encoder of which Python takes others is refused", "[model]") {
  const auto with = [](const std::string& content, const std::string& first) {
    const auto folder = splade_folder("{}");
    if (!content.empty()) folder->text("sentence_bert_config.json", content);
    folder->text("modules.json",
                 "[" + module(0, "", first) + ", " + module(1, "1_SpladePooling", "SpladePooling") + "]");
    try {
      return SentenceTransformer(folder->path()).summary();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  CHECK(with("", "MLMTransformer") == "splade max");
  CHECK(with(R"({"transformer_task": "fill-mask"})", "Transformer") == "splade max");
  CHECK_THAT(with("", "Transformer"),
             ct::has_substring("means where it is not there, 'feature-extraction', of which Python takes "
                               "'last_hidden_state' of the encoder; understood here is 'logits' alone"));
  CHECK_THAT(with(R"({"transformer_task": "sequence-classification"})", "Transformer"),
             ct::has_substring("'sequence-classification'"));
  CHECK_THAT(with(R"({"modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
                      "module_output_name": "token_embeddings"})",
                  "MLMTransformer"),
             ct::has_substring("'last_hidden_state'") && ct::has_substring("'logits' alone"));
}

TEST_CASE("a folder may have 100 modules", "[model]") {
  const auto folder = dense_folder();
  std::string list = "[" + encoder + ", " + pooling;
  for (int i = 2; i < 100; ++i) list += ", " + module(i, "", "Dropout");
  folder->text("modules.json", list + "]");
  CHECK(SentenceTransformer(folder->path()).summary() == "mean");
  folder->text("modules.json", list + ", " + module(100, "", "Dropout") + "]");
  CHECK_THROWS_WITH(SentenceTransformer(folder->path()), ct::has_substring("101 modules"));
}

TEST_CASE("a Pooling that is not understood is refused", "[model]") {
  const auto config = [](const std::string& text) { return refused("1_Pooling/config.json", text); };
  CHECK_THAT(config(R"({"pooling_mode": "mean"})"), ct::has_substring("key 'word_embedding_dimension' is missing"));
  CHECK_THAT(config(R"({"embedding_dimension": 0})"), ct::has_substring("key 'embedding_dimension' must be 1 or more"));
  CHECK_THAT(config(R"({"word_embedding_dimension": 0})"),
             ct::has_substring("key 'word_embedding_dimension' must be 1 or more"));
  CHECK_THAT(config(R"({"embedding_dimension": 268435456})"), ct::has_substring("but 268435456 features"));
  CHECK_THAT(config(R"({"embedding_dimension": 2147483649})"), ct::has_substring("whole number"));
  CHECK_THAT(config(R"({"embedding_dimension": -1})"), ct::has_substring("whole number"));
  CHECK_THAT(config(R"({"embedding_dimension": 3.5})"), ct::has_substring("whole number"));
  CHECK_THAT(config(R"({"embedding_dimension": 1e300})"), ct::has_substring("whole number"));
  CHECK_THAT(config(R"({"embedding_dimension": 4294967296})"), ct::has_substring("whole number"));
  CHECK_THAT(config(R"({"embedding_dimension": 3, "pooling_mode": "attention"})"),
             ct::has_substring("'attention'") && ct::has_substring("'weightedmean'"));
  CHECK_THAT(config(R"({"embedding_dimension": 3, "pooling_mode": []})"), ct::has_substring("empty list"));
  CHECK_THAT(config(R"({"embedding_dimension": 3, "pooling_mode": ["mean", "mean"]})"), ct::has_substring("twice"));
  CHECK_THAT(config(R"({"embedding_dimension": 3, "pooling_mode": 3})"), ct::has_substring("list of strings"));
  CHECK_THAT(config(R"({"embedding_dimension": 3, "pooling_mode_gem": true})"),
             ct::has_substring("'pooling_mode_gem' is not understood"));
  CHECK_THAT(config(R"({"embedding_dimension": 3, "include_prompt": "false"})"), ct::has_substring("true or false"));
  CHECK_THAT(config(R"({"embedding_dimension": 4})"), ct::has_substring("'in_features' is 3, but 4"));
}

TEST_CASE("a Dense that is not understood is refused", "[model]") {
  const auto config = [](const std::string& text) { return refused("2_Dense/config.json", text); };
  CHECK_THAT(config(R"({"in_features": 4, "out_features": 2})"), ct::has_substring("'in_features' is 4, but 3"));
  CHECK_THAT(config(R"({"in_features": 3, "out_features": 0})"), ct::has_substring("must be 1 or more"));
  for (const std::string path : {"torch.nn.modules.activation.Mish", "torch.tanh", "mine.Tanh", "Tanh", ""})
    CHECK_THAT(config(R"({"in_features": 3, "out_features": 2, "activation_function": ")" + path + R"("})"),
               ct::has_substring("'" + path + "'") && ct::has_substring("'GELU'"));
  CHECK_THAT(config(R"({"in_features": 3, "out_features": 2, "module_input_name": "token_embeddings"})"),
             ct::has_substring("'token_embeddings'"));
  CHECK_THAT(config(R"({"in_features": 3, "out_features": 2, "module_output_name": "token_embeddings"})"),
             ct::has_substring("key 'module_output_name' is 'token_embeddings'"));
  CHECK_THAT(config(R"({"in_features": 3, "out_features": 2, "scale": 2})"), ct::has_substring("'scale'"));
  CHECK_THAT(config("[]"), ct::has_substring("expected a JSON object, found array"));
  CHECK_THAT(config(std::string(65, '[') + std::string(65, ']')), ct::has_substring("64 levels"));

  const FolderWriter::Tensor weight{"linear.weight", {2, 3}};
  const FolderWriter::Tensor bias{"linear.bias", {2}};
  CHECK(refused_tensors({weight, bias}) == "nothing");
  CHECK_THAT(refused_tensors({weight}), ct::has_substring("tensor 'linear.bias' is missing"));
  CHECK_THAT(refused_tensors({weight, bias, {"residual.weight", {2, 3}}}),
             ct::has_substring("'residual.weight' is not used"));
  CHECK_THAT(refused_tensors({{"linear.weight", {3, 2}}, bias}), ct::has_substring("[3, 2]"));
  CHECK_THAT(refused_tensors({weight, {"linear.bias", {3}}}), ct::has_substring("linear.bias"));
  CHECK_THAT(refused_tensors({{"linear.weight", {2, 3}, std::nanf("")}, bias}), ct::has_substring("no finite number"));
  CHECK_THAT(refused_tensors({weight, {"linear.bias", {2}, std::numeric_limits<float>::infinity()}}),
             ct::has_substring("'linear.bias': element 0 is no finite number"));
}

TEST_CASE("weights that are not safetensors are refused, and how to convert them is said", "[model]") {
  const auto folder = dense_folder();
  std::filesystem::remove(folder->path("2_Dense/model.safetensors"));
  CHECK_THROWS_WITH(SentenceTransformer(folder->path()), ct::has_substring("2_Dense/model.safetensors: is missing"));
  folder->text("2_Dense/pytorch_model.bin.index.json", "");
  CHECK_THROWS_WITH(SentenceTransformer(folder->path()), ct::has_substring("to_safetensors.py"));
  std::filesystem::remove(folder->path("2_Dense/pytorch_model.bin.index.json"));
  folder->text("2_Dense/pytorch_model.bin", "");
  CHECK_THROWS_WITH(SentenceTransformer(folder->path()), ct::has_substring("to_safetensors.py"));
  folder->text("2_Dense/model.safetensors", "no safetensors");
  CHECK_THROWS_AS(SentenceTransformer(folder->path()), Error);
  CHECK_THROWS_AS(SentenceTransformer(folder->path()), seqpool::io::Error);
}

TEST_CASE("settings that are not understood are refused", "[model]") {
  const auto config = [](const std::string& text) { return refused("config_sentence_transformers.json", text); };
  CHECK_THAT(config(R"({"model_type": "MultiVectorEncoder"})"), ct::has_substring("'MultiVectorEncoder'"));
  CHECK_THAT(config(R"({"model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.linear.Identity"})"),
             ct::has_substring("read the folder as a SequenceClassifier"));
  CHECK_THAT(config(R"({"similarity_fn_name": "maxsim"})"),
             ct::has_substring("'maxsim'") && ct::has_substring("'manhattan'"));
  CHECK_THAT(config(R"({"prompts": {"a": 1}})"), ct::has_substring("must be a string"));
  CHECK_THAT(config(R"({"default_prompt_name": "q"})"), ct::has_substring("none of the prompts"));
  CHECK_THAT(config(R"({"truncate_dim": 0})"), ct::has_substring("must be 1 or more"));
  CHECK_THAT(config(R"({"query_prefix": "q"})"), ct::has_substring("'query_prefix' is not understood"));
}

TEST_CASE("without modules.json the pooling is what sentence-transformers makes it", "[model]") {
  FolderWriter folder;
  folder.text("config.json", R"({"architectures": ["BertModel"], "hidden_size": 3})");
  CHECK(SentenceTransformer(folder.path()).summary() == "mean");
  folder.text("config.json", R"({"architectures": ["Qwen2ForCausalLM"], "hidden_size": 3})");
  CHECK(SentenceTransformer(folder.path()).summary() == "lasttoken");
  folder.text("config.json", R"({"architectures": ["Qwen2ForCausalLM"], "is_causal": false, "hidden_size": 3})");
  CHECK(SentenceTransformer(folder.path()).summary() == "mean");
  folder.text("config.json", R"({"dim": 5})");
  CHECK(SentenceTransformer(folder.path()).hidden() == 5);
  folder.text("config.json", "{}");
  CHECK_THROWS_WITH(SentenceTransformer(folder.path()), ct::has_substring("'hidden_size' is missing"));
}
