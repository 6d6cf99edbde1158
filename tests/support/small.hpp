// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_SMALL_HPP
#define SEQPOOL_TESTS_SUPPORT_SMALL_HPP

#include <array>
#include <cmath>
#include <seqpool/pool.hpp>
#include <vector>

#include "support/catch.hpp"

// Cases small enough to work out by hand: one number for each token, written to both features of [batch, seq, 2].
namespace test {

inline Eigen::Tensor<float, 3, Eigen::RowMajor> small_states(const std::vector<std::vector<float>>& rows) {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(static_cast<Eigen::Index>(rows.size()),
                                             static_cast<Eigen::Index>(rows[0].size()), 2);
  for (Eigen::Index b = 0; b < x.dimension(0); ++b)
    for (Eigen::Index s = 0; s < x.dimension(1); ++s)
      x(b, s, 0) = x(b, s, 1) = rows[static_cast<std::size_t>(b)][static_cast<std::size_t>(s)];
  return x;
}

inline Eigen::Tensor<int, 2> small_mask(const std::vector<std::vector<int>>& rows) {
  Eigen::Tensor<int, 2> mask(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows[0].size()));
  for (Eigen::Index b = 0; b < mask.dimension(0); ++b)
    for (Eigen::Index s = 0; s < mask.dimension(1); ++s)
      mask(b, s) = rows[static_cast<std::size_t>(b)][static_cast<std::size_t>(s)];
  return mask;
}

template <class Result> void check_rows(const Result& result, const std::vector<typename Result::Scalar>& expected) {
  REQUIRE(static_cast<std::size_t>(result.dimension(0)) == expected.size());
  REQUIRE(result.dimension(1) == 2);
  for (Eigen::Index b = 0; b < result.dimension(0); ++b)
    for (Eigen::Index h = 0; h < 2; ++h) CHECK(result(b, h) == expected[static_cast<std::size_t>(b)]);
}

}  // namespace test

#endif
