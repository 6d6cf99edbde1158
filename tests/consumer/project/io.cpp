// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>

int main() {
  Eigen::Tensor<float, 1> x(2);
  x.setValues({1.0f, 2.0f});
  seqpool::io::SafetensorsWriter writer;
  writer.add("x", x);
  const auto file = seqpool::io::Safetensors::from_bytes(writer.bytes());
  return file.tensor<float, 1>("x")(1) == 2.0f ? 0 : 1;
}
