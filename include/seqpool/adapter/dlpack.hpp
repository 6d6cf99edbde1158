// SPDX-License-Identifier: MIT
#pragma once

// What DLPack hands over, which PyTorch, JAX, NumPy, CuPy, TVM and others speak: hidden_states<T>(tensor),
// mask<M>(tensor) and visit(tensor, f) for a DLTensor, and for what from_dlpack keeps.
//
//     const auto states = seqpool::adapter::from_dlpack(managed);  // calls the producer's deleter at its end
//     const auto vectors = seqpool::mean_pool(seqpool::adapter::hidden_states<float>(states));
#include <seqpool/adapter/runtime_tensor.hpp>

#include <dlpack/dlpack.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace seqpool::inline SEQPOOL_ABI::adapter {

namespace detail {
struct DlpackDeleter {
  template <class Managed> void operator()(Managed* managed) const {
    if (managed->deleter != nullptr) managed->deleter(managed);
  }
};
}  // namespace detail

/// A DLManagedTensor, or a DLManagedTensorVersioned, that is ours now.
template <class Managed> using DlpackOwner = std::unique_ptr<Managed, detail::DlpackDeleter>;

/// Takes over what a producer made: it lives as long as the result, and then its deleter is called, once.
template <class Managed> [[nodiscard]] DlpackOwner<Managed> from_dlpack(Managed* managed) noexcept {
  return DlpackOwner<Managed>(managed);
}

/// Strides and `byte_offset` are kept; a tensor without strides is compact. Memory of a device and vector types (lanes)
/// throw `std::invalid_argument`.
template <> struct Access<DLTensor> {
  [[nodiscard]] static Memory memory(const DLTensor& tensor) {
    const auto device = tensor.device.device_type;
    if (device != kDLCPU && device != kDLCUDAHost && device != kDLROCMHost && device != kDLCUDAManaged)
      seqpool::detail::fail({"the DLTensor is on device type ", static_cast<int>(device),
                             ", which the CPU cannot read: copy it to the CPU first"});
    if (tensor.ndim < 0 || (tensor.ndim > 0 && tensor.shape == nullptr))
      seqpool::detail::fail({"the DLTensor has ", tensor.ndim, " dimensions, and no shape of them"});
    Memory memory{tensor.data, element_of(tensor.dtype), name_of(tensor.dtype), {}, {}};
    if (tensor.data != nullptr) memory.data = static_cast<const std::byte*>(tensor.data) + tensor.byte_offset;
    for (int i = 0; i < tensor.ndim; ++i) {
      memory.sizes.push_back(seqpool::detail::Size(tensor.shape[i]));
      if (tensor.strides != nullptr) memory.strides.push_back(seqpool::detail::Size(tensor.strides[i]));
    }
    return memory;
  }

 private:
  static constexpr int bool_code = 6;  // kDLBool, which headers before 0.8 do not know; their users may meet it

  static Element element_of(DLDataType type) {
    if (type.lanes != 1) return Element::other;
    return detail::found<std::pair<int, int>, Element>({type.code, type.bits},
                                                       {{{kDLFloat, 32}, Element::float32},
                                                        {{kDLFloat, 64}, Element::float64},
                                                        {{kDLFloat, 16}, Element::float16},
                                                        {{kDLBfloat, 16}, Element::bfloat16},
                                                        {{kDLInt, 64}, Element::int64},
                                                        {{kDLInt, 32}, Element::int32},
                                                        {{kDLInt, 16}, Element::int16},
                                                        {{kDLInt, 8}, Element::int8},
                                                        {{kDLUInt, 8}, Element::uint8},
                                                        {{bool_code, 8}, Element::boolean}},
                                                       Element::other);
  }

  // "float32", "float32x4"
  static std::string name_of(DLDataType type) {
    constexpr std::array names{"int", "uint", "float", "handle", "bfloat", "complex", "bool"};
    return (type.code < names.size() ? names[type.code] : "type code " + std::to_string(type.code) + " of bits ") +
           std::to_string(type.bits) + (type.lanes == 1 ? "" : "x" + std::to_string(type.lanes));
  }
};

/// As for `DLTensor`. One that was moved from, or has a major version that this header does not know, throws too.
template <class Managed> struct Access<DlpackOwner<Managed>> {
  [[nodiscard]] static Memory memory(const DlpackOwner<Managed>& owner) {
    if (owner == nullptr) seqpool::detail::fail("the DLPack tensor is null: it was moved from, or never given");
#ifdef DLPACK_MAJOR_VERSION
    if constexpr (requires { owner->version; })
      if (owner->version.major != DLPACK_MAJOR_VERSION)
        seqpool::detail::fail({"the DLPack tensor is of version ", owner->version.major, ", and is read as version ",
                               DLPACK_MAJOR_VERSION, ": ask its producer for that one (max_version)"});
#endif
    return Access<DLTensor>::memory(owner->dl_tensor);
  }
};

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
