// SPDX-License-Identifier: MIT
#include <seqpool/head/truncate.hpp>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"

using seqpool::Truncate;

TEST_CASE("truncate leaves the first features of each vector", "[truncate]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(2, 3);
  x.setValues({{1, 2, 3}, {4, 5, 6}});
  const auto two = seqpool::map(Truncate{2}, x);
  CHECK((two.dimension(1) == 2 && two(0, 0) == 1 && two(0, 1) == 2 && two(1, 0) == 4 && two(1, 1) == 5));
  CHECK(seqpool::map(Truncate{3}, x)(1, 2) == 6);
  CHECK(seqpool::map(Truncate{1}, x).dimension(1) == 1);
}

TEST_CASE("Guarantee 7: truncate wants at least one feature, and at least as many as it leaves",
          "[guarantees][truncate]") {
  CHECK_THROWS_AS(Truncate{0}, std::invalid_argument);
  CHECK_THROWS_AS(Truncate{-1}, std::invalid_argument);
  CHECK_NOTHROW(Truncate{1});
  const Eigen::Tensor<float, 2> x(2, 3);
  CHECK_THROWS_WITH(seqpool::map(Truncate{4}, x),
                    ct::has_substring("Truncate{4}") && ct::has_substring("vectors of 3 features"));
}

TEST_CASE("what was cut off has no gradient", "[truncate][gradient]") {
  using Floats = std::vector<double>;
  CHECK(test::gone_back(seqpool::Truncate{2}, Floats{1, 2, 3, 4}, Floats{6, -1}) == Floats{6, -1, 0, 0});
  CHECK(test::gone_back(seqpool::Truncate{2}, Floats{1, 2}, Floats{6, -1}) == Floats{6, -1});
}
