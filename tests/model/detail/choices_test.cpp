// SPDX-License-Identifier: MIT
#include <seqpool/model/detail/choices.hpp>

#include <cstddef>
#include <string_view>
#include <tuple>

#include "support/catch.hpp"

TEST_CASE("letters between two words are the fewest to put in, take out or change", "[model]") {
  using Case = std::tuple<std::string_view, std::string_view, std::size_t>;
  for (const auto& [a, b, letters] : {Case("", "", 0), Case("", "abc", 3), Case("abc", "abc", 0), Case("ab", "ba", 2),
                                      Case("flaw", "lawn", 2), Case("kitten", "sitting", 3), Case("ab", "xxabyy", 4)}) {
    INFO(a << ", " << b);
    CHECK(seqpool::model::detail::letters_between(a, b) == letters);
    CHECK(seqpool::model::detail::letters_between(b, a) == letters);
  }
}
