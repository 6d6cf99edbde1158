// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Errors are exceptions.
int main() {}
