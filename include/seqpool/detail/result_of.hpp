// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_RESULT_OF_HPP
#define SEQPOOL_DETAIL_RESULT_OF_HPP

#include <seqpool/scalar.hpp>

namespace seqpool::inline SEQPOOL_ABI::detail {

// P::Result<T> where P says it, accumulator_t<T> otherwise.
template <class P, class T>
struct ResultOf {
  using type = accumulator_t<T>;
};
template <class P, class T>
requires requires { typename P::template Result<T>; }
struct ResultOf<P, T> {
  using type = typename P::template Result<T>;
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
