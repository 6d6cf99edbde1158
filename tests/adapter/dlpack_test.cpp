// SPDX-License-Identifier: MIT
#include <seqpool/adapter/dlpack.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/two_sequences.hpp"

namespace {

// The memory behind a tensor, which its description points to.
template <class T> struct Producer {
  std::vector<T> values;
  std::vector<std::int64_t> shape, strides;
  DLDataType type;
  DLTensor tensor() {
    return {values.data(),
            {kDLCPU, 0},
            static_cast<int>(shape.size()),
            type,
            shape.data(),
            strides.empty() ? nullptr : strides.data(),
            0};
  }
};

constexpr DLDataType float32{kDLFloat, 32, 1}, int64{kDLInt, 64, 1};

int deleted = 0;  // calls of the deleter

// What a producer hands over: the description, and its memory by manager_ctx.
template <class Managed> Managed* hand_over(std::vector<float> values, std::vector<std::int64_t> shape) {
  auto* const producer = new Producer<float>{std::move(values), std::move(shape), {}, float32};
  auto* const managed = new Managed{};
  managed->dl_tensor = producer->tensor();
  managed->manager_ctx = producer;
  managed->deleter = [](Managed* self) {
    ++deleted;
    delete static_cast<Producer<float>*>(self->manager_ctx);
    delete self;
  };
#ifdef DLPACK_MAJOR_VERSION
  if constexpr (std::is_same_v<Managed, DLManagedTensorVersioned>)
    managed->version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
#endif
  return managed;
}

template <class Managed> void owner_keeps_and_deletes() {
  deleted = 0;
  {
    auto owner = seqpool::adapter::from_dlpack(hand_over<Managed>({1, 2, 3, 4}, {1, 2, 2}));
    static_assert(!std::is_copy_constructible_v<decltype(owner)>);
    const auto moved = std::move(owner);
    CHECK(deleted == 0);
    const auto pooled = seqpool::mean_pool(seqpool::adapter::hidden_states<float>(moved));
    CHECK(pooled(0, 0) == 2.0f);
    CHECK(pooled(0, 1) == 3.0f);
    CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(owner),
                      "seqpool: the DLPack tensor is null: it was moved from, or never given");
  }
  CHECK(deleted == 1);

  auto* const kept = hand_over<Managed>({1, 2}, {1, 1, 2});  // the producer's own, without a deleter for us
  const auto deleter = std::exchange(kept->deleter, nullptr);
  static_cast<void>(seqpool::adapter::from_dlpack(kept));
  CHECK(deleted == 1);
  deleter(kept);
  CHECK(deleted == 2);
}

}  // namespace

TEST_CASE("hidden states and a mask of DLTensor", "[adapter]") {
  Producer<float> states{{1, 2, 3, 4, 99, 99, 7, 8, 99, 99, 99, 99}, {2, 3, 2}, {6, 2, 1}, float32};
  Producer<std::int64_t> ones{{1, 1, 0, 1, 0, 0}, {2, 3}, {}, int64};
  const DLTensor tensor = states.tensor(), mask = ones.tensor();
  seqpool_test::check_two_sequences<std::int64_t>(tensor, mask, states.values.data());
}

TEST_CASE("strides of a DLTensor are kept, none are compact, and byte_offset is added", "[adapter]") {
  Producer<float> states{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {2, 2, 3}, {}, float32};
  DLTensor tensor = states.tensor();
  CHECK(seqpool::adapter::hidden_states<float>(tensor).token(1, 1)[2] == 11.0f);

  states.strides = {6, 1, 2};  // [batch, hidden, seq], permuted
  tensor = states.tensor();
  const auto pooled = seqpool::max_pool(seqpool::adapter::hidden_states<float>(tensor));
  CHECK(pooled(0, 0) == 1.0f);
  CHECK(pooled(1, 2) == 11.0f);

  states.shape = {1, 2, 2}, states.strides = {0, 2, 1};
  tensor = states.tensor();
  tensor.byte_offset = 3 * sizeof(float);
  CHECK(seqpool::adapter::hidden_states<float>(tensor).token(0, 1)[1] == 6.0f);
  tensor.byte_offset = 3;
  CHECK_THROWS_AS(seqpool::adapter::hidden_states<float>(tensor), std::invalid_argument);

  Producer<std::int64_t> ones{{1, 0, 9, 1, 1, 9}, {2, 2}, {3, 1}, int64};
  const DLTensor narrow = ones.tensor();
  CHECK_NOTHROW(seqpool::adapter::mask<std::int64_t>(narrow).check(2, 2));  // not the 9s
}

TEST_CASE("every element type of DLTensor is read as itself, or refused by its name", "[adapter]") {
  const auto masked = [](auto one, int code) {
    using M = decltype(one);
    std::array<M, 2> values{one, M(0)};
    std::array<std::int64_t, 2> shape{1, 2};
    const DLTensor tensor{values.data(), {kDLCPU, 0}, 2, {std::uint8_t(code), sizeof(M) * 8, 1},
                          shape.data(),  nullptr,     0};
    return seqpool::adapter::mask<M>(tensor).next_run(0, {0, 2}).end == 1;
  };
  CHECK(masked(1.0f, kDLFloat));
  CHECK(masked(1.0, kDLFloat));
  CHECK(masked(Eigen::half(1.0f), kDLFloat));
  CHECK(masked(Eigen::bfloat16(1.0f), kDLBfloat));
  CHECK(masked(std::int64_t{1}, kDLInt));
  CHECK(masked(std::int32_t{1}, kDLInt));
  CHECK(masked(std::int16_t{1}, kDLInt));
  CHECK(masked(std::int8_t{1}, kDLInt));
  CHECK(masked(std::uint8_t{1}, kDLUInt));
  CHECK(masked(true, 6));  // kDLBool

  Producer<float> states{{1, 0}, {1, 2}, {}, float32};
  const auto refused = [&](DLDataType type, const char* name) {
    states.type = type;
    const DLTensor tensor = states.tensor();
    CHECK_THROWS_WITH(seqpool::adapter::mask<float>(tensor),
                      std::string("seqpool: mask values hold ") + name + ", and are read as float");
  };
  refused({kDLFloat, 32, 4}, "float32x4");
  refused({kDLFloat, 32, 0}, "float32x0");
  refused({kDLUInt, 32, 1}, "uint32");
  refused({kDLFloat, 8, 1}, "float8");
  refused({kDLBfloat, 32, 1}, "bfloat32");
  refused({kDLComplex, 64, 1}, "complex64");
  refused({6, 32, 1}, "bool32");
  refused({12, 8, 1}, "type code 12 of bits 8");
}

TEST_CASE("a DLTensor that the CPU cannot read is refused", "[adapter]") {
  Producer<float> states{{1, 2}, {1, 1, 2}, {}, float32};
  DLTensor tensor = states.tensor();
  for (const auto device : {kDLCUDAHost, kDLROCMHost, kDLCUDAManaged}) {
    tensor.device.device_type = device;
    CHECK(seqpool::adapter::hidden_states<float>(tensor).token(0, 0) == states.values.data());
  }
  for (const auto device : {kDLCUDA, kDLROCM, kDLMetal, kDLOpenCL, kDLExtDev}) {
    tensor.device.device_type = device;
    CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(tensor),
                      "seqpool: the DLTensor is on device type " + std::to_string(device) +
                          ", which the CPU cannot read: copy it to the CPU first");
  }
  tensor = states.tensor();
  tensor.shape = nullptr;
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(tensor),
                    "seqpool: the DLTensor has 3 dimensions, and no shape of them");
  tensor = states.tensor();
  tensor.ndim = -1;
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(tensor),
                    "seqpool: the DLTensor has -1 dimensions, and no shape of them");
  tensor = states.tensor();
  tensor.data = nullptr;
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(tensor),
                    "seqpool: hidden states [1, 1, 2] have a null pointer");
  tensor.byte_offset = 4;  // from nothing to nowhere
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(tensor),
                    "seqpool: hidden states [1, 1, 2] have a null pointer");
}

TEST_CASE("a DLTensor of another rank or without elements", "[adapter]") {
  Producer<float> states{{1, 2}, {1, 2}, {}, float32};
  const DLTensor pooled = states.tensor();
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(pooled),
                    "seqpool: hidden states must be [batch, seq, hidden], but the tensor is [1, 2]; is it another "
                    "output, pooled already?");
  const DLTensor scalar{states.values.data(), {kDLCPU, 0}, 0, float32, nullptr, nullptr, 0};
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(scalar),
                    "seqpool: mask values must be [batch, seq], but the tensor is []");
  Producer<float> nothing{{}, {0, 3, 2}, {}, float32};
  const DLTensor no_rows = nothing.tensor();
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states<float>(no_rows)).dimension(0) == 0);
  nothing.shape = {2, 0, 2};
  const DLTensor no_tokens = nothing.tensor();
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states<float>(no_tokens))(1, 1) == 0.0f);
}

TEST_CASE("sizes and strides of a DLTensor do not wrap where an Index has 32 bits", "[adapter]") {
  constexpr std::int64_t large = (std::int64_t{1} << 32) + 1;
  Producer<float> states{{1, 2}, {large, 1, 2}, {0, 2, 1}, float32}, far{{1, 2}, {1, 2, 1}, {2, large, 1}, float32};
  const DLTensor rows = states.tensor(), steps = far.tensor();
  if constexpr (sizeof(seqpool::Index) == 4) {
    CHECK_THROWS_AS(seqpool::adapter::hidden_states<float>(rows), std::invalid_argument);
    CHECK_THROWS_AS(seqpool::adapter::hidden_states<float>(steps), std::invalid_argument);
  } else {
    CHECK(std::cmp_equal(seqpool::adapter::hidden_states<float>(rows).batch(), large));
    CHECK(std::cmp_equal(seqpool::adapter::hidden_states<float>(steps).token_stride(), large));
  }
}

TEST_CASE("from_dlpack keeps the memory and calls the deleter once", "[adapter]") {
  owner_keeps_and_deletes<DLManagedTensor>();
#ifdef DLPACK_MAJOR_VERSION
  owner_keeps_and_deletes<DLManagedTensorVersioned>();

  deleted = 0;
  {
    auto* const newer = hand_over<DLManagedTensorVersioned>({1, 2}, {1, 1, 2});
    newer->version.major = DLPACK_MAJOR_VERSION + 1;
    const auto owner = seqpool::adapter::from_dlpack(newer);
    CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(owner),
                      "seqpool: the DLPack tensor is of version 2, and is read as version 1: ask its producer for that "
                      "one (max_version)");
    CHECK(deleted == 0);
  }
  CHECK(deleted == 1);
#endif
}
