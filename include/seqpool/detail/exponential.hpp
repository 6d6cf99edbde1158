// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// e^x and logarithms without a branch, a table or a call. So a loop of fixed length over them becomes vector code on
// every instruction set, and the bits of a result depend only on its x. Eigen's functions will not do: they clamp, and
// files with different flags would share them.

// e^x. |error| <= eps * e^x where e^x is normal; below that the result is about 0, and 0 for -inf. It is infinity for
// x > 88.3 in float and for x > 709.4 in double, which is a little early. NaN stays NaN.
template <std::floating_point A> SEQPOOL_INLINE A exponential(A x) noexcept;

// log x. |error| <= eps * |log x|. The result is -inf for every x below the smallest normal number, also for 0 and
// negative numbers. NaN and infinity stay.
template <std::floating_point A> SEQPOOL_INLINE A logarithm(A x) noexcept;

// log(1 + x) for x >= 0. |error| <= 2 * eps * log(1 + x). NaN and infinity stay.
template <std::floating_point A> SEQPOOL_INLINE A log_one_plus(A x) noexcept;

// x^p for x >= 0. |error| <= (3/2 * |p log x| + 1) * eps * x^p where x and x^p are normal. NaN and infinity stay.
template <std::floating_point A> SEQPOOL_INLINE A power(A x, A p) noexcept {
  return detail::exponential(p * detail::logarithm(x));
}

// ---------------------------------------------------------------------------------------------------------------------

// What a float and a double are made of.
template <std::floating_point A> struct Binary {
  using Bits = std::conditional_t<std::same_as<A, float>, std::uint32_t, std::uint64_t>;

  static constexpr int fraction = std::numeric_limits<A>::digits - 1;  // bits after those of the exponent
  static constexpr Bits one = std::bit_cast<Bits>(A(1));
  static constexpr Bits root_half = std::bit_cast<Bits>(A(0.70710678118654752440));
  // Added to a small number, it leaves the nearest integer in the last bits of the sum.
  static constexpr A round = A(3) * static_cast<A>(Bits(1) << (fraction - 1));
  // log 2 in two parts; the first, multiplied by an exponent, is exact.
  static constexpr A log_2 = std::same_as<A, float> ? A(0x1.63p-1) : A(0x1.62e42feep-1);
  static constexpr A log_2_rest = std::same_as<A, float> ? A(-0x1.bd0105c610ca8p-13) : A(0x1.a39ef35793c76p-33);
};

// first + x * (second + x * (third + ...)).
template <class A> SEQPOOL_INLINE constexpr A power_series(A, A first) noexcept { return first; }
template <class A, class... More> SEQPOOL_INLINE constexpr A power_series(A x, A first, More... more) noexcept {
  return first + x * detail::power_series(x, more...);
}

// condition ? a : b, chosen by bits. If the choice were between numbers, g++ would branch and compute each number in
// its branch.
template <std::floating_point A> SEQPOOL_INLINE A either(bool condition, A a, A b) noexcept {
  using Bits = typename Binary<A>::Bits;
  const Bits chosen = Bits(0) - static_cast<Bits>(condition);
  return std::bit_cast<A>((std::bit_cast<Bits>(a) & chosen) | (std::bit_cast<Bits>(b) & ~chosen));
}

// e^(n log 2 + r) = 2^n e^r with |r| <= log(2) / 2, where e^r is summed from as much of the exponential series as A can
// hold.
template <std::floating_point A> A exponential(A x) noexcept {
  using B = Binary<A>;
  constexpr A low = std::same_as<A, float> ? A(-87.4) : A(-708.4);
  constexpr A high = std::same_as<A, float> ? A(88.3) : A(709.4);
  const A shifted = x * A(1.44269504088896340736) + B::round;
  const A n = shifted - B::round;
  const A r = (x - n * B::log_2) - n * B::log_2_rest;
  const A e = [r] {
    constexpr A f2 = A(1) / 2, f3 = f2 / 3, f4 = f3 / 4, f5 = f4 / 5, f6 = f5 / 6, f7 = f6 / 7;
    if constexpr (std::same_as<A, float>) {
      return detail::power_series(r, A(1), A(1), f2, f3, f4, f5, f6, f7);
    } else {
      constexpr A f8 = f7 / 8, f9 = f8 / 9, f10 = f9 / 10, f11 = f10 / 11, f12 = f11 / 12, f13 = f12 / 13;
      return detail::power_series(r, A(1), A(1), f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13);
    }
  }();
  const A power = std::bit_cast<A>((std::bit_cast<typename B::Bits>(shifted) << B::fraction) + B::one);
  const A not_above = detail::either(x > high, std::numeric_limits<A>::infinity(), e * power);
  return detail::either(x < low, A(0), not_above);
}

// log(x + rest) for a finite x and a `rest` that is less than the last bit of x: log(2^n m) = n log 2 + log m, where m
// is in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s) with s = f / (2 + f) and f = m - 1.
template <std::floating_point A> SEQPOOL_INLINE A logarithm_of_sum(A x, A rest) noexcept {
  using B = Binary<A>;
  using Bits = typename B::Bits;
  constexpr Bits bias = B::one >> B::fraction;
  const Bits bits = std::bit_cast<Bits>(x);
  const Bits biased = (bits + (B::one - B::root_half)) >> B::fraction;  // n + bias, which is 0 or more
  const A n = std::bit_cast<A>(std::bit_cast<Bits>(B::round) + biased) - (B::round + static_cast<A>(bias));
  const A m = std::bit_cast<A>(bits - ((biased << B::fraction) - B::one));
  // 2^-n is made of two factors, because for the largest n it has no bits of its own.
  const A f = (m - 1) + rest * (std::bit_cast<A>((2 * bias + 1 - biased) << B::fraction) * A(0.5));
  const A s = f / (2 + f);
  const A square = s * s;
  const A series = [square] {
    constexpr auto term = [](int k) { return A(2) / static_cast<A>(k); };
    if constexpr (std::same_as<A, float>)
      return detail::power_series(square, term(3), term(5), term(7), term(9));
    else
      return detail::power_series(square, term(3), term(5), term(7), term(9), term(11), term(13), term(15), term(17),
                                  term(19), term(21));
  }();
  const A log_m = f - s * (f - square * series);  // 2 s = f - s f, where f is exact
  return n * B::log_2 + (log_m + n * B::log_2_rest);
}

template <std::floating_point A> A logarithm(A x) noexcept {
  const A finite = detail::either(x <= (std::numeric_limits<A>::max)(), detail::logarithm_of_sum(x, A(0)), x);
  return detail::either(x < (std::numeric_limits<A>::min)(), -std::numeric_limits<A>::infinity(), finite);
}

template <std::floating_point A> A log_one_plus(A x) noexcept {
  const A sum = 1 + x;
  return detail::either(x <= (std::numeric_limits<A>::max)(), detail::logarithm_of_sum(sum, x - (sum - 1)), x);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
