// SPDX-License-Identifier: MIT
#include <seqpool/pooling/token_weighted_mean.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

using seqpool::TokenWeightedMean;

namespace {

Eigen::Tensor<float, 2> weights_of(const std::vector<std::vector<float>>& rows) {
  Eigen::Tensor<float, 2> weights(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows[0].size()));
  for (std::size_t b = 0; b < rows.size(); ++b)
    for (std::size_t s = 0; s < rows[b].size(); ++s)
      weights(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(s)) = rows[b][s];
  return weights;
}

}  // namespace

TEST_CASE("token weights are each token's own, and padded ones are not read", "[token_weighted_mean]") {
  const auto x = test::small_states({{1, 5, 3}, {2, 4, 8}, {6, 6, 6}});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const TokenWeightedMean pooling{weights_of({{1, 3, nan}, {nan, 2, 2}, {1, -1, 0}})};
  test::check_rows(seqpool::pool(pooling, x, test::small_mask({{1, 1, 0}, {0, 1, 1}, {1, 1, 1}})), {4, 6, 0});
  // Row-major, a map, and half weights say the same.
  const Eigen::Tensor<Eigen::half, 2> half = weights_of({{1, 3, 0}, {0, 2, 2}, {0, 0, 0}}).cast<Eigen::half>();
  test::check_rows(seqpool::pool(TokenWeightedMean{half}, x), {4, 6, 0});
  const Eigen::Tensor<float, 2, Eigen::RowMajor> row_major =
      weights_of({{1, 3, 0}, {0, 2, 2}, {0, 0, 0}}).swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
  const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> map(row_major.data(), 3, 3);
  test::check_rows(seqpool::pool(TokenWeightedMean{map}, x), {4, 6, 0});
}

TEST_CASE("weights of spans and of sequences in another order are those of the tokens", "[token_weighted_mean]") {
  const auto x = test::small_states({{1, 5, 3}, {2, 4, 8}});
  const TokenWeightedMean pooling{weights_of({{1, 3, 1}, {1, 2, 6}})};
  test::check_rows(seqpool::pool(pooling, x, seqpool::Spans{{1, 1, 3}, {0, 0, 2}, {1, 2, 3}, {0, 1, 1}}), {7, 4, 8, 0});
}

TEST_CASE("weights must be [batch, seq]", "[token_weighted_mean]") {
  const auto x = test::small_states({{1, 5, 3}, {2, 4, 8}});
  for (const auto& weights : {weights_of({{1, 3, 1}}), weights_of({{1, 3}, {2, 1}}),
                              weights_of({{1, 3, 1, 1}, {1, 2, 6, 1}}), weights_of({{1, 3, 1}, {1, 2, 6}, {1, 2, 6}})})
    CHECK_THROWS_WITH(seqpool::pool(TokenWeightedMean{weights}, x),
                      ct::has_substring("weights are [") && ct::has_substring("[batch, seq] = [2, 3]"));
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> null(nullptr, 2, 3);
  CHECK_THROWS_WITH(TokenWeightedMean{null}, ct::has_substring("weights [2, 3] has a null pointer"));
}
