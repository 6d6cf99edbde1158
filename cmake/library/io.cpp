// SPDX-License-Identifier: MIT
#define SEQPOOL_IO_BODIES
#include <seqpool/io/safetensors.hpp>
