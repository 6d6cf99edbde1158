// SPDX-License-Identifier: MIT
#include <seqpool/door/token_ids.hpp>

#include <cstdint>
#include <limits>
#include <seqpool/input/hidden_states.hpp>
#include <stdexcept>
#include <utility>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("ids are read where they lie, and must be as many as tokens", "[door]") {
  STATIC_REQUIRE(detail::are_token_ids<Eigen::Tensor<std::int64_t, 2>>());
  STATIC_REQUIRE(detail::are_token_ids<Eigen::TensorMap<const Eigen::Tensor<std::uint16_t, 2, Eigen::RowMajor>>>());
  const seqpool::HiddenStates<float> states(static_cast<const float*>(nullptr), {2, 3, 0});
  Eigen::Tensor<std::int32_t, 2> columns(2, 3);
  columns.setValues({{1, 2, 3}, {4, 5, 6}});
  const Eigen::Tensor<std::int32_t, 2, Eigen::RowMajor> rows =
      columns.swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
  for (int b = 0; b < 2; ++b)
    for (int s = 0; s < 3; ++s) {
      CHECK(detail::ids_of(columns, states)(b, s) == 3 * b + s + 1);
      CHECK(detail::ids_of(rows, states)(b, s) == 3 * b + s + 1);
    }
  const Eigen::Tensor<std::int32_t, 2> fewer(2, 2);
  CHECK_THROWS_AS(detail::ids_of(fewer, states), std::invalid_argument);
  CHECK_THROWS_WITH(detail::ids_of(fewer, states),
                    ct::has_substring("input_ids are [2, 2], but hidden states have [batch, seq] = [2, 3]"));
  CHECK_THROWS_WITH(detail::ids_of(fewer, states, "weights"), ct::has_substring("but weights have"));
  const Eigen::Tensor<std::int32_t, 2> more(1, 3);
  CHECK_THROWS_AS(detail::ids_of(more, states), std::invalid_argument);
}

TEST_CASE("an id is itself as an Index of any width, or no word's", "[door]") {
  CHECK(detail::id_of(std::int8_t{-3}) == -3);
  CHECK(detail::id_of('a') == 'a');
  CHECK(detail::id_of(std::uint16_t{65535}) == 65535);
  CHECK_THROWS_WITH(detail::id_of((std::numeric_limits<std::uint64_t>::max)()),
                    ct::has_substring("input_ids hold 18446744073709551615, which is no word's id"));
  constexpr std::int64_t beyond = (std::int64_t{1} << 32) + 5;
  if (sizeof(seqpool::Index) == 4)
    CHECK_THROWS_AS(detail::id_of(beyond), std::invalid_argument);
  else
    CHECK(std::cmp_equal(detail::id_of(beyond), beyond));
}
