// SPDX-License-Identifier: MIT
#include <seqpool/adapter/ggml.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/two_sequences.hpp"

namespace {

struct Context {
  std::unique_ptr<ggml_context, decltype(&ggml_free)> owner{ggml_init({1 << 20, nullptr, false}), &ggml_free};

  // Sizes as ggml counts them: {hidden, seq, batch}.
  ggml_tensor* zeros(ggml_type type, std::initializer_list<std::int64_t> ne) const {
    ggml_tensor* const tensor = ggml_new_tensor(owner.get(), type, static_cast<int>(ne.size()), ne.begin());
    std::fill_n(static_cast<char*>(tensor->data), ggml_nbytes(tensor), char{0});
    return tensor;
  }
  template <class T>
  ggml_tensor* tensor(ggml_type type, std::initializer_list<std::int64_t> ne, std::initializer_list<T> values) const {
    ggml_tensor* const tensor = zeros(type, ne);
    std::copy(values.begin(), values.end(), static_cast<T*>(tensor->data));
    return tensor;
  }
};

}  // namespace

TEST_CASE("hidden states and a mask of ggml_tensor", "[adapter]") {
  const Context context;
  const auto& states = *context.tensor<float>(GGML_TYPE_F32, {2, 3, 2}, {1, 2, 3, 4, 99, 99, 7, 8, 99, 99, 99, 99});
  const auto& ones = *context.tensor<std::int32_t>(GGML_TYPE_I32, {3, 2}, {1, 1, 0, 1, 0, 0});
  seqpool_test::check_two_sequences<std::int32_t>(states, ones, states.data);
}

TEST_CASE("ggml's strides are kept, in bytes there and in elements here", "[adapter]") {
  const Context context;
  auto* const states = context.tensor<float>(GGML_TYPE_F32, {3, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const auto& features =
      *ggml_view_3d(context.owner.get(), states, 2, 2, 2, states->nb[1], states->nb[2], sizeof(float));
  const auto pooled = seqpool::max_pool(seqpool::adapter::hidden_states<float>(features));
  CHECK(pooled(0, 0) == 4.0f);
  CHECK(pooled(1, 1) == 11.0f);

  const auto& permuted = *ggml_permute(context.owner.get(), states, 0, 2, 1, 3);  // [seq, batch, hidden]
  CHECK(seqpool::adapter::hidden_states<float>(permuted).token(1, 0)[0] == 3.0f);
  const auto& transposed = *ggml_transpose(context.owner.get(), states);  // features are not neighbours
  CHECK(seqpool::max_pool(seqpool::adapter::hidden_states<float>(transposed))(1, 1) == 11.0f);

  auto* const wide = context.tensor<std::int32_t>(GGML_TYPE_I32, {3, 2}, {1, 0, 9, 1, 1, 9});
  const auto& narrow = *ggml_view_2d(context.owner.get(), wide, 2, 2, wide->nb[1], 0);
  CHECK_NOTHROW(seqpool::adapter::mask<std::int32_t>(narrow).check(2, 2));  // not the 9s

  auto& odd = *ggml_view_3d(context.owner.get(), states, 2, 2, 2, 14, states->nb[2], 0);
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(odd),
                    "seqpool: the ggml_tensor has a stride of 14 bytes, which is no multiple of its elements' 4");
  auto& one = *ggml_view_3d(context.owner.get(), states, 2, 1, 1, 14, 14, 0);  // where nobody takes a step
  CHECK(seqpool::adapter::hidden_states<float>(one).token(0, 0)[1] == 1.0f);
}

TEST_CASE("every element type of ggml is read as itself, or refused by its name", "[adapter]") {
  const Context context;
  const auto masked = [&](ggml_type type, auto one) {
    using M = decltype(one);
    const auto& tensor = *context.tensor<M>(type, {2, 1}, {one, M(0)});
    return seqpool::adapter::mask<M>(tensor).next_run(0, {0, 2}).end == 1;
  };
  CHECK(masked(GGML_TYPE_F32, 1.0f));
  CHECK(masked(GGML_TYPE_F64, 1.0));
  CHECK(masked(GGML_TYPE_I64, std::int64_t{1}));
  CHECK(masked(GGML_TYPE_I32, std::int32_t{1}));
  CHECK(masked(GGML_TYPE_I16, std::int16_t{1}));
  CHECK(masked(GGML_TYPE_I8, std::int8_t{1}));

  // ggml's own 16-bit types are the same bits as Eigen's.
  const auto mean = [](const auto& x) { return seqpool::mean_pool(x)(0, 0); };
  const auto& half =
      *context.tensor<ggml_fp16_t>(GGML_TYPE_F16, {1, 2, 1}, {ggml_fp32_to_fp16(1.5f), ggml_fp32_to_fp16(2.0f)});
  const auto& bfloat =
      *context.tensor<ggml_bf16_t>(GGML_TYPE_BF16, {1, 2, 1}, {ggml_fp32_to_bf16(1.5f), ggml_fp32_to_bf16(2.0f)});
  CHECK(seqpool::adapter::visit(half, mean) == 1.75f);
  CHECK(seqpool::adapter::visit(bfloat, mean) == 1.75f);

  const auto& quantised = *context.zeros(GGML_TYPE_Q8_0, {32, 2, 2});
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(quantised),
                    "seqpool: hidden states hold q8_0, and are read as float");
  CHECK_THROWS_WITH(seqpool::adapter::visit(quantised, mean),
                    "seqpool: hidden states hold q8_0, which is none of the types that visit was given");
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(half),
                    "seqpool: hidden states hold f16, and are read as float: write hidden_states<Eigen::half>(tensor)");
}

TEST_CASE("a ggml_tensor without memory, and a buffer of the host", "[adapter]") {
  const std::unique_ptr<ggml_context, decltype(&ggml_free)> context(ggml_init({1 << 20, nullptr, true}), &ggml_free);
  auto* const states = ggml_new_tensor_3d(context.get(), GGML_TYPE_F32, 2, 1, 1);
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(*states),
                    "seqpool: hidden states [1, 1, 2] have a null pointer");

  alignas(64) float numbers[16] = {1, 2};
  const std::unique_ptr<ggml_backend_buffer, decltype(&ggml_backend_buffer_free)> buffer(
      ggml_backend_cpu_buffer_from_ptr(numbers, sizeof numbers), &ggml_backend_buffer_free);
  REQUIRE(ggml_backend_tensor_alloc(buffer.get(), states, numbers) == GGML_STATUS_SUCCESS);
  CHECK(seqpool::adapter::hidden_states<float>(*states).token(0, 0) == numbers);
}

TEST_CASE("a ggml_tensor in a buffer that is not the host's is refused", "[adapter]") {
  // The CPU has such a buffer too, of rearranged weights, wherever its instructions are known.
  ggml_backend_load_all();
  ggml_backend_dev_t const device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  REQUIRE(device != nullptr);
  const auto extra = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
      ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts"));
  REQUIRE(extra != nullptr);
  for (ggml_backend_buffer_type_t* type = extra(device); type != nullptr && *type != nullptr; ++type) {
    const std::unique_ptr<ggml_backend_buffer, decltype(&ggml_backend_buffer_free)> buffer(
        ggml_backend_buft_alloc_buffer(*type, 64), &ggml_backend_buffer_free);
    if (ggml_backend_buffer_is_host(buffer.get())) continue;
    const Context context;
    ggml_tensor& states = *context.zeros(GGML_TYPE_F32, {2, 1, 1});
    states.buffer = buffer.get();
    ggml_tensor& view = *ggml_view_1d(context.owner.get(), &states, 2, 0);
    view.buffer = nullptr;  // as a view has none until it is allocated
    const std::string message = std::string("seqpool: the ggml_tensor is in a buffer of a device, ") +
                                ggml_backend_buffer_name(buffer.get()) +
                                ": copy it to the host by ggml_backend_tensor_get";
    CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(states), message);
    CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(view), message);
  }
}

TEST_CASE("ggml counts no dimensions: those that are 1 may be left out in front", "[adapter]") {
  const Context context;
  const auto& one = *context.tensor<float>(GGML_TYPE_F32, {2, 3}, {1, 2, 3, 4, 5, 6});
  const auto x = seqpool::adapter::hidden_states<float>(one);
  CHECK(x.batch() == 1);
  CHECK(x.seq() == 3);
  CHECK(x.hidden() == 2);
  const auto& four = *context.zeros(GGML_TYPE_F32, {2, 3, 1, 2});
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(four),
                    "seqpool: hidden states must be [batch, seq, hidden], but the tensor is [2, 1, 3, 2]");
  CHECK_THROWS_AS(seqpool::adapter::mask<float>(four), std::invalid_argument);
  const auto& no_rows = *context.zeros(GGML_TYPE_F32, {2, 3, 0});
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states<float>(no_rows)).dimension(0) == 0);
  const auto& no_tokens = *context.zeros(GGML_TYPE_F32, {2, 0, 2});
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states<float>(no_tokens))(1, 1) == 0.0f);
}

TEST_CASE("spans_of gives a span for each sequence of a packed batch, in ascending order of ids", "[adapter]") {
  const std::vector<std::int32_t> seq_ids{7, 7, 0, 3, 3, 3};
  const std::vector<float> states{1, 3, 5, 6, 7, 8};
  const seqpool::HiddenStates<float> x(states.data(), {1, 6, 1});
  const auto pooled = seqpool::mean_pool(x, seqpool::adapter::spans_of(seq_ids));
  REQUIRE(pooled.dimension(0) == 3);
  CHECK(pooled(0, 0) == 5.0f);  // 0
  CHECK(pooled(1, 0) == 7.0f);  // 3
  CHECK(pooled(2, 0) == 2.0f);  // 7
  CHECK(seqpool::adapter::spans_of({}).rows(1) == 0);

  const std::vector<std::int32_t> mixed{1, 1, 2, 1};
  CHECK_THROWS_WITH(seqpool::adapter::spans_of(mixed),
                    "seqpool: token 3 is of sequence 1, whose tokens [0, 2) others follow: put the tokens of each "
                    "sequence one behind the other in the batch");
  const std::vector<std::int32_t> negative{0, -1};
  CHECK_THROWS_WITH(seqpool::adapter::spans_of(negative),
                    "seqpool: token 1 is of sequence -1: a sequence's id is 0 or more");
}
