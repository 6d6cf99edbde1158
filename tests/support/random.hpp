// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_RANDOM_HPP
#define SEQPOOL_TESTS_SUPPORT_RANDOM_HPP

#include <cstdint>
#include <seqpool/scalar.hpp>
#include <vector>

namespace test {

// Seeded numbers of our own: the same on every compiler and with every Eigen (SplitMix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // In [0, 1), in [low, high), in [0, n).
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  seqpool::Index below(seqpool::Index n) { return static_cast<seqpool::Index>(bits() % static_cast<std::uint64_t>(n)); }

  template <class T> std::vector<T> values(seqpool::Index n, double low = -1, double high = 1) {
    std::vector<T> result;
    result.reserve(static_cast<std::size_t>(n));
    for (seqpool::Index i = 0; i < n; ++i) result.push_back(static_cast<T>(between(low, high)));
    return result;
  }

 private:
  std::uint64_t state_;
};

}  // namespace test

#endif
