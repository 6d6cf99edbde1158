// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/detail/any_device.hpp>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::detail::AnyDevice;

namespace {

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

TEST_CASE("any device is the device that it was made of", "[any_device]") {
  STATIC_REQUIRE(seqpool::Device<AnyDevice>);
  const Noting noting{3};
  const AnyDevice device(noting);
  CHECK(device.numThreads() == 3);
  CHECK(AnyDevice(Noting{-1}).numThreads() == 1);
  Index done = 0;
  device.parallelFor(7, Eigen::TensorOpCost(12, 0, 0), [&](Index first, Index last) { done = last - first; });
  CHECK((noting.asked == 7 && noting.bytes == 12 && done == 7));
}

TEST_CASE("any device of a thread pool does every item once, and lets exceptions out", "[any_device]") {
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice two(&thread_pool, 2);
  const AnyDevice device(two);
  std::vector<std::atomic<int>> times(1000);
  seqpool::detail::share_out(device, 1000, 1e6, [&](Index first, Index last) {
    for (Index i = first; i < last; ++i) ++times[static_cast<std::size_t>(i)];
  });
  for (const auto& t : times) CHECK(t == 1);
  CHECK_THROWS_AS(seqpool::detail::share_out(device, 9, 1e6, [](Index, Index) { throw std::runtime_error("no"); }),
                  std::runtime_error);
}
