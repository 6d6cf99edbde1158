// SPDX-License-Identifier: MIT
#include <seqpool/driver/exchange.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::AllTokens;
using seqpool::HiddenStates;
using seqpool::Index;
namespace detail = seqpool::detail;

namespace {

// The sum of every feature, times the feature's number: each by itself, but not alike.
struct Numbered {
  template <seqpool::Scalar T> using State = seqpool::FeatureState<T>;
  Index width(Index hidden) const { return hidden; }
  void init(auto& state, Index hidden) const { state.start(hidden, 0); }
  void fold(auto& state, const auto& tokens) const { state.fold(tokens, std::plus()); }
  void merge(auto& state, const auto& next) const { state.merge(next, std::plus()); }
  void finish(const auto& state, auto out) const {
    for (std::size_t h = 0; h < out.size(); ++h) out[h] = state.values[h] * static_cast<float>(h);
  }
};

}  // namespace

TEST_CASE("batch and hidden are exchanged for our plain poolings, in column-major, without a mask", "[exchange]") {
  const std::vector<float> data(1000);
  const HiddenStates<float> x(data.data(), {4, 5, 6}, {1, 4, 20});
  CHECK(detail::may_exchange<seqpool::Mean, HiddenStates<float>, AllTokens>(x));
  CHECK(detail::may_exchange<seqpool::Last, HiddenStates<float>, AllTokens>(x));
  CHECK_FALSE(detail::may_exchange<seqpool::Attention<float>, HiddenStates<float>, AllTokens>(x));
  CHECK_FALSE(detail::may_exchange<seqpool::WeightedMean, HiddenStates<float>, AllTokens>(x));
  CHECK_FALSE(detail::may_exchange<Numbered, HiddenStates<float>, AllTokens>(x));
  CHECK_FALSE(detail::may_exchange<seqpool::Mean, HiddenStates<float>, seqpool::Lengths>(x));
  const HiddenStates<float> row_major(data.data(), {4, 5, 6});
  CHECK_FALSE(detail::may_exchange<seqpool::Mean, HiddenStates<float>, AllTokens>(row_major));
  const HiddenStates<float> sparse(data.data(), {4, 5, 6}, {60, 12, 2});  // neither lies side by side
  CHECK_FALSE(detail::may_exchange<seqpool::Mean, HiddenStates<float>, AllTokens>(sparse));
  const HiddenStates<float> few(data.data(), {3, 5, 6}, {1, 3, 15});
  CHECK_FALSE(detail::may_exchange<seqpool::Mean, HiddenStates<float>, AllTokens>(few));
}

TEST_CASE("a user's pooling with a parameter for each feature is right in column-major too", "[exchange]") {
  Eigen::Tensor<float, 3> column_major(6, 4, 5);
  Eigen::Tensor<float, 3, Eigen::RowMajor> row_major(6, 4, 5);
  column_major.setConstant(1);
  row_major.setConstant(1);
  const auto a = seqpool::pool(Numbered{}, column_major);
  const auto b = seqpool::pool(Numbered{}, row_major);
  for (Index h = 0; h < 5; ++h) {
    CHECK(a(2, h) == static_cast<float>(4 * h));
    CHECK(b(2, h) == static_cast<float>(4 * h));
  }
}

TEST_CASE("exchanged, every plain pooling gives what row-major gives", "[exchange]") {
  Eigen::Tensor<float, 3> column_major(9, 300, 7);
  Eigen::Tensor<float, 3, Eigen::RowMajor> row_major(9, 300, 7);
  for (Index b = 0; b < 9; ++b)
    for (Index s = 0; s < 300; ++s)
      for (Index h = 0; h < 7; ++h)
        column_major(b, s, h) = row_major(b, s, h) = static_cast<float>((b * 31 + s * 17 + h * 7) % 101) - 50;
  const auto check = [&](const auto& pooling) {
    const auto a = seqpool::pool(pooling, column_major);
    const auto b = seqpool::pool(pooling, row_major);
    for (Index i = 0; i < 9; ++i)
      for (Index h = 0; h < 7; ++h) CHECK(a(i, h) == b(i, h));
  };
  check(seqpool::Cls{});
  check(seqpool::Last{});
  check(seqpool::Mean{});
  check(seqpool::Max{});
  check(seqpool::Min{});
  check(seqpool::Sum{});
  check(seqpool::MeanSqrtLen{});
}
