// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Guarantee 9: -ffast-math is detected and said.
int main() {}
