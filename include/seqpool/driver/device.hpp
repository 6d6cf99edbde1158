// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <unsupported/Eigen/CXX11/Tensor>  // Eigen::TensorOpCost

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>

namespace seqpool::inline SEQPOOL_ABI {

/// What work can be shared out on: Eigen::ThreadPoolDevice, or any type with these two members. Eigen declares its own
/// under EIGEN_USE_THREADS, which stays the caller's choice.
///
/// | expression | meaning |
/// |---|---|
/// | `device.numThreads()` | how many threads there are; fewer than 2: the calling thread does all |
/// | `device.parallelFor(n, cost, f)` | calls `f(first, last)` for ranges that make up `[0, n)`, and waits for all |
///
/// It may also have `device.currentThreadId()`, as Eigen's does: 0 or more on one of its own threads. There the calling
/// thread does all, because a thread that waits for its own pool may wait for ever.
template <class D>
concept Device = requires(const D& device, Eigen::Index n, Eigen::TensorOpCost cost,
                          std::function<void(Eigen::Index, Eigen::Index)> f) {
  device.numThreads();
  device.parallelFor(n, cost, f);
};

/// No device: the calling thread does all of the work.
struct CallingThread {};

namespace detail {

inline Index threads_of(const CallingThread&) noexcept { return 1; }
template <Device D> Index threads_of(const D& device) {
  if constexpr (requires { Index{device.currentThreadId()}; })
    if (device.currentThreadId() >= 0) return 1;
  return (std::max)(Index{1}, static_cast<Index>(device.numThreads()));
}

// f(first, last) over [0, n), in ranges that may run at the same time. An exception thrown in a worker comes out here,
// in the caller's thread, and ranges that were not begun are skipped.
template <class D, class F> void share_out(const D& device, Index n, double bytes_per_item, F f) {
  const Index workers = (std::min)(n, detail::threads_of(device));
  if (workers <= 1) {
    if (n > 0) f(Index{0}, n);
    return;
  }
  if constexpr (Device<D>) {
    // One piece of work for each thread, which takes ranges until none are left. With so few pieces, Eigen runs one on
    // the calling thread, so nothing waits for another thread to wake up.
    const Index range = (std::max)(Index{1}, n / workers / 8);
    std::atomic<Index> next{0};
    std::atomic<bool> failed{false};
    std::exception_ptr error;
    const std::function<void(Eigen::Index, Eigen::Index)> work = [&](Eigen::Index, Eigen::Index) {
      try {
        for (Index first = next.fetch_add(range); first < n; first = next.fetch_add(range))
          f(first, (std::min)(first + range, n));
      } catch (...) {
        next = n;
        if (!failed.exchange(true)) error = std::current_exception();
      }
    };
    const double bytes = bytes_per_item * static_cast<double>(n) / static_cast<double>(workers);
    device.parallelFor(static_cast<Eigen::Index>(workers), Eigen::TensorOpCost(bytes, 0, 0), work);
    if (error) std::rethrow_exception(error);
  }
}

// A device of any type, or none, seen through a reference: what a virtual function can take. It must not outlive what
// it was made from.
class AnyDevice {
  using Work = std::function<void(Eigen::Index, Eigen::Index)>;

 public:
  template <class D> explicit AnyDevice(const D& device) : threads_(detail::threads_of(device)) {
    if constexpr (Device<D>)
      parallel_for_ = [&device](Eigen::Index n, const Eigen::TensorOpCost& cost, const Work& f) {
        device.parallelFor(n, cost, f);
      };
  }

  [[nodiscard]] Index numThreads() const noexcept { return threads_; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost& cost, const Work& f) const { parallel_for_(n, cost, f); }

 private:
  Index threads_;
  std::function<void(Eigen::Index, const Eigen::TensorOpCost&, const Work&)> parallel_for_;
};

}  // namespace detail
}  // namespace seqpool::inline SEQPOOL_ABI
