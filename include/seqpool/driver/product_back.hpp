// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/four_heads.hpp>
#include <seqpool/detail/product.hpp>
#include <seqpool/driver/row_mapper.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/fold/token_block.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Rows as a matrix.
template <class A> MatrixView<A> matrix_of(const Rows<A>& rows) {
  return {rows.data(), rows.size(), rows.features(), rows.stride(), 1};
}

// sums[o, f] += sum_i a[i, o] * b[i, f], row by row in order: what a weight's gradient is.
template <class A> void add_products(Rows<const A> a, Rows<const A> b, std::span<A> sums) {
  const TokenBlock<A> rows(b.data(), b.size(), b.features(), b.stride());
  const auto add = [&]<std::size_t... k>(Index output, std::index_sequence<k...> outputs) {
    for (Index first = 0; first < rows.size(); first += tile_tokens) {
      const TokenBlock<A> tile = rows.part(first, (std::min)(tile_tokens, rows.size() - first));
      std::array<A, sizeof...(k) * std::size_t{tile_tokens}> factors;
      for (Index i = 0; i < tile.size(); ++i)
        ((factors[k * std::size_t{tile_tokens} + static_cast<std::size_t>(i)] =
              a[first + i][static_cast<std::size_t>(output) + k]),
         ...);
      detail::add_weighted(tile, factors.data(), sums.data() + output * b.features(), outputs);
    }
  };
  Index output = 0;
  for (; output + 4 <= a.features(); output += 4) add(output, std::make_index_sequence<4>());
  for (; output < a.features(); ++output) add(output, std::make_index_sequence<1>());
}

// sums[o] += sum_i a[i, o], in order: what a bias' gradient is.
template <class A> void add_rows(Rows<const A> a, std::span<A> sums) {
  for (Index i = 0; i < a.size(); ++i) as_array(sums) += as_array(a[i]);
}

// The way back of y = product(x): writes d_in, unless it has no rows, and adds to the gradients of the weight and, if
// there is one, the bias, `own`.
template <class A, class Term>
void multiply_back(const Product<A, Term>& product, std::type_identity_t<Rows<const A>> in,
                   std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in, std::span<A> own) {
  product.multiply_back(detail::matrix_of(d_out), detail::matrix_of(d_in));
  if (own.empty()) return;
  const auto weights = static_cast<std::size_t>(product.out() * product.in());
  detail::add_products(d_out, in, own.first(weights));
  if (own.size() > weights) detail::add_rows(d_out, own.subspan(weights));
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
