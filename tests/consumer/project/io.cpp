// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>
#include <string>

// Whether `f` throws the Error that this file knows, however io was compiled.
template <class F>
bool refused(F f) {
  try {
    f();
  } catch (const seqpool::io::Error&) {
    return true;
  }
  return false;
}

int main() {
  const float data[] = {1, 2};
  seqpool::io::SafetensorsWriter writer;
  writer.add("x", Eigen::TensorMap<const Eigen::Tensor<float, 1>>(data, 2));
  const auto file = seqpool::io::Safetensors::from_bytes(writer.bytes());
  const bool reads = file.tensor<float, 1>("x")(1) == 2.0f;

  auto no_json = writer.bytes();
  no_json[9] = std::byte{','};
  auto no_tensor = writer.bytes();
  no_tensor[15] = std::byte{'X'};  // "dtype" is then a key that no file has
  const bool refuses = refused([&] { seqpool::io::Safetensors::from_bytes(no_json); }) &&
                       refused([&] { seqpool::io::Safetensors::from_bytes(no_tensor); }) &&
                       refused([&] { writer.metadata("\xFF", ""); });
  return reads && refuses ? 0 : 1;
}
