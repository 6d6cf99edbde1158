// SPDX-License-Identifier: MIT
#include <seqpool/adapter/onnxruntime.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/two_sequences.hpp"

namespace {

using Shape = std::vector<std::int64_t>;

template <class T> Ort::Value tensor_of(const Shape& shape, std::initializer_list<T> values) {
  Ort::AllocatorWithDefaultOptions allocator;
  auto tensor = Ort::Value::CreateTensor<T>(allocator, shape.data(), shape.size());
  std::copy(values.begin(), values.end(), tensor.template GetTensorMutableData<T>());
  return tensor;
}

Ort::Value tensor_of_type(const Shape& shape, ONNXTensorElementDataType type) {
  Ort::AllocatorWithDefaultOptions allocator;
  return Ort::Value::CreateTensor(allocator, shape.data(), shape.size(), type);
}

// A model in ONNX's protobuf, of few and short fields: a number, and a text or a message.
std::string number(int field, int value) {
  return field < 16 ? std::string{char(field * 8), char(value)}
                    : std::string{char(field * 8 % 128 + 128), char(field / 16), char(value)};
}
std::string text(int field, const std::string& value) {
  return std::string{char(field * 8 + 2), char(value.size())} + value;
}
std::string model_of(const std::string& graph) { return number(1, 8) + text(8, number(2, 15)) + text(7, graph); }
const std::string float_tensor = text(1, number(1, 1));  // a type, of any rank

std::vector<Ort::Value> run(const std::string& model, const Ort::Value* input) {
  static Ort::Env env(ORT_LOGGING_LEVEL_ERROR);
  Ort::Session session(env, model.data(), model.size(), Ort::SessionOptions{});
  const char* const inputs[] = {"x"};
  const char* const outputs[] = {"y"};
  return session.Run(Ort::RunOptions{}, inputs, input, input == nullptr ? 0 : 1, outputs, 1);
}

}  // namespace

TEST_CASE("hidden states and a mask of Ort::Value", "[adapter]") {
  const auto states = tensor_of<float>({2, 3, 2}, {1, 2, 3, 4, 99, 99, 7, 8, 99, 99, 99, 99});
  const auto ones = tensor_of<std::int64_t>({2, 3}, {1, 1, 0, 1, 0, 0});
  seqpool_test::check_two_sequences<std::int64_t>(states, ones, states.GetTensorData<float>());

  const auto constant = states.GetConst();
  CHECK(seqpool::adapter::hidden_states<float>(constant).token(0, 0) == states.GetTensorData<float>());
  const auto unowned = states.GetUnowned();
  CHECK(seqpool::adapter::hidden_states<float>(unowned).token(0, 0) == states.GetTensorData<float>());
}

TEST_CASE("what a session of dynamic sizes gives has the sizes of its run", "[adapter]") {
  const auto names = [](int field, const std::string& name) {
    return text(field, text(1, name) + text(2, float_tensor));
  };
  const std::string identity = model_of(text(1, text(1, "x") + text(2, "y") + text(4, "Identity")) + text(2, "g") +
                                        names(11, "x") + names(12, "y"));
  for (const std::int64_t seq : {1, 3}) {
    const auto input = tensor_of<float>({2, seq, 2}, {5, 6, 7, 8});
    const auto outputs = run(identity, &input);
    const auto x = seqpool::adapter::hidden_states<float>(outputs[0]);
    CHECK(x.batch() == 2);
    CHECK(x.seq() == seq);
    CHECK(x.hidden() == 2);
    CHECK(x.token(0, 0)[1] == 6.0f);
  }
}

TEST_CASE("every element type of Ort::Value is read as itself, or refused by its name", "[adapter]") {
  const auto masked = [](const auto& tensor, auto type) {
    return seqpool::adapter::mask<decltype(type)>(tensor).next_run(0, {0, 2}).end == 1;
  };
  CHECK(masked(tensor_of<float>({1, 2}, {1, 0}), 0.0f));
  CHECK(masked(tensor_of<double>({1, 2}, {1, 0}), 0.0));
  CHECK(masked(tensor_of<std::int64_t>({1, 2}, {1, 0}), std::int64_t{}));
  CHECK(masked(tensor_of<std::int32_t>({1, 2}, {1, 0}), std::int32_t{}));
  CHECK(masked(tensor_of<std::int16_t>({1, 2}, {1, 0}), std::int16_t{}));
  CHECK(masked(tensor_of<std::int8_t>({1, 2}, {1, 0}), std::int8_t{}));
  CHECK(masked(tensor_of<std::uint8_t>({1, 2}, {1, 0}), std::uint8_t{}));
  CHECK(masked(tensor_of<bool>({1, 2}, {true, false}), false));

  // ONNX Runtime's own 16-bit types are the same bits as Eigen's.
  const auto mean = [](const auto& x) { return seqpool::mean_pool(x)(0, 0); };
  const auto half = tensor_of({1, 2, 1}, {Ort::Float16_t(1.5f), Ort::Float16_t(2.0f)});
  const auto bfloat = tensor_of({1, 2, 1}, {Ort::BFloat16_t(1.5f), Ort::BFloat16_t(2.0f)});
  CHECK(seqpool::adapter::visit(half, mean) == 1.75f);
  CHECK(seqpool::adapter::visit(bfloat, mean) == 1.75f);

  const auto ids = tensor_of_type({1, 2}, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64),
             unsigned_ids = tensor_of_type({1, 2}, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32),
             words = tensor_of_type({1, 2}, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING),
             float8 = tensor_of_type({1, 2}, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2);
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(ids),
                    "seqpool: mask values hold int64, and are read as float: write mask<std::int64_t>(tensor)");
  CHECK_THROWS_WITH(seqpool::adapter::mask<std::int32_t>(unsigned_ids),
                    "seqpool: mask values hold ONNX's element type 12, and are read as std::int32_t");
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(words), "seqpool: mask values hold string, and are read as float");
  CHECK_THROWS_WITH(seqpool::adapter::mask<std::uint8_t>(float8),
                    "seqpool: mask values hold ONNX's element type 19, and are read as std::uint8_t");
}

TEST_CASE("an Ort::Value that is no tensor of the CPU is refused", "[adapter]") {
  const auto states = [](const auto& value) { return seqpool::adapter::hidden_states<float>(value); };
  const Ort::Value nothing(nullptr);
  CHECK_THROWS_WITH(states(nothing), "seqpool: the Ort::Value is null: it was moved from, or never given");

  std::vector<Ort::Value> parts;
  parts.push_back(tensor_of<float>({1, 1, 2}, {1, 2}));
  const auto sequence = Ort::Value::CreateSequence(parts);
  CHECK_THROWS_WITH(states(sequence), "seqpool: the Ort::Value is no tensor, but a sequence, a map or a sparse tensor");

  const std::string of_float = text(1, "type") + text(14, float_tensor) + number(20, 13);
  const auto optional = run(model_of(text(1, text(2, "y") + text(4, "Optional") + text(5, of_float)) + text(2, "g") +
                                     text(12, text(1, "y") + text(2, text(9, text(1, float_tensor))))),
                            nullptr);
  CHECK_THROWS_WITH(states(optional[0]), "seqpool: the Ort::Value is an optional output without a value");

  // What says that it is a GPU's; nobody reads it.
  float numbers[2] = {1, 2};
  const Shape shape{1, 1, 2};
  const Ort::MemoryInfo gpu("Cuda", OrtDeviceAllocator, 0, OrtMemTypeDefault);
  const auto device = Ort::Value::CreateTensor<float>(gpu, numbers, 2, shape.data(), shape.size());
  CHECK_THROWS_WITH(
      states(device),
      "seqpool: the Ort::Value is in memory of a device, Cuda: bind the output to CPU memory by Ort::IoBinding");
  const Ort::MemoryInfo pinned("CudaPinned", OrtDeviceAllocator, 0, OrtMemTypeCPUOutput);
  const auto host = Ort::Value::CreateTensor<float>(pinned, numbers, 2, shape.data(), shape.size());
  CHECK(states(host).token(0, 0) == numbers);
}

TEST_CASE("an Ort::Value of another rank or without elements", "[adapter]") {
  const auto pooled = tensor_of<float>({1, 2}, {1, 2});
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(pooled),
                    "seqpool: hidden states must be [batch, seq, hidden], but the tensor is [1, 2]; is it another "
                    "output, pooled already?");
  const auto scalar = tensor_of<float>({}, {1});
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(scalar),
                    "seqpool: mask values must be [batch, seq], but the tensor is []");
  const auto no_rows = tensor_of<float>({0, 3, 2}, {});
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states<float>(no_rows)).dimension(0) == 0);
  const auto no_tokens = tensor_of<float>({2, 0, 2}, {});
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states<float>(no_tokens))(1, 1) == 0.0f);
}
