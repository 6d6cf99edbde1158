// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/input/weighted_states.hpp>

#include <array>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::HiddenStates;
using seqpool::Index;
using seqpool::WeightedStates;

namespace {

// Any number that is not the same for neighbours.
float weight_at(Index b, Index s) { return 0.25f * static_cast<float>((5 * b + 3 * s) % 7) - 0.5f; }

}  // namespace

TEST_CASE("weighted states are tokens times their weights, and their weights can be pooled too", "[weighted_states]") {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 3, 2);
  x.setValues({{{1, 2}, {3, 4}, {5, 6}}});
  const std::vector<float> weights{2, -1, 0.5f};
  const WeightedStates weighted{x, [&](Index, Index s) { return weights[static_cast<std::size_t>(s)]; }};
  CHECK(weighted.batch() == 1);
  CHECK(weighted.seq() == 3);
  CHECK(weighted.seq(0) == 3);
  CHECK(weighted.hidden() == 2);
  CHECK(weighted.weights().hidden() == 2);
  using Rows = std::vector<std::vector<float>>;
  CHECK(test::rows_of(seqpool::sum_pool(weighted)) == Rows{{1.5f, 3}});
  CHECK(test::rows_of(seqpool::max_pool(weighted)) == Rows{{2.5f, 4}});
  CHECK(test::rows_of(seqpool::sum_pool(weighted.weights())) == Rows{{1.5f, 3}});
  const seqpool::Lengths two(std::array{2});
  CHECK(test::rows_of(seqpool::sum_pool(weighted, two)) == Rows{{-1, 0}});
  CHECK(test::rows_of(seqpool::sum_pool(weighted.weights(), two)) == Rows{{1, 2}});
  const seqpool::Spans spans{{0, 1, 3}, {0, 2, 2}};
  CHECK(test::rows_of(seqpool::sum_pool(weighted, spans)) == Rows{{-0.5f, -1}, {0, 0}});
  CHECK(test::rows_of(seqpool::sum_pool(weighted.weights(), spans)) == Rows{{-0.5f, 2}, {0, 0}});
}

TEMPLATE_LIST_TEST_CASE("every pooling of weighted states has the bits of pooling them in memory, in every form",
                        "[weighted_states]", test::AllScalars) {
  using A = seqpool::accumulator_t<TestType>;
  const Index batch = 2, seq = 300, hidden = 5;
  const auto data = test::tokens<TestType>(batch * seq, hidden, 3);
  const HiddenStates<TestType> x(data.data(), {batch, seq, hidden});
  Eigen::Tensor<A, 3, Eigen::RowMajor> stored(batch, seq, hidden);
  Eigen::Tensor<TestType, 3> columns(batch, seq, hidden);
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < seq; ++s)
      for (Index h = 0; h < hidden; ++h) {
        columns(b, s, h) = x.token(b, s)[h];
        stored(b, s, h) = static_cast<A>(weight_at(b, s)) * seqpool::widen(x.token(b, s)[h]);
      }
  const std::vector one{x};
  const seqpool::PackedStates<TestType> packed(data.data(), {batch * seq, hidden}, std::array{0, 300, 600});
  Eigen::Tensor<int, 2> mask(batch, seq);
  for (int b = 0; b < batch; ++b)
    for (int s = 0; s < seq; ++s) mask(b, s) = (s * (b + 2)) % 7 != 0 ? 1 : 0;
  const auto same = [](const auto& result, const auto& expected) {
    const auto rows = test::rows_of(result), other = test::rows_of(expected);
    REQUIRE(rows.size() == other.size());
    for (std::size_t b = 0; b < rows.size(); ++b) CHECK(test::same_bits(rows[b], other[b]));
  };
  const auto check = [&](const auto& pooling) {
    const auto expected = seqpool::pool(pooling, stored, mask);
    const WeightedStates weighted{x, weight_at};
    STATIC_REQUIRE(std::is_same_v<typename decltype(weighted)::value_type, A>);
    same(seqpool::pool(pooling, weighted, mask), expected);
    same(seqpool::pool(pooling, WeightedStates{columns, weight_at}, mask), expected);
    same(seqpool::pool(pooling, WeightedStates{seqpool::concat_layers(one), weight_at}, mask), expected);
    same(seqpool::pool(pooling, WeightedStates{packed, weight_at}), seqpool::pool(pooling, stored));
    Eigen::ThreadPool pool(2);
    const Eigen::ThreadPoolDevice device(&pool, 2);
    same(seqpool::pool(pooling, weighted, mask, device), expected);
  };
  check(seqpool::Sum{});
  check(seqpool::AnyPooling<A>(seqpool::Max{}));
}

TEST_CASE("the weight of padding is not asked for, and what a weight throws comes out", "[weighted_states]") {
  const std::vector<float> data{1, NAN, 2};
  const HiddenStates<float> x(data.data(), {1, 3, 1});
  const WeightedStates weighted{x, [](Index, Index s) -> double {
                                  if (s == 1) throw std::out_of_range("no weight");
                                  return 2;
                                }};
  Eigen::Tensor<bool, 2> mask(1, 3);
  mask.setValues({{true, false, true}});
  CHECK(seqpool::sum_pool(weighted, mask)(0, 0) == 6);
  CHECK(seqpool::sum_pool(weighted.weights(), mask)(0, 0) == 4);
  CHECK_THROWS_AS(seqpool::sum_pool(weighted), std::out_of_range);
}

TEST_CASE("results over weighted states are refused", "[weighted_states][overlap]") {
  std::vector<float> memory(24);
  const HiddenStates<float> x(memory.data(), {1, 3, 4});
  const WeightedStates weighted{x, weight_at};
  const auto into = [&](std::size_t at) {
    Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> out(memory.data() + at, 1, 4);
    seqpool::pool_into(out, seqpool::Sum{}, weighted);
  };
  CHECK_THROWS_WITH(into(0), ct::has_substring("lies in the memory of the hidden states"));
  CHECK_THROWS_WITH(into(11), ct::has_substring("lies in the memory of the hidden states"));
  CHECK_NOTHROW(into(12));
}

TEST_CASE("Guarantee 9: weighted states allocate nothing per row", "[guarantees][weighted_states]") {
  const std::vector<float> data(static_cast<std::size_t>(64 * 300 * 8), 1.f);
  const auto allocations_of = [&](Index batch) {
    const HiddenStates<float> x(data.data(), {batch, 300, 8});
    Eigen::Tensor<float, 2, Eigen::RowMajor> out(batch, 8);
    const WeightedStates weighted{x, weight_at};
    const test::AllocationCount count;
    seqpool::pool_into(out, seqpool::Mean{}, weighted);
    return count.so_far();
  };
  CHECK(allocations_of(64) == allocations_of(2));
}
