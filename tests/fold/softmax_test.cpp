// SPDX-License-Identifier: MIT
#include <seqpool/fold/softmax.hpp>

#include <cmath>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::TokenBlock;

namespace {

// Head k scores a token by its feature k.
struct ByFeature {
  Index heads_ = 1;
  Index heads() const { return heads_; }
  void score(const TokenBlock<double>& tile, std::span<double> scores) const {
    for (Index k = 0; k < heads_; ++k)
      for (Index i = 0; i < tile.size(); ++i)
        scores[static_cast<std::size_t>(k * seqpool::score_tile + i)] = tile[i][k];
  }
};

}  // namespace

TEST_CASE("several heads run side by side, each its own softmax", "[softmax]") {
  STATIC_REQUIRE(seqpool::Scorer<ByFeature, double>);
  STATIC_REQUIRE(!seqpool::Scorer<int, double>);
  constexpr Index n = 21;
  constexpr Index hidden = 3;
  std::vector<double> x;
  for (Index i = 0; i < n * hidden; ++i) x.push_back(std::sin(static_cast<double>(i * i)) * 4);
  const ByFeature scorer{2};
  seqpool::SoftmaxState<double> state;
  state.start(2, hidden);
  state.fold(TokenBlock<double>(x.data(), 10, hidden, hidden), scorer);
  seqpool::SoftmaxState<double> next;
  next.start(2, hidden);
  next.fold(TokenBlock<double>(x.data() + 10 * hidden, 11, hidden, hidden), scorer);
  state.merge(next);
  CHECK(state.count == n);
  std::vector<double> out(2 * hidden);
  state.finish(out);
  for (std::size_t k = 0; k < 2; ++k) {
    double sum = 0;
    std::vector<double> weighted(hidden);
    for (std::size_t i = 0; i < n; ++i) {
      const double weight = std::exp(x[3 * i + k]);
      sum += weight;
      for (std::size_t h = 0; h < hidden; ++h) weighted[h] += weight * x[3 * i + h];
    }
    for (std::size_t h = 0; h < hidden; ++h) CHECK(out[3 * k + h] == ct::Approx(weighted[h] / sum).epsilon(1e-14));
  }
}

TEST_CASE("no token gives zeros for every head", "[softmax]") {
  seqpool::SoftmaxState<double> state;
  state.start(3, 2);
  std::vector<double> out(6, -7);
  state.finish(out);
  for (const double value : out) CHECK(value == 0);
  state.merge(state);
  state.finish(out);
  for (const double value : out) CHECK(value == 0);
}
