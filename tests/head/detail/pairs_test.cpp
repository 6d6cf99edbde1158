// SPDX-License-Identifier: MIT
#include <seqpool/head/detail/pairs.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

namespace {

struct AddsOne {
  static float finish(float x) { return x + 1; }
};

// Of distances along the axes what is between two numbers, positive.
struct Difference : detail::AxesDistance {
  template <class A> static A finish(A sum) noexcept { return sum; }
};

}  // namespace

TEST_CASE("every number of a row is finished once", "[pairs]") {
  for (const Index n : {0, 1, 15, 16, 17, 40}) {
    std::vector<float> row(41, 1.0f);
    detail::finish_row<AddsOne>(row.data(), n);
    for (Index i = 0; i < 41; ++i) CHECK(row[static_cast<std::size_t>(i)] == (i < n ? 2 : 1));
  }
}

TEST_CASE("all pairs meet once, into any strides", "[pairs]") {
  const float a[]{1, 2, 3}, b[]{10, 20};
  float out[3][4]{};
  const detail::MatrixView<const float> rows{a, 3, 1, 1, 1}, columns{b, 2, 1, 1, 1};
  detail::for_all_pairs<detail::DotProduct>(rows, columns, detail::MatrixView<float>{out[0], 3, 2, 4, 1},
                                            seqpool::CallingThread{});
  CHECK((out[0][0] == 10 && out[0][1] == 20 && out[2][0] == 30 && out[2][1] == 60 && out[2][2] == 0));
  detail::for_all_pairs<Difference>(columns, rows, detail::MatrixView<float>{out[0], 2, 3, 1, 4},
                                    seqpool::CallingThread{});
  CHECK((out[0][0] == 9 && out[0][1] == 19 && out[2][0] == 7 && out[2][1] == 17 && out[2][2] == 0));
}

TEST_CASE("a cosine is brought back to 1, and a NaN stays one", "[pairs]") {
  const float next = std::nextafter(1.0f, 2.0f), nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> row(20, 0.5f);
  row[0] = row[17] = next;
  row[1] = row[18] = -next;
  row[2] = row[19] = nan;
  row[3] = -0.0f;
  detail::finish_row<detail::Cosine>(row.data(), 20);
  CHECK((row[0] == 1 && row[17] == 1 && row[1] == -1 && row[18] == -1 && row[4] == 0.5f));
  CHECK((std::isnan(row[2]) && std::isnan(row[19]) && row[3] == 0 && std::signbit(row[3])));
}
