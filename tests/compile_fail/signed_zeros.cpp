// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Guarantee 9: a part of -ffast-math, too.
int main() {}
