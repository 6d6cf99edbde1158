// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/compiled.hpp>
#include <seqpool/io/error.hpp>

#include <cerrno>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <utility>

// SEQPOOL_NO_MMAP makes every platform read files into memory. Define it for the whole program and the compiled
// library, or not at all: otherwise they do not link. It is for file systems on which a mapping may fail later: a lost
// network drive is SIGBUS on access, not an error.
#if (defined(__unix__) || defined(__APPLE__)) && !defined(SEQPOOL_NO_MMAP)
#define SEQPOOL_DETAIL_HAS_MMAP 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#define SEQPOOL_DETAIL_HAS_MMAP 0
#include <seqpool/io/read_file.hpp>

#include <vector>
#endif

namespace seqpool::inline SEQPOOL_ABI::io::detail {

// The bytes of a file, read-only, as long as this object, or the one it was moved into, lives; the address survives a
// move. The file must not be changed or shortened meanwhile: reads would see the change, and reads beyond the new end
// are the signal SIGBUS, which ends the program. For files that may change, read_file makes a copy.
class MappedFile {
 public:
  MappedFile() = default;

  // Throws std::system_error if `path` cannot be opened, is not a regular file or cannot be mapped.
  // O(1), nothing is allocated; without mmap it is read_file.
  explicit MappedFile(const std::filesystem::path& path);

  // All bytes of the file; none for an empty file, a default-constructed and a moved-from object.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept;

 private:
#if SEQPOOL_DETAIL_HAS_MMAP
  struct Unmap {
    std::size_t size;
    void operator()(void* address) const noexcept { ::munmap(address, size); }
  };
  std::unique_ptr<void, Unmap> mapping_;
#else
  std::unique_ptr<const std::vector<std::byte>> contents_;  // a pointer, so that both kinds are move-only
#endif
};

#if !defined(SEQPOOL_IO_BODIES)
#elif SEQPOOL_DETAIL_HAS_MMAP

SEQPOOL_BODY MappedFile::MappedFile(const std::filesystem::path& path) {
  struct Descriptor {
    int value;
    ~Descriptor() {
      if (value >= 0) ::close(value);
    }
  };

  // Without O_NONBLOCK, opening a FIFO would wait for its writer, before we can see that it is not a regular file.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) fail(errno, "cannot open");
  struct stat status{};
  if (::fstat(file.value, &status) != 0) fail(errno, "cannot read the size");
  if (!S_ISREG(status.st_mode)) fail(EINVAL, "not a regular file");
  if (status.st_size == 0) return;  // mmap refuses length 0
  if (std::cmp_greater(status.st_size, (std::numeric_limits<std::size_t>::max)())) fail(EFBIG, "cannot map");

  const auto size = static_cast<std::size_t>(status.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value, 0);
  if (address == MAP_FAILED) fail(errno, "cannot map");
  mapping_ = std::unique_ptr<void, Unmap>(address, Unmap{size});
}

SEQPOOL_BODY std::span<const std::byte> MappedFile::bytes() const noexcept {
  if (!mapping_) return {};
  return {static_cast<const std::byte*>(mapping_.get()), mapping_.get_deleter().size};
}

#else

SEQPOOL_BODY MappedFile::MappedFile(const std::filesystem::path& path)
    : contents_(std::make_unique<const std::vector<std::byte>>(read_file(path))) {}

SEQPOOL_BODY std::span<const std::byte> MappedFile::bytes() const noexcept {
  if (!contents_) return {};
  return *contents_;
}

#endif

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
