// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/version.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI::io::detail {

// Files and messages name paths in UTF-8. On Windows path::string() is in the encoding of the machine, and throws where
// that has no such character; elsewhere both are the bytes that the system was given.
[[nodiscard]] inline std::string path_text(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

[[nodiscard]] inline std::filesystem::path path_of(std::string_view text) {
  return std::u8string(text.begin(), text.end());
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
