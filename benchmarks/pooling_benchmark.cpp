// SPDX-License-Identifier: MIT
// Every pooling beside the memory limit: the fastest plain read of the same bytes, in the same process. Compare
// ratios of one run, with --benchmark_enable_random_interleaving=true and --benchmark_repetitions, never two runs.
#define EIGEN_USE_THREADS
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <seqpool/seqpool.hpp>
#include <vector>

namespace {

using seqpool::HiddenStates;
using seqpool::Index;

// batch, seq, hidden: beyond the last-level cache twice, in it, in L2, and next to nothing.
const std::vector<std::vector<std::int64_t>> shapes{
    {64, 512, 1024}, {8, 2048, 1024}, {32, 128, 768}, {1, 128, 384}, {1, 1, 32}};

template <class T>
std::vector<T> states(Index n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<float>(i % 1013) / 1013 - 0.5f);
  return x;
}

Index size_of(const benchmark::State& state) { return state.range(0) * state.range(1) * state.range(2); }

template <class T>
void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * size_of(state) * static_cast<Index>(sizeof(T)));
}

// Independent bitwise sums of whole cache lines: nothing to wait for but memory.
std::uint64_t read_all(const void* data, std::size_t bytes) {
  std::array<std::uint64_t, 32> held{};
  const auto* p = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i + sizeof held <= bytes; i += sizeof held) {
    std::array<std::uint64_t, 32> line;
    std::memcpy(line.data(), p + i, sizeof line);
    for (std::size_t j = 0; j < held.size(); ++j) held[j] |= line[j];
  }
  std::uint64_t all = 0;
  for (const std::uint64_t h : held) all |= h;
  return all;
}

template <class T>
void read_limit(benchmark::State& state) {
  const auto x = states<T>(size_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(read_all(x.data(), x.size() * sizeof(T)));
  count_bytes<T>(state);
}

template <class T, class P>
void pool(benchmark::State& state, const P& pooling) {
  const auto x = states<T>(size_of(state));
  const HiddenStates<T> view(x.data(), {state.range(0), state.range(1), state.range(2)});
  for (auto _ : state) benchmark::DoNotOptimize(seqpool::pool(pooling, view));
  count_bytes<T>(state);
}

template <class T>
void mean(benchmark::State& state) {
  pool<T>(state, seqpool::Mean{});
}
template <class T>
void max(benchmark::State& state) {
  pool<T>(state, seqpool::Max{});
}
template <class T>
void cls(benchmark::State& state) {
  pool<T>(state, seqpool::Cls{});
}
template <class T>
void attention(benchmark::State& state) {
  pool<T>(state, seqpool::Attention(states<T>(state.range(2))));
}

void mean_column_major(benchmark::State& state) {
  auto x = states<float>(size_of(state));
  const Eigen::TensorMap<Eigen::Tensor<float, 3>> view(x.data(), state.range(0), state.range(1), state.range(2));
  for (auto _ : state) benchmark::DoNotOptimize(seqpool::mean_pool(view));
  count_bytes<float>(state);
}

// Every second half of a row, or of 16 tokens, is padding.
template <int Period>
void mean_half_padded(benchmark::State& state) {
  const auto x = states<float>(size_of(state));
  const HiddenStates<float> view(x.data(), {state.range(0), state.range(1), state.range(2)});
  const Index period = Period == 0 ? state.range(1) : Period;
  Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> mask(state.range(0), state.range(1));
  for (Index b = 0; b < state.range(0); ++b)
    for (Index s = 0; s < state.range(1); ++s) mask(b, s) = s % period < (period + 1) / 2 ? 1 : 0;
  for (auto _ : state) benchmark::DoNotOptimize(seqpool::mean_pool(view, mask));
}

void mean_two_threads(benchmark::State& state) {
  const auto x = states<float>(size_of(state));
  const HiddenStates<float> view(x.data(), {state.range(0), state.range(1), state.range(2)});
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  for (auto _ : state) benchmark::DoNotOptimize(seqpool::mean_pool(view, device));
  count_bytes<float>(state);
}

void eigen_mean(benchmark::State& state) {
  auto x = states<float>(size_of(state));
  const Eigen::TensorMap<Eigen::Tensor<float, 3, Eigen::RowMajor>> view(x.data(), state.range(0), state.range(1),
                                                                        state.range(2));
  for (auto _ : state) {
    const Eigen::Tensor<float, 2, Eigen::RowMajor> result = view.mean(Eigen::array<int, 1>{1});
    benchmark::DoNotOptimize(result.data());
  }
  count_bytes<float>(state);
}

void with_shapes(benchmark::internal::Benchmark* b) {
  for (const auto& shape : shapes) b->Args(shape);
  b->ArgNames({"B", "S", "H"})->UseRealTime();
}

BENCHMARK(read_limit<float>)->Apply(with_shapes);
BENCHMARK(mean<float>)->Apply(with_shapes);
BENCHMARK(max<float>)->Apply(with_shapes);
BENCHMARK(attention<float>)->Apply(with_shapes);
BENCHMARK(cls<float>)->Apply(with_shapes);
BENCHMARK(mean<double>)->Apply(with_shapes);
BENCHMARK(mean<Eigen::half>)->Apply(with_shapes);
BENCHMARK(mean<Eigen::bfloat16>)->Apply(with_shapes);
BENCHMARK(mean_column_major)->Apply(with_shapes);
BENCHMARK(mean_half_padded<0>)->Apply(with_shapes);
BENCHMARK(mean_half_padded<16>)->Apply(with_shapes);
BENCHMARK(mean_two_threads)->Apply(with_shapes);
BENCHMARK(eigen_mean)->Apply(with_shapes);

}  // namespace
