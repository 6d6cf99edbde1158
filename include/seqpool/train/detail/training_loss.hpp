// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/head/loss.hpp>
#include <seqpool/train/fit_options.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

template <class Y> inline constexpr bool is_regression = false;
template <class Y> inline constexpr bool is_regression<Regression<Y>> = true;

// True, or a compile error that says what to write instead.
template <class Y> consteval bool are_labels() {
  constexpr bool lawful = is_regression<Y> || IntegerVector<Y> || EigenTensorOfRank<Y, 2>;
  static_assert(lawful,
                "seqpool: fit learns labels [batch], one integer for each row: a contiguous range such as "
                "std::vector<int>, an Eigen vector, or an Eigen tensor of rank 1; or for classes that do not exclude "
                "each other targets of 0 and 1, [batch, classes], an Eigen tensor of rank 2; or "
                "seqpool::Regression{targets}.");
  return lawful;
}

// Throws unless there is a row with a class and one without: its bias, which is not penalised, would have no minimum.
inline void check_class(Index c, bool some_have, bool some_lack) {
  if (!some_have || !some_lack)
    detail::fail({"fit: ", (some_have ? "all rows have" : "no row has"), " class ", c,
                  ", so there is nothing to tell it from; a row of weight 0 does not count"});
}

// The loss that labels say, and how many logits a new head has for it. is_new: whether the classes are those of the
// labels alone.
template <class Y> auto training_loss(const Y& labels, const FitOptions& options, bool is_new) {
  const LossWeights weights{options.class_weights, options.sample_weights};
  const auto counts = [&](Index row) {
    return weights.samples.empty() || weights.samples[static_cast<std::size_t>(row)] > 0;
  };
  if constexpr (is_regression<Y>) {
    return std::pair(SquaredError(labels.targets, weights), static_cast<Index>(labels.targets.dimension(1)));
  } else if constexpr (EigenTensorOfRank<Y, 2>) {
    BinaryCrossEntropy loss(labels, weights);
    const auto targets = detail::matrix_view(labels, "targets");
    for (Index c = 0; c < targets.columns; ++c) {
      bool some_have = false, some_lack = false;
      for (Index row = 0; row < targets.rows; ++row) {
        some_have = some_have || (counts(row) && targets(row, c) > 0);
        some_lack = some_lack || (counts(row) && targets(row, c) < 1);
      }
      detail::check_class(c, some_have, some_lack);
    }
    return std::pair(std::move(loss), targets.columns);
  } else {
    CrossEntropy loss(labels, weights);
    const auto& all = loss.labels();
    std::vector<Index> found;  // the classes that rows have, in order, each once
    for (std::size_t row = 0; row < all.size(); ++row)
      if (counts(static_cast<Index>(row)) &&
          (weights.classes.empty() || weights.classes[static_cast<std::size_t>(all[row])] > 0))
        found.push_back(all[row]);
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    // A label may be any number, so classes are counted up to the first that no row has.
    Index classes = 0;
    for (const Index c : found) classes += c == classes ? 1 : 0;
    if (found.size() == 1 && (!is_new || classes == 1)) detail::check_class(found[0], true, false);
    if (is_new && !all.empty() && *std::max_element(all.begin(), all.end()) >= classes)
      detail::check_class(classes, false, true);
    return std::pair(std::move(loss), classes == 2 ? Index{1} : classes);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
