// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/sentence.hpp>
#include <seqpool/scalar.hpp>

#include <cstddef>
#include <span>
#include <stdexcept>

namespace seqpool::inline SEQPOOL_ABI::detail {

// "[2, 5]"
inline std::string shape(std::span<const Index> sizes) {
  std::string text = "[";
  for (const Index size : sizes) {
    if (text.size() > 1) text += ", ";
    text += detail::number_text(size);
  }
  text += ']';
  return text;
}
inline std::string shape(std::initializer_list<Index> sizes) {
  return detail::shape(std::span<const Index>(sizes.begin(), sizes.size()));
}

// Kept out of its caller, so that a check costs the caller one compare.
[[noreturn]] SEQPOOL_COLD inline void fail(std::string_view what) {
  throw std::invalid_argument(detail::sentence({"seqpool: ", what}));
}
[[noreturn]] SEQPOOL_COLD inline void fail(Parts what) { detail::fail(detail::sentence(what)); }

}  // namespace seqpool::inline SEQPOOL_ABI::detail
