// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/driver/device.hpp>
#include <seqpool/scalar.hpp>

#include <functional>

namespace seqpool::inline SEQPOOL_ABI::detail {

// A device of any type, seen through a pointer: what a virtual function can take. It models `Device`, and must not
// outlive what it was made of.
class AnyDevice {
 public:
  template <Device D>
  explicit AnyDevice(const D& device)
      : device_(&device), threads_(detail::threads_of(device)), parallel_for_(&AnyDevice::parallel_for<D>) {}

  [[nodiscard]] Index numThreads() const noexcept { return threads_; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost& cost,
                   const std::function<void(Eigen::Index, Eigen::Index)>& f) const {
    parallel_for_(device_, n, cost, f);
  }

 private:
  template <class D>
  static void parallel_for(const void* device, Eigen::Index n, const Eigen::TensorOpCost& cost,
                           const std::function<void(Eigen::Index, Eigen::Index)>& f) {
    static_cast<const D*>(device)->parallelFor(n, cost, f);
  }

  const void* device_;
  Index threads_;
  void (*parallel_for_)(const void*, Eigen::Index, const Eigen::TensorOpCost&,
                        const std::function<void(Eigen::Index, Eigen::Index)>&);
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
