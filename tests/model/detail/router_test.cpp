// SPDX-License-Identifier: MIT
#include <seqpool/model/model.hpp>
#include <string>

#include "../folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::model::Error;
using seqpool::model::SentenceTransformer;
using test::FolderWriter;
using test::two_tokens;

namespace {

const std::string router_parameters = R"({"default_route": "large", "allow_empty_key": true, "route_mappings": {}})";

// Routes "small" and "large", the first token and the largest features, and one of no module.
FolderWriter& write_router(FolderWriter& folder, const std::string& more,
                           const std::string& type = "sentence_transformers.base.modules.router.Router") {
  folder.text("modules.json", R"([{"path": "", "type": ")" + type + R"("},
      {"path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}])");
  folder.text("router_config.json", R"({"types": {
      "small_0_Transformer": "sentence_transformers.models.Transformer", "small_1": "sentence_transformers.models.Pooling",
      "large_0_Transformer": "mine.Transformer", "large_1": "sentence_transformers.models.Pooling",
      "bad_1": "mine.Pooling"},
    "structure": {"small": ["small_0_Transformer", "small_1"], "large": ["large_0_Transformer", "large_1"],
                  "empty": [], "bad": ["small_0_Transformer", "bad_1"], "none": ["nothing"], "no_list": "small"},
    "parameters": )" + more + "}");
  folder.text("small_1/config.json", R"({"word_embedding_dimension": 3, "pooling_mode": "cls"})");
  folder.text("large_1/config.json", R"({"word_embedding_dimension": 3, "pooling_mode": "max"})");
  return folder;
}

std::string route_summary(const FolderWriter& folder, const std::string& route = "") {
  return SentenceTransformer(folder.path(), {.route = route}).summary();
}

std::string router_refusal(const FolderWriter& folder, const std::string& route = "") {
  try {
    static_cast<void>(SentenceTransformer(folder.path(), {.route = route}));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

FolderWriter& write_static(FolderWriter& folder) {
  folder.text("modules.json",
              R"([{"path": "", "type": "sentence_transformers.sparse_encoder.models.SparseStaticEmbedding"}])");
  folder.text("config.json", R"({"frozen": true})");
  folder.text("config_sentence_transformers.json", R"({"model_type": "SparseEncoder"})");
  folder.text("tokenizer_config.json", R"({"model_max_length": 512})");
  return folder.tensors("model.safetensors", {{"weight", {4}, 0, {0.5f, -1, 0, 3}}});
}

}  // namespace

TEST_CASE("a route is chosen by its name, by the folder, or by its default", "[model]") {
  FolderWriter folder;
  write_router(folder, router_parameters);
  CHECK(route_summary(folder) == "max -> normalize");
  CHECK(route_summary(folder, "large") == "max -> normalize");
  CHECK(route_summary(folder, "small") == "cls -> normalize");
  folder.text("small_0_Transformer/tokenizer_config.json", R"({"model_max_length": 64})");
  CHECK(SentenceTransformer(folder.path(), {.route = "small"}).max_seq_length() == 64);
  CHECK_FALSE(SentenceTransformer(folder.path()).max_seq_length());

  CHECK(route_summary(write_router(folder, R"({"default_route": "small"})")) == "cls -> normalize");
  CHECK(route_summary(write_router(folder, "{}")) == "cls -> normalize");  // the first of the file
  const std::string no_default =
      router_refusal(write_router(folder, R"({"default_route": null, "allow_empty_key": false})"));
  CHECK_THAT(no_default, ct::has_substring("router_config.json: key 'structure' has no default route") &&
                             ct::has_substring("{.route = ...}") &&
                             ct::has_substring("'bad', 'empty', 'large', 'no_list', 'none', 'small'"));
  CHECK(route_summary(folder, "small") == "cls -> normalize");
  CHECK_THAT(router_refusal(folder, "query"),
             ct::has_substring("has no route 'query'; ") && ct::has_substring("'small'"));
}

TEST_CASE("a task is mapped to a route as in Python", "[model]") {
  FolderWriter folder;
  const auto with = [&](const std::string& mappings, const std::string& route = "") {
    write_router(folder, R"({"default_route": "large", "route_mappings": {)" + mappings + "}}");
    return route_summary(folder, route);
  };
  const std::string small = "cls -> normalize";
  const std::string large = "max -> normalize";
  CHECK(with(R"x("('query', 'text')": "small")x", "query") == small);
  CHECK(with(R"x("('query', None)": "small")x", "query") == small);
  CHECK(with(R"x("('query', None)": "small", "('query', 'text')": "large")x", "query") == large);
  CHECK(with(R"x("('query', 'text')": "large", "('query', None)": "small")x", "query") == large);
  CHECK(with(R"x("(\"query\",None)": "small")x", "query") == small);
  CHECK(with(R"x("('query', 'text')": "small")x") == large);
  CHECK(with(R"x("('small', 'text')": "large")x", "small") == large);
  CHECK(with(R"x("(None, 'text')": "small")x") == small);
  CHECK(with(R"x("(None, None)": "small")x") == small);
  CHECK(with(R"x("(None, 'image')": "small", "('query', 'image')": "small")x") == large);
  CHECK_THAT(router_refusal(folder, "query"), ct::has_substring("has no route 'query'"));
  write_router(folder, R"x({"route_mappings": {"('query', None)": "tiny"}})x");
  CHECK_THAT(router_refusal(folder, "query"), ct::has_substring("has no route 'tiny'"));
  CHECK_THAT(router_refusal(write_router(folder, R"({"route_mappings": []})")), ct::has_substring("'route_mappings'"));
}

TEST_CASE("a router that is not understood is refused, and says why", "[model]") {
  FolderWriter folder;
  write_router(folder, router_parameters);
  CHECK_THAT(router_refusal(folder, "empty"), ct::has_substring("key 'empty' has 0 modules, expected 1 to 100"));
  CHECK_THAT(router_refusal(folder, "no_list"), ct::has_substring("key 'no_list' must be a list of strings"));
  CHECK_THAT(router_refusal(folder, "none"), ct::has_substring("key 'types': key 'nothing' is missing"));
  CHECK_THAT(router_refusal(folder, "bad"),
             ct::has_substring("key 'types': key 'bad_1' is 'mine.Pooling', a class of another"));
  CHECK_THAT(router_refusal(write_router(folder, R"({"default_route": "small", "more": 1})")),
             ct::has_substring("key 'parameters': key 'more' is not understood"));
  folder.text("router_config.json", R"({"types": {}, "structure": {}, "parameters": {}, "other": 1})");
  CHECK_THAT(router_refusal(folder), ct::has_substring("key 'other' is not understood"));
  folder.text("router_config.json", R"({"types": {}, "structure": {}, "parameters": {}})");
  CHECK_THAT(router_refusal(folder), ct::has_substring("has no default route"));
  folder.text("router_config.json", R"({"types": {"../a": "sentence_transformers.models.Transformer"},
                                        "structure": {"a": ["../a"]}, "parameters": {}})");
  CHECK_THAT(router_refusal(folder), ct::has_substring("leads out of the folder"));
  CHECK_THAT(router_refusal(write_router(folder, router_parameters, "mine.Router")),
             ct::has_substring("'Router' is not understood as the encoder"));
  CHECK_THAT(router_refusal(folder, "small"), ct::has_substring("module 0 of") && ct::has_substring("is no Router"));

  FolderWriter bare;
  bare.text("config.json", R"({"architectures": ["BertModel"], "hidden_size": 3})");
  CHECK_THAT(router_refusal(bare, "query"), ct::has_substring("modules.json: is missing"));
}

TEST_CASE("an Asym of before 5.0 takes the first of its routes", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", R"([{"path": "", "type": "sentence_transformers.models.Asym"}])");
  folder.text("config.json", R"({"types": {"z-1": "sentence_transformers.models.Transformer.Transformer",
      "z-2": "sentence_transformers.models.Pooling", "a-2": "sentence_transformers.models.Pooling"},
    "structure": {"z": ["z-1", "z-2"], "a": ["z-1", "a-2"]}, "parameters": {"allow_empty_key": true}})");
  folder.text("z-2/config.json", R"({"word_embedding_dimension": 3, "pooling_mode_max_tokens": true})");
  folder.text("a-2/config.json", R"({"word_embedding_dimension": 3, "pooling_mode_cls_token": true})");
  CHECK(route_summary(folder) == "max");
  CHECK(route_summary(folder, "a") == "cls");
}

TEST_CASE("a model without an encoder takes ids, and no hidden states", "[model]") {
  FolderWriter folder;
  const SentenceTransformer model(write_static(folder).path());
  CHECK(model.summary() == "weights of ids");
  CHECK(model.hidden() == 0);
  CHECK(model.dimension() == 4);
  CHECK(model.max_seq_length() == 512);
  CHECK(model.similarity_function() == seqpool::Similarity::dot);
  Eigen::Tensor<int, 2> ids(2, 3);
  ids.setValues({{3, 1, 3}, {2, 0, 77}});
  Eigen::Tensor<int, 2> mask(2, 3);
  mask.setValues({{1, 1, 1}, {1, 1, 0}});
  const auto vectors = model.embed_ids(ids, mask);
  CHECK(vectors(0, 0) == 0);
  CHECK(vectors(0, 1) == -1);
  CHECK(vectors(0, 3) == 3);
  CHECK(vectors(1, 0) == 0.5f);
  CHECK(vectors(1, 3) == 0);
  CHECK_THROWS_WITH(model.embed_ids(ids), ct::has_substring("input_ids hold 77, but the vocabulary has 4 words"));
  const std::string message = "this model has no encoder: call embed_ids(input_ids, mask)";
  CHECK_THROWS_WITH(model.embed(two_tokens()), ct::has_substring(message));
  CHECK_THROWS_WITH(model.embed_prompted(two_tokens(), seqpool::AllTokens{}, 1), ct::has_substring(message));
  const SentenceTransformer normalized(folder.path(), {.truncate_dim = 2, .normalize_embeddings = true});
  CHECK(normalized.summary() == "weights of ids -> first 2 -> normalize");
  CHECK(normalized.embed_ids(ids, mask)(0, 1) == -1);

  FolderWriter other;
  const SentenceTransformer with_encoder(write_router(other, router_parameters).path());
  CHECK_THROWS_WITH(with_encoder.embed_ids(ids), ct::has_substring("call embed(x, mask)"));
}

TEST_CASE("weights of ids that are not understood are refused", "[model]") {
  const auto says = [](const std::string& name, const std::string& content) {
    FolderWriter folder;
    write_static(folder).text(name, content);
    return router_refusal(folder);
  };
  CHECK_THAT(says("config.json", R"({"path": "idf.json"})"),
             ct::has_substring("key 'path' names weights by words") && ct::has_substring("SparseEncoder(name).save"));
  CHECK_THAT(says("config.json", R"({"scale": 2})"), ct::has_substring("key 'scale' is not understood"));
  CHECK_THAT(says("modules.json", R"([{"path": "", "type": "mine.SparseStaticEmbedding"}])"),
             ct::has_substring("'SparseStaticEmbedding' is not understood as the encoder"));
  FolderWriter folder;
  write_static(folder).tensors("model.safetensors", {{"weight", {4}}, {"bias", {4}}});
  CHECK_THAT(router_refusal(folder), ct::has_substring("'bias' is not used"));
  folder.tensors("model.safetensors", {{"weight", {2, 2}}});
  CHECK_THAT(router_refusal(folder), ct::has_substring("'weight'"));
}
