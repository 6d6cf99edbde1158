// SPDX-License-Identifier: MIT
#include <seqpool/driver/block_reader.hpp>

#include <numeric>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"

using seqpool::HiddenStates;
using seqpool::Index;
using seqpool::Reads;
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
  const auto selection = detail::select(1000, numbers.mask);
  detail::BlockReader reader(x, selection);
  std::vector<Index> sizes;
  std::vector<Index> starts;
  std::vector<float> seen;
  reader.start(1, 0);
  starts.push_back(reader.position());
  for (auto block = reader.next(); !block.empty(); block = reader.next()) {
    sizes.push_back(block.size());
    starts.push_back(reader.position());
    for (const float* token : block) seen.push_back(*token);
  }
  CHECK(sizes == std::vector<Index>{256, 256, 154});  // 666 real tokens
  REQUIRE(seen.size() == 666);
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == static_cast<float>(i / 2 * 3 + 1 + i % 2));

  reader.start(1, 0);
  for (const Index size : sizes) CHECK(reader.skip() == size);
  CHECK(reader.skip() == 0);
  reader.start(1, starts[1]);
  CHECK(*reader.next()[0] == seen[256]);
  reader.start(0, 0);
  CHECK(reader.next().empty());
}

TEST_CASE("a pooling of one token gets the first or the last real one", "[block_reader]") {
  const Numbers numbers;
  const HiddenStates<float> x(numbers.states.data(), {2, 1000, 1});
  const auto selection = detail::select(1000, numbers.mask);
  detail::BlockReader reader(x, selection);
  reader.start(1, 0);
  CHECK(*reader.next_only(Reads::first_token)[0] == 1);
  reader.start(1, 0);
  CHECK(*reader.next_only(Reads::last_token)[0] == 998);
  reader.start(0, 0);
  CHECK(reader.next_only(Reads::last_token).empty());
}

TEST_CASE("tokens in one piece are read in place, others are packed", "[block_reader]") {
  const auto states = test::tokens<float>(300, 37, 1);
  std::vector<float> spread(states.size() * 3);
  for (std::size_t i = 0; i < states.size(); ++i) spread[3 * i] = states[i];
  const seqpool::AllTokens selection(300);
  const HiddenStates<float> dense(states.data(), {1, 300, 37});
  detail::BlockReader in_place(dense, selection);
  in_place.start(0, 0);
  CHECK(in_place.next()[255] == states.data() + 255 * 37);
  const HiddenStates<float> strided(spread.data(), {1, 300, 37}, {0, 3 * 37, 3});
  detail::BlockReader packing(strided, selection);
  packing.start(0, 0);
  packing.next();
  const auto block = packing.next();
  REQUIRE(block.size() == 44);
  for (Index i = 0; i < 44; ++i)
    for (Index h = 0; h < 37; ++h) CHECK(block[i][h] == states[static_cast<std::size_t>((256 + i) * 37 + h)]);
}

TEST_CASE("tokens beyond a core's cache are listed ahead of their block, into the next row", "[block_reader]") {
  const Index hidden = 1024;
  const std::vector<float> states(static_cast<std::size_t>(2 * 300 * hidden));
  const HiddenStates<float> x(states.data(), {2, 300, hidden});
  const seqpool::AllTokens selection(300);
  detail::BlockReader reader(x, selection);
  reader.start(0, 0);
  const auto first = reader.next();
  CHECK(first.size() == 256);
  CHECK(first.ahead(0, 8) == 8 * hidden);
  CHECK(first.ahead(248, 8) == 8 * hidden);  // in the second block
  CHECK(first.ahead(249, 8) == 0);           // no more are listed
  const auto second = reader.next();
  CHECK(second.size() == 44);
  CHECK(second.ahead(36, 8) == 8 * hidden);  // in row 1
  reader.start(1, 256);
  CHECK(reader.next().ahead(36, 8) == 0);  // nothing behind the last row

  // Of a row whose next one begins with padding, only real tokens.
  const std::vector<int> mask = [] {
    std::vector<int> m(600, 1);
    for (std::size_t s = 300; s < 310; ++s) m[s] = 0;
    return m;
  }();
  const Eigen::TensorMap<const Eigen::Tensor<const int, 2, Eigen::RowMajor>> view(mask.data(), 2, 300);
  const auto masked = detail::select(300, view);
  detail::BlockReader masked_reader(x, masked);
  masked_reader.start(0, 256);
  const auto block = masked_reader.next();
  CHECK(block.ahead(43, 1) == 11 * hidden);  // row 1's token 10
  CHECK(block.ahead(36, 8) == 18 * hidden);

  const HiddenStates<float> small(states.data(), {2, 300, 16});
  detail::BlockReader small_reader(small, selection);
  small_reader.start(0, 0);
  CHECK(small_reader.next().ahead(0, 8) == 0);
}
