// SPDX-License-Identifier: MIT
// One call of the library for callgrind to count, at a size and at twice that size: `growth CASE 1` and `growth CASE
// 2`. Without CASE it lists the names.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <seqpool/seqpool.hpp>
#include <string_view>
#include <vector>

#include "count.hpp"

namespace {

using seqpool::Index;
template <class T> using Matrix = Eigen::Tensor<T, 2, Eigen::RowMajor>;

// Shares out work as four threads have it, but on one, whose instructions callgrind counts.
struct InTurn {
  int numThreads() const { return 4; }
  void parallelFor(Index n, const Eigen::TensorOpCost&, const std::function<void(Index, Index)>& f) const {
    for (Index i = 0; i < n; ++i) f(i, i + 1);
  }
};

struct Sizes {
  Index batch = 1;
  Index seq = 1;
  Index rows = 1;
  Index queries = 1;
  Index hidden = 32;
};

// What is counted: attention, or its gradients, whose states merge and whose blocks are gone over twice.
template <bool back, class M, class D> void count_attention(const Sizes& sizes, const M& mask, const D& device) {
  const auto numbers_of_x = numbers<float>(sizes.batch * sizes.seq * sizes.hidden);
  const seqpool::HiddenStates<float> x(numbers_of_x.data(), {sizes.batch, sizes.seq, sizes.hidden});
  const auto q = numbers<float>(sizes.queries * sizes.hidden);
  const seqpool::Attention pooling{Eigen::TensorMap<const Matrix<const float>>(q.data(), sizes.queries, sizes.hidden)};
  if constexpr (back) {
    const auto d = numbers<float>(sizes.rows * sizes.queries * sizes.hidden);
    const Eigen::TensorMap<const Matrix<const float>> d_out(d.data(), sizes.rows, sizes.queries * sizes.hidden);
    count([&] { static_cast<void>(seqpool::gradient(pooling, x, mask, d_out, device)); });
  } else {
    count([&] { static_cast<void>(seqpool::pool(pooling, x, mask, device)); });
  }
}

// Every row has as many real tokens as its number, of 16.
template <bool back> void rows(Index times, const auto& device) {
  const Index batch = times * 128;
  std::vector<Index> lengths;
  for (Index row = 0; row < batch; ++row) lengths.push_back(row % 17);
  count_attention<back>({.batch = batch, .seq = 16, .rows = batch}, seqpool::Lengths(lengths), device);
}

// Of one row with padding, in a mask: some of a block's tokens, which is a test of each.
template <bool back> void tokens(Index times, const auto& device) {
  Matrix<std::int64_t> mask(1, times * 200);
  for (Index s = 0; s < mask.dimension(1); ++s) mask(0, s) = s < times * 120 ? 1 : 0;
  count_attention<back>({.seq = mask.dimension(1)}, mask, device);
}

// Of 256 tokens, in one row.
template <bool back> void blocks(Index times, const auto& device) {
  count_attention<back>({.seq = times * 16 * 256, .hidden = 16}, seqpool::all_tokens, device);
}

// Of one token each.
template <bool back> void runs(Index times, const auto& device) {
  Matrix<std::int64_t> mask(1, times * 2048);
  for (Index s = 0; s < mask.dimension(1); ++s) mask(0, s) = s % 2;
  count_attention<back>({.seq = mask.dimension(1), .hidden = 16}, mask, device);
}

// Of four tokens each, in two sequences.
template <bool back> void spans(Index times, const auto& device) {
  const Index seq = times * 512;
  std::vector<seqpool::Span> all;
  for (Index s = 0; s < seq; s += 4)
    for (Index sequence = 0; sequence < 2; ++sequence) all.push_back({sequence, s, s + 4});
  count_attention<back>({.batch = 2, .seq = seq, .rows = static_cast<Index>(all.size())}, seqpool::Spans(all), device);
}

template <bool back> void queries(Index times, const auto& device) {
  count_attention<back>({.seq = 300, .queries = times * 16}, seqpool::all_tokens, device);
}

struct Case {
  std::string_view name;
  void (*run)(Index times);
};

#define SEQPOOL_GROWTH(what)                                                               \
  {#what, [](Index times) { what<false>(times, seqpool::CallingThread()); }},              \
      {#what "_device", [](Index times) { what<false>(times, InTurn()); }},                \
      {#what "_back", [](Index times) { what<true>(times, seqpool::CallingThread()); }}, { \
    #what "_back_device", [](Index times) { what<true>(times, InTurn()); }                 \
  }

const Case cases[] = {SEQPOOL_GROWTH(rows), SEQPOOL_GROWTH(tokens), SEQPOOL_GROWTH(blocks),
                      SEQPOOL_GROWTH(runs), SEQPOOL_GROWTH(spans),  SEQPOOL_GROWTH(queries)};

}  // namespace

int main(int argc, char** argv) {
  for (const Case& c : cases) {
    if (argc < 3) {
      std::puts(c.name.data());
    } else if (c.name == argv[1]) {
      c.run(std::atoi(argv[2]));
      return 0;
    }
  }
  return argc < 3 ? 0 : 1;
}
