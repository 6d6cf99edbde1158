// SPDX-License-Identifier: MIT
// A step of training without the encoder, in turns with libtorch's autograd, each on one thread: attention, a
// classifier of four classes and their loss, forward and back.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include "benchmarks.hpp"
#include "gradients.hpp"

#include <limits>
#include <memory>
#include <seqpool/adapter/libtorch_training.hpp>
#include <seqpool/seqpool.hpp>
#include <vector>

namespace bench {
namespace {

constexpr Index classes = 4;

struct Result {
  at::Tensor tensor;
  const float* data() const { return tensor.data_ptr<float>(); }
  Index size() const { return tensor.numel(); }
};

std::vector<int> labels_of(const Training& t) {
  std::vector<int> labels(static_cast<std::size_t>(t.shape.batch));
  for (std::size_t b = 0; b < labels.size(); ++b) labels[b] = static_cast<int>(b % classes);
  return labels;
}

Eigen::Tensor<float, 2, Eigen::RowMajor> classifier_weight(const Training& t) {
  return queries_of({{1, 1, t.width()}, "none", classes});
}

// tokens: whether their gradients are asked for, and returned; else those of the query are.
template <class P> auto ours(const Training& t, const P& pooling, bool tokens) {
  return [=] {
    const seqpool::Classifier classifier{pooling, seqpool::Linear{classifier_weight(t), query(classes)}};
    return [=, x = states(t.shape), mask = mask_of(t.shape, t.mask), loss = seqpool::CrossEntropy(labels_of(t)),
            of_query = std::make_shared<std::vector<float>>()] {
      if (tokens) {
        States<float> d_x = gradients_of_tokens(t.shape);
        benchmark::DoNotOptimize(seqpool::gradient_into(d_x, classifier, x, *mask, loss).loss);
        return d_x;
      }
      const auto back = seqpool::parameter_gradient(classifier, x, *mask, loss);
      const auto numbers = back.parameters["pooling.query"];
      of_query->assign(numbers.begin(), numbers.end());
      return States<float>(of_query->data(), Index{1}, Index{1}, t.width());
    };
  };
}

// The same through libtorch's autograd, where `pool(x, queries, padding)` pools; padding is undefined if there is none.
template <class Pool> auto theirs(const Training& t, bool tokens, Pool pool) {
  return [=] {
    at::set_num_threads(1);
    const auto learns = [](const Eigen::Tensor<float, 2, Eigen::RowMajor>& numbers) {
      return seqpool::adapter::to_tensor(numbers).set_requires_grad(true);
    };
    const auto [batch, seq, hidden] = t.shape;
    const at::Tensor states_of_t = at::from_blob(states(t.shape).data(), {batch, seq, hidden}, at::kFloat);
    const auto mask = mask_of(t.shape, t.mask);
    at::Tensor padding = at::empty({batch, seq}, at::kBool);
    for (Index i = 0; i < mask->size(); ++i) padding.data_ptr<bool>()[i] = mask->data()[i] == 0;
    if (t.mask == std::string("none")) padding = at::Tensor();
    return [=, labels = at::tensor(labels_of(t)).to(at::kLong), queries = learns(queries_of(t)),
            weight = learns(classifier_weight(t)), bias = at::tensor(query(classes)).set_requires_grad(true)] {
      const at::Tensor x = states_of_t.detach().set_requires_grad(tokens);
      const at::Tensor loss = at::cross_entropy_loss(at::linear(pool(x, queries, padding), weight, bias), labels);
      std::vector<at::Tensor> inputs{queries, weight, bias};
      if (tokens) inputs.push_back(x);
      const auto gradients = torch::autograd::grad({loss}, inputs);
      return Result{gradients[tokens ? 3 : 0]};
    };
  };
}

at::Tensor by_operators(const at::Tensor& x, const at::Tensor& queries, const at::Tensor& padding) {
  at::Tensor scores = at::matmul(x, queries.t()).transpose(1, 2);
  if (padding.defined()) scores = scores.masked_fill(padding.unsqueeze(1), -std::numeric_limits<float>::infinity());
  return at::bmm(at::softmax(scores, -1), x).flatten(1);
}

template <class P> void add_training(const Training& t, const P& pooling) {
  const auto in_turns = [&](const char* what, auto work, auto other) {
    const Case c = t.named(what);
    add_in_turns(c, checked(c, work, other), other);
  };
  const auto through_seqpool = [=](const at::Tensor& x, const at::Tensor& queries, const at::Tensor& padding) {
    return seqpool::adapter::pool_with_grad(pooling, x, padding.defined() ? padding.logical_not() : padding,
                                            {t.queries == 1 ? queries.squeeze(0) : queries});
  };
  in_turns("training_of_parameters_beside_torch", ours(t, pooling, false), theirs(t, false, by_operators));
  in_turns("training_of_tokens_beside_torch", ours(t, pooling, true), theirs(t, true, by_operators));
  in_turns("layer_of_torch_beside_torch", theirs(t, true, through_seqpool), theirs(t, true, by_operators));
}

}  // namespace

void add_torch_gradients() {
  for (const Training& t : trainings)
    if (t.queries == 1)
      add_training(t, seqpool::Attention(query(t.shape.hidden)));
    else
      add_training(t, seqpool::Attention(queries_of(t)));
}

}  // namespace bench
