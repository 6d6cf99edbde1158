// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>

// Views, infos and metadata point into the file.
void read() {
  const seqpool::io::Safetensors file("head.safetensors");
#ifdef SEQPOOL_FAIL
  const auto& view = seqpool::io::Safetensors("head.safetensors").info("w");
#else
  const auto& view = file.info("w");
#endif
  static_cast<void>(view);
}
