// SPDX-License-Identifier: MIT
#include <seqpool/fold/parameters.hpp>

#include <seqpool/seqpool.hpp>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;

namespace {

struct Line {
  std::string name = "weight";
  std::vector<float> weight{1, 2, 3, 4, 5, 6};
  std::vector<Index> shape{2, 3};
  std::vector<double> bias{7};

  void visit_parameters(auto f) const {
    f(std::string_view(name), std::span<const float>(weight), std::span<const Index>(shape), true);
    seqpool::visit_parameter(f, "bias", bias, {1}, false);
  }
};

struct Two {
  Line first, second;
  void visit_parameters(auto f) const {
    seqpool::visit_parameters(first, f, "0");
    seqpool::visit_parameters(second, f, "1");
  }
};

struct Nothing {};

// What f is called for, as text.
template <class P> std::string visited(const P& p) {
  std::string all;
  const auto add = [&all](std::string_view name, auto numbers, std::span<const Index> shape, bool penalised) {
    all += std::string(name) + (penalised ? "!" : "");
    for (const Index size : shape) all += ' ' + std::to_string(size);
    all += ':';
    for (const auto number : numbers) all += ' ' + std::to_string(static_cast<int>(number));
    all += "; ";
  };
  seqpool::visit_parameters(p, add);
  return all;
}

}  // namespace

TEST_CASE("parameters are visited in order, with names, numbers, shapes and whether they are penalised",
          "[parameters]") {
  CHECK(visited(Line{}) == "weight! 2 3: 1 2 3 4 5 6; bias 1: 7; ");
  CHECK(visited(Two{{}, {.name = "query"}}) ==
        "0.weight! 2 3: 1 2 3 4 5 6; 0.bias 1: 7; 1.query! 2 3: 1 2 3 4 5 6; 1.bias 1: 7; ");
  CHECK(visited(Nothing{}).empty());
  STATIC_REQUIRE(seqpool::Parametric<Line>);
  STATIC_REQUIRE(!seqpool::Parametric<Nothing>);
}

TEST_CASE("a visitor of one type for all numbers calls what it was made of", "[parameters]") {
  std::size_t floats = 0, doubles = 0;
  const auto count = [&](std::string_view, auto numbers, std::span<const Index>, bool) {
    (std::is_same_v<typename decltype(numbers)::value_type, float> ? floats : doubles) += numbers.size();
  };
  seqpool::visit_parameters(Two{}, seqpool::any_visitor(count));
  CHECK(floats == 12);
  CHECK(doubles == 2);
}

TEST_CASE("the checksum tells names, shapes, numbers and places", "[parameters]") {
  CHECK(seqpool::parameters_checksum(Nothing{}) == 0);
  CHECK(seqpool::parameters_checksum(Line{}) == seqpool::parameters_checksum(Line{}));
  Line weight, bias;
  weight.weight[5] = 7;
  bias.bias[0] = 8;
  const std::set<std::uint64_t> all{
      0,
      seqpool::parameters_checksum(Line{}),
      seqpool::parameters_checksum(Line{.name = "query"}),
      seqpool::parameters_checksum(Line{.shape = {3, 2}}),
      seqpool::parameters_checksum(weight),
      seqpool::parameters_checksum(bias),
      seqpool::parameters_checksum(Two{}),
      seqpool::parameters_checksum(Two{weight, {}}),
      seqpool::parameters_checksum(Two{{}, weight}),
  };
  CHECK(all.size() == 9);
}

TEST_CASE("gradients of a part are found by its own names", "[parameters]") {
  Two two;
  two.second.weight[5] = 9;
  seqpool::ParameterVector all(two);
  const seqpool::ParameterVector part = all.part("1");
  CHECK(visited(two.second) == "weight! 2 3: 1 2 3 4 5 9; bias 1: 7; ");
  REQUIRE(part.entries().size() == 2);
  CHECK(part["weight"][5] == 9);
  CHECK(part["bias"][0] == 7);
  CHECK(part.entries()[1].first == 6);
  CHECK(part.entries()[0].shape == std::vector<Index>{2, 3});
  CHECK((part.entries()[0].penalised && !part.entries()[1].penalised));
  CHECK(all.part("2").entries().empty());
  CHECK(all.part("").entries().empty());
  all["1.weight"][0] = 5;
  CHECK(all.numbers()[7] == 5);
  CHECK(part["weight"][0] == 1);  // a copy
}

TEST_CASE("numbers are as many as the parameters", "[parameters]") {
  CHECK_NOTHROW(seqpool::check_count(Line{}, std::vector<double>(7)));
  CHECK_NOTHROW(seqpool::check_count(Nothing{}, {}));
  CHECK_THROWS_WITH(seqpool::check_count(Line{}, std::vector<double>(6)),
                    ct::has_substring("there are 6 numbers, but 7 are needed"));
  CHECK_THROWS_AS(seqpool::check_count(Nothing{}, std::vector<double>(1)), std::invalid_argument);
  std::vector<float> own(2);
  const std::vector<double> given{1, 2, 3};
  std::span<const double> numbers(given);
  seqpool::set_numbers(own, numbers);
  CHECK((own == std::vector<float>{1, 2} && numbers.size() == 1 && numbers[0] == 3));
  CHECK_THROWS_WITH(seqpool::set_numbers(own, numbers),
                    ct::has_substring("there are 1 numbers, but 2 or more are needed"));
  seqpool::GeneralizedMean mean{3};
  CHECK_THROWS_AS(mean.set_parameters(given), std::invalid_argument);
  seqpool::Linear linear{Eigen::MatrixXf::Ones(2, 2)};
  CHECK_THROWS_AS(linear.set_parameters(given), std::invalid_argument);
  // What has several parts takes none of too few, and all of no more.
  const auto check_whole = [](auto whole) {
    const auto first = seqpool::parameters(whole);
    const std::vector<double> before(first.numbers().begin(), first.numbers().end());
    std::vector<double> moved(before);
    for (double& number : moved) number += 1;
    moved.pop_back();
    CHECK_THROWS_WITH(whole.set_parameters(moved), ct::has_substring(" are needed"));
    moved.insert(moved.end(), 2, 1);
    CHECK_THROWS_WITH(whole.set_parameters(moved), ct::has_substring(" are needed"));
    const auto after = seqpool::parameters(whole);
    CHECK(std::vector<double>(after.numbers().begin(), after.numbers().end()) == before);
  };
  const Eigen::MatrixXf ones = Eigen::MatrixXf::Ones(2, 2);
  check_whole(seqpool::Classifier{seqpool::Attention{std::vector<float>{1, 2}}, linear});
  check_whole(seqpool::AttentionProbe{ones, std::vector<float>{1, 2}, ones, std::vector<float>{1, 2}});
  seqpool::MultiheadAttentionWeights<float> weights;
  weights.query = Eigen::Tensor<float, 2, Eigen::RowMajor>(1, 2);
  weights.in_proj_weight = Eigen::Tensor<float, 2, Eigen::RowMajor>(6, 2);
  weights.out_proj_weight = Eigen::Tensor<float, 2, Eigen::RowMajor>(2, 2);
  weights.query.setConstant(1);
  weights.in_proj_weight.setConstant(1);
  weights.out_proj_weight.setConstant(1);
  check_whole(seqpool::MultiheadAttention{weights});
  STATIC_REQUIRE(seqpool::Settable<Nothing>);
  STATIC_REQUIRE(!seqpool::Settable<Line>);
}
