// SPDX-License-Identifier: MIT
#include <seqpool/pooling/detail/named_poolings.hpp>

#include <set>
#include <string_view>

#include "support/catch.hpp"
#include "support/scalars.hpp"

TEMPLATE_TEST_CASE("each name is there once, in the same place for every scalar", "[pooling_named]",
                   SEQPOOL_TEST_SCALARS) {
  std::set<std::string_view> names;
  std::size_t i = 0;
  for (const auto& pooling : seqpool::detail::named_poolings<TestType>) {
    CHECK(names.insert(pooling.name).second);
    CHECK(pooling.name == seqpool::detail::named_poolings<float>[i++].name);
    CHECK(pooling.make().width(7) == 7);
  }
}
