// SPDX-License-Identifier: MIT
#pragma once

// What ONNX Runtime gives, and what it takes: hidden_states<T>(value), mask<M>(value) and visit(value, f) for
// Ort::Value, Ort::ConstValue and Ort::UnownedValue.
//
//     const auto outputs = session.Run(options, input_names, inputs, 2, output_names, 1);
//     const auto x = seqpool::adapter::hidden_states<float>(outputs[0]);
//     const auto vectors = seqpool::mean_pool(x, seqpool::adapter::mask<std::int64_t>(attention_mask));
#include <seqpool/adapter/runtime_tensor.hpp>

#include <onnxruntime_cxx_api.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::adapter {

/// A value of ONNX Runtime, whoever owns it.
template <class V>
concept OrtTensor =
    std::same_as<V, Ort::Value> || std::same_as<V, Ort::ConstValue> || std::same_as<V, Ort::UnownedValue>;

/// `GetTensorData<T>()` takes any T; here the value is asked for its own type. A value that is null, an optional
/// without a value, a sequence, map or sparse tensor, and memory of a device throw `std::invalid_argument`.
template <OrtTensor V> struct Access<V> {
  [[nodiscard]] static Memory memory(const V& value) {
    if (!value) seqpool::detail::fail("the Ort::Value is null: it was moved from, or never given");
    if (!value.HasValue()) seqpool::detail::fail("the Ort::Value is an optional output without a value");
    if (!value.IsTensor())
      seqpool::detail::fail("the Ort::Value is no tensor, but a sequence, a map or a sparse tensor");
    const auto where = value.GetTensorMemoryInfo();
    if (where.GetDeviceType() != OrtMemoryInfoDeviceType_CPU && where.GetMemoryType() == OrtMemTypeDefault)
      seqpool::detail::fail({"the Ort::Value is in memory of a device, ", where.GetAllocatorName(),
                             ": bind the output to CPU memory by Ort::IoBinding"});
    const auto info = value.GetTensorTypeAndShapeInfo();
    const auto [name, element] = element_of(info.GetElementType());
    Memory memory{value.GetTensorRawData(), element, name, {}, {}};  // always without gaps
    for (const std::int64_t size : info.GetShape()) memory.sizes.push_back(seqpool::detail::Size(size));
    return memory;
  }

 private:
  static std::pair<std::string, Element> element_of(ONNXTensorElementDataType type) {
    return detail::found<ONNXTensorElementDataType, std::pair<std::string, Element>>(
        type,
        {{ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, {"float", Element::float32}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, {"double", Element::float64}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, {"float16", Element::float16}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, {"bfloat16", Element::bfloat16}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, {"int64", Element::int64}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, {"int32", Element::int32}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, {"int16", Element::int16}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, {"int8", Element::int8}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, {"uint8", Element::uint8}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, {"bool", Element::boolean}},
         {ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, {"string", Element::other}}},
        {"ONNX's element type " + std::to_string(static_cast<int>(type)), Element::other});
  }
};

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
