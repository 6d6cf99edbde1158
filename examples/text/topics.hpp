// SPDX-License-Identifier: MIT
// What is committed in examples/data: classifiers that were trained in Python, and sentences with Python's own vectors.
#ifndef SEQPOOL_EXAMPLES_TEXT_TOPICS_HPP
#define SEQPOOL_EXAMPLES_TEXT_TOPICS_HPP

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

using Vectors = Eigen::Tensor<float, 2, Eigen::RowMajor>;  // [batch, hidden] or [batch, classes]

class Topics {
 public:
  explicit Topics(const std::filesystem::path& folder)
      : heads_(folder / "topics.safetensors"), text_(folder / "text.safetensors") {
    if (sentences.size() != static_cast<std::size_t>(labels.size()))
      throw std::runtime_error("there are not as many sentences as labels");
  }

  static constexpr std::array<const char*, 4> strategies{"cls", "mean", "max", "attention"};

  // [batch, classes], by each of the strategies.
  template <class X, class M>
  std::array<Vectors, 4> probabilities(const X& x, const M& mask) const {
    return {cls_.probabilities(x, mask), mean_.probabilities(x, mask), max_.probabilities(x, mask),
            attention_.probabilities(x, mask)};
  }

  // What the attention pooling weighs the tokens of one sentence by: softmax(query·x), [seq].
  template <class X>
  std::vector<float> attention_weights(const X& tokens) const {
    const seqpool::Linear scorer{Eigen::Map<const Eigen::RowVectorXf>(query_.data(), query_.size())};  // [1, hidden]
    const Vectors scores = seqpool::map(scorer, tokens);                                               // [seq, 1]
    const Vectors weights = seqpool::softmax(Eigen::TensorMap<const Vectors>(scores.data(), 1, scores.size()));
    return {weights.data(), weights.data() + weights.size()};
  }

 private:
  using Linear = seqpool::Linear<float>;
  Linear linear(const std::string& strategy) const {
    return Linear{heads_.tensor<float, 2>(strategy + ".weight"), heads_.tensor<float, 1>(strategy + ".bias")};
  }
  std::vector<std::string> strings(const char* name) const {
    return nlohmann::json::parse(heads_.metadata().at(name)).get<std::vector<std::string>>();
  }

  seqpool::io::Safetensors heads_, text_;
  seqpool::io::Safetensors::View<float, 1> query_ = heads_.tensor<float, 1>("attention.query");  // [hidden]
  seqpool::Classifier<seqpool::Cls, Linear> cls_{seqpool::Cls{}, linear("cls")};
  seqpool::Classifier<seqpool::Mean, Linear> mean_{seqpool::Mean{}, linear("mean")};
  seqpool::Classifier<seqpool::Max, Linear> max_{seqpool::Max{}, linear("max")};
  seqpool::Classifier<seqpool::Attention<float>, Linear> attention_{seqpool::Attention{query_}, linear("attention")};

 public:
  const std::vector<std::string> names = strings("topics");         // [classes]
  const std::vector<std::string> sentences = strings("sentences");  // [sentences], and so the tensors below
  const seqpool::io::Safetensors::View<std::int64_t, 1> labels = heads_.tensor<std::int64_t, 1>("labels");
  // Of this encoder, by Python; and of the encoder without int8, by SentenceTransformer.encode: [sentences, hidden].
  const seqpool::io::Safetensors::View<float, 2> vectors =
      text_.tensor<float, 2>("vectors", {labels.size(), query_.size()});
  const seqpool::io::Safetensors::View<float, 2> float32_vectors =
      text_.tensor<float, 2>("float32_vectors", {labels.size(), query_.size()});
};

#endif
