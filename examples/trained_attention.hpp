// SPDX-License-Identifier: MIT
// The attention poolings of topics.safetensors, with their classifiers and with what they weigh tokens by.
#ifndef SEQPOOL_EXAMPLES_TRAINED_ATTENTION_HPP
#define SEQPOOL_EXAMPLES_TRAINED_ATTENTION_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <variant>

class TrainedAttention {
 public:
  static constexpr std::array<const char*, 3> names{"attention", "queries", "additive"};

  // By one of the names.
  TrainedAttention(const seqpool::io::Safetensors& file, const std::string& name)
      : pooling_(pooling(file, name)),
        head_(file.tensor<float, 2>(name + ".weight"), file.tensor<float, 1>(name + ".bias")) {}

  // [batch, classes].
  template <class X, class M> auto logits(const X& x, const M& mask) const {
    return std::visit([&](const auto& p) { return seqpool::Classifier{p, head_}.logits(x, mask); }, pooling_);
  }

  // What the tokens of each sentence are weighed by, [batch, queries, seq], 0 for padding.
  template <class X, class M> Eigen::Tensor<float, 3, Eigen::RowMajor> weights(const X& x, const M& mask) const {
    return std::visit(
        [&](const auto& p) {
          const auto result = seqpool::attention_weights(p, x, mask);
          const auto& sizes = result.dimensions();
          const Eigen::Index queries = sizes.size() == 3 ? sizes[1] : 1;
          return Eigen::Tensor<float, 3, Eigen::RowMajor>(
              result.reshape(std::array{sizes[0], queries, sizes[sizes.size() - 1]}));
        },
        pooling_);
  }

 private:
  using Pooling = std::variant<seqpool::Attention<float>, seqpool::Attention<float, Eigen::Dynamic>,
                               seqpool::AdditiveAttention<float>>;

  static Pooling pooling(const seqpool::io::Safetensors& file, const std::string& name) {
    if (name == "attention") return seqpool::Attention{file.tensor<float, 1>("attention.query")};
    if (name == "queries") return seqpool::Attention{file.tensor<float, 2>("queries.query")};
    if (name == "additive")
      return seqpool::AdditiveAttention{file.tensor<float, 2>("additive.hidden.weight"),
                                        file.tensor<float, 1>("additive.hidden.bias"),
                                        file.tensor<float, 1>("additive.score.weight")};
    throw std::invalid_argument("no pooling is trained by the name '" + name +
                                "': attention, queries and additive are");
  }

  Pooling pooling_;
  seqpool::Linear<float> head_;
};

#endif
