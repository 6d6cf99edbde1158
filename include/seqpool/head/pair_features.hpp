// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/door/vector_checks.hpp>

#include <cmath>

namespace seqpool::inline SEQPOOL_ABI {

/// What a classifier of pairs gets from two vectors, in this order.
struct PairFeatures {
  bool u = true;
  bool v = true;
  bool difference = true;  ///< |u - v|
  bool product = false;    ///< u * v
};

/// Two sentences' vectors as one, for a classifier of pairs: those of [u, v, |u - v|, u * v] that `parts` names, side
/// by side.
///
///     const auto logits = seqpool::map(head, seqpool::pair_features(u, v));  // head [classes, 3 * features]
///
/// **Shapes**: u, v: `[n, features]`, Eigen tensors or maps of rank 2 in any layout, or `Vectors`, each of float,
/// double, Eigen::half or Eigen::bfloat16 that accumulate in one type; result: `[n, parts * features]`, of
/// `accumulator_t`, in u's layout, row-major if u is not a tensor.
/// **Errors**: `std::invalid_argument` for u and v of different sizes, for no part at all, and for null pointers.
/// **Cost**: O(n * parts * features); allocates the result.
/// **Numerics**: each number is the exact one, rounded once. A NaN is the one quiet NaN, and so is inf - inf.
/// **Source**: sentence-transformers' SoftmaxLoss, whose defaults these are.
template <class U, class V> [[nodiscard]] auto pair_features(const U& u, const V& v, PairFeatures parts = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class U, class V> auto pair_features(const U& u, const V& v, PairFeatures parts) {
  if constexpr (detail::are_two_vectors<U, V>()) {
    using A = accumulator_t<detail::element_t<U>>;
    const auto a = detail::matrix_view(u, "u");
    const auto b = detail::matrix_view(v, "v");
    if (a.rows != b.rows || a.columns != b.columns)
      detail::fail({"pair_features: u is ", detail::shape({a.rows, a.columns}), ", but v is ",
                    detail::shape({b.rows, b.columns}), ": both must be [n, features]"});
    const Index count = Index{parts.u} + Index{parts.v} + Index{parts.difference} + Index{parts.product};
    if (count == 0)
      detail::fail("pair_features: at least one of PairFeatures' u, v, difference and product must be true");
    auto result = detail::make_result<U, A>(a.rows, detail::product(count, a.columns, "pair_features"));
    const auto out = detail::matrix_view(result, "the result");
    Index first = 0;
    const auto add = [&](bool wanted, auto f) {
      if (!wanted) return;
      for (Index i = 0; i < a.rows; ++i)
        for (Index h = 0; h < a.columns; ++h)
          out(i, first + h) = detail::canonical(static_cast<A>(f(widen(a(i, h)), widen(b(i, h)))));
      first += a.columns;
    };
    add(parts.u, [](A x, A) { return x; });
    add(parts.v, [](A, A y) { return y; });
    add(parts.difference, [](A x, A y) { return std::abs(x - y); });
    add(parts.product, [](A x, A y) { return x * y; });
    return result;
  } else {
    return detail::refused<U>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
