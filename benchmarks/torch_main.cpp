// SPDX-License-Identifier: MIT
// libtorch's operators over the same memory, with ours and the read limit beside them.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "attention.hpp"
#include "benchmarks.hpp"
#include "cases.hpp"

#include <chrono>
#include <seqpool/seqpool.hpp>
#include <thread>

namespace bench {
namespace {

struct Result {
  at::Tensor tensor;
  const float* data() const { return tensor.data_ptr<float>(); }
  Index size() const { return tensor.numel(); }
};

at::Tensor view(const Shape& shape) {
  return at::from_blob(states(shape).data(), {shape.batch, shape.seq, shape.hidden}, at::kFloat);
}

at::Tensor copied(const Mask<>& mask) {
  return at::from_blob(const_cast<std::int64_t*>(mask.data()), {mask.dimension(0), mask.dimension(1)}, at::kLong)
      .clone();
}

// What runs once the timing is over: libtorch's OpenMP threads spin for some milliseconds after their last work, and
// would take a core from the next benchmark if that is ours.
struct Quiet {
  ~Quiet() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }
};

template <class Ours, class Peer> void add_torch(const Case& c, Ours ours, Peer peer) {
  const auto prepare_ours = [=] { return [=] { return ours(states(c.shape)); }; };
  add_peer(c, prepare_ours, [=] {
    at::set_num_threads(c.threads);
    return [peer, x = view(c.shape), quiet = std::make_shared<Quiet>()] {
      const c10::InferenceMode no_gradients;
      return Result{peer(x)};
    };
  });
}

void add_whole(const Shape& shape, int threads) {
  const auto q = at::tensor(query(shape.hidden));
  const auto mean = [](const auto& x) { return seqpool::mean_pool(x); };
  const auto max = [](const auto& x) { return seqpool::max_pool(x); };
  const auto attention = [=](const auto& x) { return seqpool::attention_pool(x, query(shape.hidden)); };
  add_torch({"peer_torch_mean", shape, threads}, mean, [](const at::Tensor& x) { return x.mean(1); });
  add_torch({"peer_torch_max", shape, threads}, max, [](const at::Tensor& x) { return x.amax(1); });
  add_torch({"peer_torch_attention", shape, threads}, attention, [q](const at::Tensor& x) {
    const auto weights = at::softmax(at::matmul(x, q), 1);
    return at::bmm(weights.unsqueeze(1), x).squeeze(1);
  });
  // One product per row by bmm instead of one over all tokens.
  add_torch({"peer_torch_attention_bmm", shape, threads}, attention, [q](const at::Tensor& x) {
    const auto scores = at::bmm(x, q.view({1, -1, 1}).expand({x.size(0), -1, 1}));
    return at::bmm(at::softmax(scores, 1).transpose(1, 2), x).squeeze(1);
  });
  // The fused kernel, with the hidden states as one head's keys and values.
  add_torch({"peer_torch_attention_fused", shape, threads}, attention, [q](const at::Tensor& x) {
    const auto one_query = q.view({1, 1, 1, -1}).expand({x.size(0), 1, 1, -1});
    const auto tokens = x.unsqueeze(1);
    return at::scaled_dot_product_attention(one_query, tokens, tokens, {}, 0, false, 1.0).view({x.size(0), -1});
  });
}

// SpladePooling's formula, "max" of "relu".
void add_torch_splade(const Shape& shape, int threads) {
  add_torch(
      {"peer_torch_splade", shape, threads}, [](const auto& x) { return seqpool::splade_pool(x); },
      [](const at::Tensor& x) { return at::log1p(at::relu(x)).amax(1); });
}

// sentence-transformers' formulas.
void add_masked(const Shape& shape, int threads) {
  const auto ours_mask = mask_of(shape, "right");
  const auto mask = copied(*ours_mask);
  const auto mean = [=](const auto& x) { return seqpool::mean_pool(x, *ours_mask); };
  const auto max = [=](const auto& x) { return seqpool::max_pool(x, *ours_mask); };
  add_torch({"peer_torch_mean", shape, threads, "right"}, mean, [mask](const at::Tensor& x) {
    const auto real = mask.unsqueeze(-1).expand_as(x).to(at::kFloat);
    return (x * real).sum(1) / mask.sum(1, true).clamp_min(1e-9);
  });
  // masked_fill and amax, which are faster than the original's assignment to the masked elements, and than its max,
  // which finds positions too.
  add_torch({"peer_torch_max", shape, threads, "right"}, max,
            [mask](const at::Tensor& x) { return x.masked_fill(mask.unsqueeze(-1) == 0, -1e9).amax(1); });
}

void add_torch_linear(const Shape& shape, int threads) {
  const auto matrix = [](const Matrix& m) {
    return at::from_blob(m.data(), {m.dimension(0), m.dimension(1)}, at::kFloat);
  };
  const Case c{"peer_torch_linear", shape, threads};
  const auto ours = [=] {
    return [x = rows_of(shape), head = seqpool::Linear{weight_of(shape), bias_of(shape)}] {
      return seqpool::map(head, x);
    };
  };
  const auto theirs = [=] {
    at::set_num_threads(threads);
    return [x = matrix(rows_of(shape)), weight = matrix(weight_of(shape)), bias = at::tensor(bias_of(shape)),
            quiet = std::make_shared<Quiet>()] {
      const c10::InferenceMode no_gradients;
      return Result{at::linear(x, weight, bias)};
    };
  };
  add(c, shape.seq * shape.hidden * static_cast<Index>(sizeof(float)), checked(c, theirs, ours));
}

void add_torch_additive_attention(const Shape& shape, int threads) {
  const Shape layer = layer_of(shape);
  const auto ours = [=](const auto& x) {
    return seqpool::pool(seqpool::AdditiveAttention{weight_of(layer), bias_of(layer), bias_of(layer)}, x);
  };
  const auto weight = at::from_blob(weight_of(layer).data(), {layer.seq, layer.hidden}, at::kFloat);
  const auto bias = at::tensor(bias_of(layer)), v = bias;
  add_torch({"peer_torch_additive_attention", shape, threads}, ours, [=](const at::Tensor& x) {
    const auto weights = at::softmax(at::matmul(at::tanh(at::linear(x, weight, bias)), v), 1);
    return at::bmm(weights.unsqueeze(1), x).squeeze(1);
  });
}

// sentence-transformers' formula, and a faster one, whose maxima are without their positions.
void add_torch_max_sim(const Shape& shape, int threads) {
  const auto query = query_tokens(shape.hidden);
  const auto q =
      at::from_blob(const_cast<float*>(query.data()), {query.dimension(0), query.dimension(1)}, at::kFloat).clone();
  const auto ours = [=](const auto& x) { return seqpool::pool(seqpool::MaxSim{query}, x); };
  add_torch({"peer_torch_max_sim", shape, threads}, ours, [q](const at::Tensor& x) {
    const auto scores = at::einsum("ash,bth->abst", {q.unsqueeze(0), x});
    return std::get<0>(scores.max(-1)).sum(-1).squeeze(0);
  });
  add_torch({"peer_torch_max_sim_amax", shape, threads}, ours,
            [q](const at::Tensor& x) { return at::matmul(x, q.t()).amax(1).sum(1); });
}

// The whole of an embedder: mean, a Dense to as many features, tanh, and normalise; beside it our mean and libtorch's
// Linear alone.
void add_embedder(const Shape& shape) {
  const Shape dense{shape.batch, shape.hidden, shape.hidden};
  const Index bytes = shape.batch * shape.seq * shape.hidden * static_cast<Index>(sizeof(float));
  add({"embedder", shape}, bytes, [=] {
    const seqpool::Linear layer{weight_of(dense), bias_of(dense)};
    return [x = states(shape),
            embedder = seqpool::Embedder{seqpool::Mean{}, seqpool::Dense{layer, seqpool::Activation::tanh},
                                         seqpool::Normalize{}}] { return embedder.embed(x); };
  });
  add({"peer_torch_embedder", shape}, bytes, [=] {
    at::set_num_threads(1);
    const auto weight = weight_of(dense);
    return [x = states(shape), w = at::from_blob(weight.data(), {weight.dimension(0), weight.dimension(1)}, at::kFloat),
            bias = at::tensor(bias_of(dense)), quiet = std::make_shared<Quiet>()] {
      const c10::InferenceMode no_gradients;
      auto mean = seqpool::mean_pool(x);
      return Result{
          at::linear(at::from_blob(mean.data(), {mean.dimension(0), mean.dimension(1)}, at::kFloat), w, bias)};
    };
  });
}

// sentence-transformers' formulas; distances by differences, as ours, and not by a product of matrices.
void add_torch_similarities(const Shape& shape, int threads) {
  const auto add_peer = [&](const char* what, seqpool::Similarity kind, auto peer) {
    const Case c{what, shape, threads};
    const auto ours = [=] {
      return [=, a = rows_of(shape), b = weight_of(shape)] { return seqpool::similarity(a, b, kind); };
    };
    const auto theirs = [=] {
      at::set_num_threads(threads);
      const auto matrix = [](const Matrix& m) {
        return at::from_blob(m.data(), {m.dimension(0), m.dimension(1)}, at::kFloat);
      };
      return [=, a = matrix(rows_of(shape)), b = matrix(weight_of(shape)), quiet = std::make_shared<Quiet>()] {
        const c10::InferenceMode no_gradients;
        return Result{peer(a, b)};
      };
    };
    add(c, (shape.batch + shape.seq) * shape.hidden * static_cast<Index>(sizeof(float)), checked(c, theirs, ours));
  };
  add_peer("peer_torch_cosine", seqpool::Similarity::cosine, [](const at::Tensor& a, const at::Tensor& b) {
    const auto normalized = [](const at::Tensor& x) { return x / x.norm(2, 1, true).clamp_min(1e-12); };
    return at::mm(normalized(a), normalized(b).t());
  });
  add_peer("peer_torch_euclidean", seqpool::Similarity::euclidean,
           [](const at::Tensor& a, const at::Tensor& b) { return at::cdist(a, b, 2, 2).neg(); });
  add_peer("peer_torch_manhattan", seqpool::Similarity::manhattan,
           [](const at::Tensor& a, const at::Tensor& b) { return at::cdist(a, b, 1).neg(); });
}

// The fused kernel between the projections, of keys and values with one product, which is what torch's module takes
// longest for: its fastest setting, without weights.
void add_torch_multihead_attention(const Shape& shape, int threads) {
  const auto weights =
      std::make_shared<const seqpool::MultiheadAttentionWeights<float>>(multihead_weights(shape.hidden));
  const auto ours = [=](const auto& x) {
    return seqpool::multihead_attention_pool(x, seqpool::MultiheadAttention(*weights));
  };
  const auto matrix = [](const auto& m) {
    return at::from_blob(const_cast<float*>(m.data()), {m.dimension(0), m.dimension(1)}, at::kFloat);
  };
  const auto in = matrix(weights->in_proj_weight), out = matrix(weights->out_proj_weight);
  const Index embed = shape.hidden, heads = weights->heads;
  const auto query = at::linear(matrix(weights->query), in.narrow(0, 0, embed));
  const auto keys_and_values = in.narrow(0, embed, 2 * embed);
  add_torch({"peer_torch_multihead_attention", shape, threads}, ours, [=](const at::Tensor& x) {
    static_cast<void>(weights);  // which the tensors are views of
    const auto by_head = [&](const at::Tensor& t) {
      return t.view({t.size(0), t.size(1), heads, embed / heads}).transpose(1, 2);
    };
    const auto projected = at::linear(x, keys_and_values).chunk(2, 2);
    const auto q = by_head(query.unsqueeze(0).expand({x.size(0), 1, embed}));
    const auto pooled = at::scaled_dot_product_attention(q, by_head(projected[0]), by_head(projected[1]));
    return at::linear(pooled.transpose(1, 2).reshape({x.size(0), embed}), out);
  });
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  return run(argc, argv, [] {
    for (const Shape& shape : compared)
      for (const int threads : {1, 2}) {
        add_read_limit(shape, threads);
        if (threads == 1) {
          add_poolings(shape);
          add_masked_poolings(shape);
        } else {
          add_poolings_by_two_threads(shape);
        }
        add_whole(shape, threads);
        add_masked(shape, threads);
      }
    for (const Shape& shape : products)
      for (const int threads : {1, 2}) {
        add_linear(shape, threads);
        add_torch_linear(shape, threads);
      }
    for (const Shape& shape : all_pairs)
      for (const int threads : {1, 2}) {
        add_similarities(shape, threads);
        add_torch_similarities(shape, threads);
      }
    for (const int threads : {1, 2}) {
      add_additive_attention(short_batch, threads);
      add_torch_additive_attention(short_batch, threads);
      add_max_sim(documents, threads);
      add_torch_max_sim(documents, threads);
      add_multihead_attention(patches, threads);
      add_torch_multihead_attention(patches, threads);
    }
    add_embedder(short_batch);
    add_splade(vocabulary);
    add_torch_splade(vocabulary, 1);
    add_torch_gradients();
  });
}
