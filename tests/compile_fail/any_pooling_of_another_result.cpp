// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct Places : seqpool::Max {
#ifdef SEQPOOL_FAIL
  template <seqpool::Scalar T> using Result = seqpool::Index;
#endif
};

// One virtual call writes results of one scalar.
int main() {
  const seqpool::AnyPooling<float> pooling = Places{};
  static_cast<void>(pooling);
}
