// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/driver/device.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;

namespace {

// The two members that a device needs, without threads: any type that has them will do.
struct Serial {
  int numThreads() const { return 2; }
  void parallelFor(Index n, const Eigen::TensorOpCost&, std::function<void(Index, Index)> f) const {
    for (Index i = 0; i < n; ++i) f(i, i + 1);
  }
};

// Notes what it is asked to share out.
struct Noting {
  int threads;
  mutable Index asked = -1;
  mutable double bytes = -1;

  int numThreads() const { return threads; }
  void parallelFor(Index n, const Eigen::TensorOpCost& cost, std::function<void(Index, Index)> f) const {
    asked = n;
    bytes = cost.bytes_loaded();
    f(0, n);
  }
};

}  // namespace

TEST_CASE("a device is Eigen's or anything with its two members", "[device]") {
  STATIC_REQUIRE(seqpool::Device<Eigen::ThreadPoolDevice>);
  STATIC_REQUIRE(seqpool::Device<Serial>);
  STATIC_REQUIRE(!seqpool::Device<int>);
  STATIC_REQUIRE(!seqpool::Device<Eigen::Tensor<bool, 2>>);
}

TEST_CASE("share_out does every item once", "[device]") {
  Eigen::ThreadPool thread_pool(3);
  const Eigen::ThreadPoolDevice device(&thread_pool, 3);
  for (const Index n : {0, 1, 2, 1000}) {
    std::vector<std::atomic<int>> times(static_cast<std::size_t>(n));
    const auto count = [&times](Index first, Index last) {
      for (Index i = first; i < last; ++i) ++times[static_cast<std::size_t>(i)];
    };
    seqpool::detail::share_out(device, n, 1e6, count);
    seqpool::detail::share_out(Serial{}, n, 1e6, count);
    seqpool::detail::share_out(seqpool::CallingThread{}, n, 1e6, count);
    for (const auto& t : times) CHECK(t == 3);
  }
}

TEST_CASE("an exception in a worker comes out in the caller's thread", "[device]") {
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  const auto work = [](Index first, Index last) {
    if (first <= 70 && 70 < last) throw std::runtime_error("item 70");
  };
  CHECK_THROWS_WITH(seqpool::detail::share_out(device, 100, 1e6, work), "item 70");
  CHECK_THROWS_WITH(seqpool::detail::share_out(Serial{}, 100, 1e6, work), "item 70");
  int begun = 0;
  const auto at_once = [&begun](Index, Index) {
    ++begun;
    throw std::runtime_error("at once");
  };
  CHECK_THROWS_WITH(seqpool::detail::share_out(Serial{}, 100, 1e6, at_once), "at once");
  CHECK(begun == 1);  // what was not begun is left
}

namespace {

// task(i) for each of n tasks on the pool's threads, all begun before one goes on; ends the program if they wait for
// ever.
template <class Task> void run_in_pool(Eigen::ThreadPool& pool, int n, Task task) {
  std::mutex mutex;
  std::condition_variable changed;
  int begun = 0, done = 0;
  for (int i = 0; i < n; ++i)
    pool.Schedule([&, i] {
      {
        std::unique_lock lock(mutex);
        ++begun;
        changed.notify_all();
        changed.wait(lock, [&] { return begun == n; });
      }
      task(i);
      const std::lock_guard lock(mutex);
      ++done;
      changed.notify_all();
    });
  std::unique_lock lock(mutex);
  if (!changed.wait_for(lock, std::chrono::seconds(60), [&] { return done == n; })) {
    std::fputs("work on a pool's own threads waits for ever\n", stderr);
    std::_Exit(1);
  }
}

}  // namespace

TEST_CASE("on a thread of the device's own pool the calling thread does all, with the same bits", "[device]") {
  using Matrix = Eigen::Tensor<float, 2, Eigen::RowMajor>;
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(64, 40, 96);
  Eigen::Tensor<float, 3, Eigen::RowMajor> long_row(1, 3000, 96);
  Matrix weight(80, 96);
  for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>((i * 37) % 101) / 50;
  for (Eigen::Index i = 0; i < long_row.size(); ++i) long_row.data()[i] = static_cast<float>((i * 53) % 89) / 40;
  for (Eigen::Index i = 0; i < weight.size(); ++i) weight.data()[i] = static_cast<float>((i * 29) % 97) / 60;
  const seqpool::Linear head{weight};
  const seqpool::AnyHead<float> any = head;
  const seqpool::Attention attention{std::vector<float>(96, 0.1f)};
  const auto all = [&](const auto&... device) {
    const Matrix pooled = seqpool::mean_pool(x, device...);
    return std::vector<Matrix>{pooled,
                               seqpool::mean_pool(long_row, device...),
                               seqpool::map(head, pooled, device...),
                               seqpool::map(any, pooled, device...),
                               seqpool::cosine_similarity(pooled, pooled, device...),
                               seqpool::Embedder{seqpool::Max{}, head}.embed(x, seqpool::AllTokens{}, device...)};
  };
  const auto expected = all();
  const auto same = [](const Matrix& a, const Matrix& b) {
    return std::equal(a.data(), a.data() + a.size(), b.data(), b.data() + b.size());
  };
  for (const int threads : {2, 4}) {
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    const Eigen::ThreadPoolDevice other(&pool, 2);  // another device on the same threads
    std::atomic<int> wrong{0};
    run_in_pool(pool, threads, [&](int i) {
      for (int round = 0; round < 5; ++round) {
        const auto found = i % 2 == 0 ? all(device) : all(other);
        for (std::size_t k = 0; k < expected.size(); ++k) wrong += same(found[k], expected[k]) ? 0 : 1;
      }
      const auto weights = seqpool::attention_weights(attention, x, device);
      if (weights.dimension(0) != 64) ++wrong;
    });
    CHECK(wrong == 0);
    for (std::size_t k = 0; k < expected.size(); ++k)
      CHECK(same(all(device)[k], expected[k]));  // and on no such thread
    CHECK(seqpool::detail::threads_of(device) == threads);
  }
  CHECK(seqpool::detail::threads_of(Serial{}) == 2);  // which does not say what thread it is on
}

TEST_CASE("any device is the device that it was made of", "[device]") {
  STATIC_REQUIRE(seqpool::Device<seqpool::detail::AnyDevice>);
  const Noting noting{3};
  const seqpool::detail::AnyDevice device(noting);
  CHECK(device.numThreads() == 3);
  CHECK(seqpool::detail::AnyDevice(Noting{-1}).numThreads() == 1);
  CHECK(seqpool::detail::AnyDevice(seqpool::CallingThread{}).numThreads() == 1);
  Index done = 0;
  device.parallelFor(7, Eigen::TensorOpCost(12, 0, 0), [&](Index first, Index last) { done = last - first; });
  CHECK((noting.asked == 7 && noting.bytes == 12 && done == 7));
}

TEST_CASE("any device of a thread pool does every item once, and lets exceptions out", "[device]") {
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice two(&thread_pool, 2);
  const seqpool::detail::AnyDevice device(two);
  std::vector<std::atomic<int>> times(1000);
  seqpool::detail::share_out(device, 1000, 1e6, [&](Index first, Index last) {
    for (Index i = first; i < last; ++i) ++times[static_cast<std::size_t>(i)];
  });
  for (const auto& t : times) CHECK(t == 1);
  CHECK_THROWS_AS(seqpool::detail::share_out(device, 9, 1e6, [](Index, Index) { throw std::runtime_error("no"); }),
                  std::runtime_error);
}
