// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/map_tokens.hpp>

#include <array>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::HiddenStates;
using seqpool::Index;

namespace {

template <class Result> auto numbers(const Result& result) {
  return std::vector<typename Result::Scalar>(result.data(), result.data() + result.size());
}

}  // namespace

TEST_CASE("a head maps each real token, and padding is 0 and never read", "[map_tokens]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> weight(2, 2);
  weight.setValues({{1, 1}, {0, -1}});
  const seqpool::Linear linear{weight, std::vector<float>{0.5f, 0}};
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 3, 2);
  x.setValues({{{1, 2}, {NAN, NAN}, {3, 4}}, {{5, 6}, {NAN, 0}, {0, NAN}}});
  Eigen::Tensor<int, 2> mask(2, 3);
  mask.setValues({{1, 0, 1}, {1, 0, 0}});
  const auto result = seqpool::map_tokens(linear, x, mask);
  STATIC_REQUIRE(std::is_same_v<decltype(result), const Eigen::Tensor<float, 3, Eigen::RowMajor>>);
  CHECK(numbers(result) == std::vector<float>{3.5f, -2, 0, 0, 7.5f, -4, 11.5f, -6, 0, 0, 0, 0});
  CHECK(result.dimension(2) == 2);
  CHECK(seqpool::map_tokens(linear, x, seqpool::Lengths(std::array{0, 0})).dimension(0) == 2);
  const Eigen::Tensor<float, 3, Eigen::RowMajor> wide(2, 3, 4);
  CHECK_THROWS_AS(seqpool::map_tokens(linear, wide, mask), std::invalid_argument);
  CHECK_THROWS_AS(seqpool::map_tokens(linear, x, seqpool::Lengths(std::array{1})), std::invalid_argument);
  // A NaN in a real token is that token's alone.
  const auto all = seqpool::map_tokens(linear, x);
  CHECK(std::isnan(all(0, 1, 0)));
  CHECK(all(0, 2, 0) == 7.5f);
}

TEMPLATE_LIST_TEST_CASE("a token's bits are those of mapping it alone, in every form and on any device", "[map_tokens]",
                        test::AllScalars) {
  using A = seqpool::accumulator_t<TestType>;
  const Index batch = 2, seq = 300, hidden = 9;
  const auto data = test::tokens<TestType>(batch * seq, hidden, 4);
  const HiddenStates<TestType> x(data.data(), {batch, seq, hidden});
  const auto numbers_of_weight = test::Random(5).values<A>(7 * hidden);
  const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> weight(numbers_of_weight.data(), 7, hidden);
  const seqpool::Sequential head{seqpool::Linear{weight, test::Random(6).values<A>(7)}, seqpool::Normalize{}};
  const Eigen::TensorMap<const Eigen::Tensor<const TestType, 2, Eigen::RowMajor>> rows(data.data(), batch * seq,
                                                                                       hidden);
  const auto expected = numbers(Eigen::Tensor<A, 2, Eigen::RowMajor>(seqpool::map(head, rows)));
  CHECK(test::same_bits(numbers(seqpool::map_tokens(head, x)), expected));
  Eigen::Tensor<TestType, 3> columns(batch, seq, hidden);
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < seq; ++s)
      for (Index h = 0; h < hidden; ++h) columns(b, s, h) = x.token(b, s)[h];
  CHECK(test::same_bits(numbers(seqpool::map_tokens(head, columns)), expected));
  CHECK(test::same_bits(numbers(seqpool::map_tokens(head, seqpool::concat_layers(std::vector{x}))), expected));
  Eigen::ThreadPool pool(2);
  const Eigen::ThreadPoolDevice device(&pool, 2);
  CHECK(test::same_bits(numbers(seqpool::map_tokens(head, x, device)), expected));
  CHECK(test::same_bits(numbers(seqpool::map_tokens(head, x, seqpool::AllTokens{}, device)), expected));
  // Of packed sequences the shorter ones end in zeros.
  const seqpool::PackedStates<TestType> packed(data.data(), {6, hidden}, std::array{0, 2, 6});
  const auto of_packed = seqpool::map_tokens(seqpool::AnyHead<A>(head), packed);
  CHECK(of_packed.dimension(1) == 4);
  CHECK(of_packed(0, 2, 3) == 0);
  CHECK(of_packed(1, 3, 3) == expected[5 * 7 + 3]);
}
