// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/message_text.hpp>

// Files that are not what their name says: failed downloads, archives and other formats.
namespace seqpool::inline SEQPOOL_ABI::io::detail {

// What kind of file `text` is, or begins, and what to do: "the file is ...". "" if that is not known.
//
// Ask only about a file that its reader refuses: valid files may begin like these.
[[nodiscard]] inline std::string file_kind(std::string_view text);

// Whether `text` begins like safetensors, with 8 bytes that are a number below 2^32: no text does.
[[nodiscard]] inline bool begins_with_length(std::string_view text) {
  return text.size() >= 8 && text.substr(4, 4) == std::string_view("\0\0\0\0", 4);
}

struct KnownBeginning {
  std::string_view bytes;
  std::string_view kind;
};

// ---------------------------------------------------------------------------------------------------------------------

inline constexpr std::string_view is_pickle =
    "a Python pickle, as torch.save writes it, which is not read; python3 examples/convert/to_safetensors.py FILE (in "
    "seqpool's repository) writes the same as safetensors beside it";
inline constexpr std::string_view is_compressed = "compressed; unpack it first";

inline constexpr std::array<KnownBeginning, 10> known_beginnings{{
    {"version https://git-lfs", "a pointer of Git LFS to the file itself, which was not fetched; run git lfs pull"},
    {"PK\x03\x04", is_pickle},
    {"\x1f\x8b\x08", is_compressed},
    {"\xfd\x37zXZ", is_compressed},
    {"\x28\xb5\x2f\xfd", is_compressed},
    {"BZh", is_compressed},
    {"7z\xbc\xaf", is_compressed},
    {"GGUF", "GGUF, of llama.cpp, which is not read; take the folder that it was made from"},
    {"\x89HDF", "HDF5, as Keras writes it, which is not read; write what it holds as safetensors"},
    {"\x93NUMPY", "an array of NumPy, which is not read; write it by safetensors.numpy.save_file"},
}};

inline std::string file_kind(std::string_view text) {
  if (text.empty()) return "the file has 0 bytes: it is empty, as a download that broke off leaves it";
  const auto is = [](std::string_view kind) { return "the file is " + std::string(kind); };
  for (const auto& [beginning, kind] : known_beginnings)
    if (text.starts_with(beginning)) return is(kind);

  const std::string_view first = text.substr(0, 8);
  // Pickles of protocols 2 to 5.
  if (!detail::begins_with_length(text) && first.size() > 1 && first[0] == '\x80' && first[1] >= 2 && first[1] <= 5)
    return is(is_pickle);
  const auto is_printed = [](char c) { return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n'; };
  if (!std::all_of(first.begin(), first.end(), is_printed)) return "";
  const std::string_view words = text.substr((std::min)(text.find_first_not_of(" \t\r\n"), text.size()));
  if (words.starts_with('<'))
    return is(
        "a page of HTML or XML, which a download gives from a wrong address or without permission; download the file "
        "again");
  return is("text that begins with '" + excerpt(words.substr(0, words.find_first_of("\r\n")), 60) + "'");
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
