// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// And another.
int main() {}
