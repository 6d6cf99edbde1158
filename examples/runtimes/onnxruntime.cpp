// SPDX-License-Identifier: MIT
// ONNX Runtime: hidden states and a mask where its values hold them, to a vector of length 1 for each sequence.
#include <onnxruntime_cxx_api.h>

#include <array>
#include <cstdint>
#include <iostream>
#include <seqpool/adapter/onnxruntime.hpp>
#include <seqpool/seqpool.hpp>

auto embed(const Ort::Value& last_hidden_state, const Ort::Value& attention_mask) {
  const auto x = seqpool::adapter::hidden_states<float>(last_hidden_state);
  const auto mask = seqpool::adapter::mask<std::int64_t>(attention_mask);
  return seqpool::Embedder{seqpool::Mean{}, seqpool::Normalize{}}.embed(x, mask);
}

int main() {
  std::array<float, 12> states{1, 2, 5, 6, 99, 99, 8, 6, 99, 99, 99, 99};  // [batch, seq, hidden], 99 is padding
  std::array<std::int64_t, 6> ones{1, 1, 0, 1, 0, 0};                      // [batch, seq]
  const std::array<std::int64_t, 3> sizes{2, 3, 2};
  // In your program: session.Run(options, input_names, inputs, 2, output_names, 1)[0], and one of the inputs.
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  const auto vectors = embed(Ort::Value::CreateTensor<float>(memory, states.data(), states.size(), sizes.data(), 3),
                             Ort::Value::CreateTensor<std::int64_t>(memory, ones.data(), ones.size(), sizes.data(), 2));

  std::cout << vectors << "\n";  // 0.6 0.8, 0.8 0.6
  return seqpool::as_matrix(vectors).isApprox(Eigen::Matrix2f{{0.6f, 0.8f}, {0.8f, 0.6f}}) ? 0 : 1;
}
