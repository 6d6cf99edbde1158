// SPDX-License-Identifier: MIT
#include <seqpool/door/tokens.hpp>

#include <array>
#include <seqpool/seqpool.hpp>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::Run;

namespace {

using Runs = std::vector<std::array<Index, 4>>;

template <class M> Runs runs_of(const M& mask, Index batch, Index seq) {
  const std::vector<float> data(static_cast<std::size_t>(batch * seq));
  Runs runs;  // row, sequence, begin, end
  seqpool::detail::for_each_run(seqpool::HiddenStates<float>(data.data(), {batch, seq, 1}), mask,
                                [&](Index row, Index b, Run run) { runs.push_back({row, b, run.begin, run.end}); });
  return runs;
}

// Leads out of the sequence.
struct Outside {
  static void check(Index, Index) {}
  static Run next_run(Index, Run within) {
    return within.begin == within.end ? within : Run{within.begin - 2, within.end + 2};
  }
};

}  // namespace

TEST_CASE("runs of real tokens come in order, cut into blocks, and never from outside of a sequence", "[tokens]") {
  Eigen::Tensor<int, 2> mask(3, 5);
  mask.setValues({{1, 1, 0, 0, 1}, {0, 0, 0, 0, 0}, {0, 1, 1, 1, 1}});
  CHECK(runs_of(mask, 3, 5) == Runs{{0, 0, 0, 2}, {0, 0, 4, 5}, {2, 2, 1, 5}});
  CHECK(runs_of(seqpool::AllTokens{}, 1, 600) == Runs{{0, 0, 0, 256}, {0, 0, 256, 512}, {0, 0, 512, 600}});
  CHECK(runs_of(Outside{}, 2, 3) == Runs{{0, 0, 0, 3}, {1, 1, 0, 3}});
  CHECK(runs_of(seqpool::Spans{{1, 0, 2}, {0, 1, 3}}, 2, 3) == Runs{{0, 1, 0, 2}, {1, 0, 1, 3}});
}

TEST_CASE("tokens are read where they lie, or side by side", "[tokens]") {
  const std::vector<float> data{1, 2, 3, 4, 5, 6};
  const auto same = [](const auto& tokens, const std::vector<float>& expected) {
    for (Index i = 0; i < tokens.rows; ++i)
      for (Index h = 0; h < 2; ++h) CHECK(tokens(i, h) == expected[static_cast<std::size_t>(2 * i + h)]);
  };
  const seqpool::HiddenStates<float> x(data.data(), {1, 3, 2});
  seqpool::detail::TokenReader reader(x);
  CHECK(reader.read(0, {1, 3}).data == data.data() + 2);
  const seqpool::HiddenStates<float> column_major(data.data(), {1, 3, 2}, {6, 1, 3});
  seqpool::detail::TokenReader columns(column_major);
  same(columns.read(0, {1, 3}), {2, 5, 3, 6});
  const seqpool::WeightedStates computed{x, [](Index, Index s) { return s; }};
  seqpool::detail::TokenReader copies(computed);
  same(copies.read(0, {0, 3}), {0, 0, 3, 4, 10, 12});
}
