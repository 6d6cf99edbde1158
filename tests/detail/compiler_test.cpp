// SPDX-License-Identifier: MIT
#include <seqpool/detail/compiler.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

namespace {

SEQPOOL_INLINE int inlined(int x) { return x + 1; }
SEQPOOL_NOINLINE SEQPOOL_FLATTEN int called(int x) { return inlined(x) + 1; }
[[noreturn]] SEQPOOL_COLD void throw_it() { throw 1; }

}  // namespace

TEST_CASE("attributes change no result", "[compiler]") {
  const auto twice = [](int x) SEQPOOL_INLINE_LAMBDA { return 2 * x; };
  CHECK(twice(called(1)) == 6);
  CHECK_THROWS_AS(throw_it(), int);
  std::array<int, 16> a{}, b;
  b.fill(3);
  SEQPOOL_NO_OVERLAP
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  CHECK(a.back() == 3);
}

TEST_CASE("prefetch takes any address and reads nothing", "[compiler]") {
  detail::prefetch(nullptr);
  SUCCEED();
}

#if defined(SEQPOOL_SHUFFLE)
TEST_CASE("registers hold 16 bytes, and shuffle counts elements of both", "[compiler]") {
  using Two = detail::Register<std::uint64_t>::type;
  STATIC_REQUIRE(sizeof(detail::Register<std::uint16_t>::type) == 16);
  const Two a{1, 2}, b{3, 4};
  const Two mixed = SEQPOOL_SHUFFLE(a, b, 1, 2);
  CHECK(mixed[0] == 2);
  CHECK(mixed[1] == 3);
}
#endif

#if defined(SEQPOOL_F16C_BY_NAME)
TEST_CASE("the instruction by name widens n halves in order, where the processor has it", "[compiler]") {
  if (!detail::has_f16c()) return;
  std::array<std::uint16_t, 16> halves;
  std::array<float, 17> floats;
  floats.fill(-1);
  for (std::uint16_t i = 0; i < 16; ++i) halves[i] = static_cast<std::uint16_t>(0x3c00 + i);  // 1 + i / 1024
  detail::widen_by_f16c<16>(halves.data(), floats.data());
  for (std::size_t i = 0; i < 16; ++i) CHECK(floats[i] == 1 + static_cast<float>(i) / 1024);
  CHECK(floats[16] == -1);
}
#endif
