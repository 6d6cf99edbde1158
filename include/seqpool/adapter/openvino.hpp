// SPDX-License-Identifier: MIT
#pragma once

// What OpenVINO gives, and what it takes: hidden_states<T>(tensor), mask<M>(tensor) and visit(tensor, f) for an
// ov::Tensor.
//
//     const ov::Tensor states = request.get_tensor("last_hidden_state");
//     const auto x = seqpool::adapter::hidden_states<float>(states);
//     const auto vectors = seqpool::mean_pool(x, seqpool::adapter::mask<std::int64_t>(attention_mask));
#include <seqpool/adapter/runtime_tensor.hpp>

#include <openvino/runtime/remote_tensor.hpp>
#include <openvino/runtime/tensor.hpp>

namespace seqpool::inline SEQPOOL_ABI::adapter {

/// Strides are kept, also those of a region of interest. A tensor that was never allocated, and one on a device, throw
/// `std::invalid_argument`.
template <> struct Access<ov::Tensor> {
  [[nodiscard]] static Memory memory(const ov::Tensor& tensor) {
    if (!tensor) seqpool::detail::fail("the ov::Tensor is empty: it holds no memory");
    if (tensor.is<ov::RemoteTensor>())
      seqpool::detail::fail("the ov::Tensor is a device's: copy it to one of the CPU by copy_to first");
    const ov::element::Type type = tensor.get_element_type();
    Memory memory{nullptr, element_of(type), type.to_string(), {}, {}};
    const ov::Shape& shape = tensor.get_shape();
    memory.sizes.assign(shape.begin(), shape.end());
    if (memory.element == Element::other) return memory;  // its data and strides may have no answer
    memory.data = tensor.data();
    for (const std::size_t bytes : tensor.get_strides())
      memory.strides.push_back(static_cast<Index>(bytes / type.size()));
    return memory;
  }

 private:
  static Element element_of(const ov::element::Type& type) {
    return detail::found<ov::element::Type_t, Element>(type,
                                                       {{ov::element::f32, Element::float32},
                                                        {ov::element::f64, Element::float64},
                                                        {ov::element::f16, Element::float16},
                                                        {ov::element::bf16, Element::bfloat16},
                                                        {ov::element::i64, Element::int64},
                                                        {ov::element::i32, Element::int32},
                                                        {ov::element::i16, Element::int16},
                                                        {ov::element::i8, Element::int8},
                                                        {ov::element::u8, Element::uint8},
                                                        {ov::element::boolean, Element::boolean}},
                                                       Element::other);
  }
};

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
