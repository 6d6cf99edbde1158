// SPDX-License-Identifier: MIT
#include <seqpool/train/detail/training_loss.hpp>

#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using seqpool::FitOptions;
using seqpool::Index;
using seqpool::detail::training_loss;

namespace {

using Labels = std::vector<int>;

Eigen::Tensor<int, 2> targets(const std::vector<std::vector<int>>& rows) {
  Eigen::Tensor<int, 2> all(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (Index i = 0; i < all.dimension(0); ++i)
    for (Index c = 0; c < all.dimension(1); ++c)
      all(i, c) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(c)];
  return all;
}

std::string refused(const auto& labels, const FitOptions& options = {}, bool is_new = true) {
  try {
    static_cast<void>(training_loss(labels, options, is_new));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("labels say the loss, and the outputs of a new head", "[training_loss]") {
  const auto three = training_loss(Labels{2, 0, 1}, {}, true);
  STATIC_REQUIRE(std::is_same_v<decltype(three.first), seqpool::CrossEntropy>);
  CHECK(three.second == 3);
  CHECK(three.first.labels() == std::vector<Index>{2, 0, 1});
  CHECK(training_loss(Labels{1, 0, 1}, {}, true).second == 1);
  const auto several = training_loss(targets({{0, 1}, {1, 0}}), {}, true);
  STATIC_REQUIRE(std::is_same_v<decltype(several.first), seqpool::BinaryCrossEntropy>);
  CHECK(several.second == 2);
  const Eigen::Tensor<float, 2> numbers(4, 3);
  const auto regression = training_loss(seqpool::Regression{Eigen::Tensor<float, 2>(numbers.constant(7))}, {}, true);
  STATIC_REQUIRE(std::is_same_v<decltype(regression.first), seqpool::SquaredError>);
  CHECK(regression.second == 3);
}

TEST_CASE("weights of classes and samples are the loss'", "[training_loss]") {
  const FitOptions options{.class_weights = {2, 3}, .sample_weights = {1, 10, 100}};
  CHECK(training_loss(Labels{0, 1, 0}, options, true).first.total_weight() == 2 + 30 + 200);
  CHECK(training_loss(targets({{0, 1}, {1, 0}, {0, 0}}), options, true).first.total_weight() == 111);
}

TEST_CASE("labels that nothing would be learned from are refused", "[training_loss]") {
  CHECK_THAT(refused(Labels{0, -1, 1}), ct::has_substring("labels: row 1 has label -1"));
  CHECK_THAT(refused(Labels{1, 1, 1}), ct::has_substring("no row has class 0, so there is nothing to tell it from"));
  CHECK_THAT(refused(Labels{0, 0}), ct::has_substring("all rows have class 0, so there is nothing to tell it from"));
  CHECK_THAT(refused(Labels{0, 3, 1}), ct::has_substring("no row has class 2"));
  CHECK_THAT(refused(Labels{0, 0, 3}), ct::has_substring("no row has class 1"));
  CHECK_THAT(refused(Labels{0, 1, 2}, {.sample_weights = {1, 1, 0}}), ct::has_substring("no row has class 2"));
  // A number that was not meant for a class costs no memory for those below it.
  constexpr Index largest = (std::numeric_limits<Index>::max)();
  CHECK_THAT(refused(std::vector<Index>{0, largest}), ct::has_substring("no row has class 1"));
  CHECK_THAT(refused(std::vector<Index>{0, 1, largest / 2}), ct::has_substring("no row has class 2"));
  CHECK_THAT(refused(std::vector<Index>{largest, largest}, {}, false),
             ct::has_substring("all rows have class " + std::to_string(largest)));
  CHECK_THAT(refused(Labels{0, 1}, {.sample_weights = {1, 0}}), ct::has_substring("all rows have class 0"));
  CHECK_THAT(refused(Labels{0, 1}, {.class_weights = {0, 1}}), ct::has_substring("no row has class 0"));
  CHECK_THAT(refused(Labels{0, 1}, {.sample_weights = {1, -2}}), ct::has_substring("weights of samples[1] is -2"));
  CHECK_THAT(refused(Labels{0, 1}, {.sample_weights = {1}}),
             ct::has_substring("there are 1 weights of samples, but 2"));
  CHECK_THAT(refused(targets({{0, 1}, {1, 1}})), ct::has_substring("all rows have class 1"));
  CHECK_THAT(refused(targets({{0, 1}, {0, 0}})), ct::has_substring("no row has class 0"));
  CHECK_THAT(refused(targets({{0, 1}, {1, 0}}), {.sample_weights = {0, 1}}),
             ct::has_substring("all rows have class 0"));
  CHECK_THAT(refused(targets({{0, 2}, {1, 0}})), ct::has_substring("targets: row 0 has 2 for class 1"));
}

TEST_CASE("a classifier may know classes that no row has, but learns from two at least", "[training_loss]") {
  CHECK(refused(Labels{0, 3, 0}, {}, false).empty());
  CHECK_THAT(refused(Labels{3, 3}, {}, false), ct::has_substring("all rows have class 3"));
  CHECK_THAT(refused(Labels{0, 3, 0}, {.sample_weights = {1, 0, 1}}, false),
             ct::has_substring("all rows have class 0"));
}
