// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/fold_pass.hpp>
#include <seqpool/detail/token_source.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

// What attention heads do four at a time, so that each feature of a token is loaded once for all four. Scores and
// weights are arrays [heads, tile_tokens]: each head has one number for each token of a tile.
namespace seqpool::inline SEQPOOL_ABI::detail {

// scores[q * tile_tokens + k] = sum_h queries[q, h] * x_k[h] for each of one or two tokens x. The order of additions is
// fixed: partial sums in lanes, a tree, then the features beyond the last whole chunk. The function is never inlined,
// because it needs every register for itself. Both factors are loaded into named variables: if they were operands, g++
// would load one of them again for each product.
template <Scalar T, class A, std::size_t... k, std::size_t... q, std::size_t... i>
SEQPOOL_NOINLINE SEQPOOL_FLATTEN void score_tokens(const std::array<const T*, sizeof...(k)>& x, const A* queries,
                                                   Index hidden, Index ahead, A* scores, std::index_sequence<k...>,
                                                   std::index_sequence<q...>, std::index_sequence<i...>) {
  constexpr Index chunk = chunk_features<T>;
  constexpr Index lanes = (std::max)(Index{4}, (std::min)(register_bytes, Index{32}) / static_cast<Index>(sizeof(A)));
  using Lanes = Eigen::Array<A, lanes, 1>;
  using Load = Eigen::Map<const Lanes>;
  const T* const tokens[] = {x[k]...};
  Lanes sum[] = {(static_cast<void>(i), Lanes::Zero())...};
  Index h = 0;
  for (; h + chunk <= hidden; h += chunk) {
    if (ahead != 0) (detail::prefetch_chunk(tokens[k] + h, ahead), ...);
    const WidenedChunk<T> chunks[] = {WidenedChunk<T>(tokens[k] + h)...};
    alignas(64) A room[sizeof...(k)][std::size_t{chunk}];
    const A* const widened[] = {chunks[k].data(room[k])...};
    for (Index j = 0; j < chunk; j += lanes) {
      const Lanes features[] = {Lanes(Load(widened[k] + j))...};
      const Lanes factors[] = {Lanes(Load(queries + static_cast<Index>(q) * hidden + h + j))...};
      ((sum[i] += factors[i % 4] * features[i / 4]), ...);
    }
  }
  const auto rest = [&](const A* query, const T* token) {
    A products = 0;
    for (Index f = h; f < hidden; ++f) products += query[f] * widen(token[f]);
    return products;
  };
  ((scores[i % 4 * std::size_t{tile_tokens} + i / 4] =
        sum[i].sum() + rest(queries + static_cast<Index>(i % 4) * hidden, tokens[i / 4])),
   ...);
}

// The scores of a tile's tokens for four queries, `[4, hidden]`. What lies `ahead` elements after each token is
// prefetched, unless ahead is 0. |error| <= (hidden / 4 + 34) * eps * sum_h |query[h] * x[h]|.
template <class Block, class A> void score_by_four(const Block& x, const A* queries, Index ahead, A* scores) {
  const auto score = [&]<std::size_t... k>(Index i, std::index_sequence<k...> tokens) {
    detail::score_tokens<typename Block::value_type>({x[i + static_cast<Index>(k)]...}, queries, x.hidden(), ahead,
                                                     scores + i, tokens, std::make_index_sequence<4>(),
                                                     std::make_index_sequence<4 * sizeof...(k)>());
  };
  Index i = 0;
  for (; i + 2 <= x.size(); i += 2) score(i, std::make_index_sequence<2>());
  if (i < x.size()) score(i, std::make_index_sequence<1>());
}

// The scores of a tile's tokens, at most tile_tokens of them, for `heads` queries, `[heads, hidden]`. The queries are
// taken four at a time, and those that are left one by one. The next tile is prefetched while the first of them are
// taken.
template <class Block, class A> void score_by_queries(const Block& x, const A* queries, Index heads, A* scores) {
  const Index hidden = x.hidden();
  const Index distance = x.size() == tile_tokens ? Prefetch::distance(x, 0) : 0;
  Index head = 0;
  for (; head + 4 <= heads; head += 4)
    detail::score_by_four(x, queries + head * hidden, head == 0 ? distance : 0, scores + head * tile_tokens);
  for (; head < heads; ++head) {
    const A* const query = queries + head * hidden;
    A* const out = scores + head * tile_tokens;
    if (x.size() == tile_tokens) {
      const Index ahead = head == 0 ? distance : 0;
      const auto dots = detail::dots(query, hidden, ahead, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
      std::copy(dots.begin(), dots.end(), out);
    } else {
      for (Index i = 0; i < x.size(); ++i) out[i] = detail::dot(query, x[i], hidden);
    }
  }
}

// out[i] = sum_h a[h] * (x_i[h] - origin[h]) of a tile's tokens.
template <class Block, class A>
SEQPOOL_NOINLINE void dots_from_tile(const Block& x, const A* a, const A* origin, A* out) {
  const Index hidden = x.hidden();
  if (x.size() == tile_tokens) {
    const auto dots = detail::dots_from(a, origin, hidden, 0, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
    std::copy(dots.begin(), dots.end(), out);
  } else {
    for (Index i = 0; i < x.size(); ++i) out[i] = detail::dots_from(a, origin, hidden, 0, x[i])[0];
  }
}

// acc[q, h] += sum_i weights[q * tile_tokens + i] * x_i[h] for every feature h of a whole tile; its tokens are added in
// order. acc: `[4, hidden]`. `fold_features` with four accumulators computes the same, but it loads every weight again
// for each register of features, and this loads it for two of them.
//
// The sums are named variables because g++ keeps those in registers, but an array of them in memory. It is flattened
// because in a large file g++ would call Eigen's operators, which takes five times as long.
template <class Block, class A, std::size_t... i>
SEQPOOL_NOINLINE SEQPOOL_FLATTEN void add_to_four(const Block& x, const A* weights, A* __restrict acc,
                                                  std::index_sequence<i...>) {
  using T = typename Block::value_type;
  constexpr Index chunk = chunk_features<T>;
  constexpr Index lanes = (std::min)(2 * register_bytes, Index{64}) / static_cast<Index>(sizeof(A));
  using Lanes = Eigen::Array<A, lanes, 1>;
  using Load = Eigen::Map<const Lanes>;
  using Store = Eigen::Map<Lanes>;
  const Index hidden = x.hidden();
  const T* const tokens[] = {x[static_cast<Index>(i)]...};
  A* const rows[] = {acc, acc + hidden, acc + 2 * hidden, acc + 3 * hidden};
  Index h = 0;
  for (; h + chunk <= hidden; h += chunk) {
    const WidenedChunk<T> chunks[] = {WidenedChunk<T>(tokens[i] + h)...};
    alignas(64) A room[sizeof...(i)][std::size_t{chunk}];
    const A* const widened[] = {chunks[i].data(room[i])...};
    for (Index j = 0; j < chunk; j += lanes) {
      const Index at = h + j;
      Lanes a = Load(rows[0] + at), b = Load(rows[1] + at), c = Load(rows[2] + at), d = Load(rows[3] + at);
      const auto add = [&](const A* features, const A* w) SEQPOOL_INLINE_LAMBDA {
        const Lanes f = Load(features);
        a += f * w[0];
        b += f * w[tile_tokens];
        c += f * w[2 * tile_tokens];
        d += f * w[3 * tile_tokens];
      };
      (add(widened[i] + j, weights + i), ...);
      Store(rows[0] + at) = a;
      Store(rows[1] + at) = b;
      Store(rows[2] + at) = c;
      Store(rows[3] + at) = d;
    }
  }
  for (; h < hidden; ++h)
    for (Index q = 0; q < 4; ++q)
      ((rows[q][h] += weights[q * tile_tokens + static_cast<Index>(i)] * widen(tokens[i][h])), ...);
}

// acc[k, h] += sum_i weights[k * tile_tokens + i] * x_i[h] for every feature h of at most tile_tokens tokens, in order,
// for each k: one of them or four.
template <class Block, class A, std::size_t... k>
void add_weighted(const Block& x, const A* weights, A* acc, std::index_sequence<k...>) {
  constexpr auto tile = std::make_index_sequence<std::size_t{tile_tokens}>();
  const auto each = [weights](Index i) {
    return std::array<A, sizeof...(k)>{weights[k * std::size_t{tile_tokens} + static_cast<std::size_t>(i)]...};
  };
  const auto add = [](A feature, const auto& w, auto&... held) { ((held += w[k] * feature), ...); };
  if (x.size() < tile_tokens)
    detail::fold_passes(x, 0, each, add, std::make_index_sequence<1>(), (acc + static_cast<Index>(k) * x.hidden())...);
  else if constexpr (sizeof...(k) == 4)
    detail::add_to_four(x, weights, acc, tile);
  else
    detail::fold_passes(x, 0, each, add, tile, (acc + static_cast<Index>(k) * x.hidden())...);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
