// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/head/detail/loss_terms.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// What a classifier is trained on: a number for each row of logits, and its gradient. The losses here are means over
/// rows, weighted by s_i: loss = sum_i s_i loss_i / sum_i s_i.
///
/// | expression | meaning |
/// |---|---|
/// | `l.check(rows, logits)` | throws `std::invalid_argument` unless l fits logits `[rows, logits]` |
/// | `l.of_row(row, logits, d_logits)` | gives s_i loss_i / sum s, and its gradient, maybe over the logits |
template <class L, class A = float>
concept Loss = requires(const L& loss, Index i, std::span<const A> logits, std::span<A> d_logits) {
  loss.check(i, i);
  { loss.of_row(i, logits, d_logits) } -> std::convertible_to<double>;
};

/// How much classes and rows weigh; an empty list is ones.
struct LossWeights {
  std::vector<double> classes{};  ///< `[classes]`; `balanced(labels, classes)` gives scikit-learn's
  std::vector<double> samples{};  ///< `[batch]`
};

/// scikit-learn's weights of classes: batch / (classes * how many rows have the class).
///
/// **Shapes**: labels: `[batch]`, an Eigen tensor of rank 1, an Eigen vector or a contiguous range of integers; result:
/// `[classes]`.
/// **Errors**: `std::invalid_argument` for a label that is no class, and for a class that no row has.
template <class L> [[nodiscard]] std::vector<double> balanced(const L& labels, Index classes);

/// Softmax cross-entropy, for rows of one class each: loss_i = log(sum_c e^(z_c)) - z_label. With a single logit, for
/// classes 0 and 1: loss_i = log(1 + e^z) - label * z. s_i is the weight of the sample times that of its class.
///
///     const std::vector<int> labels{0, 2, 1, 2};
///     const auto back = seqpool::gradient(classifier, x, mask, seqpool::CrossEntropy(labels));
///
/// **Shapes**: labels: `[batch]`, an Eigen tensor of rank 1, an Eigen vector or a contiguous range of integers; logits
/// `[batch, classes]` or `[batch, 1]`.
/// **Errors**: `std::invalid_argument` for a label that is no class, by its row and value; for weights of another
/// number, below 0, not finite, or all 0.
/// **Numerics**: in double, shifted by the largest logit, so nothing overflows, and without differences of
/// probabilities, so that a class that is sure keeps its digits: loss_i and its gradient are within (classes + 8 + d) *
/// eps of double, where d is the largest difference of the row's logits; the gradient is then rounded to the logits'
/// type. A logit of -inf is a class that cannot be, and a single one of inf a class that must be; a NaN, or inf among
/// several, makes the loss NaN.
/// **Source**: torch.nn.CrossEntropyLoss, and BCEWithLogitsLoss for one logit; scikit-learn's sample_weight.
class CrossEntropy {
 public:
  template <class L> explicit CrossEntropy(const L& labels, const LossWeights& weights = {});

  [[nodiscard]] const std::vector<Index>& labels() const noexcept { return labels_; }
  /// sum_i s_i.
  [[nodiscard]] double total_weight() const noexcept { return rows_.total; }

  // As a Loss.
  void check(Index rows, Index logits) const;
  template <std::floating_point A>
  double of_row(Index row, std::type_identity_t<std::span<const A>> logits, std::span<A> d_logits) const;

 private:
  std::vector<Index> labels_;  // [batch]
  std::size_t class_weights_;  // how many there are
  detail::RowShares rows_;
};

/// A loss with a target for each logit, whose terms Term tells: loss_i = sum_c w_c term(z_c, target_c), where w_c is
/// the weight of the class and s_i that of the sample. See `BinaryCrossEntropy` and `SquaredError`.
///
/// **Shapes**: targets and logits: `[batch, classes]`; targets are an Eigen tensor or map of rank 2, in either layout,
/// of any arithmetic type.
/// **Errors**: `std::invalid_argument` for a target that is not lawful, by its row and class; for weights as
/// `CrossEntropy`.
/// **Numerics**: as `CrossEntropy` of single logits; an infinite one has an infinite squared error.
template <class Term> class TargetLoss {
 public:
  template <class X> explicit TargetLoss(const X& targets, const LossWeights& weights = {});

  /// sum_i s_i.
  [[nodiscard]] double total_weight() const noexcept { return rows_.total; }

  // As a Loss.
  void check(Index rows, Index logits) const;
  template <std::floating_point A>
  double of_row(Index row, std::type_identity_t<std::span<const A>> logits, std::span<A> d_logits) const;

 private:
  Index classes_ = 0;
  std::vector<double> targets_;  // [batch, classes]
  std::vector<double> class_weights_;
  detail::RowShares rows_;
};

/// Binary cross-entropy, for classes that do not exclude each other: term(z, y) = log(1 + e^z) - y * z, where y is from
/// 0 to 1.
struct LogisticTerm {
  static constexpr const char* lawful = "a target is a number from 0 to 1";
  [[nodiscard]] static bool is_lawful(double target) noexcept { return target >= 0 && target <= 1; }
  [[nodiscard]] static auto of(double z, double target) noexcept { return detail::logistic(z, target); }
};
/// Half the squared error: term(z, y) = (z - y)^2 / 2, where y is any number.
struct SquaredTerm {
  static constexpr const char* lawful = "a target is a finite number";
  [[nodiscard]] static bool is_lawful(double target) noexcept { return std::isfinite(target); }
  [[nodiscard]] static auto of(double z, double target) noexcept {
    return detail::Logistic{(z - target) * (z - target) / 2, z - target};
  }
};

/// For classes that do not exclude each other; torch.nn.BCEWithLogitsLoss divides by their number too.
///
///     const seqpool::BinaryCrossEntropy loss(targets);  // [batch, classes] of 0 and 1
using BinaryCrossEntropy = TargetLoss<LogisticTerm>;
/// For regression; torch.nn.MSELoss is 2 / outputs times this.
using SquaredError = TargetLoss<SquaredTerm>;

// ---------------------------------------------------------------------------------------------------------------------

template <class L> std::vector<double> balanced(const L& labels, Index classes) {
  const std::vector<Index> all = detail::labels_of(labels);
  std::vector<double> weights(static_cast<std::size_t>(classes < 0 ? 0 : classes));
  for (std::size_t row = 0; row < all.size(); ++row) {
    if (all[row] >= classes) detail::fail_label(row, all[row], classes);
    ++weights[static_cast<std::size_t>(all[row])];
  }
  for (std::size_t c = 0; c < weights.size(); ++c) {
    if (weights[c] == 0) detail::fail({"balanced: no row has class ", c, ", whose weight would be infinite"});
    weights[c] = static_cast<double>(all.size()) / (static_cast<double>(classes) * weights[c]);
  }
  return weights;
}

template <class L>
CrossEntropy::CrossEntropy(const L& labels, const LossWeights& weights)
    : labels_(detail::labels_of(labels)), class_weights_(weights.classes.size()) {
  detail::check_weights(weights.classes, static_cast<Index>(class_weights_), "weights of classes");
  detail::check_weights(weights.samples, static_cast<Index>(labels_.size()), "weights of samples");
  rows_ = detail::RowShares(static_cast<Index>(labels_.size()), [&](std::size_t row) {
    const auto label = static_cast<std::size_t>(labels_[row]);
    if (class_weights_ != 0 && label >= class_weights_)
      detail::fail_label(row, labels_[row], static_cast<Index>(class_weights_));
    return (weights.samples.empty() ? 1 : weights.samples[row]) *
           (weights.classes.empty() ? 1 : weights.classes[label]);
  });
}

inline void CrossEntropy::check(Index rows, Index logits) const {
  const Index classes = logits == 1 ? 2 : logits;
  if (static_cast<Index>(labels_.size()) != rows)
    detail::fail({"labels are ", detail::shape({static_cast<Index>(labels_.size())}), ", but logits are ",
                  detail::shape({rows, logits}), ": labels must be [batch]"});
  if (class_weights_ != 0 && static_cast<Index>(class_weights_) != classes)
    detail::fail({"there are ", class_weights_, " weights of classes, but ", classes, " classes"});
  for (std::size_t row = 0; row < labels_.size(); ++row)
    if (labels_[row] >= classes) detail::fail_label(row, labels_[row], classes);
}

template <std::floating_point A>
double CrossEntropy::of_row(Index row, std::type_identity_t<std::span<const A>> logits, std::span<A> d_logits) const {
  const auto label = static_cast<std::size_t>(labels_[static_cast<std::size_t>(row)]);
  const double share = rows_.shares[static_cast<std::size_t>(row)];
  if (logits.size() == 1) {
    const auto [term, slope] = detail::logistic(static_cast<double>(logits[0]), static_cast<double>(label));
    d_logits[0] = static_cast<A>(share * slope);
    return share * term;
  }
  const auto largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  const double of_label = static_cast<double>(logits[label]) - largest;  // before d_logits may be written over it
  double others = 0;
  for (std::size_t c = 0; c < logits.size(); ++c)
    if (c != label) others += std::exp(static_cast<double>(logits[c]) - largest);
  const double sum = others + std::exp(of_label);
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const double p = std::exp(static_cast<double>(logits[c]) - largest);
    d_logits[c] = static_cast<A>(share * (c == label ? -others : p) / sum);  // p_label - 1 would cancel
  }
  return share * (of_label == 0 ? std::log1p(others) : std::log(sum) - of_label);
}

template <class Term>
template <class X>
TargetLoss<Term>::TargetLoss(const X& targets, const LossWeights& weights) : class_weights_(weights.classes) {
  constexpr bool lawful = detail::EigenTensorOfRank<X, 2>;
  static_assert(lawful,
                "seqpool: targets are one number for each row and class, [batch, classes]: an Eigen::Tensor or "
                "Eigen::TensorMap of rank 2.");
  if constexpr (lawful) {
    const auto view = detail::matrix_view(targets, "targets");
    classes_ = view.columns;
    for (Index row = 0; row < view.rows; ++row)
      for (Index c = 0; c < view.columns; ++c) {
        targets_.push_back(static_cast<double>(view(row, c)));
        if (!Term::is_lawful(targets_.back()))
          detail::fail({"targets: row ", row, " has ", detail::number_text(targets_.back()), " for class ", c, ": ",
                        Term::lawful});
      }
    detail::check_weights(class_weights_, classes_, "weights of classes");
    detail::check_weights(weights.samples, view.rows, "weights of samples");
    rows_ =
        detail::RowShares(view.rows, [&](std::size_t i) { return weights.samples.empty() ? 1 : weights.samples[i]; });
  }
}

template <class Term> void TargetLoss<Term>::check(Index rows, Index logits) const {
  const auto found = static_cast<Index>(rows_.shares.size());
  if (found != rows || classes_ != logits)
    detail::fail({"targets are ", detail::shape({found, classes_}), ", but logits are ", detail::shape({rows, logits}),
                  ": both must be [batch, classes]"});
}

template <class Term>
template <std::floating_point A>
double TargetLoss<Term>::of_row(Index row, std::type_identity_t<std::span<const A>> logits,
                                std::span<A> d_logits) const {
  const double* const targets = targets_.data() + row * classes_;
  double loss = 0;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const double share = rows_.shares[static_cast<std::size_t>(row)] * (class_weights_.empty() ? 1 : class_weights_[c]);
    const auto [term, slope] = Term::of(static_cast<double>(logits[c]), targets[c]);
    loss += share * term;
    d_logits[c] = static_cast<A>(share * slope);
  }
  return loss;
}

}  // namespace seqpool::inline SEQPOOL_ABI
