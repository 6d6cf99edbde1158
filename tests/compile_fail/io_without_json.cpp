// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>

// nlohmann/json is an own package, and where it is not there one sentence says which.
int read_a_file() { return sizeof(seqpool::io::Safetensors) > 0 ? 0 : 1; }
