// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <seqpool/model/sequence_classifier.hpp>
#include <seqpool/model/token_classifier.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "folder_writer.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::model::Error;
using seqpool::model::SequenceClassifier;
using seqpool::model::TokenClassifier;
using test::FolderWriter;
using test::two_tokens;

namespace {

std::string config_of(const std::string& architecture, const std::string& more = "") {
  return R"({"architectures": [")" + architecture + R"("], "hidden_size": 3)" + more + "}";
}

const std::vector<FolderWriter::Tensor> distilbert{{"distilbert.embeddings.LayerNorm.weight", {3}},
                                                   {"pre_classifier.weight", {3, 3}, 1},
                                                   {"pre_classifier.bias", {3}, -1},
                                                   {"classifier.weight", {2, 3}, 1},
                                                   {"classifier.bias", {2}, 0.5f}};

std::unique_ptr<FolderWriter> folder_of(const std::string& config, const std::vector<FolderWriter::Tensor>& tensors) {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", config);
  folder->tensors("model.safetensors", tensors);
  return folder;
}

template <class Model = SequenceClassifier>
std::string refused(const std::string& config, const std::vector<FolderWriter::Tensor>& tensors) {
  const auto folder = folder_of(config, tensors);
  try {
    static_cast<void>(Model(folder->path()));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

const std::string architecture = "DistilBertForSequenceClassification";

}  // namespace

TEST_CASE("a classifier says what it is and gives logits, probabilities and a class", "[model]") {
  auto tensors = distilbert;
  const auto folder = folder_of(config_of(architecture, R"(, "id2label": {"1": "good", "0": "bad"})"), tensors);
  const SequenceClassifier classifier(folder->path());
  CHECK(classifier.summary() == "cls -> Dense 3->3 relu -> Linear 3->2");
  CHECK(classifier.labels() == std::vector<std::string>{"bad", "good"});
  CHECK(classifier.hidden() == 3);
  CHECK(classifier.logits(two_tokens())(0, 1) == 15.5f);
  CHECK(classifier.probabilities(two_tokens())(0, 1) == 0.5f);
  CHECK(classifier.predict(two_tokens())(0) == 0);
  const Eigen::Tensor<float, 3> wide(1, 2, 4);
  CHECK_THROWS_WITH(classifier.logits(wide), ct::has_substring("4 features, but the model's encoder gives 3"));
}

TEST_CASE("labels stand in the order of their numbers", "[model]") {
  std::string labels;
  for (int i = 11; i >= 0; --i)
    labels += (labels.empty() ? "\"" : ", \"") + std::to_string(i) + R"(": "class )" + std::to_string(i) + "\"";
  auto tensors = distilbert;
  tensors[3].sizes = {12, 3};
  tensors[4].sizes = {12};
  const auto folder = folder_of(config_of(architecture, R"(, "id2label": {)" + labels + "}"), tensors);
  const SequenceClassifier classifier(folder->path());
  REQUIRE(classifier.labels().size() == 12);
  CHECK(classifier.labels()[2] == "class 2");
  CHECK(classifier.labels()[10] == "class 10");
  for (const std::string bad : {R"({"0": "a", "2": "b"})", R"({"0": "a", "00": "b"})", R"({"0": "a", "-1": "b"})",
                                R"({"0": "a", "1x": "b"})", R"({"0": "a", "": "b"})", R"({"0": "a", "1": 3})", "[]"})
    CHECK_THAT(refused(config_of(architecture, ", \"id2label\": " + bad), distilbert),
               ct::has_substring("id2label") || ct::has_substring("must be a string"));
  CHECK(SequenceClassifier(folder_of(config_of(architecture), distilbert)->path()).labels()[1] == "LABEL_1");
  CHECK_THAT(refused(config_of(architecture, R"(, "num_labels": 3)"), distilbert), ct::has_substring("[3, 3]"));
}

TEST_CASE("a number of classes is that of the weight, and 1 or more", "[model]") {
  CHECK_THAT(refused(config_of(architecture, R"(, "id2label": {})"), distilbert),
             ct::has_substring("key 'id2label' says that there are no classes"));
  CHECK_THAT(refused(config_of(architecture, R"(, "num_labels": 0)"), distilbert),
             ct::has_substring("key 'num_labels' says that there are no classes"));
  // Names are made of so many only where the weight has as many.
  CHECK_THAT(refused(config_of(architecture, R"(, "num_labels": 268435456)"), distilbert),
             ct::has_substring("[268435456, 3]"));
  CHECK_THAT(refused<TokenClassifier>(
                 R"({"architectures": ["BertForTokenClassification"], "hidden_size": 268435456, "num_labels": 0})",
                 {{"classifier.weight", {0, 268435456}}, {"classifier.bias", {0}}}),
             ct::has_substring("no classes"));
}

TEST_CASE("CLIP's text model gives vectors and no classes", "[model]") {
  const auto config = [](const std::string& more) { return config_of("CLIPTextModelWithProjection", more); };
  const std::vector<FolderWriter::Tensor> tensors{{"text_projection.weight", {2, 3}, 1}};
  const SequenceClassifier model(
      folder_of(config(R"(, "projection_dim": 2, "num_labels": 268435456)"), tensors)->path());
  CHECK(model.labels().empty());
  CHECK(model.logits(two_tokens())(0, 1) == 12);
  CHECK(model.probabilities(two_tokens())(0, 1) == 12);
  CHECK_THROWS_WITH(model.predict(two_tokens()), ct::has_substring("a vector and no class"));
  CHECK_THAT(refused(config(R"(, "projection_dim": 0)"), {{"text_projection.weight", {0, 3}}}),
             ct::has_substring("'projection_dim' must be 1 or more"));
}

TEST_CASE("problem_type says what probabilities are, and whether there is a class", "[model]") {
  const auto of = [](const std::string& more) {
    return SequenceClassifier(folder_of(config_of(architecture, more), distilbert)->path());
  };
  const auto many = of(R"(, "problem_type": "multi_label_classification")");
  CHECK(many.probabilities(two_tokens())(0, 0) == ct::Approx(1 / (1 + std::exp(-15.5))));
  CHECK_THROWS_WITH(many.predict(two_tokens()), ct::has_substring("threshold"));
  const auto regression = of(R"(, "problem_type": "regression")");
  CHECK(regression.probabilities(two_tokens())(0, 0) == 15.5f);
  const auto one = of(R"(, "problem_type": "single_label_classification")");
  CHECK(one.probabilities(two_tokens())(0, 0) == 0.5f);
  CHECK_THAT(refused(config_of(architecture, R"(, "problem_type": "ranking")"), distilbert),
             ct::has_substring("config.json: key 'problem_type' is 'ranking'"));
  // A CrossEncoder's scores are logits, but of one class.
  CHECK(of(R"(, "sentence_transformers": {})").probabilities(two_tokens())(0, 0) == 15.5f);

  auto tensors = distilbert;
  tensors[3].sizes = {1, 3};
  tensors[4].sizes = {1};
  const std::string label = R"(, "id2label": {"0": "score"})";
  const auto score = folder_of(config_of(architecture, label), tensors);
  CHECK(SequenceClassifier(score->path()).probabilities(two_tokens())(0, 0) == ct::Approx(1 / (1 + std::exp(-15.5))));
  CHECK(SequenceClassifier(score->path()).predict(two_tokens())(0) == 1);
  for (const std::string more :
       {R"(, "problem_type": "single_label_classification")", R"(, "sentence_transformers": {})"}) {
    score->text("config.json", config_of(architecture, label + more));
    CHECK(SequenceClassifier(score->path()).probabilities(two_tokens())(0, 0) == ct::Approx(1 / (1 + std::exp(-15.5))));
  }
  score->text("config.json", config_of(architecture, label + R"(, "problem_type": "regression")"));
  CHECK_THROWS_WITH(SequenceClassifier(score->path()).predict(two_tokens()), ct::has_substring("no class"));
  score->text("config.json",
              config_of(architecture,
                        label + R"(, "sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"})"));
  CHECK(SequenceClassifier(score->path()).probabilities(two_tokens())(0, 0) == 15.5f);
  score->text("config_sentence_transformers.json",
              R"({"model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.activation.Sigmoid"})");
  CHECK(SequenceClassifier(score->path()).probabilities(two_tokens())(0, 0) < 1.0f);
}

TEST_CASE("an activation that is not understood leaves the logits, and classes that do not need it", "[model]") {
  const std::string settings = "config_sentence_transformers.json";
  const auto one = folder_of(config_of(architecture, R"(, "num_labels": 1)"), [] {
    auto tensors = distilbert;
    tensors[3].sizes = {1, 3};
    tensors[4].sizes = {1};
    return tensors;
  }());
  const auto two = folder_of(config_of(architecture), distilbert);
  for (const std::string name :
       {"torch.nn.modules.activation.Softplus", "torch.nn.modules.activation.LogSigmoid",
        "torch.nn.modules.activation.LogSoftmax", "torch.tanh", "transformers.activations.GELUTanh", "mine.Sigmoid",
        "mine.Softmax", "Sigmoid", "__main__.Identity"}) {
    INFO(name);
    const std::string sentence = settings + ": key 'activation_fn' is '" + name +
                                 "', which is not understood; understood are torch's 'Softmax', 'Identity', 'Tanh', "
                                 "'ReLU', 'GELU', 'SiLU', 'Sigmoid'. Logits do not depend on it";
    const std::string text = R"({"model_type": "CrossEncoder", "activation_fn": ")" + name + R"("})";
    one->text(settings, text);
    two->text(settings, text);
    const SequenceClassifier scores(one->path());
    CHECK(scores.logits(two_tokens())(0, 0) == 15.5f);
    CHECK_THROWS_AS(scores.probabilities(two_tokens()), Error);
    CHECK_THROWS_WITH(scores.probabilities(two_tokens()), ct::has_substring(sentence));
    CHECK_THROWS_WITH(scores.predict(two_tokens()), ct::has_substring(sentence));
    const SequenceClassifier classes(two->path());
    CHECK(classes.logits(two_tokens())(0, 1) == 15.5f);
    CHECK_THROWS_WITH(classes.probabilities(two_tokens()), ct::has_substring(sentence));
    CHECK(classes.predict(two_tokens())(0) == 0);
  }
  // Where 4.x and 3.x keep it.
  std::filesystem::remove(two->path(settings));
  two->text(
      "config.json",
      config_of(architecture, R"(, "sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Mish"})"));
  CHECK_THROWS_WITH(SequenceClassifier(two->path()).probabilities(two_tokens()),
                    ct::has_substring("'sentence_transformers': key 'activation_fn' is"));
  CHECK(SequenceClassifier(two->path()).predict(two_tokens())(0) == 0);
  two->text("config.json",
            config_of(architecture, R"(, "sbert_ce_default_activation_function": "torch.nn.modules.activation.Mish")"));
  CHECK_THROWS_WITH(SequenceClassifier(two->path()).probabilities(two_tokens()),
                    ct::has_substring("'sbert_ce_default_activation_function' is"));
  CHECK(SequenceClassifier(two->path()).logits(two_tokens())(0, 0) == 15.5f);
}

TEST_CASE("scores are what torch's activation makes of the logits", "[model]") {
  const std::string settings = "config_sentence_transformers.json";
  auto tensors = distilbert;
  tensors[4].values = {-2.5f, 0.5f};
  tensors[3].value = 0;
  const auto two = folder_of(config_of(architecture), tensors);
  tensors[3].sizes = {1, 3};
  tensors[4] = {"classifier.bias", {1}, -0.75f};
  const auto one = folder_of(config_of(architecture, R"(, "num_labels": 1)"), tensors);
  const auto scores = [&](const FolderWriter& folder) {
    return SequenceClassifier(folder.path()).probabilities(two_tokens());
  };
  const auto set = [&](const std::string& name) {
    const std::string text =
        R"({"model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.activation.)" + name + R"("})";
    one->text(settings, text);
    two->text(settings, text);
  };
  set("Softmax");
  CHECK(scores(*one)(0, 0) == 1);
  CHECK(scores(*two)(0, 1) == ct::Approx(1 / (1 + std::exp(-3.0))));
  set("Tanh");
  CHECK(scores(*one)(0, 0) == ct::Approx(std::tanh(-0.75)));
  CHECK(scores(*two)(0, 0) == ct::Approx(std::tanh(-2.5)));
  CHECK(SequenceClassifier(two->path()).predict(two_tokens())(0) == 1);
  CHECK_THROWS_WITH(SequenceClassifier(one->path()).predict(two_tokens()), ct::has_substring("no class"));
  set("ReLU");
  CHECK(scores(*one)(0, 0) == 0);
  CHECK(scores(*two)(0, 1) == 0.5f);
  set("GELU");
  CHECK(scores(*two)(0, 1) == ct::Approx(0.25 * (1 + std::erf(0.5 / std::sqrt(2.0)))));
  set("SiLU");
  CHECK(scores(*one)(0, 0) == ct::Approx(-0.75 / (1 + std::exp(0.75))));
}

TEST_CASE("the last token whose id is not padding's is a decoder's, and only where it is real", "[model]") {
  const auto of = [](const std::string& more, const std::string& name = "LlamaForSequenceClassification") {
    return SequenceClassifier(
        folder_of(config_of(name, more), {{"score.weight", {2, 3}, 0, {1, 0, 0, 0, 0, 1}}})->path());
  };
  // Token s of row b is (10 * b + s, 0, -s).
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 4, 3);
  x.setZero();
  for (Index b = 0; b < 2; ++b)
    for (Index s = 0; s < 4; ++s) {
      x(b, s, 0) = static_cast<float>(10 * b + s);
      x(b, s, 2) = static_cast<float>(-s);
    }
  using Ids = Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor>;
  using Mask = Eigen::Tensor<int, 2, Eigen::RowMajor>;
  Ids ids(2, 4);
  Mask mask(2, 4);
  const auto model = of(R"(, "pad_token_id": 2)");
  CHECK(model.pad_token_id() == 2);
  CHECK(model.summary() == "lasttoken -> Linear 3->2");
  // f(token of row 0, token of row 1) is what comes out.
  const auto tokens = [&](const SequenceClassifier& of_model, const auto& states, const auto& real,
                          const auto& numbers) {
    const auto logits = of_model.logits(states, real, numbers);
    std::vector<float> found;
    for (Index b = 0; b < logits.dimension(0); ++b) found.push_back(logits(b, 0));
    return found;
  };
  using Found = std::vector<float>;

  ids.setValues({{5, 6, 2, 2}, {5, 2, 6, 2}});
  mask.setValues({{1, 1, 1, 0}, {1, 1, 1, 1}});
  CHECK(tokens(model, x, mask, ids) == Found{1, 12});
  CHECK(model.logits(x, mask)(0, 0) == 2);  // the mask's
  CHECK(model.probabilities(x, mask, ids)(0, 0) == ct::Approx(1 / (1 + std::exp(-2.0))));
  CHECK(model.predict(x, mask, ids)(1) == 0);
  CHECK(tokens(model, x, seqpool::AllTokens{}, ids) == Found{1, 12});
  CHECK(tokens(model, x, seqpool::Lengths(std::vector<int>{3, 4}), ids) == Found{1, 12});
  const Eigen::Tensor<std::uint16_t, 2> column_major =
      ids.cast<std::uint16_t>().eval().swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
  CHECK(tokens(model, x, mask, column_major) == Found{1, 12});
  // Neighbours of the token, and what the mask leaves out, are never read.
  auto holes = x;
  for (Index b = 0; b < 2; ++b)
    for (Index s = 0; s < 4; ++s)
      if (s != b + 1) holes(b, s, 0) = std::nanf("");
  CHECK(tokens(model, holes, mask, ids) == Found{1, 12});
  // Padding on the left.
  ids.setValues({{2, 2, 5, 2}, {2, 5, 6, 2}});
  mask.setValues({{0, 0, 1, 1}, {0, 1, 1, 1}});
  CHECK(tokens(model, x, mask, ids) == Found{2, 12});
  // All ids are padding's: the first token, if it is real.
  ids.setValues({{2, 2, 2, 2}, {7, 2, 2, 2}});
  mask.setValues({{1, 0, 0, 0}, {1, 1, 0, 0}});
  CHECK(tokens(model, x, mask, ids) == Found{0, 10});
  mask.setValues({{0, 1, 0, 0}, {1, 1, 0, 0}});
  CHECK_THROWS_WITH(model.logits(x, mask, ids),
                    ct::has_substring("of row 0 Transformers classifies token 0, the first, because all ids are "
                                      "pad_token_id 2, but the mask leaves it out: pad with that id"));
  // No real token at all: zeros, whatever the ids.
  mask.setValues({{0, 0, 0, 0}, {1, 1, 0, 0}});
  CHECK(tokens(model, x, mask, ids) == Found{0, 10});
  // Padding of another id is a token in Transformers.
  ids.setValues({{5, 6, 0, 0}, {5, 6, 7, 8}});
  mask.setValues({{1, 1, 0, 0}, {1, 1, 1, 1}});
  CHECK_THROWS_AS(model.logits(x, mask, ids), std::invalid_argument);
  CHECK_THROWS_WITH(model.logits(x, mask, ids),
                    ct::has_substring("of row 0 Transformers classifies token 3, the last whose id is not pad_token_id "
                                      "2, but the mask leaves it out") &&
                        ct::has_substring("or call logits(x, mask)"));
  CHECK_THROWS_WITH(model.predict(x, mask, ids), ct::has_substring("leaves it out"));
  CHECK(tokens(of(R"(, "pad_token_id": 0)"), x, mask, ids) == Found{1, 13});
  CHECK_THROWS_WITH(model.logits(x, mask, Ids(2, 3)), ct::has_substring("input_ids are [2, 3], but hidden states have "
                                                                        "[batch, seq] = [2, 4]"));
  CHECK_THROWS_WITH(model.logits(x, mask, Ids(1, 4)), ct::has_substring("input_ids are [1, 4]"));
  CHECK_THROWS_WITH(model.logits(x, Mask(2, 3), ids), ct::has_substring("mask is [2, 3]"));
  CHECK_THROWS_WITH(model.logits(Eigen::Tensor<float, 3>(2, 4, 5), mask, ids),
                    ct::has_substring("5 features, but the model's encoder gives 3"));
  CHECK(model.logits(Eigen::Tensor<float, 3>(0, 4, 3), Mask(0, 4), Ids(0, 4)).dimension(0) == 0);
  // An id of padding below 0 is no other number, whatever the type of ids.
  Eigen::Tensor<std::uint64_t, 2> large(2, 4);
  large.setValues({{5, 6, 7, ~std::uint64_t{0}}, {5, 6, 7, 8}});
  CHECK(tokens(of(R"(, "pad_token_id": -1)"), x, seqpool::AllTokens{}, large) == Found{3, 13});
  // Packed sequences have ids up to their own end.
  const std::vector<int> offsets{0, 1, 4};
  Ids packed_ids(2, 3);
  packed_ids.setValues({{5, 9, 9}, {5, 6, 2}});
  CHECK(tokens(model, seqpool::PackedStates<float>(&x(1, 0, 0), {4, 3}, offsets), seqpool::AllTokens{}, packed_ids) ==
        Found{10, 12});

  // Without an id of padding Transformers takes the last token of one sequence.
  for (const auto& none :
       {of(""), of(R"(, "pad_token_id": null)"), of(R"(, "pad_token_id": null)", "GemmaForSequenceClassification")}) {
    CHECK_FALSE(none.pad_token_id());
    CHECK_THROWS_WITH(none.logits(x, mask, ids), ct::has_substring("no pad_token_id") && ct::has_substring("not 2"));
    const Eigen::Tensor<float, 3, Eigen::RowMajor> alone =
        x.slice(Eigen::array<Index, 3>{1, 0, 0}, Eigen::array<Index, 3>{1, 4, 3});
    CHECK(tokens(none, alone, seqpool::AllTokens{}, Ids(Ids(1, 4).setConstant(2))) == Found{13});
    CHECK_THROWS_WITH(none.logits(alone, seqpool::Lengths(std::vector<int>{3}), Ids(Ids(1, 4).setConstant(2))),
                      ct::has_substring("token 3, the last, because the model has no pad_token_id, but the mask"));
  }
  for (const std::string name :
       {"GemmaForSequenceClassification", "Gemma2ForSequenceClassification", "Gemma3TextForSequenceClassification"}) {
    CHECK(of("", name).pad_token_id() == 0);
    CHECK(of(R"(, "pad_token_id": 7)", name).pad_token_id() == 7);
  }
  for (const std::string name : {"GPT2", "Llama", "Mistral", "Qwen2", "Qwen3"}) {
    CHECK_FALSE(of("", name + "ForSequenceClassification").pad_token_id());
    CHECK(of(R"(, "pad_token_id": 7)", name + "ForSequenceClassification").pad_token_id() == 7);
  }
  // An id that no token has: the last of all.
  ids.setValues({{5, 6, 2, 2}, {2, 2, 2, 2}});
  CHECK(of(R"(, "pad_token_id": -1)").pad_token_id() == -1);
  CHECK(tokens(of(R"(, "pad_token_id": -1)"), x, seqpool::AllTokens{}, ids) == Found{3, 13});
  for (const std::string bad : {"[2]", "2.5", "\"2\"", "4294967296"})
    CHECK_THAT(
        refused(config_of("LlamaForSequenceClassification", ", \"pad_token_id\": " + bad), {{"score.weight", {2, 3}}}),
        ct::has_substring("config.json: key 'pad_token_id' must be a"));
}

namespace {

// Keeps tokens 1 and 2 of each row, and says so of more than it was asked for.
struct Unclamped {
  void check(Index, Index) const {}
  seqpool::Run next_run(Index, seqpool::Run) const { return {1, 3}; }
};

// A device that counts its calls.
struct CountingDevice {
  int* calls;
  int numThreads() const { return 2; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost&,
                   std::function<void(Eigen::Index, Eigen::Index)> f) const {
    ++*calls;
    f(0, n);
  }
};

}  // namespace

TEST_CASE("input_ids stand before the device, which may stand in their place", "[model]") {
  const SequenceClassifier model(
      folder_of(config_of("LlamaForSequenceClassification", R"(, "pad_token_id": 2)"), {{"score.weight", {2, 3}, 1}})
          ->path());
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 2, 3);
  x.setConstant(1);
  x.chip(1, 1).setConstant(5);
  Eigen::Tensor<int, 2, Eigen::RowMajor> ids(2, 2);
  ids.setValues({{5, 2}, {5, 5}});
  int calls = 0;
  const CountingDevice device{&calls};
  const seqpool::AllTokens all;
  CHECK(model.logits(x, all, ids)(0, 0) == 3);
  CHECK(calls == 0);
  CHECK(model.logits(x, all, ids, device)(0, 0) == 3);
  CHECK(model.probabilities(x, all, ids, device)(0, 0) == 0.5f);
  CHECK(model.predict(x, all, ids, device)(0) == 0);
  CHECK(calls >= 3);
  calls = 0;
  CHECK(model.logits(x, all, device)(0, 0) == 15);
  CHECK(model.logits(x, device)(0, 0) == 15);
  CHECK(model.probabilities(x, device)(0, 0) == 0.5f);
  CHECK(model.predict(x, all, device)(0) == 0);
  CHECK(calls >= 4);
  CHECK(model.logits(x, all, seqpool::CallingThread{})(0, 0) == 15);
  // A selection of one's own that leads beyond what was asked for.
  Eigen::Tensor<float, 3, Eigen::RowMajor> short_rows(1, 2, 3);
  short_rows.setConstant(1);
  CHECK(model.logits(short_rows, Unclamped{}, Eigen::Tensor<int, 2>(Eigen::Tensor<int, 2>(1, 2).setConstant(5)))(
            0, 0) == 3);
}

TEST_CASE("models that find their token by the mask alone take no input_ids", "[model]") {
  const SequenceClassifier model(folder_of(config_of(architecture, R"(, "pad_token_id": [])"), distilbert)->path());
  CHECK_FALSE(model.pad_token_id());  // whatever stands there, nobody reads it
  Eigen::Tensor<std::int64_t, 2> ids(1, 2);
  ids.setConstant(5);
  const std::string sentence = "finds its token by the mask alone and takes no input_ids: call logits(x, mask)";
  CHECK_THROWS_AS(model.logits(two_tokens(), seqpool::AllTokens{}, ids), std::invalid_argument);
  CHECK_THROWS_WITH(model.logits(two_tokens(), seqpool::AllTokens{}, ids), ct::has_substring(sentence));
  CHECK_THROWS_WITH(model.probabilities(two_tokens(), seqpool::AllTokens{}, ids), ct::has_substring(sentence));
  CHECK_THROWS_WITH(model.predict(two_tokens(), seqpool::AllTokens{}, ids), ct::has_substring(sentence));
}

TEST_CASE("what is left of the head before is passed over by name, and no other", "[model]") {
  const auto with = [](const std::string& name) {
    auto tensors = distilbert;
    tensors.push_back({name, {2, 3}});
    return refused(config_of(architecture), tensors);
  };
  for (const std::string name :
       {"cls.predictions.transform.dense.weight", "cls.seq_relationship.weight", "decoder.weight",
        "discriminator_predictions.dense.weight", "final_logits_bias", "generator_lm_head.weight",
        "generator_predictions.dense.weight", "lm_head.weight", "lm_head.dense.weight", "lm_loss.weight",
        "lm_predictions.lm_head.dense.weight", "mask_predictions.dense.weight", "predictions.dense.weight",
        "sop_classifier.classifier.weight", "vocab_layer_norm.weight", "vocab_projector.weight",
        "vocab_transform.weight"})
    CHECK(with(name) == "nothing");
  for (const std::string name : {"cls.weight", "lm_headx.weight", "lm_head", "head.weight", "regressor.weight",
                                 "vocab.weight", "qa_outputs.weight", "score.weight", "classifier.lm_head.weight"})
    CHECK_THAT(with(name), ct::has_substring("'" + name + "' is not used"));
  CHECK(refused<TokenClassifier>(config_of("RobertaForTokenClassification"),
                                 {{"classifier.weight", {2, 3}}, {"classifier.bias", {2}}, {"lm_head.bias", {2}}}) ==
        "nothing");
}

TEST_CASE("a token classifier of a decoder may have no bias", "[model]") {
  const auto config = [](const std::string& value) {
    return config_of("LlamaForTokenClassification", ", \"token_classification_bias\": " + value);
  };
  const std::vector<FolderWriter::Tensor> weight{{"score.weight", {2, 3}, 1}};
  CHECK(TokenClassifier(folder_of(config("false"), weight)->path()).logits(two_tokens())(0, 1, 0) == 12);
  auto both = weight;
  both.push_back({"score.bias", {2}, 0.5f});
  CHECK(TokenClassifier(folder_of(config("true"), both)->path()).logits(two_tokens())(0, 1, 0) == 12.5f);
  CHECK(TokenClassifier(folder_of(config("null"), both)->path()).logits(two_tokens())(0, 1, 0) == 12.5f);
  CHECK_THAT(refused<TokenClassifier>(config("false"), both), ct::has_substring("'score.bias' is not used"));
  CHECK_THAT(refused<TokenClassifier>(config("true"), weight), ct::has_substring("'score.bias' is missing"));
}

TEST_CASE("a CrossEncoder of one module is its classifier", "[model]") {
  const auto folder = folder_of(config_of(architecture), distilbert);
  const auto sentence = [&](const std::string& modules) {
    folder->text("modules.json", "[" + modules + "]");
    try {
      static_cast<void>(SequenceClassifier(folder->path()));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  const auto entry = [](const std::string& path, const std::string& type) {
    return R"({"path": ")" + path + R"(", "type": ")" + type + R"("})";
  };
  const std::string own = entry("", "sentence_transformers.base.modules.transformer.Transformer");
  CHECK(sentence(own) == "nothing");
  CHECK(sentence(entry("", "custom_st.Transformer")) == "nothing");
  CHECK_THAT(sentence(own + ", " + entry("1", "modeling_mine.Score")), ct::has_substring("'modeling_mine.Score'"));
  CHECK_THAT(sentence(entry("", "sentence_transformers.models.WordEmbeddings")),
             ct::has_substring("'WordEmbeddings' is not understood as the encoder of a classifier"));
  CHECK_THAT(sentence(""), ct::has_substring("0 modules"));

  // What its scores are taken from.
  folder->text("modules.json", "[" + own + "]");
  const auto output = [&](const std::string& content) {
    folder->text("sentence_bert_config.json", content);
    return sentence(own);
  };
  CHECK(output(R"({"max_seq_length": 512, "do_lower_case": false})") == "nothing");
  CHECK(output(R"({"transformer_task": "sequence-classification"})") == "nothing");
  CHECK(output(R"({"modality_config": {"text": {"method": "forward", "method_output_name": ["logits"]}},
                   "module_output_name": "scores"})") == "nothing");
  CHECK_THAT(output(R"({"modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}},
                        "module_output_name": "scores"})"),
             ct::has_substring("'method_output_name' is 'pooler_output'") && ct::has_substring("'logits' alone"));
  CHECK_THAT(output(R"({"transformer_task": "text-generation"})"),
             ct::has_substring("key 'transformer_task'") && ct::has_substring("'text-generation'"));
  // Token classifiers are Transformers' alone, which does not look at modules.
  const auto tags =
      folder_of(config_of("BertForTokenClassification"), {{"classifier.weight", {2, 3}}, {"classifier.bias", {2}}});
  tags->text("modules.json", "[" + own + ", " + entry("1", "modeling_mine.Score") + "]");
  CHECK_NOTHROW(TokenClassifier(tags->path()));
}

TEST_CASE("a call allocates nothing of the model's size", "[model]") {
  constexpr Index hidden = 1024;
  std::vector<FolderWriter::Tensor> tensors{{"probe", {1, 1, hidden}, 1},
                                            {"attention.in_proj_weight", {3 * hidden, hidden}, 0},
                                            {"attention.in_proj_bias", {3 * hidden}, 0},
                                            {"attention.out_proj.weight", {hidden, hidden}, 0},
                                            {"attention.out_proj.bias", {hidden}, 0},
                                            {"layernorm.weight", {hidden}, 0},
                                            {"layernorm.bias", {hidden}, 0},
                                            {"mlp.fc1.weight", {1, hidden}, 1},
                                            {"mlp.fc1.bias", {1}, 0},
                                            {"mlp.fc2.weight", {hidden, 1}, 1},
                                            {"mlp.fc2.bias", {hidden}, 0.5f}};
  for (auto& tensor : tensors) tensor.name = "head." + tensor.name;
  const SequenceClassifier model(
      folder_of(
          R"({"architectures": ["SiglipVisionModel"], "hidden_size": 1024, "num_attention_heads": 4, "intermediate_size": 1})",
          tensors)
          ->path());
  // Of no rows, so that states and results are nothing; four queries of 1024 floats are 16 kB.
  const auto bytes_of = [&](const auto& x) {
    const test::AllocationCount count;
    static_cast<void>(model.logits(x));
    CHECK(count.so_far() > 0);  // the counter counts
    return count.bytes();
  };
  CHECK(bytes_of(Eigen::Tensor<float, 3, Eigen::RowMajor>(0, 1, hidden)) < 1024);
  CHECK(bytes_of(Eigen::Tensor<Eigen::half, 3, Eigen::RowMajor>(0, 1, hidden)) < 1024);
  CHECK(bytes_of(Eigen::Tensor<Eigen::bfloat16, 3>(0, 1, hidden)) < 1024);
}

TEST_CASE("a head that is not understood is refused", "[model]") {
  CHECK(refused(config_of(architecture), distilbert) == "nothing");
  CHECK_THAT(refused(config_of("BertForMaskedLM"), distilbert),
             ct::has_substring("'BertForMaskedLM'") && ct::has_substring("'BertForSequenceClassification'"));
  CHECK_THAT(refused(R"({"hidden_size": 3})", distilbert), ct::has_substring("'architectures' is missing"));
  CHECK_THAT(refused(R"({"architectures": [], "hidden_size": 3})", distilbert), ct::has_substring("empty list"));
  for (std::size_t i = 1; i < distilbert.size(); ++i) {
    auto tensors = distilbert;
    tensors[i].name = "distilbert." + tensors[i].name;
    CHECK_THAT(refused(config_of(architecture), tensors), ct::has_substring("'" + distilbert[i].name + "' is missing"));
  }
  auto tensors = distilbert;
  tensors.push_back({"pooler.weight", {3, 3}});
  CHECK_THAT(refused(config_of(architecture), tensors), ct::has_substring("'pooler.weight' is not used"));
  tensors.back().name = "distilbertx.weight";
  CHECK_THAT(refused(config_of(architecture), tensors), ct::has_substring("'distilbertx.weight' is not used"));
  tensors = distilbert;
  tensors[3].sizes = {2, 4};
  CHECK_THAT(refused(config_of(architecture), tensors),
             ct::has_substring("'classifier.weight': wrong shape: wanted F32 [2, 3], found F32 [2, 4]"));
  tensors = distilbert;
  tensors[1].sizes = {3, 0};
  CHECK_THAT(refused(config_of(architecture), tensors), ct::has_substring("is for 0 features"));
  CHECK_THAT(refused(config_of("XLNetForSequenceClassification", R"(, "summary_type": "mean")"), distilbert),
             ct::has_substring("'mean'"));
  CHECK_THAT(refused(config_of("ModernBertForSequenceClassification", R"(, "classifier_pooling": "max")"), distilbert),
             ct::has_substring("'max'"));
  CHECK_THAT(refused(config_of("DebertaV2ForSequenceClassification", R"(, "pooler_hidden_act": "mish")"),
                     {{"pooler.dense.weight", {3, 3}},
                      {"pooler.dense.bias", {3}},
                      {"classifier.weight", {2, 3}},
                      {"classifier.bias", {2}}}),
             ct::has_substring("'mish'"));
}

TEST_CASE("keys that are not there count as in Transformers", "[model]") {
  const auto logit = [](const std::string& name, const std::vector<FolderWriter::Tensor>& tensors) {
    return SequenceClassifier(folder_of(config_of(name), tensors)->path()).logits(two_tokens())(0, 0);
  };
  // No bias but the last, and eps 1e-5, which is large beside the variance here.
  const double eps = 1e-5;
  const float small = 0.001f;
  double x[3];
  for (int i = 0; i < 3; ++i) {
    const double z = (i + 1) * static_cast<double>(small);
    x[i] = z * (1 + std::erf(z / std::sqrt(2.0))) / 2;
  }
  const double mean = (x[0] + x[1] + x[2]) / 3;
  double variance = 0;
  for (const double value : x) variance += (value - mean) * (value - mean) / 3;
  CHECK(logit("ModernBertForSequenceClassification",
              {{"head.dense.weight", {3, 3}, 0, {small, 0, 0, 0, small, 0, 0, 0, small}},
               {"head.norm.weight", {3}, 1},
               {"classifier.weight", {2, 3}, 0, {1, 0, 0}},
               {"classifier.bias", {2}, 0}}) == ct::Approx((x[0] - mean) / std::sqrt(variance + eps)).epsilon(1e-4));

  // gelu(-0.5), three times
  CHECK(logit("DebertaV2ForSequenceClassification", {{"pooler.dense.weight", {3, 3}, 1},
                                                     {"pooler.dense.bias", {3}, -6.5f},
                                                     {"classifier.weight", {2, 3}, 1},
                                                     {"classifier.bias", {2}, 0}}) ==
        ct::Approx(-0.75 * (1 + std::erf(-0.5 / std::sqrt(2.0)))));
  // tanh(0.5), of the last token
  CHECK(logit("XLNetForSequenceClassification", {{"sequence_summary.summary.weight", {3, 3}, 1},
                                                 {"sequence_summary.summary.bias", {3}, -11.5f},
                                                 {"logits_proj.weight", {2, 3}, 1},
                                                 {"logits_proj.bias", {2}, 0}}) == ct::Approx(3 * std::tanh(0.5)));
  CHECK(logit("CLIPTextModelWithProjection", {{"text_projection.weight", {512, 3}, 1}}) == 12);
}

TEST_CASE("SigLIP's vision model gives the vector of its attention pooling", "[model]") {
  const auto config = [](const std::string& more) {
    return config_of("SiglipVisionModel", R"(, "num_attention_heads": 1, "intermediate_size": 2)" + more);
  };
  // The queries see nothing, so that the tokens' mean is pooled; and so does the MLP but its last bias.
  const auto head = [](const std::string& prefix) {
    return std::vector<FolderWriter::Tensor>{
        {prefix + "probe", {1, 1, 3}, 1},
        {prefix + "attention.in_proj_weight", {9, 3}, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                          0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}},
        {prefix + "attention.in_proj_bias", {9}, 0},
        {prefix + "attention.out_proj.weight", {3, 3}, 0, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
        {prefix + "attention.out_proj.bias", {3}, 0},
        {prefix + "layernorm.weight", {3}, 0},
        {prefix + "layernorm.bias", {3}, 0},
        {prefix + "mlp.fc1.weight", {2, 3}, 1},
        {prefix + "mlp.fc1.bias", {2}, 0},
        {prefix + "mlp.fc2.weight", {3, 2}, 1},
        {prefix + "mlp.fc2.bias", {3}, 0.5f},
    };
  };
  const auto with = [&](const std::string& prefix, const std::string& name) {
    auto tensors = head(prefix);
    tensors.push_back({name, {3}});
    return tensors;
  };
  // Before Transformers 5 the names of a SiglipVisionModel began as those of a SiglipModel.
  for (const std::string prefix : {"head.", "vision_model.head."}) {
    const SequenceClassifier model(folder_of(config(""), head(prefix))->path());
    CHECK(model.summary() == "1-head attention -> values 3->3 -> residual MLP 2 gelu_tanh");
    CHECK(model.labels().empty());
    const auto vectors = model.logits(two_tokens());
    for (Index f = 0; f < 3; ++f) CHECK(vectors(0, f) == ct::Approx(2.5 + static_cast<double>(f)));
    CHECK_THROWS_WITH(model.predict(two_tokens()), ct::has_substring("gives a vector and no class"));
  }
  CHECK(refused(config(""), with("head.", "encoder.layers.0.bias")) == "nothing");
  CHECK_THAT(refused(config(""), with("head.", "head.scale")), ct::has_substring("'head.scale' is not used"));
  const std::string both =
      R"({"architectures": ["SiglipModel"], "vision_config": {"hidden_size": 3, "num_attention_heads": 1, "intermediate_size": 2}})";
  CHECK(refused(both, with("vision_model.head.", "text_model.head.bias")) == "nothing");
  CHECK_THAT(refused(both, with("vision_model.head.", "vision_model.head.scale")),
             ct::has_substring("'vision_model.head.scale' is not used"));
  CHECK_THAT(refused(config(R"(, "vision_use_head": false)"), {}), ct::has_substring("vision_use_head"));
  CHECK_THAT(refused(config(R"(, "hidden_act": "quick_gelu")"), head("head.")),
             ct::has_substring("'quick_gelu'") && ct::has_substring("'gelu_pytorch_tanh'"));
  CHECK_THAT(refused(config(R"(, "layer_norm_eps": -1)"), head("head.")), ct::has_substring("must be 0 or more"));
  CHECK_THAT(
      refused(R"({"architectures": ["SiglipVisionModel"], "hidden_size": 3, "num_attention_heads": 2})", head("head.")),
      ct::has_substring("'num_attention_heads' must divide hidden_size"));
  CHECK_THAT(refused(config(""), {{"head.prob", {3}}}), ct::has_substring("tensor 'head.probe' is missing"));
}

TEST_CASE("weights may be stored in double", "[model]") {
  const auto folder = folder_of(config_of("BertForTokenClassification"), {});
  seqpool::io::SafetensorsWriter writer;
  Eigen::Tensor<double, 2, Eigen::RowMajor> weight(2, 3);
  Eigen::Tensor<double, 1, Eigen::RowMajor> bias(2);
  writer.add("classifier.weight", weight.setConstant(1)).add("classifier.bias", bias.setConstant(0.5));
  writer.write(folder->path("model.safetensors"));
  CHECK(TokenClassifier(folder->path()).logits(two_tokens())(0, 1, 1) == 12.5f);
}

TEST_CASE("a sharded checkpoint is read by its index, each shard when it is needed", "[model]") {
  FolderWriter folder;
  folder.text("config.json", config_of(architecture));
  folder.tensors("model-00001-of-00002.safetensors", {distilbert[1], distilbert[2]});
  folder.tensors("model-00002-of-00002.safetensors", {distilbert[3], distilbert[4]});
  const auto index = [](const std::string& last) {
    return R"({"weight_map": {"distilbert.x": "nowhere.safetensors",
      "pre_classifier.weight": "model-00001-of-00002.safetensors", "pre_classifier.bias": "model-00001-of-00002.safetensors",
      "classifier.weight": "model-00002-of-00002.safetensors", "classifier.bias": )" +
           last + "}}";
  };
  const std::string name = "model.safetensors.index.json";
  folder.text(name, index(R"("model-00002-of-00002.safetensors")"));
  CHECK(SequenceClassifier(folder.path()).logits(two_tokens())(0, 0) == 15.5f);
  folder.text(name, index(R"("model-00001-of-00002.safetensors")"));
  CHECK_THROWS_WITH(SequenceClassifier(folder.path()), ct::has_substring("classifier.bias"));
  folder.text(name, index(R"("model-00003-of-00002.safetensors")"));
  CHECK_THROWS_WITH(SequenceClassifier(folder.path()),
                    ct::has_substring("model-00003-of-00002.safetensors: is missing"));
  folder.text(name, index(R"("../model.safetensors")"));
  CHECK_THROWS_WITH(SequenceClassifier(folder.path()), ct::has_substring("leads out of the folder"));
  folder.text(name, index("3"));
  CHECK_THROWS_WITH(SequenceClassifier(folder.path()), ct::has_substring("weight_map"));
  folder.text(name, "{}");
  CHECK_THROWS_WITH(SequenceClassifier(folder.path()), ct::has_substring("'weight_map' is missing"));
}

TEST_CASE("each token gets its logits, in every form that hidden states have", "[model]") {
  const std::vector<FolderWriter::Tensor> tensors{{"classifier.weight", {2, 3}, 1}, {"classifier.bias", {2}, 0.5f}};
  const auto folder = folder_of(config_of("BertForTokenClassification"), tensors);
  const TokenClassifier classifier(folder->path());
  CHECK(classifier.summary() == "each token -> Linear 3->2");
  auto x = two_tokens();
  x(0, 0, 1) = std::nanf("");
  Eigen::Tensor<int, 2> mask(1, 2);
  mask.setValues({{0, 1}});
  const auto logits = classifier.logits(x, mask);
  CHECK(logits(0, 0, 0) == 0);
  CHECK(logits(0, 1, 0) == 12.5f);
  CHECK(classifier.predict(x, mask)(0, 0) == -1);
  CHECK(classifier.predict(x, mask)(0, 1) == 0);
  const Eigen::Tensor<float, 3> column_major = two_tokens().swap_layout().shuffle(Eigen::array<int, 3>{2, 1, 0});
  CHECK(classifier.logits(column_major)(0, 1, 1) == 12.5f);
  const auto values = two_tokens();
  const std::vector<int> offsets{0, 0, 2};
  const auto packed = classifier.logits(seqpool::PackedStates<float>(values.data(), {2, 3}, offsets));
  CHECK(packed.dimension(0) == 2);
  CHECK(packed(0, 0, 0) == 0);
  CHECK(packed(1, 1, 0) == 12.5f);
  // Tokens are taken where they are if their numbers lie side by side, also with others between them.
  const std::vector<float> strided{1, 2, 3, 99, 3, 4, 5, 99};
  const auto apart = classifier.logits(seqpool::HiddenStates<float>(strided.data(), {1, 2, 3}, {8, 4, 1}));
  CHECK(apart(0, 0, 0) == 6.5f);
  CHECK(apart(0, 1, 1) == 12.5f);
  CHECK(classifier.logits(Eigen::Tensor<float, 3>(0, 4, 3)).dimension(1) == 4);
  CHECK_THROWS_WITH(classifier.logits(Eigen::Tensor<float, 3>(1, 4, 2)), ct::has_substring("2 features"));
  CHECK_THAT(refused<TokenClassifier>(config_of(architecture), distilbert),
             ct::has_substring("'DistilBertForTokenClassification'"));
}

TEST_CASE("an image's patches are pooled without what stands in front of them", "[model]") {
  // Token s is (s, 0, -s^2), of two sequences; each of the classes is one feature.
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 600, 3);
  x.setZero();
  for (Index b = 0; b < 2; ++b)
    for (Index s = 0; s < 600; ++s) {
      x(b, s, 0) = static_cast<float>(s);
      x(b, s, 2) = static_cast<float>(-s * s);
    }
  const seqpool::Lengths lengths(std::vector<int>{7, 600});
  const auto beit =
      folder_of(config_of("BeitForImageClassification"), {{"beit.pooler.layernorm.weight", {3}, 1},
                                                          {"beit.pooler.layernorm.bias", {3}, 0},
                                                          {"classifier.weight", {3, 3}, 0, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                                                          {"classifier.bias", {3}, 0}});
  beit->text("config.json", config_of("BeitForImageClassification", R"(, "num_labels": 3)"));
  CHECK(SequenceClassifier(beit->path()).summary() == "mean from 1 -> LayerNorm -> Linear 3->3");
  // 0 of the first token, and means of what is behind it and behind the registers.
  const std::string dino = "Dinov2WithRegistersForImageClassification";
  const auto both = folder_of(config_of(dino), {{"classifier.weight", {2, 6}, 0, {0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1}},
                                                {"classifier.bias", {2}, 0}});
  const auto expect = [&](int registers) {
    const SequenceClassifier model(both->path());
    CHECK(model.hidden() == 3);
    CHECK(model.summary() == "cls + mean from " + std::to_string(registers + 1) + " -> Linear 6->2");
    const auto logits = model.logits(x, lengths);
    for (Index b = 0; b < 2; ++b) {
      const Index n = b == 0 ? 7 : 600;
      double first = 0;
      double second = 0;
      for (Index s = registers + 1; s < n; ++s) {
        first += static_cast<double>(x(b, s, 0));
        second += static_cast<double>(x(b, s, 2));
      }
      const auto count = static_cast<double>(std::max(n - registers - 1, Index{1}));
      CHECK(logits(b, 0) == ct::Approx(first / count));
      CHECK(logits(b, 1) == ct::Approx(second / count));
    }
  };
  expect(4);
  for (const int registers : {0, 1, 6, 7, 300}) {
    both->text("config.json", config_of(dino, ", \"num_register_tokens\": " + std::to_string(registers)));
    expect(registers);
  }
  CHECK_THAT(refused(config_of(dino), {{"classifier.weight", {2, 5}}, {"classifier.bias", {2}}}),
             ct::has_substring("'classifier.weight' is for 5 features, which is not 2 of 1 or more side by side"));
}

TEST_CASE("a model that weighs its layers takes all of them", "[model]") {
  const std::string name = "Wav2Vec2ForSequenceClassification";
  const std::vector<FolderWriter::Tensor> tensors{{"projector.weight", {3, 3}, 0, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                                                  {"projector.bias", {3}, 0},
                                                  {"classifier.weight", {2, 3}, 0, {1, 0, 0, 0, 1, 0}},
                                                  {"classifier.bias", {2}, 0},
                                                  {"layer_weights", {2}, 0, {0, std::log(3.0f)}}};
  const SequenceClassifier model(folder_of(config_of(name, R"(, "use_weighted_layer_sum": true)"), tensors)->path());
  CHECK(model.layers() == 2);
  const auto x = two_tokens();
  const Eigen::Tensor<float, 3, Eigen::RowMajor> twice = x + x;
  const std::vector one{x};
  const std::vector two{x, twice};
  const std::vector three{x, x, x};
  const auto logits = model.logits(model.mix(two));  // a quarter, and three quarters of twice
  CHECK(logits(0, 0) == ct::Approx(2 * 1.75));
  CHECK(logits(0, 1) == ct::Approx(3 * 1.75));
  CHECK(model.predict(model.mix(two))(0) == 1);
  CHECK_THROWS_WITH(model.logits(x), ct::has_substring("this model mixes 2 layers: hand over mix(layers)"));
  CHECK_THROWS_WITH(model.mix(one), ct::has_substring("takes 2 layers, the embeddings first, but there are 1"));
  CHECK_THROWS_AS(model.mix(three), std::invalid_argument);

  auto last = tensors;
  last.pop_back();
  const SequenceClassifier plain(folder_of(config_of(name), last)->path());
  CHECK(plain.layers() == 0);
  CHECK(plain.logits(x)(0, 0) == 2);
  CHECK_THROWS_WITH(plain.mix(one), ct::has_substring("takes the last layer alone"));
  CHECK_THAT(refused(config_of(name), tensors), ct::has_substring("'layer_weights' is not used"));
  CHECK_THAT(refused(config_of(name, R"(, "use_weighted_layer_sum": true)"), last),
             ct::has_substring("'layer_weights' is missing"));
  auto none = tensors;
  none.back() = {"layer_weights", {0}};
  CHECK_THAT(refused(config_of(name, R"(, "use_weighted_layer_sum": true)"), none),
             ct::has_substring("'layer_weights' has no numbers"));
  CHECK_THAT(
      refused(config_of(name, R"(, "use_weighted_layer_sum": 1)"), tensors),
      ct::has_substring("'use_weighted_layer_sum' is '1', which is not understood; understood are 'false', 'true'"));
}

TEST_CASE("a key of a row that is null, and one in an object", "[model]") {
  const std::vector<FolderWriter::Tensor> xlnet{
      {"sequence_summary.summary.weight", {3, 3}, 0, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
      {"sequence_summary.summary.bias", {3}, 0},
      {"logits_proj.weight", {2, 3}, 1},
      {"logits_proj.bias", {2}, 0}};
  const auto logit = [](const std::string& config, const auto& tensors) {
    return SequenceClassifier(folder_of(config, tensors)->path()).logits(two_tokens())(0, 0);
  };
  const std::string name = "XLNetForSequenceClassification";
  CHECK(logit(config_of(name, R"(, "summary_activation": null)"), xlnet) == 12);
  CHECK(logit(config_of(name), xlnet) < 3);  // tanh
  // An eps that is as large as the variance: of (1, 0, 0), which is 2 / 9.
  std::vector<FolderWriter::Tensor> norm{{"head.dense.weight", {3, 3}, 0, {100, 0, 0}},
                                         {"head.norm.weight", {3}, 1},
                                         {"classifier.weight", {2, 3}, 0, {1, 0, 0}},
                                         {"classifier.bias", {2}, 0}};
  const double variance = 100.0 * 100 * 2 / 9;
  const std::string eps = R"("norm_eps": )" + std::to_string(variance);
  const auto expected = ct::Approx(100 * (2.0 / 3) / std::sqrt(2 * variance)).epsilon(1e-5);
  CHECK(logit(config_of("ModernBertForSequenceClassification", ", " + eps), norm) == expected);
  CHECK(logit(config_of("ModernVBertForSequenceClassification", ", \"text_config\": {" + eps + "}"), norm) == expected);
  CHECK(logit(config_of("ModernVBertForSequenceClassification", ", " + eps), norm) !=
        expected);  // not where the row has it
  CHECK_THAT(refused(config_of("ModernBertForSequenceClassification", R"(, "norm_eps": -1)"), norm),
             ct::has_substring("key 'norm_eps' must be 0 or more"));
}

TEST_CASE("all prefixes of a row are its encoder's, and no others", "[model]") {
  const auto says = [](const std::string& name) {
    return refused(config_of("Gemma3ForSequenceClassification"), {{"score.weight", {2, 3}}, {name, {3}}});
  };
  for (const std::string prefix : {"language_model.", "model.", "multi_modal_projector.", "vision_tower."})
    CHECK(says(prefix + "weight") == "nothing");
  for (const std::string name : {"tower.weight", "vision_towers.weight", " .weight", "score.bias"})
    CHECK_THAT(says(name), ct::has_substring("'" + name + "' is not used"));
}

TEST_CASE("keys that a row does not say are refused by name", "[model]") {
  const std::string name = "XLNetForSequenceClassification";
  const auto says = [&](const std::string& more) { return refused(config_of(name, more), distilbert); };
  CHECK_THAT(says(R"(, "summary_type": "mean")"),
             ct::has_substring(
                 "key 'summary_type' is 'mean', which is not understood; understood are 'last', 'cls_index', 'first'"));
  CHECK_THAT(says(R"(, "summary_type": null)"), ct::has_substring("key 'summary_type' is 'null'"));
  CHECK_THAT(says(R"(, "summary_use_proj": false)"), ct::has_substring("'summary_use_proj' is 'false'"));
  CHECK_THAT(says(R"(, "summary_use_proj": [])"), ct::has_substring("key 'summary_use_proj' is '[]'"));
}
