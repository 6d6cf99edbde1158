// SPDX-License-Identifier: MIT
#include <seqpool/fold/pooling.hpp>

#include <algorithm>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

#include "midrange.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::Reads;

namespace {

struct WithoutMerge {
  template <class T> struct State {};
  Index width(Index hidden) const { return hidden; }
  void init(auto&, Index) const {}
  void fold(auto&, const auto&) const {}
  void finish(const auto&, auto) const {}
};

// The position of each feature's largest value: a result that is no accumulator, and a place for each token.
struct MaxIndices {
  template <class T> struct State {
    std::vector<seqpool::accumulator_t<T>> values;
    std::vector<Index> where;
  };
  template <seqpool::Scalar T> using Result = Index;

  std::size_t width(Index hidden) const { return static_cast<std::size_t>(hidden); }  // any integer will do
  template <class T> void init(State<T>& state, Index hidden) const {
    state.values.assign(static_cast<std::size_t>(hidden), -1e30f);
    state.where.assign(static_cast<std::size_t>(hidden), 0);
  }
  template <class T> void fold(State<T>& state, const seqpool::TokenBlock<T>& tokens) const {
    seqpool::fold_features(
        tokens, [&](Index i) { return tokens.position(i); },
        [](auto x, Index position, auto& value, Index& where) {
          if (x > value) value = x, where = position;
        },
        state.values.data(), state.where.data());
  }
  template <class T> void merge(State<T>& state, const State<T>& next) const {
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

// States are merged and loaded by the identity of their pooling, so it must tell poolings apart by everything they
// hold.
TEST_CASE("a pooling's name and parameters are all that it holds", "[pooling]") {
  using Names = std::vector<std::string>;
  using Matrix = Eigen::Tensor<float, 2, Eigen::RowMajor>;
  const auto matrix = [](Index rows, Index columns, float first) {
    Matrix m(rows, columns);
    for (Index i = 0; i < m.size(); ++i) m.data()[i] = first + static_cast<float>(i);
    return m;
  };
  const auto names = [&] {
    Names all;
    const auto add_one = [&](const auto& pooling) {
      all.push_back(seqpool::identity_of(pooling));
      Names parameters;
      seqpool::visit_parameters(pooling, [&](std::string_view name, auto numbers, auto shape, bool) {
        parameters.emplace_back(name);
        Index size = 1;
        for (const Index n : shape) size *= n;
        CHECK(static_cast<std::size_t>(size) == numbers.size());
      });
      std::sort(parameters.begin(), parameters.end());
      CHECK(std::adjacent_find(parameters.begin(), parameters.end()) == parameters.end());
    };
    const auto add = [&](const auto&... poolings) { (add_one(poolings), ...); };
    add(seqpool::Cls{}, seqpool::Last{}, seqpool::Mean{}, seqpool::Max{}, seqpool::Min{}, seqpool::Sum{},
        seqpool::AbsMax{}, seqpool::AbsMean{}, seqpool::RootMeanSquare{}, seqpool::MeanMax{}, seqpool::MeanSqrtLen{},
        seqpool::MaxIndices{}, seqpool::MeanStd{}, seqpool::MeanStd{seqpool::MeanStd::sample});
    add(seqpool::WeightedMean{}, seqpool::WeightedMean{.before = 1}, seqpool::WeightedMean{.before = 11});
    add(seqpool::GeneralizedMean{3}, seqpool::GeneralizedMean{2}, seqpool::GeneralizedMean(3, 1e-5),
        seqpool::GeneralizedMean{std::vector<float>{3, 2}}, seqpool::GeneralizedMean{std::vector<float>{2, 3}});
    add(seqpool::LogSumExp{3}, seqpool::LogSumExp{2});
    using seqpool::Splade;
    for (const auto strategy : {Splade::max, Splade::sum})
      for (const auto weight : {Splade::relu, Splade::log1p_relu}) add(Splade{strategy, weight});
    for (const Matrix& query : {matrix(2, 3, 0), matrix(2, 3, 1), matrix(3, 3, 0)}) {
      const seqpool::MaxSim sim{query};
      add(sim, sim.per_query(), sim.normalize_tokens(), sim.per_query().normalize_tokens());
      const seqpool::Attention attention{query}, scaled(query, 2);
      add(attention, attention.average(), scaled, scaled.average());
    }
    const std::vector<float> one{1, 2, 3}, other{1, 2, 4};
    add(seqpool::Attention{one}, seqpool::Attention{other}, seqpool::Attention(one, 2));
    const auto w = matrix(3, 2, 0);
    add(seqpool::TokenWeightedMean{w}, seqpool::TokenWeightedMean{matrix(3, 2, 1)},
        seqpool::TokenWeightedMean{matrix(2, 3, 0)}, seqpool::TokenWeightedMean{matrix(1, 2, 0)});
    using seqpool::AdditiveAttention;
    const AdditiveAttention plain{w, one, one};
    add(plain, AdditiveAttention{matrix(3, 2, 1), one, one}, AdditiveAttention{w, other, one},
        AdditiveAttention{w, one, other}, plain.gelu(), plain.layer_norm(one, one), plain.layer_norm(other, one),
        plain.layer_norm(one, other), plain.layer_norm(one, one, 1e-4), plain.layer_norm(one, one).gelu());
    using seqpool::SelfAttentive;
    add(SelfAttentive{w, matrix(1, 3, 0)}, SelfAttentive{w, matrix(1, 3, 1)}, SelfAttentive{w, matrix(2, 3, 0)},
        SelfAttentive{matrix(3, 2, 1), matrix(1, 3, 0)});
    using seqpool::PositionalAttention;
    add(PositionalAttention{w, one}, PositionalAttention{w, other}, PositionalAttention{matrix(3, 2, 1), one});
    for (const Index queries : {1, 2})
      for (const Index heads : {1, 2})
        for (const double scale : {1.0, 2.0}) {
          seqpool::MultiheadAttentionWeights<float> weights;
          weights.query = matrix(queries, 2, 1);
          weights.heads = heads;
          weights.in_proj_weight = matrix(6, 2, 0);
          weights.out_proj_weight = matrix(2, 2, 0);
          weights.scale = scale;
          add(seqpool::MultiheadAttention{weights}.pooling());
        }
    using Any = seqpool::AnyPooling<float>;
    add(seqpool::Concat{seqpool::Mean{}, seqpool::Attention{one}},
        seqpool::Concat{seqpool::Mean{}, seqpool::Attention{other}},
        seqpool::Concat{seqpool::Attention{one}, seqpool::Mean{}}, seqpool::Concat{seqpool::Mean{}},
        seqpool::Concat{seqpool::Mean{}, seqpool::WeightedMean{.before = 2}});
    for (const auto& list :
         {std::vector<Any>{seqpool::Max{}, seqpool::LogSumExp{3}}, {seqpool::Max{}, seqpool::LogSumExp{2}}})
      add(Any(list));
    return all;
  };
  const Names all = names();
  CHECK(all == names());
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      INFO(i << " and " << j << " are both " << all[i]);
      CHECK(all[i] != all[j]);
    }
  CHECK(seqpool::WeightedMean{}.name() == "weighted_mean");
  CHECK(seqpool::Attention{std::vector<float>{1, 2}}.name() == "attention");
  CHECK(seqpool::Attention(matrix(2, 2, 1), 0.1).average().name() == "average attention scaled by 0.1");
  CHECK(seqpool::GeneralizedMean(3, 1e-5).name() == "generalized_mean of eps 1e-05");
  CHECK(seqpool::GeneralizedMean(3, 1e-5 + 1e-20).name() != "generalized_mean of eps 1e-05");
  // A query is visited without its scale, and those of others behind their place.
  std::string visited;
  seqpool::visit_parameters(seqpool::Concat{seqpool::Mean{}, seqpool::Attention(matrix(2, 2, 1), 0.1)},
                            [&](std::string_view name, auto numbers, auto, bool penalised) {
                              visited += name;
                              for (const float number : numbers)
                                visited += ' ' + std::to_string(static_cast<int>(number));
                              CHECK(penalised);
                            });
  CHECK(visited == "1.query 1 2 3 4");
  // What it holds at run time changes no name.
  CHECK(seqpool::AnyPooling<float>(seqpool::WeightedMean{.before = 2}).name() ==
        seqpool::WeightedMean{.before = 2}.name());
}
