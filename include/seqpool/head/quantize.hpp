// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/quantization.hpp>
#include <seqpool/door/vector_checks.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

// This holds for all of these: x is vectors `[n, features]`, an Eigen::Tensor or Eigen::TensorMap of rank 2 in either
// layout, or `Vectors`, of float, double, Eigen::half or Eigen::bfloat16; the result is in its layout, row-major if it
// is not a tensor, and has exactly the numbers of sentence-transformers' quantize_embeddings. Null pointers throw
// `std::invalid_argument`. No rows or no features give an empty result. Each costs O(n * features) and allocates the
// result.

/// The least and the largest value of each feature in a calibration set: many vectors like those to be quantized.
///
///     const auto ranges = seqpool::calibration_ranges(some_thousand_vectors);
///     const auto small = seqpool::quantize_int8(vectors, ranges);
///
/// **Shapes**: x: `[n, features]`; result: `[2, features]`, of `accumulator_t`: row 0 the least, row 1 the largest.
/// **Errors**: `std::invalid_argument` for no rows; for one row, or equal ones, as the least and the largest agree in
/// every feature and all bytes would be alike; and for a NaN or an infinity, whose row and feature it names. If some
/// features are the same in all rows, their ranges are empty, and the others tell vectors apart.
/// **Numerics**: exact.
template <class X> [[nodiscard]] auto calibration_ranges(const X& x);

/// Vectors in one byte per feature: q = min(max(floor((x - least) / step), 0), 255), where
/// step = (largest - least) / 255, or 1 if that is 0.
///
/// A number outside its range, even an infinity, becomes the end that it lies beyond.
///
/// **Shapes**: x: `[n, features]`; ranges: `[2, features]`, row 0 the least and row 1 the largest, an Eigen tensor or
/// map of rank 2 of any of the scalars; result: `[n, features]` of `std::uint8_t`.
/// **Errors**: `std::invalid_argument` for a NaN in x, whose row and feature it names; for ranges of other sizes; and
/// for a range that is not finite, whose least is larger than its largest, or whose width no float holds.
/// **Numerics**: ranges and steps are rounded to float; the rest is in `accumulator_t` of x.
/// **Source**: sentence-transformers' quantize_embeddings, 6.2, which takes the ranges of x itself if there are no
/// others: equal vectors then become different bytes in different batches.
template <class X, class Ranges> [[nodiscard]] auto quantize_uint8(const X& x, const Ranges& ranges);

/// The same minus 128: from -128 to 127.
///
/// **Shapes**: as `quantize_uint8`; result: of `std::int8_t`.
template <class X, class Ranges> [[nodiscard]] auto quantize_int8(const X& x, const Ranges& ranges);

/// Vectors in one bit per feature: 1 where x > 0. The first feature is a byte's highest bit; bits after the last are 0.
///
/// **Shapes**: x: `[n, features]`; result: `[n, ceil(features / 8)]` of `std::uint8_t`.
/// **Numerics**: exact; a NaN is not larger than 0.
/// **Source**: numpy.packbits(x > 0, axis=-1).
template <class X> [[nodiscard]] auto quantize_ubinary(const X& x);

/// The same minus 128: what indexes of signed bytes take.
///
/// **Shapes**: as `quantize_ubinary`; result: of `std::int8_t`.
template <class X> [[nodiscard]] auto quantize_binary(const X& x);

// ---------------------------------------------------------------------------------------------------------------------

template <class X> auto calibration_ranges(const X& x) {
  if constexpr (detail::are_plain_vectors<X>()) {
    using A = accumulator_t<detail::element_t<X>>;
    const auto in = detail::matrix_view(x, "x");
    if (in.rows == 0)
      detail::fail({"calibration_ranges: x is ", detail::shape({0, in.columns}), ": there is no vector"});
    constexpr A infinity = std::numeric_limits<A>::infinity();
    detail::AlignedVector<A> least(static_cast<std::size_t>(in.columns), infinity);
    detail::AlignedVector<A> largest(static_cast<std::size_t>(in.columns), -infinity);
    bool finite = true;
    if (in.column_stride == 1) {
      for (Index i = 0; i < in.rows && in.columns > 0; ++i)
        finite &= detail::take_in(&in(i, 0), in.columns, least.data(), largest.data());
    } else {
      for (Index f = 0; f < in.columns; ++f)
        for (Index i = 0; i < in.rows; ++i)
          finite &= detail::take_in(&in(i, f), 1, least.data() + f, largest.data() + f);
    }
    for (Index i = 0; !finite && i < in.rows; ++i)
      for (Index f = 0; f < in.columns; ++f)
        if (!std::isfinite(widen(in(i, f))))
          detail::fail({"calibration_ranges: x[", i, ", ", f, "] is ", detail::number_text(widen(in(i, f))),
                        ", but a range is of finite numbers"});
    if (in.columns > 0 && least == largest)
      detail::fail({"calibration_ranges: x is ", detail::shape({in.rows, in.columns}), ", ",
                    (in.rows == 1 ? "one vector" : "and all vectors are equal"),
                    ": the least and the largest agree in every feature, so that all vectors would become the same ",
                    "bytes; take many vectors like those to be quantized"});
    auto result = detail::make_result<X, A>(Index{2}, in.columns);
    const auto out = detail::matrix_view(result, "the result");
    for (Index f = 0; f < in.columns; ++f) {
      out(0, f) = least[static_cast<std::size_t>(f)];
      out(1, f) = largest[static_cast<std::size_t>(f)];
    }
    return result;
  } else {
    return detail::refused<X>();
  }
}

template <class X, class Ranges> auto quantize_uint8(const X& x, const Ranges& ranges) {
  if constexpr (detail::are_plain_vectors<X>() && detail::are_ranges<Ranges>())
    return detail::quantized<std::uint8_t>(x, detail::matrix_view(ranges, "ranges"), "quantize_uint8");
  else
    return detail::refused<X, std::uint8_t>();
}

template <class X, class Ranges> auto quantize_int8(const X& x, const Ranges& ranges) {
  if constexpr (detail::are_plain_vectors<X>() && detail::are_ranges<Ranges>())
    return detail::quantized<std::int8_t>(x, detail::matrix_view(ranges, "ranges"), "quantize_int8");
  else
    return detail::refused<X, std::int8_t>();
}

template <class X> auto quantize_ubinary(const X& x) {
  if constexpr (detail::are_plain_vectors<X>())
    return detail::packed<std::uint8_t>(x);
  else
    return detail::refused<X, std::uint8_t>();
}

template <class X> auto quantize_binary(const X& x) {
  if constexpr (detail::are_plain_vectors<X>())
    return detail::packed<std::int8_t>(x);
  else
    return detail::refused<X, std::int8_t>();
}

}  // namespace seqpool::inline SEQPOOL_ABI
