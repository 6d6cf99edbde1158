// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/error.hpp>
#include <seqpool/io/file_kind.hpp>
#include <seqpool/io/safetensors_header.hpp>

#include <cstring>
#include <tuple>

// Where things lie in a safetensors file: the header and the data section in the file, the tensors in the data section.
namespace seqpool::inline SEQPOOL_ABI::io::detail {

struct FileParts {
  std::string_view header;
  std::span<const std::byte> data;
};

// Cuts a file into its header and its data section. Throws Error if its length field points outside, or if the header
// is not a JSON object with nothing but spaces after it; for a file of another kind it says which. Nothing is
// allocated, whatever the length field says.
[[nodiscard]] inline FileParts split_file(std::span<const std::byte> file, const std::string& name);

// Throws Error unless the tensors, in the order of their offsets, cover the data section without gap or overlap: each
// must begin where the one before it ends, even one without elements. Bytes that two tensors share, or that no tensor
// names, could make two readers see different contents in one file. The reference implementation refuses what is
// refused here. O(n log n) for n tensors.
inline void check_tiling(const Header& header, std::uint64_t data_size, const std::string& file);

inline FileParts split_file(std::span<const std::byte> file, const std::string& name) {
  const auto require = [&](bool fine, seqpool::detail::Parts rule) {
    if (fine) return;
    const std::string kind = file_kind({reinterpret_cast<const char*>(file.data()), file.size()});
    throw Error(name, kind.empty() ? seqpool::detail::sentence(rule) : kind);
  };
  std::uint64_t length = 0;
  require(file.size() >= sizeof length, {"the file has ", file.size(), " bytes, the header length alone takes 8"});
  std::memcpy(&length, file.data(), sizeof length);
  const auto rest = file.subspan(sizeof length);
  require(length <= max_header_size,
          {"the header length ", length, " is above the limit of ", max_header_size, " bytes"});
  require(length <= rest.size(),
          {"the header length ", length, " is more than the ", rest.size(), " bytes that follow it"});
  const std::string_view header(reinterpret_cast<const char*>(rest.data()), static_cast<std::size_t>(length));
  require(header.starts_with('{'), {"the header does not start with '{'"});
  // The JSON lexer takes a zero byte for the end of its input, and would not see what comes after it.
  if (header.find('\0') != header.npos) detail::refuse(name, {"the header holds a zero byte"});
  if (header[header.find_last_not_of(' ')] != '}')
    detail::refuse(name, {"the header does not end with '}' and spaces"});
  return {header, rest.subspan(header.size())};
}

inline void check_tiling(const Header& header, std::uint64_t data_size, const std::string& file) {
  using Tensor = decltype(header.tensors)::value_type;
  std::vector<const Tensor*> in_order;
  for (const Tensor& tensor : header.tensors) in_order.push_back(&tensor);
  std::sort(in_order.begin(), in_order.end(), [](const Tensor* a, const Tensor* b) {
    return std::tie(a->second.begin, a->second.end) < std::tie(b->second.begin, b->second.end);
  });
  std::uint64_t covered = 0;
  const Tensor* previous = nullptr;
  for (const Tensor* tensor : in_order) {
    const auto& [name, entry] = *tensor;
    if (entry.begin < covered)
      detail::refuse(file, name,
                     {"data_offsets ", range_text(entry.begin, entry.end),
                      (entry.begin == entry.end ? " lie inside " : " overlap "),
                      range_text(previous->second.begin, covered), " of tensor '", excerpt(previous->first), "'"});
    if (entry.begin > covered)
      detail::refuse(file, name,
                     {"the data bytes ", range_text(covered, entry.begin), " before it belong to no tensor"});
    covered = entry.end;
    previous = tensor;
  }
  if (covered != data_size)
    detail::refuse(file, {"the last data bytes ", range_text(covered, data_size), " belong to no tensor"});
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
