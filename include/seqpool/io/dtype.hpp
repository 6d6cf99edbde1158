// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/version.hpp>

#include <Eigen/Core>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI::io {

/// The element types that can be read and written. `boolean` is one byte, 0 or 1. `other` is any other type that a file
/// names, such as F8_E4M3: its tensors can be asked only for their name and shape.
enum class DType { f64, f32, f16, bf16, i64, i32, u8, boolean, other };

/// The name of `dtype` in a safetensors file, such as "BF16"; "?" for `other`, whose name `TensorInfo::dtype_text` has.
[[nodiscard]] constexpr std::string_view dtype_name(DType dtype);

/// The bytes of one element of `dtype`; 0 for `other`, as nobody knows them.
[[nodiscard]] constexpr std::size_t dtype_size(DType dtype);

/// The dtype that a safetensors file calls `name`, or nothing if it is none of the eight.
[[nodiscard]] constexpr std::optional<DType> dtype_from_name(std::string_view name);

/// The dtype of the C++ scalar `T`.
///
/// **Errors**: any other type does not compile, and the message lists the eight.
template <class T> [[nodiscard]] constexpr DType dtype_of();

namespace detail {

struct DTypeRow {
  std::string_view name;
  std::size_t size;
};

// In the order of DType, without `other`.
inline constexpr std::array<DTypeRow, 8> dtype_rows{
    {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"U8", 1}, {"BOOL", 1}}};

[[nodiscard]] constexpr DTypeRow dtype_row(DType dtype) {
  return dtype == DType::other ? DTypeRow{"?", 0} : dtype_rows[static_cast<std::size_t>(dtype)];
}

template <class T> inline constexpr bool always_false = false;

}  // namespace detail

constexpr std::string_view dtype_name(DType dtype) { return detail::dtype_row(dtype).name; }

constexpr std::size_t dtype_size(DType dtype) { return detail::dtype_row(dtype).size; }

constexpr std::optional<DType> dtype_from_name(std::string_view name) {
  for (std::size_t i = 0; i < detail::dtype_rows.size(); ++i)
    if (detail::dtype_rows[i].name == name) return static_cast<DType>(i);
  return std::nullopt;
}

template <class T> constexpr DType dtype_of() {
  if constexpr (std::same_as<T, double>)
    return DType::f64;
  else if constexpr (std::same_as<T, float>)
    return DType::f32;
  else if constexpr (std::same_as<T, Eigen::half>)
    return DType::f16;
  else if constexpr (std::same_as<T, Eigen::bfloat16>)
    return DType::bf16;
  else if constexpr (std::same_as<T, std::int64_t>)
    return DType::i64;
  else if constexpr (std::same_as<T, std::int32_t>)
    return DType::i32;
  else if constexpr (std::same_as<T, std::uint8_t>)
    return DType::u8;
  else if constexpr (std::same_as<T, bool>)
    return DType::boolean;
  else {
    static_assert(detail::always_false<T>,
                  "seqpool: a safetensors element must be double, float, Eigen::half, Eigen::bfloat16, "
                  "std::int64_t, std::int32_t, std::uint8_t or bool.");
    return {};
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::io
