// SPDX-License-Identifier: MIT
#include <filesystem>
#include <optional>
#include <seqpool/model/model.hpp>

#include "bits.hpp"

using namespace bits;
using namespace seqpool::model;

namespace {

// Hidden states for a folder's classes, which take none of double.
using U = std::conditional_t<std::is_same_v<T, double>, float, T>;
using States = Eigen::Tensor<U, 3, Eigen::RowMajor>;

States states(char kind, Index hidden, std::uint64_t seed) {
  const auto values = inputs(kind, 5 * 9 * hidden, 9 * hidden, seed);
  return Eigen::TensorMap<const Eigen::Tensor<T, 3, Eigen::RowMajor>>(values.data(), 5, 9, hidden).template cast<U>();
}

// f(key, model, states, mask) for each input, if it is a folder of a Model.
template <class Model, class F> void answers(const std::string& folder, const std::string& name, F f) {
  std::optional<Model> model;
  const std::string key = std::filesystem::path(folder).filename().string() + " " + name;
  try_result(key, [&] { model.emplace(folder); });
  if (!model) return;
  const std::string summary = model->summary();
  line(key + ", summary", summary.data(), summary.size());
  for (const char kind : {'o', 'w', 's'})
    for (const std::string mask : {"right", "left", "holes", "few", "all or nothing"})
      f(key + " " + kind + " " + mask + ", ", *model, states(kind, model->hidden(), 1), bits::mask(mask, 5, 9));
}

}  // namespace

int main(int, char** arguments) {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1]))
    if (entry.is_directory()) folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  Matrix<std::int64_t> ids(5, 9);
  for (Index i = 0; i < ids.size(); ++i) ids.data()[i] = i * 7 % 5;
  const auto& device = devices()[1];
  for (const auto& folder : folders) {
    answers<SentenceTransformer>(folder, "vectors", [&](const auto& key, auto& model, const auto& x, const auto& mask) {
      try_result(key + "embed", [&] { return model.embed(x, mask); });
      try_result(key + "embed on 2", [&] { return model.embed(x, mask, device); });
      try_result(key + "embed_prompted", [&] { return model.embed_prompted(x, mask, 2); });
      try_result(key + "embed_weighted", [&] { return model.embed_weighted(x, ids, mask); });
      const std::vector<States> layers(static_cast<std::size_t>(std::max(model.layers(), Index{1})), x);
      try_result(key + "embed_layers", [&] { return model.embed_layers(layers, mask); });
    });
    answers<SequenceClassifier>(folder, "classes", [&](const auto& key, auto& model, const auto& x, const auto& mask) {
      try_result(key + "logits", [&] { return model.logits(x, mask); });
      try_result(key + "probabilities", [&] { return model.probabilities(x, mask, device); });
      try_result(key + "predict", [&] { return model.predict(x, mask); });
      try_result(key + "logits by ids", [&] { return model.logits(x, mask, ids); });
    });
    answers<TokenClassifier>(folder, "tokens", [&](const auto& key, auto& model, const auto& x, const auto& mask) {
      result(key + "logits", model.logits(x, mask));
      result(key + "predict", model.predict(x, mask, device));
    });
    answers<MultiVectorEncoder>(folder, "each", [&](const auto& key, auto& model, const auto& x, const auto& mask) {
      result(key + "token_vectors", model.token_vectors(x, mask));
    });
    const std::string images = std::filesystem::path(folder).filename().string() + " images and texts, ";
    try_result(images + "logits", [&] {
      const ImageTextModel model(folder);
      const auto mask = bits::mask("holes", 5, 9);
      return model.logits(model.image_vectors(states('o', model.image_hidden(), 2), mask),
                          model.text_vectors(states('o', model.text_hidden(), 3), mask));
    });
    try_result(std::filesystem::path(folder).filename().string() + " gliclass", [&] {
      return seqpool::pool(gliclass_pooling<U>(folder), states('o', 24, 2), bits::mask("holes", 5, 9));
    });
  }
}
