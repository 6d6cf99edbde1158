// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/product.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/driver/product_back.hpp>

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

}  // namespace seqpool::inline SEQPOOL_ABI::detail
