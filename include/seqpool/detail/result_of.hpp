// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// P::Result<T> if P has it, otherwise accumulator_t<T>.
template <class P, class T> struct ResultOf {
  using type = accumulator_t<T>;
};
template <class P, class T>
  requires requires { typename P::template Result<T>; }
struct ResultOf<P, T> {
  using type = typename P::template Result<T>;
};

// What a deduction guide gives for a type whose scalar must be named: an error message, and float, so that no other
// error follows.
template <class P, bool is_any> consteval bool scalar_is_said() {
  static_assert(
      is_any,
      "seqpool: AnyPooling<T>, Stream<P, T> and AnyHead<A> need their scalar, which is not known from what they "
      "hold: write seqpool::AnyPooling<float> pooling = Mean{} and seqpool::Stream<Mean, float> stream{Mean{}, "
      "hidden}, with the T of the hidden states, and seqpool::AnyHead<float> head = Normalize{}, with what "
      "vectors accumulate in.");
  return is_any;
}
template <class P, bool is_any>
using scalar_of_any = std::conditional_t<detail::scalar_is_said<P, is_any>(), float, float>;

}  // namespace seqpool::inline SEQPOOL_ABI::detail
