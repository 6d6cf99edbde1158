// SPDX-License-Identifier: MIT
// The folder that train_text writes, read again: a pooling and a Linear in one file, with their names.
#ifndef SEQPOOL_EXAMPLES_TEXT_TRAINED_TEXT_HPP
#define SEQPOOL_EXAMPLES_TEXT_TRAINED_TEXT_HPP

#include <algorithm>
#include <array>
#include <filesystem>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "text_head.hpp"
#include "topics.hpp"

class TrainedText {
 public:
  static constexpr const char* file_name = "classifier.safetensors";

  explicit TrainedText(const std::filesystem::path& folder)
      : TrainedText(seqpool::io::Safetensors(folder / file_name), folder / file_name) {}

  const std::vector<std::string>& labels() const { return head_.labels; }
  std::string summary() const {
    return classifier_.pooling().name() + " -> Linear " + std::to_string(head_.weight.dimension(1)) + "->" +
           std::to_string(head_.weight.dimension(0));
  }

  // [batch, classes].
  template <class X, class M> Vectors probabilities(const X& x, const M& mask) const {
    return classifier_.probabilities(x, mask);
  }

  // [batch, width].
  template <class X, class M> Vectors vectors(const X& x, const M& mask) const {
    return seqpool::pool(classifier_.pooling(), x, mask);
  }

  // By how much each token raises the logit of its sentence's class above the mean of all, [batch, seq]: the gradient
  // of that times the token. For cls, mean and max these add up to what is above the mean, but for the bias.
  template <class X, class M>
  Vectors reasons(const X& x, const M& mask, std::span<const seqpool::Index> classes) const {
    const auto weight = seqpool::as_matrix(head_.weight);
    Vectors d_out(x.batch(), weight.cols());
    for (seqpool::Index b = 0; b < x.batch(); ++b)
      seqpool::as_matrix(d_out).row(b) = weight.row(classes[static_cast<std::size_t>(b)]) - weight.colwise().mean();
    const auto back = seqpool::gradient(classifier_.pooling(), x, mask, d_out);
    Vectors result(x.batch(), x.seq());
    result.setZero();
    for (seqpool::Index b = 0; b < x.batch(); ++b) {
      const seqpool::Index tokens = mask.next_run(b, {0, x.seq(b)}).end;  // padding is on the right, and not to be read
      for (seqpool::Index s = 0; s < tokens; ++s)
        result(b, s) = Eigen::Map<const Eigen::VectorXf>(x.token(b, s), x.hidden())
                           .dot(Eigen::Map<const Eigen::VectorXf>(&back.tokens(b, s, 0), x.hidden()));
    }
    return result;
  }

 private:
  using Pooling = seqpool::AnyPooling<float>;

  TrainedText(const seqpool::io::Safetensors& file, const std::filesystem::path& path)
      : head_(file, path, "head.0."),
        classifier_(pooling(file, path), seqpool::Linear<float>(head_.weight, head_.bias)) {}

  static Pooling pooling(const seqpool::io::Safetensors& file, const std::filesystem::path& path) {
    const auto found = file.metadata().find("pooling");
    const std::string name = found == file.metadata().end() ? "" : found->second;
    if (name == "attention") return seqpool::Attention{file.tensor<float, 1>("pooling.query")};
    try {
      return seqpool::pooling_named<float>(name);
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(path.string() + ": its metadata's 'pooling' is not read here: " + error.what());
    }
  }

  NamedLinear head_;
  seqpool::Classifier<Pooling, seqpool::Linear<float>> classifier_;
};

#endif
