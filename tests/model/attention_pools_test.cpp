// SPDX-License-Identifier: MIT
#include <seqpool/model/attention_pools.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <seqpool/head/embedder.hpp>
#include <seqpool/io/safetensors.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "folder_writer.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;
using seqpool::model::AttentionPool;
using seqpool::model::LatentPool;
using seqpool::model::set_transformer_pma;
using seqpool::model::siglip_head;
using seqpool::model::timm_attention_pool_latent;

namespace {

// Weights that differ by a few eps, as for the poolings' own golden tests.
constexpr double of_attention_pool = 32;

std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(SEQPOOL_TEST_GOLDEN_POOLINGS) / (name + ".safetensors");
}

template <class T>
void check_golden_case(const Safetensors& cases, const Safetensors& system, const std::string& name,
                       const std::string& key, const AttentionPool& pool) {
  INFO(name << "." << key);
  const auto x = cases.tensor<T, 3>(name + ".hidden_states");
  const Eigen::Tensor<std::uint8_t, 2, Eigen::RowMajor> mask =
      cases.tensor<std::int64_t, 2>(name + ".attention_mask").template cast<std::uint8_t>();
  const auto vectors = seqpool::Embedder{pool.pooling, pool.head}.embed(x, mask);
  CHECK(test::distance<float>(vectors, system.tensor<float, 2>(name + "." + key)) <= of_attention_pool);
}

void check_golden_pool(const std::string& file, const std::string& key, const AttentionPool& pool) {
  const Safetensors cases(golden_path("cases"));
  const Safetensors system(golden_path(file));
  for (const char* name : {"right", "left", "unpadded", "holes", "long"})
    check_golden_case<float>(cases, system, name, key, pool);
  for (const char* name : {"bf16_right", "bf16_left", "bf16_unpadded"})
    check_golden_case<Eigen::bfloat16>(cases, system, name, key, pool);
}

using Stored = std::vector<test::FolderWriter::Tensor>;

// Tensors of embed 4, by the names that each system has for them.
Stored siglip_tensors() {
  return {{"head.probe", {1, 1, 4}},
          {"head.attention.in_proj_weight", {12, 4}},
          {"head.attention.in_proj_bias", {12}},
          {"head.attention.out_proj.weight", {4, 4}},
          {"head.attention.out_proj.bias", {4}},
          {"head.layernorm.weight", {4}},
          {"head.layernorm.bias", {4}},
          {"head.mlp.fc1.weight", {6, 4}},
          {"head.mlp.fc1.bias", {6}},
          {"head.mlp.fc2.weight", {4, 6}},
          {"head.mlp.fc2.bias", {4}}};
}

Stored pma_tensors() {
  Stored all{{"S", {1, 3, 4}}};
  for (const char* layer : {"fc_q", "fc_k", "fc_v", "fc_o"}) {
    all.push_back({std::string("mab.") + layer + ".weight", {4, 4}});
    all.push_back({std::string("mab.") + layer + ".bias", {4}});
  }
  for (const char* norm : {"mab.ln0.weight", "mab.ln0.bias", "mab.ln1.weight", "mab.ln1.bias"})
    all.push_back({norm, {4}});
  return all;
}

Stored latent_tensors() {
  Stored all{{"pool.latent", {1, 2, 4}}, {"pool.q.weight", {4, 4}},       {"pool.q.bias", {4}},
             {"pool.kv.weight", {8, 4}}, {"pool.kv.bias", {8}},           {"pool.proj.weight", {4, 4}},
             {"pool.proj.bias", {4}},    {"pool.norm.weight", {4}},       {"pool.norm.bias", {4}},
             {"pool.mlp.fc1.bias", {6}}, {"pool.mlp.fc2.weight", {4, 6}}, {"pool.mlp.fc2.bias", {4}}};
  all.push_back({"pool.mlp.fc1.weight", {6, 4}, 0, {1, -1, 2, 0, 1,  3, -2, 1, 1, 1,  -3, 2,
                                                    0, 1,  2, 3, -1, 1, 4,  0, 2, -2, 1,  0}});
  auto& latent = all.front();
  latent.values = {1, -1, 2, 0, 3, 1, -2, 1};
  return all;
}

Stored without(Stored all, const std::string& name) {
  std::erase_if(all, [&](const auto& tensor) { return tensor.name == name; });
  return all;
}

Stored with(Stored all, test::FolderWriter::Tensor tensor) {
  all = without(std::move(all), tensor.name);
  all.push_back(std::move(tensor));
  return all;
}

// What it says of such a file.
template <class F> std::string refused_pool(const Stored& tensors, F read) {
  test::FolderWriter folder;
  folder.tensors("weights.safetensors", tensors);
  try {
    static_cast<void>(read(folder.path("weights.safetensors")));
  } catch (const seqpool::model::Error& error) {
    return error.what();
  }
  return "nothing";
}

const auto siglip_of = [](const std::filesystem::path& path) { return siglip_head(path, "head.", {.heads = 2}); };
const auto pma_of = [](const std::filesystem::path& path) { return set_transformer_pma(path, "", {.heads = 2}); };
const auto latent_of = [](const std::filesystem::path& path) {
  return timm_attention_pool_latent(path, "pool.", {.heads = 2});
};

// Two rows of three tokens of four features.
Eigen::Tensor<float, 3, Eigen::RowMajor> six_tokens() {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 3, 4);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>((i * 7) % 11) / 5 - 1;
  return x;
}

auto embedded(const AttentionPool& pool) { return seqpool::Embedder{pool.pooling, pool.head}.embed(six_tokens()); }

}  // namespace

TEST_CASE("golden: SigLIP's heads from a file", "[model]") {
  for (const char* version : {"siglip", "siglip2"})
    check_golden_pool(
        "transformers", version,
        siglip_head(golden_path("transformers"), std::string(version) + ".vision_model.head.", {.heads = 2}));
}

TEST_CASE("golden: Set Transformer's PMA from a file", "[model]") {
  check_golden_pool("torch", "pma", set_transformer_pma(golden_path("torch"), "pma.", {.heads = 2}));
  check_golden_pool("torch", "pma_norm", set_transformer_pma(golden_path("torch"), "pma_norm.", {.heads = 3}));
}

TEST_CASE("golden: timm's AttentionPoolLatent from a file", "[model]") {
  const auto read = [](const std::string& name, const seqpool::model::AttentionPoolLatentOptions& options) {
    check_golden_pool("timm", name, timm_attention_pool_latent(golden_path("timm"), name + ".", options));
  };
  read("latent_token", {.heads = 2});
  read("latent_attention", {.heads = 2});
  read("latent_avg", {.heads = 3, .pool = LatentPool::avg});
}

TEST_CASE("of several latents the first is left, or their mean, or all", "[model]") {
  test::FolderWriter folder;
  folder.tensors("model.safetensors", latent_tensors());
  const auto of = [&](LatentPool pool) {
    return embedded(timm_attention_pool_latent(folder.path(), "pool.", {.heads = 2, .pool = pool}));
  };
  const auto all = of(LatentPool::none);
  const auto first = of(LatentPool::token);
  const auto mean = of(LatentPool::avg);
  REQUIRE(all.dimension(1) == 8);
  REQUIRE(first.dimension(1) == 4);
  REQUIRE(mean.dimension(1) == 4);
  for (Index b = 0; b < 2; ++b)
    for (Index f = 0; f < 4; ++f) {
      CHECK(first(b, f) == all(b, f));
      CHECK(mean(b, f) == (all(b, f) + all(b, 4 + f)) / 2);
      CHECK(all(b, f) != all(b, 4 + f));
    }
}

TEST_CASE("norms and biases that a pool goes without are left out", "[model]") {
  test::FolderWriter folder;
  folder.tensors("with.safetensors", latent_tensors());
  const auto plain = without(without(latent_tensors(), "pool.norm.weight"), "pool.norm.bias");
  folder.tensors("plain.safetensors", plain);
  folder.tensors("zero.safetensors", with(with(plain, {"pool.q.bias", {4}, 0}), {"pool.kv.bias", {8}, 0}));
  folder.tensors("without.safetensors", without(without(plain, "pool.q.bias"), "pool.kv.bias"));
  const auto of = [&](const char* name) { return embedded(latent_of(folder.path(name)))(0, 0); };
  CHECK(of("with.safetensors") != of("plain.safetensors"));
  CHECK(of("zero.safetensors") != of("plain.safetensors"));
  CHECK(of("zero.safetensors") == of("without.safetensors"));
  // Around an MLP that makes nothing, y = a with a norm or without.
  const auto silent = [](const Stored& all) {
    return with(with(all, {"pool.mlp.fc2.weight", {4, 6}, 0}), {"pool.mlp.fc2.bias", {4}, 0});
  };
  folder.tensors("silent.safetensors", silent(plain));
  folder.tensors("silent_with.safetensors", silent(latent_tensors()));
  CHECK(of("silent.safetensors") == of("silent_with.safetensors"));
  CHECK(of("silent.safetensors") != 0);
}

TEST_CASE("activations and eps of attention pools are those given", "[model]") {
  test::FolderWriter folder;
  folder.tensors("siglip.safetensors", siglip_tensors());
  folder.tensors("pma.safetensors", with(pma_tensors(), {"mab.fc_o.bias", {4}, 0, {1, 2, 3, 4}}));
  folder.tensors(
      "latent.safetensors",
      with(latent_tensors(), {"pool.proj.weight", {4, 4}, 0, {1, 2, 0, 1, 0, 1, 0, 0, 3, 0, 1, 0, 0, 0, 0, 1}}));
  const auto siglip = [&](const seqpool::model::SiglipHeadOptions& options) {
    return embedded(siglip_head(folder.path("siglip.safetensors"), "head.", options))(0, 0);
  };
  const auto latent = [&](const seqpool::model::AttentionPoolLatentOptions& options) {
    return embedded(timm_attention_pool_latent(folder.path("latent.safetensors"), "pool.", options))(0, 0);
  };
  const auto pma = [&](double eps) {
    return embedded(set_transformer_pma(folder.path("pma.safetensors"), "", {.heads = 2, .eps = eps}))(0, 0);
  };
  CHECK(siglip({.heads = 2}) != siglip({.heads = 2, .activation = seqpool::Activation::relu}));
  CHECK(latent({.heads = 2}) != latent({.heads = 2, .activation = seqpool::Activation::relu}));
  CHECK(latent({.heads = 2}) != latent({.heads = 2, .eps = 10}));
  CHECK(pma(1) != pma(1e-5));
  CHECK_THROWS_AS(siglip({.heads = 2, .eps = -1}), std::invalid_argument);
  CHECK_THROWS_AS(latent({.heads = 2, .eps = -1}), std::invalid_argument);
  CHECK_THROWS_AS(pma(-1), std::invalid_argument);
}

TEST_CASE("attention pools want their number of heads", "[model]") {
  test::FolderWriter folder;
  folder.tensors("siglip.safetensors", siglip_tensors());
  folder.tensors("pma.safetensors", pma_tensors());
  folder.tensors("latent.safetensors", latent_tensors());
  for (const Index heads : {0, 3, -2}) {
    CHECK_THROWS_WITH(siglip_head(folder.path("siglip.safetensors"), "head.", {.heads = heads}),
                      ct::has_substring("heads must divide embed"));
    CHECK_THROWS_WITH(set_transformer_pma(folder.path("pma.safetensors"), "", {.heads = heads}),
                      ct::has_substring("heads must divide embed"));
    CHECK_THROWS_WITH(timm_attention_pool_latent(folder.path("latent.safetensors"), "pool.", {.heads = heads}),
                      ct::has_substring("heads must divide embed"));
  }
}

TEST_CASE("attention pools refuse tensors that are missing, of other sizes, or left over, by name", "[model]") {
  const auto check = [](const Stored& tensors, const std::string& prefix, auto read, const Stored& optional) {
    CHECK(refused_pool(tensors, read) == "nothing");
    if (!prefix.empty()) CHECK(refused_pool(with(tensors, {"x" + prefix + "other", {1}}), read) == "nothing");
    const auto extra = refused_pool(with(tensors, {prefix + "other", {1}}), read);
    CHECK_THAT(extra, ct::has_substring("tensor '" + prefix + "other' is not used by a"));
    CHECK_THAT(extra, ct::has_substring("weights.safetensors: "));
    for (const auto& tensor : tensors) {
      INFO(tensor.name);
      auto other = tensor;
      other.sizes.back() += 1;
      CHECK_THAT(refused_pool(with(tensors, other), read), ct::has_substring("wrong shape"));
      const bool needed =
          std::none_of(optional.begin(), optional.end(), [&](const auto& o) { return o.name == tensor.name; });
      if (needed)
        CHECK_THAT(refused_pool(without(tensors, tensor.name), read),
                   ct::has_substring("tensor '" + tensor.name + "' is missing"));
      else  // what belongs to it is left over
        CHECK_THAT(refused_pool(without(tensors, tensor.name), read), ct::has_substring("is not used by a"));
    }
  };
  check(siglip_tensors(), "head.", siglip_of, {});
  check(pma_tensors(), "", pma_of, {{"mab.ln0.weight", {}}});
  check(latent_tensors(), "pool.", latent_of,
        {{"pool.q.bias", {}}, {"pool.proj.weight", {}}, {"pool.norm.weight", {}}});
}

TEST_CASE("queries without numbers are refused", "[model]") {
  CHECK_THAT(refused_pool(with(siglip_tensors(), {"head.probe", {1, 1, 0}}), siglip_of),
             ct::has_substring("tensor 'head.probe' has no numbers"));
  CHECK_THAT(refused_pool(with(pma_tensors(), {"S", {1, 0, 4}}), pma_of),
             ct::has_substring("tensor 'S' has no numbers"));
  CHECK_THAT(refused_pool(with(siglip_tensors(), {"head.probe", {1, 2, 4}}), siglip_of),
             ct::has_substring("head.probe"));
}

TEST_CASE("an AttentionPoolLatent that changes tokens is refused", "[model]") {
  for (const char* name : {"pool.pos_embed", "pool.q_norm.weight", "pool.k_norm.weight"})
    CHECK_THAT(refused_pool(with(latent_tensors(), {name, {4}}), latent_of),
               ct::has_substring("tensor '" + std::string(name) + "' changes every token"));
}

TEST_CASE("attention pools are read from a file of any name, or a folder", "[model]") {
  test::FolderWriter folder;
  folder.tensors("model.safetensors", siglip_tensors());
  CHECK(embedded(siglip_of(folder.path()))(1, 2) == embedded(siglip_of(folder.path("model.safetensors")))(1, 2));
  const auto message = [&](const std::filesystem::path& path) -> std::string {
    try {
      static_cast<void>(siglip_of(path));
    } catch (const seqpool::model::Error& error) {
      return error.what();
    }
    return "nothing";
  };
  CHECK(message(folder.path("none.safetensors")) ==
        "seqpool: " + folder.path("none.safetensors").string() + ": is missing");
  CHECK_THAT(message(folder.path("none/none.safetensors")), ct::has_substring("there is no such folder"));
  CHECK_THAT(message("no_such_file_at_all.safetensors"), ct::has_substring("is missing"));
  CHECK(message("") != "nothing");
}
