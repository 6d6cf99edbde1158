// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/door/token_ids.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/head/any_head.hpp>
#include <seqpool/head/map_tokens.hpp>
#include <seqpool/input/layer_mix.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/pooling/mean.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

// What a folder's classes take: hidden states, and the tokenizer's input_ids beside them.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// True, or a sentence: whether these can be handed to pool, and the hidden states to a folder's heads.
template <class X, class M, class D> consteval bool are_model_arguments() {
  if constexpr (seqpool::detail::are_arguments<Mean, X, M, D>()) {
    constexpr bool lawful = !std::same_as<typename seqpool::detail::sequences_t<X>::value_type, double>;
    static_assert(lawful,
                  "seqpool: a model's folder works on hidden states of float, Eigen::half or Eigen::bfloat16; convert "
                  "those of double first, for example with Eigen::Tensor<float, 3>(x.cast<float>()).");
    return lawful;
  } else {
    return false;
  }
}

inline void check_hidden(Index found, Index hidden) {
  if (found != hidden)
    seqpool::detail::fail({"hidden states have ", found, " features, but the model's encoder gives ", hidden});
}

// The mix of all layers that a folder says.
template <class L> [[nodiscard]] auto mixed(const LayerWeights& mix, L&& layers) {
  const seqpool::Layers all(std::forward<L>(layers));
  if (mix.layers == 0) seqpool::detail::fail("this model takes the last layer alone: hand over x itself");
  if (all.size() != mix.layers)
    seqpool::detail::fail(
        {"this model takes ", mix.layers, " layers, the embeddings first, but there are ", all.size()});
  return LayerMix{all.last(static_cast<Index>(mix.weights.size())), mix.weights};
}

// Throws unless x is of the model's width, and where it mixes `layers` of them, a mix.
template <class X> void check_states(Index found, Index hidden, Index layers) {
  constexpr bool is_mix = requires(const X& x) { x.layers(); };
  if (!is_mix && layers > 0)
    seqpool::detail::fail({"this model mixes ", layers, " layers: hand over mix(layers) in place of x"});
  check_hidden(found, hidden);
}

// What a folder's heads make of each token.
template <class X, class M, class D>
Eigen::Tensor<float, 3, Eigen::RowMajor> map_tokens(const AnyHead<float>& heads, Index hidden, const X& x,
                                                    const M& mask, const D& device, Index layers = 0) {
  if constexpr (are_model_arguments<X, M, D>()) {
    detail::check_states<X>(seqpool::detail::sequences_of(x).hidden(), hidden, layers);
    return seqpool::map_tokens(heads, x, mask, device);
  } else {
    return {};  // so that no other error follows
  }
}

// Whether the argument before the device is meant for input_ids: it may be left out, and the device stand in its place.
// What is neither is told that it is no device.
template <class I, class D>
inline constexpr bool are_ids_given =
    !std::same_as<D, CallingThread> ||
    (!Device<I> && (std::ranges::range<I> || Selection<I> || requires(const I& ids) { typename I::Scalar; }));

// Of each row the one token whose hidden states a decoder of Transformers classifies: the last whose id is not
// `pad_token_id`, wherever padding is; the first of all, where no id is another. Itself a selection.
//
// Ids alone say which it is, those of padding too, as in Transformers. Where it is one that the mask leaves out,
// Transformers classifies padding, which is refused here. A row with no real token stays empty.
class ScoredToken {
 public:
  // Without `pad_token_id` the last token of a batch of 1: Transformers refuses others.
  template <class States, class M, class I>
  ScoredToken(const States& states, const M& mask, const I& input_ids, std::optional<Index> pad_token_id);

  void check(Index, Index) const noexcept {}
  [[nodiscard]] Index rows(Index) const noexcept { return static_cast<Index>(tokens_.size()); }
  [[nodiscard]] Run next_run(Index row, Run within) const noexcept {
    const Index token = tokens_[static_cast<std::size_t>(row)];
    const bool inside = within.begin <= token && token < within.end;
    return inside ? Run{token, token + 1} : Run{within.end, within.end};
  }

 private:
  [[noreturn]] static void refuse(Index row, Index token, bool all_pads, std::optional<Index> pad_token_id);

  std::vector<Index> tokens_;  // [rows], -1 of those with no real token
};

// ---------------------------------------------------------------------------------------------------------------------

template <class States, class M, class I>
ScoredToken::ScoredToken(const States& states, const M& mask, const I& input_ids, std::optional<Index> pad_token_id) {
  const auto ids = seqpool::detail::ids_of(input_ids, states);
  const auto is_pad = [&](Index b, Index s) { return pad_token_id && std::cmp_equal(+ids(b, s), *pad_token_id); };
  if (!pad_token_id && states.batch() > 1)
    seqpool::detail::fail(
        {"this model has no pad_token_id, so that Transformers takes one sequence at a time, and not ", states.batch(),
         ": call logits(x, mask)"});
  const auto& selection = seqpool::detail::selection_of(mask);
  seqpool::check_selection(selection, states);
  const Index rows = seqpool::rows_of(selection, states.batch());
  tokens_.assign(static_cast<std::size_t>(rows), -1);
  for (Index b = 0; b < rows; ++b) {
    const Run all{0, states.seq(b)};
    const Run real = seqpool::next_run(selection, b, all);
    if (real.begin == real.end) continue;
    Index token = all.end - 1;
    while (token > 0 && is_pad(b, token)) --token;
    const Run here = seqpool::next_run(selection, b, {token, token + 1});
    if (here.begin == here.end) refuse(b, token, is_pad(b, token), pad_token_id);
    tokens_[static_cast<std::size_t>(b)] = token;
  }
}

inline void ScoredToken::refuse(Index row, Index token, bool all_pads, std::optional<Index> pad_token_id) {
  const std::string pad = "pad_token_id" + (pad_token_id ? " " + std::to_string(*pad_token_id) : "");
  seqpool::detail::fail(
      {"input_ids: of row ", row, " Transformers classifies token ", token,
       (!pad_token_id ? ", the last, because the model has no " + pad
        : all_pads    ? ", the first, because all ids are " + pad
                      : ", the last whose id is not " + pad),
       ", but the mask leaves it out: ", (pad_token_id ? "pad with that id" : "leave out what is padding"),
       ", or call logits(x, mask), which takes the last real token"});
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
