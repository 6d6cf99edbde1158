// SPDX-License-Identifier: MIT
#include <seqpool/fold/pooling.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "midrange.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::Reads;

namespace {

struct WithoutMerge {
  template <class T>
  struct State {};
  Index width(Index hidden) const { return hidden; }
  void init(auto&, Index) const {}
  void fold(auto&, const auto&) const {}
  void finish(const auto&, auto) const {}
};

// The position of each feature's largest value: a result that is no accumulator, and a place for each token.
struct MaxIndices {
  template <class T>
  struct State {
    std::vector<seqpool::accumulator_t<T>> values;
    std::vector<Index> where;
  };
  template <seqpool::Scalar T>
  using Result = Index;

  std::size_t width(Index hidden) const { return static_cast<std::size_t>(hidden); }  // any integer will do
  template <class T>
  void init(State<T>& state, Index hidden) const {
    state.values.assign(static_cast<std::size_t>(hidden), -1e30f);
    state.where.assign(static_cast<std::size_t>(hidden), 0);
  }
  template <class T>
  void fold(State<T>& state, const seqpool::TokenBlock<T>& tokens) const {
    seqpool::fold_features(
        tokens, [&](Index i) { return tokens.position(i); },
        [](auto x, Index position, auto& value, Index& where) {
          if (x > value) value = x, where = position;
        },
        state.values.data(), state.where.data());
  }
  template <class T>
  void merge(State<T>& state, const State<T>& next) const {
    for (std::size_t h = 0; h < state.values.size(); ++h)
      if (next.values[h] > state.values[h]) state.values[h] = next.values[h], state.where[h] = next.where[h];
  }
  void finish(const auto& state, std::span<Index> out) const {
    std::copy(state.where.begin(), state.where.end(), out.begin());
  }
};

}  // namespace

TEST_CASE("the concept knows ours, a user's, and what is none", "[pooling]") {
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Cls>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Last, double>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Mean, Eigen::half>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Max, Eigen::bfloat16>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::WeightedMean>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::TokenWeightedMean<float>, Eigen::half>);
  STATIC_REQUIRE(!seqpool::Pooling<seqpool::TokenWeightedMean<double>, float>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Attention<float>>);
  STATIC_REQUIRE(!seqpool::Pooling<seqpool::Attention<double>, float>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Concat<seqpool::Cls, seqpool::Mean>>);
  STATIC_REQUIRE(!seqpool::Pooling<seqpool::Concat<seqpool::Cls, seqpool::Attention<double>>, float>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::AnyPooling<float>, float>);
  STATIC_REQUIRE(!seqpool::Pooling<seqpool::AnyPooling<float>, double>);
  STATIC_REQUIRE(seqpool::Pooling<Midrange>);
  STATIC_REQUIRE(seqpool::Pooling<MaxIndices>);
  STATIC_REQUIRE(!seqpool::Pooling<WithoutMerge>);
  STATIC_REQUIRE(!seqpool::Pooling<int>);
}

TEST_CASE("a pooling says which tokens it reads, or gets all; flags join", "[pooling]") {
  using seqpool::reads_of;
  CHECK(reads_of(seqpool::Cls{}) == Reads::first_token);
  CHECK(reads_of(seqpool::Last{}) == Reads::last_token);
  CHECK(reads_of(seqpool::Mean{}) == Reads::every_token);
  CHECK(reads_of(Midrange{}) == Reads::every_token);
  CHECK((Reads::first_token | Reads::last_token) == Reads::first_and_last);
  CHECK((Reads::first_token | Reads::every_token) == Reads::every_token);
}

TEST_CASE("a pooling's result may be of another type, and its tokens know where they stand", "[pooling]") {
  Eigen::Tensor<float, 3> x(2, 600, 20);
  x.setConstant(1);
  x(0, 599, 0) = x(0, 17, 19) = x(1, 3, 5) = x(1, 300, 6) = 2;
  Eigen::Tensor<bool, 2> mask(2, 600);
  mask.setConstant(true);
  mask(1, 1) = mask(0, 16) = false;
  const auto where = seqpool::pool(MaxIndices{}, x, mask);
  STATIC_REQUIRE(std::is_same_v<decltype(where)::Scalar, Index>);
  CHECK(where(0, 0) == 599);
  CHECK(where(0, 19) == 17);
  CHECK(where(1, 5) == 3);
  CHECK(where(1, 6) == 300);
  CHECK(where(1, 7) == 0);
}

namespace {

// Fits [2, seq] only, and says so before anything is folded.
struct OfTwo : seqpool::Mean {
  void check(Index batch, Index) const {
    if (batch != 2) throw std::invalid_argument("of two");
  }
};

}  // namespace

TEST_CASE("check is asked before anything is written", "[pooling]") {
  const std::vector<float> data(6, 1);
  Eigen::Tensor<float, 2> out(3, 1);
  out.setConstant(-1);
  CHECK_THROWS_WITH(seqpool::pool_into(out, OfTwo{}, seqpool::HiddenStates<float>(data.data(), {3, 2, 1})), "of two");
  CHECK(out(0, 0) == -1);
  CHECK_NOTHROW(seqpool::pool(OfTwo{}, seqpool::HiddenStates<float>(data.data(), {2, 3, 1})));
}
