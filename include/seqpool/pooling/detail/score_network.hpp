// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/layer_norm.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/product.hpp>
#include <seqpool/detail/tanh_gelu.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/product_back.hpp>
#include <seqpool/fold/parameters.hpp>
#include <seqpool/fold/softmax.hpp>
#include <seqpool/fold/softmax_gradient.hpp>
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
  void set_parameters(std::span<const double> numbers);

  // The scores `[n, heads]` of tokens `[n, hidden]`; the scores lie in `scratch`. The bits of a token's scores do not
  // depend on other tokens.
  template <Scalar T> const A* scores(const TokenBlock<T>& tokens, Scratch<A>& scratch) const {
    return layers(tokens, scratch.of(room_of(tokens.size())), false).scores;
  }

  // Reads all weights for one tile, and allocates.
  template <Scalar T> void score(const TokenBlock<T>& tile, std::span<A> scores) const {
    Scratch<A> scratch;
    KnownScores<A>{this->scores(tile, scratch), heads()}.score(tile, scores);
  }

  // The way back of a block, which is a pooling's whole one.
  template <Scalar T>
  void backward(const SoftmaxState<T>& state, const TokenBlock<T>& tokens, const Gradients<A>& gradients) const;

 private:
  // What is computed between some tokens and their scores, row by row.
  struct Layers {
    MatrixView<const A> x;  // [n, hidden]
    A* inner;               // [n, attention], weight x + bias
    A* normed;              // [n, attention]; inner where nothing is normalised
    A* u;                   // [n, attention]; normed where that is not kept
    A* scores;              // [n, heads]
  };
  Index room_of(Index n) const { return n * (3 * attention() + heads() + hidden()); }
  template <Scalar T> Layers layers(const TokenBlock<T>& tokens, A* room, bool keeps) const;

  // d_scores: `[n, heads]`. Writes d_x, unless it has no rows, and adds to `own`. d_u: `[n, attention]`, scratch.
  void go_back(const Layers& layers, Rows<const A> d_scores, A* d_u, Rows<A> d_x, std::span<A> own) const;

  static Product<A> product_of(const Numbers<A>& weight, const AlignedVector<A>& bias);
  template <Scalar T> MatrixView<const A> rows_of(const TokenBlock<T>& tokens, A* room) const;

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
  return detail::sentence({names_.kind, normalizes_ ? " layer_norm " : "",
                           normalizes_ ? detail::number_text(static_cast<double>(root_eps_)) : "",
                           gelu_ ? " gelu" : ""});
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

template <std::floating_point A> void ScoreNetwork<A>::set_parameters(std::span<const double> numbers) {
  Numbers<A> weight{attention(), hidden(), inner_.weight()};
  Numbers<A> out{heads(), attention(), outer_.weight()};
  AlignedVector<A> bias(inner_.bias().begin(), inner_.bias().begin() + (has_bias_ ? attention() : 0));
  seqpool::set_numbers(weight.values, numbers);
  seqpool::set_numbers(bias, numbers);
  seqpool::set_numbers(norm_weight_, numbers);
  seqpool::set_numbers(norm_bias_, numbers);
  seqpool::set_numbers(out.values, numbers);
  inner_ = product_of(weight, bias);
  outer_ = product_of(out, {});
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

// The rows of all layers lie in `room`, `[room_of(n)]`.
template <std::floating_point A>
template <Scalar T>
auto ScoreNetwork<A>::layers(const TokenBlock<T>& tokens, A* room, bool keeps) const -> Layers {
  const Index n = tokens.size();
  const auto take = [&room](Index count) { return std::exchange(room, room + count); };
  Layers rows;
  rows.inner = take(n * attention());
  rows.normed = normalizes_ ? take(n * attention()) : rows.inner;
  rows.u = keeps ? take(n * attention()) : rows.normed;
  rows.scores = take(n * heads());
  rows.x = rows_of(tokens, room);
  const auto size = static_cast<std::size_t>(attention());
  inner_.multiply(rows.x, 0, inner_.panels(), {rows.inner, n, attention(), attention(), 1});
  if (normalizes_)
    for (Index i = 0; i < n; ++i)
      detail::layer_norm<A>({rows.inner + i * attention(), size}, {rows.normed + i * attention(), size}, root_eps_,
                            norm_weight_, norm_bias_);
  const std::span<const A> from(rows.normed, static_cast<std::size_t>(n) * size);
  const std::span<A> to(rows.u, from.size());
  if (gelu_)
    detail::gelu_of<A>(from, to);
  else
    detail::tanh_of(from, to);
  outer_.multiply({rows.u, n, attention(), attention(), 1}, 0, outer_.panels(), {rows.scores, n, heads(), heads(), 1});
  return rows;
}

template <std::floating_point A>
void ScoreNetwork<A>::go_back(const Layers& layers, Rows<const A> d_scores, A* d_u, Rows<A> d_x,
                              std::span<A> own) const {
  const Index n = d_scores.size();
  const Rows<A> d_rows(d_u, n, attention(), attention());
  const auto take = [&own](std::size_t count) {
    const std::span<A> part = own.first(own.empty() ? 0 : count);
    own = own.subspan(part.size());
    return part;
  };
  const auto own_inner = take(static_cast<std::size_t>(attention() * (hidden() + (has_bias_ ? 1 : 0))));
  const auto own_weight = take(norm_weight_.size()), own_bias = take(norm_bias_.size());
  detail::multiply_back(outer_, {layers.u, n, attention(), attention()}, d_scores, d_rows, own);
  for (Index i = 0; i < n * attention(); ++i)
    d_u[i] *= gelu_ ? detail::gelu_slope(layers.normed[i]) : detail::tanh_slope(layers.u[i]);
  if (normalizes_)
    for (Index i = 0; i < n; ++i) {
      const std::span<A> inner(layers.inner + i * attention(), d_rows[i].size());
      const std::span<A> z(layers.normed + i * attention(), d_rows[i].size());  // is not needed any more
      detail::layer_norm_back<A>(inner, d_rows[i], d_rows[i], z, root_eps_, norm_weight_, own_weight, own_bias);
    }
  detail::multiply_back(inner_, {layers.x.data, n, hidden(), layers.x.row_stride}, d_rows, d_x, own_inner);
}

template <std::floating_point A>
template <Scalar T>
void ScoreNetwork<A>::backward(const SoftmaxState<T>& state, const TokenBlock<T>& tokens,
                               const Gradients<A>& gradients) const {
  const Index most = (std::max)(network_tokens, heads());
  const Index of_softmax = SoftmaxGradient<T>::room_of(heads(), hidden());
  A* const room =
      gradients.scratch(of_softmax + (most + 1) * heads() + most * (attention() + hidden()) + room_of(most));
  A* const left = room + of_softmax;
  A* const d_scores = left + heads();
  A* const d_u = d_scores + most * heads();
  A* const d_x = d_u + most * attention();
  SoftmaxGradient<T> softmax(state, gradients, false, room);
  std::fill_n(left, heads(), A(0));
  for (Index first = 0; first < tokens.size(); first += network_tokens) {
    const TokenBlock<T> part = tokens.part(first, (std::min)(network_tokens, tokens.size() - first));
    const Layers layers = this->layers(part, d_x + most * hidden(), true);
    for (Index i = 0; i < part.size(); i += score_tile) {
      const TokenBlock<T> tile = part.part(i, (std::min)(score_tile, part.size() - i));
      KnownScores<A>{layers.scores + i * heads(), heads()}.score(tile, softmax.scores());
      softmax.weigh(tile);
      softmax.spread(tile);
      for (Index j = 0; j < tile.size(); ++j)
        for (Index k = 0; k < heads(); ++k)
          d_scores[(i + j) * heads() + k] = softmax.d_scores()[static_cast<std::size_t>(k * score_tile + j)];
    }
    const Rows<A> d_rows(d_scores, part.size(), heads(), heads());
    detail::add_rows<A>(d_rows, {left, static_cast<std::size_t>(heads())});
    go_back(layers, d_rows, d_u, {d_x, gradients.of_tokens() ? part.size() : 0, hidden(), hidden()}, gradients.own);
    if (gradients.of_tokens()) gradients.adding().spread_rows(part, d_x);
  }
  if (gradients.own.empty()) return;
  // The d_scores of a row add up to 0, but for what the rounding of its result o makes of them. That is multiplied by
  // what all tokens have in common, so a token at o takes it back: then only differences to o count.
  std::fill_n(d_scores, heads() * heads(), A(0));
  for (Index k = 0; k < heads(); ++k) d_scores[k * heads() + k] = -left[k];
  const TokenBlock<A> out(gradients.out.data(), heads(), hidden(), hidden());
  const Layers at_out = layers(out, d_x + most * hidden(), true);
  go_back(at_out, {d_scores, heads(), heads(), heads()}, d_u, {d_x, 0, hidden(), hidden()}, gradients.own);
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
