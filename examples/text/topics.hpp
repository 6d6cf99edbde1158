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

#include "../trained_attention.hpp"

using Vectors = Eigen::Tensor<float, 2, Eigen::RowMajor>;  // [batch, hidden] or [batch, classes]

class Topics {
 public:
  // Of the attention poolings it takes the one of that name.
  Topics(const std::filesystem::path& folder, const std::string& attention)
      : strategies{"cls", "mean", "max", attention},
        heads_(folder / "topics.safetensors"),
        text_(folder / "text.safetensors"),
        attention_(heads_, attention) {
    if (sentences.size() != static_cast<std::size_t>(labels.size()))
      throw std::runtime_error("there are not as many sentences as labels");
  }

  const std::array<std::string, 4> strategies;

  // [batch, classes], by each of the strategies.
  template <class X, class M> std::array<Vectors, 4> probabilities(const X& x, const M& mask) const {
    return {cls_.probabilities(x, mask), mean_.probabilities(x, mask), max_.probabilities(x, mask),
            seqpool::softmax(attention_.logits(x, mask))};
  }

  // What the attention pooling weighs the tokens of each sentence by, which of several queries is their mean:
  // [batch, seq], 0 for padding.
  template <class X, class M> Vectors attention_weights(const X& x, const M& mask) const {
    return attention_.weights(x, mask).mean(std::array{1});
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
  seqpool::Classifier<seqpool::Cls, Linear> cls_{seqpool::Cls{}, linear("cls")};
  seqpool::Classifier<seqpool::Mean, Linear> mean_{seqpool::Mean{}, linear("mean")};
  seqpool::Classifier<seqpool::Max, Linear> max_{seqpool::Max{}, linear("max")};
  TrainedAttention attention_;

 public:
  const std::vector<std::string> names = strings("topics");         // [classes]
  const std::vector<std::string> sentences = strings("sentences");  // [sentences], and so the tensors below
  const seqpool::io::Safetensors::View<std::int64_t, 1> labels = heads_.tensor<std::int64_t, 1>("labels");
  // Of this encoder, by Python; and of the encoder without int8, by SentenceTransformer.encode: [sentences, hidden].
  const seqpool::io::Safetensors::View<float, 2> vectors =
      text_.tensor<float, 2>("vectors", {labels.size(), heads_.tensor<float, 2>("mean.weight").dimension(1)});
  const seqpool::io::Safetensors::View<float, 2> float32_vectors =
      text_.tensor<float, 2>("float32_vectors", {labels.size(), heads_.tensor<float, 2>("mean.weight").dimension(1)});
};

#endif
