// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> count{0};
std::atomic<long> bytes{0};

void* counted(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  ++count;
  bytes += static_cast<long>(size);
  // aligned_alloc wants a size that is a multiple of the alignment, and not 0.
  const auto step = static_cast<std::size_t>(alignment);
#if defined(_WIN32)
  return _aligned_malloc(size, step);
#else
  return std::aligned_alloc(step, (size + step) / step * step);
#endif
}

void* counted(std::size_t size, std::align_val_t alignment) {
  if (void* const p = counted(size, alignment, std::nothrow)) return p;
  throw std::bad_alloc();
}

void freed(void* p) noexcept {
#if defined(_WIN32)
  _aligned_free(p);
#else
  std::free(p);
#endif
}

constexpr std::align_val_t usual{alignof(std::max_align_t)};

}  // namespace

long test::allocations() { return count; }
long test::allocated_bytes() { return bytes; }

void* operator new(std::size_t size) { return counted(size, usual); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, alignment); }
void* operator new(std::size_t size, const std::nothrow_t& n) noexcept { return counted(size, usual, n); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t& n) noexcept {
  return counted(size, alignment, n);
}
void operator delete(void* p) noexcept { freed(p); }
void operator delete(void* p, std::size_t) noexcept { freed(p); }
void operator delete(void* p, std::align_val_t) noexcept { freed(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { freed(p); }
