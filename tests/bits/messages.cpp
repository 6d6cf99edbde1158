// SPDX-License-Identifier: MIT
#include "bits.hpp"

using namespace bits;
using namespace seqpool;

// Hidden states [2, 3, 4] and sizes that fit or do not: what is said of them, in order.
int main() {
  int count = 0;
  const auto said = [&](auto f) { try_result("said " + std::to_string(++count), f); };
  const auto values = vector(24, 1);
  const HiddenStates<T> x(values.data(), {2, 3, 4});
  const auto mask = bits::mask("left", 2, 3);
  const auto pooled = [&](const auto&... with) {
    said([&] { return mean_pool(x, with...); });
    said([&] { return attention_weights(Attention{vector(4, 1)}, x, with...); });
  };
  for (const double value : {2., -1., -1e4, 0.5, double(NAN), HUGE_VAL}) {
    Eigen::Tensor<double, 2> other = mask.swap_layout().shuffle(Eigen::array<int, 2>{1, 0}).cast<double>();
    other(1, 2) = value;
    const Eigen::Tensor<T, 2> of_t = other.cast<T>();
    pooled(other), pooled(of_t);
    said([&] { return map_tokens(Normalize{}, x, other); });
  }
  const std::vector<T> nan{T(1), static_cast<T>(NAN)};
  for (const Index n : {-1, 0, 1, 2, 3, 4, 5}) {
    const std::vector<Index> numbers{1, n}, ones(static_cast<std::size_t>(n + 1), 1);
    const std::vector<const T*> pointers{x.token(0, 0), nullptr};
    const std::vector<HiddenStates<T>> layers(3, x),
        others{x, {values.data(), {2, std::clamp(n, Index{0}, Index{3}), 4}}};
    for (const auto& counts : {numbers, ones}) {
      said([&] { pooled(Lengths(counts)); });
      said([&] { pooled(skip_prefix(mask, counts)); });
      said([&] { return sum_pool(PackedStates<T>(values.data(), {6, 4}, counts)); });
      said([&] { return sum_pool(Ragged<T>(pointers, counts, 4)); });
    }
    pooled(Spans{{0, 0, 1}, {n, 1, 2}}), pooled(Spans{{0, 2, n}}), pooled(Spans{{0, n, 3}});
    said([&] { return sum_pool(HiddenStates<T>(static_cast<const T*>(nullptr), {2, n, 4})); });
    said([&] { return sum_pool(HiddenStates<T>(values.data(), {2, n, 4}, {Index{1} << 62, 4, 1})); });
    said([&] { return sum_pool(LayerMix{layers, std::vector<A>(ones.begin(), ones.end())}); });
    said([&] { return sum_pool(LayerMix{Layers(layers).last(n)}); });
    said([&] { return sum_pool(concat_layers(others)); });
    if (n < 0) continue;
    pooled(bits::mask("left", n, 3)), pooled(bits::mask("left", 2, n));
    const auto one = vector(n, 1);
    const auto two = matrix(2, n, 2), four = matrix(n, 4, 3), fits = matrix(2, 4, 4);
    const auto pools = [&](auto make) { said([&] { return pool(make(), x); }); };
    pools([&] { return Attention{one}; });
    pools([&] { return Attention{two, n == 4 ? double(NAN) : 1.}; });
    pools([&] { return PositionalAttention{two, one}; });
    pools([&] { return AdditiveAttention{fits, vector(2, 1), vector(2, 1)}.layer_norm(vector(2, 1), one); });
    pools([&] { return SelfAttentive{fits, two}; });
    pools([&] { return MaxSim{two}; });
    pools([&] { return TokenWeightedMean{two}; });
    pools([&] { return AnyPooling<T>(std::vector<AnyPooling<T>>(one.size(), Attention{one})); });
    const auto maps = [&](auto make) { said([&] { return map(make(), fits); }); };
    maps([&] { return Linear{two}; });
    maps([&] { return Dense{Linear{fits}, static_cast<Activation>(4 * n), Linear{two}}; });
    maps([&] { return LayerNorm{vector(4, 1), one}; });
    maps([&] { return Truncate{2 * n}; });
    maps([&] { return SkipConnection{Linear{four}}; });
    Matrix<A> out(2, n);
    said([&] { pool_into(out, Mean{}, x); });
    said([&] { map_into(out, Truncate{3}, fits); });
    said([&] { return similarity(two, four, static_cast<Similarity>(n)); });
    said([&] { return pair_features(two, fits, {false, false, n == 4, false}); });
    said([&] { return threshold(two, nan); });
    said([&] { return top_k(fits, n).values; });
    said([&] { return calibration_ranges(four); });
    said([&] { return quantize_int8(fits, two); });
    said([&] { return Stream<Attention<T>, T>{Attention{one}, n - 1}.value(); });
    Stream<Sum, T> stream{Sum{}, 4};
    said([&] { stream.push(two); });
    said([&] { stream.push(static_cast<const T*>(nullptr), n - 1); });
    said([&] { stream.merge(Stream<Sum, T>{Sum{}, n + 1}); });
    const auto saved = stream.save();
    said([&] { stream.load(std::span(saved).first(saved.size() - one.size())); });
  }
}
