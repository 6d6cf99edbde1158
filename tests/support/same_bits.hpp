// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_SAME_BITS_HPP
#define SEQPOOL_TESTS_SUPPORT_SAME_BITS_HPP

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace test {

// Whether two numbers, or two of what has data() and size(), have the same bits. What is empty has no address, which
// memcmp must not be given.
template <class A, class B> bool same_bits(const A& a, const B& b) {
  if constexpr (requires { a.data(); }) {
    static_assert(std::is_same_v<std::decay_t<decltype(*a.data())>, std::decay_t<decltype(*b.data())>>);
    return static_cast<std::size_t>(a.size()) == static_cast<std::size_t>(b.size()) &&
           (a.size() == 0 ||
            std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(*a.data())) == 0);
  } else {
    static_assert(std::is_same_v<A, B>);
    return std::memcmp(&a, &b, sizeof a) == 0;
  }
}

}  // namespace test

#endif
