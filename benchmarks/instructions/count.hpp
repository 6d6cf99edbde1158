// SPDX-License-Identifier: MIT
#pragma once

#include <valgrind/callgrind.h>

#include <cstddef>
#include <seqpool/scalar.hpp>
#include <vector>

// Counts the second of two calls, which finds malloc's bins filled. No analysis across functions, so that all that the
// call leaves behind is in memory when counting ends.
template <class Call> [[gnu::noipa]] void count(const Call& call) {
  call();
  CALLGRIND_TOGGLE_COLLECT;
  call();
  CALLGRIND_TOGGLE_COLLECT;
}

template <class T> std::vector<T> numbers(seqpool::Index n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<float>(i % 1013) / 1013 - 0.5f);
  return x;
}
