// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/error.hpp>
#include <seqpool/io/tensor_info.hpp>

#include <cstring>
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
inline constexpr const char* writer_name = "safetensors writer";  // stands for it where an Error names the file

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

// The header as a file begins with it: padded to 8 bytes, behind its length. Throws Error if that is above the limit.
[[nodiscard]] inline std::string behind_its_length(std::string json) {
  json.append((8 - json.size() % 8) % 8, ' ');
  if (json.size() > max_header_size)
    detail::refuse(writer_name, {"the header takes ", json.size(), " bytes, the limit is ", max_header_size});
  const std::uint64_t length = json.size();
  json.insert(0, sizeof length, '\0');
  std::memcpy(json.data(), &length, sizeof length);
  return json;
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
