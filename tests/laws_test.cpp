// SPDX-License-Identifier: MIT
// The guarantees and laws of the library, each written once and run for every pooling. This file is compiled once
// for every scalar, SEQPOOL_TEST_SCALAR.
#define EIGEN_USE_THREADS

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/guarded_memory.hpp"
#include "support/poolings.hpp"
#include "support/rows.hpp"

using seqpool::accumulator_t;
using seqpool::HiddenStates;
using seqpool::Index;
using seqpool::Lengths;

namespace {

using T = SEQPOOL_TEST_SCALAR;

template <class P>
using StateOf = typename P::template State<T>;

std::vector<const T*> pointers(const std::vector<T>& tokens, Index hidden) {
  std::vector<const T*> result;
  for (std::size_t i = 0; i < tokens.size(); i += static_cast<std::size_t>(hidden)) result.push_back(&tokens[i]);
  return result;
}

template <class P>
auto folded(const P& pooling, const std::vector<const T*>& tokens, Index hidden) {
  StateOf<P> state;
  pooling.init(state, hidden);
  pooling.fold(state, seqpool::TokenBlock<T>(tokens, hidden));
  return state;
}

template <class P>
auto finished(const P& pooling, const StateOf<P>& state, Index hidden) {
  std::vector<accumulator_t<T>> out(static_cast<std::size_t>(pooling.width(hidden)), accumulator_t<T>(-77));
  pooling.finish(state, std::span<accumulator_t<T>>(out));
  return out;
}

}  // namespace

#define SEQPOOL_STRING_OF(...) #__VA_ARGS__
#define SEQPOOL_STRING(...) SEQPOOL_STRING_OF(__VA_ARGS__)
#define FOR_ALL_POOLINGS(name, tags) \
  TEMPLATE_LIST_TEST_CASE(name " (" SEQPOOL_STRING(SEQPOOL_TEST_SCALAR) ")", tags, test::AllPoolings)

FOR_ALL_POOLINGS("Guarantee 1: padded tokens are never read", "[guarantees]") {
  constexpr Index hidden = 37;
  const auto pooling = TestType::template make<T>(hidden);
  const auto row = test::tokens<T>(9, hidden, 11);
  const auto alone = test::pooled_alone(pooling, row, hidden);

  SECTION("NaN and infinities in padding change nothing") {
    for (const double poison : {double(NAN), double(INFINITY), -double(INFINITY), 6e4}) {
      test::Padded<T> x(3, 20, hidden);
      std::fill(x.states.begin(), x.states.end(), static_cast<T>(poison));
      const std::array<Index, 9> positions{1, 2, 5, 6, 7, 11, 13, 17, 18};
      for (Index b = 0; b < 3; ++b)
        for (std::size_t i = 0; i < 9; ++i) x.put(b, positions[i], &row[i * static_cast<std::size_t>(hidden)]);
      for (const auto& result : test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view())))
        CHECK(test::same_bits(result, alone));
    }
  }
  SECTION("memory of padded tokens may be out of reach") {
    // 9 real tokens end where the readable memory ends; what follows in the row would be a crash to touch.
    const test::GuardedMemory memory(row.size() * sizeof(T));
    std::memcpy(memory.data(), row.data(), row.size() * sizeof(T));
    const HiddenStates<T> x(reinterpret_cast<const T*>(memory.data()), {1, 40, hidden});
    Eigen::Tensor<bool, 2> mask(1, 40);
    for (Index s = 0; s < 40; ++s) mask(0, s) = s < 9;
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x, mask))[0], alone));
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x, Lengths(std::array{9})))[0], alone));
  }
}

FOR_ALL_POOLINGS("Guarantee 2: a row's bits are its own", "[guarantees]") {
  constexpr Index hidden = 130;
  const auto pooling = TestType::template make<T>(hidden);
  const Index n = GENERATE(1, 3, 61, 600);
  const auto row = test::tokens<T>(n, hidden, 21);
  const auto other = test::tokens<T>(n, hidden, 22, -50, 50);
  const auto alone = test::pooled_alone(pooling, row, hidden);

  SECTION("whatever the side and the amount of padding, the neighbours and the batch") {
    for (const Index left : {0, 1, 91})
      for (const Index right : {0, 2, 130}) {
        test::Padded<T> x(3, left + n + right, hidden);
        for (Index i = 0; i < n; ++i) {
          x.put(0, i, &other[static_cast<std::size_t>(i * hidden)]);
          x.put(1, left + i, &row[static_cast<std::size_t>(i * hidden)]);
        }
        CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view()))[1], alone));
        if (left == 0) {
          const Lengths lengths(std::array<Index, 3>{0, n, n + right});
          test::Padded<T> y(3, n + right, hidden);
          for (Index i = 0; i < n; ++i) y.put(1, i, &row[static_cast<std::size_t>(i * hidden)]);
          CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, y.view(), lengths))[1], alone));
        }
      }
  }
  SECTION("wherever the holes are") {
    for (const std::uint64_t seed : {31u, 32u, 33u}) {
      test::Random random(seed);
      test::Padded<T> x(1, 3 * n + 10, hidden);
      Index position = random.below(5);
      for (Index i = 0; i < n; ++i) {
        x.put(0, position, &row[static_cast<std::size_t>(i * hidden)]);
        position += 1 + (random.below(4) == 0 ? random.below(6) : 0);
        position = std::min(position, 3 * n + 10 - (n - i));
      }
      CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view()))[0], alone));
    }
  }
  SECTION("whatever the strides, the layout and the address") {
    std::vector<T> odd(static_cast<std::size_t>(n * hidden) + 7);
    for (const std::size_t offset : {1u, 2u, 3u, 7u}) {
      std::copy(row.begin(), row.end(), odd.begin() + static_cast<std::ptrdiff_t>(offset));
      const HiddenStates<T> x(odd.data() + offset, {1, n, hidden});
      CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x))[0], alone));
    }
    // [seq, batch, hidden], and [batch, seq, hidden] with every second feature a stranger's.
    std::vector<T> permuted(static_cast<std::size_t>(n * 3 * hidden));
    std::vector<T> sparse(static_cast<std::size_t>(n * 2 * hidden), static_cast<T>(NAN));
    // Alone with another row, and among so many that a pooling of each feature by itself may take them side by side.
    std::array column_major{Eigen::Tensor<T, 3>(2, n, hidden), Eigen::Tensor<T, 3>(19, n, hidden)};
    for (auto& x : column_major) x.setZero();
    for (Index s = 0; s < n; ++s)
      for (Index h = 0; h < hidden; ++h) {
        const T value = row[static_cast<std::size_t>(s * hidden + h)];
        permuted[static_cast<std::size_t>((s * 3 + 2) * hidden + h)] = value;
        sparse[static_cast<std::size_t>(2 * (s * hidden + h))] = value;
        for (auto& x : column_major) x(1, s, h) = value;
      }
    const HiddenStates<T> seq_first(permuted.data(), {3, n, hidden}, {hidden, 3 * hidden, 1});
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, seq_first))[2], alone));
    const HiddenStates<T> strided(sparse.data(), {1, n, hidden}, {0, 2 * hidden, 2});
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, strided))[0], alone));
    for (const auto& x : column_major) {
      CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x))[1], alone));
      std::vector<Index> lengths(static_cast<std::size_t>(x.dimension(0)), n / 2);
      lengths[1] = n;
      CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x, seqpool::Lengths(lengths)))[1], alone));
    }
  }
  SECTION("on any number of threads, shared out by rows or by blocks") {
    for (const int threads : {1, 2, 3}) {
      Eigen::ThreadPool thread_pool(threads);
      const Eigen::ThreadPoolDevice device(&thread_pool, threads);
      for (const Index batch : {Index{1}, Index{2}, 4 * Index{threads} + 1}) {
        test::Padded<T> x(batch, n + 40, hidden);
        for (Index b = 0; b < batch; ++b)
          for (Index i = 0; i < n; ++i) x.put(b, i + (b % 3) * 20, &row[static_cast<std::size_t>(i * hidden)]);
        for (const auto& result : test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view(), device)))
          CHECK(test::same_bits(result, alone));
      }
    }
  }
}

FOR_ALL_POOLINGS("Guarantee 3: accumulators are float, and double for double", "[guarantees]") {
  constexpr Index hidden = 5;
  const auto pooling = TestType::template make<T>(hidden);
  using A = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const std::vector<T> ones(4096 * 5, static_cast<T>(1));
  const auto result = seqpool::pool(pooling, HiddenStates<T>(ones.data(), {1, 4096, hidden}));
  STATIC_REQUIRE(std::is_same_v<typename decltype(result)::Scalar, A>);
  for (Index h = 0; h < hidden; ++h) CHECK(result(0, h) == A(1));
}

FOR_ALL_POOLINGS("Guarantee 4: within the stated bound of a float64 oracle", "[guarantees]") {
  constexpr Index hidden = 35;
  const auto pooling = TestType::template make<T>(hidden);
  const Index n = GENERATE(1, 2, 17, 255, 256, 257, 3000);
  const double offset = GENERATE(0.0, 1000.0);
  const auto row = test::tokens<T>(n, hidden, 41, offset - 1, offset + 1);
  test::check_within(test::pooled_alone(pooling, row, hidden),
                     TestType::template expected<T>(test::in_double(row, hidden), pooling));
}

FOR_ALL_POOLINGS("Guarantee 5: empty rows are zeros", "[guarantees]") {
  constexpr Index hidden = 6;
  const auto pooling = TestType::template make<T>(hidden);
  const std::vector<accumulator_t<T>> zeros(static_cast<std::size_t>(pooling.width(hidden)), 0);
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);

  SECTION("no real token, between two rows that have some") {
    test::Padded<T> x(3, 4, hidden);
    const auto row = test::tokens<T>(4, hidden, 51);
    for (Index i = 0; i < 4; ++i) {
      x.put(0, i, &row[static_cast<std::size_t>(i * hidden)]);
      x.put(2, i, &row[static_cast<std::size_t>(i * hidden)]);
    }
    const auto alone = test::pooled_alone(pooling, row, hidden);
    for (const auto& rows : {test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view())),
                             test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view(), device)),
                             test::rows_of(seqpool::pool(pooling, x.view(), Lengths(std::array{4, 0, 4})))}) {
      CHECK(test::same_bits(rows[0], alone));
      CHECK(test::same_bits(rows[1], zeros));
      CHECK(test::same_bits(rows[2], alone));
    }
  }
  SECTION("seq = 0") {
    for (const auto& result : test::rows_of(seqpool::pool(pooling, HiddenStates<T>(nullptr, {2, 0, hidden}))))
      CHECK(test::same_bits(result, zeros));
    for (const auto& result : test::rows_of(seqpool::pool(pooling, HiddenStates<T>(nullptr, {2, 0, hidden}), device)))
      CHECK(test::same_bits(result, zeros));
  }
  SECTION("batch = 0 gives [0, width]") {
    const auto result = seqpool::pool(pooling, HiddenStates<T>(nullptr, {0, 7, hidden}));
    CHECK(result.dimension(0) == 0);
    CHECK(result.dimension(1) == pooling.width(hidden));
  }
  SECTION("the empty state itself") {
    StateOf<decltype(pooling)> state;
    pooling.init(state, hidden);
    CHECK(test::same_bits(finished(pooling, state, hidden), zeros));
  }
}

FOR_ALL_POOLINGS("Guarantee 6: NaN and infinity reach their own row, at any position, and no other", "[guarantees]") {
  constexpr Index hidden = 19;
  const auto pooling = TestType::template make<T>(hidden);
  const Index n = GENERATE(5, 300);
  const Index position = GENERATE_COPY(Index{0}, Index{1}, Index{3}, n / 2, n - 2, n - 1);
  const double value = GENERATE(double(NAN), double(INFINITY), -double(INFINITY));
  auto row = test::tokens<T>(n, hidden, 61);
  const auto clean = test::pooled_alone(pooling, row, hidden);

  std::vector<T> batch = row;
  row[static_cast<std::size_t>(position * hidden + 7)] = static_cast<T>(value);
  batch.insert(batch.end(), row.begin(), row.end());
  batch.insert(batch.end(), batch.begin(), batch.begin() + n * hidden);

  const auto rows = test::rows_of(seqpool::pool(pooling, HiddenStates<T>(batch.data(), {3, n, hidden})));
  CHECK(test::same_bits(rows[0], clean));
  CHECK(test::same_bits(rows[2], clean));
  const auto expected = TestType::template expected<T>(test::in_double(row, hidden), pooling);
  for (std::size_t h = 0; h < static_cast<std::size_t>(hidden); ++h) {
    INFO("feature " << h << ", position " << position << ", value " << value);
    const auto result = static_cast<double>(rows[1][h]);
    CHECK(std::isnan(result) == std::isnan(expected.value[h]));
    CHECK(std::isinf(result) == std::isinf(expected.value[h]));
    if (std::isinf(result)) CHECK(result == expected.value[h]);
  }
}

FOR_ALL_POOLINGS("Guarantee 9: inputs stay as they are, and nothing is allocated per row", "[guarantees]") {
  constexpr Index hidden = 48;
  const auto pooling = TestType::template make<T>(hidden);
  const auto small = test::tokens<T>(2 * 300, hidden, 71);
  const auto large = test::tokens<T>(64 * 300, hidden, 71);
  const auto untouched = large;
  Eigen::Tensor<accumulator_t<T>, 2, Eigen::RowMajor> small_out(2, pooling.width(hidden));
  Eigen::Tensor<accumulator_t<T>, 2, Eigen::RowMajor> large_out(64, pooling.width(hidden));
  const Eigen::Tensor<bool, 2, Eigen::RowMajor> small_mask =
      Eigen::Tensor<bool, 2, Eigen::RowMajor>(2, 300).setConstant(true);
  const Eigen::Tensor<bool, 2, Eigen::RowMajor> large_mask =
      Eigen::Tensor<bool, 2, Eigen::RowMajor>(64, 300).setConstant(true);
  const auto allocations_of = [&](auto& out, const auto& states, Index batch, const auto& mask) {
    const HiddenStates<T> x(states.data(), {batch, 300, hidden});
    const HiddenStates<T> packed(states.data(), {batch, 150, hidden / 2}, {300 * hidden, 2 * hidden, 2});
    const auto half_pooling = TestType::template make<T>(hidden / 2);
    Eigen::Tensor<accumulator_t<T>, 2> half_out(batch, half_pooling.width(hidden / 2));
    const test::AllocationCount count;
    seqpool::pool_into(out, pooling, x);
    seqpool::pool_into(out, pooling, x, mask);
    seqpool::pool_into(half_out, half_pooling, packed);
    return count.so_far();
  };
  const auto for_two_rows = allocations_of(small_out, small, 2, small_mask);
  CHECK(for_two_rows > 0);  // the counter counts
  CHECK(allocations_of(large_out, large, 64, large_mask) == for_two_rows);
  CHECK(std::memcmp(large.data(), untouched.data(), large.size() * sizeof(T)) == 0);
}

FOR_ALL_POOLINGS("Guarantee 9: one const pooling serves many threads", "[guarantees]") {
  constexpr Index hidden = 48;
  const auto pooling = TestType::template make<T>(hidden);
  const auto row = test::tokens<T>(300, hidden, 81);
  const auto alone = test::pooled_alone(pooling, row, hidden);
  std::array<int, 3> right{};
  std::vector<std::thread> threads;
  for (int& count : right)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) count += test::same_bits(test::pooled_alone(pooling, row, hidden), alone) ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::array{20, 20, 20});
}

FOR_ALL_POOLINGS("Guarantee 10: merging with the empty state changes nothing", "[guarantees][laws]") {
  constexpr Index hidden = 23;
  const auto pooling = TestType::template make<T>(hidden);
  const auto row = test::tokens<T>(40, hidden, 91, -3, 3);
  const auto state = folded(pooling, pointers(row, hidden), hidden);
  const auto empty = folded(pooling, {}, hidden);
  const auto alone = finished(pooling, state, hidden);

  auto right = state;
  pooling.merge(right, empty);
  CHECK(test::same_bits(finished(pooling, right, hidden), alone));
  auto left = empty;
  pooling.merge(left, state);
  CHECK(test::same_bits(finished(pooling, left, hidden), alone));
  auto both = empty;
  pooling.merge(both, empty);
  for (const auto value : finished(pooling, both, hidden)) CHECK(value == 0);
}

FOR_ALL_POOLINGS("Guarantee 10: fold(A ++ B) = merge(fold(A), fold(B)), for any split", "[guarantees][laws]") {
  constexpr Index hidden = 23;
  const auto pooling = TestType::template make<T>(hidden);
  const Index n = 70;
  const auto row = test::tokens<T>(n, hidden, 101, -3, 3);
  const auto all = pointers(row, hidden);
  const auto expected = TestType::template expected<T>(test::in_double(row, hidden), pooling);

  test::Random random(5);
  for (int trial = 0; trial < 20; ++trial) {
    // A split into pieces of random lengths, empty ones too: merged left to right, and folded one by one.
    auto merged = folded(pooling, {}, hidden);
    auto streamed = folded(pooling, {}, hidden);
    for (Index first = 0; first < n;) {
      const Index last = std::min(n, first + random.below(trial < 10 ? 5 : 40));
      const std::vector<const T*> piece(all.begin() + first, all.begin() + last);
      pooling.merge(merged, folded(pooling, piece, hidden));
      pooling.fold(streamed, seqpool::TokenBlock<T>(piece, hidden));
      first = last;
    }
    test::check_within(finished(pooling, merged, hidden), expected);
    test::check_within(finished(pooling, streamed, hidden), expected);
  }
}

FOR_ALL_POOLINGS("Guarantee 10: merge is associative within the bound", "[guarantees][laws]") {
  constexpr Index hidden = 23;
  const auto pooling = TestType::template make<T>(hidden);
  const auto row = test::tokens<T>(60, hidden, 111, -3, 3);
  const auto all = pointers(row, hidden);
  const auto expected = TestType::template expected<T>(test::in_double(row, hidden), pooling);
  const auto piece = [&](Index first, Index last) {
    return folded(pooling, {all.begin() + first, all.begin() + last}, hidden);
  };
  auto tail = piece(20, 35);
  pooling.merge(tail, piece(35, 60));
  auto state = piece(0, 20);
  pooling.merge(state, tail);
  test::check_within(finished(pooling, state, hidden), expected);
}

FOR_ALL_POOLINGS("Guarantee 10: what is order-free does not depend on token order", "[guarantees][laws]") {
  constexpr Index hidden = 23;
  const auto pooling = TestType::template make<T>(hidden);
  const Index n = 50;
  const auto row = test::tokens<T>(n, hidden, 121, -3, 3);
  auto all = pointers(row, hidden);
  const auto expected = TestType::template expected<T>(test::in_double(row, hidden), pooling);
  for (Index i = 0; i < n; ++i)  // 37 and 50 have no common factor: every token once, first and last elsewhere
    all[static_cast<std::size_t>(i)] = &row[static_cast<std::size_t>((37 * i + 11) % n * hidden)];
  const auto shuffled = finished(pooling, folded(pooling, all, hidden), hidden);
  if (TestType::order_free)
    test::check_within(shuffled, expected);
  else
    CHECK_FALSE(shuffled == test::pooled_alone(pooling, row, hidden));  // and the law can tell
}

FOR_ALL_POOLINGS("Guarantee 10: attention with equal scores is the mean", "[guarantees][laws]") {
  if constexpr (std::is_same_v<TestType, test::AttentionCase>) {
    const Index hidden = 23;
    const auto row = test::tokens<T>(300, hidden, 131, -3, 3);
    const auto tokens = test::in_double(row, hidden);
    // Equal scores of 0, and of 2: the last feature is 1 in every token.
    auto with_one = row;
    for (std::size_t i = static_cast<std::size_t>(hidden) - 1; i < with_one.size();
         i += static_cast<std::size_t>(hidden))
      with_one[i] = static_cast<T>(1);
    std::vector<T> query(static_cast<std::size_t>(hidden), static_cast<T>(0));
    const auto check = [&](const std::vector<T>& states) {
      auto mean = test::MeanCase::expected<T>(test::in_double(states, hidden), seqpool::Mean{});
      for (double& bound : mean.bound) bound = (300 + 16) * test::eps<T> * 3;  // attention's, with exact scores
      test::check_within(test::pooled_alone(seqpool::Attention(query), states, hidden), mean);
    };
    check(row);
    query.back() = static_cast<T>(2);
    check(with_one);
  } else {
    SUCCEED("a law of attention");
  }
}
