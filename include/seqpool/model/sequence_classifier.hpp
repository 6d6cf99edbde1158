// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/detail/classes.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/head/probabilities.hpp>
#include <seqpool/model/detail/arguments.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/vectors.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/model/detail/classifier_folder.hpp>
#endif

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model {

/// The classifier of a folder of Transformers, such as ...ForSequenceClassification, or of a CrossEncoder: pooling,
/// layers and labels, from its config.json and its tensors.
///
///     const seqpool::model::SequenceClassifier classifier("distilbert-sst2");
///     const auto classes = classifier.predict(hidden_states, mask);  // [batch]
///     std::cout << classifier.labels()[classes(0)];
///
/// Hidden states are the last ones of the folder's encoder (of the decoder for BART and T5, with the mask of the
/// encoder's input_ids), of float, half or bfloat16; x, mask and device are those of `pool`; without ids the device
/// takes their place. A row's bits do not depend on the batch. A const object serves many threads.
///
/// Decoders (Llama, Qwen, Mistral, Gemma, GPT-2) classify the last token whose id is not `pad_token_id`. A mask does
/// not say which that is if a text may end with that id, as when padding is the end of text. So decoders take
/// `logits(x, mask, input_ids)`, which all others refuse.
///
/// CrossEncoders may be modules, whose last gives the scores, or a language model, of which two words' logits are the
/// score: those of the last real token, from the hidden states in front of `lm_head`.
///
/// **Errors**: `Error` names the file, the key or tensor, and what is understood.
/// **Cost**: copies the head's weights once, of `lm_head` two rows; reads none of the encoder's, as long as a file's
/// tensors are aligned, as safetensors writes them, and none is of BOOL.
/// **Numerics**: those of `SentenceTransformer`.
/// **Source**: Transformers 5.23. Where it takes x[:, 0] or x[:, -1], whatever the mask says, this takes the first or
/// the last real token: the first is the same under right padding, the last under left padding.
class SequenceClassifier {
 public:
  explicit SequenceClassifier(const std::filesystem::path& folder, const ScoredWords& words = {})
      : folder_(detail::read_sequence_classifier(folder, words)) {}
  // Of what was read elsewhere.
  explicit SequenceClassifier(detail::ClassifierFolder folder) : folder_(std::move(folder)) {}

  /// The logits of the model; for CLIP's text model its projected vector, for SigLIP's vision model its
  /// `pooler_output`.
  ///
  /// Without `input_ids` a decoder's token is the last real one, so its mask must be `input_ids != pad_token_id()`.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; input_ids: `[batch, seq]`, an
  /// Eigen tensor or map of integers, those of padding too; result: `[batch, classes]`.
  /// **Empty**: a row with no real token is pooled to zeros, and the heads get those. A row whose ids are all
  /// `pad_token_id` gives its first token, as in Transformers.
  /// **Errors**: those of `pool`, and `std::invalid_argument` if hidden is not the model's; for `input_ids` if the
  /// model does not look at them, if they are not `[batch, seq]`, if they choose a token that the mask leaves out, and
  /// for more than one row if the model has no `pad_token_id`, which Transformers refuses too.
  template <class X, class M = AllTokens, class I = CallingThread, class D = CallingThread>
  [[nodiscard]] auto logits(const X& x, const M& mask = {}, const I& input_ids = {}, const D& device = {}) const;

  /// What Python's pipeline gives: softmax of the logits; sigmoid for one class and for `multi_label_classification`;
  /// the logits as they are for `regression`. For a CrossEncoder it is what `predict` gives, by the folder's
  /// activation.
  ///
  /// **Shapes**: those of `logits`.
  /// **Errors**: those of `logits`, and `Error` where that activation is not understood.
  /// **Numerics**: those of `softmax` and `sigmoid`, which is 1 from a logit of about 17 on: rank passages by `logits`.
  template <class X, class M = AllTokens, class I = CallingThread, class D = CallingThread>
  [[nodiscard]] auto probabilities(const X& x, const M& mask = {}, const I& input_ids = {}, const D& device = {}) const;

  /// The class with the largest logit; with a single class, 1 if its logit is over 0, else 0.
  ///
  /// **Shapes**: those of `logits`; result: `[batch]` of `Index`.
  /// **Errors**: those of `logits`, and `std::invalid_argument` for regressions, and for classes of which several may
  /// apply: take `threshold(classifier.probabilities(x, mask), 0.5)`; `Error` for one class whose activation is not
  /// understood.
  /// **Numerics**: those of `Classifier::predict`: a row of NaN silently becomes class 0.
  template <class X, class M = AllTokens, class I = CallingThread, class D = CallingThread>
  [[nodiscard]] auto predict(const X& x, const M& mask = {}, const I& input_ids = {}, const D& device = {}) const;

  /// The hidden states of a model that weighs its encoder's layers (`use_weighted_layer_sum`, as sound models do), to
  /// hand over as x: `classifier.logits(classifier.mix(layers), mask)`.
  ///
  /// **Shapes**: layers: `[layers]`, each `[batch, seq, hidden]`, as Transformers' `hidden_states` with
  /// `output_hidden_states=True`, the embeddings first; a `Layers`, or what one is made from, whose memory must outlive
  /// the result, a `LayerMix`.
  /// **Errors**: `std::invalid_argument` unless there are `layers()` layers.
  template <class L> [[nodiscard]] auto mix(L&& layers) const {
    return detail::mixed(folder_.mix, std::forward<L>(layers));
  }

  /// The classes' names, `[classes]`; none for CLIP's text model and SigLIP's vision model, which give vectors.
  [[nodiscard]] const std::vector<std::string>& labels() const noexcept { return folder_.labels; }
  /// The id that stands for padding in a decoder: config.json's `pad_token_id`, or its architecture's own. None if
  /// there is none, and for models that find their token by the mask alone.
  [[nodiscard]] std::optional<Index> pad_token_id() const noexcept { return folder_.pad_token_id; }
  /// Features of a token.
  [[nodiscard]] Index hidden() const noexcept { return folder_.pooling.hidden; }
  /// How many layers `mix` takes, the embeddings included; 0 for models that need only the last one.
  [[nodiscard]] Index layers() const noexcept { return folder_.mix.layers; }
  /// "cls -> Dense 768->768 tanh -> Linear 768->2"
  [[nodiscard]] std::string summary() const { return folder_.pooling.summary() + folder_.summary; }

 private:
  detail::ClassifierFolder folder_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class M, class I, class D>
auto SequenceClassifier::logits(const X& x, const M& mask, const I& input_ids, const D& device) const {
  if constexpr (!detail::are_ids_given<I, D>) {
    if constexpr (detail::are_model_arguments<X, M, I>()) {
      detail::check_states<X>(seqpool::detail::sequences_of(x).hidden(), hidden(), layers());
      return detail::vectors_of(folder_.pooling, 0, folder_.heads, x, mask, input_ids);
    }
  } else if constexpr (Device<M>) {
    static_cast<void>(seqpool::detail::is_device<M, I>());  // which came before another argument
  } else if constexpr (seqpool::detail::are_token_ids<I>()) {
    if constexpr (detail::are_model_arguments<X, M, D>() && seqpool::detail::is_mask_of_rows<M>()) {
      const auto& states = seqpool::detail::sequences_of(x);
      detail::check_states<X>(states.hidden(), hidden(), layers());
      if (!folder_.takes_ids)
        seqpool::detail::fail(
            "this model finds its token by the mask alone and takes no input_ids: call logits(x, mask)");
      const detail::ScoredToken scored(states, mask, input_ids, folder_.pad_token_id);
      return detail::vectors_of(folder_.pooling, 0, folder_.heads, x, scored, device);
    }
  }
  return seqpool::detail::refused<X>();
}

template <class X, class M, class I, class D>
auto SequenceClassifier::probabilities(const X& x, const M& mask, const I& input_ids, const D& device) const {
  if (folder_.unknown) throw Error(*folder_.unknown);
  auto scores = logits(x, mask, input_ids, device);
  switch (folder_.scores) {
    case detail::Scores::softmax:
      return seqpool::softmax(scores);
    case detail::Scores::sigmoid:
      return seqpool::sigmoid(scores);
    case detail::Scores::activation:
      return seqpool::map(folder_.activation, scores);
    case detail::Scores::logits:
      break;
  }
  return scores;
}

template <class X, class M, class I, class D>
auto SequenceClassifier::predict(const X& x, const M& mask, const I& input_ids, const D& device) const {
  if (folder_.several_at_once)
    seqpool::detail::fail("several of this model's classes may apply at once: take threshold(probabilities, 0.5)");
  if (labels().empty()) seqpool::detail::fail("this model gives a vector and no class: take its logits");
  if (labels().size() == 1 && folder_.unknown) throw Error(*folder_.unknown);
  if (labels().size() == 1 &&
      (folder_.scores == detail::Scores::logits || folder_.scores == detail::Scores::activation))
    seqpool::detail::fail("this model gives a number and no class: take its logits");
  return seqpool::detail::classes_of(logits(x, mask, input_ids, device));
}

}  // namespace seqpool::inline SEQPOOL_ABI::model
