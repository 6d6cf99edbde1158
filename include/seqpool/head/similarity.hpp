// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/door/vector_checks.hpp>
#include <seqpool/head/detail/pairs.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI {

/// How alike two vectors are: the larger, the more alike.
enum class Similarity { cosine, dot, euclidean, manhattan };

/// "cosine", "dot", "euclidean" or "manhattan".
[[nodiscard]] constexpr std::string_view name_of(Similarity similarity) noexcept;

// This holds for all of these: a and b are vectors `[n, features]` and `[m, features]`, Eigen tensors or maps of rank 2
// in any layout, or `Vectors`, each of float, double, Eigen::half or Eigen::bfloat16 that accumulate in one type.
// `device` is an Eigen::ThreadPoolDevice or any other `Device`; without one the calling thread does all.
//
// - Result: `[n, m]`, of `accumulator_t`, in a's layout, row-major if a is not a tensor. The bits of [i, j] depend only
//   on a[i] and b[j], and are those of [j, i] if a and b change places. A NaN or an infinity stays in its row or
//   column, or in both where they meet; a NaN is the one quiet NaN of its type.
// - Without features it is 0.
// - Widths that differ and null pointers throw `std::invalid_argument`.
// - Each costs O(n * m * features), and allocates the result.
// - It copies one side, up to 128 vectors at a time. Where the other side has only a few vectors, that takes longer
//   than it saves.
// - It copies the other side for cosines, and where its numbers do not lie side by side or are widened.

/// The similarity of every vector of a to every vector of b, chosen at run time.
///
///     const auto scores = seqpool::similarity(queries, passages, seqpool::Similarity::dot);  // [queries, passages]
///
/// **Errors**: `std::invalid_argument` for a number that is not a Similarity.
/// **Source**: sentence-transformers' similarity functions of the same names.
template <class X, class Y, class D = CallingThread>
[[nodiscard]] auto similarity(const X& a, const Y& b, Similarity kind, const D& device = {});

/// Cosines: sum_f a[i, f] * b[j, f] / (|a[i]| * |b[j]|), or 0 for a zero vector.
///
/// **Numerics**: vectors are divided by their lengths first, by `Normalize`, so no square overflows or vanishes;
/// |error| <= (min(features, 256) / 2 + features / 7 + 32) * eps for finite vectors, so equal vectors give 1 within it.
/// Every result of finite vectors lies in [-1, 1], so it has an angle.
template <class X, class Y, class D = CallingThread>
[[nodiscard]] auto cosine_similarity(const X& a, const Y& b, const D& device = {});

/// Dot products: sum_f a[i, f] * b[j, f].
///
/// **Numerics**: |error| <= (min(features, 256) / 2 + features / 512 + 4) * eps * sum_f |a[i, f] * b[j, f]|, as long as
/// that sum is finite and neither a product nor the result is subnormal.
template <class X, class Y, class D = CallingThread>
[[nodiscard]] auto dot_similarity(const X& a, const Y& b, const D& device = {});

/// Negative distances: -sqrt(sum_f (a[i, f] - b[j, f])^2).
///
/// **Numerics**: from differences, so near vectors are as exact as others; equal finite vectors give 0.
/// |error| <= (min(features, 256) / 4 + features / 1024 + 4) * eps * |result|, as long as the sum of squares is finite
/// and no square is subnormal.
template <class X, class Y, class D = CallingThread>
[[nodiscard]] auto euclidean_similarity(const X& a, const Y& b, const D& device = {});

/// Negative distances along the axes: -sum_f |a[i, f] - b[j, f]|.
///
/// **Numerics**: equal finite vectors give 0; |error| <= (min(features, 256) / 2 + features / 512 + 4) * eps *
/// |result|, as long as that is finite.
template <class X, class Y, class D = CallingThread>
[[nodiscard]] auto manhattan_similarity(const X& a, const Y& b, const D& device = {});

// ---------------------------------------------------------------------------------------------------------------------

constexpr std::string_view name_of(Similarity similarity) noexcept {
  constexpr std::array<std::string_view, 4> names{"cosine", "dot", "euclidean", "manhattan"};
  const auto i = static_cast<std::size_t>(similarity);
  return i < names.size() ? names[i] : "";
}

template <class X, class Y, class D> auto similarity(const X& a, const Y& b, Similarity kind, const D& device) {
  if constexpr (detail::are_two_vectors<X, Y>() && detail::is_device_at_the_end<D>()) {
    using A = accumulator_t<detail::element_t<X>>;
    const auto from = detail::matrix_view(a, "a");
    const auto with = detail::matrix_view(b, "b");
    if (from.columns != with.columns)
      detail::fail({"similarity: a is ", detail::shape({from.rows, from.columns}), ", but b is ",
                    detail::shape({with.rows, with.columns}), ": both must have as many features"});
    auto result = detail::make_result<X, A>(from.rows, with.rows);
    const auto out = detail::matrix_view(result, "the result");
    switch (kind) {
      case Similarity::cosine:
        detail::for_all_pairs<detail::Cosine>(from, with, out, device);
        return result;
      case Similarity::dot:
        detail::for_all_pairs<detail::DotProduct>(from, with, out, device);
        return result;
      case Similarity::euclidean:
        detail::for_all_pairs<detail::Distance>(from, with, out, device);
        return result;
      case Similarity::manhattan:
        detail::for_all_pairs<detail::AxesDistance>(from, with, out, device);
        return result;
    }
    detail::fail("similarity: the kind must be Similarity::cosine, dot, euclidean or manhattan");
  } else {
    return detail::refused<X>();
  }
}

template <class X, class Y, class D> auto cosine_similarity(const X& a, const Y& b, const D& device) {
  return seqpool::similarity(a, b, Similarity::cosine, device);
}

template <class X, class Y, class D> auto dot_similarity(const X& a, const Y& b, const D& device) {
  return seqpool::similarity(a, b, Similarity::dot, device);
}

template <class X, class Y, class D> auto euclidean_similarity(const X& a, const Y& b, const D& device) {
  return seqpool::similarity(a, b, Similarity::euclidean, device);
}

template <class X, class Y, class D> auto manhattan_similarity(const X& a, const Y& b, const D& device) {
  return seqpool::similarity(a, b, Similarity::manhattan, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
