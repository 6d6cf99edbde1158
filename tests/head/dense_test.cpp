// SPDX-License-Identifier: MIT
#include <seqpool/head/dense.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Activation;
using seqpool::Dense;
using seqpool::Index;
using seqpool::Linear;
using seqpool::Residual;

namespace {

// A layer of seeded numbers, and its product with a row in double.
template <class T> struct DenseLayer {
  Index out, in;
  std::vector<T> weight, bias;

  DenseLayer(Index out_, Index in_, std::uint64_t seed)
      : out(out_),
        in(in_),
        weight(test::Random(seed).values<T>(out * in)),
        bias(test::Random(seed + 1).values<T>(out)) {}

  Linear<T> head() const {
    return Linear(Eigen::TensorMap<const Eigen::Tensor<const T, 2, Eigen::RowMajor>>(weight.data(), out, in), bias);
  }
  // W x + b of one output, and the bound that Linear states, in eps.
  std::array<double, 2> at(Index o, const seqpool::accumulator_t<T>* x) const {
    double sum = static_cast<double>(seqpool::widen(bias[static_cast<std::size_t>(o)]));
    double size = std::abs(sum);
    for (Index f = 0; f < in; ++f) {
      const double product =
          static_cast<double>(seqpool::widen(weight[static_cast<std::size_t>(o * in + f)])) * static_cast<double>(x[f]);
      sum += product;
      size += std::abs(product);
    }
    return {sum, (static_cast<double>(std::min(in, Index{256})) / 2 + static_cast<double>(in) / 512 + 4) * size};
  }
};

double activation_in_double(Activation activation, double x) {
  const auto gelu_tanh = [&] {
    return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.)) * (x + 0.044715 * x * x * x)));
  };
  switch (activation) {
    case Activation::identity:
      return x;
    case Activation::tanh:
      return std::tanh(x);
    case Activation::relu:
      return std::fmax(x, 0);
    case Activation::gelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.)));
    case Activation::gelu_tanh:
      return gelu_tanh();
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
  }
  return 0;
}

const std::vector<Activation> dense_activations{Activation::identity, Activation::tanh,      Activation::relu,
                                                Activation::gelu,     Activation::gelu_tanh, Activation::silu,
                                                Activation::sigmoid};

Eigen::Tensor<float, 2, Eigen::RowMajor> dense_input(Index rows, Index features) {
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(rows, features);
  const auto values = test::Random(7).values<float>(rows * features);
  std::copy(values.begin(), values.end(), x.data());
  return x;
}

template <class T> Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> zero_weight(Index out, Index in) {
  return Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>::Zero(out, in);
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 4: dense is the activation of a linear layer, then the residual, within its bound",
                   "[guarantees][dense]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const double eps = static_cast<double>(std::numeric_limits<A>::epsilon());
  for (const Index out : {1, 9, 40})
    for (const Index in : {9, 40, 300}) {
      const DenseLayer<TestType> layer(out, in, 1), projection(out, in, 3);
      const auto values = test::Random(5).values<A>(4 * in, -2, 2);
      const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> x(values.data(), 4, in);
      for (const Activation activation : dense_activations) {
        INFO(seqpool::name_of(activation) << " [" << out << ", " << in << "]");
        const auto plain = seqpool::map(Dense{layer.head(), activation}, x);
        const auto projected = seqpool::map(Dense{layer.head(), activation, projection.head()}, x);
        STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(plain)>, Eigen::Tensor<A, 2, Eigen::RowMajor>>);
        for (Index b = 0; b < 4; ++b)
          for (Index o = 0; o < out; ++o) {
            const auto [z, z_bound] = layer.at(o, &x(b, 0));
            const auto [p, p_bound] = projection.at(o, &x(b, 0));
            const double a = activation_in_double(activation, z);
            // The oracle is as exact as the result where that is of double: as much is allowed for it.
            const double oracle = std::is_same_v<A, double> ? 2 : 1;
            const double bound = (1.2 * z_bound + 8 * (1 + std::abs(a))) * eps * oracle;
            CHECK(std::abs(static_cast<double>(plain(b, o)) - a) <= bound);
            CHECK(std::abs(static_cast<double>(projected(b, o)) - (a + p)) <=
                  bound + (std::abs(a + p) + p_bound) * eps * oracle);
            if (out == in) {
              const double y = a + static_cast<double>(x(b, o));
              const auto with_x = seqpool::map(Dense{layer.head(), activation, Residual{}}, x);
              CHECK(std::abs(static_cast<double>(with_x(b, o)) - y) <= bound + std::abs(y) * eps * oracle);
            }
          }
      }
    }
}

TEST_CASE("the residual is added behind the activation, and not before it", "[dense]") {
  const Eigen::Matrix2f weight = Eigen::Matrix2f::Identity();
  Eigen::Tensor<float, 2> x(1, 2);
  x.setValues({{3, -2}});
  const auto y = seqpool::map(Dense{Linear{weight}, Activation::relu, Residual{}}, x);
  CHECK((y(0, 0) == 6 && y(0, 1) == -2));
  const Linear projection{Eigen::Matrix2f(10 * weight), std::array<float, 2>{1, 2}};
  const auto projected = seqpool::map(Dense{Linear{weight}, Activation::relu, projection}, x);
  CHECK((projected(0, 0) == 34 && projected(0, 1) == -18));
}

TEST_CASE("a dense layer states the sizes that its linear layer does", "[dense]") {
  const Linear fixed{Eigen::Matrix<float, 3, 2>::Zero()};
  const Dense head{fixed, Activation::silu};
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(head)>, Dense<float, 3, 2>>);
  STATIC_REQUIRE((decltype(head)::fixed_width == 3 && decltype(head)::fixed_features == 2));
  STATIC_REQUIRE(
      std::is_same_v<decltype(Dense{Linear<double>{zero_weight<double>(3, 2)}, Activation::relu}), Dense<double>>);
  CHECK((head.out() == 3 && head.in() == 2 && head.activation() == Activation::silu));
  const Dense<float> free{fixed, Activation::gelu, Linear<float>{fixed}};
  CHECK((free.out() == 3 && free.in() == 2 && free.width(2) == 3));
  const Dense copy{free};
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(copy)>, Dense<float>>);
  STATIC_REQUIRE(seqpool::Head<Dense<Eigen::half>, float>);
  STATIC_REQUIRE(!seqpool::Head<Dense<double>, float>);
}

TEST_CASE("Guarantee 7: a dense layer names the sizes that do not fit", "[guarantees][dense]") {
  const Linear<float> linear{zero_weight<float>(3, 4)};
  CHECK_THROWS_AS((Dense{linear, Activation::tanh, Residual{}}), std::invalid_argument);
  CHECK_THROWS_WITH((Dense{linear, Activation::tanh, Residual{}}),
                    ct::has_substring("[out, in] is [3, 4]") && ct::has_substring("out must be in"));
  CHECK_THROWS_AS((Dense{linear, Activation::tanh, Linear{zero_weight<float>(3, 5)}}), std::invalid_argument);
  CHECK_THROWS_WITH((Dense{linear, Activation::tanh, Linear{zero_weight<float>(2, 4)}}),
                    ct::has_substring("projection [out, in] = [2, 4]") && ct::has_substring("[out, in] is [3, 4]"));
  CHECK_NOTHROW(Dense{linear, Activation::tanh, Linear{zero_weight<float>(3, 4)}});
  CHECK_THROWS_AS((Dense<float, 3, 5>{linear, Activation::tanh}), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::map(Dense{linear, Activation::tanh}, dense_input(2, 5)),
                    ct::has_substring("vectors of 5 features"));
}

TEST_CASE("Guarantee 9: a dense layer allocates nothing without a projection", "[guarantees][dense]") {
  const auto x = dense_input(12, 40);
  const DenseLayer<float> layer(40, 40, 1);
  Eigen::Tensor<float, 2, Eigen::RowMajor> out(12, 40);
  const auto allocations = [&](const auto& head) {
    const test::AllocationCount count;
    seqpool::map_into(out, head, x);
    return count.so_far();
  };
  CHECK(allocations(Dense{layer.head(), Activation::gelu}) == 0);
  CHECK(allocations(Dense{layer.head(), Activation::gelu, Residual{}}) == 0);
  CHECK(allocations(Dense{layer.head(), Activation::gelu, layer.head()}) == 1);
}

TEST_CASE("a dense layer of no rows, features or outputs is one like others", "[dense]") {
  const auto empty = [](Index out, Index in) { return Linear{zero_weight<float>(out, in)}; };
  CHECK(seqpool::map(Dense{empty(3, 4), Activation::tanh, empty(3, 4)}, dense_input(0, 4)).dimension(0) == 0);
  CHECK(seqpool::map(Dense{empty(0, 4), Activation::tanh, empty(0, 4)}, dense_input(2, 4)).dimension(1) == 0);
  CHECK(seqpool::map(Dense{empty(3, 0), Activation::sigmoid, empty(3, 0)}, dense_input(2, 0))(1, 2) == 0.5f);
  CHECK(seqpool::map(Dense{empty(0, 0), Activation::tanh, Residual{}}, dense_input(2, 0)).dimension(1) == 0);
}

TEST_CASE("a dense head goes back through its activation, and around it", "[dense][gradient]") {
  using Row = std::vector<float>;
  const Linear linear{Eigen::MatrixXf(Eigen::Matrix2f{{1, 2}, {3, -4}}), Row{0.5f, 1}};
  const Linear projection{Eigen::MatrixXf(Eigen::Matrix2f{{1, 0}, {1, 1}})};
  const Row x{1, 1}, d_y{10, 100};  // W x + b = 3.5 and 0, where relu has no slope
  Row own(6), of_both(10);
  CHECK(test::gone_back<float>(Dense{linear, Activation::relu}, x, d_y, own) == Row{10, 20});
  CHECK(own == Row{10, 10, 0, 0, 10, 0});
  CHECK(test::gone_back<float>(Dense{linear, Activation::relu, Residual{}}, x, d_y) == Row{20, 120});
  CHECK(test::gone_back<float>(Dense{linear, Activation::relu, projection}, x, d_y, of_both) == Row{120, 120});
  CHECK(of_both == Row{10, 10, 0, 0, 10, 0, 10, 10, 100, 100});
}
