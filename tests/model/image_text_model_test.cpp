// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <memory>
#include <seqpool/model/image_text_model.hpp>
#include <seqpool/model/sequence_classifier.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::model::Error;
using seqpool::model::ImageTextModel;
using seqpool::model::SequenceClassifier;
using test::FolderWriter;
using test::two_tokens;

namespace image_text {
namespace {

using Tensors = std::vector<FolderWriter::Tensor>;

const std::string clip_config = R"({"architectures": ["CLIPModel"]})";

// Images are normalized, which makes -a, 0, a of equal steps, and doubled; of texts the first two features are taken.
Tensors clip(float scale = std::log(10.0f)) {
  return {{"logit_scale", {}, scale},
          {"vision_model.post_layernorm.weight", {3}, 1},
          {"vision_model.post_layernorm.bias", {3}, 0},
          {"visual_projection.weight", {2, 3}, 0, {2, 0, 0, 0, 0, 2}},
          {"text_projection.weight", {2, 3}, 0, {1, 0, 0, 0, 1, 0}},
          {"vision_model.pre_layrnorm.weight", {3}},
          {"vision_model.encoder.layers.0.mlp.fc1.bias", {3}},
          {"text_model.final_layer_norm.weight", {3}}};
}

const std::string siglip_config =
    R"({"architectures": ["SiglipModel"], "vision_config": {"num_attention_heads": 1, "intermediate_size": 2}})";

// The mean of the patches, as the queries see nothing, and the MLP adds nothing.
Tensors siglip() {
  const std::string head = "vision_model.head.";
  return {{head + "probe", {1, 1, 3}, 1},
          {head + "attention.in_proj_weight", {9, 3}, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                          0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}},
          {head + "attention.in_proj_bias", {9}, 0},
          {head + "attention.out_proj.weight", {3, 3}, 0, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
          {head + "attention.out_proj.bias", {3}, 0},
          {head + "layernorm.weight", {3}, 0},
          {head + "layernorm.bias", {3}, 0},
          {head + "mlp.fc1.weight", {2, 3}, 1},
          {head + "mlp.fc1.bias", {2}, 0},
          {head + "mlp.fc2.weight", {3, 2}, 1},
          {head + "mlp.fc2.bias", {3}, 0},
          {"text_model.head.weight", {3, 3}, 0, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
          {"text_model.head.bias", {3}, 1},
          {"logit_scale", {1}, std::log(4.0f)},
          {"logit_bias", {1}, -3},
          {"vision_model.post_layernorm.weight", {3}}};
}

std::unique_ptr<FolderWriter> folder_of(const std::string& config, const Tensors& tensors) {
  auto folder = std::make_unique<FolderWriter>();
  folder->text("config.json", config);
  folder->tensors("model.safetensors", tensors);
  return folder;
}

std::string refused(const std::string& config, const Tensors& tensors) {
  const auto folder = folder_of(config, tensors);
  try {
    static_cast<void>(ImageTextModel(folder->path()));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

Tensors with(Tensors tensors, const FolderWriter::Tensor& other) {
  for (auto& tensor : tensors)
    if (tensor.name == other.name) {
      tensor = other;
      return tensors;
    }
  tensors.push_back(other);
  return tensors;
}

Tensors without(const Tensors& tensors, const std::string& name) {
  Tensors rest;
  for (const auto& tensor : tensors)
    if (tensor.name != name) rest.push_back(tensor);
  return rest;
}

struct OwnDevice {
  int numThreads() const { return 2; }
  template <class Cost> void parallelFor(Eigen::Index n, const Cost&, auto f) const { f(Eigen::Index{0}, n); }
};

Eigen::Tensor<int, 2> first_of_two() {
  Eigen::Tensor<int, 2> mask(1, 2);
  mask.setValues({{1, 0}});
  return mask;
}

}  // namespace

TEST_CASE("CLIP's image is its first token, normalized and projected, and its text the last real token", "[model]") {
  const ImageTextModel model(folder_of(clip_config, clip())->path());
  CHECK(model.summary() == "images: cls -> LayerNorm -> Linear 3->2; texts: lasttoken -> Linear 3->2");
  CHECK((model.image_hidden() == 3 && model.text_hidden() == 3 && model.dimension() == 2));
  const auto images = model.image_vectors(two_tokens());
  CHECK(images(0, 0) == ct::Approx(-2 / std::sqrt(2.0 / 3 + 1e-5)));
  CHECK(images(0, 1) == -images(0, 0));
  const auto all = model.text_vectors(two_tokens());
  const auto first = model.text_vectors(two_tokens(), first_of_two());
  CHECK((all(0, 0) == 3 && all(0, 1) == 4 && first(0, 0) == 1 && first(0, 1) == 2));

  // (-1, 1) by (3, 4) and by (1, 2).
  Eigen::Tensor<float, 2, Eigen::RowMajor> texts(2, 2);
  texts.setValues({{3, 4}, {1, 2}});
  const auto logits = model.logits(images, texts);
  REQUIRE((logits.dimension(0) == 1 && logits.dimension(1) == 2));
  CHECK(logits(0, 0) == ct::Approx(10 / (5 * std::sqrt(2.0))));
  CHECK(logits(0, 1) == ct::Approx(10 / std::sqrt(10.0)));
  const auto probabilities = model.probabilities(images, texts);
  CHECK(probabilities(0, 0) + probabilities(0, 1) == ct::Approx(1));
  CHECK(probabilities(0, 1) / probabilities(0, 0) == ct::Approx(std::exp(logits(0, 1) - logits(0, 0))));
}

TEST_CASE("SigLIP's text is the last column whatever the mask says, and each logit a probability", "[model]") {
  const ImageTextModel model(folder_of(siglip_config, siglip())->path());
  CHECK(model.summary() ==
        "images: 1-head attention -> values 3->3 -> residual MLP 2 gelu_tanh; texts: lasttoken -> Linear 3->3");
  const auto images = model.image_vectors(two_tokens());
  for (Index f = 0; f < 3; ++f) CHECK(images(0, f) == ct::Approx(2 + static_cast<double>(f)));
  CHECK(model.image_vectors(two_tokens(), first_of_two())(0, 0) == ct::Approx(1));
  const auto texts = model.text_vectors(two_tokens());
  CHECK((texts(0, 0) == 4 && texts(0, 2) == 6));
  CHECK(model.text_vectors(two_tokens(), first_of_two())(0, 0) == 4);
  CHECK_THROWS_AS(model.text_vectors(two_tokens(), Eigen::Tensor<int, 2>(1, 3)), std::invalid_argument);

  // (2, 3, 4) by (4, 5, 6).
  const double logit = 4 * (8 + 15 + 24) / std::sqrt(29.0 * 77) - 3;
  CHECK(model.logits(images, texts)(0, 0) == ct::Approx(logit));
  CHECK(model.probabilities(images, texts)(0, 0) == ct::Approx(1 / (1 + std::exp(-logit))));
}

TEST_CASE("a model of images and texts takes a device, and vectors of its own widths", "[model]") {
  const OwnDevice device;
  for (const ImageTextModel& model : {ImageTextModel(folder_of(clip_config, clip())->path()),
                                      ImageTextModel(folder_of(siglip_config, siglip())->path())}) {
    const auto images = model.image_vectors(two_tokens(), device);
    const auto texts = model.text_vectors(two_tokens(), device);
    CHECK(texts(0, 0) == model.text_vectors(two_tokens(), seqpool::all_tokens, device)(0, 0));
    CHECK(model.probabilities(images, texts, device)(0, 0) == model.probabilities(images, texts)(0, 0));
    Eigen::Tensor<float, 3> wide(1, 2, 4);
    wide.setZero();
    CHECK_THROWS_WITH(model.image_vectors(wide), ct::has_substring("4 features, but the model's encoder gives 3"));
    CHECK_THROWS_WITH(model.text_vectors(wide), ct::has_substring("4 features, but the model's encoder gives 3"));
    Eigen::Tensor<float, 2> narrow(1, 1);
    narrow.setZero();
    CHECK_THROWS_AS(model.logits(images, narrow), std::invalid_argument);
  }
}

TEST_CASE("what a folder of images and texts does not say as expected is an error that names it", "[model]") {
  CHECK(refused(clip_config, clip()) == "nothing");
  CHECK(refused(siglip_config, siglip()) == "nothing");
  CHECK_THAT(refused(R"({"architectures": ["AltCLIPModel"]})", clip()),
             ct::has_substring("'AltCLIPModel', which is not understood; understood are 'CLIPModel'"));
  CHECK_THAT(refused("{}", clip()), ct::has_substring("'architectures' is missing"));
  CHECK_THAT(refused(clip_config, without(clip(), "logit_scale")),
             ct::has_substring("tensor 'logit_scale' is missing"));
  CHECK_THAT(refused(clip_config, clip(100)), ct::has_substring("tensor 'logit_scale' is so large"));
  CHECK_THAT(refused(siglip_config, without(siglip(), "logit_bias")),
             ct::has_substring("tensor 'logit_bias' is missing"));
  CHECK_THAT(refused(clip_config, with(clip(), {"text_projection.weight", {3, 3}})),
             ct::has_substring("text_projection.weight"));
  CHECK_THAT(refused(siglip_config, with(siglip(), {"text_model.head.weight", {2, 3}})),
             ct::has_substring("text_model.head.weight"));
  for (const char* name : {"logit_bias", "vision_model.head.scale", "text_projection.bias", "vision_model.scale"})
    CHECK_THAT(refused(clip_config, with(clip(), {name, {1}})),
               ct::has_substring("'" + std::string(name) + "' is not used"));
  CHECK_THAT(refused(siglip_config, with(siglip(), {"text_model.head.scale", {1}})),
             ct::has_substring("'text_model.head.scale' is not used"));
  CHECK_THAT(refused(R"({"architectures": ["CLIPModel"], "vision_config": {"layer_norm_eps": -1}})", clip()),
             ct::has_substring("key 'layer_norm_eps' must be 0 or more"));
}

TEST_CASE("CLIP's vision model alone gives vectors and no classes", "[model]") {
  const std::string config = R"({"architectures": ["CLIPVisionModelWithProjection"], "hidden_size": )";
  const Tensors tensors{clip()[1], clip()[2], clip()[3], clip()[5]};
  const SequenceClassifier model(folder_of(config + "3}", tensors)->path());
  CHECK(model.summary() == "cls -> LayerNorm -> Linear 3->2");
  CHECK(model.labels().empty());
  const ImageTextModel both(folder_of(clip_config, clip())->path());
  CHECK(model.logits(two_tokens())(0, 0) == both.image_vectors(two_tokens())(0, 0));
  CHECK_THROWS_WITH(SequenceClassifier(folder_of(config + "4}", tensors)->path()),
                    ct::has_substring("visual_projection.weight"));
}

}  // namespace image_text
