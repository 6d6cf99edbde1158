// SPDX-License-Identifier: MIT
#include <seqpool/detail/layer_norm.hpp>

#include <vector>

#include "support/catch.hpp"

// What it computes is held by the tests of seqpool::LayerNorm.
TEST_CASE("a row is normalised with a weight, with a bias, and with neither", "[layer_norm]") {
  const std::vector<double> row{1, 3}, weight{2, 3}, bias{5, 7};
  const auto normed = [&](const std::vector<double>& w, const std::vector<double>& b) {
    std::vector<double> y(2);
    seqpool::detail::layer_norm<double>(row, y, 0, w, b);
    return y;
  };
  CHECK(normed({}, {}) == std::vector<double>{-1, 1});
  CHECK(normed(weight, {}) == std::vector<double>{-2, 3});
  CHECK(normed({}, bias) == std::vector<double>{4, 8});
  CHECK(normed(weight, bias) == std::vector<double>{3, 10});
  seqpool::detail::layer_norm<double>({}, {}, 0, {}, {});
}

TEST_CASE("eps is a number that has a root", "[layer_norm]") {
  CHECK(seqpool::detail::root_of_eps<float>(0.25) == 0.5f);
  CHECK(seqpool::detail::root_of_eps<double>(0) == 0);
  CHECK_THROWS_WITH(seqpool::detail::root_of_eps<float>(-1), ct::has_substring("eps is -1.0"));
}
