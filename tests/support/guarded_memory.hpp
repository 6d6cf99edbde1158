// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_GUARDED_MEMORY_HPP
#define SEQPOOL_TESTS_SUPPORT_GUARDED_MEMORY_HPP

#if defined(_WIN32)
#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <cstddef>
#include <stdexcept>

namespace test {

// Writable bytes between pages that may not be touched: `data()` ends right before one, `first()` begins right after
// one.
class GuardedMemory {
 public:
  explicit GuardedMemory(std::size_t bytes) : page_(page_size()) {
    const std::size_t pages = (bytes + page_ - 1) / page_;
    size_ = (1 + pages + 16) * page_;  // one page without access before, sixteen after
    if (!reserve() || !open(pages * page_)) throw std::runtime_error("no guarded memory");
    data_ = first() + (pages * page_ - bytes);
  }
  ~GuardedMemory() { release(); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  std::byte* data() const { return data_; }
  std::byte* first() const { return static_cast<std::byte*>(base_) + page_; }

 private:
#if defined(_WIN32)
  static std::size_t page_size() {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
  }
  bool reserve() { return (base_ = VirtualAlloc(nullptr, size_, MEM_RESERVE, PAGE_NOACCESS)) != nullptr; }
  bool open(std::size_t bytes) { return VirtualAlloc(first(), bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr; }
  void release() { VirtualFree(base_, 0, MEM_RELEASE); }
#else
  static std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
  bool reserve() {
    base_ = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return base_ != MAP_FAILED;
  }
  bool open(std::size_t bytes) { return mprotect(first(), bytes, PROT_READ | PROT_WRITE) == 0; }
  void release() { munmap(base_, size_); }
#endif

  std::size_t page_;
  std::size_t size_ = 0;
  void* base_ = nullptr;
  std::byte* data_ = nullptr;
};

}  // namespace test

#endif
