// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/product.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/head/detail/multiply.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI::detail {

// What becomes of vectors before they meet, and of a sum at the end: nothing.
struct AsItIs {
  template <class A> MatrixView<const A> operator()(const MatrixView<const A>& x, AlignedVector<A>&) const { return x; }
  template <class A> A operator()(A sum) const noexcept { return sum; }
};

// What becomes of a sum that makes a cosine: roundings alone take it beyond 1. A NaN stays.
struct WithinOne {
  template <class A> A operator()(A sum) const noexcept { return (std::min)((std::max)(sum, A(-1)), A(1)); }
};

// What becomes of a sum that makes a distance. Types with names, so that tensors of all layouts share the code that is
// made with them.
struct Negative {
  template <class A> A operator()(A sum) const noexcept { return A(0) - sum; }
};
struct NegativeRoot {
  template <class A> A operator()(A sum) const noexcept { return A(0) - std::sqrt(sum); }
};

// out[i, j] = finish(sum_f term(a[i, f], b[j, f])) of all pairs of rows. `prepare(rows, room)` gives rows in place of
// rows, in `room` if they are others. The bits of a result depend on its two rows alone, and not on which is a's: so
// either side may be the one that lies in panels, a slab of it at a time.
template <class Term, class A, class TA, class TB, class Prepare, class Finish, class D>
void for_all_pairs(const MatrixView<TA>& a, const MatrixView<TB>& b, const MatrixView<A>& out, Prepare prepare,
                   Finish finish, const D& device);

// ---------------------------------------------------------------------------------------------------------------------

// Each sum becomes what it stands for.
template <class A, class Finish> void finish_row(A* row, Index n, Finish finish) {
  constexpr Index chunk = 16;  // a loop of fixed length, of which compilers make vector code
  Index i = 0;
  for (; i + chunk <= n; i += chunk)
    for (Index j = 0; j < chunk; ++j) row[i + j] = detail::canonical(finish(row[i + j]));
  for (; i < n; ++i) row[i] = detail::canonical(finish(row[i]));
}

// The same where `panels` is the side that lies in panels, and out is [rows, panels], in any strides.
template <class Term, class A, class TA, class TB, class Prepare, class Finish, class D>
void pairs_in_slabs(const MatrixView<TA>& rows, const MatrixView<TB>& panels, const MatrixView<A>& out, Prepare prepare,
                    Finish finish, const D& device) {
  using P = Product<A, Term>;
  AlignedVector<A> widened_rows, prepared_rows;
  const auto x = prepare(detail::side_by_side<A>(rows, widened_rows), prepared_rows);
  constexpr Index slab = P::panels_at_a_time * P::panel_outputs;
  struct Rooms {
    AlignedVector<A> widened, prepared, sums;
  };
  const auto meet = [&](Index first, Rooms& rooms, const auto& on) {
    const Index count = (std::min)(slab, panels.rows - first);
    const auto weight = prepare(detail::side_by_side<A>(panels.part(first, count), rooms.widened), rooms.prepared);
    const P product(count, weight.columns, [&](Index o, Index f) { return weight(o, f); }, [](Index) { return A(0); });
    MatrixView<A> to{out.data + first * out.column_stride, x.rows, count, out.row_stride, 1};
    if (out.column_stride != 1) {
      rooms.sums.resize(static_cast<std::size_t>(x.rows * count));
      to.data = rooms.sums.data();
      to.row_stride = count;
    }
    detail::multiply(product, x, to, on);
    for (Index i = 0; i < x.rows; ++i) {
      detail::finish_row(&to(i, 0), count, finish);
      if (out.column_stride != 1)
        for (Index j = 0; j < count; ++j) out(i, first + j) = to(i, j);
    }
  };
  const Index slabs = (panels.rows + slab - 1) / slab;
  if (slabs >= 4 * detail::threads_of(device)) {
    const double bytes = static_cast<double>(slab) * static_cast<double>(x.columns) * static_cast<double>(x.rows);
    detail::share_out(device, slabs, bytes * sizeof(A), [&](Index begin, Index end) {
      for (Rooms rooms; begin < end; ++begin) meet(begin * slab, rooms, CallingThread{});
    });
  } else {
    Rooms rooms;
    for (Index i = 0; i < slabs; ++i) meet(i * slab, rooms, device);
  }
}

template <class Term, class A, class TA, class TB, class Prepare, class Finish, class D>
void for_all_pairs(const MatrixView<TA>& a, const MatrixView<TB>& b, const MatrixView<A>& out, Prepare prepare,
                   Finish finish, const D& device) {
  if (out.rows == 0 || out.columns == 0) return;
  const MatrixView<A> transposed{out.data, out.columns, out.rows, out.column_stride, out.row_stride};
  // Panels go along the memory of out, unless they would be nearly empty.
  constexpr Index least = Product<A, Term>::panel_outputs;
  const bool along_b = out.column_stride == 1;
  const Index in_panels = along_b ? b.rows : a.rows, others = along_b ? a.rows : b.rows;
  if (along_b == (in_panels >= (std::min)(least, others)))
    detail::pairs_in_slabs<Term>(a, b, out, prepare, finish, device);
  else
    detail::pairs_in_slabs<Term>(b, a, transposed, prepare, finish, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
