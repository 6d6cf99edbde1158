// SPDX-License-Identifier: MIT
// What the README shows for ONNX Runtime, on values that are made here.
#include <onnxruntime_cxx_api.h>

#include <array>
#include <cstdint>
#include <seqpool/seqpool.hpp>

namespace {

auto pooled(const Ort::Value& output, const Ort::Value& attention_mask) {
  const auto sizes = output.GetTensorTypeAndShapeInfo().GetShape();
  const seqpool::HiddenStates<float> x(output.GetTensorData<float>(), {sizes[0], sizes[1], sizes[2]});
  const seqpool::AttentionMask mask(attention_mask.GetTensorData<std::int64_t>(), {sizes[0], sizes[1]});
  return seqpool::mean_pool(x, mask);
}

template <class T, std::size_t size, std::size_t rank>
Ort::Value value(std::array<T, size>& numbers, const std::array<std::int64_t, rank>& shape) {
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  return Ort::Value::CreateTensor<T>(memory, numbers.data(), size, shape.data(), rank);
}

}  // namespace

int main() {
  std::array<float, 12> states{1, 2, 3, 4, 5, 6, 7, 8, 99, 99, 99, 99};
  std::array<std::int64_t, 6> mask{1, 1, 1, 1, 0, 0};
  const auto vectors =
      pooled(value(states, std::array<std::int64_t, 3>{2, 3, 2}), value(mask, std::array<std::int64_t, 2>{2, 3}));
  return vectors(0, 0) == 3 && vectors(0, 1) == 4 && vectors(1, 0) == 7 && vectors(1, 1) == 8 ? 0 : 1;
}
