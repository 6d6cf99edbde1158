// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/vector.hpp>
#include <seqpool/head/detail/classes.hpp>
#include <seqpool/head/detail/largest.hpp>

#include <cmath>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

// This holds for all of these: probabilities, or logits, are `[batch, classes]`, an Eigen::Tensor or Eigen::TensorMap
// of rank 2, or `Vectors`, of float, double, Eigen::half or Eigen::bfloat16; the result is in their layout, row-major
// if they are not a tensor. Rows do not depend on each other. No rows give an empty result. Null pointers throw
// `std::invalid_argument`. Each allocates the result.

/// Which classes a row has, if classes do not exclude each other: those with p[b, c] >= t, or >= t[c].
///
///     const auto has = seqpool::threshold(seqpool::sigmoid(logits), 0.5);
///
/// **Shapes**: probabilities: `[batch, classes]`; t: a number, or `[classes]`: an Eigen tensor of rank 1, an Eigen
/// vector or a contiguous range, of any of the scalars; result: `[batch, classes]` of bool.
/// **Errors**: `std::invalid_argument` for a t that is NaN, and for a vector t that is not `[classes]`.
/// **Cost**: O(batch * classes).
/// **Numerics**: t is rounded to `accumulator_t` of the probabilities, so 0.7f reaches 0.7; a NaN reaches nothing.
/// **Source**: scikit-learn's FixedThresholdClassifier. Its label binarizers, as in MLPClassifier, and Transformers'
/// examples, which compare logits, say p > t.
template <class X, class T> [[nodiscard]] auto threshold(const X& probabilities, const T& t);

/// The top classes of each row and their numbers, each `[batch, k]`.
template <class Classes, class Values> struct TopClasses {
  Classes classes;  ///< an Eigen::Tensor of `Index`
  Values values;    ///< of `accumulator_t`
};
template <class Classes, class Values> TopClasses(Classes, Values) -> TopClasses<Classes, Values>;

/// The k classes with the largest numbers, the largest first. Among equals the lower class comes first; a NaN counts as
/// larger than any number, as in `argmax`.
///
///     const auto [classes, values] = seqpool::top_k(seqpool::softmax(logits), 3);
///
/// **Shapes**: probabilities: `[batch, classes]`; result: `TopClasses`, both of `[batch, k]`.
/// **Errors**: `std::invalid_argument` unless 1 <= k <= classes.
/// **Cost**: O(batch * classes * log k).
/// **Numerics**: exact; a NaN is the one quiet NaN.
template <class X> [[nodiscard]] auto top_k(const X& probabilities, Index k);

/// How well a passage answers a query, from a cross-encoder's logits: the `sigmoid` of one logit, or the probability of
/// class 1 by the `softmax` of two.
///
/// **Shapes**: logits: `[batch, 1]` or `[batch, 2]`; result: `[batch]`, of `accumulator_t`.
/// **Errors**: `std::invalid_argument` for any other number of logits.
/// **Cost**: O(batch); allocates what `softmax` does.
/// **Numerics**: those of `sigmoid` and `softmax`. They are 1 from a logit, or a difference of two, of about 17 on in
/// float, 37 in double, so whatever lies beyond ties. Scores are for reading: order passages by the logit, or the
/// difference.
/// **Source**: sentence-transformers' CrossEncoder for one logit; for two the second is "relevant", as in monoBERT.
template <class X> [[nodiscard]] auto rerank_scores(const X& logits);

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class T> auto threshold(const X& probabilities, const T& t) {
  if constexpr (detail::are_logits<X>() && detail::is_threshold<T>()) {
    using A = accumulator_t<detail::element_t<X>>;
    const auto in = detail::matrix_view(probabilities, "probabilities");
    detail::AlignedVector<A> least;
    if constexpr (detail::ThresholdNumber<T>) {
      least.assign(static_cast<std::size_t>(in.columns), static_cast<A>(t));
      if (std::isnan(static_cast<A>(t))) detail::fail("threshold: t is NaN, which no probability reaches");
    } else {
      for (const auto number : detail::widened(t)) {
        if (std::isnan(number)) detail::fail({"threshold: t[", least.size(), "] is NaN, which no probability reaches"});
        least.push_back(static_cast<A>(number));
      }
      if (const Index found = static_cast<Index>(least.size()); found != in.columns)
        detail::fail({"threshold: t is ", detail::shape({found}), ", but probabilities are ",
                      detail::shape({in.rows, in.columns}), ": t must be one number or [classes]"});
    }
    auto result = detail::make_result<X, bool>(in.rows, in.columns);
    const auto out = detail::matrix_view(result, "the result");
    for (Index b = 0; b < in.rows; ++b)
      for (Index c = 0; c < in.columns; ++c) out(b, c) = widen(in(b, c)) >= least[static_cast<std::size_t>(c)];
    return result;
  } else {
    return detail::refused<X, bool>();
  }
}

template <class X> auto top_k(const X& probabilities, Index k) {
  if constexpr (detail::are_logits<X>()) {
    using A = accumulator_t<detail::element_t<X>>;
    const auto in = detail::matrix_view(probabilities, "probabilities");
    if (k < 1 || k > in.columns)
      detail::fail({"top_k: k is ", k, ", but probabilities are ", detail::shape({in.rows, in.columns}),
                    ": k must be from 1 to the number of classes"});
    TopClasses result{detail::make_result<X, Index>(in.rows, k), detail::make_result<X, A>(in.rows, k)};
    const auto classes = detail::matrix_view(result.classes, "the result");
    const auto values = detail::matrix_view(result.values, "the result");
    detail::Largest<A> largest(k);
    for (Index b = 0; b < in.rows; ++b) {
      for (Index c = 0; c < in.columns; ++c) largest.take(widen(in(b, c)), c);
      largest.hand_over([&](Index place, const auto& entry) {
        classes(b, place) = entry.index;
        values(b, place) = detail::canonical(entry.value);
      });
    }
    return result;
  } else {
    return TopClasses{detail::refused<X, Index>(), detail::refused<X>()};
  }
}

template <class X> auto rerank_scores(const X& logits) {
  if constexpr (detail::are_logits<X>()) {
    using A = accumulator_t<detail::element_t<X>>;
    const auto in = detail::matrix_view(logits, "logits");
    if (in.columns != 1 && in.columns != 2)
      detail::fail({"rerank_scores: logits are ", detail::shape({in.rows, in.columns}),
                    ": of one logit, [batch, 1], the score is its sigmoid, and of two, [batch, 2], the softmax's ",
                    "probability of class 1; for others there is no rule"});
    const auto probabilities = detail::probabilities_of(logits);
    const auto from = detail::matrix_view(probabilities, "probabilities");
    auto result = detail::make_result<X, A>(in.rows);
    for (Index b = 0; b < in.rows; ++b) result.data()[b] = from(b, in.columns - 1);
    return result;
  } else {
    return detail::refused<X, float, 1>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
