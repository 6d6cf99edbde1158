// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/error.hpp>
#include <seqpool/io/in_parts.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::io::detail {

// A copy of all bytes of a file.
// Throws std::system_error if it cannot be opened or read, is not a regular file, or is shortened meanwhile.
[[nodiscard]] inline std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::error_code error;
  // Checked before the file is opened: opening a FIFO would wait for its writer.
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
    fail(EINVAL, "not a regular file");
  const auto size = std::filesystem::file_size(path, error);
  if (error) throw std::system_error(error, "cannot open");
  if (std::cmp_greater(size, (std::numeric_limits<std::streamsize>::max)()) ||
      std::cmp_greater(size, (std::numeric_limits<std::size_t>::max)()))
    fail(EFBIG, "cannot read");
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(EACCES, "cannot open");
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  in_parts(bytes.size(), [&](std::size_t first, std::size_t count) {
    file.read(reinterpret_cast<char*>(bytes.data() + first), static_cast<std::streamsize>(count));
  });
  if (!file) fail(EIO, "cannot read");
  return bytes;
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
