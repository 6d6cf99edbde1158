// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/input/layer_mix.hpp>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/guarded_memory.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::HiddenStates;
using seqpool::Index;
using seqpool::LayerMix;
using seqpool::Layers;

namespace {

constexpr Index mixed_batch = 3, mixed_seq = 40;

template <class T> std::vector<std::vector<T>> layer_data(Index layers, Index hidden) {
  std::vector<std::vector<T>> data;
  for (Index l = 0; l < layers; ++l)
    data.push_back(test::tokens<T>(mixed_batch * mixed_seq, hidden, static_cast<std::uint64_t>(l) + 1, -2, 3));
  return data;
}

template <class T> std::vector<HiddenStates<T>> layer_views(const std::vector<std::vector<T>>& data, Index hidden) {
  std::vector<HiddenStates<T>> views;
  for (const auto& layer : data) views.emplace_back(layer.data(), std::array<Index, 3>{mixed_batch, mixed_seq, hidden});
  return views;
}

// What the mix is, as a tensor of its own.
template <class X> auto in_memory(const X& mix) {
  Eigen::Tensor<typename X::value_type, 3, Eigen::RowMajor> x(mix.batch(), mix.seq(), mix.hidden());
  for (Index b = 0; b < mix.batch(); ++b) mix.copy(b, {0, mix.seq()}, &x(b, 0, 0));
  return x;
}

Eigen::Tensor<int, 2> mask_with_holes() {
  Eigen::Tensor<int, 2> mask(mixed_batch, mixed_seq);
  for (Eigen::Index b = 0; b < mixed_batch; ++b)
    for (Eigen::Index s = 0; s < mixed_seq; ++s) mask(b, s) = (s * 7 + b) % 5 != 0 && s > 2 * b;
  return mask;
}

}  // namespace

TEST_CASE("a layer mix is the weighted mean of its layers", "[layer_mix]") {
  const std::vector<float> a{1, 2, 3, 4}, b{5, -6, 7, 0};
  const std::vector layers{HiddenStates<float>(a.data(), {1, 2, 2}), HiddenStates<float>(b.data(), {1, 2, 2})};
  const LayerMix mix{layers, std::vector<float>{1, 3}};
  CHECK(mix.batch() == 1);
  CHECK(mix.seq() == 2);
  CHECK(mix.seq(0) == 2);
  CHECK(mix.hidden() == 2);
  const auto x = in_memory(mix);
  CHECK(std::vector<float>(x.data(), x.data() + 4) == std::vector<float>{4, -4, 6, 1});
  CHECK(test::rows_of(seqpool::mean_pool(mix)) == std::vector<std::vector<float>>{{5, -1.5f}});
  CHECK(test::rows_of(seqpool::cls_pool(LayerMix{layers})) == std::vector<std::vector<float>>{{3, -2}});
  CHECK(test::rows_of(seqpool::last_pool(LayerMix{Layers(layers).last(1)})) == std::vector<std::vector<float>>{{7, 0}});
  // Weights may be negative, and of any scalar that accumulates as the layers do.
  const Eigen::Vector2f negative(-1, 2);
  CHECK(test::rows_of(seqpool::cls_pool(LayerMix{layers, negative})) == std::vector<std::vector<float>>{{9, -14}});
  const std::array half{Eigen::half(0.5f), Eigen::half(1.5f)};
  CHECK(test::rows_of(seqpool::cls_pool(LayerMix{Layers(layers), half})) == std::vector<std::vector<float>>{{4, -4}});
}

TEMPLATE_TEST_CASE("a layer mix is within its bound, and every pooling of it has the bits of pooling it in memory",
                   "[layer_mix]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const Index hidden : {1, 15, 37, 96})
    for (const Index layers : {1, 2, 5}) {
      const auto data = layer_data<TestType>(layers, hidden);
      const auto weights = test::Random(9).values<A>(layers, 0, 1);
      const LayerMix mix{layer_views(data, hidden), weights};
      STATIC_REQUIRE(std::is_same_v<typename decltype(mix)::value_type, A>);
      const auto x = in_memory(mix);
      for (std::size_t i = 0; i < data[0].size(); ++i) {
        double sum = 0, size = 0, all = 0;
        for (std::size_t l = 0; l < data.size(); ++l) {
          const double w = static_cast<double>(weights[l]);
          const double h = static_cast<double>(seqpool::widen(data[l][i]));
          sum += w * h, size += w * std::abs(h), all += w;
        }
        const double bound = (static_cast<double>(layers) + 1) * test::eps<TestType> * size / all;
        REQUIRE(std::abs(static_cast<double>(x.data()[i]) - sum / all) <= bound);
      }
      const auto same = [&](const auto& pooling, const auto&... mask) {
        const auto expected = test::rows_of(seqpool::pool(pooling, x, mask...));
        const auto rows = test::rows_of(seqpool::pool(pooling, mix, mask...));
        REQUIRE(rows.size() == expected.size());
        for (std::size_t b = 0; b < rows.size(); ++b) CHECK(test::same_bits(rows[b], expected[b]));
      };
      const auto mask = mask_with_holes();
      const seqpool::Spans spans{{2, 3, 21}, {0, 0, 0}, {1, 39, 40}};
      const seqpool::Attention attention{test::query_of<A>(hidden)};
      same(seqpool::Mean{});
      same(seqpool::Mean{}, mask);
      same(seqpool::Max{}, spans);
      same(seqpool::Concat{seqpool::Cls{}, seqpool::Last{}}, mask);
      same(attention, seqpool::Lengths(std::array{0, 9, 40}));
      same(attention, seqpool::skip_prefix(mask, std::array{2, 0, 40}));
      same(seqpool::AnyPooling<A>(attention), mask);
    }
}

TEST_CASE("one layer of weight 1 keeps its bits, -0 and subnormals too", "[layer_mix]") {
  const std::vector<float> data{-0.f, 0.f, 1e-44f, -3.4e38f, 0.1f};
  const LayerMix mix{std::vector{HiddenStates<float>(data.data(), {1, 1, 5})}, std::array{1.f}};
  const auto x = in_memory(mix);
  CHECK(test::same_bits(std::vector<float>(x.data(), x.data() + 5), data));
}

TEST_CASE("the mean of a layer mix is the mix of the layers' means", "[layer_mix]") {
  const Index hidden = 37;
  const auto data = layer_data<float>(4, hidden);
  const std::vector<float> weights{0.5f, 0.125f, 2, 1};
  const auto views = layer_views(data, hidden);
  const auto mask = mask_with_holes();
  const auto result = seqpool::mean_pool(LayerMix{views, weights}, mask);
  std::vector<Eigen::Tensor<float, 2, Eigen::RowMajor>> means;
  for (const auto& view : views) means.push_back(seqpool::mean_pool(view, mask));
  for (Eigen::Index i = 0; i < result.size(); ++i) {
    double expected = 0;
    for (std::size_t l = 0; l < 4; ++l) expected += static_cast<double>(weights[l] * means[l].data()[i]) / 3.625;
    // Each token is off by 5 eps of 3 at most, the sum of up to 40 of them by 40 more, and these means as much.
    CHECK(std::abs(static_cast<double>(result.data()[i]) - expected) <= 100 * test::eps<float> * 3);
  }
}

TEST_CASE("Guarantee 2: a layer mix has its bits in every form and on any number of threads",
          "[guarantees][layer_mix]") {
  const Index hidden = 37, layers = 3;
  const auto data = layer_data<float>(layers, hidden);
  const std::array weights{0.3f, 0.7f, 1.9f};
  const seqpool::Attention pooling{test::query_of<float>(hidden)};
  const auto expected = test::rows_of(seqpool::pool(pooling, LayerMix{layer_views(data, hidden), weights}));
  const auto check = [&](const auto& rows) {
    REQUIRE(rows.size() == expected.size());
    for (std::size_t b = 0; b < rows.size(); ++b) CHECK(test::same_bits(rows[b], expected[b]));
  };

  SECTION("column-major, with holes between features, packed and ragged") {
    std::vector<Eigen::Tensor<float, 3>> columns;
    std::vector<std::vector<float>> sparse;
    std::vector<HiddenStates<float>> views;
    std::vector<seqpool::PackedStates<float>> packed;
    std::vector<seqpool::Ragged<float>> ragged;
    sparse.reserve(3);
    for (const auto& layer : data) {
      const Eigen::TensorMap<const Eigen::Tensor<float, 3, Eigen::RowMajor>> x(layer.data(), mixed_batch, mixed_seq,
                                                                               hidden);
      columns.push_back(x.swap_layout().shuffle(Eigen::array<int, 3>{2, 1, 0}));
      sparse.emplace_back(2 * layer.size(), NAN);
      for (std::size_t i = 0; i < layer.size(); ++i) sparse.back()[2 * i] = layer[i];
      views.emplace_back(sparse.back().data(), std::array<Index, 3>{mixed_batch, mixed_seq, hidden},
                         std::array<Index, 3>{2 * mixed_seq * hidden, 2 * hidden, 2});
      packed.emplace_back(layer.data(), std::array<Index, 2>{mixed_batch * mixed_seq, hidden},
                          std::array{0, 40, 80, 120});
      const std::array pointers{layer.data(), layer.data() + 40 * hidden, layer.data() + 80 * hidden};
      ragged.emplace_back(pointers, std::array{40, 40, 40}, hidden);
    }
    check(test::rows_of(seqpool::pool(pooling, LayerMix{columns, weights})));
    check(test::rows_of(seqpool::pool(pooling, LayerMix{views, weights})));
    check(test::rows_of(seqpool::pool(pooling, LayerMix{packed, weights})));
    check(test::rows_of(seqpool::pool(pooling, LayerMix{ragged, weights})));
    check(test::rows_of(
        seqpool::pool(pooling, LayerMix{packed, weights}, seqpool::Spans{{0, 0, 40}, {1, 0, 40}, {2, 0, 40}})));
  }
  SECTION("beside padding that is NaN") {
    std::vector<test::Padded<float>> padded;
    std::vector<HiddenStates<float>> views;
    padded.reserve(3);
    for (const auto& layer : data) {
      padded.emplace_back(mixed_batch, Index{60}, hidden);
      for (Index b = 0; b < mixed_batch; ++b)
        for (Index s = 0; s < mixed_seq; ++s)
          padded.back().put(b, s + 5 * b + (s > 20 ? 3 : 0),
                            &layer[static_cast<std::size_t>((b * mixed_seq + s) * hidden)]);
      views.push_back(padded.back().view());
    }
    const LayerMix mix{views, weights};
    check(test::rows_of(seqpool::pool(pooling, mix, padded[0].mask_view())));
    Eigen::ThreadPool pool(2);
    const Eigen::ThreadPoolDevice device(&pool, 2);
    check(test::rows_of(seqpool::pool(pooling, mix, padded[0].mask_view(), device)));
  }
  SECTION("one long row by two threads") {
    const auto a = test::tokens<float>(3000, hidden, 1), b = test::tokens<float>(3000, hidden, 2);
    const std::vector layers_of_one{HiddenStates<float>(a.data(), {1, 3000, hidden}),
                                    HiddenStates<float>(b.data(), {1, 3000, hidden})};
    const LayerMix mix{layers_of_one, std::array{1.f, 2.f}};
    Eigen::ThreadPool pool(2);
    const Eigen::ThreadPoolDevice device(&pool, 2);
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, mix, device))[0],
                          test::rows_of(seqpool::pool(pooling, mix))[0]));
  }
}

TEST_CASE("Guarantee 1: a layer mix reads no element behind its tokens", "[guarantees][layer_mix]") {
  for (const Index hidden : {5, 16, 37}) {
    const auto row = test::tokens<float>(9, hidden, 3);
    const test::GuardedMemory memory(row.size() * sizeof(float));
    std::memcpy(memory.data(), row.data(), row.size() * sizeof(float));
    const HiddenStates<float> layer(reinterpret_cast<const float*>(memory.data()), {1, 40, hidden});
    const seqpool::Lengths lengths(std::array{9});
    // Twice as much by two is exact.
    CHECK(test::same_bits(test::rows_of(seqpool::mean_pool(LayerMix{std::vector{layer, layer}}, lengths))[0],
                          test::rows_of(seqpool::mean_pool(layer, lengths))[0]));
  }
}

TEST_CASE("NaN in a real token of any layer reaches its row", "[layer_mix]") {
  const std::vector<float> a{1, 2}, b{1, NAN};
  const std::vector layers{HiddenStates<float>(a.data(), {2, 1, 1}), HiddenStates<float>(b.data(), {2, 1, 1})};
  const auto rows = test::rows_of(seqpool::mean_pool(LayerMix{layers, std::array{1.f, 0.f}}));
  CHECK(rows[0][0] == 1);
  CHECK(std::isnan(rows[1][0]));
}

TEST_CASE("Guarantee 9: a layer mix allocates nothing per row", "[guarantees][layer_mix]") {
  const Index hidden = 32;
  const std::vector<float> data(static_cast<std::size_t>(64 * 300 * hidden), 1.f);
  const auto allocations_of = [&](Index batch) {
    const HiddenStates<float> layer(data.data(), {batch, 300, hidden});
    const LayerMix mix{std::vector{layer, layer}, std::array{1.f, 2.f}};
    Eigen::Tensor<float, 2, Eigen::RowMajor> out(batch, hidden);
    const test::AllocationCount count;
    seqpool::pool_into(out, seqpool::Mean{}, mix);
    return count.so_far();
  };
  const auto for_two_rows = allocations_of(2);
  CHECK(for_two_rows > 0);
  CHECK(allocations_of(64) == for_two_rows);
}

TEST_CASE("weights must be one for each layer, with a sum to divide by", "[layer_mix]") {
  const std::vector<float> data(4);
  const std::vector layers(3, HiddenStates<float>(data.data(), {1, 2, 2}));
  const auto mix = [&](const std::vector<float>& weights) { LayerMix{layers, weights}; };
  CHECK_NOTHROW(mix({1, 2, 3}));
  CHECK_NOTHROW(mix({1, -2, 3}));
  CHECK_THROWS_AS(mix({1, 2}), std::invalid_argument);
  CHECK_THROWS_WITH(mix({1, 2}), ct::has_substring("weights are [2]") && ct::has_substring("there are 3 layers"));
  CHECK_THROWS_WITH(mix({1, 2, 3, 4}), ct::has_substring("weights are [4]"));
  CHECK_THROWS_WITH(mix({1, -2, 1}), ct::has_substring("add up to 0"));
  CHECK_THROWS_WITH(mix({0, 0, 0}), ct::has_substring("add up to 0"));
  CHECK_THROWS_WITH(mix({1, NAN, 1}), ct::has_substring("finite"));
  CHECK_THROWS_WITH(mix({1, INFINITY, 1}), ct::has_substring("finite"));
  CHECK_THROWS_WITH(mix({3e38f, 3e38f, 1}), ct::has_substring("finite"));
  CHECK_THROWS_WITH((LayerMix{std::vector<HiddenStates<float>>(), std::vector<float>()}),
                    ct::has_substring("at least one"));
}

TEST_CASE("results over a layer are refused, whichever it is and however layers are computed", "[layer_mix][overlap]") {
  std::vector<float> memory(40);
  const std::vector<seqpool::HiddenStates<float>> layers{seqpool::HiddenStates<float>(memory.data(), {1, 3, 4}),
                                                         seqpool::HiddenStates<float>(memory.data() + 20, {1, 3, 4})};
  const auto into = [&](std::size_t at, const auto& x) {
    Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> out(memory.data() + at, 1, x.hidden());
    seqpool::pool_into(out, seqpool::Mean{}, x);
  };
  const LayerMix mix{layers};
  const auto side_by_side = seqpool::concat_layers(layers);
  for (const std::size_t at : {0u, 11u, 17u, 20u, 31u})
    CHECK_THROWS_WITH(into(at, mix), ct::has_substring("lies in the memory of the hidden states"));
  for (const std::size_t at : {0u, 11u, 13u, 31u})
    CHECK_THROWS_WITH(into(at, side_by_side), ct::has_substring("lies in the memory of the hidden states"));
  for (const std::size_t at : {12u, 16u, 32u}) CHECK_NOTHROW(into(at, mix));
  for (const std::size_t at : {12u, 32u}) CHECK_NOTHROW(into(at, side_by_side));
}

TEMPLATE_TEST_CASE("a layer mix gives the gradients of its weights, by real tokens alone", "[layer_mix][gradient]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const Index hidden : {1, 37}) {
    const auto data = layer_data<TestType>(3, hidden);
    const std::vector<A> weights{A(0.5), A(-0.25), A(2)};
    auto padded = data;
    const auto mask = mask_with_holes();
    Eigen::Tensor<A, 3> d_x(mixed_batch, mixed_seq, hidden);
    test::Random random(5);
    std::vector<double> expected(3), sizes(3);
    for (Index b = 0; b < mixed_batch; ++b)
      for (Index s = 0; s < mixed_seq; ++s)
        for (Index h = 0; h < hidden; ++h) {
          const auto at = static_cast<std::size_t>((b * mixed_seq + s) * hidden + h);
          d_x(b, s, h) = mask(b, s) == 1 ? static_cast<A>(random.between(-1, 1)) : std::numeric_limits<A>::quiet_NaN();
          double mixed = 0;
          for (std::size_t l = 0; l < 3; ++l) {
            if (mask(b, s) == 0) padded[l][at] = static_cast<TestType>(NAN);
            mixed += static_cast<double>(weights[l]) * static_cast<double>(seqpool::widen(data[l][at])) / 2.25;
          }
          for (std::size_t l = 0; l < 3 && mask(b, s) == 1; ++l) {
            const double g = static_cast<double>(d_x(b, s, h));
            expected[l] += g * (static_cast<double>(seqpool::widen(data[l][at])) - mixed) / 2.25;
            sizes[l] += std::abs(g) * 10 / 2.25;
          }
        }
    const LayerMix mix{layer_views(padded, hidden), weights};
    const auto found = mix.weight_gradient(d_x, mask);
    REQUIRE(found.size() == 3);
    // A token's sum is off by (hidden / 8 + 34) eps, and x by a few.
    const double bound = (static_cast<double>(hidden) / 8 + 40) * test::eps<TestType>;
    for (std::size_t l = 0; l < 3; ++l) CHECK(std::abs(found[l] - expected[l]) <= bound * sizes[l]);
    // In either layout, by a view, by a selection of every kind, and whatever stands between features: the same bits.
    const Eigen::Tensor<A, 3, Eigen::RowMajor> rows = d_x.swap_layout().shuffle(Eigen::array<int, 3>{2, 1, 0});
    CHECK(mix.weight_gradient(rows, mask) == found);
    CHECK(mix.weight_gradient(HiddenStates<A>(rows), seqpool::AttentionMask(mask)) == found);
    std::vector<Eigen::Tensor<TestType, 3>> columns;
    for (const auto& layer : padded)
      columns.push_back(Eigen::TensorMap<const Eigen::Tensor<TestType, 3, Eigen::RowMajor>>(layer.data(), mixed_batch,
                                                                                            mixed_seq, hidden)
                            .swap_layout()
                            .shuffle(Eigen::array<int, 3>{2, 1, 0}));
    CHECK(LayerMix{columns, weights}.weight_gradient(d_x, mask) == found);
  }
}

TEST_CASE("a layer mix learns its weights behind any pooling, as central differences do", "[layer_mix][gradient]") {
  const Index hidden = 6;
  const auto data = layer_data<double>(3, hidden);
  const auto views = layer_views(data, hidden);
  const auto mask = mask_with_holes();
  const seqpool::Attention pooling{test::query_of<double>(hidden)};
  Eigen::Tensor<double, 2, Eigen::RowMajor> d_out(mixed_batch, hidden);
  test::Random random(6);
  for (Index i = 0; i < mixed_batch * hidden; ++i) d_out.data()[i] = random.between(-1, 1);
  std::vector<double> weights{0.5, 0.75, 2};
  const LayerMix mix{views, weights};
  const auto found = mix.weight_gradient(seqpool::gradient(pooling, mix, mask, d_out).tokens, mask);
  for (std::size_t l = 0; l < 3; ++l) {
    const auto moved = [&](double step) {
      auto others = weights;
      others[l] += step;
      const auto pooled = seqpool::pool(pooling, LayerMix{views, others}, mask);
      double sum = 0;
      for (Index i = 0; i < mixed_batch * hidden; ++i) sum += d_out.data()[i] * pooled.data()[i];
      return sum;
    };
    CHECK(found[l] == ct::Approx((moved(1e-5) - moved(-1e-5)) / 2e-5).epsilon(1e-7));
  }
}

TEST_CASE("an offset of all layers costs the gradients of a mix's weights no digits", "[layer_mix][gradient]") {
  const std::vector<float> a{1000, 1001, 1002}, b{1002, 1001, 1002};
  const std::vector layers{HiddenStates<float>(a.data(), {1, 3, 1}), HiddenStates<float>(b.data(), {1, 3, 1})};
  Eigen::Tensor<float, 3> d_x(1, 3, 1);
  d_x.setConstant(1.25f);
  CHECK(LayerMix{layers}.weight_gradient(d_x, seqpool::all_tokens) == std::vector<double>{-0.625, 0.625});
  CHECK(LayerMix{layers}.weight_gradient(d_x, seqpool::Spans{{0, 1, 3}}) == std::vector<double>{0, 0});
  CHECK(LayerMix{layers}.weight_gradient(d_x, seqpool::Lengths(std::array{0})) == std::vector<double>{0, 0});
  CHECK_THROWS_WITH(LayerMix{layers}.weight_gradient(Eigen::Tensor<float, 3>(1, 2, 1), seqpool::all_tokens),
                    ct::has_substring("d_x is [1, 2, 1], but the mix is [1, 3, 1]"));
  CHECK_THROWS_AS(LayerMix{layers}.weight_gradient(d_x, seqpool::Lengths(std::array{4})), std::invalid_argument);
}
