// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Each of these is true, or a compile error that says what to write instead.

// What functions of vectors take, other than heads.
template <class X> consteval bool are_plain_vectors() {
  constexpr bool matrix = VectorsArgument<X>, lawful = ScalarVectors<X>;
  static_assert(
      matrix,
      "seqpool: similarity, nearest, pair_features, calibration_ranges and the quantize_ functions take vectors "
      "[n, features], such as pool and map return: an Eigen::Tensor or Eigen::TensorMap of rank 2. Evaluate "
      "an Eigen expression into a tensor first, and view other memory with an Eigen::TensorMap or with "
      "seqpool::Vectors<T>(data, {n, features}).");
  static_assert(lawful || !matrix,
                "seqpool: vectors [n, features] must be of float, double, Eigen::half or Eigen::bfloat16.");
  return lawful;
}

// Two such arguments, from which one result is computed.
template <class A, class B> consteval bool are_two_vectors() {
  constexpr bool a = detail::are_plain_vectors<A>(), b = detail::are_plain_vectors<B>();
  if constexpr (a && b) {
    constexpr bool alike = std::same_as<accumulator_t<element_t<A>>, accumulator_t<element_t<B>>>;
    static_assert(alike,
                  "seqpool: both vectors must accumulate in one type: double with double, and float, Eigen::half or "
                  "Eigen::bfloat16 with each other; convert one of them, for example with "
                  "Eigen::Tensor<float, 2>(x.cast<float>()).");
    return alike;
  }
  return false;
}

// The ranges of the quantize_ functions.
template <class Ranges> consteval bool are_ranges() {
  constexpr bool lawful = ScalarVectors<Ranges>;
  static_assert(
      lawful,
      "seqpool: ranges are [2, features], the least and the largest of each feature, as calibration_ranges(x) "
      "gives them: an Eigen::Tensor or Eigen::TensorMap of rank 2 of float, double, Eigen::half or "
      "Eigen::bfloat16.");
  return lawful;
}

template <class D> consteval bool is_device_at_the_end() {
  constexpr bool lawful = Device<D> || std::same_as<D, CallingThread>;
  static_assert(lawful,
                "seqpool: the last argument must be a device such as Eigen::ThreadPoolDevice (define EIGEN_USE_THREADS "
                "before the first Eigen include), with numThreads() and parallelFor(n, cost, f).");
  return lawful;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
