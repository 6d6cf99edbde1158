// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Another part, which g++ says by a macro and clang does not.
int main() {}
