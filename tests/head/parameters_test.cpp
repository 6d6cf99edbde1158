// SPDX-License-Identifier: MIT
// What heads let be visited: names, sizes, whether it is penalised, and the numbers that they were given, bit for bit.
#include <seqpool/fold/parameters.hpp>

#include <seqpool/seqpool.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;

namespace {

// Numbers of a parameter whose name is the seed.
template <class T> Eigen::Tensor<T, 2> parameter_matrix(Index rows, Index columns, unsigned seed) {
  const auto values = test::Random(seed).values<T>(rows * columns);
  Eigen::Tensor<T, 2> matrix(rows, columns);  // column-major, so that an order by memory shows
  std::copy(values.begin(), values.end(), matrix.data());
  return matrix;
}
template <class T> std::vector<T> parameter_vector(Index size, unsigned seed) {
  return test::Random(seed).values<T>(size);
}

// What is visited, in order: "name! 2 3" with ! where it is penalised; and all numbers one behind the other.
template <class A> struct Visited {
  std::vector<std::string> names;
  std::vector<A> numbers;
};
template <class A, class P> Visited<A> all_parameters(const P& p) {
  Visited<A> all;
  seqpool::visit_parameters(p,
                            [&all](std::string_view name, auto numbers, std::span<const Index> shape, bool penalised) {
                              std::string text = std::string(name) + (penalised ? "!" : "");
                              Index product = 1;
                              for (const Index size : shape) {
                                text += ' ' + std::to_string(size);
                                product *= size;
                              }
                              CHECK(product == static_cast<Index>(numbers.size()));
                              all.names.push_back(text);
                              if constexpr (std::is_same_v<typename decltype(numbers)::value_type, const A> ||
                                            std::is_same_v<typename decltype(numbers)::value_type, A>)
                                all.numbers.insert(all.numbers.end(), numbers.begin(), numbers.end());
                              else
                                FAIL("numbers of another type");
                            });
  return all;
}

// What was given, row by row, widened.
template <class A> struct Given {
  std::vector<A> numbers;

  template <class T> Given& operator<<(const Eigen::Tensor<T, 2>& matrix) {
    for (Index r = 0; r < matrix.dimension(0); ++r)
      for (Index c = 0; c < matrix.dimension(1); ++c) numbers.push_back(seqpool::widen(matrix(r, c)));
    return *this;
  }
  template <class T> Given& operator<<(const std::vector<T>& vector) {
    for (const T x : vector) numbers.push_back(seqpool::widen(x));
    return *this;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEMPLATE_TEST_CASE("a head's parameters are those it was given, widened, in one order", "[parameters][head]",
                   SEQPOOL_TEST_SCALARS) {
  using T = TestType;
  using A = seqpool::accumulator_t<T>;
  // Narrow weights lie by rows, others in panels.
  for (const Index out : {Index{3}, Index{70}}) {
    const auto weight = parameter_matrix<T>(out, 5, 1), other = parameter_matrix<T>(out, 5, 2);
    const auto bias = parameter_vector<T>(out, 3);
    const std::string sizes = " " + std::to_string(out) + " 5", size = " " + std::to_string(out);
    const seqpool::Linear linear{weight, bias};
    auto found = all_parameters<A>(linear);
    CHECK(found.names == Names{"weight!" + sizes, "bias" + size});
    CHECK(found.numbers == (Given<A>() << weight << bias).numbers);
    found = all_parameters<A>(seqpool::Linear{weight});
    CHECK(found.names == Names{"weight!" + sizes});
    found = all_parameters<A>(seqpool::Linear<T>(seqpool::Linear<T, Eigen::Dynamic, 5>{weight, bias}));
    CHECK(found.numbers == (Given<A>() << weight << bias).numbers);

    found = all_parameters<A>(seqpool::Dense{linear, seqpool::Activation::tanh, seqpool::Linear{other}});
    CHECK(found.names == Names{"linear.weight!" + sizes, "linear.bias" + size, "residual.weight!" + sizes});
    CHECK(found.numbers == (Given<A>() << weight << bias << other).numbers);
  }

  const auto weight = parameter_vector<T>(4, 5), bias = parameter_vector<T>(4, 6);
  CHECK(all_parameters<A>(seqpool::LayerNorm<T>{}).names.empty());
  CHECK(all_parameters<A>(seqpool::LayerNorm{weight}).names == Names{"weight 4"});
  CHECK(all_parameters<A>(seqpool::LayerNorm{weight, bias}).names == Names{"weight 4", "bias 4"});
  CHECK(all_parameters<A>(seqpool::LayerNorm{weight, bias}).numbers == (Given<A>() << weight << bias).numbers);
  CHECK(all_parameters<A>(seqpool::Affine{weight, bias}).names == Names{"scale 4", "shift 4"});
  CHECK(all_parameters<A>(seqpool::Affine{weight, bias}).numbers == (Given<A>() << weight << bias).numbers);
  CHECK(all_parameters<A>(seqpool::Affine{weight[0], bias[0]}).names == Names{"scale", "shift"});
  CHECK(all_parameters<A>(seqpool::Affine{weight[0], bias[0]}).numbers ==
        std::vector<A>{seqpool::widen(weight[0]), seqpool::widen(bias[0])});
}

TEMPLATE_TEST_CASE("attention's heads are visited by torch's names", "[parameters][head]", SEQPOOL_TEST_SCALARS) {
  using T = TestType;
  using A = seqpool::accumulator_t<T>;
  const auto in = parameter_matrix<T>(12, 4, 1), out = parameter_matrix<T>(4, 4, 2),
             query = parameter_matrix<T>(2, 4, 3);
  const auto value = parameter_matrix<T>(4, 3, 7);
  const auto in_bias = parameter_vector<T>(12, 4), out_bias = parameter_vector<T>(4, 5), value_bias = out_bias;
  using Weights = seqpool::MultiheadAttentionWeights<T>;
  const auto matrix = [](const auto& m) {
    return typename Weights::Matrix(m.swap_layout().shuffle(Eigen::array<int, 2>{1, 0}));
  };
  const auto vector = [](const std::vector<T>& v) {
    typename Weights::Vector tensor(static_cast<Index>(v.size()));
    std::copy(v.begin(), v.end(), tensor.data());
    return tensor;
  };
  Weights weights;
  weights.query = matrix(query);
  weights.heads = 2;
  weights.in_proj_weight = matrix(in);
  weights.in_proj_bias = vector(in_bias);
  weights.out_proj_weight = matrix(out);
  weights.out_proj_bias = vector(out_bias);
  auto found = all_parameters<A>(seqpool::MultiheadAttention<T>{weights});
  CHECK(found.names ==
        Names{"query! 2 4", "in_proj_weight! 12 4", "in_proj_bias 12", "out_proj.weight! 4 4", "out_proj.bias 4"});
  CHECK(found.numbers == (Given<A>() << query << in << in_bias << out << out_bias).numbers);

  found = all_parameters<A>(seqpool::ValueProjection<T>(matrix(value), vector(value_bias), matrix(out), vector({}), 2));
  CHECK(found.names == Names{"v_proj.weight! 4 3", "v_proj.bias 4", "out_proj.weight! 4 4"});
  CHECK(found.numbers == (Given<A>() << value << value_bias << out).numbers);

  const auto places = parameter_vector<T>(2, 8);
  const auto probed = parameter_matrix<T>(2, 3, 9);
  found = all_parameters<A>(seqpool::AttentionProbe{probed, places, value, value_bias});
  CHECK(found.names == Names{"q.weight! 2 3", "position_weight 2", "v.weight! 4 3", "v.bias 4"});
  CHECK(found.numbers == (Given<A>() << probed << places << value << value_bias).numbers);
}

TEST_CASE("what is made of heads says theirs behind their places", "[parameters][head]") {
  const seqpool::Linear linear{parameter_matrix<float>(4, 4, 1)};
  const seqpool::LayerNorm norm{parameter_vector<float>(4, 2), parameter_vector<float>(4, 3)};
  const Names both{"0.weight! 4 4", "2.weight 4", "2.bias 4"};
  const seqpool::Normalize unit;
  const auto expected = all_parameters<float>(seqpool::Sequential{linear, unit, norm});
  CHECK(expected.names == both);
  using Any = seqpool::AnyHead<float>;
  for (const auto& found : {all_parameters<float>(seqpool::SkipConnection{linear, unit, norm}),
                            all_parameters<float>(seqpool::EachQuery{2, linear, unit, norm}),
                            all_parameters<float>(Any(seqpool::Sequential{linear, unit, norm})),
                            all_parameters<float>(Any(std::vector<Any>{linear, unit, norm}))}) {
    CHECK(found.names == both);
    CHECK(found.numbers == expected.numbers);
  }
  CHECK(all_parameters<float>(seqpool::QueryMean{2}).names.empty());
  CHECK(all_parameters<float>(Any(seqpool::QueryMean{2})).names.empty());
  CHECK(all_parameters<float>(Any(linear)).names == Names{"weight! 4 4"});

  const seqpool::Classifier classifier{seqpool::Attention{parameter_vector<float>(4, 4)}, linear, norm};
  const Names whole{"pooling.query! 4", "head.0.weight! 4 4", "head.1.weight 4", "head.1.bias 4"};
  CHECK(all_parameters<float>(classifier).names == whole);
  CHECK(all_parameters<float>(seqpool::Embedder{classifier.pooling(), linear, norm}).names == whole);
  CHECK(all_parameters<float>(seqpool::Embedder{seqpool::Mean{}}).names.empty());
}
