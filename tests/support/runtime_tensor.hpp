// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TEST_RUNTIME_TENSOR_HPP
#define SEQPOOL_TEST_RUNTIME_TENSOR_HPP

#include <seqpool/adapter/runtime_tensor.hpp>

namespace seqpool_test {

// A tensor of no runtime. It says about itself what a test wants.
struct Tensor {
  seqpool::adapter::Memory memory;
};

}  // namespace seqpool_test

template <> struct seqpool::adapter::Access<seqpool_test::Tensor> {
  static Memory memory(const seqpool_test::Tensor& tensor) { return tensor.memory; }
};

#endif
