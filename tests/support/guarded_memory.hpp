// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_GUARDED_MEMORY_HPP
#define SEQPOOL_TESTS_SUPPORT_GUARDED_MEMORY_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <stdexcept>

namespace test {

// Writable bytes between pages that may not be touched: `data()` ends right before one, `first()` begins right after
// one.
class GuardedMemory {
 public:
  explicit GuardedMemory(std::size_t bytes) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    const std::size_t pages = (bytes + page_ - 1) / page_;
    size_ = (1 + pages + 16) * page_;  // one page without access before, sixteen after
    base_ = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED || mprotect(first(), pages * page_, PROT_READ | PROT_WRITE) != 0)
      throw std::runtime_error("no guarded memory");
    data_ = first() + (pages * page_ - bytes);
  }
  ~GuardedMemory() { munmap(base_, size_); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  std::byte* data() const { return data_; }
  std::byte* first() const { return static_cast<std::byte*>(base_) + page_; }

 private:
  std::size_t page_;
  std::size_t size_ = 0;
  void* base_ = nullptr;
  std::byte* data_ = nullptr;
};

}  // namespace test

#endif
