// SPDX-License-Identifier: MIT
#include <seqpool/detail/logits.hpp>

#include <limits>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

TEST_CASE("the loop over rows hands each row out once, widened, and makes its NaN canonical", "[logits]") {
  Eigen::Tensor<Eigen::half, 2> x(3, 2);
  for (int b = 0; b < 3; ++b) x(b, 0) = Eigen::half(static_cast<float>(b)), x(b, 1) = Eigen::half(-1.0f);
  std::vector<Index> rows;
  const auto result = detail::map_logits(x, [&rows]<class A>(detail::LogitRow<A> row) {
    rows.push_back(row.row);
    CHECK(row.size() == 2);
    CHECK(row.largest() == static_cast<A>(row.row));
    row[1] = row[0] == 1 ? -std::numeric_limits<A>::quiet_NaN() : row[1] * 2;
  });
  CHECK(rows == std::vector<Index>{0, 1, 2});
  STATIC_REQUIRE(std::is_same_v<decltype(result)::Scalar, float>);
  CHECK(result(2, 0) == 2);
  CHECK(result(2, 1) == -2);
  CHECK_FALSE(std::signbit(result(1, 1)));
  CHECK(detail::shifted_exp(-std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()) == 0);
}
