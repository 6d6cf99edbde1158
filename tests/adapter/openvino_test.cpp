// SPDX-License-Identifier: MIT
#include <seqpool/adapter/openvino.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>

#include <openvino/runtime/remote_tensor.hpp>

#include <cstdint>

#include "support/catch.hpp"
#include "support/two_sequences.hpp"

namespace {

template <class T> ov::Tensor tensor_of(const ov::Shape& shape, std::initializer_list<T> values) {
  ov::Tensor tensor(ov::element::from<T>(), shape);
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}

}  // namespace

TEST_CASE("hidden states and a mask of ov::Tensor", "[adapter]") {
  const auto states = tensor_of<float>({2, 3, 2}, {1, 2, 3, 4, 99, 99, 7, 8, 99, 99, 99, 99});
  const auto ones = tensor_of<std::int64_t>({2, 3}, {1, 1, 0, 1, 0, 0});
  seqpool_test::check_two_sequences<std::int64_t>(states, ones, states.data<float>());
}

TEST_CASE("a region of interest keeps its strides, in bytes there and in elements here", "[adapter]") {
  const auto states = tensor_of<float>({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const ov::Tensor region(states, {0, 1, 1}, {2, 3, 2});
  const auto pooled = seqpool::max_pool(seqpool::adapter::hidden_states<float>(region));
  CHECK(pooled.dimension(1) == 1);
  CHECK(pooled(0, 0) == 5.0f);
  CHECK(pooled(1, 0) == 11.0f);

  const auto wide = tensor_of<std::int32_t>({2, 4}, {1, 1, 0, 9, 1, 0, 0, 9});
  const ov::Tensor narrow(wide, {0, 0}, {2, 3});
  const auto mask = seqpool::adapter::mask<std::int32_t>(narrow);
  CHECK_NOTHROW(mask.check(2, 3));  // not the 9s
  CHECK(mask.next_run(1, {0, 3}).end == 1);
}

TEST_CASE("every element type of ov::Tensor is read as itself, or refused by its name", "[adapter]") {
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
  ov::Tensor boolean(ov::element::boolean, {1, 2});
  static_cast<char*>(boolean.data())[0] = 1, static_cast<char*>(boolean.data())[1] = 0;
  CHECK(masked(boolean, false));

  // OpenVINO's own 16-bit types are the same bits as Eigen's.
  const auto sum = [](const auto& x) { return seqpool::mean_pool(x)(0, 0); };
  const auto half = tensor_of<ov::float16>({1, 2, 1}, {1.5f, 2.0f});
  const auto bfloat = tensor_of<ov::bfloat16>({1, 2, 1}, {1.5f, 2.0f});
  CHECK(seqpool::adapter::visit(half, sum) == 1.75f);
  CHECK(seqpool::adapter::visit(bfloat, sum) == 1.75f);

  const ov::Tensor unsigned_ids(ov::element::u32, {1, 2}), text(ov::element::string, {1, 2}),
      packed(ov::element::u4, {1, 2});
  CHECK_THROWS_WITH(seqpool::adapter::mask<std::int32_t>(unsigned_ids),
                    "seqpool: mask values hold u32, and are read as std::int32_t");
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(text), "seqpool: mask values hold string, and are read as float");
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(packed), "seqpool: mask values hold u4, and are read as float");
}

TEST_CASE("an ov::Tensor without memory is refused", "[adapter]") {
  const ov::Tensor nothing;
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(nothing),
                    "seqpool: the ov::Tensor is empty: it holds no memory");
  const ov::Tensor no_rows(ov::element::f32, {0, 3, 2});
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states<float>(no_rows)).dimension(0) == 0);
  const ov::Tensor no_tokens(ov::element::f32, {2, 0, 2});
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states<float>(no_tokens))(1, 1) == 0.0f);
}
