// SPDX-License-Identifier: MIT
#include <seqpool/input/layers.hpp>

#include <array>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::HiddenStates;
using seqpool::Layers;

TEST_CASE("layers are views of tensors, maps or any stored Sequences", "[layers]") {
  std::vector<Eigen::Tensor<float, 3>> tensors(3, Eigen::Tensor<float, 3>(2, 4, 5));
  tensors[2](1, 3, 4) = 7;
  const Layers layers(tensors);
  CHECK(layers.size() == 3);
  CHECK(layers.batch() == 2);
  CHECK(layers.seq() == 4);
  CHECK(layers.seq(1) == 4);
  CHECK(layers.hidden() == 5);
  CHECK(layers[2].token(0, 0) == tensors[2].data());
  CHECK(layers[2].token(1, 3)[4 * layers[2].hidden_stride()] == 7);
  const std::array<float, 12> data{};
  using Map = Eigen::TensorMap<const Eigen::Tensor<float, 3, Eigen::RowMajor>>;
  CHECK(Layers(std::array{Map(data.data(), 1, 3, 4)})[0].token(0, 1) == data.data() + 4);
  CHECK(Layers(std::vector{HiddenStates<float>(data.data(), {1, 3, 4})})[0].token(0, 2) == data.data() + 8);
  const seqpool::PackedStates<float> packed(data.data(), {3, 4}, std::array{0, 1, 3});
  CHECK(Layers(std::vector{packed, packed}).seq(1) == 2);
  // The same layers again.
  CHECK(Layers(layers).size() == 3);
}

TEST_CASE("the last layers are those from the end, at least one and at most all", "[layers]") {
  const std::array<float, 4> data{};
  std::vector<HiddenStates<float>> all;
  for (std::size_t i = 0; i < 4; ++i) all.emplace_back(data.data() + i, std::array<seqpool::Index, 3>{1, 1, 1});
  const Layers layers(all);
  CHECK(layers.last(1).size() == 1);
  CHECK(layers.last(1)[0].token(0, 0) == data.data() + 3);
  CHECK(layers.last(3)[0].token(0, 0) == data.data() + 1);
  CHECK(layers.last(4)[0].token(0, 0) == data.data());
  CHECK_THROWS_AS(layers.last(0), std::invalid_argument);
  CHECK_THROWS_WITH(layers.last(0), ct::has_substring("the last 0 layers"));
  CHECK_THROWS_WITH(layers.last(5), ct::has_substring("the last 5 layers") && ct::has_substring("there are 4"));
}

TEST_CASE("layers of different sizes are refused by number", "[layers]") {
  const std::array<float, 60> data{};
  const auto layer = [&](seqpool::Index batch, seqpool::Index seq, seqpool::Index hidden) {
    return HiddenStates<float>(data.data(), {batch, seq, hidden});
  };
  CHECK_NOTHROW(Layers(std::vector{layer(3, 4, 5), layer(3, 4, 5)}));
  CHECK_THROWS_AS(Layers(std::vector{layer(3, 4, 5), layer(2, 4, 5)}), std::invalid_argument);
  CHECK_THROWS_WITH(Layers(std::vector{layer(3, 4, 5), layer(3, 4, 5), layer(2, 4, 5)}),
                    ct::has_substring("layer 2 is [2, 4, 5]") && ct::has_substring("layer 0 is [3, 4, 5]"));
  CHECK_THROWS_WITH(Layers(std::vector{layer(3, 4, 5), layer(3, 3, 5)}), ct::has_substring("layer 1 is [3, 3, 5]"));
  CHECK_THROWS_WITH(Layers(std::vector{layer(3, 4, 5), layer(3, 4, 4)}), ct::has_substring("layer 1 is [3, 4, 4]"));
  CHECK_THROWS_WITH(Layers(std::vector<HiddenStates<float>>()), ct::has_substring("at least one"));
  // As many tokens in all, shared out in another way.
  const seqpool::PackedStates<float> a(data.data(), {6, 2}, std::array{0, 1, 4, 6});
  const seqpool::PackedStates<float> b(data.data(), {6, 2}, std::array{0, 2, 3, 6});
  CHECK_NOTHROW(Layers(std::vector{a, a}));
  CHECK_THROWS_WITH(Layers(std::vector{a, b}),
                    ct::has_substring("sequence 0 of layer 1 has 2 tokens") && ct::has_substring("of layer 0 1"));
}
