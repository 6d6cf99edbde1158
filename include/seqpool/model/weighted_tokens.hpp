// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_WEIGHTED_TOKENS_HPP
#define SEQPOOL_MODEL_WEIGHTED_TOKENS_HPP

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/packed_states.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/model/pooling_modes.hpp>
#include <seqpool/model/token_states.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/mean_sqrt_len.hpp>
#include <seqpool/pooling/weighted_mean.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <variant>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// The real tokens of all sequences times their weights, one behind the other, whatever form they came in.
class WeightedTokens {
 public:
  // Token s of sequence b is multiplied by weight(b, s).
  template <class States, class M, class W>
  WeightedTokens(const States& states, const M& mask, W weight);

  [[nodiscard]] PackedStates<float> packed() const {
    return PackedStates<float>(values_.data(), {offsets_.back(), hidden_}, offsets_);
  }
  // What makes of `pooling` of sequence b, `Means::sums`, the vector: each kind of mean is divided by a number of its
  // own, of the weights' sum.
  [[nodiscard]] float factor(const FolderPooling& pooling, Index b) const;

 private:
  Index hidden_;
  seqpool::detail::AlignedVector<float> values_;  // [total, hidden]
  std::vector<Index> offsets_{0};                 // [batch + 1]
  std::vector<float> sums_;                       // of the weights, [batch]
};

template <class I>
consteval bool are_input_ids() {
  constexpr bool lawful = seqpool::detail::EigenTensorOfRank<I, 2>;
  static_assert(lawful,
                "seqpool: embed_weighted(x, input_ids, mask) takes the tokenizer's input_ids [batch, seq] second, an "
                "Eigen::Tensor or Eigen::TensorMap of rank 2 of integers.");
  if constexpr (lawful) {
    constexpr bool integers = std::integral<seqpool::detail::element_t<I>>;
    static_assert(integers, "seqpool: embed_weighted(x, input_ids, mask) takes input_ids of integers.");
    return integers;
  } else {
    return false;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

template <class States, class M, class W>
WeightedTokens::WeightedTokens(const States& states, const M& mask, W weight)
    : hidden_(states.hidden()), sums_(static_cast<std::size_t>(states.batch()), 0.0f) {
  std::vector<Index> counts(sums_.size(), 0);
  for_each_run(states, mask, [&](Index b, Run run) {
    counts[static_cast<std::size_t>(b)] += run.end - run.begin;
    for (Index s = run.begin; s < run.end; ++s) {
      const float w = weight(b, s);
      sums_[static_cast<std::size_t>(b)] += w;
      for (Index h = 0; h < hidden_; ++h) values_.push_back(w * widen(states.token(b, s)[h * states.hidden_stride()]));
    }
  });
  for (const Index count : counts) offsets_.push_back(offsets_.back() + count);
}

inline float WeightedTokens::factor(const FolderPooling& pooling, Index b) const {
  const std::size_t row = static_cast<std::size_t>(b);
  const float divisor = (std::max)(sums_[row], 1e-9f);
  const float n = static_cast<float>(offsets_[row + 1] - offsets_[row]);
  if (std::holds_alternative<Mean>(pooling)) return 1 / divisor;
  if (std::holds_alternative<MeanSqrtLen>(pooling)) return 1 / std::sqrt(divisor);
  // Whose own places were divided out.
  return std::holds_alternative<WeightedMean>(pooling) ? n * (n + 1) / 2 / divisor : 1;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
