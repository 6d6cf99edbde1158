// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_IO_MAPPED_FILE_HPP
#define SEQPOOL_IO_MAPPED_FILE_HPP

#include <seqpool/version.hpp>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

// SEQPOOL_NO_MMAP, defined for the whole program or not at all, makes every platform read files into memory.
// That is for file systems on which a mapping may fail later on (a lost network drive is SIGBUS on access,
// not an error).
#if (defined(__unix__) || defined(__APPLE__)) && !defined(SEQPOOL_NO_MMAP)
#define SEQPOOL_DETAIL_HAS_MMAP 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#define SEQPOOL_DETAIL_HAS_MMAP 0
#include <fstream>
#include <vector>
#endif

namespace seqpool::inline SEQPOOL_ABI::detail {

/// The bytes of a file, read-only, for as long as this object, or what it was moved into, lives; the address
/// survives a move. The file must not be changed or shortened meanwhile: reads through a mapping would see
/// it, or end in SIGBUS.
class MappedFile {
 public:
  MappedFile() = default;

  /// Opens `path`.
  /// Throws std::system_error if it cannot be opened, is not a regular file or cannot be mapped.
  /// O(1), nothing is allocated; without mmap O(size), and one buffer of the file's size.
  explicit MappedFile(const std::filesystem::path& path);

  /// All bytes of the file; empty for an empty file, a default-constructed and a moved-from object.
  std::span<const std::byte> bytes() const noexcept;

 private:
  [[noreturn]] static void fail(int code, const char* what) {
    throw std::system_error(code, std::generic_category(), what);
  }

#if SEQPOOL_DETAIL_HAS_MMAP
  struct Unmap {
    std::size_t size;
    void operator()(void* address) const noexcept { ::munmap(address, size); }
  };
  std::unique_ptr<void, Unmap> mapping_;
#else
  std::unique_ptr<std::vector<std::byte>> contents_;  // a pointer, so that both kinds are move-only
#endif
};

#if SEQPOOL_DETAIL_HAS_MMAP

inline MappedFile::MappedFile(const std::filesystem::path& path) {
  struct Descriptor {
    int value;
    ~Descriptor() {
      if (value >= 0) ::close(value);
    }
  };

  // Without O_NONBLOCK, opening a FIFO would wait for its writer, before we can see that it is none of ours.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) fail(errno, "cannot open");
  struct stat status {};
  if (::fstat(file.value, &status) != 0) fail(errno, "cannot read the size");
  if (!S_ISREG(status.st_mode)) fail(EINVAL, "not a regular file");
  if (status.st_size == 0) return;  // mmap refuses length 0
  if (std::cmp_greater(status.st_size, (std::numeric_limits<std::size_t>::max)())) fail(EFBIG, "cannot map");

  const auto size = static_cast<std::size_t>(status.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value, 0);
  if (address == MAP_FAILED) fail(errno, "cannot map");
  mapping_ = std::unique_ptr<void, Unmap>(address, Unmap{size});
}

inline std::span<const std::byte> MappedFile::bytes() const noexcept {
  if (!mapping_) return {};
  return {static_cast<const std::byte*>(mapping_.get()), mapping_.get_deleter().size};
}

#else

inline MappedFile::MappedFile(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
    fail(EINVAL, "not a regular file");
  }
  const auto size = std::filesystem::file_size(path, error);
  if (error) throw std::system_error(error, "cannot open");
  if (std::cmp_greater(size, (std::numeric_limits<std::streamsize>::max)()) ||
      std::cmp_greater(size, (std::numeric_limits<std::size_t>::max)())) {
    fail(EFBIG, "cannot read");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(EACCES, "cannot open");
  contents_ = std::make_unique<std::vector<std::byte>>(static_cast<std::size_t>(size));
  file.read(reinterpret_cast<char*>(contents_->data()), static_cast<std::streamsize>(size));
  if (!file) fail(EIO, "cannot read");
}

inline std::span<const std::byte> MappedFile::bytes() const noexcept {
  if (!contents_) return {};
  return *contents_;
}

#endif

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
