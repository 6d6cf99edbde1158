// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>

// An expression has no memory to write.
void write(seqpool::io::SafetensorsWriter& writer, const Eigen::Tensor<float, 2>& x) {
#ifdef SEQPOOL_FAIL
  writer.add("x", x * 2.0f);
#else
  writer.add("x", x);
#endif
}
