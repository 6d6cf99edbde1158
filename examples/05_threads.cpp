// SPDX-License-Identifier: MIT
// An Eigen::ThreadPoolDevice as last argument: many rows are shared out by rows, one long row by blocks of its
// tokens. The bits are the same on any number of threads.
#define EIGEN_USE_THREADS
#include <algorithm>
#include <chrono>
#include <cstring>
#include <iostream>
#include <seqpool/seqpool.hpp>
#include <thread>

using Clock = std::chrono::steady_clock;
using States = Eigen::Tensor<float, 3, Eigen::RowMajor>;

template <class F> double best_milliseconds(F f) {
  double best = 1e9;
  for (int i = 0; i < 7; ++i) {
    const auto start = Clock::now();
    f();
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return best;
}

bool compare(const char* what, const States& x, const Eigen::ThreadPoolDevice& device) {
  auto alone = seqpool::mean_pool(x);
  auto shared = seqpool::mean_pool(x, device);
  const bool same =
      std::memcmp(alone.data(), shared.data(), static_cast<std::size_t>(alone.size()) * sizeof(float)) == 0;
  const double one = best_milliseconds([&] { seqpool::pool_into(alone, seqpool::Mean{}, x); });
  const double many = best_milliseconds([&] { seqpool::pool_into(shared, seqpool::Mean{}, x, device); });
  std::cout << what << ": " << one << " ms on one thread, " << many << " ms on " << device.numThreads() << " threads, "
            << (same ? "the same bits" : "OTHER BITS") << "\n";
  return same;
}

int main() {
  const int threads = static_cast<int>(std::max(2u, std::thread::hardware_concurrency()));
  Eigen::ThreadPool pool(threads);
  const Eigen::ThreadPoolDevice device(&pool, threads);

  States batch(32, 256, 768);
  States document(1, 8192, 768);
  for (States* x : {&batch, &document})
    for (Eigen::Index i = 0; i < x->size(); ++i) x->data()[i] = static_cast<float>(i % 1013) / 1013;
  const bool batch_same = compare("32 rows of 256 tokens", batch, device);
  const bool document_same = compare("1 row of 8192 tokens  ", document, device);
  return batch_same && document_same ? 0 : 1;
}
