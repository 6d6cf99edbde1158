// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/pooling.hpp>
#include <seqpool/pooling/detail/side_by_side.hpp>

#include <tuple>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Several poolings side by side in one read of memory: out = [out of the first | out of the second | ...].
///
///     const seqpool::Concat pooling{seqpool::Cls{}, seqpool::Mean{}, seqpool::Max{}};
///     seqpool::pool(pooling, x, mask);  // [batch, 3 * hidden]
///
/// **Shapes**: tokens `[n, hidden]` to `[sum of the widths]`.
/// **Numerics**: each part has the bits of its pooling alone.
/// **Source**: sentence-transformers' lists of pooling modes.
template <class... P> class Concat : public detail::SideBySide<std::tuple, P...> {
  static_assert(sizeof...(P) > 0, "seqpool: Concat{poolings...} takes at least one pooling.");
  static_assert((SomePooling<P> && ...),
                "seqpool: Concat{poolings...} takes poolings only, each a seqpool::Pooling: Cls{}, Mean{}, Max{}, "
                "Attention{query}, or your own; see seqpool/fold/pooling.hpp.");

 public:
  explicit Concat(P... poolings) : detail::SideBySide<std::tuple, P...>(std::tuple<P...>(std::move(poolings)...)) {}
};

}  // namespace seqpool::inline SEQPOOL_ABI
