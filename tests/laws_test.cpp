// SPDX-License-Identifier: MIT
// The guarantees and laws of the library, each written once and run for every pooling. This file is compiled once for
// every scalar, SEQPOOL_TEST_SCALAR, over AnyPooling; any_pooling_test.cpp shows that its bits are those of the
// pooling.
#define EIGEN_USE_THREADS

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <ranges>
#include <seqpool/seqpool.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/double_poolings.hpp"
#include "support/gradients.hpp"
#include "support/guarded_memory.hpp"
#include "support/poolings.hpp"
#include "support/rows.hpp"

using seqpool::HiddenStates;
using seqpool::Index;
using seqpool::Lengths;
using seqpool::TokenBlock;

namespace {

using T = SEQPOOL_TEST_SCALAR;
using A = seqpool::accumulator_t<T>;
using Pooling = seqpool::AnyPooling<T>;
using State = Pooling::State<T>;
using Case = test::PoolingCase<T>;

// Tokens [first, last) of a row, taken into a fresh state.
State folded(const Pooling& pooling, const std::vector<T>& row, Index hidden, Index first, Index last) {
  State state;
  pooling.init(state, hidden);
  pooling.fold(state, TokenBlock<T>(row.data() + first * hidden, last - first, hidden, hidden, first));
  return state;
}

std::vector<A> finished(const Pooling& pooling, State& state, Index hidden) {
  std::vector<A> out(static_cast<std::size_t>(pooling.width(hidden)), A(-77));
  pooling.finish(state, std::span<A>(out));
  return out;
}

const Case& any_case() {
  const auto& all = test::all_poolings<T>();
  const std::size_t which = GENERATE_COPY(range(std::size_t{0}, all.size()));
  return all[which];
}

}  // namespace

template const std::vector<Case>& test::all_poolings<T>();  // which differential_test.cpp takes from here

#define SEQPOOL_STRING_OF(...) #__VA_ARGS__
#define SEQPOOL_STRING(...) SEQPOOL_STRING_OF(__VA_ARGS__)
#define LAW(name, tags) TEST_CASE(name " - " SEQPOOL_STRING(SEQPOOL_TEST_SCALAR), tags)

LAW("Guarantee 1: padded tokens are never read", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 37;
  const auto row = test::tokens<T>(9, hidden, 11);
  const auto alone = test::pooled_alone(c, row, hidden);

  SECTION("NaN and infinities in padding change nothing") {
    for (const double poison : {double(NAN), double(INFINITY), -double(INFINITY), 6e4}) {
      test::Padded<T> x(3, 20, hidden);
      std::fill(x.states.begin(), x.states.end(), static_cast<T>(poison));
      const std::array<Index, 9> positions{1, 2, 5, 6, 7, 11, 13, 17, 18};
      for (Index b = 0; b < 3; ++b)
        for (std::size_t i = 0; i < 9; ++i) x.put(b, positions[i], &row[i * static_cast<std::size_t>(hidden)]);
      const Pooling pooling = c.make(hidden, x.layout());
      for (const auto& result : test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view())))
        CHECK(test::same_bits(result, alone));
      for (const auto& result : test::rows_of(seqpool::pool(pooling, x.column_major(), x.mask_view())))
        CHECK(test::same_bits(result, alone));
    }
  }
  SECTION("memory of padded tokens may be out of reach") {
    // 9 real tokens end where the readable memory ends; what follows in the row would be a crash to touch.
    const test::GuardedMemory memory(row.size() * sizeof(T));
    std::memcpy(memory.data(), row.data(), row.size() * sizeof(T));
    const HiddenStates<T> x(reinterpret_cast<const T*>(memory.data()), {1, 40, hidden});
    test::Layout layout = test::dense(9);
    layout.seq = 40;
    const Pooling pooling = c.make(hidden, layout);
    Eigen::Tensor<bool, 2> mask(1, 40);
    for (Index s = 0; s < 40; ++s) mask(0, s) = s < 9;
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x, mask))[0], alone));
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x, Lengths(std::array{9})))[0], alone));
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x, seqpool::Spans{{0, 0, 9}}))[0], alone));
  }
}

LAW("Guarantee 2: a row's bits are its own", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 70;
  const Index n = GENERATE(1, 3, 61, 530);
  const auto row = test::tokens<T>(n, hidden, 21);
  const auto other = test::tokens<T>(n, hidden, 22, -50, 50);
  const auto alone = test::pooled_alone(c, row, hidden);
  const auto pooled = [&](const auto& x, const auto& mask, const test::Layout& layout, const auto&... device) {
    return test::rows_of(seqpool::pool(c.make(hidden, layout), x, mask, device...));
  };

  SECTION("whatever the side and the amount of padding, the neighbours and the batch") {
    for (const Index left : {0, 1, 91})
      for (const Index right : {0, 2, 130}) {
        test::Padded<T> x(3, left + n + right, hidden);
        for (Index i = 0; i < n; ++i) {
          x.put(0, i, &other[static_cast<std::size_t>(i * hidden)]);
          x.put(1, left + i, &row[static_cast<std::size_t>(i * hidden)]);
        }
        CHECK(test::same_bits(pooled(x.view(), x.mask_view(), x.layout())[1], alone));
        if (left == 0) {
          const Lengths lengths(std::array<Index, 3>{0, n, n + right});
          test::Padded<T> y(3, n + right, hidden);
          for (Index i = 0; i < n; ++i) y.put(1, i, &row[static_cast<std::size_t>(i * hidden)]);
          test::Layout layout = y.layout();
          for (Index i = 0; i < n + right; ++i) layout.real[2].push_back(i);
          CHECK(test::same_bits(pooled(y.view(), lengths, layout)[1], alone));
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
      CHECK(test::same_bits(pooled(x.view(), x.mask_view(), x.layout())[0], alone));
    }
  }
  SECTION("whatever the strides, the layout and the address") {
    std::vector<T> odd(static_cast<std::size_t>(n * hidden) + 7);
    for (const std::size_t offset : {1u, 2u, 3u, 7u}) {
      std::copy(row.begin(), row.end(), odd.begin() + static_cast<std::ptrdiff_t>(offset));
      const HiddenStates<T> x(odd.data() + offset, {1, n, hidden});
      CHECK(test::same_bits(pooled(x, seqpool::AllTokens{}, test::dense(n))[0], alone));
    }
    // [seq, batch, hidden], and [batch, seq, hidden] with every second feature a stranger's.
    std::vector<T> permuted(static_cast<std::size_t>(n * 3 * hidden));
    std::vector<T> sparse(static_cast<std::size_t>(n * 2 * hidden), static_cast<T>(NAN));
    for (Index s = 0; s < n; ++s)
      for (Index h = 0; h < hidden; ++h) {
        const T value = row[static_cast<std::size_t>(s * hidden + h)];
        permuted[static_cast<std::size_t>((s * 3 + 2) * hidden + h)] = value;
        sparse[static_cast<std::size_t>(2 * (s * hidden + h))] = value;
      }
    const HiddenStates<T> seq_first(permuted.data(), {3, n, hidden}, {hidden, 3 * hidden, 1});
    CHECK(test::same_bits(pooled(seq_first, seqpool::AllTokens{}, test::dense(n, 3))[2], alone));
    const HiddenStates<T> strided(sparse.data(), {1, n, hidden}, {0, 2 * hidden, 2});
    CHECK(test::same_bits(pooled(strided, seqpool::AllTokens{}, test::dense(n))[0], alone));
  }
  SECTION("in column-major, alone, with a neighbour, and among so many that rows are packed together") {
    for (const Index batch : {1, 2, 8, 19, 70}) {
      Eigen::Tensor<T, 3> x(batch, n, hidden);
      x.setConstant(static_cast<T>(3));
      const Index own = batch / 2;
      for (Index s = 0; s < n; ++s)
        for (Index h = 0; h < hidden; ++h) x(own, s, h) = row[static_cast<std::size_t>(s * hidden + h)];
      CHECK(test::same_bits(pooled(x, seqpool::AllTokens{}, test::dense(n, batch))[static_cast<std::size_t>(own)],
                            alone));
      // Under masks of all sorts, the own row shifted by `batch` tokens, with holes.
      test::Padded<T> padded(batch, n + 2 * batch + 3, hidden);
      test::Random random(static_cast<std::uint64_t>(batch));
      for (Index b = 0; b < batch; ++b) {
        Index position = b == own ? batch : random.below(9);
        for (Index i = 0; i < n; ++i) {
          const bool skip = b == own ? (i == n / 2) : random.below(7) == 0;
          position += skip && position + (n - i) < padded.seq ? 1 : 0;
          if (b == own || random.below(9) != 0) padded.put(b, position, &row[static_cast<std::size_t>(i * hidden)]);
          ++position;
        }
      }
      const auto rows = pooled(padded.column_major(), padded.mask_view(), padded.layout());
      CHECK(test::same_bits(rows[static_cast<std::size_t>(own)], alone));
      const auto row_major = pooled(padded.view(), padded.mask_view(), padded.layout());
      for (std::size_t b = 0; b < rows.size(); ++b) CHECK(test::same_bits(rows[b], row_major[b]));
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
        for (const auto& result : pooled(x.view(), x.mask_view(), x.layout(), device))
          CHECK(test::same_bits(result, alone));
        for (const auto& result : pooled(x.column_major(), x.mask_view(), x.layout(), device))
          CHECK(test::same_bits(result, alone));
      }
    }
  }
  SECTION("packed, ragged, and as a span") {
    // The row stands third, behind an empty sequence and a longer one.
    std::vector<T> packed = other;
    packed.insert(packed.end(), row.begin(), row.begin() + hidden);
    packed.insert(packed.end(), row.begin(), row.end());
    packed.insert(packed.end(), other.begin(), other.begin() + hidden);
    const std::vector<std::int32_t> offsets{0, 0, static_cast<std::int32_t>(n + 1),
                                            static_cast<std::int32_t>(2 * n + 1), static_cast<std::int32_t>(2 * n + 2)};
    test::Layout layout = test::dense(n + 1, 4);
    layout.real[0].clear();
    const seqpool::PackedStates<T> cu_seqlens(packed.data(), {2 * n + 2, hidden}, offsets);
    CHECK(test::same_bits(pooled(cu_seqlens, seqpool::AllTokens{}, layout)[2], alone));

    std::vector<T> apart(static_cast<std::size_t>(n * (hidden + 5)), static_cast<T>(NAN));
    std::vector<T> first(static_cast<std::size_t>((n + 1) * (hidden + 5)), static_cast<T>(2));
    for (Index i = 0; i < n; ++i) std::copy_n(row.begin() + i * hidden, hidden, apart.begin() + i * (hidden + 5));
    const std::vector<const T*> pointers{first.data(), nullptr, apart.data()};
    const std::vector<Index> lengths{n + 1, 0, n};
    layout = test::dense(n + 1, 3);
    const seqpool::Ragged<T> ragged(pointers, lengths, hidden, hidden + 5);
    const auto rows = pooled(ragged, seqpool::AllTokens{}, layout);
    CHECK(test::same_bits(rows[2], alone));
    for (const A value : rows[1]) CHECK(value == 0);

    // A span's position in its sequence is its own: so its weights lie where it does.
    test::Layout where{2 * n + 2, std::vector<std::vector<Index>>(1)};
    for (Index i = 0; i < n; ++i) where.real[0].push_back(n + 1 + i);
    const HiddenStates<T> one(packed.data(), {1, 2 * n + 2, hidden});
    const seqpool::Spans spans{{0, n + 1, 2 * n + 1}, {0, 5 % n, 5 % n}, {0, n + 1, 2 * n + 1}};
    const auto spanned = pooled(one, spans, where);
    CHECK(test::same_bits(spanned[0], alone));
    for (const A value : spanned[1]) CHECK(value == 0);
    CHECK(test::same_bits(spanned[2], alone));
    layout = test::dense(n + 1, 4);
    CHECK(test::same_bits(pooled(cu_seqlens, seqpool::Spans{{2, 0, n}, {1, 0, 1}}, layout)[0], alone));

    // And behind a prompt that is left out, of a mask and of packed sequences.
    test::Padded<T> x(2, n + 9, hidden);
    const Index left = 2;
    for (Index i = 0; i < 3; ++i) x.put(1, left + 2 * i, &other[0]);
    for (Index i = 0; i < n; ++i) x.put(1, left + 5 + i, &row[static_cast<std::size_t>(i * hidden)]);
    where = x.layout();
    where.real[1].erase(where.real[1].begin(), where.real[1].begin() + 3);
    const std::vector<int> counts{4, 3};
    CHECK(test::same_bits(pooled(x.view(), seqpool::skip_prefix(x.mask_view(), counts), where)[1], alone));
    where = test::dense(n + 1, 4);
    where.real[1].erase(where.real[1].begin());
    const std::vector<int> counts_in_rows{9, 1, 0, 1};
    std::vector<T> rest(other.begin() + hidden, other.end());
    rest.insert(rest.end(), row.begin(), row.begin() + hidden);
    const auto shorter = pooled(cu_seqlens, seqpool::skip_prefix(seqpool::AllTokens{}, counts_in_rows), where);
    CHECK(test::same_bits(shorter[1], test::pooled_alone(c, rest, hidden)));
    CHECK(test::same_bits(shorter[2], alone));
    for (const std::size_t left_out : {0u, 3u})
      for (const A value : shorter[left_out]) CHECK(value == 0);
    if (n == 1) return;
    const std::vector<T> tail(row.begin() + hidden, row.end());
    where = test::dense(n + 1, 4);
    where.real[2].erase(where.real[2].begin());
    const std::vector<int> skip_in_row{0, 1, 1, 0};
    CHECK(test::same_bits(pooled(cu_seqlens, seqpool::skip_prefix(seqpool::AllTokens{}, skip_in_row), where)[2],
                          test::pooled_alone(c, tail, hidden)));
  }
}

LAW("Guarantee 2: every NaN of a result is the one quiet NaN", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  for (const Index hidden : {5, 16, 37}) {
    const Index n = 21;
    auto row = test::tokens<T>(n, hidden, 23);
    for (std::size_t i = 0; i < row.size(); ++i)
      if (i % 3 == 0) {
        row[i] = std::numeric_limits<T>::quiet_NaN();
        if (i % 2 == 0) row[i] = -row[i];
      }
    std::vector<A> expected = test::pooled_alone(c, row, hidden);
    for (A& value : expected) value = std::isnan(value) ? std::numeric_limits<A>::quiet_NaN() : value;
    CHECK(test::same_bits(test::pooled_alone(c, row, hidden), expected));
    Eigen::Tensor<T, 3> x(9, n, hidden);
    for (Index b = 0; b < 9; ++b)
      for (Index s = 0; s < n; ++s)
        for (Index h = 0; h < hidden; ++h) x(b, s, h) = row[static_cast<std::size_t>(s * hidden + h)];
    for (const auto& result : test::rows_of(seqpool::pool(c.make(hidden, test::dense(n, 9)), x)))
      CHECK(test::same_bits(result, expected));
  }
}

LAW("Guarantee 3: accumulators are float, and double for double", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 5;
  STATIC_REQUIRE(std::is_same_v<A, std::conditional_t<std::is_same_v<T, double>, double, float>>);
  const std::vector<T> ones(4096 * 5, static_cast<T>(1));
  const auto expected = c.expected(test::in_double(ones, hidden)).value;
  const auto result = test::pooled_alone(c, ones, hidden);
  // Exact for integers, but for what is no integer in the end.
  const auto is = [&c](const char* name) { return c.name.starts_with(name); };
  if (!is("MeanSqrtLen") && !is("WeightedMean") && !is("TokenWeightedMean") && !is("Splade") &&
      !is("GeneralizedMean") && !is("MaxSim of normalized tokens") && !is("PositionalAttention"))
    for (std::size_t h = 0; h < result.size(); ++h) CHECK(static_cast<double>(result[h]) == expected[h]);
  if (c.name == "Mean") CHECK(result[0] == A(1));
}

LAW("Guarantee 4: within the stated bound of a float64 oracle", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 35;
  const Index n = GENERATE(1, 2, 17, 255, 256, 257, 3000);
  const double offset = GENERATE(0.0, 1000.0);
  const auto row = test::tokens<T>(n, hidden, 41, offset - 1, offset + 1);
  test::check_within(test::pooled_alone(c, row, hidden), c.expected(test::in_double(row, hidden)));
}

LAW("Guarantee 5: empty rows are zeros", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 6;
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  const auto zeros_of = [&](const Pooling& pooling) {
    return std::vector<A>(static_cast<std::size_t>(pooling.width(hidden)), 0);
  };

  SECTION("no real token, between two rows that have some") {
    test::Padded<T> x(3, 4, hidden);
    const auto row = test::tokens<T>(4, hidden, 51);
    for (Index i = 0; i < 4; ++i) {
      x.put(0, i, &row[static_cast<std::size_t>(i * hidden)]);
      x.put(2, i, &row[static_cast<std::size_t>(i * hidden)]);
    }
    const Pooling pooling = c.make(hidden, x.layout());
    const auto alone = test::pooled_alone(c, row, hidden);
    for (const auto& rows : {test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view())),
                             test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view(), device)),
                             test::rows_of(seqpool::pool(pooling, x.column_major(), x.mask_view())),
                             test::rows_of(seqpool::pool(pooling, x.view(), Lengths(std::array{4, 0, 4})))}) {
      CHECK(test::same_bits(rows[0], alone));
      CHECK(test::same_bits(rows[1], zeros_of(pooling)));
      CHECK(test::same_bits(rows[2], alone));
    }
  }
  SECTION("seq = 0") {
    const Pooling pooling = c.make(hidden, test::dense(0, 2));
    for (const auto& result : test::rows_of(seqpool::pool(pooling, HiddenStates<T>(nullptr, {2, 0, hidden}))))
      CHECK(test::same_bits(result, zeros_of(pooling)));
    for (const auto& result : test::rows_of(seqpool::pool(pooling, HiddenStates<T>(nullptr, {2, 0, hidden}), device)))
      CHECK(test::same_bits(result, zeros_of(pooling)));
  }
  SECTION("batch = 0 gives [0, width]") {
    const Pooling pooling = c.make(hidden, test::dense(7, 0));
    for (const auto& result : {seqpool::pool(pooling, HiddenStates<T>(nullptr, {0, 7, hidden})),
                               seqpool::pool(pooling, HiddenStates<T>(nullptr, {0, 7, hidden}), device)}) {
      CHECK(result.dimension(0) == 0);
      CHECK(result.dimension(1) == pooling.width(hidden));
    }
  }
  SECTION("the empty state itself") {
    const Pooling pooling = c.make(hidden, test::dense(0));
    State state = folded(pooling, {}, hidden, 0, 0);
    CHECK(test::same_bits(finished(pooling, state, hidden), zeros_of(pooling)));
  }
}

LAW("Guarantee 6: NaN and infinity reach their own row, at any position, and no other", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 19;
  const Index n = GENERATE(5, 300);
  const Index position = GENERATE_COPY(Index{0}, Index{1}, Index{3}, n / 2, n - 2, n - 1);
  const double value = GENERATE(double(NAN), double(INFINITY), -double(INFINITY));
  auto row = test::tokens<T>(n, hidden, 61);
  const auto clean = test::pooled_alone(c, row, hidden);

  std::vector<T> batch = row;
  row[static_cast<std::size_t>(position * hidden + 7)] = static_cast<T>(value);
  batch.insert(batch.end(), row.begin(), row.end());
  batch.insert(batch.end(), batch.begin(), batch.begin() + n * hidden);

  const Pooling pooling = c.make(hidden, test::dense(n, 3));
  const auto rows = test::rows_of(seqpool::pool(pooling, HiddenStates<T>(batch.data(), {3, n, hidden})));
  CHECK(test::same_bits(rows[0], clean));
  CHECK(test::same_bits(rows[2], clean));
  const auto expected = c.expected(test::in_double(row, hidden));
  for (std::size_t h = 0; h < rows[1].size(); ++h) {
    INFO("feature " << h << ", position " << position << ", value " << value);
    const auto result = static_cast<double>(rows[1][h]);
    CHECK(std::isnan(result) == std::isnan(expected.value[h]));
    CHECK(std::isinf(result) == std::isinf(expected.value[h]));
    if (std::isinf(result)) CHECK(result == expected.value[h]);
  }
}

LAW("Guarantee 9: inputs stay as they are, and nothing is allocated per row", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 48;
  const auto small = test::tokens<T>(2 * 300, hidden, 71);
  const auto large = test::tokens<T>(64 * 300, hidden, 71);
  const auto untouched = large;
  const auto allocations_of = [&](const auto& states, Index batch) {
    const Pooling pooling = c.make(hidden, test::dense(300, batch));
    const Pooling half_pooling = c.make(hidden / 2, test::dense(150, batch));
    Eigen::Tensor<A, 2, Eigen::RowMajor> out(batch, pooling.width(hidden));
    Eigen::Tensor<A, 2> half_out(batch, half_pooling.width(hidden / 2));
    Eigen::Tensor<bool, 2, Eigen::RowMajor> all(batch, 300);
    all.setConstant(true);
    const HiddenStates<T> x(states.data(), {batch, 300, hidden});
    const HiddenStates<T> packed(states.data(), {batch, 150, hidden / 2}, {300 * hidden, 2 * hidden, 2});
    const test::AllocationCount count;
    seqpool::pool_into(out, pooling, x);
    seqpool::pool_into(out, pooling, x, all);
    seqpool::pool_into(half_out, half_pooling, packed);
    return count.so_far();
  };
  const auto for_two_rows = allocations_of(small, 2);
  CHECK(for_two_rows > 0);  // the counter counts
  CHECK(allocations_of(large, 64) == for_two_rows);
  CHECK(std::memcmp(large.data(), untouched.data(), large.size() * sizeof(T)) == 0);
}

LAW("Guarantee 9: one const pooling serves many threads", "[guarantees]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 48;
  const auto row = test::tokens<T>(300, hidden, 81);
  const Pooling pooling = c.make(hidden, test::dense(300));
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

LAW("Guarantee 10: merging with the empty state changes nothing", "[guarantees][laws]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 23;
  auto row = test::tokens<T>(40, hidden, 91, -3, 3);
  row[5] = std::numeric_limits<T>::infinity();
  const Pooling pooling = c.make(hidden, test::dense(40));
  const State state = folded(pooling, row, hidden, 0, 40);
  const State empty = folded(pooling, row, hidden, 0, 0);
  const auto canonical = [](std::vector<A> values) {
    for (A& value : values) value = seqpool::detail::canonical(value);
    return values;
  };
  State own = state;
  const auto alone = canonical(finished(pooling, own, hidden));

  State right = state;
  pooling.merge(right, empty);
  CHECK(test::same_bits(canonical(finished(pooling, right, hidden)), alone));
  State left = empty;
  pooling.merge(left, state);
  CHECK(test::same_bits(canonical(finished(pooling, left, hidden)), alone));
  State both = empty;
  pooling.merge(both, empty);
  for (const A value : finished(pooling, both, hidden)) CHECK(value == 0);
}

LAW("Guarantee 10: finishing twice gives the same", "[guarantees][laws]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 23;
  const auto row = test::tokens<T>(40, hidden, 92, -3, 3);
  const Pooling pooling = c.make(hidden, test::dense(40));
  State state = folded(pooling, row, hidden, 0, 40);
  const auto once = finished(pooling, state, hidden);
  CHECK(test::same_bits(finished(pooling, state, hidden), once));
}

LAW("Guarantee 10: fold(A ++ B) = merge(fold(A), fold(B)), for any split", "[guarantees][laws]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 23;
  const Index n = 70;
  const auto row = test::tokens<T>(n, hidden, 101, -3, 3);
  const Pooling pooling = c.make(hidden, test::dense(n));
  const auto expected = c.expected(test::in_double(row, hidden));

  test::Random random(5);
  for (int trial = 0; trial < 20; ++trial) {
    // A split into pieces of random lengths, empty ones too: merged left to right, and folded one by one.
    State merged = folded(pooling, row, hidden, 0, 0);
    State streamed = folded(pooling, row, hidden, 0, 0);
    for (Index first = 0; first < n;) {
      const Index last = std::min(n, first + random.below(trial < 10 ? 5 : 40));
      pooling.merge(merged, folded(pooling, row, hidden, first, last));
      pooling.fold(streamed, TokenBlock<T>(row.data() + first * hidden, last - first, hidden, hidden, first));
      first = last;
    }
    test::check_within(finished(pooling, merged, hidden), expected);
    test::check_within(finished(pooling, streamed, hidden), expected);
  }
}

LAW("Guarantee 10: fold(A) then fold(B) has the bits of fold(A ++ B), if A is whole tiles", "[guarantees][laws]") {
  const Case& c = any_case();
  INFO(c.name);
  for (const Index hidden : {1, 23, 48}) {
    const Index n = 77;
    const auto row = test::tokens<T>(n, hidden, 103, -3, 3);
    const Pooling pooling = c.make(hidden, test::dense(n));
    State whole = folded(pooling, row, hidden, 0, n);
    const auto expected = finished(pooling, whole, hidden);
    for (const Index first : {8, 16, 40, 72}) {
      State state = folded(pooling, row, hidden, 0, first);
      pooling.fold(state, TokenBlock<T>(row.data() + first * hidden, n - first, hidden, hidden, first));
      CHECK(test::same_bits(finished(pooling, state, hidden), expected));
      // As parts of one block too.
      const TokenBlock<T> all(row.data(), n, hidden, hidden);
      State parts = folded(pooling, row, hidden, 0, 0);
      pooling.fold(parts, all.part(0, first));
      pooling.fold(parts, all.part(first, n - first));
      CHECK(test::same_bits(finished(pooling, parts, hidden), expected));
    }
  }
}

LAW("Guarantee 10: merge is associative within the bound", "[guarantees][laws]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 23;
  const auto row = test::tokens<T>(60, hidden, 111, -3, 3);
  const Pooling pooling = c.make(hidden, test::dense(60));
  State tail = folded(pooling, row, hidden, 20, 35);
  pooling.merge(tail, folded(pooling, row, hidden, 35, 60));
  State state = folded(pooling, row, hidden, 0, 20);
  pooling.merge(state, tail);
  test::check_within(finished(pooling, state, hidden), c.expected(test::in_double(row, hidden)));
}

LAW("Guarantee 10: what is order-free does not depend on token order", "[guarantees][laws]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 23;
  const Index n = 50;
  const auto row = test::tokens<T>(n, hidden, 121, -3, 3);
  std::vector<T> moved;
  for (Index i = 0; i < n; ++i) {  // 37 and 50 have no common factor: every token once, first and last elsewhere
    const auto token = row.begin() + (37 * i + 11) % n * hidden;
    moved.insert(moved.end(), token, token + hidden);
  }
  const auto shuffled = test::pooled_alone(c, moved, hidden);
  if (c.order_free)
    test::check_within(shuffled, c.expected(test::in_double(row, hidden)));
  else
    CHECK_FALSE(shuffled == test::pooled_alone(c, row, hidden));  // and the law can tell
}

LAW("Guarantee 10: a stream has the bits of the whole sequence, whatever the chunks", "[guarantees][laws]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 21;
  const Index n = GENERATE(0, 1, 7, 8, 9, 255, 256, 257, 263, 511, 512, 700);
  const auto row = test::tokens<T>(n, hidden, 141, -3, 3);
  const Pooling pooling = c.make(hidden, test::dense(n));
  if (pooling.per_token()) {
    CHECK_THROWS_WITH((seqpool::Stream<Pooling, T>{pooling, hidden}), ct::has_substring("parameters for each token"));
    return;
  }
  const auto alone = test::pooled_alone(c, row, hidden);
  seqpool::Stream<Pooling, T> stream{pooling, hidden};
  for (const Index longest : {1, 5, 8, 16, 300, 900}) {
    test::Random random(static_cast<std::uint64_t>(longest));
    stream.reset();
    for (Index first = 0; first < n;) {
      const Index count = std::min(n - first, 1 + random.below(longest));
      stream.push(row.data() + first * hidden, count);
      first += count;
      CHECK(stream.size() == first);
      if (random.below(5) == 0) {  // a look in between, and a way over bytes, change nothing
        static_cast<void>(stream.value());
        const auto bytes = stream.save();
        seqpool::Stream<Pooling, T> other{pooling, hidden};
        other.load(bytes);
        CHECK(other.save() == bytes);
        stream = other;
      }
    }
    CHECK(test::same_bits(test::rows_of(stream.value())[0], alone));
  }
}

LAW("Guarantee 10: a merged stream continues where the first one ended", "[guarantees][laws]") {
  const Case& c = any_case();
  INFO(c.name);
  constexpr Index hidden = 21;
  const Index n = 600;
  const auto row = test::tokens<T>(n, hidden, 151, -3, 3);
  const Pooling pooling = c.make(hidden, test::dense(n));
  if (pooling.per_token()) return;
  const auto expected = c.expected(test::in_double(row, hidden));
  const auto stream_of = [&](Index first, Index last) {
    seqpool::Stream<Pooling, T> stream{pooling, hidden};
    stream.push(row.data() + first * hidden, last - first);
    return stream;
  };
  for (const Index cut : {0, 1, 8, 100, 256, 300, 513, 599, 600}) {
    auto stream = stream_of(0, cut);
    stream.merge(stream_of(cut, n));
    CHECK(stream.size() == n);
    test::check_within(test::rows_of(stream.value())[0], expected);
    // Merged in the middle, and pushed on.
    auto pushed = stream_of(0, cut / 2);
    pushed.merge(stream_of(cut / 2, cut));
    pushed.push(row.data() + cut * hidden, n - cut);
    CHECK(pushed.size() == n);
    const auto bytes = pushed.save();
    seqpool::Stream<Pooling, T> loaded{pooling, hidden};
    loaded.load(bytes);
    test::check_within(test::rows_of(loaded.value())[0], expected);
    CHECK(test::same_bits(test::rows_of(loaded.value())[0], test::rows_of(pushed.value())[0]));
  }
}

LAW("Guarantee 10: attention with equal scores is the mean", "[guarantees][laws]") {
  const Index hidden = 23;
  const auto row = test::tokens<T>(300, hidden, 131, -3, 3);
  // Equal scores of 0, and of 2: the last feature is 1 in every token.
  auto with_one = row;
  for (std::size_t i = static_cast<std::size_t>(hidden) - 1; i < with_one.size(); i += static_cast<std::size_t>(hidden))
    with_one[i] = static_cast<T>(1);
  std::vector<T> query(static_cast<std::size_t>(hidden), static_cast<T>(0));
  const auto check = [&](const std::vector<T>& states) {
    auto mean = test::weighted_sum(test::in_double(states, hidden), [](std::size_t) { return 1.0; }, 300, 0);
    for (double& bound : mean.bound) bound = (300 + 16) * test::eps<T> * 3;  // attention's, with exact scores
    test::check_within(test::pooled_alone(Pooling(seqpool::Attention(query)), states, hidden), mean);
  };
  check(row);
  query.back() = static_cast<T>(2);
  check(with_one);
}

namespace {

// d loss / d out of a row, the same for every place where the row may stand.
template <class P> std::vector<A> d_out_of(const P& pooling, Index hidden) {
  return test::Random(51).values<A>(pooling.width(hidden), -1, 1);
}

// The gradients of one row by itself, [n, hidden].
std::vector<A> gradient_alone(const Pooling& pooling, const std::vector<T>& row, Index hidden) {
  const Index n = static_cast<Index>(row.size()) / hidden;
  const auto d = d_out_of(pooling, hidden);
  const auto back = seqpool::gradient(pooling, HiddenStates<T>(row.data(), {1, n, hidden}), seqpool::all_tokens,
                                      seqpool::Vectors<A>(d.data(), {1, static_cast<Index>(d.size())}));
  return {back.tokens.data(), back.tokens.data() + n * hidden};
}

// d_out for `rows` rows that are all alike.
struct SameRows {
  std::vector<A> numbers;
  Index rows, width;

  SameRows(const Pooling& pooling, Index hidden, Index rows_) : rows(rows_), width(pooling.width(hidden)) {
    const auto d = d_out_of(pooling, hidden);
    for (Index i = 0; i < rows; ++i) numbers.insert(numbers.end(), d.begin(), d.end());
  }
  seqpool::Vectors<A> view() const { return {numbers.data(), {rows, width}}; }
};

// The tokens [first, first + n) of sequence b of a gradient, [n, hidden].
template <class G> std::vector<A> tokens_of(const G& tokens, Index b, Index first, Index n) {
  std::vector<A> result;
  for (Index s = first; s < first + n; ++s)
    for (Index h = 0; h < tokens.dimension(2); ++h) result.push_back(tokens(b, s, h));
  return result;
}

// A case that goes back: Midrange, a user's own, does not say how.
const Case& any_differentiable_case() {
  const Case& c = any_case();
  if (c.name != "Midrange") return c;
  const std::vector<T> row(4);
  CHECK_THROWS_WITH(gradient_alone(c.make(4, test::dense(1)), row, 4),
                    ct::has_substring("does not say how it goes back, so it has no gradient"));
  return test::all_poolings<T>().front();
}

template <class G> bool are_zeros(const G& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](A x) { return x == 0 && !std::signbit(x); });
}

}  // namespace

LAW("Guarantee 7: a pooling is given as many numbers as its parameters have", "[guarantees][parameters]") {
  const Case& c = any_differentiable_case();
  INFO(c.name);
  Pooling pooling = c.make(7, test::dense(3));
  const auto parameters = seqpool::parameters(pooling);
  std::vector<double> numbers(parameters.numbers().begin(), parameters.numbers().end());
  CHECK_NOTHROW(pooling.set_parameters(numbers));
  numbers.push_back(1);
  CHECK_THROWS_WITH(pooling.set_parameters(numbers), ct::has_substring(" are needed"));
  if (numbers.size() == 1) return;
  CHECK_THROWS_WITH(pooling.set_parameters(std::span(numbers).first(numbers.size() - 2)),
                    ct::has_substring(" are needed"));
}

LAW("Guarantee 11: a row's gradient is its own", "[guarantees][gradient]") {
  const Case& c = any_differentiable_case();
  INFO(c.name);
  constexpr Index hidden = 37;
  const Index n = GENERATE(1, 3, 61, 300);
  const auto row = test::tokens<T>(n, hidden, 21);
  const auto other = test::tokens<T>(n, hidden, 22, -50, 50);
  const auto alone = gradient_alone(c.make(hidden, test::dense(n)), row, hidden);

  SECTION("whatever the padding, which gets zeros and is never read, the holes, the neighbours and the threads") {
    Eigen::ThreadPool thread_pool(3);
    const Eigen::ThreadPoolDevice device(&thread_pool, 3);
    for (const Index left : {0, 2, 91}) {
      test::Padded<T> x(4, left + n + 7, hidden);
      for (Index i = 0; i < n; ++i) {
        x.put(0, i, &other[static_cast<std::size_t>(i * hidden)]);
        x.put(1, left + i, &row[static_cast<std::size_t>(i * hidden)]);
        x.put(3, left + i + (i >= n / 2 ? 5 : 0), &row[static_cast<std::size_t>(i * hidden)]);
      }
      const Pooling pooling = c.make(hidden, x.layout());
      const SameRows d(pooling, hidden, 4);
      const auto check = [&](const auto& tokens) {
        CHECK(test::same_bits(tokens_of(tokens, 1, left, n), alone));
        CHECK(are_zeros(tokens_of(tokens, 0, n, left + 7)));
        CHECK(are_zeros(tokens_of(tokens, 1, 0, left)));
        CHECK(are_zeros(tokens_of(tokens, 1, left + n, 7)));
        CHECK(are_zeros(tokens_of(tokens, 2, 0, x.seq)));
        CHECK(are_zeros(tokens_of(tokens, 3, left + n / 2, 5)));
        auto holes = tokens_of(tokens, 3, left, n / 2);
        const auto rest = tokens_of(tokens, 3, left + n / 2 + 5, n - n / 2);
        holes.insert(holes.end(), rest.begin(), rest.end());
        CHECK(test::same_bits(holes, alone));
      };
      check(seqpool::gradient(pooling, x.view(), x.mask_view(), d.view()).tokens);
      check(seqpool::gradient(pooling, x.view(), x.mask_view(), d.view(), device).tokens);
      check(seqpool::gradient(pooling, x.column_major(), x.mask_view(), d.view()).tokens);
    }
  }
  SECTION("packed, ragged, and as a span") {
    std::vector<T> packed(other);
    packed.insert(packed.end(), row.begin(), row.end());
    packed.insert(packed.end(), other.begin(), other.begin() + hidden);
    const std::vector<std::int32_t> offsets{0, static_cast<std::int32_t>(n), static_cast<std::int32_t>(2 * n),
                                            static_cast<std::int32_t>(2 * n + 1)};
    test::Layout layout = test::dense(n, 3);
    layout.real[2].resize(1);
    const Pooling pooling = c.make(hidden, layout);
    const SameRows d(pooling, hidden, 3);
    const seqpool::PackedStates<T> cu_seqlens(packed.data(), {2 * n + 1, hidden}, offsets);
    const auto of_packed = seqpool::gradient(pooling, cu_seqlens, seqpool::all_tokens, d.view());
    CHECK(test::same_bits(tokens_of(of_packed.tokens, 1, 0, n), alone));
    CHECK(are_zeros(tokens_of(of_packed.tokens, 2, 1, n - 1)));
    const std::vector<const T*> pointers{other.data(), row.data(), other.data()};
    const seqpool::Ragged<T> ragged(pointers, std::vector<Index>{n, n, 1}, hidden);
    CHECK(test::same_bits(tokens_of(seqpool::gradient(pooling, ragged, seqpool::all_tokens, d.view()).tokens, 1, 0, n),
                          alone));
    const HiddenStates<T> one(packed.data(), {1, 2 * n + 1, hidden});
    test::Layout where{2 * n + 1, std::vector<std::vector<Index>>(1)};
    for (Index i = 0; i < n; ++i) where.real[0].push_back(n + i);
    const auto spanned = seqpool::gradient(c.make(hidden, where), one, seqpool::Spans{{0, n, 2 * n}, {0, 3 % n, 3 % n}},
                                           SameRows(pooling, hidden, 2).view());
    CHECK(test::same_bits(tokens_of(spanned.tokens, 0, n, n), alone));
    CHECK(are_zeros(tokens_of(spanned.tokens, 0, 0, n)));
    CHECK(are_zeros(tokens_of(spanned.tokens, 0, 2 * n, 1)));
  }
  SECTION("in a list, beside a pooling that nobody learns by") {
    const Pooling pooling = c.make(hidden, test::dense(n));
    const auto d = d_out_of(pooling, hidden);
    std::vector<A> of_both(hidden, A(0));
    of_both.insert(of_both.end(), d.begin(), d.end());
    const auto back = seqpool::gradient(Pooling(std::vector<Pooling>{seqpool::Cls{}, pooling}),
                                        HiddenStates<T>(row.data(), {1, n, hidden}), seqpool::all_tokens,
                                        seqpool::Vectors<A>(of_both.data(), {1, static_cast<Index>(of_both.size())}));
    CHECK(tokens_of(back.tokens, 0, 0, n) == alone);
  }
}

LAW("Guarantee 11: parameters' gradients have the same bits on any number of threads", "[guarantees][gradient]") {
  const Case& c = any_differentiable_case();
  INFO(c.name);
  constexpr Index hidden = 21, seq = 5;
  for (const Index batch : {3, 64, 150}) {
    const auto states = test::tokens<T>(batch * seq, hidden, 61);
    const HiddenStates<T> x(states.data(), {batch, seq, hidden});
    const Pooling pooling = c.make(hidden, test::dense(seq, batch));
    const auto d = test::Random(62).values<A>(batch * pooling.width(hidden));
    const seqpool::Vectors<A> d_out(d.data(), {batch, pooling.width(hidden)});
    const auto alone = seqpool::gradient(pooling, x, seqpool::all_tokens, d_out);
    for (const int threads : {2, 3, 8}) {
      Eigen::ThreadPool thread_pool(threads);
      const Eigen::ThreadPoolDevice device(&thread_pool, threads);
      const auto shared = seqpool::gradient(pooling, x, seqpool::all_tokens, d_out, device);
      CHECK(std::ranges::equal(shared.parameters.numbers(), alone.parameters.numbers()));
      CHECK(std::memcmp(shared.tokens.data(), alone.tokens.data(), states.size() * sizeof(A)) == 0);
    }
  }
}

LAW("Guarantee 11: gradients are near those in double", "[guarantees][gradient]") {
  const Case& c = any_differentiable_case();
  INFO(c.name);
  const auto& all = test::all_poolings<T>();
  constexpr Index hidden = 35;
  const Index n = GENERATE(1, 2, 17, 256, 257, 3000);
  const double offset = GENERATE(0.0, 1000.0);
  if (offset > 0 && c.name.starts_with("SoftmaxPooling")) return;  // |x|^2 makes scores of 10^4
  CAPTURE(n, offset);
  const auto row = test::tokens<T>(n, hidden, 41, offset - 1, offset + 1);
  Pooling pooling = c.make(hidden, test::dense(n));
  const test::GradientBound bound(c.name, std::log(1001.));
  auto parameters = seqpool::parameters(pooling);
  if (bound.attends && offset > 0) {  // so that scores are not off by more than weights can bear
    for (double& number : parameters.numbers()) number /= 1024;
    pooling = seqpool::with_parameters(pooling, parameters.numbers());
  }
  const auto d = d_out_of(pooling, hidden);
  const auto back = seqpool::gradient(pooling, HiddenStates<T>(row.data(), {1, n, hidden}), seqpool::all_tokens,
                                      seqpool::Vectors<A>(d.data(), {1, static_cast<Index>(d.size())}));
  std::vector<double> in_double;
  for (const T x : row) in_double.push_back(static_cast<double>(seqpool::widen(x)));
  const auto numbers = parameters.numbers();
  const auto expected =
      test::double_gradient(static_cast<std::size_t>(&c - all.data()), {numbers.begin(), numbers.end()}, in_double,
                            hidden, {d.begin(), d.end()});
  const std::vector<A> tokens(back.tokens.data(), back.tokens.data() + back.tokens.size());
  CHECK(test::gradient_error(tokens, expected.tokens) / test::eps<T> <= bound.errors);
  double sum = 0;
  for (const A g : d) sum += std::abs(static_cast<double>(g));
  for (const auto& entry : back.parameters.entries()) {
    INFO("parameter " << entry.name);
    const double least = bound.least(entry.name, static_cast<double>(n), hidden, sum, offset + 1, test::eps<T>);
    const auto found = back.parameters[entry.name];
    const auto sought = std::span(expected.parameters).subspan(entry.first, entry.count);
    CHECK(test::gradient_error(found, sought, least) / test::eps<T> <= bound.errors);
  }
}
