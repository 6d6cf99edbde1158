// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/door/token_ids.hpp>
#include <seqpool/door/tokens.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// A sparse vector: ids of the vocabulary in ascending order, each once, and their weights. All others are 0.
template <class A> using SparseVector = std::vector<std::pair<Index, A>>;

/// A sparse vector of each text from a weight for each of its tokens: out[b][v] = max of weights[b, s] over the real
/// tokens s whose id is v. Weights of 0 or less, and ids in `unused_ids`, are left out.
///
///     // Of BGE-M3: 0, 1, 2 and 3 are <s>, <pad>, </s> and <unk> of its tokenizer.
///     const auto weights = seqpool::map_tokens(seqpool::Dense{linear, seqpool::Activation::relu}, x, mask);
///     const auto vectors = seqpool::lexical_weights(weights, input_ids, mask, {0, 1, 2, 3});
///     const float score = seqpool::lexical_score(vectors[0], vectors[1]);
///
/// The mask is that of `pool`. Padded tokens and their ids are never read.
///
/// **Shapes**: weights: `[batch, seq]`, or `[batch, seq, 1]` as `map_tokens` gives them, an Eigen tensor or map;
/// input_ids: `[batch, seq]`, an Eigen tensor or map of integers; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
/// `[batch]`, a `std::vector` of `SparseVector`, of `accumulator_t`.
/// **Empty**: a row with no real token gives an empty vector.
/// **Errors**: `std::invalid_argument` for sizes that do not fit, and for an id below 0 of a real token. `Spans` do not
/// compile.
/// **Cost**: O(n log n) for the n tokens of a row; allocates the result.
/// **Numerics**: exact. A NaN counts as larger than any number, so that it is not lost.
/// **Source**: FlagEmbedding's BGE-M3, `lexical_weights`, whose unused ids are those of cls, pad, eos and unk.
template <class W, class I, class M = AllTokens>
[[nodiscard]] auto lexical_weights(const W& weights, const I& input_ids, const M& mask = {},
                                   const std::vector<Index>& unused_ids = {});

/// The dot product of two sparse vectors: how well the words of two texts agree.
///
/// **Cost**: O(a + b).
/// **Numerics**: |error| <= n * eps * sum |a_v * b_v| for n ids that both have.
/// **Source**: FlagEmbedding's `compute_lexical_matching_score`.
template <class A> [[nodiscard]] A lexical_score(const SparseVector<A>& a, const SparseVector<A>& b);

/// A sparse vector of each text from a weight for each id alone, as an inference-free query has it: out[b, v] =
/// weight[v] if v is the id of a real token of row b, else 0.
///
///     const auto queries = seqpool::weights_of_ids(idf, input_ids, mask);  // [batch, vocabulary]
///
/// **Shapes**: weight: `[vocabulary]`, an Eigen tensor of rank 1, an Eigen vector or a contiguous range; input_ids and
/// mask: as above, or `Spans`; result: `[batch, vocabulary]`, in the layout of input_ids, of `accumulator_t`.
/// **Empty**: a row with no real token gives zeros.
/// **Errors**: `std::invalid_argument` for sizes that do not fit, and for an id of a real token that has no weight.
/// **Cost**: O(batch * vocabulary); allocates the result.
/// **Numerics**: exact.
/// **Source**: sentence-transformers' SparseStaticEmbedding.
template <class V, class I, class M = AllTokens>
[[nodiscard]] auto weights_of_ids(const V& weight, const I& input_ids, const M& mask = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class W, class I, class M>
auto lexical_weights(const W& weights, const I& input_ids, const M& mask, const std::vector<Index>& unused_ids) {
  constexpr bool lawful =
      (detail::EigenTensorOfRank<W, 2> || detail::EigenTensorOfRank<W, 3>) && Scalar<detail::guide_element_t<W>>;
  static_assert(lawful,
                "seqpool: the weights of tokens are [batch, seq], or [batch, seq, 1] as map_tokens gives them: an "
                "Eigen::Tensor or Eigen::TensorMap of float, double, Eigen::half or Eigen::bfloat16. Write "
                "lexical_weights(weights, input_ids, mask, unused_ids).");
  using T = detail::lawful_t<detail::guide_element_t<W>>;
  using A = accumulator_t<T>;
  std::vector<SparseVector<A>> result;
  if constexpr (lawful && detail::are_token_ids<I>()) {
    const HiddenStates<T> states = [&] {
      if constexpr (detail::EigenTensorOfRank<W, 3>) {
        return HiddenStates<T>(weights);
      } else {
        const auto view = detail::matrix_view(weights, "weights");
        return HiddenStates<T>(view.data, {view.rows, view.columns, 1}, {view.row_stride, view.column_stride, 1});
      }
    }();
    if constexpr (detail::is_selection<HiddenStates<T>, M>() && detail::is_mask_of_rows<M>()) {
      if (states.hidden() != 1)
        detail::fail({"the weights of tokens are ", detail::shape({states.batch(), states.seq(), states.hidden()}),
                      ", but each token has one: they must be [batch, seq] or [batch, seq, 1]"});
      const auto ids = detail::ids_of(input_ids, states, "the weights of tokens");
      result.resize(static_cast<std::size_t>(states.batch()));
      detail::for_each_run(states, mask, [&](Index, Index b, Run run) {
        for (Index s = run.begin; s < run.end; ++s) {
          const Index id = detail::id_of(ids(b, s));
          if (id < 0) detail::fail({"input_ids hold ", id, " at row ", b, ", token ", s, "; they must be 0 or more"});
          const A weight = widen(*states.token(b, s));
          if (weight <= 0 || std::find(unused_ids.begin(), unused_ids.end(), id) != unused_ids.end()) continue;
          result[static_cast<std::size_t>(b)].emplace_back(id, weight);
        }
      });
      for (SparseVector<A>& row : result) {
        std::sort(row.begin(), row.end(), [](const auto& a, const auto& b) {
          return a.first != b.first ? a.first < b.first : detail::exceeds(a.second, b.second);
        });
        const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
        row.erase(std::unique(row.begin(), row.end(), same), row.end());
      }
    }
  }
  return result;
}

template <class A> A lexical_score(const SparseVector<A>& a, const SparseVector<A>& b) {
  A score = 0;
  auto other = b.begin();
  for (const auto& [id, weight] : a) {
    while (other != b.end() && other->first < id) ++other;
    if (other != b.end() && other->first == id) score += weight * other->second;
  }
  return score;
}

template <class V, class I, class M> auto weights_of_ids(const V& weight, const I& input_ids, const M& mask) {
  static_assert(detail::ScalarVector<V>,
                "seqpool: weights_of_ids(weight, input_ids, mask) takes the weights of all ids first, [vocabulary]: an "
                "Eigen::Tensor of rank 1, an Eigen vector or a contiguous range of float, double, Eigen::half or "
                "Eigen::bfloat16.");
  using A = accumulator_t<detail::lawful_t<detail::guide_scalar_t<V>>>;
  using Shape = HiddenStates<float>;
  if constexpr (detail::ScalarVector<V> && detail::are_token_ids<I>() && detail::is_selection<Shape, M>()) {
    const auto weights = detail::widened(weight);
    const Index vocabulary = static_cast<Index>(weights.size());
    const auto ids = detail::matrix_view(input_ids, "input_ids");
    const Shape shape(static_cast<const float*>(nullptr), {ids.rows, ids.columns, 0});  // what the mask must fit
    const auto& selection = detail::selection_of(mask);
    seqpool::check_selection(selection, shape);
    auto result = detail::make_result<I, A>(seqpool::rows_of(selection, ids.rows), vocabulary);
    result.setZero();
    detail::for_each_run(shape, mask, [&](Index row, Index b, Run run) {
      for (Index s = run.begin; s < run.end; ++s) {
        const Index id = detail::id_of(ids(b, s));
        if (id < 0 || id >= vocabulary) detail::refuse_id(id, vocabulary);
        result(row, id) = weights[static_cast<std::size_t>(id)];
      }
    });
    return result;
  } else {
    return detail::refused<I, A>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
