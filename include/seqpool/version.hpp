// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_VERSION_HPP
#define SEQPOOL_VERSION_HPP

// The one place where the version stands; CMake reads these three lines.
#define SEQPOOL_VERSION_MAJOR 0
#define SEQPOOL_VERSION_MINOR 1
#define SEQPOOL_VERSION_PATCH 0

#endif
