// SPDX-License-Identifier: MIT
#include <seqpool/detail/side_by_side.hpp>

#include <vector>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("rows that lie side by side are taken where they are, others are copied", "[side_by_side]") {
  const std::vector<float> x{1, 2, 3, 4, 5, 6};
  detail::AlignedVector<float> room;
  const detail::MatrixView<const float> by_rows{x.data(), 2, 3, 3, 1}, by_columns{x.data(), 2, 3, 1, 2};
  CHECK(detail::side_by_side<float>(by_rows, room).data == x.data());
  float mine[]{1, 2};
  CHECK(detail::side_by_side<float>(detail::MatrixView<float>{mine, 1, 2, 2, 1}, room).data == mine);
  const auto copied = detail::side_by_side<float>(by_columns, room);
  CHECK(copied.data == room.data());
  CHECK((copied.row_stride == 3 && copied.column_stride == 1));
  CHECK(std::vector<float>(room.begin(), room.end()) == std::vector<float>{1, 3, 5, 2, 4, 6});
  const Eigen::half half[]{Eigen::half(7.0f)};
  CHECK(detail::side_by_side<float>(detail::MatrixView<const Eigen::half>{half, 1, 1, 1, 1}, room)(0, 0) == 7);
}
