// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_SEQUENCE_CLASSIFIER_HPP
#define SEQPOOL_MODEL_SEQUENCE_CLASSIFIER_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/argument_checks.hpp>
#include <seqpool/driver/arguments.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/head/activation.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/model/architectures.hpp>
#include <seqpool/model/classifier_folder.hpp>
#include <seqpool/model/token_states.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model {

/// The classifier of a folder of Transformers, ...ForSequenceClassification and its like, or of a CrossEncoder:
/// pooling, layers and labels, by its config.json and its tensors.
///
///     const seqpool::model::SequenceClassifier classifier("distilbert-sst2");
///     const auto classes = classifier.predict(hidden_states, mask);  // [batch]
///     std::cout << classifier.labels()[classes(0)];
///
/// Hidden states are the last ones of the folder's encoder (of the decoder for BART and T5), of float, half or
/// bfloat16; x, mask and device are those of `pool`. A row's bits do not depend on the batch. A const object serves
/// many threads.
///
/// **Errors**: `Error` names the file, the key or tensor, and what is understood.
/// **Cost**: copies the head's weights, once; reads nothing of the encoder's, as long as a file's tensors are aligned,
/// as safetensors writes them, and none is of BOOL.
/// **Numerics**: as `SentenceTransformer`.
/// **Source**: Transformers 5.23. Where it takes x[:, 0] or x[:, -1], whatever the mask says, this is the first or the
/// last real token: the same under right padding for the one, under left padding for the other.
class SequenceClassifier {
 public:
  explicit SequenceClassifier(const std::filesystem::path& folder)
      : folder_(detail::read_classifier(folder, detail::sequence_families())) {}

  /// The logits of the model; of CLIP's text model its projected vector, of SigLIP's vision model its `pooler_output`.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, classes]`.
  /// **Empty**: a row with no real token is pooled to zeros, and the heads get those.
  /// **Errors**: those of `pool`, and `std::invalid_argument` if hidden is not the model's.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto logits(const X& x, const M& mask = {}, const D& device = {}) const;

  /// What Python's pipeline gives: softmax of the logits; sigmoid for one class and for `multi_label_classification`;
  /// the logits as they are for `regression`. Of a CrossEncoder what `predict` gives, by the folder's activation.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, classes]`.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto probabilities(const X& x, const M& mask = {}, const D& device = {}) const;

  /// The class with the largest logit; with a single class 1 where its logit is over 0, else 0.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch]` of `Index`.
  /// **Errors**: those of `logits`, and `std::invalid_argument` for regressions, and for classes of which several may
  /// apply: take `threshold(classifier.probabilities(x, mask), 0.5)`.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto predict(const X& x, const M& mask = {}, const D& device = {}) const;

  /// The classes' names, `[classes]`; none of CLIP's text model and SigLIP's vision model, which give vectors.
  [[nodiscard]] const std::vector<std::string>& labels() const noexcept { return folder_.labels; }
  /// Features of a token.
  [[nodiscard]] Index hidden() const noexcept { return folder_.hidden; }
  /// "cls -> Dense 768->768 tanh -> Linear 768->2"
  [[nodiscard]] std::string summary() const { return folder_.pooling.summary() + folder_.summary; }

 private:
  detail::ClassifierFolder folder_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class M, class D>
auto SequenceClassifier::logits(const X& x, const M& mask, const D& device) const {
  if constexpr (seqpool::detail::are_arguments<Mean, X, M, D>() && detail::are_float_states<X>()) {
    using T = typename seqpool::detail::sequences_t<X>::value_type;
    detail::check_hidden(seqpool::detail::sequences_of(x).hidden(), hidden());
    const auto pooling = folder_.pooling.pooling<T>(0, detail::Means::means);
    return seqpool::map(folder_.heads, seqpool::pool(pooling, x, mask, device),
                        seqpool::detail::device_of(mask, device));
  } else {
    return seqpool::detail::make_result<X, float>(Index{0}, Index{0});  // so that no other error follows
  }
}

template <class X, class M, class D>
auto SequenceClassifier::probabilities(const X& x, const M& mask, const D& device) const {
  auto scores = logits(x, mask, device);
  switch (folder_.scores) {
    case detail::Scores::softmax:
      return seqpool::softmax(scores);
    case detail::Scores::sigmoid:
      return seqpool::sigmoid(scores);
    case detail::Scores::logits:
      break;
  }
  return scores;
}

template <class X, class M, class D>
auto SequenceClassifier::predict(const X& x, const M& mask, const D& device) const {
  if (folder_.several_at_once)
    seqpool::detail::fail("several of this model's classes may apply at once: take threshold(probabilities, 0.5)");
  if (labels().empty()) seqpool::detail::fail("this model gives a vector and no class: take its logits");
  if (folder_.scores == detail::Scores::logits && labels().size() == 1)
    seqpool::detail::fail("this model gives a number and no class: take its logits");
  const auto scores = logits(x, mask, device);
  auto classes = seqpool::argmax(scores);
  if (scores.dimension(1) == 1)
    for (Index b = 0; b < static_cast<Index>(classes.size()); ++b) classes.data()[b] = scores.data()[b] > 0 ? 1 : 0;
  return classes;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model

#endif
