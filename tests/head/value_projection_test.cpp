// SPDX-License-Identifier: MIT
#include <seqpool/head/value_projection.hpp>

#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"

namespace {

using Projection = seqpool::ValueProjection<float>;

Projection small_projection() {
  Projection::Matrix value(2, 3);  // two heads of one output
  value.setValues({{1, 2, 3}, {4, 5, 6}});
  Projection::Vector value_bias(2);
  value_bias.setValues({10, 20});
  Projection::Matrix out(1, 2);
  out.setValues({{1, -1}});
  Projection::Vector out_bias(1);
  out_bias.setValues({0.5f});
  return {value, value_bias, out, out_bias, 2, 2};
}

}  // namespace

TEST_CASE("each head's values are projected by its own weight, and all by out", "[value_projection]") {
  STATIC_REQUIRE(seqpool::Head<Projection, float>);
  STATIC_REQUIRE(!seqpool::Head<Projection, double>);
  const Projection head = small_projection();
  CHECK(head.heads() == 2);
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(2, 12);  // queries, heads, hidden
  x.setZero();
  x(0, 0) = 1;   // query 0, head 0: 1
  x(0, 5) = 1;   // query 0, head 1: 6
  x(0, 7) = 2;   // query 1, head 0: 4
  x(0, 10) = 3;  // query 1, head 1: 15
  const auto y = seqpool::map(head, x);
  REQUIRE(y.dimension(1) == 2);
  CHECK(y(0, 0) == 11 - 26 + 0.5f);
  CHECK(y(0, 1) == 14 - 35 + 0.5f);
  CHECK(y(1, 0) == 10 - 20 + 0.5f);
}

TEST_CASE("a value projection's sizes must fit", "[value_projection]") {
  CHECK_THROWS_WITH(small_projection().width(6), ct::has_substring("6 features") && ct::has_substring("2 * 2 * 3"));
  const Projection::Matrix value(4, 3), out(5, 4), wrong(5, 3);
  const Projection::Vector none(0), four(4), five(5);
  CHECK(Projection(value, none, out, none, 2).width(6) == 5);
  CHECK_THROWS_WITH(Projection(value, none, out, none, 3), ct::has_substring("value is [4, 3] for 3 heads"));
  CHECK_THROWS_WITH(Projection(value, none, out, none, 0), ct::has_substring("for 0 heads"));
  CHECK_THROWS_WITH(Projection(value, none, wrong, none, 2), ct::has_substring("out is [5, 3]"));
  CHECK_THROWS_WITH(Projection(value, five, out, none, 2), ct::has_substring("value_bias is [5]"));
  CHECK_THROWS_WITH(Projection(value, four, out, four, 2), ct::has_substring("out_bias is [4]"));
}

TEST_CASE("sizes of a value projection that overflow are refused", "[value_projection]") {
  constexpr seqpool::Index most = std::numeric_limits<seqpool::Index>::max();
  const Projection::Matrix value(4, 3), empty(4, 0), out(5, 4), of_nothing(0, 4), no_embed(0, 3), out_of_none(5, 0);
  const Projection::Vector none(0);
  CHECK_THROWS_AS(Projection(value, none, out, none, 2, most / 2), std::invalid_argument);
  CHECK_THROWS_WITH(Projection(value, none, out, none, 2, most / 2 + 1), ct::has_substring("heads of all queries"));
  CHECK_THROWS_WITH(Projection(value, none, out, none, 2, most / 5), ct::has_substring("what they pooled"));
  CHECK_THROWS_WITH(Projection(empty, none, out, none, 1, most / 4), ct::has_substring("features of all queries"));
  CHECK_THROWS_WITH(Projection(empty, none, of_nothing, none, 1, most / 2), ct::has_substring("projected values"));
  CHECK_THROWS_WITH(Projection(no_embed, none, out_of_none, none, most), ct::has_substring("heads must divide embed"));
  CHECK(Projection(empty, none, out, none, 2, most / 8).width(0) == most / 8 * 5);
  CHECK(seqpool::map(Projection(no_embed, none, out_of_none, none, 1), Eigen::Tensor<float, 2>(2, 3)).dimension(1) ==
        5);
}

TEST_CASE("a value projection goes back through out and each head's values", "[value_projection][gradient]") {
  using Floats = std::vector<float>;
  const Projection head = small_projection();
  Floats x(12, 0), own(6 + 2 + 2 + 1);
  x[0] = 1, x[5] = 1, x[7] = 2, x[10] = 3;
  // d y = 1 and 10: of head 0 by 1, of head 1 by -1.
  CHECK(test::gone_back<float>(head, x, {1, 10}, own) == Floats{1, 2, 3, -4, -5, -6, 10, 20, 30, -40, -50, -60});
  const Floats of_value{1, 20, 0, 0, -30, -1}, of_bias{11, -11}, of_out{11 + 140, 26 + 350};
  CHECK(Floats(own.begin(), own.begin() + 6) == of_value);
  CHECK(Floats(own.begin() + 6, own.begin() + 8) == of_bias);
  CHECK(Floats(own.begin() + 8, own.begin() + 10) == of_out);
  CHECK(own[10] == 11);
}
