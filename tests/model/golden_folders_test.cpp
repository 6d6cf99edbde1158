// SPDX-License-Identifier: MIT
// Every folder in tests/golden/folders, saved by sentence-transformers and Transformers, against their own results.
#include <seqpool/model/model.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <seqpool/head/normalize.hpp>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/pooling/max_sim.hpp>
#include <seqpool/pooling/mean.hpp>
#include <string>
#include <vector>

#include "differences.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;
using test::difference;
using test::few_eps;
using test::token_difference;

namespace {

namespace fs = std::filesystem;

// The folders whose golden.safetensors says that they are of this kind.
std::vector<fs::path> folders_of(const std::string& kind) {
  std::vector<fs::path> result;
  for (const auto& entry : fs::directory_iterator(SEQPOOL_TEST_FOLDERS)) {
    if (!entry.is_directory()) continue;
    const Safetensors golden(entry.path() / "golden.safetensors");
    if (golden.metadata().at("kind") == kind) result.push_back(entry.path());
  }
  std::sort(result.begin(), result.end());
  return result;
}

// What Python computes in bfloat16 is rounded there at each of a few steps, by 2^-9, and LayerNorm makes more of that:
// it divides by a deviation under 1.
constexpr double few_bfloat16_eps = 16.0 / 256;

// Those of all layers, of a tensor [layers, batch, seq, hidden].
template <class T> auto layers_of(const Safetensors& golden, const std::string& side) {
  using Layer = Eigen::TensorMap<const Eigen::Tensor<T, 3, Eigen::RowMajor, Index>>;
  const auto all = golden.tensor<T, 4>(side + ".layers");
  std::vector<Layer> layers;
  for (Index l = 0; l < all.dimension(0); ++l)
    layers.emplace_back(&all(l, 0, 0, 0), all.dimension(1), all.dimension(2), all.dimension(3));
  return layers;
}

// Hidden states, of the last layer where there are several.
template <class T> auto states_of(const Safetensors& golden, const std::string& side) {
  return golden.contains(side + ".layers") ? layers_of<T>(golden, side).back()
                                           : golden.tensor<T, 3>(side + ".hidden_states");
}

// What the metadata of a golden file say, or "".
std::string said(const Safetensors& golden, const std::string& key) {
  const auto found = golden.metadata().find(key);
  return found == golden.metadata().end() ? "" : found->second;
}

seqpool::model::ScoredWords words_of(const Safetensors& golden) {
  seqpool::model::ScoredWords words;
  if (const auto id = said(golden, "true_token_id"); !id.empty()) words.true_token_id = std::stoi(id);
  if (const auto id = said(golden, "false_token_id"); !id.empty()) words.false_token_id = std::stoi(id);
  return words;
}

// f(side, hidden states, mask) for the paddings and the scalars that a golden file has.
template <class F> void for_each_side(const Safetensors& golden, F f) {
  for (const std::string side : {"right", "left", "holes", "alone"}) {
    if (!golden.contains(side + ".expected")) continue;
    INFO(side);
    f(side, states_of<float>(golden, side == "holes" ? "right" : side),
      golden.tensor<std::int64_t, 2>(side + ".attention_mask"));
  }
  INFO("bf16");
  f(std::string("bf16"), states_of<Eigen::bfloat16>(golden, "bf16"),
    golden.tensor<std::int64_t, 2>("bf16.attention_mask"));
}

}  // namespace

TEST_CASE("folders of sentence-transformers give the vectors of encode()", "[model][golden]") {
  const auto folders = folders_of("sentence_transformer");
  REQUIRE(folders.size() == 83);
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    const seqpool::model::SentenceTransformer model(folder, {.route = said(golden, "route")});
    INFO(model.summary());
    const auto prompt = golden.metadata().find("prompt_length");
    for_each_side(golden, [&](const std::string& side, const auto& x, const auto& mask) {
      // In a mask with holes "weightedmean" counts their places too, which seqpool does not.
      if (side == "holes" && model.summary().find("weightedmean") != std::string::npos) return;
      const auto vectors = [&] {
        if (golden.contains(side + ".input_ids"))
          return model.embed_weighted(x, golden.tensor<std::int64_t, 2>(side + ".input_ids"), mask);
        if (model.layers() > 0)
          return model.embed_layers(
              layers_of<typename std::decay_t<decltype(x)>::Scalar>(golden, side == "holes" ? "right" : side), mask);
        if (prompt != golden.metadata().end()) return model.embed_prompted(x, mask, std::stoi(prompt->second));
        return model.embed(x, mask);
      }();
      CHECK(vectors.dimension(1) == model.dimension());
      CHECK(difference(vectors, golden.tensor<float, 2>(side + ".expected")) <= few_eps);
      if (golden.contains(side + ".own"))
        CHECK(difference(vectors, golden.tensor<float, 2>(side + ".own")) <= few_bfloat16_eps);
      if (golden.contains(side + ".similarity")) {
        const auto similarities = seqpool::similarity(vectors, vectors, model.similarity_function());
        CHECK(difference(similarities, golden.tensor<float, 2>(side + ".similarity")) <= few_eps);
      }
    });
  }
}

TEST_CASE("folders without an encoder give the vectors of their ids", "[model][golden]") {
  const auto folders = folders_of("of_ids");
  REQUIRE(folders.size() == 4);
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    const seqpool::model::SentenceTransformer model(folder, {.route = said(golden, "route")});
    INFO(model.summary());
    for (const std::string side : {"right", "left"}) {
      INFO(side);
      const auto vectors = model.embed_ids(golden.tensor<std::int64_t, 2>(side + ".input_ids"),
                                           golden.tensor<std::int64_t, 2>(side + ".attention_mask"));
      CHECK(vectors.dimension(1) == model.dimension());
      CHECK(difference(vectors, golden.tensor<float, 2>(side + ".expected")) == 0);
    }
  }
}

TEST_CASE("folders with a table and no encoder give the vectors of encode() from ids alone", "[model][golden]") {
  const auto folders = folders_of("static");
  REQUIRE(folders.size() == 12);
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    const seqpool::model::SentenceTransformer model(folder);
    INFO(model.summary());
    for (const std::string side : {"right", "left", "holes"}) {
      if (!golden.contains(side + ".expected")) continue;
      INFO(side);
      const auto ids = golden.tensor<std::int64_t, 2>((side == "holes" ? "right" : side) + ".input_ids");
      const auto vectors = model.embed_ids(ids, golden.tensor<std::int64_t, 2>(side + ".attention_mask"));
      CHECK(vectors.dimension(1) == model.dimension());
      CHECK(difference(vectors, golden.tensor<float, 2>(side + ".expected")) <= few_eps);
      // A half or bfloat16 mean is rounded once, or after each of 7 tokens.
      if (golden.contains(side + ".own"))
        CHECK(difference(vectors, golden.tensor<float, 2>(side + ".own")) <= few_bfloat16_eps);
    }
  }
}

TEST_CASE("BGE-M3's lexical weights are FlagEmbedding's", "[model][golden]") {
  const fs::path folder = fs::path(SEQPOOL_TEST_FOLDERS) / "bge_m3_sparse";
  const Safetensors golden(folder / "golden.safetensors");
  const auto head = seqpool::model::bge_m3_sparse_head(folder);
  CHECK(head.in() == 24);
  const auto unused = golden.tensor<std::int64_t, 1>("unused_ids");
  int words = 0;
  for_each_side(golden, [&](const std::string& side, const auto& x, const auto& mask) {
    const auto weights = seqpool::map_tokens(head, x, mask);
    const auto found = seqpool::lexical_weights(weights, golden.tensor<std::int64_t, 2>(side + ".input_ids"), mask,
                                                {unused.data(), unused.data() + unused.size()});
    const auto expected = golden.tensor<float, 2>(side + ".expected");
    Eigen::Tensor<float, 2> vectors(expected.dimension(0), expected.dimension(1));
    vectors.setZero();
    for (std::size_t b = 0; b < found.size(); ++b)
      for (const auto& [id, weight] : found[b]) {
        vectors(static_cast<Index>(b), id) = weight;
        ++words;
      }
    CHECK(difference(vectors, expected) <= few_eps);
    if (golden.contains(side + ".own"))
      CHECK(difference(vectors, golden.tensor<float, 2>(side + ".own")) <= few_bfloat16_eps);
  });
  CHECK(words > 12);
}

TEST_CASE("folders of classifiers give Transformers' logits and its pipeline's probabilities", "[model][golden]") {
  const auto folders = folders_of("sequence_classifier");
  REQUIRE(folders.size() == 88);
  int with_ids = 0;
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    const seqpool::model::SequenceClassifier classifier(folder, words_of(golden));
    INFO(classifier.summary());
    const auto not_understood = golden.metadata().find("not_understood");
    with_ids += golden.contains("right.input_ids") ? 1 : 0;
    for_each_side(golden, [&](const std::string& side, const auto& x, const auto& mask) {
      const auto check = [&](const auto&... arguments) {
        const auto logits = classifier.logits(arguments...);
        CHECK(difference(logits, golden.tensor<float, 2>(side + ".expected")) <= few_eps);
        if (golden.contains(side + ".own"))
          CHECK(difference(logits, golden.tensor<float, 2>(side + ".own")) <= few_bfloat16_eps);
        if (not_understood != golden.metadata().end())
          CHECK_THROWS_WITH(classifier.probabilities(arguments...), ct::has_substring(not_understood->second));
        else if (golden.contains(side + ".probabilities"))
          CHECK(difference(classifier.probabilities(arguments...), golden.tensor<float, 2>(side + ".probabilities")) <=
                2 * few_eps);
      };
      if (golden.contains(side + ".input_ids"))
        check(x, mask, golden.tensor<std::int64_t, 2>(side + ".input_ids"));
      else
        check(x, mask);
    });
  }
  REQUIRE(with_ids == 12);
}

TEST_CASE("decoders' tokens are found by ids, and by the mask where it is made of them", "[model][golden]") {
  for (const auto& folder : folders_of("sequence_classifier")) {
    const Safetensors golden(folder / "golden.safetensors");
    if (!golden.contains("right.input_ids")) continue;
    INFO(folder.filename().string());
    const seqpool::model::SequenceClassifier classifier(folder);
    for (const std::string side : {"right", "left"}) {
      INFO(side);
      const auto x = golden.tensor<float, 3>(side + ".hidden_states");
      const auto ids = golden.tensor<std::int64_t, 2>(side + ".input_ids");
      const auto mask = golden.tensor<std::int64_t, 2>(side + ".attention_mask");
      const auto expected = golden.tensor<float, 2>(side + ".expected");
      const auto classes = classifier.predict(x, mask, ids);
      for (Index b = 0; b < ids.dimension(0); ++b)
        for (Index c = 0; c < 3; ++c) CHECK(expected(b, classes(b)) >= expected(b, c));
      if (!classifier.pad_token_id()) {
        CHECK(folder.filename() == "sequence_llama_no_pad");
        continue;
      }
      Eigen::Tensor<bool, 2> real(ids.dimension(0), ids.dimension(1));
      for (Index b = 0; b < ids.dimension(0); ++b)
        for (Index s = 0; s < ids.dimension(1); ++s) real(b, s) = ids(b, s) != *classifier.pad_token_id();
      CHECK(difference(classifier.logits(x, real), expected) <= few_eps);
      CHECK(difference(classifier.logits(x, real, ids), expected) <= few_eps);
      // The tokenizer's mask keeps the real token that is padding's too.
      CHECK(difference(classifier.logits(x, mask), expected) > 0.01);
    }
  }
}

TEST_CASE("of BART and T5 the mask is that of the encoder's input", "[model][golden]") {
  for (const std::string name : {"sequence_bart", "sequence_t5"}) {
    INFO(name);
    const fs::path folder = fs::path(SEQPOOL_TEST_FOLDERS) / name;
    const Safetensors golden(folder / "golden.safetensors");
    const seqpool::model::SequenceClassifier classifier(folder);
    const auto x = golden.tensor<float, 3>("right.hidden_states");
    const auto expected = golden.tensor<float, 2>("right.expected");
    CHECK(difference(classifier.logits(x, golden.tensor<std::int64_t, 2>("right.attention_mask")), expected) <=
          few_eps);
    CHECK(difference(classifier.logits(x, golden.tensor<std::int64_t, 2>("right.decoder_attention_mask")), expected) >
          0.01);
    CHECK_FALSE(classifier.pad_token_id());
  }
}

TEST_CASE("folders of which Python makes something else are refused, and say what it is", "[model][golden]") {
  const auto folders = folders_of("refused");
  REQUIRE(folders.size() == 4);
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    const auto& reader = golden.metadata().at("reader");
    const auto& words = golden.metadata().at("words");
    if (reader == "sentence_transformer")
      CHECK_THROWS_WITH(seqpool::model::SentenceTransformer(folder), ct::has_substring(words));
    else
      CHECK_THROWS_WITH(seqpool::model::SequenceClassifier(folder), ct::has_substring(words));
  }
}

TEST_CASE("what stands in a refused folder makes other numbers of the last hidden states", "[model][golden]") {
  for (const auto& folder : folders_of("refused")) {
    const Safetensors golden(folder / "golden.safetensors");
    if (golden.metadata().at("reader") != "sentence_transformer") continue;
    INFO(folder.filename().string());
    const auto mean = seqpool::mean_pool(golden.tensor<float, 3>("right.hidden_states"),
                                         golden.tensor<std::int64_t, 2>("right.attention_mask"));
    CHECK(difference(seqpool::map(seqpool::Normalize{}, mean), golden.tensor<float, 2>("right.expected")) > 0.01);
  }
}

TEST_CASE("folders of token classifiers give the logits of each real token, and zeros for padding", "[model][golden]") {
  const auto folders = folders_of("token_classifier");
  REQUIRE(folders.size() == 19);
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    const seqpool::model::TokenClassifier classifier(folder);
    INFO(classifier.summary());
    for_each_side(golden, [&](const std::string& side, const auto& x, const auto& mask) {
      const auto logits = classifier.logits(x, mask);
      const auto classes = classifier.predict(x, mask);
      for (Index b = 0; b < logits.dimension(0); ++b)
        for (Index s = 0; s < logits.dimension(1); ++s) {
          if (mask(b, s) == 0) CHECK(classes(b, s) == -1);
          if (mask(b, s) != 0) CHECK(logits(b, s, classes(b, s)) >= logits(b, s, 0));
        }
      CHECK(token_difference(logits, golden.tensor<float, 3>(side + ".expected"), mask) <= few_eps);
      if (golden.contains(side + ".own"))
        CHECK(token_difference(logits, golden.tensor<float, 3>(side + ".own"), mask) <= few_bfloat16_eps);
    });
  }
}

TEST_CASE("folders of multi-vector encoders give the vectors of encode(), and zeros for padding", "[model][golden]") {
  const auto folders = folders_of("multi_vector_encoder");
  REQUIRE(folders.size() == 16);
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    const seqpool::model::MultiVectorEncoder model(folder);
    INFO(model.summary());
    for_each_side(golden, [&](const std::string& side, const auto& x, const auto& mask) {
      const auto vectors = model.token_vectors(x, mask);
      CHECK(vectors.dimension(2) == model.dimension());
      CHECK(token_difference(vectors, golden.tensor<float, 3>(side + ".expected"), mask) <= few_eps);
      if (golden.contains(side + ".own"))
        CHECK(token_difference(vectors, golden.tensor<float, 3>(side + ".own"), mask) <= few_bfloat16_eps);
      if (!golden.contains(side + ".similarity")) return;
      // Row b of the similarities is of text b as the query.
      Eigen::Tensor<float, 2> similarities(vectors.dimension(0), vectors.dimension(0));
      for (Index b = 0; b < vectors.dimension(0); ++b) {
        const Eigen::Tensor<float, 2, Eigen::RowMajor> query = vectors.chip(b, 0);
        const Eigen::Tensor<std::int64_t, 1, Eigen::RowMajor> query_mask = mask.chip(b, 0);
        const Eigen::Tensor<std::int64_t, 0, Eigen::RowMajor> k = query_mask.sum();
        const auto scores = seqpool::pool(seqpool::MaxSim{query, query_mask}, vectors, mask);
        const auto divisor = model.similarity_function() == "meanmaxsim" ? static_cast<float>(k(0)) : 1.0f;
        for (Index d = 0; d < vectors.dimension(0); ++d) similarities(b, d) = scores(d, 0) / divisor;
      }
      CHECK(difference(similarities, golden.tensor<float, 2>(side + ".similarity")) <= few_eps);
    });
  }
}

TEST_CASE("folders of GLiClass give what its pooler makes of each text", "[model][golden]") {
  const auto folders = folders_of("gliclass");
  REQUIRE(folders.size() == 8);
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    for_each_side(golden, [&]<class X>(const std::string& side, const X& x, const auto& mask) {
      const auto pooling = seqpool::model::gliclass_pooling<typename X::Scalar>(folder);
      const auto vectors = seqpool::pool(pooling, x, mask);
      CHECK(difference(vectors, golden.tensor<float, 2>(side + ".expected")) <= few_eps);
      if (golden.contains(side + ".own"))
        CHECK(difference(vectors, golden.tensor<float, 2>(side + ".own")) <= few_bfloat16_eps);
    });
  }
}

TEST_CASE("folders of images and texts give Transformers' vectors, logits and probabilities", "[model][golden]") {
  const auto folders = folders_of("image_text");
  REQUIRE(folders.size() == 5);
  for (const auto& folder : folders) {
    INFO(folder.filename().string());
    const Safetensors golden(folder / "golden.safetensors");
    const seqpool::model::ImageTextModel model(folder);
    INFO(model.summary());
    for_each_side(golden, [&]<class X>(const std::string& side, const X& x, const auto& mask) {
      const auto texts = model.text_vectors(x, mask);
      const auto images = model.image_vectors(golden.tensor<typename X::Scalar, 3>(side + ".images"),
                                              golden.tensor<std::int64_t, 2>(side + ".image_mask"));
      const auto check = [&](const auto& found, const std::string& key, double most) {
        INFO(key);
        CHECK(difference(found, golden.tensor<float, 2>(side + "." + key)) <= most);
      };
      CHECK(texts.dimension(1) == model.dimension());
      check(texts, "expected", few_eps);
      check(images, "expected_images", few_eps);
      check(model.logits(images, texts), "logits", few_eps);
      check(model.probabilities(images, texts), "probabilities", 2 * few_eps);
      if (side != "bf16") return;
      check(texts, "own", few_bfloat16_eps);
      check(images, "own_images", few_bfloat16_eps);
    });
  }
}
