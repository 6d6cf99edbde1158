// SPDX-License-Identifier: MIT
// One token of 32 features: what a call costs besides its work, in time and in allocations.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <cstddef>
#include <seqpool/seqpool.hpp>

namespace {
// By thread, so that counting costs next to nothing.
thread_local long allocations = 0;
}  // namespace

// glibc's own entry points: operator new and Eigen's allocator come to malloc or to aligned_alloc, which stand here
// in front of them. What they return is glibc's, and so is free.
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t size);
extern "C" void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}

namespace bench {
namespace {

template <class Work> void add_counted(const std::string& what, Work work) {
  benchmark::RegisterBenchmark(name({what, one_token}).c_str(), [=](benchmark::State& state) {
    const long before = allocations;
    benchmark::DoNotOptimize(work());
    state.counters["allocations"] = static_cast<double>(allocations - before);
    for (auto _ : state) benchmark::DoNotOptimize(work());
  })->UseRealTime();
}

}  // namespace

void add_overhead() {
  using Result = Eigen::Tensor<float, 2, Eigen::RowMajor>;
  const auto x = states(one_token);
  const auto out = std::make_shared<Result>(one_token.batch, one_token.hidden);
  add_counted("overhead_mean_pool", [=] { return seqpool::mean_pool(x); });
  add_counted("overhead_result", [] { return Result(one_token.batch, one_token.hidden); });
  add_counted("overhead_pool_into", [=] {
    seqpool::pool_into(*out, seqpool::Mean{}, x);
    return out->data();
  });
}

}  // namespace bench
