// SPDX-License-Identifier: MIT
#include <seqpool/driver/block_reader.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"

using seqpool::HiddenStates;
using seqpool::Index;
using seqpool::Reads;
using seqpool::Run;
namespace detail = seqpool::detail;

namespace {

// Row 1 of [2, 1000, 1], whose token s is the number s; every third token is padding.
struct Numbers {
  std::vector<float> states = std::vector<float>(2000);
  Eigen::Tensor<bool, 2> mask{2, 1000};

  Numbers() {
    std::iota(states.begin() + 1000, states.end(), 0.0f);
    mask.setConstant(false);
    for (Index s = 0; s < 1000; ++s) mask(1, s) = s % 3 != 0;
  }
};

}  // namespace

TEST_CASE("blocks are cut every 256 real tokens, and may be read from any block on", "[block_reader]") {
  const Numbers numbers;
  const HiddenStates<float> x(numbers.states.data(), {2, 1000, 1});
  const auto selection = seqpool::AttentionMask(numbers.mask);
  detail::BlockReader reader(x, selection);
  std::vector<Index> sizes;
  std::vector<float> seen;
  reader.start(1);
  for (auto block = reader.next(); !block.empty(); block = reader.next()) {
    sizes.push_back(block.size());
    CHECK(block.row() == 1);
    CHECK(block.sequence() == 1);
    for (Index i = 0; i < block.size(); ++i) {
      CHECK(block.number(i) == static_cast<Index>(seen.size()));
      seen.push_back(*block[i]);
      CHECK(block.position(i) == static_cast<Index>(seen.back()));
    }
  }
  CHECK(sizes == std::vector<Index>{256, 256, 154});  // 666 real tokens
  REQUIRE(seen.size() == 666);
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == static_cast<float>(i / 2 * 3 + 1 + i % 2));

  std::vector<Run> skipped;
  reader.start(1);
  for (Run run = reader.skip(); run.begin < run.end; run = reader.skip()) skipped.push_back(run);
  REQUIRE(skipped.size() == 3);
  CHECK(skipped[0].begin == 1);
  CHECK(skipped[2].end == 999);
  for (std::size_t i = 0; i < 3; ++i) {
    reader.start(1, skipped[i], static_cast<Index>(i) * 256);
    const auto block = reader.next();
    CHECK(block.number(0) == static_cast<Index>(i) * 256);
    CHECK(reader.number() == block.number(0) + block.size());
    CHECK(block.size() == sizes[i]);
    CHECK(*block[0] == seen[i * 256]);
    CHECK(reader.next().empty());
  }
  reader.start(0);
  CHECK(reader.next().empty());
}

TEST_CASE("a pooling of one or two tokens gets the first real one, the last one, or both", "[block_reader]") {
  const Numbers numbers;
  const HiddenStates<float> x(numbers.states.data(), {2, 1000, 1});
  const auto selection = seqpool::AttentionMask(numbers.mask);
  detail::BlockReader reader(x, selection);
  const auto only = [&](Index row, Reads reads) {
    reader.start(row);
    return reader.next_only(reads);
  };
  CHECK(*only(1, Reads::first_token)[0] == 1);
  CHECK(only(1, Reads::first_token).size() == 1);
  CHECK(*only(1, Reads::last_token)[0] == 998);
  CHECK(only(1, Reads::last_token).position(0) == 998);
  CHECK(only(1, Reads::first_token).number(0) == 0);
  CHECK(only(1, Reads::last_token).number(0) == 665);
  CHECK(only(1, Reads::first_and_last).number(1) == 665);
  CHECK(only(1, Reads::first_and_last).size() == 2);
  CHECK(*only(1, Reads::first_and_last)[0] == 1);
  CHECK(*only(1, Reads::first_and_last)[1] == 998);
  CHECK(only(1, Reads::first_and_last).position(1) == 998);
  CHECK(only(0, Reads::last_token).empty());
  const seqpool::Lengths one(std::array{0, 1});
  detail::BlockReader of_one(x, one);
  of_one.start(1);
  CHECK(of_one.next_only(Reads::first_and_last).size() == 1);  // both are the same
}

TEST_CASE("tokens in one piece are read in place, others are packed", "[block_reader]") {
  const auto states = test::tokens<float>(300, 37, 1);
  std::vector<float> spread(states.size() * 3);
  for (std::size_t i = 0; i < states.size(); ++i) spread[3 * i] = states[i];
  const seqpool::AllTokens selection;
  const HiddenStates<float> dense(states.data(), {1, 300, 37});
  detail::BlockReader in_place(dense, selection);
  in_place.start(0);
  CHECK(in_place.next()[255] == states.data() + 255 * 37);
  const HiddenStates<float> strided(spread.data(), {1, 300, 37}, {0, 3 * 37, 3});
  detail::BlockReader packing(strided, selection);
  packing.start(0);
  packing.next();
  const auto block = packing.next();
  REQUIRE(block.size() == 44);
  for (Index i = 0; i < 44; ++i) {
    CHECK(block.position(i) == 256 + i);
    for (Index h = 0; h < 37; ++h) CHECK(block[i][h] == states[static_cast<std::size_t>((256 + i) * 37 + h)]);
  }
}

TEST_CASE("tokens beyond a core's cache are prefetched ahead of their block, into the next row", "[block_reader]") {
  const auto ahead = [](const auto& block, Index first) { return detail::Prefetch::distance(block, first); };
  const Index hidden = 1024;
  const std::vector<float> states(static_cast<std::size_t>(2 * 304 * hidden));
  const HiddenStates<float> x(states.data(), {2, 304, hidden});
  const seqpool::AllTokens selection;
  detail::BlockReader reader(x, selection);
  reader.start(0);
  const auto first = reader.next();
  CHECK(first.size() == 256);
  CHECK(ahead(first, 0) == 8 * hidden);
  CHECK(ahead(first, 248) == 8 * hidden);  // in the second block
  CHECK(ahead(first, 249) == 0);           // no more are known
  const auto second = reader.next();
  CHECK(second.size() == 48);
  CHECK(ahead(second, 40) == 8 * hidden);  // in row 1
  reader.start(1);
  reader.next();
  CHECK(ahead(reader.next(), 40) == 0);  // nothing behind the last row

  // Of a row whose next one begins with padding, only real tokens.
  std::vector<int> mask(608, 1);
  for (std::size_t s = 304; s < 314; ++s) mask[s] = 0;
  const seqpool::AttentionMask masked(mask.data(), {2, 304});
  detail::BlockReader masked_reader(x, masked);
  masked_reader.start(0);
  masked_reader.next();
  CHECK(ahead(masked_reader.next(), 40) == 18 * hidden);

  // Behind a hole, in the same row; and not where too few tokens follow.
  std::fill(mask.begin(), mask.end(), 1);
  mask[256] = mask[257] = 0;
  masked_reader.start(0);
  CHECK(ahead(masked_reader.next(), 248) == 10 * hidden);
  mask[260] = 0;
  masked_reader.start(0);
  CHECK(ahead(masked_reader.next(), 248) == 0);

  // Nor where the row ends too soon.
  const seqpool::Lengths lengths(std::array{260, 304});
  detail::BlockReader short_reader(x, lengths);
  short_reader.start(0);
  CHECK(ahead(short_reader.next(), 248) == 0);
  // From one array into another too.
  std::vector<float> own(static_cast<std::size_t>(304 * hidden));
  const std::array<const float*, 2> rows{x.token(0, 0), own.data()};
  const seqpool::Ragged<float> ragged(rows, std::array{304, 304}, hidden);
  detail::BlockReader ragged_reader(ragged, selection);
  ragged_reader.start(0);
  CHECK(ahead(ragged_reader.next(), 248) == 8 * hidden);
  const auto last = ragged_reader.next();
  CHECK(reinterpret_cast<std::intptr_t>(last[40]) + ahead(last, 40) * 4 == reinterpret_cast<std::intptr_t>(own.data()));
  ragged_reader.start(1);
  ragged_reader.next();
  CHECK(ahead(ragged_reader.next(), 40) == 0);
}

TEST_CASE("what a core's cache may hold is not prefetched", "[block_reader]") {
  std::vector<float> states(std::size_t{2 * 129 * 1024});
  const seqpool::AllTokens selection;
  const auto ahead = [&](Index seq) {
    const HiddenStates<float> x(states.data(), {2, seq, 1024});
    detail::BlockReader reader(x, selection);
    reader.start(0);
    return detail::Prefetch::distance(reader.next(), 0);
  };
  CHECK(ahead(128) == 0);  // 1 MiB
  CHECK(ahead(129) == 8 * 1024);
}

TEST_CASE("packed tokens know where they stand, and are the right ones behind holes", "[block_reader]") {
  std::vector<float> spread;
  for (int s = 0; s < 12; ++s)
    for (int h = 0; h < 3; ++h) spread.insert(spread.end(), {static_cast<float>(10 * s + h), -1});
  const HiddenStates<float> x(spread.data(), {1, 12, 3}, {0, 6, 2});
  const std::vector<int> mask{0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1};
  const seqpool::AttentionMask real(mask.data(), {1, 12});
  detail::BlockReader reader(x, real);
  reader.start(0);
  const auto block = reader.next();
  const std::vector<Index> positions{1, 2, 5, 7, 8, 9, 11};
  REQUIRE(block.size() == 7);
  for (Index i = 0; i < 7; ++i) {
    CHECK(block.position(i) == positions[static_cast<std::size_t>(i)]);
    for (Index h = 0; h < 3; ++h)
      CHECK(block[i][h] == static_cast<float>(10 * positions[static_cast<std::size_t>(i)] + h));
  }
}

namespace {

// How many tokens have another number than their first feature says.
struct WrongNumbers {
  template <class T> struct State {
    Index count = 0;
  };
  template <seqpool::Scalar T> using Result = Index;

  Index width(Index) const { return 1; }
  void init(auto& state, Index) const { state.count = 0; }
  void fold(auto& state, const auto& tokens) const {
    for (Index i = 0; i < tokens.size(); ++i) state.count += static_cast<float>(tokens.number(i)) != *tokens[i];
  }
  void merge(auto& state, const auto& next) const { state.count += next.count; }
  void finish(const auto& state, auto out) const { out[0] = state.count; }
};

// Runs what it is given in parts, as many as there are threads.
struct Parts {
  static int numThreads() { return 4; }
  static Index currentThreadId() { return -1; }
  static void parallelFor(Index n, const Eigen::TensorOpCost&, const std::function<void(Index, Index)>& f) {
    for (Index first = 0; first < n; first += 3) f(first, std::min(n, first + 3));
  }
};

}  // namespace

TEST_CASE("tokens know their number among the row's real ones, in every form and with threads", "[block_reader]") {
  constexpr Index batch = 3, seq = 1500, hidden = 40;
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(batch, seq, hidden);
  Eigen::Tensor<bool, 2> mask(batch, seq);
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0, number = 0; s < seq; ++s) {
      mask(b, s) = b == 0 || (s + b) % (5 * b) != 0;
      for (Index h = 0; h < hidden; ++h) x(b, s, h) = static_cast<float>(mask(b, s) ? number : -1);
      number += mask(b, s);
    }
  const Eigen::Tensor<float, 3> columns = x.swap_layout().shuffle(std::array{2, 1, 0});
  const auto none = [](const auto& wrong) {
    for (Index i = 0; i < wrong.size(); ++i) CHECK(wrong.data()[i] == 0);
  };
  none(seqpool::pool(WrongNumbers{}, x, mask));
  none(seqpool::pool(WrongNumbers{}, columns, mask));
  none(seqpool::pool(WrongNumbers{}, x, mask, Parts{}));
  none(seqpool::pool(WrongNumbers{}, columns, mask, Parts{}));
  none(seqpool::pool(WrongNumbers{}, seqpool::HiddenStates<float>(x.data(), {1, seq, hidden}), Parts{}));
  none(seqpool::pool(seqpool::Concat{WrongNumbers{}, WrongNumbers{}}, x, mask));
  // A span begins anew.
  const auto spanned = seqpool::pool(WrongNumbers{}, x, seqpool::Spans{{0, 0, 9}, {0, 1, 9}});
  CHECK(spanned(0, 0) == 0);
  CHECK(spanned(1, 0) == 8);
  seqpool::Stream<WrongNumbers, float> stream{WrongNumbers{}, hidden};
  for (Index s = 0; s < seq; s += 125) stream.push(x.data() + s * hidden, 125);
  none(stream.value());
}
