// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/pool.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"

using seqpool::HiddenStates;
using seqpool::Index;
using seqpool::Lengths;
using seqpool::Mean;

namespace {

template <class T, int Layout = Eigen::RowMajor, class I = Eigen::DenseIndex>
Eigen::Tensor<T, 3, Layout, I> states(Index batch, Index seq, Index hidden) {
  Eigen::Tensor<T, 3, Layout, I> x(static_cast<I>(batch), static_cast<I>(seq), static_cast<I>(hidden));
  test::Random random(3);
  for (I b = 0; b < static_cast<I>(batch); ++b)
    for (I s = 0; s < static_cast<I>(seq); ++s)
      for (I h = 0; h < static_cast<I>(hidden); ++h) x(b, s, h) = static_cast<T>(random.between(-1, 1));
  return x;
}

}  // namespace

TEST_CASE("a result has x's layout and index type, and the accumulator's scalar", "[pool]") {
  using seqpool::mean_pool;
  using RowMajor = Eigen::Tensor<float, 3, Eigen::RowMajor>;
  STATIC_REQUIRE(
      std::is_same_v<decltype(mean_pool(std::declval<RowMajor>())), Eigen::Tensor<float, 2, Eigen::RowMajor>>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(mean_pool(std::declval<Eigen::Tensor<double, 3>>())), Eigen::Tensor<double, 2>>);
  STATIC_REQUIRE(std::is_same_v<decltype(mean_pool(std::declval<Eigen::Tensor<Eigen::half, 3, 0, int>>())),
                                Eigen::Tensor<float, 2, 0, int>>);
  STATIC_REQUIRE(std::is_same_v<decltype(mean_pool(std::declval<Eigen::TensorMap<const RowMajor>>())),
                                Eigen::Tensor<float, 2, Eigen::RowMajor>>);
  STATIC_REQUIRE(std::is_same_v<decltype(mean_pool(std::declval<HiddenStates<Eigen::bfloat16>>())),
                                Eigen::Tensor<float, 2, Eigen::RowMajor>>);
}

TEST_CASE("every kind of input gives the same bits", "[pool]") {
  const auto x = states<float>(3, 7, 10);
  const auto column_major = states<float, Eigen::ColMajor>(3, 7, 10);
  const auto narrow = states<float, Eigen::RowMajor, int>(3, 7, 10);
  Eigen::TensorFixedSize<float, Eigen::Sizes<3, 7, 10>, Eigen::RowMajor> fixed;
  fixed = x;
  const auto expected = test::rows_of(seqpool::mean_pool(x));
  CHECK(test::rows_of(seqpool::mean_pool(column_major)) == expected);
  CHECK(test::rows_of(seqpool::mean_pool(narrow)) == expected);
  CHECK(test::rows_of(seqpool::mean_pool(fixed)) == expected);
  CHECK(test::rows_of(seqpool::mean_pool(
            Eigen::TensorMap<const Eigen::Tensor<float, 3, Eigen::RowMajor>>(x.data(), 3, 7, 10))) == expected);
  CHECK(test::rows_of(seqpool::mean_pool(
            Eigen::TensorMap<const Eigen::Tensor<float, 3>>(column_major.data(), 3, 7, 10))) == expected);
  CHECK(test::rows_of(seqpool::mean_pool(HiddenStates<float>(x.data(), {3, 7, 10}))) == expected);
}

TEST_CASE("the *_pool functions are pool of their pooling, with every tail of arguments", "[pool]") {
  const auto x = states<float>(3, 6, 5);
  Eigen::Tensor<bool, 2> mask(3, 6);
  mask.setConstant(true);
  mask(0, 0) = mask(1, 5) = mask(2, 3) = false;
  const Lengths lengths(std::array{6, 2, 1});
  const std::vector<float> query{1, 2, 3, 4, 5};
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  const auto check = [&](const auto& pooling, const auto& function) {
    using test::rows_of;
    CHECK(rows_of(function()) == rows_of(seqpool::pool(pooling, x)));
    CHECK(rows_of(function(mask)) == rows_of(seqpool::pool(pooling, x, mask)));
    CHECK(rows_of(function(lengths)) == rows_of(seqpool::pool(pooling, x, lengths)));
    CHECK(rows_of(function(device)) == rows_of(seqpool::pool(pooling, x)));
    CHECK(rows_of(function(mask, device)) == rows_of(seqpool::pool(pooling, x, mask)));
    CHECK(rows_of(function(lengths, device)) == rows_of(seqpool::pool(pooling, x, lengths)));
    CHECK(rows_of(function(mask)) != rows_of(function()));
  };
  check(seqpool::Cls{}, [&](const auto&... more) { return seqpool::cls_pool(x, more...); });
  check(seqpool::Last{}, [&](const auto&... more) { return seqpool::last_pool(x, more...); });
  check(seqpool::Mean{}, [&](const auto&... more) { return seqpool::mean_pool(x, more...); });
  check(seqpool::Max{}, [&](const auto&... more) { return seqpool::max_pool(x, more...); });
  check(seqpool::Min{}, [&](const auto&... more) { return seqpool::min_pool(x, more...); });
  check(seqpool::Sum{}, [&](const auto&... more) { return seqpool::sum_pool(x, more...); });
  check(seqpool::MeanSqrtLen{}, [&](const auto&... more) { return seqpool::mean_sqrt_len_pool(x, more...); });
  check(seqpool::WeightedMean{}, [&](const auto&... more) { return seqpool::weighted_mean_pool(x, more...); });
  check(seqpool::Attention{query}, [&](const auto&... more) { return seqpool::attention_pool(x, query, more...); });
}

TEST_CASE("results over the tokens that they are pooled from are refused, before anything is written", "[pool]") {
  using Map = Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>;
  using ColMap = Eigen::TensorMap<Eigen::Tensor<float, 2>>;
  const auto numbers = test::Random(8).values<float>(3 * 70);
  auto memory = numbers;
  float* const middle = memory.data() + 70;
  const auto refused = [&](const auto& x, float* out, Index rows) {
    const auto words =
        ct::has_substring("out [" + std::to_string(rows) + ", 5] lies in the memory of the hidden states [");
    CHECK_THROWS_AS(seqpool::pool_into(Map(out, rows, 5), Mean{}, x), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::pool_into(ColMap(out, rows, 5), Mean{}, x), words);
    CHECK(memory == numbers);
  };
  const auto taken = [&](const auto& x, float* out, Index rows) {
    const auto expected = test::rows_of(seqpool::pool(Mean{}, x));
    seqpool::pool_into(Map(out, rows, 5), Mean{}, x);
    CHECK(test::rows_of(Map(out, rows, 5)) == expected);
    memory = numbers;
  };
  const HiddenStates<float> dense(middle, {2, 7, 5});
  const Eigen::TensorMap<Eigen::Tensor<float, 3>> column_major(middle, 2, 7, 5);
  const seqpool::PackedStates<float> packed(middle, {14, 5}, std::array{0, 3, 14});
  const seqpool::Ragged<float> ragged(std::array<const float*, 2>{middle + 35, middle}, std::array{7, 7}, 5);
  const HiddenStates<float> backwards(middle + 69, {2, 7, 5}, {-35, -5, -1});
  const auto each = [&](auto f) { f(dense), f(column_major), f(packed), f(ragged), f(backwards); };
  each([&](const auto& x) {
    for (const Index shift : {0, 1, 69, -9, 30}) refused(x, middle + shift, 2);
    taken(x, middle + 70, 2);
    taken(x, middle - 10, 2);
  });
  // Between two sequences, and between tokens, there is room that is nobody's.
  const HiddenStates<float> with_gaps(middle, {2, 2, 5}, {40, 10, 1});
  taken(with_gaps, middle + 20, 2);
  taken(HiddenStates<float>(middle, {1, 2, 5}, {40, 10, 1}), middle + 5, 1);
  refused(with_gaps, middle + 4, 2);
  refused(with_gaps, middle + 31, 2);
}

TEST_CASE("pool_into writes to the caller's memory, in either layout, and nowhere else", "[pool]") {
  const auto x = states<float>(3, 6, 5);
  const auto expected = test::rows_of(seqpool::mean_pool(x));
  std::vector<float> buffer(3 * 5 + 2, -1.0f);
  seqpool::pool_into(Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>(buffer.data() + 1, 3, 5), Mean{}, x);
  CHECK(buffer.front() == -1.0f);
  CHECK(buffer.back() == -1.0f);
  CHECK(buffer[1] == expected[0][0]);
  CHECK(buffer[15] == expected[2][4]);
  Eigen::Tensor<float, 2> column_major(3, 5);
  seqpool::pool_into(column_major, Mean{}, x);
  CHECK(test::rows_of(column_major) == expected);
}

TEST_CASE("Guarantee 7: sizes that do not fit throw, naming both, and write nothing", "[guarantees][pool]") {
  const auto x = states<float>(2, 4, 5);
  Eigen::Tensor<float, 2> out(2, 5);
  out.setConstant(-1);

  Eigen::Tensor<float, 2> small(2, 4);
  CHECK_THROWS_AS(seqpool::pool_into(small, Mean{}, x), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::pool_into(small, Mean{}, x),
                    ct::has_substring("out is [2, 4]") && ct::has_substring("[batch, width] = [2, 5]"));

  Eigen::Tensor<int, 2> mask(2, 3);
  mask.setConstant(1);
  CHECK_THROWS_AS(seqpool::pool_into(out, Mean{}, x, mask), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::pool_into(out, Mean{}, x, mask),
                    ct::has_substring("[2, 3]") && ct::has_substring("[2, 4]"));
  CHECK_THROWS_AS(seqpool::pool_into(out, Mean{}, x, Lengths(std::array{4, 5})), std::invalid_argument);
  CHECK_THROWS_AS(seqpool::pool_into(out, Mean{}, x, Lengths(std::array{4})), std::invalid_argument);
  Eigen::Tensor<int, 2> bad(2, 4);
  bad.setConstant(1);
  bad(1, 3) = -1;  // the very last value
  CHECK_THROWS_AS(seqpool::pool_into(out, Mean{}, x, bad), std::invalid_argument);
  const std::vector<float> query(6);
  CHECK_THROWS_AS(seqpool::pool_into(out, seqpool::Attention{query}, x), std::invalid_argument);
  for (Index i = 0; i < out.size(); ++i) CHECK(out.data()[i] == -1);
}

TEST_CASE("hidden = 0 and hidden = 1 are shapes like others", "[pool]") {
  const auto none = seqpool::mean_pool(HiddenStates<float>(nullptr, {2, 3, 0}));
  CHECK(none.dimension(0) == 2);
  CHECK(none.dimension(1) == 0);
  const auto one = states<float, Eigen::ColMajor>(2, 3, 1);
  CHECK(test::rows_of(seqpool::max_pool(one))[1][0] == std::max({one(1, 0, 0), one(1, 1, 0), one(1, 2, 0)}));
}

namespace {

// What a user's pooling throws at the 300th token of a row.
struct Throwing {
  template <class T> struct State {};
  Index width(Index) const { return 1; }
  void init(auto&, Index) const {}
  void fold(auto&, const auto& tokens) const {
    if (tokens.size() < 256) throw std::runtime_error("second block");
  }
  void merge(auto&, const auto&) const {}
  void finish(const auto&, auto out) const { out[0] = 1; }
};

}  // namespace

TEST_CASE("what a pooling throws comes out of pool, with and without threads", "[pool]") {
  const auto x = states<float>(20, 300, 2);
  const HiddenStates<float> one_row(x.data(), {1, 300, 2});
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  CHECK_THROWS_WITH(seqpool::pool(Throwing{}, x), "second block");
  CHECK_THROWS_WITH(seqpool::pool(Throwing{}, x, device), "second block");
  CHECK_THROWS_WITH(seqpool::pool(Throwing{}, one_row, device), "second block");
}

namespace {

// A pooling that any other order of tokens or of merges would change: a polynomial of what it has seen, exact.
struct OrderedHash {
  static constexpr std::uint64_t prime = 65521;
  template <class T> struct State {
    std::uint64_t hash = 0;
    std::uint64_t power = 1;
  };
  Index width(Index) const { return 1; }
  template <class T> void init(State<T>& state, Index) const { state = {}; }
  void fold(auto& state, const auto& tokens) const {
    for (Index i = 0; i < tokens.size(); ++i) {
      state.hash = (state.hash * 31 + static_cast<std::uint64_t>(tokens[i][0])) % prime;
      state.power = state.power * 31 % prime;
    }
  }
  void merge(auto& state, const auto& next) const {
    state.hash = (state.hash * next.power + next.hash) % prime;
    state.power = state.power * next.power % prime;
  }
  void finish(const auto& state, auto out) const { out[0] = static_cast<float>(state.hash); }
};

}  // namespace

TEST_CASE("Guarantee 2: blocks are folded and merged in the order of their tokens", "[guarantees][pool]") {
  const Index n = GENERATE(1, 256, 257, 1000);
  test::Random random(9);
  test::Padded<float> x(2, 2 * n, 1);
  OrderedHash::State<float> expected;
  for (Index i = 0; i < n; ++i) {
    const auto value = static_cast<float>(random.below(10000));
    OrderedHash().fold(expected, seqpool::TokenBlock<float>(&value, 1, 1, 1));
    x.put(0, i, &value);
    x.put(1, i < n / 2 ? i : i + n, &value);
  }
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  for (const auto& rows : {test::rows_of(seqpool::pool(OrderedHash{}, x.view(), x.mask_view())),
                           test::rows_of(seqpool::pool(OrderedHash{}, x.view(), x.mask_view(), device))}) {
    CHECK(rows[0][0] == static_cast<float>(expected.hash));
    CHECK(rows[1][0] == static_cast<float>(expected.hash));
  }
}

TEST_CASE("a pooling that reads one token is given one, and the right one", "[pool]") {
  // Every token but the asked one lies behind a null pointer's worth of strides: reading it would crash.
  const std::vector<float> first{1, 2};
  const HiddenStates<float> x(first.data(), {1, 1000000, 2}, {0, Index{1} << 40, 1});
  CHECK(seqpool::cls_pool(x)(0, 1) == 2);
  const HiddenStates<float> y(first.data(), {1, 1000000, 2}, {0, -(Index{1} << 40), 1});
  CHECK(seqpool::last_pool(y, Lengths(std::array{1}))(0, 1) == 2);
  // So it is with threads, which share out blocks, and in column-major, where rows are packed together.
  const std::vector<float> token(40, 3);
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  const HiddenStates<float> wide(token.data(), {1, 1000000, 16}, {0, Index{1} << 40, 1});
  CHECK(seqpool::cls_pool(wide, device)(0, 15) == 3);
  const HiddenStates<float> column_major(token.data(), {20, 1000000, 2}, {1, Index{1} << 40, 20});
  const Lengths lengths(std::vector<int>(20, 1000000));
  CHECK(seqpool::cls_pool(column_major, lengths)(19, 1) == 3);
}

TEST_CASE("Guarantee 2: a row of hidden states beyond a core's cache has the bits it has alone", "[guarantees][pool]") {
  const Index hidden = 130;
  const Index seq = 700;
  const auto states = test::tokens<float>(8 * seq, hidden, 5);
  const seqpool::HiddenStates<float> all(states.data(), {8, seq, hidden});
  Eigen::Tensor<bool, 2, Eigen::RowMajor> mask(8, seq);
  for (Index b = 0; b < 8; ++b)
    for (Index s = 0; s < seq; ++s) mask(b, s) = s % (16 + b) < 8 + b && s >= 91 * (b % 3);
  const auto check = [&](const auto& pooling) {
    const auto whole = test::rows_of(seqpool::pool(pooling, all));
    const auto masked = test::rows_of(seqpool::pool(pooling, all, mask));
    for (Index b = 0; b < 8; ++b) {
      std::vector<float> row;
      std::vector<float> real;
      for (Index s = 0; s < seq; ++s) {
        const float* const token = states.data() + (b * seq + s) * hidden;
        row.insert(row.end(), token, token + hidden);
        if (mask(b, s)) real.insert(real.end(), token, token + hidden);
      }
      CHECK(test::same_bits(whole[static_cast<std::size_t>(b)], test::pooled_alone(pooling, row, hidden)));
      CHECK(test::same_bits(masked[static_cast<std::size_t>(b)], test::pooled_alone(pooling, real, hidden)));
    }
  };
  check(seqpool::Mean{});
  check(seqpool::Max{});
  check(seqpool::Attention(test::tokens<float>(1, hidden, 6)));
}
