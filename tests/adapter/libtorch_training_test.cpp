// SPDX-License-Identifier: MIT
#include <seqpool/adapter/libtorch_training.hpp>
#include <seqpool/pooling/attention.hpp>
#include <seqpool/pooling/concat.hpp>
#include <seqpool/pooling/generalized_mean.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

namespace {

constexpr seqpool::Index batch = 4, seq = 5, hidden = 6;

at::Tensor random(test::Random& numbers, at::IntArrayRef sizes, double low = -1, double high = 1) {
  const at::Tensor tensor = at::empty(sizes, at::kDouble);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = numbers.between(low, high);
  return tensor;
}

// Padding at the right, at the left and in between; no real token in the last row.
at::Tensor mask_of_all_kinds() {
  return at::tensor({1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0}, at::kLong).view({batch, seq});
}

at::Tensor learns(const at::Tensor& tensor) { return tensor.detach().clone().set_requires_grad(true); }

double largest(const at::Tensor& tensor) { return tensor.abs().max().item().toDouble(); }

// Within `bound` of the largest of what is expected.
bool close(const at::Tensor& ours, const at::Tensor& expected, double bound) {
  return ours.sizes() == expected.sizes() && largest(ours - expected) <= bound * largest(expected);
}

seqpool::Attention<double> one_query(double scale = 1) {
  return seqpool::Attention<double>(test::Random(1).values<double>(hidden), scale);
}

seqpool::Attention<double, Eigen::Dynamic> three_queries() {
  const auto numbers = test::Random(2).values<double>(3 * hidden);
  return seqpool::Attention<double, Eigen::Dynamic>(
      Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(numbers.data(), 3,
                                                                                               hidden));
}

// d sum(weights * pool) / d each number of x and of each parameter, by differences to both sides.
template <class P> void check_by_differences(const P& pooling) {
  test::Random numbers(7);
  const at::Tensor x = learns(random(numbers, {batch, seq, hidden}, 0.25, 1)), mask = mask_of_all_kinds();
  const std::vector<at::Tensor> parameters = seqpool::adapter::parameter_tensors(pooling);
  at::Tensor out = seqpool::adapter::pool_with_grad(pooling, x, mask, parameters);
  const at::Tensor weights = random(numbers, out.sizes());
  (out * weights).sum().backward();

  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> all{x};
  all.insert(all.end(), parameters.begin(), parameters.end());
  for (const at::Tensor& moved : all) {
    const at::Tensor expected = at::zeros_like(moved);
    for (std::int64_t i = 0; i < moved.numel(); ++i) {
      const auto loss_at = [&](double number) {
        moved.data_ptr<double>()[i] = number;
        return (seqpool::adapter::pool_with_grad(pooling, x, mask, parameters) * weights).sum().item().toDouble();
      };
      const double value = moved.data_ptr<double>()[i], step = 1e-5;
      expected.data_ptr<double>()[i] = (loss_at(value + step) - loss_at(value - step)) / (2 * step);
      moved.data_ptr<double>()[i] = value;
    }
    REQUIRE(moved.grad().defined());
    CHECK(largest(moved.grad()) > 0);
    CHECK(close(moved.grad(), expected, 1e-7));  // the step's square, and rounding by the step, are 1e-10
  }
}

// Attention by libtorch's operators; zeros for a row without tokens.
at::Tensor attention_of_torch(const at::Tensor& x, const at::Tensor& query, const at::Tensor& mask) {
  const at::Tensor real = mask.to(at::kBool);
  const at::Tensor scores = at::matmul(x, query).masked_fill(real.logical_not(), -1e30);
  const at::Tensor weights = at::softmax(scores, 1) * real;
  return at::bmm(weights.unsqueeze(1), x).squeeze(1);
}

// Attention that says what it was asked for on its last way back.
struct Watched : seqpool::Attention<double> {
  using seqpool::Attention<double>::Attention;

  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    of_tokens = gradients.of_tokens();
    of_parameters = !gradients.own.empty();
    seqpool::Attention<double>::backward(state, tokens, gradients);
  }

  inline static bool of_tokens, of_parameters;
};

}  // namespace

TEST_CASE("gradients through libtorch are those by differences", "[adapter]") {
  check_by_differences(seqpool::Mean{});
  check_by_differences(seqpool::Max{});
  check_by_differences(one_query());
  check_by_differences(one_query(0.5));
  check_by_differences(three_queries());
  check_by_differences(three_queries().average());
  check_by_differences(seqpool::Concat{one_query(), seqpool::GeneralizedMean{3}, seqpool::Mean{}});
}

TEST_CASE("gradients through libtorch are those of its own operators", "[adapter]") {
  const auto check = [](const auto& pooling, at::ScalarType type, double eps) {
    test::Random numbers(3);
    const at::Tensor x = learns(random(numbers, {batch, seq, hidden}).to(type)), other_x = learns(x);
    const at::Tensor query = learns(random(numbers, {hidden}).to(type)), other_query = learns(query);
    const at::Tensor mask = mask_of_all_kinds(), weights = random(numbers, {batch, hidden}).to(type);
    const at::Tensor ours = seqpool::adapter::pool_with_grad(pooling, x, mask, {query});
    const at::Tensor theirs = attention_of_torch(other_x, other_query, mask);
    CHECK(ours.scalar_type() == type);
    CHECK(close(ours, theirs, 16 * eps));
    (ours.tanh() * weights).sum().backward();
    (theirs.tanh() * weights).sum().backward();
    // 64 eps are promised, and libtorch rounds as well.
    CHECK(close(x.grad(), other_x.grad(), 128 * eps));
    CHECK(close(query.grad(), other_query.grad(), 128 * eps));
    const at::Tensor padding = x.grad().index({mask == 0});
    CHECK(at::equal(padding, at::zeros_like(padding)));
    CHECK_FALSE(at::signbit(padding).any().item<bool>());
  };
  check(seqpool::Attention(std::vector<float>(hidden)), at::kFloat, 0x1p-23);
  check(seqpool::Attention(std::vector<double>(hidden)), at::kDouble, 0x1p-52);
}

TEST_CASE("gradients through libtorch continue into an encoder, and come back twice if asked", "[adapter]") {
  test::Random numbers(4);
  const at::Tensor states = random(numbers, {batch, seq, hidden}), weight = learns(random(numbers, {hidden, hidden}));
  const at::Tensor encoded = at::tanh(at::matmul(states, weight));
  const at::Tensor pooled = seqpool::adapter::pool_with_grad(seqpool::Mean{}, encoded);  // without a mask
  CHECK(close(pooled, encoded.mean(1), 1e-15));
  encoded.mean(1).square().sum().backward({}, true);
  const at::Tensor expected = weight.grad().clone();
  const at::Tensor loss = pooled.square().sum();
  weight.mutable_grad() = at::Tensor();
  loss.backward({}, true);
  const at::Tensor once = weight.grad().clone();
  CHECK(close(once, expected, 1e-14));
  loss.backward();
  CHECK(at::equal(weight.grad(), once + once));

  const at::Tensor x = learns(states), sum = seqpool::adapter::pool_with_grad(seqpool::Mean{}, x).sum();
  sum.backward();
  CHECK_THROWS_WITH(sum.backward(), ct::has_substring("backward through the graph a second time"));
}

TEST_CASE("hidden states of any strides, and gradients of any", "[adapter]") {
  test::Random numbers(5);
  const auto gradient = [](const at::Tensor& given, auto loss_of) {
    const at::Tensor x = given.detach().set_requires_grad(true), query = at::ones({given.size(2)}, at::kDouble);
    at::Tensor loss = loss_of(seqpool::adapter::pool_with_grad(
        seqpool::Attention(std::vector<double>(static_cast<std::size_t>(given.size(2)))), x, {}, {query}));
    loss.backward();
    return x.grad();
  };
  const auto check = [&](const at::Tensor& x, auto loss_of) {
    CHECK_FALSE(x.is_contiguous());
    const at::Tensor ours = gradient(x, loss_of);
    CHECK(largest(ours) > 0);
    CHECK(at::equal(ours, gradient(x.contiguous(), loss_of)));
  };
  const auto sum_of_squares = [](const at::Tensor& out) { return out.square().sum(); };
  const at::Tensor whole = random(numbers, {batch, seq, hidden});
  check(whole.permute({1, 0, 2}), sum_of_squares);
  check(whole.transpose(1, 2), sum_of_squares);
  check(whole.narrow(1, 1, 2), sum_of_squares);
  check(whole.slice(2, 0, hidden, 2), sum_of_squares);
  check(whole[1].unsqueeze(0).expand({3, seq, hidden}), sum_of_squares);
  // d_out is one number, expanded; and lies feature by feature.
  check(whole.permute({1, 0, 2}), [](const at::Tensor& out) { return out.sum(); });
  const at::Tensor by_feature = random(numbers, {hidden, batch});
  const auto transposed = [&](const at::Tensor& out) { return (out.t() * by_feature).sum(); };
  CHECK(at::equal(gradient(whole, transposed),
                  gradient(whole, [&](const at::Tensor& out) { return (out * by_feature.t().contiguous()).sum(); })));
}

TEST_CASE("half and bfloat16 hidden states get float's gradients, rounded", "[adapter]") {
  test::Random numbers(6);
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor x = learns(random(numbers, {batch, seq, hidden}).to(type)), wide = learns(x.to(at::kFloat));
    const at::Tensor query = learns(random(numbers, {hidden})), wide_query = learns(query.to(at::kFloat));
    const seqpool::Attention start{std::vector<float>(hidden)};
    const at::Tensor ours = seqpool::adapter::pool_with_grad(start, x, mask_of_all_kinds(), {query});
    const at::Tensor theirs = seqpool::adapter::pool_with_grad(start, wide, mask_of_all_kinds(), {wide_query});
    CHECK(ours.scalar_type() == at::kFloat);
    CHECK(at::equal(ours, theirs));
    ours.square().sum().backward();
    theirs.square().sum().backward();
    CHECK(x.grad().scalar_type() == type);
    CHECK(largest(x.grad()) > 0);
    CHECK(at::equal(x.grad(), wide.grad().to(type)));
    CHECK(query.grad().scalar_type() == at::kDouble);  // each parameter's gradient has its own type
    CHECK(at::equal(query.grad().to(at::kFloat), wide_query.grad()));
  }
}

TEST_CASE("what does not require gradients has none computed", "[adapter]") {
  test::Random numbers(8);
  const Watched pooling(std::vector<double>(hidden, 1));
  const at::Tensor x = random(numbers, {batch, seq, hidden}), query = random(numbers, {hidden});
  const auto asked = [&](const at::Tensor& states, at::TensorList parameters) {
    seqpool::adapter::pool_with_grad(pooling, states, {}, parameters).sum().backward();
    return std::pair(Watched::of_tokens, Watched::of_parameters);
  };
  const at::Tensor learning_query = learns(query), learning_x = learns(x);
  CHECK(asked(x, {learning_query}) == std::pair(false, true));
  CHECK_FALSE(x.grad().defined());
  CHECK(learning_query.grad().defined());
  CHECK(asked(learning_x, {query}) == std::pair(true, false));
  CHECK(learning_x.grad().defined());
  CHECK_FALSE(query.grad().defined());
  CHECK(asked(learning_x, {}) == std::pair(true, false));
  CHECK(asked(learning_x, {learning_query}) == std::pair(true, true));

  CHECK_FALSE(seqpool::adapter::pool_with_grad(pooling, x, {}, {query}).requires_grad());
  const at::NoGradGuard no_gradients;
  CHECK_FALSE(seqpool::adapter::pool_with_grad(pooling, learning_x, {}, {learning_query}).requires_grad());
}

TEST_CASE("parameters become tensors, and tensors a pooling", "[adapter]") {
  const seqpool::Concat pooling{three_queries(), seqpool::Mean{}, one_query(0.5)};
  const auto tensors = seqpool::adapter::parameter_tensors(pooling);
  REQUIRE(tensors.size() == 2);
  CHECK(tensors[0].sizes() == at::IntArrayRef({3, hidden}));
  CHECK(tensors[1].sizes() == at::IntArrayRef({hidden}));
  for (const at::Tensor& tensor : tensors) CHECK((tensor.requires_grad() && tensor.is_leaf()));
  CHECK(tensors[0].scalar_type() == at::kDouble);
  const auto of_float = seqpool::adapter::parameter_tensors(seqpool::Attention(std::vector<float>(hidden)));
  CHECK(of_float[0].scalar_type() == at::kFloat);

  const at::Tensor wide = at::arange(2 * hidden, at::kFloat).view({hidden, 2});
  const auto other = seqpool::adapter::with_parameters(pooling, {tensors[0] * 2, wide.select(1, 1)});
  const auto numbers = seqpool::parameters(other), before = seqpool::parameters(pooling);
  for (std::size_t i = 0; i < 3 * hidden; ++i) CHECK(numbers["0.query"][i] == 2 * before["0.query"][i]);
  for (std::size_t i = 0; i < hidden; ++i) CHECK(numbers["2.query"][i] == static_cast<double>(2 * i + 1));

  const at::Tensor x = at::ones({batch, seq, hidden}, at::kDouble);
  const auto pooled = [&](at::TensorList parameters) {
    return seqpool::adapter::pool_with_grad(pooling, x, {}, parameters);
  };
  CHECK_THROWS_WITH(pooled({tensors[0]}), "seqpool: there are 1 tensors for 2 parameters");
  CHECK_THROWS_WITH(pooled({tensors[0], tensors[0]}),
                    "seqpool: the tensor for parameter '2.query' is [3, 6], but must be [6]");
  CHECK_THROWS_WITH(pooled({tensors[0], at::empty({hidden}, at::TensorOptions(at::kMeta))}),
                    "seqpool: the at::Tensor is on meta: write tensor.cpu() first");
  CHECK_THROWS_WITH(pooled({tensors[0], at::Tensor()}), "seqpool: the at::Tensor is undefined: it holds no memory");
}

TEST_CASE("what cannot be pooled with gradients is refused", "[adapter]") {
  const at::Tensor x = at::ones({2, 3, 4}).set_requires_grad(true);
  const auto pooled = [](const at::Tensor& states, const at::Tensor& mask = {}) {
    return seqpool::adapter::pool_with_grad(seqpool::Mean{}, states, mask);
  };
  CHECK_THROWS_WITH(pooled(at::Tensor()), "seqpool: the at::Tensor is undefined: it holds no memory");
  CHECK_THROWS_WITH(pooled(at::empty({1, 2, 2}, at::TensorOptions(at::kMeta))),
                    "seqpool: the at::Tensor is on meta: write tensor.cpu() first");
  CHECK_THROWS_WITH(pooled(at::ones({1, 2, 2}).to_sparse()), ct::has_substring("write tensor.to_dense()"));
  CHECK_THROWS_WITH(pooled(at::ones({1, 2, 2}, at::kLong)),
                    "seqpool: hidden states hold Long, which is none of the types that visit was given");
  CHECK_THROWS_WITH(pooled(at::ones({1, 2})), ct::has_substring("hidden states must be [batch, seq, hidden]"));
  CHECK_THROWS_WITH(seqpool::adapter::pool_with_grad(one_query(), x),
                    "seqpool: this pooling is not one of hidden states of float");
  CHECK_THROWS_WITH(seqpool::adapter::pool_with_grad(one_query(), x.to(at::kDouble)),
                    ct::has_substring("query is [6], but hidden states have hidden 4"));

  // A mask's values are seen in every type.
  CHECK_THROWS_WITH(pooled(x, at::ones({2, 4})), ct::has_substring("[2, 4]"));
  CHECK_THROWS_WITH(pooled(x, at::full({2, 3}, 0.5, at::kHalf)), ct::has_substring("0.5"));
  CHECK_THROWS_WITH(pooled(x, at::full({2, 3}, -1, at::kInt)), ct::has_substring("additive"));
  CHECK_THROWS_WITH(pooled(x, at::full({2, 3}, std::int64_t{1} << 40)), ct::has_substring("1.09951"));
  CHECK_NOTHROW(pooled(x, at::ones({2, 3}, at::kBool)));
  CHECK_THROWS_WITH(pooled(x, at::ones({2, 3}, at::TensorOptions(at::kMeta))), ct::has_substring("on meta"));

  const at::Tensor loss = pooled(x).square().sum();
  CHECK_THROWS_WITH(torch::autograd::grad({loss}, {x}, {}, true, true),
                    "seqpool: a pooling has no gradients of gradients: go back without create_graph");
}

TEST_CASE("what changes before the way back", "[adapter]") {
  test::Random numbers(9);
  const at::Tensor mask = mask_of_all_kinds(), query = learns(random(numbers, {hidden}));
  const at::Tensor x = random(numbers, {batch, seq, hidden});
  const auto loss = [&](const at::Tensor& states) {
    return seqpool::adapter::pool_with_grad(one_query(), states, mask, {query}).square().sum();
  };
  loss(x).backward();
  const at::Tensor expected = query.grad().clone();
  query.mutable_grad() = at::Tensor();

  // The mask and the parameters are held as they were, and the hidden states are not: libtorch finds that they changed.
  at::Tensor waiting = loss(x);
  {
    const at::NoGradGuard no_gradients;
    mask.fill_(1);
    query.add_(1);
  }
  waiting.backward();
  CHECK(at::equal(query.grad(), expected));
  waiting = loss(x);
  x.add_(1);
  CHECK_THROWS_WITH(waiting.backward(), ct::has_substring("modified by an inplace operation"));

  // They may be gone from where they were named.
  query.mutable_grad() = at::Tensor();
  at::Tensor own = learns(x);
  waiting = loss(own + 0);
  own = at::Tensor();
  waiting.backward();
  CHECK(query.grad().defined());
}

TEST_CASE("hidden states without elements", "[adapter]") {
  const auto gradient = [](at::IntArrayRef sizes) {
    const at::Tensor x = at::ones(sizes).set_requires_grad(true);
    seqpool::adapter::pool_with_grad(seqpool::Max{}, x).sum().backward();
    return x.grad();
  };
  CHECK(gradient({0, 3, 2}).sizes() == at::IntArrayRef({0, 3, 2}));
  CHECK(gradient({2, 0, 2}).sizes() == at::IntArrayRef({2, 0, 2}));
  CHECK(gradient({2, 3, 0}).sizes() == at::IntArrayRef({2, 3, 0}));
}
