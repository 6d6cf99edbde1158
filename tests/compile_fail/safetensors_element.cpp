// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>

// A file's elements are of eight types.
void read(const seqpool::io::Safetensors& file) {
#ifdef SEQPOOL_FAIL
  file.tensor<char, 2>("x");
#else
  file.tensor<float, 2>("x");
#endif
}
