// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Concepts are C++20.
int main() {}
