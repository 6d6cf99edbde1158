// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/driver/device.hpp>

#include <atomic>
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
