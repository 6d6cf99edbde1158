// SPDX-License-Identifier: MIT
#include <seqpool/adapter/libtorch.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>

#include <ATen/ATen.h>

#include <cstdint>
#include <type_traits>

#include "support/catch.hpp"

namespace {

template <class T = float> auto states(const at::Tensor& tensor) { return seqpool::adapter::hidden_states<T>(tensor); }

// Mean over the tokens, as libtorch computes it.
bool means(const at::Tensor& tensor) {
  return at::equal(seqpool::adapter::to_tensor(seqpool::mean_pool(states(tensor))), tensor.mean(1));
}

}  // namespace

TEST_CASE("hidden states and a mask of at::Tensor", "[adapter]") {
  const auto tensor = at::tensor({1, 2, 3, 4, 99, 99, 7, 8, 99, 99, 99, 99}, at::kFloat).view({2, 3, 2});
  const auto ones = at::tensor({1, 1, 0, 1, 0, 0}, at::kLong).view({2, 3});
  const auto x = states(tensor);
  CHECK(x.token(0, 0) == tensor.const_data_ptr<float>());  // seen where it lies
  const auto pooled = seqpool::mean_pool(x, seqpool::adapter::mask<std::int64_t>(ones));
  CHECK(at::equal(seqpool::adapter::to_tensor(pooled), at::tensor({2, 3, 7, 8}, at::kFloat).view({2, 2})));
}

TEST_CASE("every stride of at::Tensor is kept", "[adapter]") {
  const auto whole = at::arange(2 * 4 * 6, at::kFloat).view({2, 4, 6});
  CHECK(means(whole));
  CHECK(means(whole.permute({1, 0, 2})));  // [seq, batch, hidden] seen as [batch, seq, hidden]
  CHECK(means(whole.transpose(1, 2)));     // features are not neighbours
  CHECK(means(whole.narrow(1, 1, 2)));
  CHECK(means(whole.narrow(2, 3, 2)));                    // begins inside its storage
  CHECK(means(whole.slice(2, 0, 6, 2)));                  // every other feature
  CHECK(means(whole[1].unsqueeze(0).expand({3, 4, 6})));  // stride 0
  CHECK(means(whole.select(1, 2).unsqueeze(1).expand({2, 5, 6})));
  CHECK(states(whole.narrow(1, 1, 2)).token(0, 0) == whole.const_data_ptr<float>() + 6);

  const auto wide = at::tensor({1, 1, 0, 9, 1, 0, 0, 9}, at::kInt).view({2, 4});
  const auto narrow = wide.narrow(1, 0, 3);
  const auto mask = seqpool::adapter::mask<std::int32_t>(narrow);
  CHECK_NOTHROW(mask.check(2, 3));  // not the 9s
  CHECK(mask.next_run(1, {0, 3}).end == 1);
  const auto one_row = wide.narrow(0, 0, 1).narrow(1, 0, 3).expand({2, 3});
  CHECK(seqpool::adapter::mask<std::int32_t>(one_row).next_run(1, {0, 3}).end == 2);
}

TEST_CASE("every element type of at::Tensor is read as itself, or refused by its name", "[adapter]") {
  const auto masked = [](at::ScalarType type, auto m) {
    const auto tensor = at::tensor({1, 0}).view({1, 2}).to(type);
    return seqpool::adapter::mask<decltype(m)>(tensor).next_run(0, {0, 2}).end == 1;
  };
  CHECK(masked(at::kFloat, 0.0f));
  CHECK(masked(at::kDouble, 0.0));
  CHECK(masked(at::kHalf, Eigen::half()));
  CHECK(masked(at::kBFloat16, Eigen::bfloat16()));
  CHECK(masked(at::kLong, std::int64_t{}));
  CHECK(masked(at::kInt, std::int32_t{}));
  CHECK(masked(at::kShort, std::int16_t{}));
  CHECK(masked(at::kChar, std::int8_t{}));
  CHECK(masked(at::kByte, std::uint8_t{}));
  CHECK(masked(at::kBool, false));

  // libtorch's own 16-bit types are the same bits as Eigen's.
  static_assert(sizeof(at::Half) == sizeof(Eigen::half) && sizeof(at::BFloat16) == sizeof(Eigen::bfloat16));
  const auto mean = [](const auto& x) { return seqpool::mean_pool(x)(0, 0); };
  const auto half = at::tensor({1.5, 2.0}).view({1, 2, 1}).to(at::kHalf);
  const auto bfloat = at::tensor({1.5, 2.0}).view({1, 2, 1}).to(at::kBFloat16);
  CHECK(seqpool::adapter::visit(half, mean) == 1.75f);
  CHECK(seqpool::adapter::visit(bfloat, mean) == 1.75f);

  const auto complex = at::ones({1, 2}, at::kComplexFloat), float8 = at::ones({1, 2}).to(at::kFloat8_e4m3fn),
             quantized = at::quantize_per_tensor(at::ones({1, 2}), 0.1, 0, at::kQInt8);
  CHECK_THROWS_WITH(states(half),
                    "seqpool: hidden states hold Half, and are read as float: write "
                    "hidden_states<Eigen::half>(tensor)");
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(complex),
                    "seqpool: mask values hold ComplexFloat, and are read as float");
  CHECK_THROWS_WITH(seqpool::adapter::mask<std::int8_t>(float8),
                    "seqpool: mask values hold Float8_e4m3fn, and are read as std::int8_t");
  CHECK_THROWS_WITH(seqpool::adapter::mask<std::int8_t>(quantized),
                    "seqpool: mask values hold QInt8, and are read as std::int8_t");
}

TEST_CASE("an at::Tensor that is no memory of the CPU is refused", "[adapter]") {
  const std::string layout =
      "seqpool: the at::Tensor is sparse, nested or of another layout without strides: write tensor.to_dense() or "
      "to_padded_tensor() first";
  CHECK_THROWS_WITH(states(at::Tensor()), "seqpool: the at::Tensor is undefined: it holds no memory");
  CHECK_THROWS_WITH(states(at::empty({1, 2, 2}, at::TensorOptions(at::kMeta))),
                    "seqpool: the at::Tensor is on meta: write tensor.cpu() first");
  CHECK_THROWS_WITH(states(at::ones({1, 2, 2}).to_sparse()), layout);
  CHECK_THROWS_WITH(states(at::_nested_tensor_from_mask(at::ones({1, 2, 2}), at::ones({1, 2}, at::kBool))), layout);

  const auto negative = at::imag(at::conj(at::complex(at::ones({1, 2, 2}), at::ones({1, 2, 2}))));
  REQUIRE(negative.is_neg());
  CHECK_THROWS_WITH(states(negative),
                    "seqpool: the at::Tensor is a view whose minus is pending: write tensor.resolve_neg() first");
  CHECK(seqpool::mean_pool(states(negative.resolve_neg()))(0, 0) == -1.0f);
}

TEST_CASE("an at::Tensor that requires gradients is read as any other", "[adapter]") {
  const auto tensor = at::ones({1, 2, 2}).requires_grad_(true);
  CHECK(seqpool::mean_pool(states(tensor))(0, 1) == 1.0f);
}

TEST_CASE("an at::Tensor of another rank or without elements", "[adapter]") {
  CHECK_THROWS_WITH(states(at::ones({1, 2})),
                    "seqpool: hidden states must be [batch, seq, hidden], but the tensor is [1, 2]; is it another "
                    "output, pooled already?");
  const auto scalar = at::ones({});
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(scalar),
                    "seqpool: mask values must be [batch, seq], but the tensor is []");
  CHECK(seqpool::mean_pool(states(at::ones({0, 3, 2}))).dimension(0) == 0);
  CHECK(seqpool::mean_pool(states(at::ones({2, 0, 2})))(1, 1) == 0.0f);
}

TEST_CASE("results become tensors of libtorch's own", "[adapter]") {
  at::Tensor kept;
  {
    const auto tensor = at::arange(6, at::kDouble).view({1, 2, 3});
    kept = seqpool::adapter::to_tensor(seqpool::max_pool(states<double>(tensor)));
  }
  CHECK(at::equal(kept, at::tensor({3, 4, 5}, at::kDouble).view({1, 3})));
  CHECK(kept.is_contiguous());
  const auto none = seqpool::adapter::to_tensor(seqpool::mean_pool(states(at::ones({0, 3, 2}))));
  CHECK(none.sizes() == at::IntArrayRef({0, 2}));
}
