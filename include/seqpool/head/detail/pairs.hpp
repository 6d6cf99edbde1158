// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/product.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/head/detail/multiply.hpp>
#include <seqpool/head/normalize.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI::detail {

// A measure of two vectors: which terms are summed over their features, whether both are first normalised to length 1,
// and what becomes of the sum. Measures are types with names, so that tensors of all layouts share the code that is
// made with them.
struct DotProduct {
  using Term = TimesInPanels;
  static constexpr bool normalizes = false;
  template <class A> static A finish(A sum) noexcept { return sum; }
};
// Only rounding takes a cosine beyond 1 or -1, so it is cut off there. A NaN stays.
struct Cosine {
  using Term = TimesInPanels;
  static constexpr bool normalizes = true;
  template <class A> static A finish(A sum) noexcept { return (std::min)((std::max)(sum, A(-1)), A(1)); }
};
struct Distance {
  using Term = SquaredDifference;
  static constexpr bool normalizes = false;
  template <class A> static A finish(A sum) noexcept { return A(0) - std::sqrt(sum); }
};
struct AxesDistance {
  using Term = AbsoluteDifference;
  static constexpr bool normalizes = false;
  template <class A> static A finish(A sum) noexcept { return A(0) - sum; }
};

// out[i, j] = M::finish(sum_f M::Term(a[i, f], b[j, f])) for all pairs of rows. The bits of a result depend only on its
// two rows, and not on which of them is a's. So either side may be the one that lies in panels, a slab of it at a time.
template <class M, class A, class TA, class TB, class D>
void for_all_pairs(const MatrixView<TA>& a, const MatrixView<TB>& b, const MatrixView<A>& out, const D& device);

// ---------------------------------------------------------------------------------------------------------------------

// Turns each of n sums into the result that it stands for.
template <class M, class A> void finish_row(A* row, Index n) {
  constexpr Index chunk = 16;  // a loop of fixed length, which compilers turn into vector code
  Index i = 0;
  for (; i + chunk <= n; i += chunk)
    for (Index j = 0; j < chunk; ++j) row[i + j] = detail::canonical(M::finish(row[i + j]));
  for (; i < n; ++i) row[i] = detail::canonical(M::finish(row[i]));
}

// Rows as a measure takes them, with the numbers of each side by side. They are copied to `rooms` if they are not like
// that yet.
template <class A> struct PairRooms {
  AlignedVector<A> widened, normalized, sums;
};
template <class M, class A, class T> MatrixView<const A> prepared(const MatrixView<T>& rows, PairRooms<A>& rooms) {
  const auto x = detail::side_by_side<A>(rows, rooms.widened);
  if constexpr (!M::normalizes) return x;
  rooms.normalized.resize(static_cast<std::size_t>(x.rows * x.columns));
  A* const to = rooms.normalized.data();
  Normalize{}.map(Rows<const A>(x.data, x.rows, x.columns, x.row_stride), Rows<A>(to, x.rows, x.columns, x.columns));
  return {to, x.rows, x.columns, x.columns, 1};
}

// The same, where `panels` is the side that lies in panels. out: `[rows, panels]`, with any strides.
template <class M, class A, class TA, class TB, class D>
void pairs_in_slabs(const MatrixView<TA>& rows, const MatrixView<TB>& panels, const MatrixView<A>& out,
                    const D& device) {
  using P = Product<A, typename M::Term>;
  PairRooms<A> own;
  const auto x = detail::prepared<M>(rows, own);
  constexpr Index slab = P::panels_at_a_time * P::panel_outputs;
  const auto meet = [&](Index first, PairRooms<A>& rooms, const auto& on) {
    const Index count = (std::min)(slab, panels.rows - first);
    const auto weight = detail::prepared<M>(panels.part(first, count), rooms);
    const P product(count, weight.columns, [&](Index o, Index f) { return weight(o, f); }, [](Index) { return A(0); });
    MatrixView<A> to{out.data + first * out.column_stride, x.rows, count, out.row_stride, 1};
    if (out.column_stride != 1) {
      rooms.sums.resize(static_cast<std::size_t>(x.rows * count));
      to.data = rooms.sums.data();
      to.row_stride = count;
    }
    detail::multiply(product, x, to, on);
    for (Index i = 0; i < x.rows; ++i) {
      detail::finish_row<M>(&to(i, 0), count);
      if (out.column_stride != 1)
        for (Index j = 0; j < count; ++j) out(i, first + j) = to(i, j);
    }
  };
  const Index slabs = (panels.rows + slab - 1) / slab;
  if (slabs >= 4 * detail::threads_of(device)) {
    const double bytes = static_cast<double>(slab) * static_cast<double>(x.columns) * static_cast<double>(x.rows);
    detail::share_out(device, slabs, bytes * sizeof(A), [&](Index begin, Index end) {
      for (PairRooms<A> rooms; begin < end; ++begin) meet(begin * slab, rooms, CallingThread{});
    });
  } else {
    PairRooms<A> rooms;
    for (Index i = 0; i < slabs; ++i) meet(i * slab, rooms, device);
  }
}

template <class M, class A, class TA, class TB, class D>
void for_all_pairs(const MatrixView<TA>& a, const MatrixView<TB>& b, const MatrixView<A>& out, const D& device) {
  if (out.rows == 0 || out.columns == 0) return;
  const MatrixView<A> transposed{out.data, out.columns, out.rows, out.column_stride, out.row_stride};
  // Panels go along the memory of out, unless they would be nearly empty.
  constexpr Index least = Product<A, typename M::Term>::panel_outputs;
  const bool along_b = out.column_stride == 1;
  const Index in_panels = along_b ? b.rows : a.rows, others = along_b ? a.rows : b.rows;
  if (along_b == (in_panels >= (std::min)(least, others)))
    detail::pairs_in_slabs<M>(a, b, out, device);
  else
    detail::pairs_in_slabs<M>(b, a, transposed, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
