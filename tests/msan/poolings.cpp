// SPDX-License-Identifier: MIT
// For MSan: no result of a pooling, and no gradient, comes from memory that nobody wrote. Tokens that are left out are
// such memory here, which holds guarantee 1 by the bit. A program without Catch2, whose streams and maps would need a
// standard library that is compiled for MSan; of the one that is there, templates are compiled with this file.
#include <sanitizer/msan_interface.h>

#include <cstdint>
#include <cstdio>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/poolings.hpp"
#include "support/random.hpp"

namespace {

using seqpool::Index;

// Ends the program with a report if a number of a result was computed from memory that nobody wrote.
void check(const auto& result) {
  __msan_check_mem_is_initialized(result.data(), static_cast<std::size_t>(result.size()) * sizeof(*result.data()));
}

template <class T> void check_poolings(const char* scalar) {
  using A = seqpool::accumulator_t<T>;
  constexpr Index batch = 4, hidden = 37;
  int cases = 0;
  for (const Index seq : {1, 9, 300}) {
    const Index size = batch * seq * hidden;
    std::vector<T> x(static_cast<std::size_t>(size)), columns(x);
    __msan_allocated_memory(x.data(), x.size() * sizeof(T));
    __msan_allocated_memory(columns.data(), x.size() * sizeof(T));
    std::vector<std::uint8_t> mask;
    test::Layout layout{seq, std::vector<std::vector<Index>>(batch)};
    test::Random random(7);
    for (Index b = 0; b < batch; ++b)
      for (Index s = 0; s < seq; ++s) {
        // Of the rows: all tokens, those behind padding, those between holes, and none.
        const bool is_real = b == 0 || (b == 1 && s >= seq / 2) || (b == 2 && s % 3 == 0);
        mask.push_back(is_real);
        if (!is_real) continue;
        layout.real[static_cast<std::size_t>(b)].push_back(s);
        for (Index h = 0; h < hidden; ++h) {
          const T number = static_cast<T>(random.unit());
          x[static_cast<std::size_t>((b * seq + s) * hidden + h)] = number;
          columns[static_cast<std::size_t>((h * seq + s) * batch + b)] = number;
        }
      }
    const seqpool::AttentionMask<std::uint8_t> view(mask.data(), {batch, seq});
    const seqpool::HiddenStates<T> rows(x.data(), {batch, seq, hidden});
    for (const auto& c : test::all_poolings<T>()) {
      const auto pooling = c.make(hidden, layout);
      const auto pooled = seqpool::pool(pooling, rows, view);
      check(pooled);
      check(seqpool::pool(
          pooling, seqpool::HiddenStates<T>(columns.data(), {batch, seq, hidden}, {1, batch, seq * batch}), view));
      ++cases;
      if (c.name == "Midrange") continue;  // a user's, without gradients
      const std::vector<A> d(static_cast<std::size_t>(pooled.size()), A(1));
      const auto back =
          seqpool::gradient(pooling, rows, view, seqpool::Vectors<A>(d.data(), {batch, pooled.dimension(1)}));
      check(back.tokens);
      check(back.parameters.numbers());
    }
  }
  std::printf("%s: %d cases\n", scalar, cases);
}

}  // namespace

int main() {
  check_poolings<float>("float");
  check_poolings<Eigen::half>("half");
  check_poolings<Eigen::bfloat16>("bfloat16");
}
