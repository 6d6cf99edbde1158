// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

namespace seqpool::inline SEQPOOL_ABI::detail {

// How much less a byte holds than a std::uint8_t would: a std::int8_t holds 128 less.
template <class Byte> inline constexpr int byte_offset = std::same_as<Byte, std::int8_t> ? 128 : 0;

// How many numbers are taken at a time, in loops of fixed length, which compilers turn into vector code.
inline constexpr std::size_t bytes_at_a_time = 32, bits_at_a_time = 64;

// Each feature's least number and step, rounded to float. After the features there are enough least numbers of 0 and
// steps of 1 to complete a group.
template <class A> struct QuantizationSteps {
  AlignedVector<A> least, step;

  template <class T> QuantizationSteps(const MatrixView<T>& ranges, Index features, const std::string& what);
};

// Quantizes a group, whose least numbers and steps lie side by side; false if a number is NaN.
template <class Byte, class A> bool quantize_group(const A* x, const A* least, const A* step, Byte* out) noexcept;

// Packs a group into bits, which are 1 where a number is larger than 0. The first of eight numbers is the highest bit.
template <class Byte, Scalar T> void pack_group(const T* x, Byte* out) noexcept;

// Widens the ranges of n features so that they hold n numbers that lie side by side, one for each feature; returns
// whether all numbers are finite.
template <class A, Scalar T> bool take_in(const T* x, Index n, A* least, A* largest) noexcept;

// x in bytes, or an error that begins with `what`.
template <class Byte, class X, class T>
auto quantized(const X& x, const MatrixView<T>& ranges, const std::string& what);

// x in bits.
template <class Byte, class X> auto packed(const X& x);

// ---------------------------------------------------------------------------------------------------------------------

template <class A>
template <class T>
QuantizationSteps<A>::QuantizationSteps(const MatrixView<T>& ranges, Index features, const std::string& what) {
  if (ranges.rows != 2 || ranges.columns != features)
    detail::fail({what, ": ranges are ", detail::shape({ranges.rows, ranges.columns}), ", but x has ", features,
                  " features: ranges must be [2, features], the least and the largest"});
  for (Index f = 0; f < features; ++f) {
    const auto low = widen(ranges(0, f)), high = widen(ranges(1, f));
    const float first = static_cast<float>(low);
    const float width = static_cast<float>(high) - first;
    if (!(low <= high) || !std::isfinite(width))
      detail::fail({what, ": the range of feature ", f, " is from ", detail::number_text(low), " to ",
                    detail::number_text(high),
                    ": both must be finite, the least in row 0, and a float must hold how far apart they are"});
    const float divided = width / 255.0f;
    least.push_back(static_cast<A>(first));
    step.push_back(static_cast<A>(divided == 0 ? 1.0f : divided));
  }
  least.resize(least.size() + bytes_at_a_time, A(0));
  step.resize(step.size() + bytes_at_a_time, A(1));
}

template <class Byte, class A> bool quantize_group(const A* x, const A* least, const A* step, Byte* out) noexcept {
  std::array<int, bytes_at_a_time> q;
  int missing = 0;
  for (std::size_t j = 0; j < bytes_at_a_time; ++j) {
    const A steps = (x[j] - least[j]) / step[j];
    missing |= steps != steps;
    const A from_zero = steps > 0 ? steps : A(0);                   // also for a NaN, which cannot be converted
    q[j] = static_cast<int>(from_zero < 255 ? from_zero : A(255));  // rounds down, because no number is negative
  }
  for (std::size_t j = 0; j < bytes_at_a_time; ++j) out[j] = static_cast<Byte>(q[j] - byte_offset<Byte>);
  return missing == 0;
}

template <class Byte, Scalar T> void pack_group(const T* x, Byte* out) noexcept {
  std::array<std::uint8_t, bits_at_a_time> positive;
  for (std::size_t j = 0; j < bits_at_a_time; ++j) positive[j] = widen(x[j]) > 0;
  for (std::size_t byte = 0; byte < bits_at_a_time / 8; ++byte) {
    std::uint64_t eight;
    std::memcpy(&eight, positive.data() + byte * 8, sizeof eight);
    // Every 0 or 1 is shifted to its bit of the highest byte; nothing carries in the other bytes.
    constexpr std::uint64_t shifts =
        std::endian::native == std::endian::little ? 0x8040201008040201 : 0x0102040810204080;
    out[byte] = static_cast<Byte>(static_cast<int>((eight * shifts) >> 56) - byte_offset<Byte>);
  }
}

template <class A, Scalar T> bool take_in(const T* x, Index n, A* least, A* largest) noexcept {
  int strange = 0;
  const auto take = [&](Index first, Index count) {
    for (Index f = first; f < first + count; ++f) {
      const A value = widen(x[f]);
      strange |= !(std::abs(value) <= (std::numeric_limits<A>::max)());
      least[f] = value < least[f] ? value : least[f];
      largest[f] = value > largest[f] ? value : largest[f];
    }
  };
  constexpr Index group{bytes_at_a_time};
  Index f = 0;
  for (; f + group <= n; f += group) take(f, group);
  take(f, n - f);
  return strange == 0;
}

template <class Byte, class X, class T>
auto quantized(const X& x, const MatrixView<T>& ranges, const std::string& what) {
  using A = accumulator_t<element_t<X>>;
  const auto in = detail::matrix_view(x, "x");
  const QuantizationSteps<A> steps(ranges, in.columns, what);
  auto result = detail::make_result<X, Byte>(in.rows, in.columns);
  // Memory is read in order: in runs of a row's features, or of a feature's rows, which share one step.
  constexpr bool by_rows = is_row_major<X>;
  constexpr Index group{bytes_at_a_time};
  const Index runs = by_rows ? in.rows : in.columns;
  const Index length = by_rows ? in.columns : in.rows;
  const Index run_stride = by_rows ? in.row_stride : in.column_stride;
  const Index stride = by_rows ? in.column_stride : in.row_stride;
  std::array<A, bytes_at_a_time> values{}, least, step;
  std::array<Byte, bytes_at_a_time> bytes;
  for (Index run = 0; run < runs; ++run) {
    if constexpr (!by_rows) {
      least.fill(steps.least[static_cast<std::size_t>(run)]);
      step.fill(steps.step[static_cast<std::size_t>(run)]);
    }
    for (Index begin = 0; begin < length; begin += group) {
      const Index count = (std::min)(group, length - begin);
      const auto* const from = in.data + run * run_stride + begin * stride;
      if (count == group && stride == 1)
        for (std::size_t j = 0; j < bytes_at_a_time; ++j) values[j] = widen(from[j]);
      else
        for (Index j = 0; j < count; ++j) values[static_cast<std::size_t>(j)] = widen(from[j * stride]);
      const bool complete = by_rows ? detail::quantize_group(values.data(), steps.least.data() + begin,
                                                             steps.step.data() + begin, bytes.data())
                                    : detail::quantize_group(values.data(), least.data(), step.data(), bytes.data());
      if (!complete) {
        const Index j = std::find_if(values.begin(), values.end(), [](A v) { return v != v; }) - values.begin();
        const Index row = by_rows ? run : begin + j, feature = by_rows ? begin + j : run;
        detail::fail({what, ": x[", row, ", ", feature, "] is NaN, which no byte stands for"});
      }
      std::copy_n(bytes.begin(), count, result.data() + run * length + begin);
    }
  }
  return result;
}

template <class Byte, class X> auto packed(const X& x) {
  const auto in = detail::matrix_view(x, "x");
  auto result = detail::make_result<X, Byte>(in.rows, in.columns / 8 + (in.columns % 8 != 0));
  const auto out = detail::matrix_view(result, "the result");
  constexpr Index group{bits_at_a_time};
  for (Index i = 0; i < in.rows; ++i) {
    Index first = 0;
    if (in.column_stride == 1)
      for (; first + group <= in.columns; first += group) detail::pack_group(&in(i, first), &out(i, first / 8));
    for (; first < in.columns; first += 8) {
      int bits = 0;
      for (Index f = first; f < first + 8; ++f) bits = bits * 2 + (f < in.columns && widen(in(i, f)) > 0);
      out(i, first / 8) = static_cast<Byte>(bits - byte_offset<Byte>);
    }
  }
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
