// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>

namespace seqpool::inline SEQPOOL_ABI::detail {

// "[2, 5]"
inline std::string shape(std::span<const Index> sizes) {
  std::string text = "[";
  for (const Index size : sizes) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}
inline std::string shape(std::initializer_list<Index> sizes) {
  return detail::shape(std::span<const Index>(sizes.begin(), sizes.size()));
}

// By value of a finished message, so that a check costs its caller one compare.
[[noreturn]] inline void fail(const std::string& what) { throw std::invalid_argument("seqpool: " + what); }

}  // namespace seqpool::inline SEQPOOL_ABI::detail
