// SPDX-License-Identifier: MIT
// What holds for the way back of every head.
#include "support/head_gradients.hpp"

#include "support/scalars.hpp"

using seqpool::Index;

TEST_CASE("every head goes back as central differences do", "[head][gradient]") {
  for (const auto& c : test::head_cases(12))
    test::check_central_differences(c, test::exact_values<double>(3 * c.in, 70), 3);
}

TEST_CASE("every head goes back in float within 16 eps of the largest gradient", "[head][gradient]") {
  for (const Index in : {12, 66, 384})
    for (const auto& c : test::head_cases(in))
      test::check_float_gradients(c, test::exact_values<float>(7 * in, 71, -2, 2), 7);
}

TEMPLATE_TEST_CASE("a head's gradients do not depend on which rows are handed over together", "[head][gradient]",
                   SEQPOOL_TEST_REALS) {
  for (const Index in : {12, 66})
    for (const auto& c : test::head_cases(in)) {
      test::check_gradient_bits<TestType>(c, test::exact_values<TestType>(21 * in, 72), 21);
      test::check_gradient_of_zeros<TestType>(c);
    }
}

TEST_CASE("every head takes other numbers, and shows them", "[head][parameters]") {
  for (const auto& c : test::head_cases(12)) {
    INFO(c.name);
    const seqpool::ParameterVector given(c.wide);
    const auto numbers = test::exact_values<double>(static_cast<Index>(given.numbers().size()), 80);
    const auto check = [&](const auto& head) {
      const seqpool::ParameterVector found(head);
      REQUIRE(std::ranges::equal(found.numbers(), numbers));
      REQUIRE(found.entries().size() == given.entries().size());
      for (std::size_t i = 0; i < given.entries().size(); ++i)
        REQUIRE(found.entries()[i].name == given.entries()[i].name);
    };
    check(seqpool::with_parameters(c.wide, numbers));
    check(seqpool::with_parameters(c.single, numbers));
    auto other = c.wide;
    std::vector<double> too_many(numbers);
    too_many.push_back(1);
    REQUIRE_THROWS_WITH(other.set_parameters(too_many), ct::has_substring(" are needed"));
    if (!numbers.empty())
      REQUIRE_THROWS_WITH(other.set_parameters(std::span(numbers).first(numbers.size() - 1)),
                          ct::has_substring(" are needed"));
    const seqpool::ParameterVector still(c.wide);
    REQUIRE(std::ranges::equal(still.numbers(), given.numbers()));
  }
}

TEMPLATE_TEST_CASE("heads of half and bfloat16 learn in float", "[head][parameters]", SEQPOOL_TEST_SCALARS) {
  const auto weight = test::Random(1).values<TestType>(6);
  const Eigen::TensorMap<const Eigen::Tensor<const TestType, 2, Eigen::RowMajor>> matrix(weight.data(), 2, 3);
  const std::vector<TestType> two(weight.begin(), weight.begin() + 2), three(weight.begin(), weight.begin() + 3);
  const auto check = [](const auto& head) {
    const auto numbers = test::exact_values<double>(seqpool::parameter_count(head), 81);
    const seqpool::ParameterVector found(seqpool::with_parameters(head, numbers));
    CHECK(std::ranges::equal(found.numbers(), numbers));
  };
  const seqpool::Linear linear{matrix, two};
  check(linear);
  check(seqpool::Dense{linear, seqpool::Activation::tanh, seqpool::Linear{matrix}});
  check(seqpool::LayerNorm{three, three});
  check(seqpool::LayerNorm{three});
  check(seqpool::Affine{three, three});
  check(seqpool::Affine{two[0], two[1]});
  check(seqpool::Classifier{seqpool::Attention{three}, linear});
}
