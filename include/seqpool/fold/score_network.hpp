// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/bytes.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/layer_norm.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/product.hpp>
#include <seqpool/detail/tanh_gelu.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/fold/softmax.hpp>
#include <seqpool/fold/token_block.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// How many tokens a `ScoreNetwork` takes at a time, at most: so that its weights, which are larger, are read once for
/// all of them. Whole tiles, and whole tiles of the product.
inline constexpr Index network_tokens = 48;

/// A `Scorer` of tokens whose scores, `[n, heads]`, are there already.
template <std::floating_point A> struct KnownScores {
  const A* own;
  Index count;  // heads

  [[nodiscard]] Index heads() const noexcept { return count; }
  void score(const auto& tile, std::span<A> scores) const {
    for (Index i = 0; i < tile.size(); ++i)
      for (Index k = 0; k < count; ++k) scores[static_cast<std::size_t>(k * score_tile + i)] = own[i * count + k];
  }
};

/// A network of two layers that scores tokens: score_k(x) = sum_a out[k, a] * u_a, where u = act(norm(weight x +
/// bias)), act is tanh or gelu, and norm a layer normalisation or nothing. A `Scorer`, by which `NetworkState` folds.
///
/// **Shapes**: weight `[attention, hidden]`, bias `[attention]`, out `[heads, attention]`.
template <std::floating_point A> class ScoreNetwork {
 public:
  ScoreNetwork() = default;
  ScoreNetwork(const detail::Numbers<A>& weight, const detail::AlignedVector<A>& bias, const detail::Numbers<A>& out);

  /// Puts a layer normalisation before the activation; and takes gelu for tanh.
  void normalize(detail::AlignedVector<A> weight, detail::AlignedVector<A> bias, double eps);
  void use_gelu();

  [[nodiscard]] Index hidden() const noexcept { return inner_.in(); }
  [[nodiscard]] Index attention() const noexcept { return inner_.out(); }
  [[nodiscard]] Index heads() const noexcept { return outer_.out(); }

  /// Throws `std::invalid_argument`, which calls the first weight by its name, unless it is [attention, hidden].
  void check_hidden(Index hidden, const char* weight) const;

  /// What tells this network from others, as text.
  [[nodiscard]] const std::string& fingerprint() const noexcept { return fingerprint_; }

  /// The scores `[n, heads]` of tokens `[n, hidden]`, which lie in `scratch`. A token's bits are its own.
  template <Scalar T> [[nodiscard]] const A* scores(const TokenBlock<T>& tokens, detail::Scratch<A>& scratch) const;

  /// As a Scorer.
  ///
  /// **Cost**: reads all weights for one tile, and allocates.
  template <Scalar T> void score(const TokenBlock<T>& tile, std::span<A> scores) const;

 private:
  static detail::Product<A> product_of(const detail::Numbers<A>& weight, const detail::AlignedVector<A>& bias);
  void add_fingerprint(std::span<const A> numbers);
  template <Scalar T> detail::MatrixView<const A> rows_of(const TokenBlock<T>& tokens, A* room) const;
  void activate(A* rows, Index n, A* row) const;

  detail::Product<A> inner_;
  detail::Product<A> outer_;
  bool normalizes_ = false;
  bool gelu_ = false;
  A root_eps_ = 0;
  detail::AlignedVector<A> norm_weight_;
  detail::AlignedVector<A> norm_bias_;
  std::string fingerprint_;
};

/// The state of an attention pooling whose scores come from a `ScoreNetwork`: a `SoftmaxState`, and room for what is
/// between a token and its score.
template <Scalar T> struct NetworkState : SoftmaxState<T> {
  using A = accumulator_t<T>;

  detail::Scratch<A> scratch;

  void fold(const TokenBlock<T>& tokens, const ScoreNetwork<A>& network);
};

// ---------------------------------------------------------------------------------------------------------------------

template <std::floating_point A>
ScoreNetwork<A>::ScoreNetwork(const detail::Numbers<A>& weight, const detail::AlignedVector<A>& bias,
                              const detail::Numbers<A>& out)
    : inner_(product_of(weight, bias)),
      outer_(product_of(out, detail::AlignedVector<A>(static_cast<std::size_t>(out.rows), A(0)))) {
  for (const auto* numbers : {&weight.values, &bias, &out.values}) add_fingerprint(*numbers);
}

template <std::floating_point A>
detail::Product<A> ScoreNetwork<A>::product_of(const detail::Numbers<A>& weight, const detail::AlignedVector<A>& bias) {
  return detail::Product<A>(
      weight.rows, weight.columns,
      [&](Index o, Index f) { return weight.values[static_cast<std::size_t>(o * weight.columns + f)]; },
      [&](Index o) { return bias[static_cast<std::size_t>(o)]; });
}

// Of the numbers as they were handed over: how a product keeps them depends on the instruction set.
template <std::floating_point A> void ScoreNetwork<A>::add_fingerprint(std::span<const A> numbers) {
  fingerprint_ += ' ' + std::to_string(detail::checksum(std::as_bytes(numbers)));
}

template <std::floating_point A>
void ScoreNetwork<A>::normalize(detail::AlignedVector<A> weight, detail::AlignedVector<A> bias, double eps) {
  normalizes_ = true;
  root_eps_ = detail::root_of_eps<A>(eps);
  norm_weight_ = std::move(weight);
  norm_bias_ = std::move(bias);
  fingerprint_ += " layer_norm";
  add_fingerprint(std::span<const A>(&root_eps_, 1));
  add_fingerprint(norm_weight_);
  add_fingerprint(norm_bias_);
}

template <std::floating_point A> void ScoreNetwork<A>::use_gelu() {
  gelu_ = true;
  fingerprint_ += " gelu";
}

template <std::floating_point A> void ScoreNetwork<A>::check_hidden(Index hidden, const char* weight) const {
  if (hidden != this->hidden())
    detail::fail(std::string(weight) + " is " + detail::shape({attention(), this->hidden()}) +
                 ", but hidden states have hidden " + std::to_string(hidden) + ": " + weight +
                 " must be [attention, hidden]");
}

// Tokens `[n, hidden]` as a matrix: where they lie, if that is evenly, or copied to `room`.
template <std::floating_point A>
template <Scalar T>
detail::MatrixView<const A> ScoreNetwork<A>::rows_of(const TokenBlock<T>& tokens, A* room) const {
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

// u of n rows `[n, attention]` in place; `row` `[attention]` is scratch.
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
const A* ScoreNetwork<A>::scores(const TokenBlock<T>& tokens, detail::Scratch<A>& scratch) const {
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

template <std::floating_point A>
template <Scalar T>
void ScoreNetwork<A>::score(const TokenBlock<T>& tile, std::span<A> scores) const {
  detail::Scratch<A> scratch;
  KnownScores<A>{this->scores(tile, scratch), heads()}.score(tile, scores);
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

}  // namespace seqpool::inline SEQPOOL_ABI
