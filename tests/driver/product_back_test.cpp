// SPDX-License-Identifier: MIT
#include <seqpool/driver/product_back.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::Rows;
namespace sd = seqpool::detail;

TEMPLATE_TEST_CASE("a product goes back by its weight, and learns by rows in order", "[gradient]", SEQPOOL_TEST_REALS) {
  using A = TestType;
  for (const Index out : {0, 1, 3, 4, 15, 16, 17, 33, 70})
    for (const Index in : {0, 1, 7, 16, 19, 40})
      for (const Index n : {1, 2, 9}) {
        const auto w = test::Random(1).values<A>(out * in), x = test::Random(2).values<A>(n * in),
                   dy = test::Random(3).values<A>(n * out);
        const sd::Product<A> product(
            out, in, [&](Index o, Index f) { return w[static_cast<std::size_t>(o * in + f)]; },
            [](Index) { return A(0); });
        const Rows<const A> rows(x.data(), n, in, in), d_out(dy.data(), n, out, out);
        std::vector<A> dx(static_cast<std::size_t>(n * in), A(7)), own(static_cast<std::size_t>(out * (in + 1)), A(1));
        sd::multiply_back(product, rows, d_out, Rows<A>(dx.data(), n, in, in), std::span<A>(own));
        double error = 0;
        for (Index i = 0; i < n; ++i)
          for (Index f = 0; f < in; ++f) {
            double sum = 0;
            for (Index o = 0; o < out; ++o)
              sum += static_cast<double>(dy[static_cast<std::size_t>(i * out + o)]) *
                     static_cast<double>(w[static_cast<std::size_t>(o * in + f)]);
            error = std::max(error, std::abs(sum - static_cast<double>(dx[static_cast<std::size_t>(i * in + f)])));
          }
        for (Index o = 0; o < out; ++o)
          for (Index f = 0; f <= in; ++f) {
            double sum = 1;
            for (Index i = 0; i < n; ++i)
              sum += static_cast<double>(dy[static_cast<std::size_t>(i * out + o)]) *
                     (f == in ? 1. : static_cast<double>(x[static_cast<std::size_t>(i * in + f)]));
            const Index at = f == in ? out * in + o : o * in + f;
            error = std::max(error, std::abs(sum - static_cast<double>(own[static_cast<std::size_t>(at)])));
          }
        // At most 70 terms below 1 in size.
        CHECK(error <= 70 * static_cast<double>(std::numeric_limits<A>::epsilon()));

        // The same bits row by row; and what nobody asks for is not touched.
        std::vector<A> one(dx.size()), parts(own.size(), A(1));
        for (Index i = 0; i < n; ++i)
          sd::multiply_back(product, rows.part(i, 1), d_out.part(i, 1), Rows<A>(one.data(), n, in, in).part(i, 1),
                            std::span<A>(parts));
        CHECK(one == dx);
        CHECK(parts == own);
        sd::multiply_back(product, rows, d_out, Rows<A>(nullptr, 0, in, in), std::span<A>());
      }
}
