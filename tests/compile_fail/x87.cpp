// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Sums would be rounded twice.
int main() {}
