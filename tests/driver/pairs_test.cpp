// SPDX-License-Identifier: MIT
#include <seqpool/driver/pairs.hpp>

#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

TEST_CASE("rows that lie side by side are taken where they are, others are copied", "[pairs]") {
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

TEST_CASE("every number of a row is finished once", "[pairs]") {
  for (const Index n : {0, 1, 15, 16, 17, 40}) {
    std::vector<float> row(41, 1.0f);
    detail::finish_row(row.data(), n, [](float x) { return x + 1; });
    for (Index i = 0; i < 41; ++i) CHECK(row[static_cast<std::size_t>(i)] == (i < n ? 2 : 1));
  }
}

TEST_CASE("all pairs meet once, into any strides", "[pairs]") {
  const float a[]{1, 2, 3}, b[]{10, 20};
  float out[3][4]{};
  const detail::MatrixView<const float> rows{a, 3, 1, 1, 1}, columns{b, 2, 1, 1, 1};
  detail::for_all_pairs<detail::TimesInPanels>(rows, columns, detail::MatrixView<float>{out[0], 3, 2, 4, 1},
                                               detail::AsItIs{}, detail::AsItIs{}, seqpool::CallingThread{});
  CHECK((out[0][0] == 10 && out[0][1] == 20 && out[2][0] == 30 && out[2][1] == 60 && out[2][2] == 0));
  detail::for_all_pairs<detail::AbsoluteDifference>(columns, rows, detail::MatrixView<float>{out[0], 2, 3, 1, 4},
                                                    detail::AsItIs{}, detail::AsItIs{}, seqpool::CallingThread{});
  CHECK((out[0][0] == 9 && out[0][1] == 19 && out[2][0] == 7 && out[2][1] == 17 && out[2][2] == 0));
}
