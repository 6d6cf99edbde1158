// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_ALLOCATIONS_HPP
#define SEQPOOL_TESTS_SUPPORT_ALLOCATIONS_HPP

namespace test {

long allocations();  // calls of operator new in this process so far, by any thread

// Counts from where it is made.
class AllocationCount {
 public:
  long so_far() const { return allocations() - start_; }

 private:
  long start_ = allocations();
};

}  // namespace test

#endif
