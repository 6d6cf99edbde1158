// SPDX-License-Identifier: MIT
// That rows packed together have the bits of rows alone is a law; here is when they are, and what is not touched.
#include <seqpool/driver/row_group.hpp>

#include <cstring>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/guarded_memory.hpp"
#include "support/rows.hpp"

using seqpool::HiddenStates;
using seqpool::Index;

TEST_CASE("rows are packed together where they, or one row's tokens, lie side by side", "[row_group]") {
  const std::vector<float> data(100000);
  using Packer = seqpool::detail::RowPacker<HiddenStates<float>, seqpool::Lengths>;
  const auto fits = [&](std::array<Index, 3> sizes, std::array<Index, 3> strides) {
    return Packer::fits(HiddenStates<float>(data.data(), sizes, strides));
  };
  CHECK(fits({20, 5, 7}, {1, 20, 100}));  // column-major
  CHECK(fits({3, 5, 7}, {1, 3, 15}));
  CHECK(fits({1, 5, 7}, {9, 1, 5}));           // one row, column-major
  CHECK(fits({20, 5, 7}, {1, 24, 120}));       // some rows of a larger batch
  CHECK_FALSE(fits({3, 5, 7}, {1, 24, 120}));  // too few to be worth it
  CHECK_FALSE(fits({20, 5, 7}, {35, 7, 1}));   // row-major
  CHECK_FALSE(fits({20, 5, 7}, {70, 14, 2}));  // every second feature
  using OfSpans = seqpool::detail::RowPacker<HiddenStates<float>, seqpool::Spans>;
  STATIC_REQUIRE(Packer::possible);
  STATIC_REQUIRE(!OfSpans::possible);
}

TEMPLATE_TEST_CASE("groups of every size give what rows give alone, masks as they come", "[row_group]", float, double,
                   Eigen::half) {
  for (const Index batch : {1, 3, 16, 31, 32, 33, 64, 65, 130})
    for (const Index hidden : {1, 16, 31, 50}) {
      const Index seq = 41;
      test::Padded<TestType> x(batch, seq, hidden);
      const auto tokens = test::tokens<TestType>(seq, hidden, static_cast<std::uint64_t>(batch));
      test::Random random(static_cast<std::uint64_t>(hidden));
      for (Index b = 0; b < batch; ++b)
        for (Index s = b % 11; s < seq - b % 7; ++s)
          if (random.below(5) != 0) x.put(b, s, &tokens[static_cast<std::size_t>((s + b) % seq * hidden)]);
      const seqpool::Attention attention(test::tokens<TestType>(1, hidden, 3));
      const auto column_major = x.column_major();
      CHECK(test::rows_of(seqpool::pool(attention, column_major, x.mask_view())) ==
            test::rows_of(seqpool::pool(attention, x.view(), x.mask_view())));
      CHECK(test::rows_of(seqpool::max_pool(column_major, x.mask_view())) ==
            test::rows_of(seqpool::max_pool(x.view(), x.mask_view())));
    }
}

TEST_CASE("padded tokens of column-major hidden states may be out of reach", "[row_group]") {
  constexpr Index batch = 20;
  constexpr Index seq = 12;
  constexpr Index hidden = 18;
  const auto values = test::tokens<float>(batch * seq, hidden, 1);
  // Of the last feature, the memory ends behind the last real token of row 5.
  const auto last = static_cast<std::size_t>((hidden - 1) * seq * batch + 8 * batch + 5 + 1);
  const test::GuardedMemory memory(last * sizeof(float));
  std::memcpy(memory.data(), values.data(), last * sizeof(float));
  const auto* const data = reinterpret_cast<const float*>(memory.data());
  const HiddenStates<float> x(data, {batch, seq, hidden}, {1, batch, batch * seq});
  std::vector<Index> lengths(batch, 8);
  for (std::size_t b = 0; b <= 5; ++b) lengths[b] = 9;
  const auto result = seqpool::sum_pool(x, seqpool::Lengths(lengths));
  float expected = 0;
  for (Index s = 0; s < 9; ++s) expected += data[(hidden - 1) * seq * batch + s * batch + 5];
  CHECK(result(5, hidden - 1) == expected);
}

TEST_CASE("padded tokens before the first real one of column-major hidden states may be out of reach", "[row_group]") {
  constexpr Index batch = 20;
  constexpr Index seq = 12;
  constexpr Index hidden = 18;
  const auto values = test::tokens<float>(batch * seq, hidden, 1);
  // Of the first feature, the memory begins with the first token of row 5.
  const test::GuardedMemory memory((values.size() - 5) * sizeof(float));
  std::memcpy(memory.first(), values.data() + 5, (values.size() - 5) * sizeof(float));
  const auto* const data = reinterpret_cast<const float*>(memory.first()) - 5;
  const HiddenStates<float> x(data, {batch, seq, hidden}, {1, batch, batch * seq});
  Eigen::Tensor<bool, 2> mask(batch, seq);
  mask.setConstant(true);
  for (Index b = 0; b < 5; ++b) mask(b, 0) = false;
  const auto result = seqpool::sum_pool(x, mask);
  float expected = 0;
  for (Index s = 1; s < seq; ++s) expected += data[s * batch + 4];
  CHECK(result(4, 0) == expected);
}

namespace {

// Where a row's tokens come from: their row, their sequence, and the sum of their positions.
struct Origin {
  template <class T> struct State {
    Index row = -1;
    Index sequence = -1;
    Index positions = 0;
  };
  template <seqpool::Scalar T> using Result = Index;

  Index width(Index) const { return 3; }
  template <class T> void init(State<T>& state, Index) const { state = {}; }
  void fold(auto& state, const auto& tokens) const {
    state.row = tokens.row();
    state.sequence = tokens.sequence();
    for (Index i = 0; i < tokens.size(); ++i) state.positions += tokens.position(i);
  }
  void merge(auto& state, const auto& next) const { state.positions += next.positions; }
  void finish(const auto& state, std::span<Index> out) const {
    out[0] = state.row;
    out[1] = state.sequence;
    out[2] = state.positions;
  }
};

}  // namespace

TEST_CASE("tokens of rows packed together know their row, their sequence and their position", "[row_group]") {
  for (const Index batch : {20, 130}) {
    const Index seq = 300;
    Eigen::Tensor<float, 3> x(batch, seq, 2);
    x.setConstant(1);
    Eigen::Tensor<bool, 2> mask(batch, seq);
    std::vector<Index> positions(static_cast<std::size_t>(batch));
    for (Index b = 0; b < batch; ++b)
      for (Index s = 0; s < seq; ++s) {
        mask(b, s) = (s + b) % 7 != 0;
        if (mask(b, s)) positions[static_cast<std::size_t>(b)] += s;
      }
    const auto result = seqpool::pool(Origin{}, x, mask);
    for (Index b = 0; b < batch; ++b) {
      CHECK(result(b, 0) == b);
      CHECK(result(b, 1) == b);
      CHECK(result(b, 2) == positions[static_cast<std::size_t>(b)]);
    }
  }
}
