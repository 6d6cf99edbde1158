// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <seqpool/model/sequence_classifier.hpp>
#include <seqpool/model/token_classifier.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "folder_writer.hpp"
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
  CHECK_THROWS_WITH(classifier.logits(wide), ct::has_substring("4 features"));
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
  CHECK_THAT(refused(config_of(architecture, R"(, "num_labels": 2147483648)"), distilbert),
             ct::has_substring("[2147483648, 3]"));
  CHECK_THAT(refused<TokenClassifier>(
                 R"({"architectures": ["BertForTokenClassification"], "hidden_size": 2147483648, "num_labels": 0})",
                 {{"classifier.weight", {0, 2147483648}}, {"classifier.bias", {0}}}),
             ct::has_substring("no classes"));
}

TEST_CASE("CLIP's text model gives vectors and no classes", "[model]") {
  const auto config = [](const std::string& more) { return config_of("CLIPTextModelWithProjection", more); };
  const std::vector<FolderWriter::Tensor> tensors{{"text_projection.weight", {2, 3}, 1}};
  const SequenceClassifier model(
      folder_of(config(R"(, "projection_dim": 2, "num_labels": 2147483648)"), tensors)->path());
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
  score->text("config_sentence_transformers.json",
              R"({"model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.activation.Tanh"})");
  CHECK_THROWS_WITH(SequenceClassifier(score->path()), ct::has_substring("'torch.nn.modules.activation.Tanh'"));
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
  CHECK_THAT(refused(R"({"architectures": ["DistilBertForSequenceClassification"], "dim": 4})", distilbert),
             ct::has_substring("[4, 4]"));
  CHECK_THAT(refused(config_of("XLNetForSequenceClassification", R"(, "summary_type": "mean")"), distilbert),
             ct::has_substring("'mean'"));
  CHECK_THAT(refused(config_of("ModernBertForSequenceClassification", R"(, "classifier_pooling": "max")"), distilbert),
             ct::has_substring("'max'"));
  CHECK_THAT(refused(config_of("DebertaV2ForSequenceClassification", R"(, "pooler_hidden_act": "mish")"), distilbert),
             ct::has_substring("'mish'"));
  CHECK_THAT(refused(config_of("DebertaV2ForSequenceClassification", R"(, "pooler_hidden_size": 4)"), distilbert),
             ct::has_substring("pooler_hidden_size"));
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
  CHECK_THAT(refused(config(R"(, "vision_use_head": false)"), head("head.")), ct::has_substring("vision_use_head"));
  CHECK_THAT(refused(config(R"(, "hidden_act": "quick_gelu")"), head("head.")),
             ct::has_substring("'quick_gelu'") && ct::has_substring("'gelu_pytorch_tanh'"));
  CHECK_THAT(refused(config(R"(, "layer_norm_eps": -1)"), head("head.")), ct::has_substring("must be 0 or more"));
  CHECK_THAT(refused(R"({"architectures": ["SiglipVisionModel"], "hidden_size": 3, "num_attention_heads": 2})", {}),
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
