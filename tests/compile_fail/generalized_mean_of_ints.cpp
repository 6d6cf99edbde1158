// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// A p for each feature is learned.
int main() {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::GeneralizedMean{std::vector<int>{3, 4}});
#else
  static_cast<void>(seqpool::GeneralizedMean{std::vector<float>{3, 4}});
#endif
}
