// SPDX-License-Identifier: MIT
#include <seqpool/door/gradients.hpp>

#include <seqpool/seqpool.hpp>

#include "support/catch.hpp"

namespace sd = seqpool::detail;

TEST_CASE("what has heads is told from a pooling, and hidden states from what is refused", "[gradient]") {
  using Bare = seqpool::Embedder<seqpool::Mean>;
  STATIC_REQUIRE(sd::HasHeads<Bare>);
  STATIC_REQUIRE(!sd::HasHeads<seqpool::Mean>);
  STATIC_REQUIRE(std::is_same_v<sd::heads_t<Bare>, seqpool::Sequential<>>);
  STATIC_REQUIRE(std::is_same_v<sd::numbers_of<Eigen::Tensor<Eigen::half, 3>>, float>);
  STATIC_REQUIRE(std::is_same_v<sd::numbers_of<seqpool::HiddenStates<double>>, double>);
  STATIC_REQUIRE(std::is_same_v<sd::numbers_of<int>, float>);
}

TEST_CASE("d_out has the sizes of what was pooled", "[gradient]") {
  const Eigen::Tensor<float, 2> d_out(2, 3);
  CHECK(sd::d_out_view(d_out, 2, 3).data == d_out.data());
  CHECK_THROWS_WITH(sd::d_out_view(d_out, 3, 3), ct::has_substring("d_out is [2, 3], but the pooled rows are [3, 3]"));
  CHECK_THROWS_WITH(sd::d_out_view(d_out, 2, 2), ct::has_substring("the pooled rows are [2, 2]"));
}
