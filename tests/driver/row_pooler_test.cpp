// SPDX-License-Identifier: MIT
// The driver's work is in pool_test.cpp and in the laws; here are its edges with a device.
#define EIGEN_USE_THREADS
#include <seqpool/driver/row_pooler.hpp>

#include <atomic>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/plain_poolings.hpp"
#include "support/rows.hpp"

using seqpool::HiddenStates;
using seqpool::Index;

namespace {

// Says that it has so many threads, and has one.
struct Claims {
  int threads;
  int numThreads() const { return threads; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost&,
                   std::function<void(Eigen::Index, Eigen::Index)> f) const {
    for (Eigen::Index i = 0; i < n; ++i) f(i, i + 1);
  }
};

}  // namespace

TEST_CASE("a device of 0, negative or very many threads pools all the same", "[row_pooler]") {
  const auto states = test::tokens<float>(3 * 600, 20, 1);
  const HiddenStates<float> x(states.data(), {3, 600, 20});
  const auto expected = test::rows_of(seqpool::mean_pool(x));
  for (const int threads : {0, -3, 1, 2, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    Eigen::Tensor<float, 2, Eigen::RowMajor> out(3, 20);
    out.setConstant(-7);
    seqpool::pool_into(out, seqpool::Mean{}, x, Claims{threads});
    CHECK(test::rows_of(out) == expected);
  }
}

TEST_CASE("batch 0 with a device allocates nothing, whatever hidden is", "[row_pooler]") {
  const Index hidden = Index{1} << (sizeof(Index) * 5);
  const HiddenStates<float> x(nullptr, {0, 7, hidden});
  const auto result = seqpool::mean_pool(x, Claims{2});
  CHECK(result.dimension(0) == 0);
  CHECK(result.dimension(1) == hidden);
}

TEST_CASE("states of blocks are few beside the tokens", "[row_pooler]") {
  const Index seq = 300000;
  const std::vector<float> states(static_cast<std::size_t>(seq), 1);
  const HiddenStates<float> x(states.data(), {1, seq, 1});
  const test::AllocationCount count;
  CHECK(seqpool::mean_pool(x, Claims{2})(0, 0) == 1);
  CHECK(count.so_far() < 10);
  const HiddenStates<float> wide(states.data(), {1, seq / 20, 20});
  CHECK(seqpool::mean_pool(wide, Claims{2})(0, 0) == 1);
}

TEST_CASE("blocks are shared out in rounds of 64 a thread, of 64 threads at most, and none is lost", "[row_pooler]") {
  struct Counts : Claims {
    int* rounds;
    void parallelFor(Eigen::Index n, const Eigen::TensorOpCost& cost,
                     std::function<void(Eigen::Index, Eigen::Index)> f) const {
      ++*rounds;
      Claims::parallelFor(n, cost, f);
    }
  };
  const std::vector<float> token(16, 1);  // every token is this one
  const auto pooled = [&](Index batch, Index seq, int threads) {
    int rounds = 0;
    const HiddenStates<float> x(token.data(), {batch, seq, 16}, {0, 0, 1});
    for (const auto& row : test::rows_of(seqpool::sum_pool(x, Counts{{threads}, &rounds})))
      for (const float sum : row) CHECK(sum == static_cast<float>(seq));
    return rounds;
  };
  CHECK(pooled(1, 128 * 256, 2) == 1);
  CHECK(pooled(1, 300 * 256, 2) == 3);
  CHECK(pooled(2, 65 * 256, 2) == 2);
  CHECK(pooled(1, 4098 * 256, 1000) == 2);
}

TEST_CASE("a mask is read once, whatever the number of blocks", "[row_pooler]") {
  // A selection that counts how far it was asked to look.
  struct Counting {
    std::atomic<Index>* looked;
    void check(Index, Index) const {}
    seqpool::Run next_run(Index, seqpool::Run within) const {
      *looked += within.end - within.begin;
      return within;
    }
  };
  const Index seq = 40000;
  const std::vector<float> states(static_cast<std::size_t>(seq * 16), 1);
  const HiddenStates<float> x(states.data(), {1, seq, 16});
  std::atomic<Index> looked{0};
  CHECK(seqpool::mean_pool(x, Counting{&looked}, Claims{2})(0, 3) == 1);
  CHECK(looked <= 3 * seq);
}

TEST_CASE("the width of a pooling may be any integer, and is written and no more", "[row_pooler]") {
  const std::vector<float> states(4 * 3, 2);
  std::vector<float> buffer(4, -1);
  Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> out(buffer.data(), 1, 3);
  seqpool::pool_into(out, seqpool::Mean{}, HiddenStates<float>(states.data(), {1, 4, 3}));
  CHECK(buffer == std::vector<float>{2, 2, 2, -1});
  Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> wide(buffer.data(), 1, 4);
  CHECK_THROWS_WITH(seqpool::pool_into(wide, seqpool::Mean{}, HiddenStates<float>(states.data(), {1, 4, 3})),
                    ct::has_substring("out is [1, 4]"));
  Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> tall(buffer.data(), 2, 2);
  CHECK_THROWS_WITH(seqpool::pool_into(tall, seqpool::Mean{}, HiddenStates<float>(states.data(), {1, 6, 2})),
                    ct::has_substring("out is [2, 2]"));
  Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> null(nullptr, 1, 3);
  CHECK_THROWS_WITH(seqpool::pool_into(null, seqpool::Mean{}, HiddenStates<float>(states.data(), {1, 4, 3})),
                    ct::has_substring("out [1, 3] has a null pointer"));
}

TEST_CASE("rows of more blocks than a round takes, and empty ones between them, give what the calling thread gives",
          "[row_pooler]") {
  const Index seq = 35000;  // 137 blocks of a row, of which a round of two threads takes 128
  const auto states = test::tokens<float>(3 * seq, 16, 7);
  const HiddenStates<float> x(states.data(), {3, seq, 16});
  const seqpool::Lengths lengths(std::array<Index, 3>{seq, 0, seq - 3});
  Eigen::Tensor<float, 2, Eigen::RowMajor> out(3, 16);
  out.setConstant(-7);
  seqpool::pool_into(out, seqpool::Mean{}, x, lengths, Claims{2});
  CHECK(test::rows_of(out) == test::rows_of(seqpool::mean_pool(x, lengths)));
}

namespace {

using seqpool::detail::may_exchange;

// The sum of every feature, times the feature's number: each by itself, but not alike.
struct Numbered : seqpool::FeaturePooling<Numbered> {
  static constexpr auto feature_op = std::plus<>();
  static constexpr bool features_alike = false;
  void finish(const auto& state, auto out) const {
    for (std::size_t h = 0; h < out.size(); ++h) out[h] = state.values[h] * static_cast<float>(h);
  }
};

// A factor for each feature: what it holds might be a feature's, so that it need not say so.
struct Scaled : seqpool::FeaturePooling<Scaled> {
  static constexpr auto feature_op = std::plus<>();
  std::vector<float> factors;
  void finish(const auto& state, auto out) const {
    for (std::size_t h = 0; h < out.size(); ++h) out[h] = state.values[h] * factors[h];
  }
};

// One of ours with a finish of its own.
struct NumberedMean : seqpool::Mean {
  void finish(const auto& state, auto out) const {
    Mean::finish(state, out);
    for (std::size_t h = 0; h < out.size(); ++h) out[h] *= static_cast<float>(h);
  }
};

// Alike, but twice as wide.
struct Twice : seqpool::FeaturePooling<Twice> {
  static constexpr auto feature_op = std::plus<>();
  Index width(Index hidden) const { return 2 * hidden; }
  void finish(const auto& state, auto out) const {
    for (std::size_t h = 0; h < out.size(); ++h) out[h] = state.values[h / 2];
  }
};

}  // namespace

TEST_CASE("batch and hidden are exchanged for our plain poolings, in column-major, without a mask", "[row_pooler]") {
  const std::vector<float> data(1000);
  const HiddenStates<float> x(data.data(), {4, 5, 6}, {1, 4, 20});
  CHECK(may_exchange<seqpool::Mean, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK(may_exchange<seqpool::Last, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK(may_exchange<seqpool::AbsMax, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK(may_exchange<seqpool::AbsMean, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK(may_exchange<seqpool::RootMeanSquare, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK_FALSE(may_exchange<Scaled, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK_FALSE(may_exchange<NumberedMean, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK_FALSE(may_exchange<seqpool::Attention<float>, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK_FALSE(may_exchange<seqpool::WeightedMean, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK_FALSE(may_exchange<Numbered, HiddenStates<float>, seqpool::AllTokens>(x));
  CHECK_FALSE(may_exchange<seqpool::Mean, HiddenStates<float>, seqpool::Lengths>(x));
  const HiddenStates<float> row_major(data.data(), {4, 5, 6});
  CHECK_FALSE(may_exchange<seqpool::Mean, HiddenStates<float>, seqpool::AllTokens>(row_major));
  const HiddenStates<float> sparse(data.data(), {4, 5, 6}, {60, 12, 2});  // neither lies side by side
  CHECK_FALSE(may_exchange<seqpool::Mean, HiddenStates<float>, seqpool::AllTokens>(sparse));
  const HiddenStates<float> few(data.data(), {3, 5, 6}, {1, 3, 15});
  CHECK_FALSE(may_exchange<seqpool::Mean, HiddenStates<float>, seqpool::AllTokens>(few));
}

TEST_CASE("a user's pooling that tells features apart is right in column-major too", "[row_pooler]") {
  Eigen::Tensor<float, 3> column_major(6, 4, 5);
  Eigen::Tensor<float, 3, Eigen::RowMajor> row_major(6, 4, 5);
  column_major.setConstant(1);
  row_major.setConstant(1);
  const auto check = [&](const auto& pooling, float factor) {
    const auto a = seqpool::pool(pooling, column_major);
    const auto b = seqpool::pool(pooling, row_major);
    for (Index h = 0; h < 5; ++h) {
      CHECK(a(2, h) == factor * static_cast<float>(h));
      CHECK(b(2, h) == factor * static_cast<float>(h));
    }
  };
  check(Numbered{}, 4);
  check(Scaled{{}, {0, 1, 2, 3, 4}}, 4);
  check(NumberedMean{}, 1);
  for (Index h = 0; h < 5; ++h) column_major.chip(h, 2).setConstant(static_cast<float>(h));
  const auto twice = seqpool::pool(Twice{}, column_major);
  REQUIRE(twice.dimension(1) == 10);
  for (Index h = 0; h < 10; ++h) CHECK(twice(5, h) == static_cast<float>(4 * (h / 2)));
}

TEST_CASE("exchanged, every plain pooling gives what row-major gives", "[row_pooler]") {
  Eigen::Tensor<float, 3> column_major(9, 300, 7);
  Eigen::Tensor<float, 3, Eigen::RowMajor> row_major(9, 300, 7);
  for (Index b = 0; b < 9; ++b)
    for (Index s = 0; s < 300; ++s)
      for (Index h = 0; h < 7; ++h)
        column_major(b, s, h) = row_major(b, s, h) = (static_cast<float>((b * 31 + s * 17 + h * 7) % 101) - 50) / 7;
  const auto check = [&](const auto& pooling) {
    const auto a = seqpool::pool(pooling, column_major);
    const auto b = seqpool::pool(pooling, row_major);
    for (Index i = 0; i < 9; ++i)
      for (Index h = 0; h < 7; ++h) CHECK(a(i, h) == b(i, h));
  };
  test::for_each_plain_pooling(check);
}
