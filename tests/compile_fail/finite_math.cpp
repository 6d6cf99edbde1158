// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A part of -ffast-math.
int main() {}
