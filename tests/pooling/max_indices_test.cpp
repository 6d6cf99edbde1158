// SPDX-License-Identifier: MIT
// With a Result of its own, MaxIndices is no AnyPooling, so the laws are run here.
#define EIGEN_USE_THREADS

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <span>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"
#include "support/small.hpp"

using seqpool::Index;
using seqpool::MaxIndices;

namespace {

// The places `real` of the largest values, feature by feature: the first of equals, and the first NaN before all.
template <class T>
std::vector<Index> places_of_max(const std::vector<T>& row, Index hidden, const std::vector<Index>& real) {
  std::vector<Index> places(static_cast<std::size_t>(hidden), 0);
  for (std::size_t h = 0; h < places.size(); ++h) {
    double max = 0;
    for (std::size_t i = 0; i < real.size(); ++i) {
      const auto x =
          static_cast<double>(static_cast<seqpool::accumulator_t<T>>(row[i * static_cast<std::size_t>(hidden) + h]));
      if (i == 0 || x > max || (std::isnan(x) && !std::isnan(max))) max = x, places[h] = real[i];
    }
  }
  return places;
}

// Few different values, so that many are equal; here and there a NaN, an infinity, a zero of either sign.
template <class T> std::vector<T> rough_tokens(Index n, Index hidden, std::uint64_t seed, bool strange) {
  test::Random random(seed);
  std::vector<T> row;
  for (Index i = 0; i < n * hidden; ++i) {
    row.push_back(static_cast<T>(static_cast<double>(random.below(12) - 6) * (random.below(2) == 0 ? 1 : -1)));
    const Index kind = random.below(200);
    if (strange && kind < 3)
      row.back() = static_cast<T>(std::array{double(NAN), -double(INFINITY), 100.0}[static_cast<std::size_t>(kind)]);
    if (strange && i % hidden % 5 == 0) row.back() = static_cast<T>(-INFINITY);
  }
  return row;
}

}  // namespace

TEST_CASE("max_indices are places in the sequence, padding counted, the first of equals", "[max_indices]") {
  const auto x = test::small_states({{1, 9, 3, 9, 2}, {-5, -4, -4, -7, 8}, {0, -0.f, 0, 0, 0}});
  const auto indices = seqpool::max_indices(x);
  STATIC_REQUIRE(std::is_same_v<decltype(indices)::Scalar, Index>);
  test::check_rows(indices, {1, 4, 0});
  test::check_rows(seqpool::max_indices(x, test::small_mask({{0, 0, 1, 1, 1}, {1, 0, 1, 1, 0}, {0, 0, 0, 0, 0}})),
                   {3, 2, 0});
}

TEST_CASE("a NaN is the maximum, and the first one wins, also over an infinity before it", "[max_indices]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const auto x = test::small_states({{inf, 1, nan, inf, -nan}, {-inf, -inf, -inf, -inf, -inf}, {1, inf, 2, inf, 3}});
  test::check_rows(seqpool::max_indices(x), {2, 0, 1});
  test::check_rows(seqpool::max_indices(x, test::small_mask({{0, 1, 0, 1, 1}, {0, 0, 1, 1, 1}, {1, 0, 1, 1, 0}})),
                   {4, 2, 3});
  for (const std::size_t second : {3u, 9u, 300u, 599u}) {  // in the same tile, a later one, a later block
    std::vector<float> row(600, 1);
    row[2] = row[second] = nan;
    row[5] = inf;
    test::check_rows(seqpool::max_indices(test::small_states({row})), {2});
  }
}

TEMPLATE_TEST_CASE("max_indices of every form are those of the formula", "[max_indices]", SEQPOOL_TEST_SCALARS) {
  using T = TestType;
  Eigen::ThreadPool threads(3);
  const Eigen::ThreadPoolDevice device(&threads, 3);
  constexpr Index hidden = 37;
  for (const Index n : {1, 7, 8, 61, 256, 600})
    for (const bool strange : {false, true}) {
      const auto row = rough_tokens<T>(n, hidden, static_cast<std::uint64_t>(n), strange);
      const auto dense = places_of_max(row, hidden, test::dense(n).real[0]);
      const seqpool::HiddenStates<T> alone(row.data(), {1, n, hidden});
      CHECK(test::rows_of(seqpool::max_indices(alone))[0] == dense);
      CHECK(test::rows_of(seqpool::max_indices(alone, device))[0] == dense);

      // Padded on both sides and with holes; everything else is NaN.
      test::Padded<T> x(5, 2 * n + 9, hidden);
      for (Index b = 0; b < 4; ++b)
        for (Index i = 0; i < n; ++i)
          x.put(b, b + (b % 2 == 0 ? i : 2 * i), &row[static_cast<std::size_t>(i * hidden)]);
      std::vector<std::vector<Index>> expected;
      for (const auto& real : x.layout().real) expected.push_back(places_of_max(row, hidden, real));
      CHECK(test::rows_of(seqpool::max_indices(x.view(), x.mask_view())) == expected);
      CHECK(test::rows_of(seqpool::max_indices(x.view(), x.mask_view(), device)) == expected);
      CHECK(test::rows_of(seqpool::max_indices(x.column_major(), x.mask_view())) == expected);
      CHECK(test::rows_of(seqpool::max_indices(x.column_major(), x.mask_view(), device)) == expected);
      CHECK(test::rows_of(seqpool::max_indices(x.view(), seqpool::Lengths(std::array<Index, 5>{n, 0, 0, 0, 0})))[0] ==
            dense);

      // Packed behind another sequence, ragged with room between tokens, and as a span of a longer sequence.
      std::vector<T> packed(row.begin(), row.begin() + hidden);
      packed.insert(packed.end(), row.begin(), row.end());
      const std::vector<std::int32_t> offsets{0, 1, 1, static_cast<std::int32_t>(n + 1)};
      const seqpool::PackedStates<T> cu_seqlens(packed.data(), {n + 1, hidden}, offsets);
      CHECK(test::rows_of(seqpool::max_indices(cu_seqlens))[2] == dense);
      std::vector<T> apart(static_cast<std::size_t>(n * (hidden + 3)), static_cast<T>(NAN));
      for (Index i = 0; i < n; ++i) std::copy_n(row.begin() + i * hidden, hidden, apart.begin() + i * (hidden + 3));
      const std::vector<const T*> pointers{nullptr, apart.data()};
      const std::vector<Index> lengths{0, n};
      CHECK(test::rows_of(seqpool::max_indices(seqpool::Ragged<T>(pointers, lengths, hidden, hidden + 3)))[1] == dense);
      std::vector<Index> behind;
      for (Index i = 0; i < n; ++i) behind.push_back(1 + i);
      const seqpool::HiddenStates<T> longer(packed.data(), {1, n + 1, hidden});
      CHECK(test::rows_of(seqpool::max_indices(longer, seqpool::Spans{{0, 1, n + 1}}))[0] ==
            places_of_max(row, hidden, behind));
    }
}

TEMPLATE_TEST_CASE("max_indices say where max_pool's numbers are", "[max_indices]", SEQPOOL_TEST_SCALARS) {
  const auto row = test::tokens<TestType>(700, 130, 9, -3, 3);
  const seqpool::HiddenStates<TestType> x(row.data(), {1, 700, 130});
  const auto max = seqpool::max_pool(x);
  const auto indices = seqpool::max_indices(x);
  for (Index h = 0; h < 130; ++h)
    CHECK(seqpool::widen(row[static_cast<std::size_t>(indices(0, h) * 130 + h)]) == max(0, h));
}

TEMPLATE_TEST_CASE("max_indices of streams count from the first stream's beginning", "[max_indices]", float,
                   Eigen::half) {
  using T = TestType;
  constexpr Index hidden = 21;
  const Index n = 600;
  for (const bool strange : {false, true}) {
    const auto row = rough_tokens<T>(n, hidden, 77, strange);
    const auto expected = places_of_max(row, hidden, test::dense(n).real[0]);
    using Stream = seqpool::Stream<MaxIndices, T>;
    const auto stream_of = [&](Index first, Index last) {
      Stream stream{MaxIndices{}, hidden};
      for (Index at = first; at < last; at += 13) stream.push(row.data() + at * hidden, std::min(Index{13}, last - at));
      return stream;
    };
    CHECK(test::rows_of(Stream(MaxIndices{}, hidden).value())[0] == std::vector<Index>(hidden, 0));
    CHECK(test::rows_of(stream_of(0, n).value())[0] == expected);
    for (const Index cut : {0, 1, 8, 100, 256, 300, 599, 600}) {
      Stream stream = stream_of(0, cut);
      stream.merge(stream_of(cut, n));
      CHECK(test::rows_of(stream.value())[0] == expected);
      Stream pushed = stream_of(0, cut / 2);
      pushed.merge(stream_of(cut / 2, cut));
      pushed.push(row.data() + cut * hidden, n - cut);
      Stream loaded{MaxIndices{}, hidden};
      loaded.load(pushed.save());
      CHECK(test::rows_of(loaded.value())[0] == expected);
      Stream three = stream_of(0, cut / 3);
      three.merge(stream_of(cut / 3, cut));
      three.merge(stream_of(cut, n));
      CHECK(test::rows_of(three.value())[0] == expected);
      Stream last = stream_of(0, cut / 3);
      Stream tail = stream_of(cut / 3, cut);  // merged itself before it is merged
      tail.merge(stream_of(cut, n));
      last.merge(tail);
      CHECK(test::rows_of(last.value())[0] == expected);
    }
  }
}

TEST_CASE("two of MaxIndices stand side by side", "[max_indices]") {
  const auto x = test::small_states({{1, 9, 3}});
  const auto both = seqpool::pool(seqpool::Concat{MaxIndices{}, MaxIndices{}}, x);
  REQUIRE(both.dimension(1) == 4);
  CHECK(both(0, 3) == 1);
}

TEST_CASE("places beyond 2^24 of tokens that are folded at once are exact", "[max_indices]") {
  constexpr Index n = (Index{1} << 24) + 3;
  std::vector<Eigen::bfloat16> tokens(static_cast<std::size_t>(n));
  const MaxIndices pooling;
  MaxIndices::State<Eigen::bfloat16> state;
  const auto place = [&] {
    pooling.init(state, 1);
    pooling.fold(state, seqpool::TokenBlock<Eigen::bfloat16>(tokens.data(), n, 1, 1));
    Index found = -1;
    pooling.finish(state, std::span<Index>(&found, 1));
    CHECK(state.end == n);
    return found;
  };
  tokens[(1u << 24) + 1] = Eigen::bfloat16(1.f);  // no float is that many
  CHECK(place() == (Index{1} << 24) + 1);
  // The same token over and over, which costs no memory: the first is the largest.
  pooling.init(state, 1);
  pooling.fold(state, seqpool::TokenBlock<Eigen::bfloat16>(tokens.data(), n, 1, 0, 5));
  CHECK((state.index[0] == 5 && state.end == n + 5));
}
