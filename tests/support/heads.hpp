// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_HEADS_HPP
#define SEQPOOL_TESTS_SUPPORT_HEADS_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <seqpool/seqpool.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/poolings.hpp"
#include "support/random.hpp"

// Heads of random weights, each with a naive float64 oracle and the bound that its header states.
namespace test {

using seqpool::Activation;

// What a head makes of one row, which may be off itself.
using Oracle = std::function<Expected(const Expected&)>;

template <class T> struct HeadOf {
  seqpool::AnyHead<accumulator_t<T>> head;
  Oracle expected;
};

// One after another.
inline Oracle then(Oracle first, Oracle second) {
  return [first, second](const Expected& x) { return second(first(x)); };
}

// Each feature by itself: f(x, feature) is {value, bound}; what x is off by counts `slope` times.
template <class F> Oracle each_feature(F f, double slope) {
  return [f, slope](const Expected& x) {
    Expected y;
    for (std::size_t i = 0; i < x.value.size(); ++i) {
      const auto [value, bound] = f(x.value[i], i);
      y.value.push_back(value);
      y.bound.push_back(bound + slope * x.bound[i]);
    }
    return y;
  };
}

inline Expected part_of(const Expected& x, std::size_t first, std::size_t count) {
  const auto cut = [&](const std::vector<double>& all) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  return {cut(x.value), cut(x.bound)};
}

// Each of k parts by itself, side by side.
inline Oracle each_part(std::size_t k, Oracle f) {
  return [k, f](const Expected& x) {
    Expected all;
    for (std::size_t q = 0, n = x.value.size() / k; q < k; ++q) {
      const Expected y = f(part_of(x, q * n, n));
      all.value.insert(all.value.end(), y.value.begin(), y.value.end());
      all.bound.insert(all.bound.end(), y.bound.begin(), y.bound.end());
    }
    return all;
  };
}

template <class T> auto matrix_of(const std::vector<T>& values, Index rows, Index columns) {
  Eigen::Tensor<T, 2, Eigen::RowMajor> result(rows, columns);
  std::copy(values.begin(), values.end(), result.data());
  return result;
}
template <class T> std::vector<double> wide(const std::vector<T>& values) {
  std::vector<double> result;
  for (const T x : values) result.push_back(static_cast<double>(seqpool::widen(x)));
  return result;
}

// Weights, as they are multiplied by.
template <class T> struct RandomLinear {
  Index out, in;
  std::vector<T> weight, bias;

  RandomLinear(Random& random, Index out_, Index in_, bool has_bias = true)
      : out(out_), in(in_), weight(random.values<T>(out * in)), bias(random.values<T>(has_bias ? out : 0)) {}

  seqpool::Linear<T> head() const {
    const auto numbers = matrix_of(weight, out, in);
    return bias.empty() ? seqpool::Linear<T>(numbers) : seqpool::Linear<T>(numbers, bias);
  }
  Oracle expected() const {
    return [*this](const Expected& x) {
      const auto h = static_cast<double>(in);
      Expected y;
      for (Index o = 0; o < out; ++o) {
        double sum = bias.empty() ? 0 : static_cast<double>(seqpool::widen(bias[static_cast<std::size_t>(o)]));
        double size = std::abs(sum), off = 0;
        for (Index f = 0; f < in; ++f) {
          const double w = static_cast<double>(seqpool::widen(weight[static_cast<std::size_t>(o * in + f)]));
          const auto i = static_cast<std::size_t>(f);
          sum += w * x.value[i], size += std::abs(w * x.value[i]), off += std::abs(w) * x.bound[i];
        }
        y.value.push_back(sum);
        y.bound.push_back((std::min(h, 256.) / 2 + h / 512 + 4) * eps<T> * (size + off) + off);
      }
      return y;
    };
  }
};

// {a(x), its bound}; no slope is steeper than 1.13.
template <class T> std::pair<double, double> activated(Activation activation, double x) {
  const double u = std::sqrt(2 / std::acos(-1.)) * (x + 0.044715 * x * x * x), low = std::min(x, 0.);
  double y = x, errors = 0;
  if (activation == Activation::tanh) y = std::tanh(x), errors = 4;
  if (activation == Activation::relu) y = std::max(x, 0.);
  if (activation == Activation::gelu) y = x / 2 * std::erfc(-x / std::sqrt(2.)), errors = 8 + low * low;
  if (activation == Activation::gelu_tanh) y = x / (1 + std::exp(-2 * u)), errors = 8 - 8 * std::min(u, 0.);
  if (activation == Activation::silu) y = x / (1 + std::exp(-x)), errors = 8;
  if (activation == Activation::sigmoid) y = 1 / (1 + std::exp(-x)), errors = 4;
  return {y, errors * eps<T> * std::abs(y)};
}
template <class T> Oracle activation_of(Activation activation) {
  return each_feature([activation](double x, std::size_t) { return activated<T>(activation, x); }, 1.13);
}

// Dense, with what is added to it, if anything is.
template <class T> Oracle dense_of(const Oracle& linear, Activation activation, const Oracle& residual = nullptr) {
  return [=](const Expected& x) {
    Expected y = linear(x);
    for (std::size_t o = 0; o < y.value.size(); ++o) {
      const double a = activated<T>(activation, y.value[o]).first;
      y.bound[o] = 1.2 * y.bound[o] + 8 * eps<T> * (1 + std::abs(a));
      y.value[o] = a;
    }
    if (!residual) return y;
    const Expected r = residual(x);
    for (std::size_t o = 0; o < y.value.size(); ++o) {
      y.value[o] += r.value[o];
      y.bound[o] += r.bound[o] + eps<T> * std::abs(y.value[o]);
    }
    return y;
  };
}

// What each number is off the mean, and the sum of its squares; in long double, because an offset is larger than what
// an oracle of double may be off by.
inline std::pair<std::vector<double>, double> off_mean(const std::vector<double>& x) {
  long double mean = 0, squares = 0;
  for (const double v : x) mean += static_cast<long double>(v) / static_cast<long double>(x.size());
  std::vector<double> off;
  for (const double v : x) {
    const long double difference = static_cast<long double>(v) - mean;
    squares += difference * difference;
    off.push_back(static_cast<double>(difference));
  }
  return {off, static_cast<double>(squares)};
}

template <class T> Oracle layer_norm_of(const std::vector<T>& weight, const std::vector<T>& bias, double added) {
  return [w = wide(weight), b = wide(bias), added](const Expected& x) {
    const double n = static_cast<double>(x.value.size());
    const auto [off, squares] = off_mean(x.value);
    Expected y;
    for (std::size_t f = 0; f < x.value.size(); ++f) {
      const double z = off[f] / std::sqrt(squares / n + added);
      const double weight_f = w.empty() ? 1 : w[f], bias_f = b.empty() ? 0 : b[f];
      y.value.push_back(z * weight_f + bias_f);
      y.bound.push_back((n / 16 + 32) * eps<T> * (std::abs(weight_f) * (1 + std::abs(z)) + std::abs(bias_f)));
    }
    return y;
  };
}

template <class T> Expected standardized(const Expected& x) {
  const double n = static_cast<double>(x.value.size());
  const auto [off, squares] = off_mean(x.value);
  const double s = std::sqrt(squares / (n - 1)) + 1e-5;
  double largest = 0;
  for (const double v : x.value) largest = std::max(largest, std::abs(v));
  Expected y;
  for (const double difference : off) {
    y.value.push_back(difference / s);
    y.bound.push_back((n / 16 + 32) * eps<T> * (1 + std::abs(y.value.back())) * (1 + largest / s));
  }
  return y;
}

template <class T> Oracle normalize_of(double p) {
  return [p](const Expected& x) {
    const double n = static_cast<double>(x.value.size());
    double largest = 0, sum = 0;
    for (const double v : x.value) largest = std::max(largest, std::abs(v));
    for (const double v : x.value) sum += std::isinf(p) ? 0 : std::pow(std::abs(v) / largest, p);
    const double norm = largest * (std::isinf(p) ? 1 : std::pow(sum, 1 / p));
    const double errors = p == 2 ? n / 16 + 12 : (n / 16 + 24) / std::min(p, 1.);
    return each_feature(
        [=](double v, std::size_t) {
          const double y = largest == 0 ? 0 : v / norm;
          return std::pair(y, errors * eps<T> * std::abs(y));
        },
        0)(x);
  };
}

// The k largest, the first of equals.
inline Oracle keep_largest_of(std::size_t k) {
  return [k](const Expected& x) {
    std::vector<std::size_t> order(x.value.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return std::abs(x.value[a]) > std::abs(x.value[b]); });
    Expected y{std::vector<double>(x.value.size()), std::vector<double>(x.value.size())};
    for (std::size_t i = 0; i < std::min(k, order.size()); ++i) y.value[order[i]] = x.value[order[i]];
    return y;
  };
}

template <class T> Oracle query_mean_of(std::size_t k) {
  return [k](const Expected& x) {
    const std::size_t n = x.value.size() / k;
    Expected y{std::vector<double>(n), std::vector<double>(n)};
    for (std::size_t i = 0; i < x.value.size(); ++i) {
      const double queries = static_cast<double>(k);
      y.value[i % n] += x.value[i] / queries;
      y.bound[i % n] += eps<T> * std::abs(x.value[i]) + x.bound[i] / queries;
    }
    return y;
  };
}

template <class T> struct HeadKind {
  const char* name;
  HeadOf<T> (*make)(Random&, Index in);
};

// A number that divides n.
inline Index divisor_of(Index n) { return n % 3 == 0 ? 3 : n % 2 == 0 ? 2 : 1; }

// Every head. A new one is one more entry here.
template <class T> const auto& head_kinds() {
  using A = accumulator_t<T>;
  using Any = seqpool::AnyHead<A>;
  using Linear = RandomLinear<T>;
  const auto any_activation = [](Random& random) { return static_cast<Activation>(random.below(7)); };
  static constexpr auto activation = any_activation;
  static const std::array kinds{
      HeadKind<T>{"Linear",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Linear linear(random, 1 + random.below(40), in, random.below(2) == 0);
                    return {linear.head(), linear.expected()};
                  }},
      HeadKind<T>{"Activate",
                  [](Random& random, Index) -> HeadOf<T> {
                    const Activation a = activation(random);
                    return {seqpool::Activate{a}, activation_of<T>(a)};
                  }},
      HeadKind<T>{"Dense",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Linear linear(random, 1 + random.below(40), in);
                    const Activation a = activation(random);
                    return {seqpool::Dense{linear.head(), a}, dense_of<T>(linear.expected(), a)};
                  }},
      HeadKind<T>{"Dense with a residual",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Linear linear(random, in, in);
                    const Activation a = activation(random);
                    return {seqpool::Dense{linear.head(), a, seqpool::Residual{}},
                            dense_of<T>(linear.expected(), a, [](const Expected& x) { return x; })};
                  }},
      HeadKind<T>{"Dense with a projection",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Linear linear(random, 1 + random.below(40), in), projection(random, linear.out, in, false);
                    const Activation a = activation(random);
                    return {seqpool::Dense{linear.head(), a, projection.head()},
                            dense_of<T>(linear.expected(), a, projection.expected())};
                  }},
      HeadKind<T>{"LayerNorm",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Index with = random.below(3);
                    const auto weight = random.values<T>(with > 0 ? in : 0, -2, 2),
                               bias = random.values<T>(with > 1 ? in : 0);
                    const Oracle expected = layer_norm_of(weight, bias, with == 1 ? 1e-3 : 1e-5);
                    if (with == 0) return {seqpool::LayerNorm<A>{}, expected};
                    if (with == 1) return {seqpool::LayerNorm{weight, 1e-3}, expected};
                    return {seqpool::LayerNorm{weight, bias}, expected};
                  }},
      HeadKind<T>{"Standardize", [](Random&, Index) -> HeadOf<T> { return {seqpool::Standardize{}, standardized<T>}; }},
      HeadKind<T>{"Normalize",
                  [](Random& random, Index) -> HeadOf<T> {
                    const double p =
                        std::array{2., 2., 1., 0.5, 1.5, 3., 10., HUGE_VAL}[static_cast<std::size_t>(random.below(8))];
                    return {seqpool::Normalize{p}, normalize_of<T>(p)};
                  }},
      HeadKind<T>{"Affine",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const auto scale = random.values<T>(in), shift = random.values<T>(in);
                    return {seqpool::Affine{scale, shift},
                            each_feature(
                                [s = wide(scale), b = wide(shift)](double x, std::size_t f) {
                                  return std::pair(s[f] * x + b[f], 2 * eps<T> * (std::abs(s[f] * x) + std::abs(b[f])));
                                },
                                1)};
                  }},
      HeadKind<T>{"Truncate",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Index k = 1 + random.below(in);
                    return {seqpool::Truncate{k},
                            [k](const Expected& x) { return part_of(x, 0, static_cast<std::size_t>(k)); }};
                  }},
      HeadKind<T>{"KeepLargest",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Index k = 1 + random.below(in + 2);
                    return {seqpool::KeepLargest{k}, keep_largest_of(static_cast<std::size_t>(k))};
                  }},
      HeadKind<T>{"QueryMean",
                  [](Random&, Index in) -> HeadOf<T> {
                    const Index k = divisor_of(in);
                    return {seqpool::QueryMean{k}, query_mean_of<T>(static_cast<std::size_t>(k))};
                  }},
      HeadKind<T>{
          "ValueProjection",
          [](Random& random, Index in) -> HeadOf<T> {
            // All heads of a query lie side by side; each has its own rows of the value's weight.
            const Index heads = divisor_of(in), hidden = in / heads, each = 1 + random.below(5);
            std::vector<Linear> values;
            Eigen::Tensor<T, 2, Eigen::RowMajor> weight(heads * each, hidden);
            Eigen::Tensor<T, 1, Eigen::RowMajor> bias(heads * each), out_bias(9);
            for (Index k = 0; k < heads; ++k) {
              values.emplace_back(random, each, hidden);
              std::copy(values.back().weight.begin(), values.back().weight.end(), weight.data() + k * each * hidden);
              std::copy(values.back().bias.begin(), values.back().bias.end(), bias.data() + k * each);
            }
            const Linear out(random, 9, heads * each);
            std::copy(out.bias.begin(), out.bias.end(), out_bias.data());
            const Oracle projected = [values](const Expected& x) {
              Expected all;
              for (std::size_t k = 0, n = x.value.size() / values.size(); k < values.size(); ++k) {
                const Expected y = values[k].expected()(part_of(x, k * n, n));
                all.value.insert(all.value.end(), y.value.begin(), y.value.end());
                all.bound.insert(all.bound.end(), y.bound.begin(), y.bound.end());
              }
              return all;
            };
            return {seqpool::ValueProjection<T>(weight, bias, matrix_of(out.weight, 9, heads * each), out_bias, heads),
                    then(projected, out.expected())};
          }},
      HeadKind<T>{"Sequential",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Linear first(random, 1 + random.below(40), in),
                        second(random, 1 + random.below(40), first.out);
                    const Activation a = activation(random);
                    return {seqpool::Sequential{first.head(), seqpool::Activate{a}, second.head()},
                            then(then(first.expected(), activation_of<T>(a)), second.expected())};
                  }},
      HeadKind<T>{"SkipConnection",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Linear first(random, 1 + random.below(40), in), second(random, in, first.out);
                    const Oracle heads = then(first.expected(), second.expected());
                    return {seqpool::SkipConnection{first.head(), second.head()}, [heads](const Expected& x) {
                              Expected y = heads(x);
                              for (std::size_t f = 0; f < y.value.size(); ++f) {
                                y.value[f] += x.value[f];
                                y.bound[f] += eps<T> * std::abs(y.value[f]);
                              }
                              return y;
                            }};
                  }},
      HeadKind<T>{"EachQuery",
                  [](Random& random, Index in) -> HeadOf<T> {
                    const Index k = divisor_of(in);
                    const Linear linear(random, 1 + random.below(20), in / k);
                    return {seqpool::EachQuery{k, seqpool::LayerNorm<A>{}, linear.head()},
                            each_part(static_cast<std::size_t>(k),
                                      then(layer_norm_of<T>({}, {}, 1e-5), linear.expected()))};
                  }},
      HeadKind<T>{
          "AnyHead of several",
          [](Random& random, Index in) -> HeadOf<T> {
            const Linear first(random, 1 + random.below(40), in), second(random, 1 + random.below(40), first.out);
            return {Any(std::vector<Any>{first.head(), second.head()}), then(first.expected(), second.expected())};
          }},
  };
  return kinds;
}

}  // namespace test

#endif
