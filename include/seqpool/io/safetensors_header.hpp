// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/tensor_info.hpp>

#include <functional>
#include <map>
#include <memory>

// What is in a safetensors file. It is an 8-byte little-endian length, a JSON header of that length, and the data
// section:
//   {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
namespace seqpool::inline SEQPOOL_ABI::io::detail {

static_assert(std::endian::native == std::endian::little,
              "seqpool: safetensors files are little-endian, and seqpool::io works on little-endian machines only.");

inline constexpr std::size_t max_header_size = 100'000'000;  // the limit of the reference implementation
inline constexpr std::string_view metadata_key = "__metadata__";

struct Stored {
  TensorInfo info;
  std::uint64_t begin = 0;  // of its bytes, counted from the start of the data section
  std::uint64_t end = 0;
  const std::byte* data = nullptr;                 // where its elements are, once that is known
  std::unique_ptr<std::byte[]> aligned_copy = {};  // only if the file's bytes are not aligned
};

struct Header {
  std::map<std::string, Stored, std::less<>> tensors;
  std::map<std::string, std::string> metadata;
};

// For messages: "[0, 24)".
[[nodiscard]] inline std::string range_text(std::uint64_t begin, std::uint64_t end) {
  return "[" + std::to_string(begin) + ", " + std::to_string(end) + ")";
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
