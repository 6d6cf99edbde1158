// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/vector_checks.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/train/detail/fit_from.hpp>
#include <seqpool/train/detail/training_loss.hpp>
#include <seqpool/train/fit_options.hpp>

#include <concepts>
#include <type_traits>

// Learning a classifier of one's own. Needs LBFGS++ (Debian: liblbfgspp-dev); so it is not in seqpool/seqpool.hpp.

namespace seqpool::inline SEQPOOL_ABI {

/// Learns a `Classifier{pooling, Linear}` from labelled hidden states: the head from zeros, and the pooling's own
/// parameters, if it has some, from where they stand. With a classifier in the pooling's place it learns on from there.
///
///     const auto fitted = seqpool::fit(seqpool::Mean{}, x, mask, labels);
///     const auto learned = seqpool::fit(seqpool::Attention<float>::untrained(hidden), x, mask, labels, {.C = 10});
///     const auto warm = seqpool::fit(learned.classifier, x, mask, labels, {.frozen = {"pooling"}});
///     fitted.classifier.predict(x, mask);
///     if (!fitted.converged) std::cerr << "the largest gradient is still " << fitted.gradient << '\n';
///
/// It minimises sum_i s_i loss_i / S + |W|^2 / (2 C S) + query_l2 / 2 * |q|^2 by L-BFGS, where S = sum_i s_i, s_i is
/// the weight of row i, W all penalised parameters of the heads, and q those of the pooling (a matrix or a query, see
/// `Parametric`); biases are free. That is scikit-learn's LogisticRegression, and with squared errors its Ridge of
/// alpha = 1/C. The gradient, by which it has converged or not, is that of vectors whose mean was subtracted, if a bias
/// takes it up: the same minimum in fewer steps. Labels say the loss:
///
/// | labels | loss_i | new head |
/// |---|---|---|
/// | integers `[batch]` | `CrossEntropy` | a logit for each class; of two classes one, that of class 1 |
/// | 0 and 1, `[batch, classes]` | `BinaryCrossEntropy` | a logit for each class, which do not exclude each other |
/// | `Regression(targets)` | `SquaredError` | a number for each output |
///
/// **Shapes**: x: `[batch, seq, hidden]`, as in `pool`; the mask is always written, `all_tokens` if there is none.
/// **Empty**: a row with no real token is learned from as zeros.
/// **Errors**: `std::invalid_argument` before anything is computed, by row and value: for labels that are no class, of
/// one class only or with a class that no row has; for weights, C and other options; for frozen names that are not
/// there; for several queries that are all equal, which would learn the same; and those of `gradient`.
/// `std::domain_error` for a pooled vector that is not finite, by its row. Not for a fit that has not converged.
/// **Cost**: that of `gradient` for each evaluation. A pooling of which nothing is learned pools once.
/// **Numerics**: numbers move in double, and loss and sums over rows are in double. What nothing but a `Linear` follows
/// is fitted in double and rounded at the end, if nothing of the pooling is learned; otherwise gradients are in
/// `accumulator_t`, and those of float have a noise of about 1e-7, below which no tolerance is reached: take double for
/// less. Bits do not depend on threads.
/// **Source**: LBFGS++; scikit-learn's objective.
template <class P, class X, class M, class Y, class D = CallingThread>
[[nodiscard]] auto fit(const P& pooling, const X& x, const M& mask, const Y& labels, const FitOptions& options = {},
                       const D& device = {});

/// Learns a `Linear` from labelled vectors: `fit(pooling, x, mask, labels)` for what is pooled before, batch by batch.
///
///     const seqpool::Fitted<seqpool::Linear<float>> head = seqpool::fit(vectors, labels);
///
/// **Shapes**: vectors: `[batch, features]`, an Eigen tensor or map of rank 2, in either layout, or `Vectors`.
template <class V, class Y, class D = CallingThread>
[[nodiscard]] auto fit(const V& vectors, const Y& labels, const FitOptions& options = {}, const D& device = {});

/// Not a way to learn: the mask is always written.
template <class P, class X, class Y> void fit(const P&, const X&, const Y&);

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class M, class Y, class D>
auto fit(const P& pooling, const X& x, const M& mask, const Y& labels, const FitOptions& options, const D& device) {
  constexpr auto itself = [](auto classifier) { return classifier; };
  if constexpr (detail::HasHeads<P>) {
    if constexpr (detail::are_arguments<std::remove_cvref_t<decltype(pooling.pooling())>, X, M, D>() &&
                  detail::are_labels<Y>())
      return detail::fit_from(pooling, x, mask, detail::training_loss(labels, options, false).first, options, device,
                              itself);
  } else if constexpr (detail::are_arguments<P, X, M, D>() && detail::are_labels<Y>()) {
    return detail::fit_new(pooling, x, mask, labels, options, device, itself);
  }
}

template <class V, class Y, class D>
auto fit(const V& vectors, const Y& labels, const FitOptions& options, const D& device) {
  constexpr bool lawful = detail::ScalarVectors<V>;
  static_assert(
      lawful,
      "seqpool: fit(vectors, labels) takes pooled vectors [batch, features] of float, double, Eigen::half or "
      "Eigen::bfloat16, an Eigen tensor of rank 2 or seqpool::Vectors. Of hidden states it is fit(pooling, x, "
      "mask, labels), with seqpool::all_tokens if there is no mask.");
  if constexpr (lawful && detail::are_labels<Y>() && detail::is_device_at_the_end<D>()) {
    const auto view = detail::matrix_view(vectors, "vectors");
    const HiddenStates<detail::element_t<V>> x(view.data, {view.rows, Index{1}, view.columns},
                                               {view.row_stride, Index{1}, view.column_stride});
    return detail::fit_new(Cls{}, x, all_tokens, labels, options, device,
                           [](const auto& classifier) { return classifier.heads().template get<0>(); });
  }
}

template <class P, class X, class Y> void fit(const P&, const X&, const Y&) {
  static_assert(!std::same_as<P, P>,
                "seqpool: fit(pooling, x, mask, labels) takes a mask, and seqpool::all_tokens if there is none; the "
                "options of fit(vectors, labels, options) are seqpool::FitOptions.");
}

}  // namespace seqpool::inline SEQPOOL_ABI
