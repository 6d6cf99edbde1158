// SPDX-License-Identifier: MIT
// What a folder's classes make of each token: by any selection, and of hidden states in any form.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <seqpool/model/model.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::Run;
using seqpool::model::MultiVectorEncoder;
using seqpool::model::SentenceTransformer;
using seqpool::model::TokenClassifier;
using test::FolderWriter;

namespace {

// Two features in, three out: [a + 1, a + b, b].
std::unique_ptr<FolderWriter> classifier_of(Index hidden) {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", R"({"architectures": ["BertForTokenClassification"], "num_labels": 3, "hidden_size": )" +
                                  std::to_string(hidden) + "}");
  std::vector<float> weight(static_cast<std::size_t>(3 * hidden), 0.0f);
  weight[0] = weight[static_cast<std::size_t>(hidden)] = 1;
  weight[static_cast<std::size_t>(hidden) + 1] = weight[static_cast<std::size_t>(2 * hidden) + 1] = 1;
  folder->tensors("model.safetensors",
                  {{"classifier.weight", {3, hidden}, 0, weight}, {"classifier.bias", {3}, 0, {1, 0, 0}}});
  return folder;
}

std::unique_ptr<FolderWriter> encoder_of(Index hidden) {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", R"({"hidden_size": )" + std::to_string(hidden) + "}");
  folder->text("modules.json", R"([{"path": "", "type": "sentence_transformers.base.modules.Transformer"}])");
  return folder;
}

std::unique_ptr<FolderWriter> weighted_of(Index hidden, const std::string& modes) {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", R"({"hidden_size": )" + std::to_string(hidden) + "}");
  folder->text("modules.json", R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
                                   {"path": "1_WordWeights", "type": "sentence_transformers.models.WordWeights"},
                                   {"path": "2_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  folder->text("1_WordWeights/config.json",
               R"({"vocab": ["a", "b", "c"], "word_weights": {"a": 0.5, "b": 2, "c": 4}, "unknown_word_weight": 1})");
  folder->text("2_Pooling/config.json",
               R"({"embedding_dimension": )" + std::to_string(hidden) + R"(, "pooling_mode": )" + modes + "}");
  return folder;
}

// Its runs lead `more` tokens out of the sequence on both sides; of row `without` there are none.
struct Greedy {
  Index more;
  Index without;
  void check(Index, Index) const {}
  Run next_run(Index row, Run within) const {
    if (row == without || within.begin == within.end) return {within.end, within.end};
    return {within.begin - more, within.end + more};
  }
};

using States = Eigen::Tensor<float, 3, Eigen::RowMajor>;

States states(Index batch, Index seq, Index hidden) {
  States x(batch, seq, hidden);
  for (Index i = 0; i < static_cast<Index>(x.size()); ++i) x.data()[i] = static_cast<float>((i * 7) % 23) - 11;
  return x;
}

Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> ids_of(Index batch, Index seq) {
  Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> ids(batch, seq);
  for (Index i = 0; i < static_cast<Index>(ids.size()); ++i) ids.data()[i] = (i * i) % 3;
  return ids;
}

template <class Result> std::vector<float> numbers(const Result& result) {
  return std::vector<float>(result.data(), result.data() + result.size());
}

}  // namespace

TEST_CASE("whatever a selection says, no token outside of its sequence is read or written", "[model][arguments]") {
  const auto x = states(3, 4, 2);
  const auto classifier_folder = classifier_of(2), encoder_folder = encoder_of(2);
  const auto weighted_folder = weighted_of(2, R"(["mean", "max"])");
  const TokenClassifier classifier(classifier_folder->path());
  const MultiVectorEncoder multi_vector(encoder_folder->path());
  const SentenceTransformer weighted(weighted_folder->path());
  const auto ids = ids_of(3, 4);
  for (const Index without : {-1, 0, 1, 2})
    for (const Index more : {1, 3, 50}) {
      std::vector<int> real{4, 4, 4};
      if (without >= 0) real[static_cast<std::size_t>(without)] = 0;
      const seqpool::Lengths lengths(real);
      const Greedy greedy{more, without};
      CHECK(numbers(classifier.logits(x, greedy)) == numbers(classifier.logits(x, lengths)));
      const auto classes = classifier.predict(x, greedy), expected = classifier.predict(x, lengths);
      CHECK(std::equal(classes.data(), classes.data() + classes.size(), expected.data()));
      CHECK(numbers(multi_vector.token_vectors(x, greedy)) == numbers(multi_vector.token_vectors(x, lengths)));
      CHECK(numbers(weighted.embed_weighted(x, ids, greedy)) == numbers(weighted.embed_weighted(x, ids, lengths)));
    }
}

TEST_CASE("hidden states that are computed are mapped token by token as those that are stored", "[model][arguments]") {
  // Longer than a block, and in two pieces.
  const auto first = states(2, 300, 2), second = states(2, 300, 2);
  const std::vector<seqpool::HiddenStates<float>> layers{seqpool::HiddenStates<float>(first),
                                                         seqpool::HiddenStates<float>(second)};
  const std::vector<float> weights{3, 1};
  const seqpool::LayerMix mix{layers, weights};
  const auto side_by_side = seqpool::concat_layers(layers);
  // The same, stored.
  States mixed(2, 300, 2), both(2, 300, 4);
  for (Index b = 0; b < 2; ++b) {
    mix.copy(b, {0, 300}, &mixed(b, 0, 0));
    side_by_side.copy(b, {0, 300}, &both(b, 0, 0));
  }
  Eigen::Tensor<int, 2> mask(2, 300);
  for (int b = 0; b < 2; ++b)
    for (int s = 0; s < 300; ++s) mask(b, s) = (s * (b + 2)) % 7 != 0 ? 1 : 0;
  const auto ids = ids_of(2, 300);
  const auto same = [&](const auto& computed, const States& stored) {
    const Index hidden = computed.hidden();
    const Eigen::Tensor<float, 3> column_major = stored.swap_layout().shuffle(Eigen::array<int, 3>{2, 1, 0});
    const auto classifier_folder = classifier_of(hidden), encoder_folder = encoder_of(hidden);
    const auto weighted_folder = weighted_of(hidden, R"(["mean", "max", "weightedmean", "mean_sqrt_len_tokens"])");
    const TokenClassifier classifier(classifier_folder->path());
    const MultiVectorEncoder multi_vector(encoder_folder->path());
    const SentenceTransformer weighted(weighted_folder->path());
    const auto expected = classifier.logits(stored, mask);
    CHECK(numbers(classifier.logits(computed, mask)) == numbers(expected));
    CHECK(numbers(classifier.logits(column_major, mask)) == numbers(expected));
    CHECK(classifier.predict(computed, mask)(1, 299) == classifier.predict(stored, mask)(1, 299));
    CHECK(numbers(multi_vector.token_vectors(computed, mask)) == numbers(multi_vector.token_vectors(stored, mask)));
    const auto vectors = weighted.embed_weighted(stored, ids, mask);
    CHECK(numbers(weighted.embed_weighted(computed, ids, mask)) == numbers(vectors));
    const auto column_vectors = weighted.embed_weighted(column_major, ids, mask);
    for (Index b = 0; b < 2; ++b)
      for (Index h = 0; h < 4 * hidden; ++h) CHECK(column_vectors(b, h) == vectors(b, h));
  };
  same(mix, mixed);
  same(side_by_side, both);
}

TEST_CASE("weighted tokens are pooled as pool does it: by spans too, and padding is never read", "[model][arguments]") {
  const auto folder = weighted_of(1, R"(["mean", "max", "weightedmean", "mean_sqrt_len_tokens"])");
  const SentenceTransformer model(folder->path());
  States x(2, 3, 1);
  x.setValues({{{1}, {2}, {3}}, {{4}, {5}, {std::numeric_limits<float>::quiet_NaN()}}});
  Eigen::Tensor<int, 2> ids(2, 3);
  ids.setValues({{0, 1, 2}, {2, 0, 99}});
  const auto check = [](const auto& vectors, Index row, double mean, double max, double weighted, double sqrt_len) {
    CHECK(vectors(row, 0) == ct::Approx(mean));
    CHECK(vectors(row, 1) == ct::Approx(max));
    CHECK(vectors(row, 2) == ct::Approx(weighted));
    CHECK(vectors(row, 3) == ct::Approx(sqrt_len));
  };
  const seqpool::Lengths lengths(std::vector<int>{3, 2});
  const auto vectors = model.embed_weighted(x, ids, lengths);
  check(vectors, 0, 16.5 / 6.5, 12, (0.5 + 2 * 4 + 3 * 12) / 6.5, 16.5 / std::sqrt(6.5));
  check(vectors, 1, 18.5 / 4.5, 16, (16 + 2 * 2.5) / 4.5, 18.5 / std::sqrt(4.5));
  const auto spans = model.embed_weighted(x, ids, seqpool::Spans{{1, 0, 2}, {0, 1, 3}, {0, 2, 2}});
  CHECK(spans.dimension(0) == 3);
  check(spans, 0, 18.5 / 4.5, 16, (16 + 2 * 2.5) / 4.5, 18.5 / std::sqrt(4.5));
  check(spans, 1, 16.0 / 6, 12, (4.0 + 2 * 12) / 6, 16 / std::sqrt(6.0));
  check(spans, 2, 0, 0, 0, 0);
  CHECK_THROWS_WITH(model.embed_weighted(x, ids), ct::has_substring("input_ids hold 99"));
}

TEST_CASE("a prompt that is pooled too changes nothing, by spans as by a mask; spans of others say so",
          "[model][arguments]") {
  FolderWriter folder;
  folder.text("config.json", R"({"hidden_size": 1})");
  const SentenceTransformer model(folder.path());  // a bare model's prompt is pooled
  States x(3, 5, 1);
  for (Index b = 0; b < 3; ++b)
    for (Index s = 0; s < 5; ++s) x(b, s, 0) = static_cast<float>(10 * b + s);
  const seqpool::Spans spans{{1, 1, 3}, {2, 0, 2}, {1, 0, 5}};
  for (const Index prompt : {0, 2})
    CHECK(numbers(model.embed_prompted(x, spans, prompt)) == std::vector<float>{11.5f, 20.5f, 12});
  CHECK(numbers(model.embed(x, spans)) == std::vector<float>{11.5f, 20.5f, 12});
  folder.text("modules.json", R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
                                  {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  folder.text("1_Pooling/config.json",
              R"({"embedding_dimension": 1, "pooling_mode": "mean", "include_prompt": false})");
  const SentenceTransformer without(folder.path());
  CHECK(numbers(without.embed_prompted(x, spans, 0)) == std::vector<float>{11.5f, 20.5f, 12});
  CHECK(without.embed_prompted(x, seqpool::AllTokens{}, 3)(1, 0) == 13.5f);
  CHECK_THROWS_WITH(without.embed_prompted(x, spans, 2), ct::has_substring("call embed(x, spans)"));
  CHECK_THROWS_WITH(without.embed_prompted(x, seqpool::skip_prefix(spans, std::vector<int>{0, 0, 0}), 1),
                    ct::has_substring("prompt of 1 tokens"));
}
