// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_GUARDED_MEMORY_HPP
#define SEQPOOL_TESTS_SUPPORT_GUARDED_MEMORY_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <stdexcept>

namespace test {

// Writable bytes whose last one is the last before a page that may not be touched.
class GuardedMemory {
 public:
  explicit GuardedMemory(std::size_t bytes) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    const std::size_t pages = (bytes + page_ - 1) / page_;
    size_ = (pages + 16) * page_;  // sixteen of no access
    base_ = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED || mprotect(base_, pages * page_, PROT_READ | PROT_WRITE) != 0)
      throw std::runtime_error("no guarded memory");
    data_ = static_cast<std::byte*>(base_) + (pages * page_ - bytes);
  }
  ~GuardedMemory() { munmap(base_, size_); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  std::byte* data() const { return data_; }

 private:
  std::size_t page_;
  std::size_t size_ = 0;
  void* base_ = nullptr;
  std::byte* data_ = nullptr;
};

}  // namespace test

#endif
