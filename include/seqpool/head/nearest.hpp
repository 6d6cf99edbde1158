// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/vector_checks.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/head/detail/largest.hpp>
#include <seqpool/head/similarity.hpp>
#include <seqpool/input/vectors.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// The most similar vectors of each query and how similar they are, each `[n, k]`.
template <class Indices, class Similarities> struct Nearest {
  Indices indices;            ///< an Eigen::Tensor of `Index`: which of the vectors
  Similarities similarities;  ///< of `accumulator_t`
};
template <class Indices, class Similarities> Nearest(Indices, Similarities) -> Nearest<Indices, Similarities>;

/// The k most similar vectors for each query, the most similar first: an exact search, which looks at all of them.
///
///     const auto [indices, similarities] = seqpool::nearest(queries, passages, 10);
///     const auto by_dot = seqpool::nearest(queries, passages, 10, seqpool::Similarity::dot, device);
///
/// Among equals the lower index comes first; a NaN counts as larger than any number, as in `top_k`.
///
/// **Shapes**: query: `[n, features]`; vectors: `[m, features]`: both as in `similarity`; result: `Nearest`, both of
/// `[n, k]`, in query's layout, row-major if it is not a tensor.
/// **Errors**: `std::invalid_argument` unless 0 <= k <= m, for widths that differ, for a number that is not a
/// `Similarity`, and for null pointers.
/// **Cost**: that of `similarity`, and O(n * m * log k) at most; allocates the result, n * k more numbers and indices,
/// and 2^18 similarities, never n * m.
/// **Numerics**: the bits of `similarity(query, vectors, kind)`.
template <class X, class Y, class D = CallingThread>
[[nodiscard]] auto nearest(const X& query, const Y& vectors, Index k, Similarity kind = Similarity::cosine,
                           const D& device = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class Y, class D>
auto nearest(const X& query, const Y& vectors, Index k, Similarity kind, const D& device) {
  if constexpr (detail::are_two_vectors<X, Y>() && detail::is_device_at_the_end<D>()) {
    using A = accumulator_t<detail::element_t<X>>;
    const auto from = detail::matrix_view(query, "query");
    const auto with = detail::matrix_view(vectors, "vectors");
    if (from.columns != with.columns)
      detail::fail({"nearest: query is ", detail::shape({from.rows, from.columns}), ", but vectors are ",
                    detail::shape({with.rows, with.columns}), ": both must have as many features"});
    if (k < 0 || k > with.rows)
      detail::fail({"nearest: k is ", k, ", but vectors are ", detail::shape({with.rows, with.columns}),
                    ": k must be from 0 to the number of vectors"});
    const auto part = []<class T>(const detail::MatrixView<T>& all, Index first, Index size) {
      const auto some = all.part(first, size);
      return Vectors<std::remove_const_t<T>>(some.data, {size, some.columns}, {some.row_stride, some.column_stride});
    };
    // Refuses an invalid kind even where there are no pairs.
    static_cast<void>(seqpool::similarity(part(from, 0, 0), part(with, 0, 0), kind));
    Nearest result{detail::make_result<X, Index>(from.rows, k), detail::make_result<X, A>(from.rows, k)};
    if (k == 0) return result;
    const auto indices = detail::matrix_view(result.indices, "the result");
    const auto values = detail::matrix_view(result.similarities, "the result");
    // Many queries are taken at a time, because all vectors are read for them, and only so many vectors that their
    // similarities stay in cache.
    constexpr Index most_queries = 256, most_pairs = Index{1} << 18;
    std::vector<detail::Largest<A>> largest(static_cast<std::size_t>((std::min)(most_queries, from.rows)),
                                            detail::Largest<A>(k));
    for (Index first = 0; first < from.rows; first += most_queries) {
      const Index queries = (std::min)(most_queries, from.rows - first);
      for (Index begin = 0; begin < with.rows; begin += most_pairs / queries) {
        const Index count = (std::min)(most_pairs / queries, with.rows - begin);
        const auto scores = seqpool::similarity(part(from, first, queries), part(with, begin, count), kind, device);
        detail::share_out(device, queries, static_cast<double>(count) * sizeof(A), [&](Index one, Index last) {
          for (; one < last; ++one)
            for (Index j = 0; j < count; ++j)
              largest[static_cast<std::size_t>(one)].take(scores.data()[one * count + j], begin + j);
        });
      }
      for (Index i = 0; i < queries; ++i)
        largest[static_cast<std::size_t>(i)].hand_over([&](Index place, const auto& entry) {
          indices(first + i, place) = entry.index;
          values(first + i, place) = entry.value;
        });
    }
    return result;
  } else {
    return Nearest{detail::refused<X, Index>(), detail::refused<X>()};
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
