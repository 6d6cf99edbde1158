// SPDX-License-Identifier: MIT
// libtorch: an encoder layer, a pooling by a learned query and a classifier train together, once through seqpool's
// attention and once through libtorch's own operators. The losses are the same, but for rounding.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iomanip>
#include <iostream>
#include <limits>
#include <seqpool/adapter/libtorch_training.hpp>
#include <seqpool/seqpool.hpp>
#include <vector>

constexpr std::int64_t batch = 64, seq = 12, hidden = 32, classes = 4;

using Pool = std::function<at::Tensor(const at::Tensor& states, const at::Tensor& mask, const at::Tensor& query)>;

at::Tensor through_seqpool(const at::Tensor& states, const at::Tensor& mask, const at::Tensor& query) {
  static const seqpool::Attention pooling{std::vector<float>(hidden)};
  return seqpool::adapter::pool_with_grad(pooling, states, mask, {query});
}

at::Tensor by_operators(const at::Tensor& states, const at::Tensor& mask, const at::Tensor& query) {
  const auto scores = torch::matmul(states, query).masked_fill(mask == 0, -std::numeric_limits<float>::infinity());
  return torch::bmm(torch::softmax(scores, 1).unsqueeze(1), states).squeeze(1);
}

struct Network : torch::nn::Module {
  torch::nn::TransformerEncoderLayer encoder = register_module(
      "encoder", torch::nn::TransformerEncoderLayer(
                     torch::nn::TransformerEncoderLayerOptions(hidden, 4).dim_feedforward(64).dropout(0)));
  at::Tensor query = register_parameter("query", torch::zeros({hidden}));
  torch::nn::Linear classifier = register_module("classifier", torch::nn::Linear(hidden, classes));

  at::Tensor forward(const at::Tensor& tokens, const at::Tensor& mask, const Pool& pool) {
    // This layer takes and gives [seq, batch, hidden], which is pooled where it lies.
    const auto states = encoder->forward(tokens.transpose(0, 1), {}, mask == 0).transpose(0, 1);
    return classifier(pool(states, mask, query));
  }
};

struct Sentences {
  at::Tensor tokens, mask, labels;
};

// Noise, but for one token of each sentence that says its class.
Sentences sentences() {
  torch::manual_seed(1);
  Sentences all{torch::randn({batch, seq, hidden}), torch::empty({batch, seq}, at::kLong),
                torch::randint(classes, {batch}, at::kLong)};
  const auto marker = torch::randn({hidden}), meanings = torch::randn({classes, hidden});
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::int64_t length = 4 + b % (seq - 3);
    all.mask[b] = torch::arange(seq) < length;
    all.tokens[b][b % length] += marker + meanings[all.labels[b]];
  }
  return all;
}

std::vector<double> losses(const Sentences& all, const Pool& pool) {
  torch::manual_seed(2);  // each network begins with the same numbers
  Network network;
  torch::optim::SGD optimizer(network.parameters(), 0.2);
  std::vector<double> losses;
  for (int step = 0; step < 40; ++step) {
    optimizer.zero_grad();
    auto loss = torch::nn::functional::cross_entropy(network.forward(all.tokens, all.mask, pool), all.labels);
    loss.backward();
    optimizer.step();
    losses.push_back(loss.item<double>());
  }
  return losses;
}

int main() {
  const Sentences all = sentences();
  const auto ours = losses(all, through_seqpool), theirs = losses(all, by_operators);
  double apart = 0;
  for (std::size_t step = 0; step < ours.size(); ++step) apart = (std::max)(apart, std::abs(ours[step] - theirs[step]));

  std::cout << std::fixed << std::setprecision(7) << "step  seqpool    libtorch\n";
  for (std::size_t step = 0; step < ours.size(); step += step < 32 ? 8 : 7)
    std::cout << std::setw(4) << step << "  " << ours[step] << "  " << theirs[step] << "\n";

  // Gradients are within 64 eps of the largest, and so are libtorch's, at best. What a gradient g is off by moves the
  // loss in proportion to what the step itself does, rate * |g|^2, and all steps together take away the first loss: to
  // first order losses are within 128 eps of it.
  const double eps = std::numeric_limits<float>::epsilon();
  std::cout << "furthest apart: " << apart / eps / ours[0] << " eps of the first loss\n";
  return apart <= 128 * eps * ours[0] && ours.back() < ours[0] / 5 ? 0 : 1;
}
