// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// What MSVC says of /fp:fast.
int main() {}
