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
