// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/head/probabilities.hpp>
#include <seqpool/model/detail/arguments.hpp>
#include <seqpool/model/detail/folders.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/model/detail/classifier_folder.hpp>
#endif

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model {

/// The classifier of a folder of Transformers that gives each token a class, ...ForTokenClassification: named entities,
/// parts of speech.
///
///     const seqpool::model::TokenClassifier classifier("bert-base-NER");
///     const auto classes = classifier.predict(hidden_states, mask);  // [batch, seq], -1 for padding
///
/// Hidden states, mask, errors, cost and numerics are those of `SequenceClassifier`. Padded tokens are never read.
///
/// **Source**: Transformers 5.23.
class TokenClassifier {
 public:
  explicit TokenClassifier(const std::filesystem::path& folder)
      : folder_(detail::read_classifier(folder, detail::Task::token)) {}

  /// The logits of each token.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
  /// `[batch, seq, classes]`, row-major; zeros for padded tokens.
  /// **Errors**: those of `pool`, and `std::invalid_argument` if hidden is not the model's.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] Eigen::Tensor<float, 3, Eigen::RowMajor> logits(const X& x, const M& mask = {},
                                                                const D& device = {}) const;

  /// The class with the largest logit: the first of equals; a NaN counts as larger than any number.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, seq]` of
  /// `Index`, row-major; -1 for padded tokens.
  /// **Errors**: those of `logits`.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] Eigen::Tensor<Index, 2, Eigen::RowMajor> predict(const X& x, const M& mask = {},
                                                                 const D& device = {}) const;

  /// `SequenceClassifier::mix`.
  template <class L> [[nodiscard]] auto mix(L&& layers) const {
    return detail::mixed(folder_.mix, std::forward<L>(layers));
  }

  /// The classes' names, `[classes]`.
  [[nodiscard]] const std::vector<std::string>& labels() const noexcept { return folder_.labels; }
  /// Features of a token.
  [[nodiscard]] Index hidden() const noexcept { return folder_.pooling.hidden; }
  /// How many layers `mix` takes, the embeddings included; 0 for models that need only the last one.
  [[nodiscard]] Index layers() const noexcept { return folder_.mix.layers; }
  /// "each token -> Linear 768->9"
  [[nodiscard]] std::string summary() const { return "each token" + folder_.summary; }

 private:
  detail::ClassifierFolder folder_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class M, class D>
Eigen::Tensor<float, 3, Eigen::RowMajor> TokenClassifier::logits(const X& x, const M& mask, const D& device) const {
  return detail::map_tokens(folder_.heads, hidden(), x, mask, device, layers());
}

template <class X, class M, class D>
Eigen::Tensor<Index, 2, Eigen::RowMajor> TokenClassifier::predict(const X& x, const M& mask, const D& device) const {
  const auto scores = logits(x, mask, device);
  Eigen::Tensor<Index, 2, Eigen::RowMajor> result(scores.dimension(0), scores.dimension(1));
  result.setConstant(-1);
  if constexpr (detail::are_model_arguments<X, M, D>() && seqpool::detail::is_mask_of_rows<M>())
    seqpool::detail::for_each_run(seqpool::detail::sequences_of(x), mask, [&](Index, Index b, Run run) {
      const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> tokens(
          &scores(b, run.begin, 0), run.end - run.begin, scores.dimension(2));
      const auto classes = seqpool::argmax(tokens);
      std::copy_n(classes.data(), classes.size(), &result(b, run.begin));
    });
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model
