// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/lexical_weights.hpp>
#include <seqpool/head/similarity.hpp>
#include <seqpool/input/layer_mix.hpp>
#include <seqpool/input/skip_prefix.hpp>
#include <seqpool/input/weighted_states.hpp>
#include <seqpool/model/detail/arguments.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/vectors.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/pooling/sum.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/model/detail/vector_folder.hpp>
#endif

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model {

/// What a user of a model chooses, as in SentenceTransformer's constructor and `encode`.
struct EncodeOptions {
  std::optional<Index> truncate_dim = {};  ///< keeps the first features of each vector (Matryoshka)
  bool normalize_embeddings = false;       ///< makes each vector's length 1, after that
  std::string route = {};                  ///< of a Router: "query" or "document"; its default where it is empty
};

/// All that follows the encoder in a folder of sentence-transformers: pooling, Dense, LayerNorm, Normalize, ...
///
///     const seqpool::model::SentenceTransformer model("all-MiniLM-L6-v2");
///     const auto vectors = model.embed(hidden_states, mask);  // [batch, dimension], those of model.encode() in Python
///
/// It reads folders of every version from 2.0 to 6.2, and bare ones of Transformers, which it pools by their mean, or
/// by their last token if they are causal. Of a Router it reads one route. What is not understood is an `Error`, never
/// a default.
///
/// Hidden states are the last ones of the folder's encoder, of float, half or bfloat16; x, mask and device are those of
/// `pool`. A row's bits do not depend on the batch. A const object serves many threads.
///
/// **Errors**: `Error` names the file, the key or tensor, and what is understood.
/// **Cost**: copies the weights that follow the pooling once; reads none of the encoder's.
/// **Numerics**: weights of any type are widened to float, and all that follows is in float; where Python runs a model
/// in half or bfloat16, its numbers are rounded and these are not.
/// **Source**: sentence-transformers 6.2, except for rows without a real token and for masks with holes, whose places
/// its "weightedmean" counts.
class SentenceTransformer {
 public:
  explicit SentenceTransformer(const std::filesystem::path& folder, const EncodeOptions& options = {})
      : folder_(detail::read_vector_folder(folder, options.truncate_dim, options.normalize_embeddings, options.route)) {
  }

  /// The vectors of `SentenceTransformer.encode`, from the hidden states that its encoder gave, or for SPLADE from the
  /// logits of its masked language model.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, dimension]`.
  /// **Empty**: a row with no real token is pooled to zeros, and the heads get those.
  /// **Errors**: those of `pool`, and `std::invalid_argument` if hidden is not the model's, or if the model weighs its
  /// words.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto embed(const X& x, const M& mask = {}, const D& device = {}) const;

  /// The same for sentences after a prompt of `prompt_length` tokens, including special ones before it. These tokens
  /// are left out if the folder says `include_prompt: false`.
  ///
  /// **Shapes**: as above.
  /// **Errors**: as above, and `std::invalid_argument` for a length under 0, or for `Spans` where a prompt is left out:
  /// take spans without it.
  template <class X, class M, class D = CallingThread>
  [[nodiscard]] auto embed_prompted(const X& x, const M& mask, Index prompt_length, const D& device = {}) const;

  /// The same for a model with `WordWeights`, which multiplies each token by its word's weight: a mean is divided by
  /// the sum of the weights, which counts as 1e-9 if it is less.
  ///
  /// **Shapes**: input_ids: `[batch, seq]`, an Eigen tensor or map of integers, read only where tokens are real.
  /// **Errors**: as `embed`, and `std::invalid_argument` for an id that is no word's.
  /// **Cost**: multiplies the real tokens a block at a time, and reads the ids twice.
  template <class X, class I, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto embed_weighted(const X& x, const I& input_ids, const M& mask = {}, const D& device = {}) const;

  /// The same for a model with `WeightedLayerPooling`, where each token is a weighted mean of several layers.
  ///
  /// **Shapes**: layers: `[layers]`, each `[batch, seq, hidden]`, as Transformers' `hidden_states` with
  /// `output_hidden_states=True`, the embeddings first; a `Layers`, or what one is made from.
  /// **Errors**: those of `embed`, and `std::invalid_argument` unless there are `layers()` layers.
  template <class L, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto embed_layers(const L& layers, const M& mask = {}, const D& device = {}) const;

  /// The vectors of a model without an encoder, from the ids of tokens alone. Of a table of embeddings,
  /// sentence-transformers' StaticEmbedding or model2vec, each is the mean of its ids' rows; a query of an
  /// inference-free SPLADE has the weight of each id that is there, and 0 elsewhere. The heads take that.
  ///
  ///     const seqpool::model::SentenceTransformer model("potion-base-8M");
  ///     const auto vectors = model.embed_ids(input_ids, mask);  // [batch, dimension]
  ///
  /// Ids are the tokenizer's without special tokens. model2vec's own `encode` leaves out its unknown token, and what is
  /// behind the first 512: for its numbers the mask leaves them out too. sentence-transformers pools all.
  ///
  /// **Shapes**: input_ids: `[batch, seq]`, an Eigen tensor or map of integers, read only where tokens are real; mask:
  /// `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, dimension]`, in the layout of input_ids.
  /// **Empty**: as `embed`.
  /// **Errors**: those of `pool`, and `std::invalid_argument` for an id that is no word's, or if the model has an
  /// encoder.
  /// **Cost**: reads the rows of the real tokens. A table stays in its file, mapped, which must not change: the memory
  /// is that of the rows that were asked for. Weights of ids: O(batch * dimension).
  /// **Numerics**: rows of any type are widened to float, times the weights that model2vec may have for tokens; none is
  /// checked to be finite.
  template <class I, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto embed_ids(const I& input_ids, const M& mask = {}, const D& device = {}) const;

  /// "mean -> Dense 384->256 tanh -> normalize"
  [[nodiscard]] const std::string& summary() const noexcept { return folder_.summary; }
  /// Features of a token (for SPLADE, the words of its vocabulary; 0 without an encoder) and features of a result.
  [[nodiscard]] Index hidden() const noexcept { return folder_.pooling.hidden; }
  [[nodiscard]] Index dimension() const noexcept { return folder_.dimension; }
  /// Whether there is an encoder, whose hidden states are to be pooled; of a model without one, `embed_ids` is the
  /// call.
  [[nodiscard]] bool has_encoder() const noexcept { return !folder_.write_word && !folder_.id_weights; }
  /// How many layers `embed_layers` takes, the embeddings included; 0 for models that need only the last one.
  [[nodiscard]] Index layers() const noexcept { return folder_.mix.layers; }
  /// How many tokens the encoder takes, if the folder says so.
  [[nodiscard]] std::optional<Index> max_seq_length() const noexcept { return folder_.settings.max_seq_length; }
  /// What to write in front of a text before tokenizing it, by name.
  [[nodiscard]] const std::map<std::string, std::string>& prompts() const noexcept { return folder_.settings.prompts; }
  /// The name of the prompt that is used if none is asked for.
  [[nodiscard]] const std::optional<std::string>& default_prompt_name() const noexcept {
    return folder_.settings.default_prompt_name;
  }
  /// Whether a prompt's tokens are pooled too.
  [[nodiscard]] bool include_prompt() const noexcept { return folder_.pooling.include_prompt; }
  /// How the model's vectors are compared: `similarity(a, b, model.similarity_function())`.
  [[nodiscard]] Similarity similarity_function() const noexcept { return folder_.similarity; }

 private:
  // Throws unless a token's last layer is all that is needed.
  void check_last_layer() const;
  void check_states(Index found) const;
  [[nodiscard]] float weight_of(Index id) const;

  // The vectors of tokens before which `before` tokens were left out.
  template <class X, class M, class D>
  [[nodiscard]] auto embed_tokens(const X& x, const M& mask, const D& device, Index before = 0) const;

  detail::VectorFolder folder_;
};

// ---------------------------------------------------------------------------------------------------------------------

inline void SentenceTransformer::check_last_layer() const {
  if (!has_encoder()) seqpool::detail::fail("this model has no encoder: call embed_ids(input_ids, mask)");
  if (folder_.word_weights)
    seqpool::detail::fail("this model weighs its words: call embed_weighted(x, input_ids, mask)");
  if (layers() > 0) seqpool::detail::fail({"this model mixes ", layers(), " layers: call embed_layers(layers, mask)"});
}

// Without modules.json a SPLADE is a masked language model like any other, which sentence-transformers pools by the
// mean.
inline void SentenceTransformer::check_states(Index found) const {
  if (folder_.vocabulary > 0 && found == folder_.vocabulary && found != hidden())
    seqpool::detail::fail(
        {"hidden states have ", found, " features, as many as the vocabulary has words, but the mean of ", hidden(),
         " is taken, as the folder has no modules.json: hand over last_hidden_state and not logits; "
         "for a SPLADE save the "
         "folder anew in Python, by SparseEncoder(name).save(folder), and read that with the logits"});
  detail::check_hidden(found, hidden());
}

template <class X, class M, class D>
auto SentenceTransformer::embed_tokens(const X& x, const M& mask, const D& device, Index before) const {
  if constexpr (detail::are_model_arguments<X, M, D>()) {
    check_states(seqpool::detail::sequences_of(x).hidden());
    return detail::vectors_of(folder_.pooling, before, folder_.heads, x, mask, device);
  } else {
    return seqpool::detail::refused<X>();
  }
}

template <class X, class M, class D> auto SentenceTransformer::embed(const X& x, const M& mask, const D& device) const {
  check_last_layer();
  return embed_tokens(x, mask, device);
}

template <class X, class M, class D>
auto SentenceTransformer::embed_prompted(const X& x, const M& mask, Index prompt_length, const D& device) const {
  if constexpr (detail::are_model_arguments<X, M, D>()) {
    if (prompt_length < 0) seqpool::detail::fail({"prompt_length is ", prompt_length, "; it must be 0 or more"});
    if (!include_prompt() && prompt_length > 0) {
      if (requires(Index row) { mask.sequence(row); })
        seqpool::detail::fail(
            {"a prompt of ", prompt_length,
             " tokens stands in front of each sequence, and spans may begin behind it: take spans of the text without "
             "its prompt, and call embed(x, spans)"});
      check_last_layer();
      const std::vector<Index> counts(static_cast<std::size_t>(seqpool::detail::sequences_of(x).batch()),
                                      prompt_length);
      return embed_tokens(x, seqpool::skip_prefix(mask, counts), device, prompt_length);
    }
  }
  return embed(x, mask, device);
}

template <class L, class M, class D>
auto SentenceTransformer::embed_layers(const L& layers, const M& mask, const D& device) const {
  const seqpool::Layers all(layers);
  using X = typename decltype(all)::layer_type;
  if constexpr (detail::are_model_arguments<X, M, D>()) {
    return embed_tokens(detail::mixed(folder_.mix, all), mask, device);
  } else {
    return seqpool::detail::refused<X>();
  }
}

inline float SentenceTransformer::weight_of(Index id) const {
  const auto words = static_cast<Index>(folder_.word_weights->size());
  if (id < 0 || id >= words) seqpool::detail::refuse_id(id, words);
  return (*folder_.word_weights)[static_cast<std::size_t>(id)];
}

template <class X, class I, class M, class D>
auto SentenceTransformer::embed_weighted(const X& x, const I& input_ids, const M& mask, const D& device) const {
  if constexpr (detail::are_model_arguments<X, M, D>() && seqpool::detail::are_token_ids<I>()) {
    const auto& states = seqpool::detail::sequences_of(x);
    if (!folder_.word_weights) seqpool::detail::fail("this model weighs no words: call embed(x, mask)");
    detail::check_hidden(states.hidden(), hidden());
    const auto ids = seqpool::detail::ids_of(input_ids, states);
    const auto weight = [&](Index b, Index s) { return weight_of(seqpool::detail::id_of(ids(b, s))); };
    const seqpool::WeightedStates weighted{states, weight};
    const auto totals = seqpool::sum_pool(weighted.weights(), mask, device);
    const Index rows = static_cast<Index>(totals.dimension(0));
    auto vectors = seqpool::detail::make_result<X, float>(rows, folder_.pooling.width());
    seqpool::pool_into(vectors, folder_.pooling.pooling<float>(0, detail::Means::sums), weighted, mask, device);
    for (Index row = 0; row < rows; ++row)
      for (std::size_t i = 0; i < folder_.pooling.modes.size(); ++i) {
        const float factor = detail::factor(folder_.pooling.modes[i], totals(row, 0), totals(row, 1));
        for (Index h = 0; h < hidden(); ++h) vectors(row, static_cast<Index>(i) * hidden() + h) *= factor;
      }
    return seqpool::map(folder_.heads, vectors, seqpool::detail::device_of(mask, device));
  } else {
    return seqpool::detail::refused<X>();
  }
}

template <class I, class M, class D>
auto SentenceTransformer::embed_ids(const I& input_ids, const M& mask, const D& device) const {
  if constexpr (seqpool::detail::are_token_ids<I>() && detail::are_model_arguments<ComputedStates<float>, M, D>()) {
    if (has_encoder()) seqpool::detail::fail("this model takes hidden states of its encoder: call embed(x, mask)");
    if (folder_.id_weights)
      return seqpool::map(folder_.heads, seqpool::weights_of_ids(*folder_.id_weights, input_ids, mask),
                          seqpool::detail::device_of(mask, device));
    const auto ids = seqpool::detail::matrix_view(input_ids, "input_ids");
    const ComputedStates<float> words({ids.rows, ids.columns, hidden()}, [&](Index b, Index s, float* out) {
      folder_.write_word(seqpool::detail::id_of(ids(b, s)), out);
    });
    return detail::vectors_of<I>(folder_.pooling, 0, folder_.heads, words, mask, device);
  } else {
    return seqpool::detail::refused<I>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::model
