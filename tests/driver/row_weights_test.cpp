// SPDX-License-Identifier: MIT
#include <seqpool/driver/row_weights.hpp>

#include <seqpool/seqpool.hpp>
#include <span>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

namespace {

// A score is the number of the token among its row's real ones.
struct ByNumber {
  Index heads() const { return 1; }
  void score(const seqpool::TokenBlock<float>& tile, std::span<float> scores) const {
    for (Index i = 0; i < tile.size(); ++i) scores[static_cast<std::size_t>(i)] = static_cast<float>(tile.number(i));
  }
};

}  // namespace

TEST_CASE("a row's scores may depend on the numbers of its real tokens", "[row_weights]") {
  const std::vector<float> states(2 * 300);
  const seqpool::HiddenStates<float> x(states.data(), {2, 300, 1});
  Eigen::Tensor<bool, 2> ones(2, 300);
  for (Index b = 0; b < 2; ++b)
    for (Index s = 0; s < 300; ++s) ones(b, s) = s % 30 != 7 && s < 299;
  const seqpool::AttentionMask mask(ones);
  detail::RowWeights weights(ByNumber{}, x, mask);
  std::vector<Index> positions;
  float last = 0;
  weights.for_each(1, [&](Index head, Index position, float weight) {
    CHECK(head == 0);
    positions.push_back(position);
    if (positions.size() > 280) CHECK(weight == ct::Approx(last * std::exp(1.f)).epsilon(1e-5));
    last = weight;
  });
  REQUIRE(positions.size() == 289);
  CHECK(positions.front() == 0);
  CHECK(positions[7] == 8);
  CHECK(positions.back() == 298);
  CHECK(last == ct::Approx(1 - std::exp(-1.)).epsilon(1e-5));
  STATIC_REQUIRE(detail::heads_of<ByNumber> == Eigen::Dynamic);
  STATIC_REQUIRE(detail::heads_of<seqpool::Attention<float>> == 1);
}
