// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>

// Views, infos and metadata point into the file.
void read() {
  const seqpool::io::Safetensors file("head.safetensors");
#ifdef SEQPOOL_FAIL
  auto view = seqpool::io::Safetensors("head.safetensors").tensor<double, 2>("w", {-1, 3});
#else
  auto view = file.tensor<double, 2>("w", {-1, 3});
#endif
  static_cast<void>(view);
}
