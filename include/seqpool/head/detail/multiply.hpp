// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/product.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/driver/row_mapper.hpp>
#include <seqpool/fold/features.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace seqpool::inline SEQPOOL_ABI::detail {

// product.multiply for all panels, shared out by rows or by outputs, whichever there are more of.
template <class A, class Term, class D>
void multiply(const Product<A, Term>& product, const MatrixView<const A>& x, const MatrixView<A>& out,
              const D& device) {
  using P = Product<A, Term>;
  const Index groups = (product.panels() + P::panels_at_a_time - 1) / P::panels_at_a_time;
  const double bytes = static_cast<double>(product.in()) * static_cast<double>(product.out()) * sizeof(A);
  if (x.rows / P::rectangle_rows > groups)
    detail::share_out(device, x.rows, bytes, [&](Index first, Index last) {
      product.multiply(x.part(first, last - first), 0, product.panels(), out.part(first, last - first));
    });
  else
    detail::share_out(device, groups, bytes * static_cast<double>(x.rows) / static_cast<double>(groups),
                      [&](Index first, Index last) {
                        product.multiply(x, first * P::panels_at_a_time,
                                         (std::min)(product.panels(), last * P::panels_at_a_time), out);
                      });
}

// The product of a weight `[out, in]` and a bias, `[out]` or empty, in the accumulator's type.
template <class A>
Product<A> product_of(Index out, Index in, std::span<const double> weight, std::span<const double> bias) {
  return Product<A>(
      out, in, [&](Index o, Index f) { return static_cast<A>(weight[static_cast<std::size_t>(o * in + f)]); },
      [&](Index o) { return bias.empty() ? A(0) : static_cast<A>(bias[static_cast<std::size_t>(o)]); });
}

// Rows as a matrix.
template <class A> MatrixView<A> matrix_of(const Rows<A>& rows) {
  return {rows.data(), rows.size(), rows.features(), rows.stride(), 1};
}

// sums[o, f] += sum_i a[i, o] * b[i, f], row by row in order: what a weight's gradient is.
template <class A> void add_products(Rows<const A> a, Rows<const A> b, std::span<A> sums) {
  for (Index o = 0; o < a.features(); ++o)
    seqpool::fold_features(
        TokenBlock<A>(b.data(), b.size(), b.features(), b.stride()),
        [&](Index i) { return a[i][static_cast<std::size_t>(o)]; }, [](A x, A factor, A& sum) { sum += factor * x; },
        sums.data() + o * b.features());
}

// sums[o] += sum_i a[i, o], in order: what a bias' gradient is.
template <class A> void add_rows(Rows<const A> a, std::span<A> sums) {
  for (Index i = 0; i < a.size(); ++i) as_array(sums) += as_array(a[i]);
}

// The way back of y = product(x): writes d_in, unless it has no rows, and adds to the gradients of the weight and, if
// there is one, the bias, `own`.
template <class A, class Term>
void multiply_back(const Product<A, Term>& product, Rows<const A> in, Rows<const A> d_out, Rows<A> d_in,
                   std::span<A> own) {
  product.multiply_back(detail::matrix_of(d_out), detail::matrix_of(d_in));
  if (own.empty()) return;
  const auto weights = static_cast<std::size_t>(product.out() * product.in());
  detail::add_products(d_out, in, own.first(weights));
  if (own.size() > weights) detail::add_rows(d_out, own.subspan(weights));
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
