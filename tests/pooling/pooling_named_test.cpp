// SPDX-License-Identifier: MIT
#include <seqpool/pooling/pooling_named.hpp>

#include <seqpool/seqpool.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::pooling_named;

TEMPLATE_TEST_CASE("a pooling is found by its name in sentence-transformers", "[pooling_named]", SEQPOOL_TEST_SCALARS) {
  const std::vector<TestType> data = test::tokens<TestType>(2 * 5, 3, 1);
  const seqpool::HiddenStates<TestType> x(data.data(), {2, 5, 3});
  const auto check = [&](const char* name, const auto& pooling) {
    const auto named = pooling_named<TestType>(name);
    STATIC_REQUIRE(std::is_same_v<decltype(named), const seqpool::AnyPooling<TestType>>);
    CHECK(named.name() == pooling.name());
    CHECK(test::rows_of(seqpool::pool(named, x)) == test::rows_of(seqpool::pool(pooling, x)));
  };
  check("cls", seqpool::Cls{});
  check("lasttoken", seqpool::Last{});
  check("max", seqpool::Max{});
  check("mean", seqpool::Mean{});
  check("mean_sqrt_len_tokens", seqpool::MeanSqrtLen{});
  check("weightedmean", seqpool::WeightedMean{});
}

TEST_CASE("a name that no pooling has is refused with all that there are", "[pooling_named]") {
  CHECK_THROWS_AS(pooling_named<float>("attention"), std::invalid_argument);
  CHECK_THROWS_WITH(pooling_named<double>("attention"),
                    "seqpool: there is no pooling named 'attention'; there are 'cls', 'max', 'mean', "
                    "'mean_sqrt_len_tokens', 'weightedmean', 'lasttoken'");
  for (const std::string name : {"", "Mean", "mea", "mean ", "meanx", "last", "mean+max"})
    CHECK_THROWS_WITH(pooling_named<float>(name),
                      ct::has_substring("no pooling named '" + name + "'; there are 'cls'"));
}
