// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>
#include <string>

// Whether `f` throws the Error that this file knows, with `sentence`, however io was compiled.
template <class F> bool refused(const std::string& sentence, F f) {
  try {
    static_cast<void>(f());
  } catch (const seqpool::io::Error& error) {
    return std::string(error.what()).find(sentence) != std::string::npos;
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
  no_tensor[15] = std::byte{'X'};
  const auto open = seqpool::io::Safetensors::from_bytes;
  const bool refuses = refused("not valid JSON", [&] { return open(no_json, "file"); }) &&
                       refused("unknown key 'Xtype'", [&] { return open(no_tensor, "file"); }) &&
                       refused("not valid UTF-8", [&] { return &writer.metadata("\xFF", ""); });
  return reads && refuses ? 0 : 1;
}
