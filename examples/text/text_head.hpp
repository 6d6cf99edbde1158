// SPDX-License-Identifier: MIT
// A classifier of vectors that was trained in Python: one file that --head names, or model2vec's, in its own folder.
#ifndef SEQPOOL_EXAMPLES_TEXT_TEXT_HEAD_HPP
#define SEQPOOL_EXAMPLES_TEXT_TEXT_HEAD_HPP

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

class TextHead {
 public:
  // Of a file with `weight` [classes, features] and `bias` [classes], as scikit-learn's coef_ and intercept_, and a
  // JSON list of `labels` in its metadata. Of two classes scikit-learn has one row, the second class's.
  static TextHead of_file(const std::filesystem::path& path) {
    const seqpool::io::Safetensors file(path);
    const auto found = file.metadata().find("labels");
    if (found == file.metadata().end())
      throw std::runtime_error(path.string() +
                               ": its metadata has no 'labels', a JSON list of what classes are called");
    TextHead head;
    head.labels_ = nlohmann::json::parse(found->second).get<std::vector<std::string>>();
    Vectors weight = file.tensor<float, 2>("weight");
    Bias bias = file.tensor<float, 1>("bias", {weight.dimension(0)});
    if (weight.dimension(0) == 1 && head.labels_.size() == 2) {
      weight =
          Vectors(weight.pad(std::array{std::pair(1, 0), std::pair(0, 0)}));  // the softmax of 0 and z is z's sigmoid
      bias = Bias(bias.pad(std::array{std::pair(1, 0)}));
    }
    head.layers_.emplace_back(seqpool::Linear<float>(weight, bias));
    return head.checked(path, weight.dimension(0));
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
    return head.checked(folder / "head.safetensors", width);
  }

  const std::vector<std::string>& labels() const { return labels_; }
  // [n, features] to [n, classes].
  Vectors probabilities(const Vectors& vectors) const {
    return seqpool::softmax(seqpool::map(seqpool::AnyHead<float>(layers_), vectors));
  }

 private:
  using Bias = Eigen::Tensor<float, 1, Eigen::RowMajor>;

  TextHead checked(const std::filesystem::path& file, seqpool::Index classes) const {
    if (static_cast<seqpool::Index>(labels_.size()) != classes)
      throw std::runtime_error(file.string() + ": there are " + std::to_string(labels_.size()) + " labels of " +
                               std::to_string(classes) + " classes");
    return *this;
  }

  std::vector<seqpool::AnyHead<float>> layers_;
  std::vector<std::string> labels_;
};

#endif
