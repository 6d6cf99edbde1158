// SPDX-License-Identifier: MIT
// An Eigen::ThreadPoolDevice as last argument: many rows are shared out by rows, one long row by blocks of its
// tokens. The bits are the same on any number of threads.
#define EIGEN_USE_THREADS
#include <algorithm>
#include <chrono>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <seqpool/seqpool.hpp>
#include <thread>

using Clock = std::chrono::steady_clock;
using States = Eigen::Tensor<float, 3, Eigen::RowMajor>;

// The best of five times, or of fewer where the build is so slow that they take a while.
template <class F> double best_milliseconds(F f) {
  double best = 1e9;
  const auto begin = Clock::now();
  for (int i = 0; i < 5 && (i == 0 || Clock::now() - begin < std::chrono::milliseconds(200)); ++i) {
    const auto start = Clock::now();
    f();
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return best;
}

// Pools x on one thread and on the device's: prints both times, and whether both results have the same bits.
template <class P>
bool compare(const char* what, const P& pooling, const States& x, const Eigen::ThreadPoolDevice& device) {
  auto alone = seqpool::pool(pooling, x);
  auto shared = seqpool::pool(pooling, x, device);
  const bool same =
      std::memcmp(alone.data(), shared.data(), static_cast<std::size_t>(alone.size()) * sizeof(float)) == 0;
  const double one = best_milliseconds([&] { seqpool::pool_into(alone, pooling, x); });
  const double many = best_milliseconds([&] { seqpool::pool_into(shared, pooling, x, device); });
  std::cout << std::fixed << std::setprecision(2) << what << std::setw(8) << one << " ms on one thread," << std::setw(8)
            << many << " ms on " << device.numThreads() << ": " << one / many << " times as fast, "
            << (same ? "the same bits" : "OTHER BITS") << "\n";
  return same;
}

int main() {
  const int threads = static_cast<int>(std::max(2u, std::thread::hardware_concurrency()));
  Eigen::ThreadPool pool(threads);
  const Eigen::ThreadPoolDevice device(&pool, threads);

  States batch(32, 128, 384);
  States document(1, 4096, 384);
  for (States* x : {&batch, &document})
    for (Eigen::Index i = 0; i < x->size(); ++i) x->data()[i] = static_cast<float>(i % 1013) / 1013;
  Eigen::Tensor<float, 2, Eigen::RowMajor> queries(8, 384);
  for (Eigen::Index i = 0; i < queries.size(); ++i) queries.data()[i] = static_cast<float>(i % 997) / 997 - 0.5f;
  const seqpool::Attention attention(queries);

  // 8 queries are work for the processor, which more threads share. A mean waits for memory, which all threads share.
  bool same = compare("8 queries, 32 rows of 128 tokens:", attention, batch, device);
  same &= compare("8 queries, 1 row of 4096 tokens: ", attention, document, device);
  same &= compare("mean, 32 rows of 128 tokens:     ", seqpool::Mean{}, batch, device);
  same &= compare("mean, 1 row of 4096 tokens:      ", seqpool::Mean{}, document, device);
  return same ? 0 : 1;
}
