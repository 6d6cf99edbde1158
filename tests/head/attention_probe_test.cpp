// SPDX-License-Identifier: MIT
#include <seqpool/head/attention_probe.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::AttentionProbe;
using seqpool::Index;

TEMPLATE_TEST_CASE("an attention probe gives what its tokens give that are projected first", "[attention_probe]",
                   SEQPOOL_TEST_SCALARS) {
  constexpr Index heads = 3, out = 2, hidden = 5, n = 7;
  test::Random random(17);
  const auto matrix = [&](Index rows) {
    Eigen::Tensor<TestType, 2, Eigen::RowMajor> values(rows, hidden);
    for (Index i = 0; i < values.size(); ++i) values.data()[i] = static_cast<TestType>(random.between(-1, 1));
    return values;
  };
  const auto query = matrix(heads), value = matrix(heads * out), x = matrix(n);
  const auto position_weight = random.values<TestType>(heads, -0.25, 0.25), bias = random.values<TestType>(heads * out);
  const auto number = [](const auto& a) { return static_cast<double>(seqpool::widen(a)); };
  const auto dot = [&](const auto& a, Index row, Index t) {
    double sum = 0;
    for (Index h = 0; h < hidden; ++h) sum += number(a(row, h)) * number(x(t, h));
    return sum;
  };
  double expected[out] = {};
  for (Index k = 0; k < heads; ++k) {
    double sum = 0, weighed[out] = {};
    for (Index t = 0; t < n; ++t) {
      const auto place = static_cast<double>(t);
      const double e = std::exp(dot(query, k, t) + number(position_weight[static_cast<std::size_t>(k)]) * place);
      sum += e;
      for (Index o = 0; o < out; ++o) {
        const Index row = k * out + o;
        weighed[o] += e * (dot(value, row, t) + number(bias[static_cast<std::size_t>(row)]));
      }
    }
    for (Index o = 0; o < out; ++o) expected[o] += weighed[o] / sum;
  }
  const AttentionProbe probe{query, position_weight, value, bias};
  const seqpool::HiddenStates<TestType> states(x.data(), {1, n, hidden});
  const auto result = seqpool::Embedder{probe.pooling(), probe.head()}.embed(states);
  using A = seqpool::accumulator_t<TestType>;
  REQUIRE(result.dimension(1) == out);
  // A few dozen roundings of numbers around 1.
  for (Index o = 0; o < out; ++o)
    CHECK(std::abs(static_cast<double>(result(0, o)) - expected[o]) <=
          100 * static_cast<double>(std::numeric_limits<A>::epsilon()));
}

TEST_CASE("of a row without real tokens a probe gives the sum of the biases", "[attention_probe]") {
  const AttentionProbe probe{Eigen::MatrixXf::Ones(2, 3), std::vector<float>{1, 1}, Eigen::MatrixXf::Ones(4, 3),
                             std::vector<float>{1, 2, 30, 40}};
  const auto result =
      seqpool::Embedder{probe.pooling(), probe.head()}.embed(seqpool::HiddenStates<float>(nullptr, {1, 0, 3}));
  CHECK((result(0, 0) == 31 && result(0, 1) == 42));
}

TEST_CASE("Guarantee 7: an attention probe names the sizes that do not fit", "[guarantees][attention_probe]") {
  const Eigen::MatrixXf query = Eigen::MatrixXf::Zero(2, 3), value = Eigen::MatrixXf::Zero(4, 3);
  const std::vector<float> two(2), four(4);
  CHECK_NOTHROW(AttentionProbe{query, two, value, four});
  CHECK_THROWS_AS((AttentionProbe{query, two, value, two}), std::invalid_argument);
  CHECK_THROWS_WITH((AttentionProbe{query, four, value, four}), ct::has_substring("position_weight is [4]"));
  CHECK_THROWS_WITH((AttentionProbe{query, two, value, two}),
                    ct::has_substring("bias is [2], but value is [4, 3]: bias must be [heads * out]"));
  CHECK_THROWS_WITH((AttentionProbe{query, two, Eigen::MatrixXf(4, 2), four}),
                    ct::has_substring("value is [4, 2], but query [heads, hidden] is [2, 3]"));
  CHECK_THROWS_WITH((AttentionProbe{query, two, Eigen::MatrixXf(5, 3), std::vector<float>(5)}),
                    ct::has_substring("value is [5, 3]") && ct::has_substring("[heads * out, hidden]"));
}

TEST_CASE("a probe's gradients are those of its saved tensors", "[attention_probe][gradient]") {
  constexpr Index heads = 3, out = 2, hidden = 5;
  // All is linear in the saved tensors: d loss in any direction is what it is in that of pooling and head.
  const auto probe_of = [&](std::uint64_t seed) {
    const auto query = test::exact_values<double>(heads * hidden, seed),
               value = test::exact_values<double>(heads * out * hidden, seed + 1);
    using Map = Eigen::TensorMap<const Eigen::Tensor<const double, 2, Eigen::RowMajor>>;
    return AttentionProbe{Map(query.data(), heads, hidden), test::exact_values<double>(heads, seed + 2),
                          Map(value.data(), heads * out, hidden), test::exact_values<double>(heads * out, seed + 3)};
  };
  const auto dot = [](const seqpool::ParameterVector& a, const seqpool::ParameterVector& b) {
    return std::inner_product(a.numbers().begin(), a.numbers().end(), b.numbers().begin(), 0.);
  };
  const auto probe = probe_of(1), gradients = probe_of(20);
  const seqpool::ParameterVector of_pooling(gradients.pooling()), of_head(gradients.head());
  const auto found = probe.gradient(of_pooling, of_head);
  CHECK(found.entries()[2].name == "v.weight");
  for (std::uint64_t seed = 40; seed < 80; seed += 4) {
    const auto direction = probe_of(seed);
    CHECK(dot(found, seqpool::ParameterVector(direction)) ==
          ct::Approx(dot(of_pooling, seqpool::ParameterVector(direction.pooling())) +
                     dot(of_head, seqpool::ParameterVector(direction.head())))
              .epsilon(1e-12));
  }
  CHECK_THROWS_AS(probe.gradient(of_head, of_pooling), std::invalid_argument);
}

TEST_CASE("a probe that is given other parameters is the probe that is made of them", "[attention_probe][gradient]") {
  const auto of = [](float a) {
    const Eigen::MatrixXf query = Eigen::MatrixXf::Constant(2, 3, a), value = Eigen::MatrixXf::Constant(4, 3, a + 1);
    return AttentionProbe{query, std::vector<float>{a, a + 2}, value, std::vector<float>{1, 2, 30, a}};
  };
  auto probe = of(1);
  const auto wanted = of(5);
  const seqpool::ParameterVector numbers(wanted);
  probe.set_parameters(numbers.numbers());
  const auto same = [](const auto& a, const auto& b) {
    const seqpool::ParameterVector of_a(a), of_b(b);
    return std::ranges::equal(of_a.numbers(), of_b.numbers());
  };
  CHECK((same(probe, wanted) && same(probe.pooling(), wanted.pooling()) && same(probe.head(), wanted.head())));
  CHECK_THROWS_AS(seqpool::set_parameters(probe, numbers.numbers().first(3)), std::invalid_argument);
}
