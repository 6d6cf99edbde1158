// SPDX-License-Identifier: MIT
#include <seqpool/head/sequential.hpp>

#include <cmath>
#include <seqpool/seqpool.hpp>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"

using seqpool::Linear;
using seqpool::Normalize;
using seqpool::Sequential;
using seqpool::Truncate;

namespace {

Eigen::MatrixXf weight(int out, int in) {
  const auto values = test::Random(1).values<float>(out * in);
  return Eigen::Map<const Eigen::MatrixXf>(values.data(), out, in);
}

}  // namespace

TEST_CASE("heads one after the other are one head", "[sequential]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(3, 4);
  x.setValues({{1, 2, 3, 4}, {0, 0, 0, 0}, {-1, 5, 2, 0}});
  const Linear first{weight(7, 4), std::array<float, 7>{1, 2, 3, 4, 5, 6, 7}};
  const Linear last{weight(2, 5)};
  const Sequential heads{first, Truncate{5}, Normalize{}, last};
  const auto expected =
      seqpool::map(last, seqpool::map(Normalize{}, seqpool::map(Truncate{5}, seqpool::map(first, x))));
  CHECK(test::rows_of(seqpool::map(heads, x)) == test::rows_of(expected));
  CHECK(heads.width(4) == 2);
  CHECK(heads.get<0>().out() == 7);
  CHECK(test::rows_of(seqpool::map(Sequential{Sequential{first, Truncate{5}}, Normalize{}, last}, x)) ==
        test::rows_of(expected));
}

TEST_CASE("what is cut before it is normalized has length 1, and what is cut after has not", "[sequential]") {
  Eigen::Tensor<float, 2> x(1, 3);
  x.setValues({{3, 4, 12}});
  const auto right = seqpool::map(Sequential{Truncate{2}, Normalize{}}, x);
  CHECK((right(0, 0) == ct::Approx(0.6) && right(0, 1) == ct::Approx(0.8)));
  const auto wrong = seqpool::map(Sequential{Normalize{}, Truncate{2}}, x);
  CHECK((wrong(0, 0) == ct::Approx(3.0 / 13) && wrong(0, 1) == ct::Approx(4.0 / 13)));
}

TEST_CASE("without heads nothing changes", "[sequential]") {
  Eigen::Tensor<double, 2> x(2, 3);
  x.setValues({{1, 2, 3}, {4, 5, 6}});
  CHECK(test::rows_of(seqpool::map(Sequential<>{}, x)) == test::rows_of(x));
  CHECK(Sequential<>{}.width(3) == 3);
}

TEST_CASE("Guarantee 7: heads that do not fit each other are refused before anything is written",
          "[guarantees][sequential]") {
  const Eigen::Tensor<float, 2> x(2, 4);
  const Sequential heads{Linear{weight(3, 4)}, Linear{weight(2, 5)}};
  CHECK_THROWS_AS(seqpool::map(heads, x), std::invalid_argument);
  Eigen::Tensor<float, 2> out(2, 2);
  out.setConstant(7);
  CHECK_THROWS_AS(seqpool::map_into(out, heads, x), std::invalid_argument);
  CHECK((out(0, 0) == 7 && out(1, 1) == 7));
  CHECK_THROWS_WITH(seqpool::map(heads, x), ct::has_substring("vectors of 3 features") && ct::has_substring("[2, 5]"));
  CHECK_THROWS_WITH(seqpool::map(Sequential{Truncate{2}, Truncate{3}}, x), ct::has_substring("Truncate{3}"));
}

TEST_CASE("a sequence states the sizes that its ends state", "[sequential]") {
  using Both = Sequential<Linear<float, 3, 4>, Linear<float, 5, 3>>;
  STATIC_REQUIRE(Both::fixed_features == 4);
  STATIC_REQUIRE(Both::fixed_width == 5);
  using Open = Sequential<Truncate, Linear<float, 3, 4>, Normalize>;
  STATIC_REQUIRE(Open::fixed_features == Eigen::Dynamic);
  STATIC_REQUIRE(Open::fixed_width == Eigen::Dynamic);
}

TEST_CASE("heads one after the other go back in turn, each with its own numbers", "[sequential][gradient]") {
  using Floats = std::vector<float>;
  const Sequential head{seqpool::Affine{2.f, 0.f}, Truncate{1}, seqpool::Affine{5.f, 1.f}};
  Floats own(4);
  CHECK(test::gone_back<float>(head, {3, 4}, {10}, own) == Floats{100, 0});
  CHECK(own == Floats{150, 50, 60, 10});
  CHECK(test::gone_back<float>(Sequential<>{}, {3, 4}, {10, 20}) == Floats{10, 20});
  const auto other = seqpool::with_parameters(head, std::vector<double>{1, 2, 3, 4});
  const seqpool::ParameterVector found = seqpool::parameters(other);
  CHECK(found["2.scale"][0] == 3);
  const seqpool::ParameterVector last = found.part("2");
  CHECK(last["shift"][0] == 4);
}
