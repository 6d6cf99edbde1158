// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/layer_norm.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/product.hpp>
#include <seqpool/detail/tanh_gelu.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/parameters.hpp>
#include <seqpool/fold/softmax.hpp>
#include <seqpool/fold/token_block.hpp>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The most tokens that a `ScoreNetwork` takes at a time. Its weights, which are larger, are then read once for all of
// them. The number is a multiple of a tile, and of the rows of a product's rectangle.
inline constexpr Index network_tokens = 48;

// A `Scorer` of tokens whose scores, `[n, heads]`, are known already.
template <std::floating_point A> struct KnownScores {
  const A* own;
  Index count;  // heads

  [[nodiscard]] Index heads() const noexcept { return count; }
  void score(const auto& tile, std::span<A> scores) const {
    for (Index i = 0; i < tile.size(); ++i)
      for (Index k = 0; k < count; ++k) scores[static_cast<std::size_t>(k * score_tile + i)] = own[i * count + k];
  }
};

// What a network and its parameters are called.
struct NetworkNames {
  const char* kind;
  const char* weight;
  const char* out;
};

// A network of two layers that scores tokens: score_k(x) = sum_a out[k, a] * u_a, where u = act(norm(weight x + bias)),
// act is tanh or gelu, and norm is a layer normalisation or nothing. It is the `Scorer` of AdditiveAttention and
// SelfAttentive, whose state is a `NetworkState`.
//
// weight: `[attention, hidden]`; bias: `[attention]`, or none; out: `[heads, attention]`.
template <std::floating_point A> class ScoreNetwork {
 public:
  explicit ScoreNetwork(const NetworkNames& names) : names_(names) {}
  ScoreNetwork(const NetworkNames& names, const Numbers<A>& weight, const AlignedVector<A>& bias,
               const Numbers<A>& out);

  // normalize() puts a layer normalisation before the activation. use_gelu() takes gelu instead of tanh.
  void normalize(AlignedVector<A> weight, AlignedVector<A> bias, double eps);
  void use_gelu() noexcept { gelu_ = true; }

  Index attention() const noexcept { return inner_.out(); }
  Index hidden() const noexcept { return inner_.in(); }
  Index heads() const noexcept { return outer_.out(); }
  void check_hidden(Index hidden) const;
  std::string name() const;
  void visit_parameters(auto f) const;

  // The scores `[n, heads]` of tokens `[n, hidden]`; the scores lie in `scratch`. The bits of a token's scores do not
  // depend on other tokens.
  template <Scalar T> const A* scores(const TokenBlock<T>& tokens, Scratch<A>& scratch) const;

  // Reads all weights for one tile, and allocates.
  template <Scalar T> void score(const TokenBlock<T>& tile, std::span<A> scores) const {
    Scratch<A> scratch;
    KnownScores<A>{this->scores(tile, scratch), heads()}.score(tile, scores);
  }

 private:
  static Product<A> product_of(const Numbers<A>& weight, const AlignedVector<A>& bias);
  template <Scalar T> MatrixView<const A> rows_of(const TokenBlock<T>& tokens, A* room) const;
  void activate(A* rows, Index n, A* row) const;

  NetworkNames names_;
  Product<A> inner_;
  Product<A> outer_;
  bool has_bias_ = false;
  bool normalizes_ = false;
  bool gelu_ = false;
  A root_eps_ = 0;
  AlignedVector<A> norm_weight_;
  AlignedVector<A> norm_bias_;
};

// A `SoftmaxState`, and room for what is computed between a token and its score.
template <Scalar T> struct NetworkState : SoftmaxState<T> {
  using A = accumulator_t<T>;

  Scratch<A> scratch;

  void fold(const TokenBlock<T>& tokens, const ScoreNetwork<A>& network);
};

// ---------------------------------------------------------------------------------------------------------------------

template <std::floating_point A>
ScoreNetwork<A>::ScoreNetwork(const NetworkNames& names, const Numbers<A>& weight, const AlignedVector<A>& bias,
                              const Numbers<A>& out)
    : names_(names), inner_(product_of(weight, bias)), outer_(product_of(out, {})), has_bias_(!bias.empty()) {}

template <std::floating_point A>
Product<A> ScoreNetwork<A>::product_of(const Numbers<A>& weight, const AlignedVector<A>& bias) {
  return Product<A>(weight.rows, weight.columns, std::cref(weight),
                    [&](Index o) { return bias.empty() ? A(0) : bias[static_cast<std::size_t>(o)]; });
}

template <std::floating_point A>
void ScoreNetwork<A>::normalize(AlignedVector<A> weight, AlignedVector<A> bias, double eps) {
  normalizes_ = true;
  root_eps_ = detail::root_of_eps<A>(eps);
  norm_weight_ = std::move(weight);
  norm_bias_ = std::move(bias);
}

template <std::floating_point A> std::string ScoreNetwork<A>::name() const {
  return std::string(names_.kind) +
         (normalizes_ ? " layer_norm " + detail::exact_text(static_cast<double>(root_eps_)) : "") +
         (gelu_ ? " gelu" : "");
}

template <std::floating_point A> void ScoreNetwork<A>::visit_parameters(auto f) const {
  seqpool::visit_parameter(f, names_.weight, inner_.weight(), {attention(), hidden()}, true);
  if (has_bias_) seqpool::visit_parameter(f, "bias", inner_.bias(), {attention()}, false);
  if (normalizes_) {
    seqpool::visit_parameter(f, "layer_norm.weight", norm_weight_, {attention()}, false);
    seqpool::visit_parameter(f, "layer_norm.bias", norm_bias_, {attention()}, false);
  }
  if (std::string_view(names_.out) == "v")
    seqpool::visit_parameter(f, names_.out, outer_.weight(), {attention()}, true);
  else
    seqpool::visit_parameter(f, names_.out, outer_.weight(), {heads(), attention()}, true);
}

template <std::floating_point A> void ScoreNetwork<A>::check_hidden(Index hidden) const {
  if (hidden != this->hidden())
    detail::fail({names_.weight, " is ", detail::shape({attention(), this->hidden()}),
                  ", but hidden states have hidden ", hidden, ": ", names_.weight, " must be [attention, hidden]"});
}

// Tokens `[n, hidden]` as a matrix: where they lie if they are evenly spaced, otherwise copied to `room`.
template <std::floating_point A>
template <Scalar T>
MatrixView<const A> ScoreNetwork<A>::rows_of(const TokenBlock<T>& tokens, A* room) const {
  const Index n = tokens.size();
  if constexpr (std::same_as<T, A>) {
    const Index stride = n > 1 ? tokens[1] - tokens[0] : hidden();
    Index i = 1;
    while (i < n && tokens[i] - tokens[i - 1] == stride) ++i;
    if (i >= n) return {tokens[0], n, hidden(), stride, 1};
  }
  for (Index i = 0; i < n; ++i)
    seqpool::fold_features(
        tokens.part(i, 1), [](Index) { return nullptr; }, [](A x, std::nullptr_t, A& copy) { copy = x; },
        room + i * hidden());
  return {room, n, hidden(), hidden(), 1};
}

// Turns n rows of weight x + bias, `[n, attention]`, into u, in place. `row`, `[attention]`, is scratch.
template <std::floating_point A> void ScoreNetwork<A>::activate(A* rows, Index n, A* row) const {
  const auto size = static_cast<std::size_t>(attention());
  if (normalizes_)
    for (Index i = 0; i < n; ++i) {
      std::copy_n(rows + i * attention(), size, row);
      detail::layer_norm<A>({row, size}, {rows + i * attention(), size}, root_eps_, norm_weight_, norm_bias_);
    }
  const std::span<A> all(rows, static_cast<std::size_t>(n) * size);
  if (gelu_)
    detail::gelu_of<A>(all, all);
  else
    detail::tanh_of(all, all);
}

template <std::floating_point A>
template <Scalar T>
const A* ScoreNetwork<A>::scores(const TokenBlock<T>& tokens, Scratch<A>& scratch) const {
  const Index n = tokens.size();
  A* const inner = scratch.of(n * (attention() + heads() + hidden()) + attention());
  A* const scores = inner + n * attention();
  A* const row = scores + n * heads();
  const auto x = rows_of(tokens, row + attention());
  inner_.multiply(x, 0, inner_.panels(), {inner, n, attention(), attention(), 1});
  activate(inner, n, row);
  outer_.multiply({inner, n, attention(), attention(), 1}, 0, outer_.panels(), {scores, n, heads(), heads(), 1});
  return scores;
}

template <Scalar T> void NetworkState<T>::fold(const TokenBlock<T>& tokens, const ScoreNetwork<A>& network) {
  for (Index first = 0; first < tokens.size(); first += network_tokens) {
    const TokenBlock<T> part = tokens.part(first, (std::min)(network_tokens, tokens.size() - first));
    const A* const scored = network.scores(part, scratch);
    for (Index i = 0; i < part.size(); i += score_tile)
      SoftmaxState<T>::fold(part.part(i, (std::min)(score_tile, part.size() - i)),
                            KnownScores<A>{scored + i * network.heads(), network.heads()});
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
