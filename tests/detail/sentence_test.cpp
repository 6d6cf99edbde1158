// SPDX-License-Identifier: MIT
#include <seqpool/detail/sentence.hpp>

#include "support/catch.hpp"

#include <limits>

TEST_CASE("a sentence is its parts, of text and of whole numbers", "[sentence]") {
  const std::string text = "of text";
  CHECK(seqpool::detail::sentence({}).empty());
  CHECK(seqpool::detail::sentence({"one ", std::string_view(text), ", ", text, ", ", std::string_view()}) ==
        "one of text, of text, ");
  CHECK(seqpool::detail::sentence({0, " ", -7, " ", (std::numeric_limits<std::int64_t>::min)(), " ",
                                   (std::numeric_limits<std::uint64_t>::max)()}) ==
        "0 -7 -9223372036854775808 18446744073709551615");
}
