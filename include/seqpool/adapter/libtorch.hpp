// SPDX-License-Identifier: MIT
#pragma once

// What libtorch gives, and what it takes: hidden_states<T>(tensor), mask<M>(tensor) and visit(tensor, f) for an
// at::Tensor (torch::Tensor is another name for it), and to_tensor(vectors) for the way back.
//
//     const at::Tensor states = model.forward(inputs).toTensor();
//     const auto x = seqpool::adapter::hidden_states<float>(states);
//     const auto vectors = seqpool::mean_pool(x, seqpool::adapter::mask<std::int64_t>(attention_mask));
//     const at::Tensor back = seqpool::adapter::to_tensor(vectors);
#include <seqpool/adapter/runtime_tensor.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::adapter {

/// Strides are kept, also those of permuted, narrowed and expanded tensors. at::Half and at::BFloat16 are read as
/// Eigen::half and Eigen::bfloat16: each is one 16-bit number, IEEE binary16 and the upper half of a float, in both
/// libraries. A tensor that requires gradients is read like any other; no gradient is computed. A tensor that is
/// undefined, sparse, nested, on a device, or a view whose sign is pending throws `std::invalid_argument`.
template <> struct Access<at::Tensor> {
  [[nodiscard]] static Memory memory(const at::Tensor& tensor) {
    if (!tensor.defined()) seqpool::detail::fail("the at::Tensor is undefined: it holds no memory");
    if (!tensor.device().is_cpu())
      seqpool::detail::fail({"the at::Tensor is on ", tensor.device().str(), ": write tensor.cpu() first"});
    if (tensor.layout() != at::kStrided || tensor.is_nested())
      seqpool::detail::fail(
          "the at::Tensor is sparse, nested or of another layout without strides: write tensor.to_dense() or "
          "to_padded_tensor() first");
    if (tensor.is_neg())  // is_conj() is for complex numbers only, which hidden states never are
      seqpool::detail::fail("the at::Tensor is a view whose minus is pending: write tensor.resolve_neg() first");
    Memory memory{nullptr, element_of(tensor.scalar_type()), c10::toString(tensor.scalar_type()), {}, {}};
    memory.sizes.assign(tensor.sizes().begin(), tensor.sizes().end());
    memory.strides.assign(tensor.strides().begin(), tensor.strides().end());
    memory.data = data_of(tensor);
    return memory;
  }

 private:
  // data_ptr() copies memory that is shared until someone writes; const_data_ptr() does not, but is newer than libtorch
  // 2.0.
  template <class Tensor> static const void* data_of(const Tensor& tensor) {
    if constexpr (requires { tensor.const_data_ptr(); })
      return tensor.const_data_ptr();
    else
      return tensor.data_ptr();
  }

  static Element element_of(at::ScalarType type) {
    return detail::found<at::ScalarType, Element>(type,
                                                  {{at::kFloat, Element::float32},
                                                   {at::kDouble, Element::float64},
                                                   {at::kHalf, Element::float16},
                                                   {at::kBFloat16, Element::bfloat16},
                                                   {at::kLong, Element::int64},
                                                   {at::kInt, Element::int32},
                                                   {at::kShort, Element::int16},
                                                   {at::kChar, Element::int8},
                                                   {at::kByte, Element::uint8},
                                                   {at::kBool, Element::boolean}},
                                                  Element::other);
  }
};

namespace detail {

// A tensor of its own with these numbers.
template <class A> at::Tensor tensor_of(const A* numbers, std::span<const Index> sizes) {
  const std::vector<std::int64_t> shape(sizes.begin(), sizes.end());
  const at::Tensor tensor = at::empty(shape, c10::CppTypeToScalarType<A>::value);
  std::copy_n(numbers, tensor.numel(), tensor.data_ptr<A>());
  return tensor;
}

}  // namespace detail

/// The result of a pooling or a head as a tensor of libtorch's own, which owns its memory.
///
/// **Shapes**: vectors: `[batch, width]`; result: the same, contiguous, on the CPU.
/// **Cost**: one copy.
template <class A> [[nodiscard]] at::Tensor to_tensor(const Eigen::Tensor<A, 2, Eigen::RowMajor>& vectors) {
  return detail::tensor_of(vectors.data(), std::array{vectors.dimension(0), vectors.dimension(1)});
}

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
