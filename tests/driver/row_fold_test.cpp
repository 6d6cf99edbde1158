// SPDX-License-Identifier: MIT
// That its bits are those of the driver is a law: here is how it cuts.
#include <seqpool/driver/row_fold.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::TokenBlock;

namespace {

// Lists how many tokens each block had.
struct BlockSizes {
  template <class T> struct State {
    std::vector<Index> sizes;
  };
  Index width(Index) const { return 1; }
  void init(auto& state, Index) const { state.sizes.assign(1, 0); }
  void fold(auto& state, const auto& tokens) const { state.sizes.back() += tokens.size(); }
  void merge(auto& state, const auto& next) const {
    state.sizes.insert(state.sizes.end(), next.sizes.begin(), next.sizes.end());
  }
  void finish(const auto&, auto) const {}
};

}  // namespace

TEST_CASE("a row is cut every 256 tokens, whatever the parts it comes in", "[row_fold]") {
  const std::vector<float> x(800);
  for (const Index part : {8, 24, 256, 264, 800}) {
    seqpool::detail::RowFold<BlockSizes, float> row;
    for (const Index n : {1, 255, 256, 257, 512, 700}) {
      row.start(1);
      CHECK(row.count() == 0);
      for (Index first = 0; first < n; first += part)
        row.fold(BlockSizes{}, TokenBlock<float>(x.data() + first, std::min(part, n - first), 1, 1));
      CHECK(row.count() == n);
      const auto parts = row.parts();
      REQUIRE(parts.size() == (n <= 256 || n == 512 ? 1u : 2u));
      CHECK(parts.front().first == 0);
      CHECK(parts.back().first + parts.back().count == n);
      if (parts.size() == 2) CHECK(parts[1].first == n - n % 256);
      if (parts.size() == 2) CHECK(parts[0].count == parts[1].first);
      const auto& sizes = row.finished(BlockSizes{}).sizes;
      REQUIRE(sizes.size() == static_cast<std::size_t>((n + 255) / 256));
      for (std::size_t i = 0; i + 1 < sizes.size(); ++i) CHECK(sizes[i] == 256);
      CHECK(sizes.back() == (n - 1) % 256 + 1);
    }
  }
}
