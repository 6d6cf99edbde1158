// SPDX-License-Identifier: MIT
#pragma once

// io and model are headers only, or a library by the CMake option SEQPOOL_COMPILED. Then the headers declare, and what
// is not a template has its body in one file of the library, which defines SEQPOOL_IO_BODIES or SEQPOOL_MODEL_BODIES.
//
// The library has the namespace SEQPOOL_ABI of its own flags. A file that is compiled for another instruction set, or
// with another version, does not link with it: an undefined reference names both.
#if defined(SEQPOOL_COMPILED)
#define SEQPOOL_BODY
#else
#define SEQPOOL_BODY inline
#define SEQPOOL_IO_BODIES
#define SEQPOOL_MODEL_BODIES
#endif
