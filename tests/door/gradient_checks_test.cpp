// SPDX-License-Identifier: MIT
#include <seqpool/door/gradient_checks.hpp>

#include <seqpool/seqpool.hpp>

#include "support/catch.hpp"

namespace sd = seqpool::detail;

TEST_CASE("rows that share a token are found, whatever their order", "[gradient]") {
  const std::vector<float> memory(20);
  const seqpool::HiddenStates<float> x(memory.data(), {2, 10, 1});
  const auto check = [&](const seqpool::Spans& spans) { sd::check_rows_apart(spans, x); };
  CHECK_NOTHROW(check({{0, 5, 10}, {1, 0, 10}, {0, 0, 5}, {0, 5, 5}}));
  CHECK_THROWS_WITH(check({{0, 5, 10}, {1, 0, 10}, {0, 0, 6}}),
                    ct::has_substring("rows 2 and 0 have token 5 of sequence 0 in common"));
  CHECK_THROWS_WITH(check({{1, 2, 3}, {1, 2, 3}}), ct::has_substring("token 2 of sequence 1"));
  CHECK_NOTHROW(sd::check_rows_apart(seqpool::AllTokens{}, x));
}

TEST_CASE("gradients are not written where d_out lies", "[gradient]") {
  std::vector<float> memory(12);
  const std::vector<float> states(8);
  const seqpool::HiddenStates<float> x(states.data(), {2, 2, 2});
  const auto into = [&](seqpool::Index d_out) {
    Eigen::TensorMap<Eigen::Tensor<float, 3, Eigen::RowMajor>> d_x(memory.data() + 2, 2, 2, 2);
    const seqpool::Vectors<float> given(memory.data() + d_out, {2, 2}, {10, 1});
    seqpool::gradient_into(d_x, seqpool::Mean{}, x, seqpool::all_tokens, given);
  };
  CHECK_NOTHROW(into(0));  // it lies between the rows
  memory.assign(22, 0);
  CHECK_THROWS_WITH(into(1), ct::has_substring("d_x [2, 2, 2] lies in the memory of d_out [2, 2]"));
  CHECK_THROWS_WITH(into(9), ct::has_substring("memory of d_out"));
  CHECK_NOTHROW(into(10));
  const auto run_of = [&](const seqpool::Mean& pooling) {
    const auto run = seqpool::forward(pooling, x, seqpool::all_tokens);
    Eigen::TensorMap<Eigen::Tensor<float, 3, Eigen::RowMajor>> d_x(memory.data(), 2, 2, 2);
    run.backward_into(d_x, nullptr, seqpool::Vectors<float>(memory.data() + 4, {2, 2}));
  };
  CHECK_THROWS_WITH(run_of(seqpool::Mean{}), ct::has_substring("memory of d_out"));
}

TEST_CASE("memory for gradients has the tokens' sizes and is not theirs", "[gradient]") {
  Eigen::Tensor<float, 3> own(2, 3, 4), other(2, 3, 4), wrong(2, 4, 3), empty(0, 3, 4);
  const seqpool::HiddenStates<float> x(own);
  const auto room = sd::token_room<float>(other, x);
  CHECK(room.data == other.data());
  CHECK(room.seq == 3);
  CHECK(room.strides == std::array<seqpool::Index, 3>{1, 2, 6});
  CHECK_THROWS_WITH(sd::token_room<float>(wrong, x), ct::has_substring("d_x is [2, 4, 3]"));
  CHECK_THROWS_WITH(sd::token_room<float>(own, x),
                    ct::has_substring("d_x [2, 3, 4] lies in the memory of the hidden states [2, 3, 4]"));
  Eigen::TensorMap<Eigen::Tensor<float, 3>> null(nullptr, 2, 3, 4);
  CHECK_THROWS_WITH(sd::token_room<float>(null, x), ct::has_substring("d_x [2, 3, 4] has a null pointer"));
  CHECK(sd::token_room<float>(empty, seqpool::HiddenStates<float>(empty)).data == nullptr);
}
