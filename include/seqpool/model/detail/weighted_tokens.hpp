// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/model/detail/pooling_modes.hpp>
#include <seqpool/model/detail/token_states.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/mean_sqrt_len.hpp>
#include <seqpool/pooling/weighted_mean.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What each token is multiplied by: the weight of its word.
template <class I> struct WordWeightsOf {
  seqpool::detail::MatrixView<const I> ids;  // [batch, seq]
  const std::vector<float>& weights;         // by id

  [[nodiscard]] float operator()(Index b, Index s) const;
};

// Hidden states times their weights: `Sequences` whose tokens are computed.
template <class X, class I> class WeightedStates {
 public:
  using value_type = float;

  WeightedStates(const X& x, const WordWeightsOf<I>& weight) : x_(x), weight_(weight) {}

  [[nodiscard]] Index batch() const { return x_.batch(); }
  [[nodiscard]] Index seq() const { return x_.seq(); }
  [[nodiscard]] Index seq(Index b) const { return x_.seq(b); }
  [[nodiscard]] Index hidden() const { return x_.hidden(); }
  void copy(Index b, Run run, float* out) const;

 private:
  const X& x_;
  const WordWeightsOf<I>& weight_;
};

// The weights alone, [w, 1] for each token: their sums are what means are divided by, and how many tokens there are.
template <class X, class I> class WeightsAlone {
 public:
  using value_type = float;

  WeightsAlone(const X& x, const WordWeightsOf<I>& weight) : x_(x), weight_(weight) {}

  [[nodiscard]] Index batch() const { return x_.batch(); }
  [[nodiscard]] Index seq() const { return x_.seq(); }
  [[nodiscard]] Index seq(Index b) const { return x_.seq(b); }
  [[nodiscard]] Index hidden() const { return 2; }
  void copy(Index b, Run run, float* out) const {
    for (Index s = run.begin; s < run.end; ++s) {
      *out++ = weight_(b, s);
      *out++ = 1;
    }
  }

 private:
  const X& x_;
  const WordWeightsOf<I>& weight_;
};

// What makes of `pooling` of weighted tokens, `Means::sums`, the vector: each kind of mean is divided by a number of
// its own, of the sum of n weights.
[[nodiscard]] inline float factor(const FolderPooling& pooling, float sum, float n);

// ---------------------------------------------------------------------------------------------------------------------

template <class I> float WordWeightsOf<I>::operator()(Index b, Index s) const {
  const auto id = ids(b, s);
  if (std::cmp_less(id, 0) || std::cmp_greater_equal(id, weights.size()))
    seqpool::detail::fail("input_ids hold " + std::to_string(id) + ", but the model's vocabulary has " +
                          std::to_string(weights.size()) + " words");
  return weights[static_cast<std::size_t>(id)];
}

template <class X, class I> void WeightedStates<X, I>::copy(Index b, Run run, float* out) const {
  TokenRooms<X> rooms;
  const auto tokens = detail::tokens_of(x_, b, run, rooms);
  for (Index i = 0; i < tokens.rows; ++i) {
    const float w = weight_(b, run.begin + i);
    for (Index h = 0; h < tokens.columns; ++h) *out++ = w * tokens(i, h);
  }
}

inline float factor(const FolderPooling& pooling, float sum, float n) {
  const float divisor = (std::max)(sum, 1e-9f);
  if (std::holds_alternative<Mean>(pooling)) return 1 / divisor;
  if (std::holds_alternative<MeanSqrtLen>(pooling)) return 1 / std::sqrt(divisor);
  // Whose own places were divided out.
  return std::holds_alternative<WeightedMean>(pooling) ? n * (n + 1) / 2 / divisor : 1;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
