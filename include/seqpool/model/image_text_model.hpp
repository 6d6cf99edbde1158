// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/door/tokens.hpp>
#include <seqpool/head/affine.hpp>
#include <seqpool/model/sequence_classifier.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/model/detail/clip.hpp>
#endif

namespace seqpool::inline SEQPOOL_ABI::model {

/// A folder of CLIP, SigLIP or SigLIP 2, whose images and texts have vectors of one space: which text fits an image.
///
///     const seqpool::model::ImageTextModel model("clip-vit-base-patch32");
///     const auto images = model.image_vectors(patches);         // [images, dimension], once for each image
///     const auto texts = model.text_vectors(hidden_states, mask);
///     const auto probabilities = model.probabilities(images, texts);  // [images, texts]
///
/// For an image, x is the vision model's `last_hidden_state`: CLIP's with its class token and before its
/// `post_layernorm`, SigLIP's after that norm. For a text, x is the text model's, after its last norm. Both are of
/// float, half or bfloat16; x, mask and device are those of `pool`. A const object serves many threads.
///
/// **Errors**: `Error` names the file, the key or tensor, and what is understood.
/// **Numerics**: those of `SentenceTransformer`.
/// **Source**: Transformers' CLIPModel, SiglipModel and Siglip2Model.
class ImageTextModel {
 public:
  explicit ImageTextModel(const std::filesystem::path& folder)
      : ImageTextModel(detail::read_image_text_folder(folder)) {}

  /// What `get_image_features` gives. Only SigLIP 2 has a mask of patches.
  ///
  /// **Shapes**: x: `[images, patches, image_hidden]`; mask: `[images, patches]`; result: `[images, dimension]`.
  /// **Errors**: those of `pool`, and `std::invalid_argument` if hidden is not the model's.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto image_vectors(const X& x, const M& mask = {}, const D& device = {}) const {
    return image_.logits(x, mask, device);
  }

  /// What `get_text_features` gives. CLIP takes the last real token, so the mask must end with the end of text. SigLIP
  /// takes the last column, even if it is padding, as the model was trained: its mask chooses nothing.
  ///
  /// **Shapes**: x: `[texts, seq, text_hidden]`; mask: `[texts, seq]` or `Lengths`; result: `[texts, dimension]`.
  /// **Errors**: those of `image_vectors`.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto text_vectors(const X& x, const M& mask = {}, const D& device = {}) const;

  /// Transformers' `logits_per_image`: e^logit_scale * cosine + logit_bias. CLIP has no bias.
  ///
  /// **Shapes**: images: `[images, dimension]`; texts: `[texts, dimension]`; result: `[images, texts]`.
  /// **Errors**: those of `cosine_similarity`.
  template <class X, class Y, class D = CallingThread>
  [[nodiscard]] auto logits(const X& images, const Y& texts, const D& device = {}) const {
    return seqpool::map(scale_, seqpool::cosine_similarity(images, texts, device), device);
  }

  /// For CLIP the softmax of an image's logits: which of these texts fits. For SigLIP the sigmoid of each: whether it
  /// fits.
  ///
  /// **Shapes**: those of `logits`.
  /// **Errors**: those of `logits`.
  template <class X, class Y, class D = CallingThread>
  [[nodiscard]] auto probabilities(const X& images, const Y& texts, const D& device = {}) const {
    const auto scores = logits(images, texts, device);
    return is_siglip_ ? seqpool::sigmoid(scores) : seqpool::softmax(scores);
  }

  /// Features of an image's token, of a text's, and of a vector.
  [[nodiscard]] Index image_hidden() const noexcept { return image_.hidden(); }
  [[nodiscard]] Index text_hidden() const noexcept { return text_.hidden(); }
  [[nodiscard]] Index dimension() const noexcept { return dimension_; }
  /// "images: cls -> LayerNorm -> Linear 768->512; texts: lasttoken -> Linear 512->512"
  [[nodiscard]] std::string summary() const { return "images: " + image_.summary() + "; texts: " + text_.summary(); }

 private:
  explicit ImageTextModel(const detail::ImageTextFolder& all)
      : is_siglip_(all.is_siglip),
        image_(all.image),
        text_(all.text),
        scale_(all.scale, all.bias),
        dimension_(all.dimension) {}

  bool is_siglip_;
  SequenceClassifier image_;
  SequenceClassifier text_;
  Affine<float> scale_;
  Index dimension_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class M, class D>
auto ImageTextModel::text_vectors(const X& x, const M& mask, const D& device) const {
  if constexpr (detail::are_model_arguments<X, M, D>() && seqpool::detail::is_mask_of_rows<M>()) {
    if (!is_siglip_) return text_.logits(x, mask, device);
    seqpool::check_selection(seqpool::detail::selection_of(mask), seqpool::detail::sequences_of(x));
    return text_.logits(x, all_tokens, seqpool::detail::device_of(mask, device));
  } else {
    return seqpool::detail::refused<X>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::model
