// SPDX-License-Identifier: MIT
// What the systems say that poolings have parity with, from the files beside this one: generate.py says what is in
// them, and when they may change. Padding holds NaN here, and numbers where the systems ran.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/golden.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;

namespace {

Safetensors golden_file(const std::string& name) {
  return Safetensors(std::string(SEQPOOL_TEST_GOLDEN_POOLINGS) + "/" + name + ".safetensors");
}

// One case of cases.safetensors, and what a system made of it.
template <class T> struct GoldenCase {
  GoldenCase(const Safetensors& cases, const Safetensors& system, std::string case_name)
      : name(std::move(case_name)),
        x(cases.tensor<T, 3>(name + ".hidden_states")),
        mask(cases.tensor<std::int64_t, 2>(name + ".attention_mask").template cast<std::uint8_t>()),
        results(system) {}

  auto pooled(const seqpool::AnyPooling<T>& pooling) const { return seqpool::pool(pooling, x, mask); }
  auto golden(const std::string& key) const { return results.tensor<float, 2>(name + "." + key); }

  // How far the two are apart, in eps of the largest golden value.
  double off(const std::string& key, const seqpool::AnyPooling<T>& pooling) const {
    INFO(key);
    return test::distance<float>(pooled(pooling), golden(key));
  }

  // The same of what the system made in bfloat16, in that type's eps.
  double off_own(const std::string& key, const seqpool::AnyPooling<T>& pooling) const {
    INFO(key + ".own");
    return test::distance<T>(pooled(pooling), results.tensor<T, 2>(name + "." + key + ".own"));
  }

  // Of the weights that tokens have, in eps of the largest; those of padding are 0 on either side.
  double off_weights(const std::string& key, const auto& pooling) const {
    INFO(key + ".weights");
    const auto weights = seqpool::attention_weights(pooling, x, mask);
    const auto theirs = results.tensor<float, 3>(name + "." + key + ".weights");
    REQUIRE(weights.size() == theirs.size());  // [batch, seq] or [batch, queries, seq]
    const std::array<Index, 2> rows{theirs.dimension(0) * theirs.dimension(1), theirs.dimension(2)};
    for (Index i = 0; i < theirs.size(); ++i) CHECK((weights.data()[i] == 0) == (theirs.data()[i] == 0));
    return test::distance<float>(Eigen::Tensor<float, 2, Eigen::RowMajor>(weights.reshape(rows)),
                                 Eigen::Tensor<float, 2, Eigen::RowMajor>(theirs.reshape(rows)));
  }

  std::string name;
  Safetensors::View<T, 3> x;
  Eigen::Tensor<std::uint8_t, 2, Eigen::RowMajor> mask;
  const Safetensors& results;
};

template <class F> void for_each_golden_case(const Safetensors& system, F f) {
  const Safetensors cases = golden_file("cases");
  for (const char* name : {"right", "left", "unpadded", "holes", "long"}) {
    INFO(name);
    f(GoldenCase<float>(cases, system, name));
  }
  for (const char* name : {"bf16_right", "bf16_left", "bf16_unpadded"}) {
    INFO(name);
    f(GoldenCase<Eigen::bfloat16>(cases, system, name));
  }
}

template <class T> constexpr bool is_bfloat16 = std::is_same_v<T, Eigen::bfloat16>;

// What selects or compares is exact. Sums of up to 290 tokens and means are off by a few eps on either side.
constexpr double exact = 0;
constexpr double of_sum = 8;
// Weights that differ by a few eps; and what they average over 290 tokens is twenty times smaller than those, and so,
// measured by it, are errors of the tokens' size larger.
constexpr double of_attention = 32;
// Powers, and logarithms of sums: of e^x over 290 tokens torch takes 5.7 from 6.3 and is 6 eps off itself.
constexpr double of_power = 16;
// A score's error, and what a sum of 290 makes of it.
constexpr double of_weight = 16;
// Dot products of 24 features, some of which cancel.
constexpr double of_product = 8;
// A system that runs in bfloat16 and rounds once, at the end, is off by half an eps of that type: more than float32's
// rounding can add.
constexpr double rounded_once = 0.51;
// It rounds each logarithm of Splade, and what it makes of them.
constexpr double rounded_twice = 1.02;

// sentence-transformers' modes by their names.
template <class T> std::vector<std::pair<std::string, seqpool::AnyPooling<T>>> modes() {
  return {{"cls", seqpool::Cls{}},
          {"max", seqpool::Max{}},
          {"mean", seqpool::Mean{}},
          {"mean_sqrt_len_tokens", seqpool::MeanSqrtLen{}},
          {"weightedmean", seqpool::WeightedMean{}},
          {"lasttoken", seqpool::Last{}}};
}

// What SpladePooling's strategy and activation function are called in the files.
template <class T> std::vector<std::pair<std::string, seqpool::AnyPooling<T>>> splades() {
  using seqpool::Splade;
  return {{"splade_max_relu", Splade{Splade::max, Splade::relu}},
          {"splade_max_log1p_relu", Splade{Splade::max, Splade::log1p_relu}},
          {"splade_sum_relu", Splade{Splade::sum, Splade::relu}},
          {"splade_sum_log1p_relu", Splade{Splade::sum, Splade::log1p_relu}}};
}

double rounding_of(const std::string& mode) {
  return mode == "cls" || mode == "max" || mode == "lasttoken" ? exact : of_sum;
}

}  // namespace

TEST_CASE("golden: sentence-transformers' Pooling", "[golden]") {
  const Safetensors system = golden_file("sentence_transformers");
  for_each_golden_case(system, [&]<class T>(const GoldenCase<T>& c) {
    if (c.name == "holes") return;  // below
    std::vector<seqpool::AnyPooling<T>> all;
    for (const auto& [mode, pooling] : modes<T>()) {
      CHECK(c.off(mode, pooling) <= rounding_of(mode));
      if constexpr (is_bfloat16<T>) CHECK(c.off_own(mode, pooling) <= rounded_once);
      all.push_back(pooling);
    }
    CHECK(c.off("all", seqpool::AnyPooling<T>(all)) <= of_sum);
  });
}

TEST_CASE("golden: sentence-transformers' Pooling with holes", "[golden]") {
  const Safetensors system = golden_file("sentence_transformers");
  const Safetensors cases = golden_file("cases");
  const GoldenCase<float> c(cases, system, "holes");
  for (const auto& [mode, pooling] : modes<float>())
    if (mode != "weightedmean") CHECK(c.off(mode, pooling) <= rounding_of(mode));
  // Of the weights only the places differ: sentence-transformers counts the holes between real tokens, we do not.
  CHECK(c.off("weightedmean", seqpool::WeightedMean{}) > 1000);
  Eigen::Tensor<float, 2, Eigen::RowMajor> places(c.mask.dimensions());
  for (Index b = 0; b < c.mask.dimension(0); ++b) {
    Index first = 0;
    while (c.mask(b, first) == 0) ++first;
    for (Index s = 0; s < c.mask.dimension(1); ++s) places(b, s) = static_cast<float>(s - first + 1);
  }
  CHECK(c.off("weightedmean", seqpool::TokenWeightedMean{places}) <= of_sum);
}

namespace {

template <class T> void check_flattened(const std::string& name) {
  INFO(name);
  const Safetensors file = golden_file("sentence_transformers");
  const auto data = file.tensor<T, 2>(name + ".hidden_states");
  const seqpool::PackedStates<T> x(data.data(), {data.dimension(0), data.dimension(1)},
                                   file.tensor<std::int64_t, 1>(name + ".cu_seq_lens"));
  for (const auto& [mode, pooling] : modes<T>()) {
    INFO(mode);
    const auto pooled = seqpool::pool(pooling, x);
    CHECK(test::distance<float>(pooled, file.tensor<float, 2>(name + "." + mode)) <= rounding_of(mode));
    if constexpr (is_bfloat16<T>)
      CHECK(test::distance<T>(pooled, file.tensor<T, 2>(name + "." + mode + ".own")) <= rounded_once);
  }
  for (const auto& [splade, pooling] : splades<T>()) {
    INFO(splade);
    const auto pooled = seqpool::pool(pooling, x);
    CHECK(test::distance<float>(pooled, file.tensor<float, 2>(name + "." + splade)) <= of_sum);
    if constexpr (is_bfloat16<T>)
      CHECK(test::distance<T>(pooled, file.tensor<T, 2>(name + "." + splade + ".own")) <= rounded_twice);
  }
}

}  // namespace

TEST_CASE("golden: sentence-transformers' Pooling and SpladePooling of flattened sequences", "[golden]") {
  check_flattened<float>("flattened");
  check_flattened<Eigen::bfloat16>("bf16_flattened");
}

TEST_CASE("golden: where sentence-transformers' Pooling differs on purpose", "[golden]") {
  const Safetensors system = golden_file("sentence_transformers");
  const Safetensors cases = golden_file("cases");
  const GoldenCase<float> empty(cases, system, "empty");
  for (const auto& [mode, pooling] : modes<float>()) {
    INFO(mode);
    // A row without a real token: zeros here; there the first padded token, -inf, or zeros.
    const auto ours = empty.pooled(pooling);
    const auto theirs = empty.golden(mode);
    for (Index h = 0; h < theirs.dimension(1); ++h) {
      CHECK(ours(1, h) == 0);
      if (mode == "cls")
        CHECK(theirs(1, h) != 0);
      else
        CHECK(theirs(1, h) == (mode == "max" ? -INFINITY : 0));
    }
  }
  const GoldenCase<float> nan(cases, system, "nan");
  for (const auto& [mode, pooling] : modes<float>()) {
    INFO(mode);
    // A NaN in a real token comes out where it is read, here as there. One in padding is never read here; there
    // 0 · NaN comes out of what multiplies by the mask.
    const auto ours = nan.pooled(pooling);
    const auto theirs = nan.golden(mode);
    const bool multiplies = mode == "mean" || mode == "mean_sqrt_len_tokens" || mode == "weightedmean";
    for (Index h = 0; h < theirs.dimension(1); ++h) {
      CHECK(std::isnan(ours(1, h)) == std::isnan(theirs(1, h)));
      CHECK_FALSE(std::isnan(ours(2, h)));
      CHECK(std::isnan(theirs(2, h)) == multiplies);
    }
  }
}

TEST_CASE("golden: torch's softmax attention", "[golden]") {
  const Safetensors system = golden_file("torch");
  const auto query = system.tensor<float, 1>("attention_1.query");
  const auto queries = system.tensor<float, 2>("attention_3.queries");
  const double scale = 1 / std::sqrt(static_cast<double>(query.size()));
  for_each_golden_case(system, [&](const auto& c) {
    CHECK(c.off("attention_1", seqpool::Attention{query}) <= of_attention);
    CHECK(c.off("attention_1_scaled", seqpool::Attention{query, scale}) <= of_attention);
    CHECK(c.off("attention_3", seqpool::Attention{queries}) <= of_attention);
    CHECK(c.off("attention_3_scaled", seqpool::Attention{queries, scale}) <= of_attention);
    CHECK(c.off("attention_3_average", seqpool::Attention{queries}.average()) <= of_attention);
    CHECK(c.off_weights("attention_1", seqpool::Attention{query}) <= of_weight);
    CHECK(c.off_weights("attention_3", seqpool::Attention{queries}) <= of_weight);
  });
  // A row without a real token: zeros here, NaN there.
  const Safetensors cases = golden_file("cases");
  const GoldenCase<float> empty(cases, system, "empty");
  const auto ours = empty.pooled(seqpool::Attention{query});
  for (Index h = 0; h < ours.dimension(1); ++h) {
    CHECK(ours(1, h) == 0);
    CHECK(std::isnan(empty.golden("attention_1")(1, h)));
  }
}

TEST_CASE("golden: torch.nn.MultiheadAttention", "[golden]") {
  const Safetensors system = golden_file("torch");
  const auto matrix = [&](const char* name) { return system.tensor<float, 2>(name); };
  const auto vector = [&](const char* name) { return system.tensor<float, 1>(name); };
  const seqpool::MultiheadAttention one(
      seqpool::MultiheadAttentionWeights<float>{.query = matrix("mha_1.query"),
                                                .heads = 2,
                                                .in_proj_weight = matrix("mha_1.in_proj_weight"),
                                                .in_proj_bias = vector("mha_1.in_proj_bias"),
                                                .out_proj_weight = matrix("mha_1.out_proj.weight"),
                                                .out_proj_bias = vector("mha_1.out_proj.bias")});
  const seqpool::MultiheadAttention three(
      seqpool::MultiheadAttentionWeights<float>{.query = matrix("mha_3.query"),
                                                .heads = 3,
                                                .in_proj_weight = matrix("mha_3.in_proj_weight"),
                                                .out_proj_weight = matrix("mha_3.out_proj.weight")});
  const seqpool::MultiheadAttention narrow(
      seqpool::MultiheadAttentionWeights<float>{.query = matrix("mha_narrow.query"),
                                                .heads = 2,
                                                .q_proj_weight = matrix("mha_narrow.q_proj_weight"),
                                                .k_proj_weight = matrix("mha_narrow.k_proj_weight"),
                                                .v_proj_weight = matrix("mha_narrow.v_proj_weight"),
                                                .in_proj_bias = vector("mha_narrow.in_proj_bias"),
                                                .out_proj_weight = matrix("mha_narrow.out_proj.weight"),
                                                .out_proj_bias = vector("mha_narrow.out_proj.bias")});
  const auto off = [](const auto& c, const char* key, const auto& attention) {
    INFO(key);
    return test::distance<float>(seqpool::multihead_attention_pool(c.x, attention, c.mask), c.golden(key));
  };
  // Ours are [batch, queries * heads, seq], torch's [batch, heads, queries, seq].
  const auto off_head_weights = [](const auto& c, const std::string& key, const auto& attention) {
    INFO(key);
    const auto weights = seqpool::attention_weights(attention.pooling(), c.x, c.mask);
    const auto theirs = c.results.template tensor<float, 4>(c.name + "." + key + ".weights");
    const Index heads = theirs.dimension(1), queries = theirs.dimension(2), seq = theirs.dimension(3);
    Eigen::Tensor<float, 2, Eigen::RowMajor> moved(weights.dimension(0) * queries * heads, seq);
    REQUIRE(moved.size() == weights.size());
    REQUIRE(moved.size() == theirs.size());
    Index row = 0;
    for (Index b = 0; b < theirs.dimension(0); ++b)
      for (Index q = 0; q < queries; ++q)
        for (Index k = 0; k < heads; ++k, ++row)
          for (Index t = 0; t < seq; ++t) moved(row, t) = theirs(b, k, q, t);
    const std::array<Index, 2> rows{moved.dimension(0), seq};
    return test::distance<float>(Eigen::Tensor<float, 2, Eigen::RowMajor>(weights.reshape(rows)), moved);
  };
  for_each_golden_case(system, [&](const auto& c) {
    CHECK(off(c, "mha_1", one) <= of_attention);
    CHECK(off(c, "mha_3", three) <= of_attention);
    CHECK(off(c, "mha_narrow", narrow) <= of_attention);
    CHECK(off_head_weights(c, "mha_1", one) <= of_weight);
    CHECK(off_head_weights(c, "mha_3", three) <= of_weight);
  });
  // A row without a real token: what the output projection makes of the values' bias, as if tokens were zeros; NaN
  // there.
  const Safetensors cases = golden_file("cases");
  const GoldenCase<float> empty(cases, system, "empty");
  const auto ours = seqpool::multihead_attention_pool(empty.x, one, empty.mask);
  const auto value_bias = vector("mha_1.in_proj_bias"), out_bias = vector("mha_1.out_proj.bias");
  const auto out_weight = matrix("mha_1.out_proj.weight");
  for (Index e = 0; e < 24; ++e) {
    float expected = out_bias(e), size = std::abs(expected);
    for (Index i = 0; i < 24; ++i) {
      expected += out_weight(e, i) * value_bias(48 + i);
      size += std::abs(out_weight(e, i) * value_bias(48 + i));
    }
    CHECK(std::abs(ours(1, e) - expected) <= 24 * std::numeric_limits<float>::epsilon() * size);
    CHECK(std::isnan(empty.golden("mha_1")(1, e)));
  }
}

namespace {

using Rows = Eigen::Tensor<float, 2, Eigen::RowMajor>;

// Vectors one behind the other.
Eigen::Tensor<float, 1, Eigen::RowMajor> joined(const Safetensors& file, const std::vector<std::string>& names) {
  std::vector<float> all;
  for (const std::string& name : names) {
    const auto part = file.tensor<float, 1>(name);
    all.insert(all.end(), part.data(), part.data() + part.size());
  }
  Eigen::Tensor<float, 1, Eigen::RowMajor> vector(static_cast<Index>(all.size()));
  std::copy(all.begin(), all.end(), vector.data());
  return vector;
}

// Rows [first, first + count) of a matrix; of a rank 3 [1, k, features] its only matrix.
Rows part_of(const Safetensors& file, const std::string& name, Index first, Index count) {
  return file.tensor<float, 2>(name).slice(std::array<Index, 2>{first, 0},
                                           std::array<Index, 2>{count, file.tensor<float, 2>(name).dimension(1)});
}
Rows only_of(const Safetensors& file, const std::string& name) {
  const auto all = file.tensor<float, 3>(name);
  return all.reshape(std::array<Index, 2>{all.dimension(1), all.dimension(2)});
}

Rows identity(Index size) {
  Rows matrix(size, size);
  matrix.setZero();
  for (Index i = 0; i < size; ++i) matrix(i, i) = 1;
  return matrix;
}

seqpool::Linear<float> linear(const Safetensors& file, const std::string& name) {
  return seqpool::Linear{file.tensor<float, 2>(name + ".weight"), file.tensor<float, 1>(name + ".bias")};
}

seqpool::LayerNorm<float> layer_norm(const Safetensors& file, const std::string& name, double eps) {
  return seqpool::LayerNorm{file.tensor<float, 1>(name + ".weight"), file.tensor<float, 1>(name + ".bias"), eps};
}

// The results of k queries, [batch, k * hidden], one below the other; and the other way round.
Rows below(const Rows& rows, Index k) {
  return rows.reshape(std::array<Index, 2>{rows.dimension(0) * k, rows.dimension(1) / k});
}
Rows beside(const Rows& rows, Index k) {
  return rows.reshape(std::array<Index, 2>{rows.dimension(0) / k, rows.dimension(1) * k});
}

}  // namespace

TEST_CASE("golden: SigLIP's attention pooling heads", "[golden]") {
  const Safetensors system = golden_file("transformers");
  const auto head_of = [&](const std::string& version) {
    const std::string head = version + ".vision_model.head.";
    const seqpool::MultiheadAttention attention(seqpool::MultiheadAttentionWeights<float>{
        .query = only_of(system, head + "probe"),
        .heads = 2,
        .in_proj_weight = system.tensor<float, 2>(head + "attention.in_proj_weight"),
        .in_proj_bias = system.tensor<float, 1>(head + "attention.in_proj_bias"),
        .out_proj_weight = system.tensor<float, 2>(head + "attention.out_proj.weight"),
        .out_proj_bias = system.tensor<float, 1>(head + "attention.out_proj.bias")});
    const seqpool::Sequential mlp{layer_norm(system, head + "layernorm", 1e-6), linear(system, head + "mlp.fc1"),
                                  seqpool::Activate{seqpool::Activation::gelu_tanh}, linear(system, head + "mlp.fc2")};
    return [attention, mlp](const auto& c) -> Rows {
      const Rows pooled = seqpool::multihead_attention_pool(c.x, attention, c.mask);
      return pooled + seqpool::map(mlp, pooled);
    };
  };
  const auto siglip = head_of("siglip");
  const auto siglip2 = head_of("siglip2");
  for_each_golden_case(system, [&](const auto& c) {
    CHECK(test::distance<float>(siglip(c), c.golden("siglip")) <= of_attention);
    CHECK(test::distance<float>(siglip2(c), c.golden("siglip2")) <= of_attention);
  });
  // A row without a real token: as if its tokens were zeros here; there it attends to all padding evenly.
  const Safetensors cases = golden_file("cases");
  const GoldenCase<float> empty(cases, system, "empty");
  const Rows ours = siglip2(empty);
  float apart = 0;
  for (Index h = 0; h < ours.dimension(1); ++h)
    apart = std::max(apart, std::abs(ours(1, h) - empty.golden("siglip2")(1, h)));
  CHECK(apart > 0.1F);
}

TEST_CASE("golden: timm's AttentionPoolLatent", "[golden]") {
  const Safetensors system = golden_file("timm");
  const auto attention_of = [&](const std::string& name, Index heads) {
    const bool projects = system.contains(name + "proj.weight");
    return seqpool::MultiheadAttention(seqpool::MultiheadAttentionWeights<float>{
        .query = only_of(system, name + "latent"),
        .heads = heads,
        .q_proj_weight = system.tensor<float, 2>(name + "q.weight"),
        .k_proj_weight = part_of(system, name + "kv.weight", 0, 24),
        .v_proj_weight = part_of(system, name + "kv.weight", 24, 24),
        .in_proj_bias = joined(system, {name + "q.bias", name + "kv.bias"}),
        .out_proj_weight = projects ? Rows(system.tensor<float, 2>(name + "proj.weight")) : identity(24),
        .out_proj_bias = joined(system, projects ? std::vector{name + "proj.bias"} : std::vector<std::string>())});
  };
  const auto mlp_of = [&](const std::string& name) {
    return seqpool::Sequential{layer_norm(system, name + "norm", 1e-6), linear(system, name + "mlp.fc1"),
                               seqpool::Activate{seqpool::Activation::gelu}, linear(system, name + "mlp.fc2")};
  };
  const auto token = attention_of("latent_token.", 2);
  const auto avg = attention_of("latent_avg.", 3);
  const auto attention = attention_of("latent_attention.", 2);
  const auto token_mlp = mlp_of("latent_token.");
  const auto avg_mlp = mlp_of("latent_avg.");
  for_each_golden_case(system, [&](const auto& c) {
    const Rows pooled = seqpool::multihead_attention_pool(c.x, attention, c.mask);
    CHECK(test::distance<float>(pooled, c.golden("latent_attention")) <= of_attention);
    const Rows first = seqpool::multihead_attention_pool(c.x, token, c.mask);
    const Rows with_mlp = first + seqpool::map(token_mlp, first);
    CHECK(test::distance<float>(with_mlp, c.golden("latent_token")) <= of_attention);
    const Rows both = below(seqpool::multihead_attention_pool(c.x, avg, c.mask), 2);
    const Rows mapped = beside(both + seqpool::map(avg_mlp, both), 2);
    Rows mean(mapped.dimension(0), Index{24});
    for (Index b = 0; b < mean.dimension(0); ++b)
      for (Index h = 0; h < 24; ++h) mean(b, h) = (mapped(b, h) + mapped(b, 24 + h)) / 2;
    CHECK(test::distance<float>(mean, c.golden("latent_avg")) <= of_attention);
  });
}

TEST_CASE("golden: Set Transformer's pooling by multihead attention", "[golden]") {
  const Safetensors system = golden_file("torch");
  const auto check = [&](const std::string& name, Index heads) {
    const std::string mab = name + ".mab.";
    const Rows query = only_of(system, name + ".S");
    const Index k = query.dimension(0);
    const seqpool::MultiheadAttention attention(seqpool::MultiheadAttentionWeights<float>{
        .query = query,
        .heads = heads,
        .q_proj_weight = system.tensor<float, 2>(mab + "fc_q.weight"),
        .k_proj_weight = system.tensor<float, 2>(mab + "fc_k.weight"),
        .v_proj_weight = system.tensor<float, 2>(mab + "fc_v.weight"),
        .in_proj_bias = joined(system, {mab + "fc_q.bias", mab + "fc_k.bias", mab + "fc_v.bias"}),
        .out_proj_weight = identity(24),
        .scale = 1 / std::sqrt(24.0)});  // by the whole width, not by a head's
    const Rows residual = seqpool::map(linear(system, mab + "fc_q"), query);
    const seqpool::Sequential feed_forward{linear(system, mab + "fc_o"), seqpool::Activate{seqpool::Activation::relu}};
    const bool norms = system.contains(mab + "ln0.weight");
    for_each_golden_case(system, [&](const auto& c) {
      INFO(name);
      Rows y = below(seqpool::multihead_attention_pool(c.x, attention, c.mask), k);
      for (Index row = 0; row < y.dimension(0); ++row)
        for (Index h = 0; h < 24; ++h) y(row, h) += residual(row % k, h);
      if (norms) y = seqpool::map(layer_norm(system, mab + "ln0", 1e-5), y);
      y += seqpool::map(feed_forward, y);
      if (norms) y = seqpool::map(layer_norm(system, mab + "ln1", 1e-5), y);
      CHECK(test::distance<float>(beside(y, k), c.golden(name)) <= of_attention);
    });
  };
  check("pma", 2);
  check("pma_norm", 3);
}

TEST_CASE("golden: torch's generalized mean and log-mean-exp", "[golden]") {
  const Safetensors system = golden_file("torch");
  const auto p = system.tensor<float, 1>("gem_p.p");
  for_each_golden_case(system, [&](const auto& c) {
    CHECK(c.off("gem_3", seqpool::GeneralizedMean{3}) <= of_power);
    CHECK(c.off("gem_2.5", seqpool::GeneralizedMean{2.5}) <= of_power);
    CHECK(c.off("gem_p", seqpool::GeneralizedMean{p}) <= of_power);
    CHECK(c.off("lse_10", seqpool::LogSumExp{10}) <= of_power);
    CHECK(c.off("lse_1", seqpool::LogSumExp{1}) <= of_power);
  });
}

TEST_CASE("golden: torch's mean and std", "[golden]") {
  const Safetensors system = golden_file("torch");
  int samples = 0;
  for_each_golden_case(system, [&](const auto& c) {
    CHECK(c.off("mean_std", seqpool::MeanStd{}) <= of_sum);
    if (!system.contains(c.name + ".mean_std_sample")) return;  // torch's is NaN for a row of one token
    CHECK(c.off("mean_std_sample", seqpool::MeanStd{seqpool::MeanStd::sample}) <= of_sum);
    ++samples;
  });
  CHECK(samples == 4);
}

TEST_CASE("golden: Transformers' Wav2Vec2ForXVector behind its TDNN layers", "[golden]") {
  const Safetensors system = golden_file("transformers");
  const seqpool::Embedder to_vectors{seqpool::MeanStd{seqpool::MeanStd::sample},
                                     linear(system, "xvector.feature_extractor")};
  const seqpool::Linear classifier = linear(system, "xvector.classifier");
  const auto check = [&](const std::string& name, const auto& mask) {
    INFO(name);
    const auto vectors = to_vectors.embed(system.tensor<float, 3>(name + ".tdnn_output"), mask);
    CHECK(test::distance<float>(vectors, system.tensor<float, 2>(name + ".embeddings")) <= of_product);
    CHECK(test::distance<float>(seqpool::map(classifier, vectors), system.tensor<float, 2>(name + ".logits")) <=
          of_product);
  };
  check("xvector.unpadded", seqpool::AllTokens{});
  // It counts these without the layers' dilation, so there may be more than frames.
  const auto counted = system.tensor<std::int64_t, 1>("xvector.tdnn_lengths");
  const Index frames = system.tensor<float, 3>("xvector.tdnn_output").dimension(1);
  CHECK(counted(0) > frames);
  std::vector<Index> lengths;
  for (Index row = 0; row < 3; ++row) lengths.push_back((std::min)(Index{counted(row)}, frames));
  check("xvector", seqpool::Lengths(lengths));
}

TEST_CASE("golden: timm's LsePlus1d", "[golden]") {
  const Safetensors system = golden_file("timm");
  const auto r = static_cast<double>(system.tensor<float, 1>("lse_plus.r")(0));
  for_each_golden_case(system, [&](const auto& c) { CHECK(c.off("lse_plus", seqpool::LogSumExp{r}) <= of_power); });
}

TEST_CASE("golden: timm's global_pool_nlc", "[golden]") {
  const Safetensors system = golden_file("timm");
  for_each_golden_case(system, [&](const auto& c) {
    CHECK(c.off("max", seqpool::Max{}) <= exact);
    CHECK(c.off("avg", seqpool::Mean{}) <= of_sum);
    CHECK(c.off("avgmax", seqpool::MeanMax{}) <= of_sum);
  });
}

TEST_CASE("golden: GLiClass' pooling strategies", "[golden]") {
  const Safetensors system = golden_file("gliclass");
  for_each_golden_case(system, [&](const auto& c) {
    CHECK(c.off("max", seqpool::Max{}) <= exact);
    CHECK(c.off("first", seqpool::Cls{}) <= exact);
    CHECK(c.off("last", seqpool::Last{}) <= exact);
    CHECK(c.off("avg", seqpool::Mean{}) <= of_sum);
    CHECK(c.off("sum", seqpool::Sum{}) <= of_sum);
    CHECK(c.off("rms", seqpool::RootMeanSquare{}) <= of_sum);
    CHECK(c.off("abs_max", seqpool::AbsMax{}) <= exact);
    CHECK(c.off("abs_avg", seqpool::AbsMean{}) <= of_sum);
  });
}

TEST_CASE("golden: sentence-transformers' SpladePooling", "[golden]") {
  const Safetensors system = golden_file("sentence_transformers");
  for_each_golden_case(system, [&]<class T>(const GoldenCase<T>& c) {
    for (const auto& [name, pooling] : splades<T>()) {
      CHECK(c.off(name, pooling) <= of_sum);
      if constexpr (is_bfloat16<T>) CHECK(c.off_own(name, pooling) <= rounded_twice);
    }
  });
  // A row without a real token is zeros here as there; only there comes a NaN out of padding, by 0 · NaN.
  const Safetensors cases = golden_file("cases");
  const GoldenCase<float> empty(cases, system, "empty");
  const GoldenCase<float> nan(cases, system, "nan");
  for (const auto& [name, pooling] : splades<float>()) {
    CHECK(empty.off(name, pooling) <= of_sum);
    const auto ours = nan.pooled(pooling);
    const auto theirs = nan.golden(name);
    for (Index h = 0; h < theirs.dimension(1); ++h) {
      CHECK(std::isnan(ours(1, h)) == std::isnan(theirs(1, h)));
      CHECK_FALSE(std::isnan(ours(2, h)));
      CHECK(std::isnan(theirs(2, h)));
    }
  }
}

namespace {

template <class T> void check_layers(const std::string& name) {
  INFO(name);
  const Safetensors file = golden_file("sentence_transformers");
  std::vector<Safetensors::View<T, 3>> layers;
  for (const char* layer : {".layer_0", ".layer_1", ".layer_2"}) layers.push_back(file.tensor<T, 3>(name + layer));
  const auto mask = file.tensor<std::int64_t, 2>(name + ".attention_mask");
  const seqpool::LayerMix mix{layers, file.tensor<float, 1>("layer_weights")};
  CHECK(test::distance<float>(seqpool::mean_pool(mix, mask), file.tensor<float, 2>(name + ".mean")) <= of_sum);

  const auto tokens = file.tensor<float, 3>(name + ".token_embeddings");
  Eigen::Tensor<float, 3, Eigen::RowMajor> mixed(tokens.dimensions());
  for (Index b = 0; b < mixed.dimension(0); ++b) mix.copy(b, {0, mixed.dimension(1)}, &mixed(b, 0, 0));
  for (Index b = 0; b < mixed.dimension(0); ++b)
    for (Index s = 0; s < mixed.dimension(1); ++s)
      for (Index h = 0; h < mixed.dimension(2); ++h)
        if (mask(b, s) == 1)  // Three products, two sums and a division of numbers up to 4, on either side.
          CHECK(std::abs(mixed(b, s, h) - tokens(b, s, h)) <= 8 * 4 * std::numeric_limits<float>::epsilon());
}

}  // namespace

TEST_CASE("golden: sentence-transformers' WeightedLayerPooling", "[golden]") {
  check_layers<float>("layers_right");
  check_layers<float>("layers_left");
  check_layers<Eigen::bfloat16>("bf16_layers_unpadded");
}

TEST_CASE("golden: sentence-transformers' maxsim", "[golden]") {
  const Safetensors system = golden_file("sentence_transformers");
  const seqpool::MaxSim five{system.tensor<float, 2>("query_0")};
  const seqpool::MaxSim three{system.tensor<float, 2>("query_1")};
  for_each_golden_case(system, [&]<class T>(const GoldenCase<T>& c) {
    // A column for every query.
    const seqpool::AnyPooling<T> both(std::vector<seqpool::AnyPooling<T>>{five, three});
    CHECK(c.off("maxsim", both) <= of_product);
    CHECK(c.off("maxsim_per_query", five.per_query()) <= of_product);
    Eigen::Tensor<float, 2, Eigen::RowMajor> mean = c.pooled(both);
    for (Index b = 0; b < mean.dimension(0); ++b) mean(b, 0) /= 5, mean(b, 1) /= 3;
    CHECK(test::distance<float>(mean, c.golden("maxsim_mean")) <= of_product);
  });
}

TEST_CASE("golden: sentence-transformers' maxsim of the query tokens that a mask keeps", "[golden]") {
  const Safetensors system = golden_file("sentence_transformers");
  const auto query = [&](const std::string& name) {
    return seqpool::MaxSim{system.tensor<float, 2>(name), system.tensor<std::int64_t, 1>(name + "_mask")};
  };
  for_each_golden_case(system, [&]<class T>(const GoldenCase<T>& c) {
    const seqpool::AnyPooling<T> both(std::vector<seqpool::AnyPooling<T>>{query("query_0"), query("query_1")});
    CHECK(c.off("maxsim_masked", both) <= of_product);
    Eigen::Tensor<float, 2, Eigen::RowMajor> mean = c.pooled(both);
    for (Index b = 0; b < mean.dimension(0); ++b) mean(b, 0) /= 3, mean(b, 1) /= 2;
    CHECK(test::distance<float>(mean, c.golden("maxsim_mean_masked")) <= of_product);
  });
}

TEST_CASE("golden: sentence-transformers' maxsim of normalised tokens", "[golden]") {
  const Safetensors system = golden_file("sentence_transformers");
  const seqpool::MaxSim five{seqpool::map(seqpool::Normalize{}, system.tensor<float, 2>("query_0"))};
  const seqpool::MaxSim three{seqpool::map(seqpool::Normalize{}, system.tensor<float, 2>("query_1"))};
  for_each_golden_case(system, [&]<class T>(const GoldenCase<T>& c) {
    const seqpool::AnyPooling<T> both(
        std::vector<seqpool::AnyPooling<T>>{five.normalize_tokens(), three.normalize_tokens()});
    CHECK(c.off("maxsim_normalized", both) <= of_product);
  });
}

TEST_CASE("golden: where sentence-transformers' maxsim differs on purpose", "[golden]") {
  const Safetensors system = golden_file("sentence_transformers");
  const Safetensors cases = golden_file("cases");
  const GoldenCase<float> c(cases, system, "empty");
  // A document without a real token: 0 as every empty row here, below all others there.
  CHECK(c.pooled(seqpool::MaxSim{system.tensor<float, 2>("query_0")})(1, 0) == 0);
  CHECK(c.golden("maxsim")(1, 0) == -1e9F);
}

TEST_CASE("golden: where GLiClass' pooling strategies differ on purpose", "[golden]") {
  const Safetensors system = golden_file("gliclass");
  const Safetensors cases = golden_file("cases");
  const GoldenCase<float> c(cases, system, "empty");
  // A row without a real token: zeros here; there 0 / 0 from what divides by the number of tokens.
  const auto check = [&](const char* key, const seqpool::AnyPooling<float>& pooling, bool divides) {
    INFO(key);
    const auto ours = c.pooled(pooling);
    const auto theirs = c.golden(key);
    for (Index h = 0; h < theirs.dimension(1); ++h) {
      CHECK(ours(1, h) == 0);
      CHECK(std::isnan(theirs(1, h)) == divides);
    }
  };
  check("avg", seqpool::Mean{}, true);
  check("rms", seqpool::RootMeanSquare{}, true);
  check("abs_avg", seqpool::AbsMean{}, true);
  check("abs_max", seqpool::AbsMax{}, false);
  check("sum", seqpool::Sum{}, false);
}

TEST_CASE("golden: torch's additive and structured self-attention", "[golden]") {
  const Safetensors system = golden_file("torch");
  const auto vector = [&](const char* name) { return system.tensor<float, 1>(name); };
  const auto matrix = [&](const char* name) { return system.tensor<float, 2>(name); };
  const auto row = [&](const char* name) {  // [1, n]
    const auto only = matrix(name);
    return std::vector<float>(only.data(), only.data() + only.size());
  };
  const seqpool::AdditiveAttention tanh{matrix("additive_tanh.0.weight"), vector("additive_tanh.0.bias"),
                                        row("additive_tanh.2.weight")};
  const auto gelu = seqpool::AdditiveAttention{matrix("additive_gelu.0.weight"), vector("additive_gelu.0.bias"),
                                               row("additive_gelu.3.weight")}
                        .layer_norm(vector("additive_gelu.1.weight"), vector("additive_gelu.1.bias"))
                        .gelu();
  const seqpool::SelfAttentive lin{matrix("self_attentive.W1"), matrix("self_attentive.W2")};
  for_each_golden_case(system, [&](const auto& c) {
    CHECK(c.off("additive_tanh", tanh) <= of_attention);
    CHECK(c.off("additive_gelu", gelu) <= of_attention);
    CHECK(c.off("self_attentive", lin) <= of_attention);
  });
}

TEST_CASE("golden: torch's indices of maxima", "[golden]") {
  const Safetensors system = golden_file("torch");
  const auto check = [](const auto& c) {
    const auto ours = seqpool::max_indices(c.x, c.mask);
    const auto theirs = c.results.template tensor<std::int64_t, 2>(c.name + ".max_indices");
    REQUIRE(ours.dimensions() == theirs.dimensions());
    for (Index b = 0; b < theirs.dimension(0); ++b)
      for (Index h = 0; h < theirs.dimension(1); ++h) CHECK(ours(b, h) == theirs(b, h));
  };
  for_each_golden_case(system, check);
  const Safetensors cases = golden_file("cases");
  check(GoldenCase<float>(cases, system, "nan"));
}

TEST_CASE("golden: EleutherAI's attention probe", "[golden]") {
  const Safetensors system = golden_file("torch");
  const Safetensors cases = golden_file("cases");
  const seqpool::AttentionProbe probe{
      system.tensor<float, 2>("probe.q.weight"), system.tensor<float, 1>("probe.position_weight"),
      system.tensor<float, 2>("probe.v.weight"), system.tensor<float, 1>("probe.v.bias")};
  const auto off = [&](const auto& c, const std::string& key) {
    const auto probed = seqpool::map(probe.head(), seqpool::pool(probe.pooling(), c.x, c.mask));
    return test::distance<float>(probed, c.golden(key));
  };
  for_each_golden_case(system, [&](const auto& c) {
    if (c.name != "holes") CHECK(off(c, "probe") <= of_attention);
  });
  // Its places are given, and so may count holes; ours do not.
  const GoldenCase<float> holes(cases, system, "holes");
  CHECK(off(holes, "probe_without_holes") <= of_attention);
  CHECK(off(holes, "probe") > 1000);
  // A row without a real token: the sum of the heads' biases here; there all padding, evenly.
  const GoldenCase<float> empty(cases, system, "empty");
  const auto ours = seqpool::map(probe.head(), seqpool::pool(probe.pooling(), empty.x, empty.mask));
  const auto bias = system.tensor<float, 1>("probe.v.bias");
  for (Index o = 0; o < 3; ++o) {
    CHECK(ours(1, o) == bias(o) + bias(3 + o));
    CHECK(std::abs(empty.golden("probe")(1, o) - ours(1, o)) > 0.01F);
  }
}
