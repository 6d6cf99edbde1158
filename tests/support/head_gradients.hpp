// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_HEAD_GRADIENTS_HPP
#define SEQPOOL_TESTS_SUPPORT_HEAD_GRADIENTS_HPP

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/same_bits.hpp"

// What the way back of any head must do, whichever it is.
namespace test {

using seqpool::Index;
using seqpool::Rows;

// A head of float and of double with the same numbers.
struct HeadCase {
  std::string name;
  Index in;
  seqpool::AnyHead<float> single;
  seqpool::AnyHead<double> wide;
  double bound;  // of float, in eps of the largest gradient

  template <class A> const seqpool::AnyHead<A>& of() const {
    if constexpr (std::same_as<A, float>)
      return single;
    else
      return wide;
  }
};

// Seeded numbers that are exact in float.
template <class A> std::vector<A> exact_values(Index n, std::uint64_t seed, double low = -1, double high = 1) {
  const auto values = Random(seed).values<float>(n, low, high);
  return {values.begin(), values.end()};
}

template <class A> seqpool::Linear<A> linear_of(Index out, Index in, std::uint64_t seed, bool has_bias = true) {
  const double size = std::sqrt(3 / static_cast<double>(in));  // so that a sum is about as large as a number of x
  const auto weight = exact_values<A>(out * in, seed, -size, size);
  const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> matrix(weight.data(), out, in);
  return has_bias ? seqpool::Linear(matrix, exact_values<A>(out, seed + 1)) : seqpool::Linear(matrix);
}

template <class A>
seqpool::ValueProjection<A> values_of(Index embed, Index hidden, Index out, Index heads, Index queries, bool biases) {
  using Projection = seqpool::ValueProjection<A>;
  typename Projection::Matrix value(embed, hidden), projection(out, embed);
  typename Projection::Vector value_bias(biases ? embed : 0), out_bias(biases ? out : 0);
  std::uint64_t seed = 40;
  const auto fill = [&](auto& tensor) {
    const auto numbers = exact_values<A>(static_cast<Index>(tensor.size()), seed++);
    std::copy(numbers.begin(), numbers.end(), tensor.data());
  };
  fill(value), fill(projection), fill(value_bias), fill(out_bias);
  return Projection(value, value_bias, projection, out_bias, heads, queries);
}

// All heads, for rows of `in` features, which 6 divides.
inline std::vector<HeadCase> head_cases(Index in) {
  using seqpool::Activation, seqpool::Activate, seqpool::Affine, seqpool::Dense, seqpool::LayerNorm;
  std::vector<HeadCase> cases;
  // make(accumulator): the head for it.
  const auto add = [&](const std::string& name, auto make, double bound = 16) {
    cases.push_back({name, in, make(0.f), make(0.), bound});
  };
  const auto layer = [](auto a, Index out, Index from, std::uint64_t seed, bool has_bias = true) {
    return linear_of<decltype(a)>(out, from, seed, has_bias);
  };
  const auto vector = [](auto a, Index n, std::uint64_t seed) { return exact_values<decltype(a)>(n, seed, 0.5, 2); };

  for (const Index out : {1, 3, 37})
    add("Linear of " + std::to_string(out), [&](auto a) { return layer(a, out, in, 1); });
  add("Linear without bias", [&](auto a) { return layer(a, 3, in, 1, false); });
  for (const Activation activation : {Activation::identity, Activation::tanh, Activation::relu, Activation::gelu,
                                      Activation::gelu_tanh, Activation::silu, Activation::sigmoid}) {
    const std::string name(seqpool::name_of(activation));
    add("Activate " + name, [&](auto) { return Activate{activation}; });
    add("Dense " + name, [&](auto a) { return Dense{layer(a, 19, in, 2), activation}; });
  }
  add("Dense with a residual",
      [&](auto a) { return Dense{layer(a, in, in, 2), Activation::gelu, seqpool::Residual{}}; });
  for (const bool has_bias : {false, true})
    for (const Index out : {5, 70})
      add("Dense with a projection to " + std::to_string(out), [&](auto a) {
        return Dense{layer(a, out, in, 2, !has_bias), Activation::tanh, layer(a, out, in, 4, has_bias)};
      });
  add("LayerNorm", [](auto a) { return LayerNorm<decltype(a)>{}; });
  add("LayerNorm of weight", [&](auto a) { return LayerNorm{vector(a, in, 3), 1e-3}; });
  add("LayerNorm of weight and bias", [&](auto a) { return LayerNorm{vector(a, in, 3), vector(a, in, 4)}; });
  for (const double p : {0.5, 1., 1.5, 2., 3., 10., HUGE_VAL})
    add("Normalize by " + std::to_string(p), [&](auto) { return seqpool::Normalize{p}; });
  // The gradient is a single number, a sum over all features, and itself the largest.
  add("Affine of numbers", [](auto a) { return Affine{decltype(a)(1.5), decltype(a)(-0.25)}; }, 64);
  add("Affine", [&](auto a) { return Affine{vector(a, in, 3), vector(a, in, 4)}; });
  add("Truncate", [&](auto) { return seqpool::Truncate{in / 2}; });
  add("Truncate to all", [&](auto) { return seqpool::Truncate{in}; });
  add("KeepLargest", [&](auto) { return seqpool::KeepLargest{in / 3}; });
  add("KeepLargest of all", [&](auto) { return seqpool::KeepLargest{in}; });
  add("QueryMean", [](auto) { return seqpool::QueryMean{3}; });
  add("Standardize", [](auto) { return seqpool::Standardize{}; });
  for (const bool biases : {false, true}) {
    add("ValueProjection", [&](auto a) { return values_of<decltype(a)>(6, in / 2, 5, 2, 1, biases); });
    add("ValueProjection of queries", [&](auto a) { return values_of<decltype(a)>(40, in / 6, 21, 2, 3, biases); });
  }
  add("Sequential of none", [](auto) { return seqpool::Sequential{}; });
  const auto several = [&](auto a, auto type) {
    return type(layer(a, 19, in, 5), Activate{Activation::gelu_tanh}, LayerNorm{vector(a, 19, 6)}, layer(a, in, 19, 7));
  };
  add("Sequential", [&](auto a) { return several(a, [](auto... h) { return seqpool::Sequential{h...}; }); });
  add("SkipConnection", [&](auto a) { return several(a, [](auto... h) { return seqpool::SkipConnection{h...}; }); });
  add("AnyHead of several", [&](auto a) {
    using Any = seqpool::AnyHead<decltype(a)>;
    return several(a, [](auto... h) { return Any(std::vector<Any>{h...}); });
  });
  add("AnyHead of none", [](auto a) {
    using Any = seqpool::AnyHead<decltype(a)>;
    return Any(std::vector<Any>());
  });
  add("EachQuery of none", [](auto) { return seqpool::EachQuery{2}; });
  add("EachQuery", [&](auto a) {
    return seqpool::EachQuery{3, LayerNorm{vector(a, in / 3, 6), vector(a, in / 3, 7)}, layer(a, 7, in / 3, 8)};
  });
  return cases;
}

// The way back of one row.
template <class A, class H>
std::vector<A> gone_back(const H& head, const std::vector<A>& x, const std::vector<A>& d_y,
                         std::span<A> own = std::span<A>()) {
  const Index in = static_cast<Index>(x.size()), out = static_cast<Index>(d_y.size());
  std::vector<A> d_x(x.size());
  head.backward(Rows<const A>(x.data(), 1, in, in), Rows<const A>(d_y.data(), 1, out, out),
                Rows<A>(d_x.data(), 1, in, in), own);
  return d_x;
}

// Rows and what goes back through them, each row with a gap behind it that nothing may touch.
template <class A> struct HeadRun {
  static constexpr Index gap = 3;
  static constexpr A untouched = A(-77);

  const seqpool::AnyHead<A>& head;
  Index n, in, width;
  std::vector<A> x, d_out;  // [n, in + gap], [n, width + gap]

  HeadRun(const seqpool::AnyHead<A>& head_, Index n_, Index in_, const std::vector<A>& rows, std::uint64_t seed = 90)
      : head(head_), n(n_), in(in_), width(head.width(in)) {
    const auto g = exact_values<A>(n * width, seed);
    x = apart(rows, in), d_out = apart(g, width);
  }

  std::vector<A> apart(const std::vector<A>& rows, Index features) const {
    std::vector<A> result(static_cast<std::size_t>(n * (features + gap)), untouched);
    for (Index i = 0; i < n; ++i)
      std::copy_n(rows.begin() + i * features, features, result.begin() + i * (features + gap));
    return result;
  }
  Rows<const A> rows_of(const std::vector<A>& numbers, Index features) const {
    return {numbers.data(), n, features, features + gap};
  }

  struct Back {
    std::vector<A> d_in;  // [n, in + gap]
    std::vector<A> own;
    bool operator==(const Back& other) const { return same_bits(d_in, other.d_in) && same_bits(own, other.own); }
  };

  // The way back, `together` rows at a time.
  Back back(Index together, bool of_rows = true, bool of_parameters = true) const {
    Back result;
    result.d_in.assign(static_cast<std::size_t>(n * (in + gap)), untouched);
    result.own.assign(static_cast<std::size_t>(seqpool::parameter_count(head)), A(0.125));  // it is added to
    for (Index first = 0; first < n; first += together) {
      const Index count = std::min(together, n - first);
      const Rows<A> d_in(result.d_in.data(), n, in, in + gap);
      head.backward(rows_of(x, in).part(first, count), rows_of(d_out, width).part(first, count),
                    of_rows ? d_in.part(first, count) : Rows<A>(nullptr, 0, in, in),
                    of_parameters ? std::span<A>(result.own) : std::span<A>());
    }
    return result;
  }
};

// sum of d_out * y, d y by differences: by f(step), which maps with something moved by the step.
inline double central_difference(const HeadRun<double>& run, double step,
                                 const std::function<std::vector<double>(double)>& f) {
  const auto above = f(step), below = f(-step);
  double sum = 0;
  for (Index i = 0; i < run.n; ++i)
    for (Index o = 0; o < run.width; ++o) {
      const auto at = static_cast<std::size_t>(i * run.width + o);
      sum += (above[at] - below[at]) * run.d_out[static_cast<std::size_t>(i * (run.width + run.gap) + o)];
    }
  return sum / (2 * step);
}

inline double largest_of(const std::vector<double>& numbers) {
  double largest = 0;
  for (const double x : numbers) largest = std::max(largest, std::abs(x));
  return largest;
}

inline void check_central_differences(const HeadCase& c, const std::vector<double>& x, Index n, double bound = 1e-7) {
  INFO(c.name << " in " << c.in);
  constexpr double step = 1e-5;
  HeadRun<double> run(c.wide, n, c.in, x);
  const auto mapped = [&](const seqpool::AnyHead<double>& head) {
    std::vector<double> y(static_cast<std::size_t>(run.n * run.width));
    head.map(run.rows_of(run.x, c.in), Rows<double>(y.data(), run.n, run.width, run.width));
    return y;
  };
  const auto back = run.back(n);
  std::vector<double> d_in, by_difference;
  for (Index i = 0; i < n; ++i)
    for (Index f = 0; f < c.in; ++f) {
      double& number = run.x[static_cast<std::size_t>(i * (c.in + run.gap) + f)];
      const double given = number;
      d_in.push_back(back.d_in[static_cast<std::size_t>(i * (c.in + run.gap) + f)]);
      by_difference.push_back(central_difference(run, step, [&](double moved) {
        number = given + moved;
        return mapped(c.wide);
      }));
      number = given;
    }
  const double largest = largest_of(by_difference);
  for (std::size_t i = 0; i < d_in.size(); ++i) {
    INFO("d_in " << i << ": " << d_in[i] << ", by difference " << by_difference[i] << " of at most " << largest);
    REQUIRE(std::abs(d_in[i] - by_difference[i]) <= bound * largest);
  }
  const seqpool::ParameterVector given = seqpool::parameters(c.wide);
  for (const auto& entry : given.entries()) {
    std::vector<double> own, differences;
    for (std::size_t i = entry.first; i < entry.first + entry.count; ++i) {
      own.push_back(back.own[i] - 0.125);
      std::vector<double> numbers(given.numbers().begin(), given.numbers().end());
      differences.push_back(central_difference(run, step, [&](double moved) {
        numbers[i] = given.numbers()[i] + moved;
        return mapped(seqpool::with_parameters(c.wide, numbers));
      }));
    }
    for (std::size_t i = 0; i < own.size(); ++i) {
      INFO(entry.name << " " << i << ": " << own[i] << ", by difference " << differences[i]);
      REQUIRE(std::abs(own[i] - differences[i]) <= bound * largest_of(differences));
    }
  }
}

// float is within c's bound of double, of each row and of each parameter by itself.
inline void check_float_gradients(const HeadCase& c, const std::vector<float>& x, Index n) {
  INFO(c.name << " in " << c.in);
  const HeadRun<float> single(c.single, n, c.in, x);
  const HeadRun<double> wide(c.wide, n, c.in, {x.begin(), x.end()});
  const auto found = single.back(n);
  const auto expected = wide.back(n);
  const auto check = [&](const auto& own, const auto& exact, std::size_t first, std::size_t count, const char* what) {
    double largest = 0;
    for (std::size_t i = first; i < first + count; ++i) largest = std::max(largest, std::abs(exact[i]));
    for (std::size_t i = first; i < first + count; ++i) {
      INFO(what << ' ' << i << ": " << own[i] << ", not " << exact[i] << " of at most " << largest);
      REQUIRE(std::abs(static_cast<double>(own[i]) - exact[i]) <=
              c.bound * static_cast<double>(std::numeric_limits<float>::epsilon()) * largest);
    }
  };
  for (Index i = 0; i < n; ++i)
    check(found.d_in, expected.d_in, static_cast<std::size_t>(i * (c.in + single.gap)), static_cast<std::size_t>(c.in),
          "d_in");
  const seqpool::ParameterVector names = seqpool::parameters(c.wide);
  for (const auto& entry : names.entries())
    check(found.own, expected.own, entry.first, entry.count, entry.name.c_str());
}

// No bit depends on which rows are handed over together, nor on what else is asked for; a row's d_in on no other row.
template <class A> void check_gradient_bits(const HeadCase& c, const std::vector<A>& x, Index n) {
  INFO(c.name << " in " << c.in);
  const HeadRun<A> run(c.of<A>(), n, c.in, x);
  const auto expected = run.back(n);
  for (Index i = 0; i < n; ++i)
    for (Index g = 0; g < run.gap; ++g)
      REQUIRE(expected.d_in[static_cast<std::size_t>((i + 1) * (c.in + run.gap) - 1 - g)] == run.untouched);
  for (const Index together : {1, 2, 5, 8}) {
    INFO(together << " at a time");
    REQUIRE(run.back(together) == expected);
  }
  const auto rows_alone = run.back(n, true, false), parameters_alone = run.back(n, false, true);
  REQUIRE(same_bits(rows_alone.d_in, expected.d_in));
  REQUIRE(rows_alone.own == std::vector<A>(expected.own.size(), A(0.125)));
  REQUIRE(same_bits(parameters_alone.own, expected.own));
  REQUIRE(parameters_alone.d_in == std::vector<A>(expected.d_in.size(), run.untouched));
  const auto nothing = run.back(n, false, false);
  REQUIRE(nothing.own == std::vector<A>(expected.own.size(), A(0.125)));
  REQUIRE(nothing.d_in == std::vector<A>(expected.d_in.size(), run.untouched));

  // A NaN in one row, or in what comes back to it.
  for (const bool in_x : {true, false}) {
    HeadRun<A> other(run);
    const Index bad = n / 2;
    (in_x ? other.x : other.d_out)[static_cast<std::size_t>(bad * ((in_x ? c.in : run.width) + run.gap))] =
        std::numeric_limits<A>::quiet_NaN();
    const auto found = other.back(n);
    for (Index i = 0; i < n; ++i)
      if (i != bad)
        REQUIRE(std::memcmp(&found.d_in[static_cast<std::size_t>(i * (c.in + run.gap))],
                            &expected.d_in[static_cast<std::size_t>(i * (c.in + run.gap))],
                            static_cast<std::size_t>(c.in) * sizeof(A)) == 0);
  }
}

// Zeros are rows like others, and no rows are nothing.
template <class A> void check_gradient_of_zeros(const HeadCase& c) {
  INFO(c.name << " in " << c.in);
  const HeadRun<A> run(c.of<A>(), 2, c.in, std::vector<A>(static_cast<std::size_t>(2 * c.in)));
  const auto found = run.back(2);
  for (const A g : found.d_in) REQUIRE(std::isfinite(g));
  for (const A g : found.own) REQUIRE(std::isfinite(g));
  const auto none = HeadRun<A>(c.of<A>(), 0, c.in, {}).back(1);
  REQUIRE(none.own == std::vector<A>(found.own.size(), A(0.125)));
}

}  // namespace test

#endif
