// SPDX-License-Identifier: MIT
// Tables of embeddings in place of an encoder, by SentenceTransformer::embed_ids.

#include <seqpool/model/detail/static_embedding.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <seqpool/model/sentence_transformer.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "../folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::model::Error;
using seqpool::model::SentenceTransformer;
using test::FolderWriter;

namespace {

const std::string table_modules = R"([{"idx": 0, "path": "", "type": "sentence_transformers.models.StaticEmbedding"}])";

// Three words: (1, 2), (3, 4), (5, 60).
const FolderWriter::Tensor three_words{"embedding.weight", {3, 2}, 0, {1, 2, 3, 4, 5, 60}};
const FolderWriter::Tensor three_rows{"embeddings", {3, 2}, 0, {1, 2, 3, 4, 5, 60}};

template <class Id = std::int64_t, int layout = Eigen::RowMajor>
Eigen::Tensor<Id, 2, layout> word_ids(std::initializer_list<std::initializer_list<std::type_identity_t<Id>>> ids) {
  Eigen::Tensor<Id, 2, layout> result(static_cast<Index>(ids.size()), static_cast<Index>(ids.begin()->size()));
  Index b = 0;
  for (const auto& row : ids) {
    Index s = 0;
    for (const Id id : row) result(b, s++) = id;
    ++b;
  }
  return result;
}

// A folder of model2vec, whose config.json is `config`, with these tensors and a mapping of I64.
void write_model2vec(FolderWriter& folder, const std::string& config, const std::vector<FolderWriter::Tensor>& tensors,
                     const std::vector<std::int64_t>& mapping = {}) {
  folder.text("config.json", config);
  seqpool::io::SafetensorsWriter writer;
  for (const auto& [name, sizes, value, values] : tensors) {
    if (sizes.size() == 2)
      writer.add(name,
                 Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>>(values.data(), sizes[0], sizes[1]));
    else
      writer.add(name, Eigen::TensorMap<const Eigen::Tensor<float, 1, Eigen::RowMajor>>(values.data(), sizes[0]));
  }
  const auto size = static_cast<Index>(mapping.size());
  if (size > 0)
    writer.add("mapping",
               Eigen::TensorMap<const Eigen::Tensor<std::int64_t, 1, Eigen::RowMajor>>(mapping.data(), size));
  writer.write(folder.path("model.safetensors"));
}

std::string table_refusal(const FolderWriter& folder) {
  try {
    static_cast<void>(SentenceTransformer(folder.path()));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

template <class F> std::string misuse_of_ids(F f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing";
}

// A device of two threads, one after the other.
struct SplitDevice {
  int numThreads() const { return 2; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost&,
                   std::function<void(Eigen::Index, Eigen::Index)> f) const {
    f(0, n / 2);
    f(n / 2, n);
  }
};

}  // namespace

TEST_CASE("a table's vectors are means of its rows, in the layout of the ids, whatever their type", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", table_modules).tensors("model.safetensors", {three_words});
  const SentenceTransformer model(folder.path());
  CHECK(model.summary() == "table 3x2 -> mean");
  CHECK(model.hidden() == 2);
  CHECK(model.dimension() == 2);
  CHECK_FALSE(model.max_seq_length());
  Eigen::Tensor<bool, 2> mask(2, 2);
  mask.setValues({{true, true}, {false, true}});
  const auto check = [](const auto& vectors) {
    CHECK(vectors(0, 0) == 2);
    CHECK(vectors(0, 1) == 3);
    CHECK(vectors(1, 0) == 5);
    CHECK(vectors(1, 1) == 60);
  };
  // What the mask leaves out may be any number.
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  const Eigen::Tensor<float, 2, Eigen::RowMajor> of_rows = model.embed_ids(word_ids({{0, 1}, {least, 2}}), mask);
  check(of_rows);
  const Eigen::Tensor<float, 2> of_columns =
      model.embed_ids(word_ids<std::int32_t, Eigen::ColMajor>({{0, 1}, {-1, 2}}), mask);
  check(of_columns);
  check(model.embed_ids(word_ids<std::uint16_t>({{0, 1}, {2, 7}}), seqpool::Lengths(std::vector{2, 1})));
  // Texts one behind the other, as an EmbeddingBag has them.
  const auto bags = model.embed_ids(word_ids({{0, 1, 2}}), seqpool::Spans{{0, 0, 2}, {0, 2, 3}});
  check(bags);
  const SplitDevice device;
  check(model.embed_ids(word_ids({{0, 1}, {9, 2}}), mask, device));
  check(model.embed_ids(word_ids({{0, 1}, {2, 2}}), device));
  CHECK(model.embed_ids(word_ids({{0, 1}, {2, 2}}))(1, 1) == 60);
}

TEST_CASE("a row of a table has the same bits in every batch, and texts without words are zeros", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", table_modules).tensors("model.safetensors", {three_words});
  const SentenceTransformer model(folder.path());
  Eigen::Tensor<std::int64_t, 2> ids(3, 700);
  for (Index i = 0; i < ids.size(); ++i) ids.data()[i] = i * i % 3;
  const seqpool::Lengths lengths(std::vector{700, 0, 300});
  const auto together = model.embed_ids(ids, lengths);
  const Eigen::Tensor<std::int64_t, 2> last = ids.slice(std::array<Index, 2>{2, 0}, std::array<Index, 2>{1, 300});
  const auto alone = model.embed_ids(last);
  for (Index f = 0; f < 2; ++f) {
    CHECK(together(1, f) == 0);
    CHECK(together(2, f) == alone(0, f));
  }
}

TEST_CASE("a copy of a model keeps its table", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", table_modules).tensors("model.safetensors", {three_words});
  auto model = std::make_optional<SentenceTransformer>(folder.path());
  const SentenceTransformer copy = *model;
  model.reset();
  CHECK(copy.embed_ids(word_ids({{2}}))(0, 1) == 60);
}

TEST_CASE("model2vec's tokens have a row by mapping, and a weight by their id", "[model]") {
  FolderWriter folder;
  write_model2vec(folder, R"({"model_type": "model2vec"})", {three_rows, {"weights", {4}, 0, {1, 2, 3, 4}}},
                  {2, 0, 0, 1});
  const SentenceTransformer model(folder.path());
  CHECK(model.summary() == "weighted table 3x2 -> mean");
  CHECK(model.max_seq_length() == 512);
  const auto vectors = model.embed_ids(word_ids({{0, 1}, {2, 3}}));
  CHECK(vectors(0, 0) == 3.5f);  // (5 + 2 * 1) / 2
  CHECK(vectors(0, 1) == 32);    // (60 + 2 * 2) / 2
  CHECK(vectors(1, 0) == 7.5f);  // (3 * 1 + 4 * 3) / 2
  CHECK(vectors(1, 1) == 11);    // (3 * 2 + 4 * 4) / 2
  CHECK_THAT(misuse_of_ids([&] { static_cast<void>(model.embed_ids(word_ids({{0, 4}}))); }),
             ct::has_substring("input_ids hold 4, but the vocabulary has 4 words"));
}

TEST_CASE("config.json of model2vec says whether vectors are normalised, and how long texts are", "[model]") {
  FolderWriter folder;
  write_model2vec(folder, R"({"model_type": "model2vec", "normalize": true, "max_length": 9})", {three_rows});
  const SentenceTransformer model(folder.path());
  CHECK(model.summary() == "table 3x2 -> mean -> normalize");
  CHECK(model.max_seq_length() == 9);
  CHECK(model.embed_ids(word_ids({{1}}))(0, 0) == 0.6f);
  FolderWriter other;
  write_model2vec(other, R"({"model_type": "model2vec", "max_length": null, "normalize": false})", {three_rows});
  CHECK_FALSE(SentenceTransformer(other.path()).max_seq_length());
  CHECK(SentenceTransformer(other.path()).summary() == "table 3x2 -> mean");
  CHECK(SentenceTransformer(other.path(), {.truncate_dim = 1, .normalize_embeddings = true}).summary() ==
        "table 3x2 -> mean -> first 1 -> normalize");
}

TEST_CASE("a model with an encoder takes hidden states, and one with a table ids", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", table_modules).tensors("model.safetensors", {three_words});
  const SentenceTransformer model(folder.path());
  Eigen::Tensor<float, 3> x(1, 2, 2);
  x.setZero();
  const auto ids = word_ids({{0, 1}});
  Eigen::Tensor<bool, 2> all(1, 2);
  all.setConstant(true);
  const std::string no_encoder = "this model has no encoder: call embed_ids(input_ids, mask)";
  CHECK_THAT(misuse_of_ids([&] { static_cast<void>(model.embed(x)); }), ct::has_substring(no_encoder));
  CHECK_THAT(misuse_of_ids([&] { static_cast<void>(model.embed_prompted(x, all, 1)); }), ct::has_substring(no_encoder));
  FolderWriter bert;
  bert.text("config.json", R"({"hidden_size": 2, "architectures": ["BertModel"]})");
  CHECK_THAT(misuse_of_ids([&] { static_cast<void>(SentenceTransformer(bert.path()).embed_ids(ids)); }),
             ct::has_substring("this model takes hidden states of its encoder: call embed(x, mask)"));
}

TEST_CASE("ids must be words, and as many as the mask has tokens", "[model]") {
  FolderWriter folder;
  folder.text("modules.json", table_modules).tensors("model.safetensors", {three_words});
  const SentenceTransformer model(folder.path());
  const auto misuse_of = [&](std::int64_t id) {
    return misuse_of_ids([&] { static_cast<void>(model.embed_ids(word_ids({{0, id}}))); });
  };
  CHECK(misuse_of(2) == "nothing");
  CHECK_THAT(misuse_of(3), ct::has_substring("input_ids hold 3, but the vocabulary has 3 words"));
  CHECK_THAT(misuse_of(-1), ct::has_substring("input_ids hold -1, but"));
  Eigen::Tensor<std::uint64_t, 2> large(1, 1);
  large(0, 0) = ~std::uint64_t{0};
  CHECK_THAT(misuse_of_ids([&] { static_cast<void>(model.embed_ids(large)); }),
             ct::has_substring("18446744073709551615"));
  Eigen::Tensor<bool, 2> mask(1, 3);
  mask.setConstant(true);
  CHECK_THAT(misuse_of_ids([&] { static_cast<void>(model.embed_ids(word_ids({{0, 1}}), mask)); }),
             ct::has_substring("[1, 3]"));
}

TEST_CASE("a table that is not understood is refused, and says why", "[model]") {
  const auto refusal_of = [](const std::vector<FolderWriter::Tensor>& tensors) {
    FolderWriter folder;
    folder.text("modules.json", table_modules).tensors("model.safetensors", tensors);
    return table_refusal(folder);
  };
  CHECK_THAT(refusal_of({{"a.embedding.weight", {3, 2}}}),
             ct::has_substring("model.safetensors: tensor 'embedding.weight' is missing, which must be [-1, -1]"));
  CHECK_THAT(refusal_of({{"embedding.weight", {3}}}), ct::has_substring("embedding.weight"));
  CHECK_THAT(refusal_of({three_words, {"bias", {2}}}), ct::has_substring("tensor 'bias' is not used"));
  // Of sentence-transformers' own tables weights are none.
  CHECK_THAT(refusal_of({three_words, {"weights", {3}}}), ct::has_substring("tensor 'weights' is not used"));
  CHECK_THAT(refusal_of({three_words, three_rows}), ct::has_substring("tensor 'embeddings' is not used"));
  CHECK_THAT(refusal_of({three_rows, {"weights", {4}}}), ct::has_substring("weights"));

  const auto refusal_of_mapping = [](const std::vector<std::int64_t>& mapping) {
    FolderWriter folder;
    write_model2vec(folder, R"({"model_type": "model2vec"})", {three_rows}, mapping);
    return table_refusal(folder);
  };
  CHECK(refusal_of_mapping({2, 0}) == "nothing");
  CHECK_THAT(refusal_of_mapping({2, 3}),
             ct::has_substring("tensor 'mapping' names row 3, but 'embeddings' has 3 rows"));
  FolderWriter none;
  none.text("config.json", R"({"model_type": "model2vec"})");
  const std::string empty =
      R"({"embeddings": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}, "mapping": {"dtype": "I32", "shape": [0], "data_offsets": [4, 4]}})";
  none.text("model.safetensors",
            static_cast<char>(static_cast<unsigned char>(empty.size())) + std::string(7, '\0') + empty + "abcd");
  CHECK_THAT(table_refusal(none), ct::has_substring("tensor 'mapping' has no words"));
  CHECK_THAT(refusal_of_mapping({-1}), ct::has_substring("tensor 'mapping' names row -1"));

  FolderWriter integers;
  integers.text("modules.json", table_modules);
  const std::string header = R"({"embeddings": {"dtype": "I8", "shape": [1, 2], "data_offsets": [0, 2]}})";
  integers.text("model.safetensors", static_cast<char>(header.size()) + std::string(7, '\0') + header + "ab");
  CHECK_THAT(table_refusal(integers),
             ct::has_substring("tensor 'embeddings' is of I8, which is not read as weights; F32, F16, BF16 and F64"));

  FolderWriter floats;
  write_model2vec(floats, R"({"model_type": "model2vec"})", {three_rows, {"mapping", {3}, 0, {0, 1, 2}}});
  CHECK_THAT(table_refusal(floats),
             ct::has_substring("tensor 'mapping' is of F32, which is not read as rows; I32 and I64 are"));
}

TEST_CASE("a StaticEmbedding is sentence-transformers' own, and stands first", "[model]") {
  FolderWriter mine;
  mine.text("modules.json", R"([{"path": "", "type": "mine.StaticEmbedding"}])")
      .tensors("model.safetensors", {three_words});
  CHECK_THAT(table_refusal(mine), ct::has_substring("'mine.StaticEmbedding', a class of another package"));
  FolderWriter second;
  second.text("modules.json",
              R"([{"path": "", "type": "sentence_transformers.models.StaticEmbedding"},
                  {"path": "1", "type": "sentence_transformers.models.StaticEmbedding"}])");
  second.tensors("model.safetensors", {three_words});
  CHECK_THAT(table_refusal(second), ct::has_substring("'StaticEmbedding' is not understood behind the Pooling"));
}
