// SPDX-License-Identifier: MIT
// PyTorch's numbers, from tests/data/golden.safetensors and examples/data/topics.safetensors, and those of
// sentence-transformers' Pooling, from tests/data/golden_pooling.safetensors. generate.py beside each says what made
// it, and when it may change.
#include <cstdint>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <string>

#include "support/catch.hpp"
#include "support/golden.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;
using test::distance;

namespace {

// T: hidden states, M: mask, A: results. Exact poolings must agree to the bit. For the others both sides are off
// by their own rounding: a few eps at these sizes, for sums of up to 300 tokens and dot products of up to 33.
template <class T, class M> void check_case(const std::string& name, double rounding = 8) {
  using A = seqpool::accumulator_t<T>;
  const Safetensors file(SEQPOOL_TEST_GOLDEN);
  const auto x = file.tensor<T, 3>(name + ".hidden_states");
  // In one type, so that the driver is compiled once for all masks.
  const Eigen::Tensor<std::uint8_t, 2, Eigen::RowMajor> mask =
      file.tensor<M, 2>(name + ".attention_mask").template cast<std::uint8_t>();
  const auto query = file.tensor<A, 1>(name + ".query");
  const auto golden = [&](const char* key) { return file.tensor<A, 2>(name + "." + key); };
  // The driver compiled once for all poolings.
  const auto pooled = [&](const seqpool::AnyPooling<T>& pooling) { return seqpool::pool(pooling, x, mask); };
  CHECK(distance<A>(pooled(seqpool::Cls{}), golden("cls")) == 0);
  CHECK(distance<A>(pooled(seqpool::Last{}), golden("last")) == 0);
  CHECK(distance<A>(pooled(seqpool::Max{}), golden("max")) == 0);
  CHECK(distance<A>(pooled(seqpool::Mean{}), golden("mean")) <= rounding);
  CHECK(distance<A>(pooled(seqpool::Attention{query}), golden("attention")) <= rounding);
  const seqpool::Classifier classifier{
      seqpool::AnyPooling<T>(seqpool::Mean{}),
      seqpool::Linear{file.tensor<A, 2>(name + ".weight"), file.tensor<A, 1>(name + ".bias")}};
  CHECK(distance<A>(classifier.logits(x, mask), golden("logits")) <= rounding);
  // From PyTorch's own logits, so that only the activation's rounding is between.
  CHECK(distance<A>(seqpool::softmax(golden("logits")), golden("probabilities")) <= rounding);
  CHECK(distance<A>(seqpool::log_softmax(golden("logits")), golden("log_probabilities")) <= rounding);
}

}  // namespace

TEST_CASE("golden: right, left and holey padding, NaN in every padded token", "[golden]") {
  check_case<float, std::int64_t>("f32_right");
  check_case<float, std::int32_t>("f32_left");
  check_case<float, bool>("f32_holes");
}

TEST_CASE("golden: a large offset", "[golden]") {
  // Scores near 1000 carry an absolute error of about 1000 eps into the weights, on either side.
  check_case<float, std::int64_t>("f32_offset", 64);
}

TEST_CASE("golden: double, half and bfloat16", "[golden]") {
  check_case<double, std::uint8_t>("f64_right");
  check_case<Eigen::half, float>("f16_right");
  check_case<Eigen::bfloat16, std::int64_t>("bf16_right");
}

TEST_CASE("golden: a real encoder and four trained heads", "[golden]") {
  const Safetensors file(SEQPOOL_TEST_TOPICS);
  const auto x = file.tensor<Eigen::half, 3>("hidden_states");
  const Eigen::Tensor<std::uint8_t, 2, Eigen::RowMajor> mask =
      file.tensor<std::int64_t, 2>("attention_mask").cast<std::uint8_t>();
  const auto check = [&](const std::string& strategy, const seqpool::AnyPooling<Eigen::half>& pooling) {
    const seqpool::Classifier classifier{pooling, seqpool::Linear{file.tensor<float, 2>(strategy + ".weight"),
                                                                  file.tensor<float, 1>(strategy + ".bias")}};
    INFO(strategy);
    CHECK(distance<float>(classifier.logits(x, mask), file.tensor<float, 2>(strategy + ".logits")) <= 8);
  };
  check("cls", seqpool::Cls{});
  check("mean", seqpool::Mean{});
  check("max", seqpool::Max{});
  check("attention", seqpool::Attention{file.tensor<float, 1>("attention.query")});
}

namespace {

// One case of sentence-transformers' Pooling, with NaN in every padded token.
template <class T> void check_pooling_case(const std::string& name, bool left = false) {
  INFO(name);
  const Safetensors file(SEQPOOL_TEST_GOLDEN_POOLING);
  const auto x = file.tensor<T, 3>(name + ".hidden_states");
  const Eigen::Tensor<std::uint8_t, 2, Eigen::RowMajor> mask =
      file.tensor<std::int64_t, 2>(name + ".attention_mask").template cast<std::uint8_t>();
  const auto golden = [&](const char* key) { return file.tensor<T, 2>(name + "." + key); };
  // Sums of up to 300 tokens, each side off by its own rounding.
  constexpr double rounding = 8;
  const auto pooled = [&](const seqpool::AnyPooling<T>& pooling) { return seqpool::pool(pooling, x, mask); };
  CHECK(distance<T>(pooled(seqpool::Cls{}), golden("cls")) == 0);
  CHECK(distance<T>(pooled(seqpool::Max{}), golden("max")) == 0);
  CHECK(distance<T>(pooled(seqpool::Min{}), golden("min")) == 0);
  CHECK(distance<T>(pooled(seqpool::Last{}), golden("lasttoken")) == 0);
  CHECK(distance<T>(pooled(seqpool::Mean{}), golden("mean")) <= rounding);
  CHECK(distance<T>(pooled(seqpool::Sum{}), golden("sum")) <= rounding);
  CHECK(distance<T>(pooled(seqpool::WeightedMean{}), golden(left ? "weightedmean_real" : "weightedmean")) <= rounding);
  const seqpool::TokenWeightedMean token_weighted{file.tensor<T, 2>(name + ".token_weights")};
  CHECK(distance<T>(pooled(token_weighted), golden("token_weighted_mean")) <= rounding);
  if (left) return;
  CHECK(distance<T>(pooled(seqpool::MeanSqrtLen{}), golden("mean_sqrt_len_tokens")) <= rounding);
  const seqpool::Concat concat{seqpool::Cls{}, seqpool::Mean{}, seqpool::Max{}};
  CHECK(distance<T>(pooled(concat), golden("cls_mean_max")) <= rounding);
}

}  // namespace

TEST_CASE("golden: sentence-transformers' modes, padded on the right and not at all", "[golden]") {
  check_pooling_case<float>("f32_right");
  check_pooling_case<float>("f32_unpadded");
  check_pooling_case<float>("f32_long");
  check_pooling_case<double>("f64_right");
}

TEST_CASE("golden: padded on the left", "[golden]") { check_pooling_case<float>("f32_left", true); }
