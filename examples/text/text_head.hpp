// SPDX-License-Identifier: MIT
// A classifier of vectors that was trained in Python: one file that --head names, or model2vec's, in its own folder.
#ifndef SEQPOOL_EXAMPLES_TEXT_TEXT_HEAD_HPP
#define SEQPOOL_EXAMPLES_TEXT_TEXT_HEAD_HPP

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "topics.hpp"

// A Linear in a file, with what its classes are called: a JSON list of `labels` in the file's metadata.
struct NamedLinear {
  // `weight` [classes, features] and `bias` [classes] behind the prefix, as scikit-learn's coef_ and intercept_. Of two
  // classes scikit-learn has one row, the second class's.
  NamedLinear(const seqpool::io::Safetensors& file, const std::filesystem::path& path, const std::string& prefix = "") {
    const auto found = file.metadata().find("labels");
    if (found == file.metadata().end())
      throw std::runtime_error(path.string() +
                               ": its metadata has no 'labels', a JSON list of what classes are called");
    labels = nlohmann::json::parse(found->second).get<std::vector<std::string>>();
    weight = file.tensor<float, 2>(prefix + "weight");
    bias = file.tensor<float, 1>(prefix + "bias", {weight.dimension(0)});
    if (weight.dimension(0) == 1 && labels.size() == 2) {
      weight =
          Vectors(weight.pad(std::array{std::pair(1, 0), std::pair(0, 0)}));  // the softmax of 0 and z is z's sigmoid
      bias = Bias(bias.pad(std::array{std::pair(1, 0)}));
    }
    check(labels, path, weight.dimension(0));
  }

  static void check(const std::vector<std::string>& labels, const std::filesystem::path& path, seqpool::Index classes) {
    if (static_cast<seqpool::Index>(labels.size()) != classes)
      throw std::runtime_error(path.string() + ": there are " + std::to_string(labels.size()) + " labels of " +
                               std::to_string(classes) + " classes");
  }

  using Bias = Eigen::Tensor<float, 1, Eigen::RowMajor>;
  std::vector<std::string> labels;
  Vectors weight;
  Bias bias;
};

class TextHead {
 public:
  static TextHead of_file(const std::filesystem::path& path) {
    const NamedLinear linear(seqpool::io::Safetensors(path), path);
    TextHead head;
    head.labels_ = linear.labels;
    head.layers_.emplace_back(seqpool::Linear<float>(linear.weight, linear.bias));
    return head;
  }

  // Of a StaticModelPipeline's folder: layers with relu between them. Nothing where the folder is another.
  static std::optional<TextHead> of_folder(const std::filesystem::path& folder) {
    std::ifstream stream(folder / "config.json");
    const auto config = nlohmann::json::parse(stream, nullptr, false);
    if (!config.is_object() || !config.contains("head_config")) return {};
    const auto& said = config["head_config"];
    if (said.at("activation") != "softmax")
      throw std::runtime_error((folder / "config.json").string() + ": a head with the activation " +
                               said["activation"].dump() + " is not understood here; \"softmax\" is");
    const seqpool::io::Safetensors file(folder / "head.safetensors");
    TextHead head;
    said.at("classes").get_to(head.labels_);
    const auto count = said.at("n_layers").get<int>();
    seqpool::Index width = 0;
    for (int i = 0; i < count; ++i) {
      const std::string name = "head." + std::to_string(i);
      const seqpool::Linear<float> linear(file.tensor<float, 2>(name + ".weight"),
                                          file.tensor<float, 1>(name + ".bias"));
      width = linear.out();
      if (i + 1 < count)
        head.layers_.emplace_back(seqpool::Dense{linear, seqpool::Activation::relu});
      else
        head.layers_.emplace_back(linear);
    }
    NamedLinear::check(head.labels_, folder / "head.safetensors", width);
    return head;
  }

  const std::vector<std::string>& labels() const { return labels_; }
  // [n, features] to [n, classes].
  Vectors probabilities(const Vectors& vectors) const {
    return seqpool::softmax(seqpool::map(seqpool::AnyHead<float>(layers_), vectors));
  }

 private:
  std::vector<seqpool::AnyHead<float>> layers_;
  std::vector<std::string> labels_;
};

#endif
