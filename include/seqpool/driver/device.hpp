// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DRIVER_DEVICE_HPP
#define SEQPOOL_DRIVER_DEVICE_HPP

#include <seqpool/scalar.hpp>

#include <unsupported/Eigen/CXX11/Tensor>  // Eigen::TensorOpCost

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>

namespace seqpool::inline SEQPOOL_ABI {

/// What work can be shared out on: Eigen::ThreadPoolDevice, or any type with these two members of it.
/// Eigen declares its own under EIGEN_USE_THREADS, which stays the caller's choice.
template <class D>
concept Device = requires(const D& device, Index n, Eigen::TensorOpCost cost, std::function<void(Index, Index)> f) {
  device.numThreads();
  device.parallelFor(n, cost, f);
};

namespace detail {

struct CallingThread {};

inline int threads_of(const CallingThread&) noexcept { return 1; }
template <Device D>
int threads_of(const D& device) {
  return static_cast<int>(device.numThreads());
}

// f(first, last) over [0, n), in ranges that may run at the same time. An exception thrown in a worker comes
// out here, in the caller's thread.
template <class F>
void share_out(const CallingThread&, Index n, double, F f) {
  if (n > 0) f(Index{0}, n);
}
template <Device D, class F>
void share_out(const D& device, Index n, double bytes_per_item, F f) {
  // One piece of work for each thread, which takes ranges until none are left. Eigen runs one of so few pieces on the
  // calling thread, so that nothing waits for another thread to wake up.
  const Index workers = (std::min)(n, static_cast<Index>(threads_of(device)));
  if (workers <= 0) return;
  const Index range = (std::max)(Index{1}, n / (8 * workers));
  std::atomic<Index> next{0};
  std::mutex guard;
  std::exception_ptr error;
  const std::function<void(Index, Index)> work = [&](Index, Index) {
    try {
      for (Index first = next.fetch_add(range); first < n; first = next.fetch_add(range))
        f(first, (std::min)(first + range, n));
    } catch (...) {
      const std::lock_guard lock(guard);
      if (!error) error = std::current_exception();
    }
  };
  const double bytes = bytes_per_item * static_cast<double>(n) / static_cast<double>(workers);
  device.parallelFor(workers, Eigen::TensorOpCost(bytes, 0, 0), work);
  if (error) std::rethrow_exception(error);
}

}  // namespace detail
}  // namespace seqpool::inline SEQPOOL_ABI

#endif
