// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/fold/parameters.hpp>

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The parameters of a classifier as an optimiser moves them: without those that are frozen, and with the bias b of the
// first head as b + W m, where m is the mean of the vectors that this head gets. It is the same minimum, as a bias is
// not penalised, in a tenth of the steps, as bias and weight then hardly depend on each other.
class MovedParameters {
 public:
  // frozen: names of parameters, or places of several; head_l2 and query_l2: l in l / 2 * |w|^2 over what is penalised
  // of the heads and of the pooling.
  template <class C>
  MovedParameters(const C& classifier, std::span<const std::string> frozen, double head_l2, double query_l2);

  // Whether any of the pooling's parameters moves.
  [[nodiscard]] bool moves_pooling() const noexcept { return free_.front() < pooling_count_; }
  void centre(std::span<const double> mean);

  // Where the classifier stands, `[moved]`.
  [[nodiscard]] Eigen::VectorXd start() const;
  // All numbers of the classifier, `[parameter_count]`, where `at` is.
  [[nodiscard]] std::vector<double> numbers(const Eigen::VectorXd& at) const;
  // The penalty at `numbers`, whose gradient is added to the loss', `[parameter_count]` both; the sum is written for
  // what moves.
  double penalty(std::span<const double> numbers, std::span<double> gradient, Eigen::VectorXd& moved) const;

 private:
  // Adds to each bias of the first head factor * W m.
  void shift(std::span<double> numbers, double factor) const;

  std::vector<double> start_;      // [parameters]
  std::vector<double> penalties_;  // [parameters]
  std::vector<std::size_t> free_;  // places of what moves
  std::size_t pooling_count_;
  std::size_t weight_ = 0, bias_ = 0, out_ = 0, in_ = 0;  // of the first head, if it has both and they move
  std::vector<double> mean_;                              // [in]
};

// ---------------------------------------------------------------------------------------------------------------------

template <class C>
MovedParameters::MovedParameters(const C& classifier, std::span<const std::string> frozen, double head_l2,
                                 double query_l2)
    : pooling_count_(static_cast<std::size_t>(seqpool::parameter_count(classifier.pooling()))) {
  const ParameterVector all(classifier);
  start_.assign(all.numbers().begin(), all.numbers().end());
  const auto is_in = [](std::string_view name, std::string_view place) {
    return name == place || (name.starts_with(place) && name[place.size()] == '.');
  };
  for (const std::string& place : frozen)
    if (std::none_of(all.entries().begin(), all.entries().end(), [&](const auto& e) { return is_in(e.name, place); }))
      static_cast<void>(all[place]);  // throws, and says which there are
  for (const auto& [name, shape, first, count, penalised] : all.entries()) {
    const bool of_pooling = first < pooling_count_;
    penalties_.insert(penalties_.end(), count, !penalised ? 0 : of_pooling ? query_l2 : head_l2);
    if (std::any_of(frozen.begin(), frozen.end(), [&, &n = name](const auto& place) { return is_in(n, place); }))
      continue;
    for (std::size_t i = first; i < first + count; ++i) free_.push_back(i);
    const bool is_matrix = shape.size() == 2 && count > 0;
    if (of_pooling && penalised && is_matrix && shape[0] > 1 &&
        std::equal(start_.begin() + static_cast<std::ptrdiff_t>(first) + shape[1],
                   start_.begin() + static_cast<std::ptrdiff_t>(first + count),
                   start_.begin() + static_cast<std::ptrdiff_t>(first)))
      detail::fail({"fit: the ", shape[0], " rows of ", name,
                    " are all equal, so they would learn the same: start from different ones, such as "
                    "Attention<T>::untrained(hidden, queries, seed)"});
    if (name == "head.0.weight" && is_matrix) {
      weight_ = first;
      in_ = static_cast<std::size_t>(shape[1]);
    } else if (name == "head.0.bias" && in_ > 0 && first == weight_ + count * in_) {
      bias_ = first;
      out_ = count;
    }
  }
  if (free_.empty()) detail::fail("fit: there is no parameter that is not frozen, so nothing would be learned");
}

inline void MovedParameters::centre(std::span<const double> mean) {
  if (mean.size() == in_) mean_.assign(mean.begin(), mean.end());
}

inline void MovedParameters::shift(std::span<double> numbers, double factor) const {
  for (std::size_t o = 0; o < out_; ++o)
    for (std::size_t f = 0; f < mean_.size(); ++f)
      numbers[bias_ + o] += factor * numbers[weight_ + o * in_ + f] * mean_[f];
}

inline Eigen::VectorXd MovedParameters::start() const {
  std::vector<double> all = start_;
  shift(all, 1);
  Eigen::VectorXd at(static_cast<Eigen::Index>(free_.size()));
  std::transform(free_.begin(), free_.end(), at.data(), [&](std::size_t i) { return all[i]; });
  return at;
}

inline std::vector<double> MovedParameters::numbers(const Eigen::VectorXd& at) const {
  std::vector<double> all = start_;
  for (std::size_t i = 0; i < free_.size(); ++i) all[free_[i]] = at.data()[i];
  shift(all, -1);
  return all;
}

inline double MovedParameters::penalty(std::span<const double> numbers, std::span<double> gradient,
                                       Eigen::VectorXd& moved) const {
  double sum = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    sum += penalties_[i] / 2 * numbers[i] * numbers[i];
    gradient[i] += penalties_[i] * numbers[i];
  }
  for (std::size_t o = 0; o < out_; ++o)
    for (std::size_t f = 0; f < mean_.size(); ++f) gradient[weight_ + o * in_ + f] -= gradient[bias_ + o] * mean_[f];
  std::transform(free_.begin(), free_.end(), moved.data(), [&](std::size_t i) { return gradient[i]; });
  return sum;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
