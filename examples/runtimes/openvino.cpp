// SPDX-License-Identifier: MIT
// OpenVINO: hidden states and a mask where its tensors hold them, to a vector of length 1 for each sequence.
#include <openvino/runtime/tensor.hpp>

#include <array>
#include <cstdint>
#include <iostream>
#include <seqpool/adapter/openvino.hpp>
#include <seqpool/seqpool.hpp>

auto embed(const ov::Tensor& last_hidden_state, const ov::Tensor& attention_mask) {
  const auto x = seqpool::adapter::hidden_states<float>(last_hidden_state);
  const auto mask = seqpool::adapter::mask<std::int64_t>(attention_mask);
  return seqpool::Embedder{seqpool::Mean{}, seqpool::Normalize{}}.embed(x, mask);
}

int main() {
  std::array<float, 12> states{1, 2, 5, 6, 99, 99, 8, 6, 99, 99, 99, 99};  // [batch, seq, hidden], 99 is padding
  std::array<std::int64_t, 6> ones{1, 1, 0, 1, 0, 0};                      // [batch, seq]
  // In your program: request.get_tensor("last_hidden_state"), request.get_tensor("attention_mask").
  const auto vectors =
      embed(ov::Tensor(ov::element::f32, {2, 3, 2}, states.data()), ov::Tensor(ov::element::i64, {2, 3}, ones.data()));

  std::cout << vectors << "\n";  // 0.6 0.8, 0.8 0.6
  return seqpool::as_matrix(vectors).isApprox(Eigen::Matrix2f{{0.6f, 0.8f}, {0.8f, 0.6f}}) ? 0 : 1;
}
