// SPDX-License-Identifier: MIT
// What all benchmarks share: names, memory, masks, and how a case is timed.
#ifndef SEQPOOL_BENCHMARKS_CASES_HPP
#define SEQPOOL_BENCHMARKS_CASES_HPP

#include <benchmark/benchmark.h>

#include "shapes.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <seqpool/pool.hpp>
#include <stdexcept>
#include <string>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>

namespace bench {

using Eigen::Index;

struct Case {
  std::string what;
  Shape shape;
  int threads = 1;
  std::string mask = "none";
  std::string dtype = "float";
  std::string layout = "row_major";
};

// What every main does: adds its benchmarks, and runs those that the command line asks for.
int run(int argc, char** argv, void (*add_all)());

// The name that `compare` looks for: what/dtype/layout/mask/threads:n/shape.
std::string name(const Case& c);

// Values in [-0.5, 0.5), made when first asked for: the same memory for every case of a dtype.
template <class T> T* elements(Index n);

template <class T, int Layout = Eigen::RowMajor> using States = Eigen::TensorMap<Eigen::Tensor<T, 3, Layout>>;
template <class T = float, int Layout = Eigen::RowMajor> States<T, Layout> states(const Shape& shape) {
  const auto [batch, seq, hidden] = shape;
  return {elements<T>(batch * seq * hidden), batch, seq, hidden};
}

std::vector<float> query(Index hidden);

// What prepares to pool the states of a shape.
template <class P> auto work_of(const P& pooling, const Shape& shape) {
  return [=] { return [=, x = states(shape)] { return seqpool::pool(pooling, x); }; };
}

// A product's parts, where shape is [rows, outputs, features]: rows [rows, features], a weight [outputs, features] that
// lies behind them, and a bias [outputs].
using Matrix = Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>;
inline Matrix rows_of(const Shape& shape) {
  return {elements<float>(shape.batch * shape.hidden), shape.batch, shape.hidden};
}
inline Matrix weight_of(const Shape& shape) {
  const Index behind = shape.batch * shape.hidden;
  return {elements<float>(behind + shape.seq * shape.hidden) + behind, shape.seq, shape.hidden};
}
inline std::vector<float> bias_of(const Shape& shape) { return query(shape.seq); }

// The layer of 256 units that scores each token of states of a shape, as a product.
inline Shape layer_of(const Shape& shape) { return {shape.batch * shape.seq, 256, shape.hidden}; }
// A query of 32 tokens, [32, hidden], of values as `elements`.
inline Eigen::Tensor<float, 2, Eigen::RowMajor> query_tokens(Index hidden) {
  Eigen::Tensor<float, 2, Eigen::RowMajor> tokens(Index{32}, hidden);
  std::copy_n(elements<float>(tokens.size()), tokens.size(), tokens.data());
  return tokens;
}

template <int Layout = Eigen::RowMajor> using Mask = Eigen::Tensor<std::int64_t, 2, Layout>;
// Half of the tokens real: "right" and "left" say where the padding is, "holes" are 8 real and 8 padded in turns. With
// "ones" all are, and with "first_1024" the first 1024. With "varied" rows have from a quarter of the tokens to all of
// them, 5/8 on the whole, padded on the right.
inline Index real_tokens(const Shape& shape, const std::string& kind) {
  if (kind == "first_1024") return (std::min)(Index{1024}, Index{shape.seq});
  if (kind == "varied") return shape.seq * 5 / 8;
  return kind == "none" || kind == "ones" ? shape.seq : shape.seq / 2;
}
template <int Layout = Eigen::RowMajor>
std::shared_ptr<const Mask<Layout>> mask_of(const Shape& shape, const std::string& kind) {
  const auto mask = std::make_shared<Mask<Layout>>(shape.batch, shape.seq);
  Index real = real_tokens(shape, kind);
  for (Index b = 0; b < shape.batch; ++b) {
    if (kind == "varied") real = shape.seq / 4 + shape.seq * 3 / 4 * (7 * b % shape.batch) / (shape.batch - 1);
    for (Index s = 0; s < shape.seq; ++s)
      (*mask)(b, s) = kind == "holes" ? s % 16 < 8 : kind == "left" ? s >= real : s < real;
  }
  return mask;
}

// Made at its first use: a run of one thread has no other.
const Eigen::ThreadPoolDevice& two_threads();

// Bytes of the real tokens, which is what a pooling has to read.
inline Index bytes_of(const Case& c, Index element) {
  return c.shape.batch * real_tokens(c.shape, c.mask) * c.shape.hidden * element;
}

// Times work() where `work = prepare()`; nothing is prepared for a case that the filter leaves out.
template <class Prepare> void add(const Case& c, Index bytes, Prepare prepare) {
  benchmark::RegisterBenchmark(name(c).c_str(), [=](benchmark::State& state) {
    const auto work = prepare();
    benchmark::DoNotOptimize(work());  // untimed: what ran before may have left cold caches and sleeping threads
    for (auto _ : state) benchmark::DoNotOptimize(work());
    state.SetBytesProcessed(state.iterations() * bytes);
  })->UseRealTime();
}

template <class Work> double seconds_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(work());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Within 1e-4 of the largest value.
template <class Result, class Expected> bool close(const Result& result, const Expected& expected) {
  const auto n = static_cast<std::size_t>(expected.size());
  const float *a = result.data(), *b = expected.data();
  float error = 0, largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    error = std::isnan(a[i]) ? INFINITY : (std::max)(error, std::abs(a[i] - b[i]));
    largest = (std::max)(largest, std::abs(b[i]));
  }
  return static_cast<std::size_t>(result.size()) == n && error <= 1e-4f * largest;
}

// The work of `prepare()`, which must once have computed what that of `prepare_expected()` does.
template <class Prepare, class Expected> auto checked(const Case& c, Prepare prepare, Expected prepare_expected) {
  return [=, done = std::make_shared<bool>(false)] {
    const auto work = prepare();
    if (!*done && !close(work(), prepare_expected()())) throw std::runtime_error(name(c) + " computes something else");
    *done = true;
    return work;
  };
}

// Times a peer, `prepare()()`, that must have computed what ours did, `prepare_ours()()`.
template <class Ours, class Prepare> void add_peer(const Case& c, Ours prepare_ours, Prepare prepare) {
  add(c, bytes_of(c, sizeof(float)), checked(c, prepare, prepare_ours));
}

// Times work() and other() in turns, call by call, so that whatever else the machine does falls on both: for goals of
// a few percent. Four pairs an iteration, as a ratio needs more of them than a time does. The time is work's; the
// counter `ratio` is the median of its share of other's.
template <class Prepare, class Other> void add_in_turns(const Case& c, Prepare prepare, Other prepare_other) {
  benchmark::RegisterBenchmark(name(c).c_str(), [=](benchmark::State& state) {
    const auto work = prepare();
    const auto other = prepare_other();
    benchmark::DoNotOptimize(work());
    benchmark::DoNotOptimize(other());
    constexpr int pairs = 4;
    std::vector<double> ratios;
    for (auto _ : state) {
      double all = 0;
      for (int pair = 0; pair < pairs; ++pair) {
        double ours = 0;
        if (pair % 2 == 1) ours = seconds_of(work);
        const double others = seconds_of(other);
        if (pair % 2 == 0) ours = seconds_of(work);
        ratios.push_back(ours / others);
        all += ours;
      }
      state.SetIterationTime(all / pairs);
    }
    std::sort(ratios.begin(), ratios.end());
    const std::size_t half = ratios.size() / 2;  // of an even number of pairs
    state.counters["ratio"] = (ratios[half - 1] + ratios[half]) / 2;
    state.SetBytesProcessed(state.iterations() * bytes_of(c, sizeof(float)));
  })->UseManualTime();
}

}  // namespace bench

#endif
