// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/dtype.hpp>
#include <seqpool/io/message_text.hpp>
#include <seqpool/scalar.hpp>

#include <limits>
#include <span>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::io {

/// What a file says about one tensor: the type of its elements, and its sizes, outermost (slowest) first.
///
///     const seqpool::io::Safetensors file("head.safetensors");
///     const seqpool::io::TensorInfo& info = file.info("classifier.weight");
///     const seqpool::Index classes = info.shape.at(0);
///     const bool is_half = info.dtype == seqpool::io::DType::f16;
///     std::cout << info.dtype_text();  // "F16", or what else the file says, such as "F8_E4M3"
struct TensorInfo {
  DType dtype = DType::f32;
  std::vector<Index> shape;
  std::string other_dtype = {};  ///< what the file calls a type that is `DType::other`

  /// What the file calls the type of the elements.
  [[nodiscard]] std::string_view dtype_text() const noexcept {
    return dtype == DType::other ? std::string_view(other_dtype) : dtype_name(dtype);
  }
};

namespace detail {

inline constexpr std::size_t max_rank = 32;

// For messages: "F32 [2, 3]", where a size of -1 reads "any".
[[nodiscard]] inline std::string describe(std::string_view dtype, std::span<const Index> shape) {
  std::string sizes;
  for (const Index size : shape) {
    if (!sizes.empty()) sizes += ", ";
    sizes += size == -1 ? "any" : std::to_string(size);
  }
  return excerpt(dtype) + " [" + sizes + "]";
}

// How many bytes a tensor has, or elements if it is of another type; nothing if its shape is too large for Index. The
// product that has to fit leaves zeros out: strides are products of only some sizes, so [0, 2^32, 2^32] would overflow
// for whoever computes them.
[[nodiscard]] inline std::optional<std::uint64_t> byte_size(const TensorInfo& info) {
  constexpr auto limit = static_cast<std::uint64_t>((std::numeric_limits<Index>::max)());
  std::uint64_t product = info.dtype == DType::other ? 1 : dtype_size(info.dtype);
  bool empty = false;
  for (const Index size : info.shape) {
    const auto factor = static_cast<std::uint64_t>(size);
    empty = empty || factor == 0;
    if (factor == 0) continue;
    if (product > limit / factor) return std::nullopt;
    product *= factor;
  }
  return empty ? 0 : product;
}

}  // namespace detail

}  // namespace seqpool::inline SEQPOOL_ABI::io
