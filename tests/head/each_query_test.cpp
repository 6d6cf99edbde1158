// SPDX-License-Identifier: MIT
#include <seqpool/head/each_query.hpp>

#include <seqpool/seqpool.hpp>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"

using seqpool::EachQuery;
using seqpool::Linear;

TEST_CASE("each query's vector is mapped by itself", "[each_query]") {
  Eigen::MatrixXf weight(3, 2);
  weight << 1, 0, 0, 1, 1, 1;
  const EachQuery head{2, Linear{weight}, seqpool::KeepLargest{1}};
  STATIC_REQUIRE(seqpool::Head<std::remove_cvref_t<decltype(head)>, float>);
  STATIC_REQUIRE(!seqpool::Head<std::remove_cvref_t<decltype(head)>, double>);
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(2, 4);
  x.setValues({{1, 2, 3, 4}, {5, -6, 0, 7}});
  Eigen::Tensor<float, 2, Eigen::RowMajor> expected(2, 6);
  expected.setValues({{0, 0, 3, 0, 0, 7}, {0, -6, 0, 0, 7, 0}});
  const auto y = seqpool::map(head, x);
  REQUIRE(y.dimensions() == expected.dimensions());
  for (Eigen::Index i = 0; i < y.size(); ++i) CHECK(y.data()[i] == expected.data()[i]);
  // Each of one query is the heads themselves, and of none of them it leaves what it gets.
  CHECK(seqpool::map(EachQuery{2}, x)(1, 3) == 7);
  CHECK(seqpool::map(EachQuery{1, seqpool::Truncate{3}}, x).dimension(1) == 3);
}

TEST_CASE("Guarantee 7: what each query maps must divide into queries", "[guarantees][each_query]") {
  CHECK_THROWS_AS(EachQuery{0}, std::invalid_argument);
  CHECK_THROWS_WITH((EachQuery{-1, seqpool::Normalize{}}), ct::has_substring("EachQuery{-1, heads...}"));
  CHECK(EachQuery{1}.width(5) == 5);
  CHECK(EachQuery{5}.width(5) == 5);
  CHECK_THROWS_WITH(EachQuery{2}.width(5), ct::has_substring("vectors of 5 features"));
  CHECK_THROWS_AS((EachQuery{2, seqpool::Truncate{3}}.width(4)), std::invalid_argument);
}

TEST_CASE("heads for each query learn from all of them", "[each_query][gradient]") {
  using Row = std::vector<float>;
  const EachQuery head{2, seqpool::Affine{Row{3, -1}, Row{0, 0}}};
  Row own(4);
  CHECK(test::gone_back<float>(head, {1, 2, 3, 4}, {5, 7, 1, 1}, own) == Row{15, -7, 3, -1});
  CHECK(own == Row{5 + 3, 14 + 4, 6, 8});
}
