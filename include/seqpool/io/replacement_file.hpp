// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/error.hpp>
#include <seqpool/io/in_parts.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <locale>
#include <ostream>
#include <random>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::io::detail {

// A file that replaces what is at its path only when it is whole: it is written beside it under another name, and
// finish() renames it. Without finish() nothing has changed and nothing is left behind. Every failure is a
// std::system_error.
class ReplacementFile {
 public:
  explicit ReplacementFile(const std::filesystem::path& path);
  ReplacementFile(const ReplacementFile&) = delete;
  ReplacementFile& operator=(const ReplacementFile&) = delete;
  ~ReplacementFile();

  [[nodiscard]] std::ostream& stream() noexcept { return stream_; }
  void write(const void* bytes, std::size_t size);
  void finish();

 private:
  // Where `path` leads: a link stays a link.
  [[nodiscard]] static std::filesystem::path follow(std::filesystem::path path);
  void open(const std::filesystem::path& path, std::ios::openmode mode);

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty if the target is written as it is
  std::ofstream stream_;
};

inline ReplacementFile::ReplacementFile(const std::filesystem::path& path) : target_(follow(path)) {
  if (!target_.has_filename()) fail(ENOENT, "cannot be opened for writing");
  std::error_code error;
  const auto old = std::filesystem::status(target_, error);
  if (old.type() == std::filesystem::file_type::none) throw std::system_error(error, "cannot be opened for writing");
  if (std::filesystem::exists(old)) {
    // A file that must not be written must not be replaced either; opened to append, it stays as it is.
    open(target_, std::ios::app);
    // A rename would replace a device or a FIFO by a file.
    if (!std::filesystem::is_regular_file(old)) return;
    stream_.close();
  }
  // The name has a fixed length, because the file's own may already be as long as the system allows.
  std::random_device random;
  auto temporary =
      target_.parent_path() / (".seqpool-" + std::to_string(random()) + "-" + std::to_string(random()) + ".tmp");
  open(temporary, std::ios::trunc);
  temporary_ = std::move(temporary);
  if (std::filesystem::exists(old)) std::filesystem::permissions(temporary_, old.permissions(), error);
}

inline ReplacementFile::~ReplacementFile() {
  if (temporary_.empty()) return;
  stream_.close();
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

inline void ReplacementFile::write(const void* bytes, std::size_t size) {
  in_parts(size, [&](std::size_t first, std::size_t count) {
    stream_.write(static_cast<const char*>(bytes) + first, static_cast<std::streamsize>(count));
  });
}

inline void ReplacementFile::finish() {
  stream_.close();
  if (!stream_) fail(errno == 0 ? EIO : errno, "writing failed");
  if (temporary_.empty()) return;
  std::error_code error;
  std::filesystem::rename(temporary_, target_, error);
  if (error) throw std::system_error(error, "writing failed");
}

inline std::filesystem::path ReplacementFile::follow(std::filesystem::path path) {
  std::error_code ignored;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(path, ignored); ++links)
    path = path.parent_path() / std::filesystem::read_symlink(path, ignored);
  return path;
}

inline void ReplacementFile::open(const std::filesystem::path& path, std::ios::openmode mode) {
  errno = 0;
  stream_.imbue(std::locale::classic());  // the program's may write 1024 as 1,024
  stream_.open(path, std::ios::binary | mode);
  if (!stream_) fail(errno == 0 ? EACCES : errno, "cannot be opened for writing");
  errno = 0;  // from here on the first failure of the stream's is the one that finish() reports
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
