// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_ALLOCATIONS_HPP
#define SEQPOOL_TESTS_SUPPORT_ALLOCATIONS_HPP

namespace test {

long allocations();      // calls of operator new in this process so far, by any thread
long allocated_bytes();  // what they asked for in total

// Counts from where it is constructed.
class AllocationCount {
 public:
  long so_far() const { return allocations() - start_; }
  long bytes() const { return allocated_bytes() - start_bytes_; }

 private:
  long start_ = allocations();
  long start_bytes_ = allocated_bytes();
};

}  // namespace test

#endif
