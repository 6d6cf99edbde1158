// SPDX-License-Identifier: MIT
#include <seqpool/head/detail/multiply.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

namespace {

// Says that it has so many threads, and counts the pieces of work.
struct Counted {
  int threads;
  int* pieces;
  int numThreads() const { return threads; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost&,
                   const std::function<void(Eigen::Index, Eigen::Index)>& f) const {
    *pieces += static_cast<int>(n);
    for (Eigen::Index i = n; i-- > 0;) f(i, i + 1);
  }
};

}  // namespace

TEST_CASE("a product is shared out by rows or by outputs, whole and with the same bits", "[multiply]") {
  using Product = detail::Product<float>;
  constexpr Index panel = Product::panel_outputs;
  for (const Index rows : {1, 6, 13, 100})
    for (const Index out : {Index{3}, panel, 9 * panel + 1}) {
      const Index in = 20;
      test::Random random(1);
      const auto x = random.values<float>(rows * in), weight = random.values<float>(out * in);
      const Product product(
          out, in, [&](Index o, Index f) { return weight[static_cast<std::size_t>(o * in + f)]; },
          [](Index) { return 0.0f; });
      std::vector<float> alone(static_cast<std::size_t>(rows * out), 9), shared = alone;
      const detail::MatrixView<const float> from{x.data(), rows, in, in, 1};
      product.multiply(from, 0, product.panels(), detail::MatrixView<float>{alone.data(), rows, out, out, 1});
      int pieces = 0;
      detail::multiply(product, from, detail::MatrixView<float>{shared.data(), rows, out, out, 1}, Counted{3, &pieces});
      CHECK(shared == alone);
      CHECK((pieces > 1) == (rows >= 12 || out > 4 * panel));
      detail::multiply(product, from, detail::MatrixView<float>{shared.data(), rows, out, out, 1},
                       seqpool::CallingThread{});
      CHECK(shared == alone);
    }
}

TEMPLATE_TEST_CASE("a product goes back within its bound, and sums what it adds to row by row", "[multiply][gradient]",
                   SEQPOOL_TEST_REALS) {
  using A = TestType;
  constexpr Index panel = detail::Product<A>::panel_outputs, n = 9;
  constexpr double eps = static_cast<double>(std::numeric_limits<A>::epsilon());
  for (const Index in : {1, 7, 70})
    for (const Index out : {Index{1}, panel - 1, panel, 9 * panel + 1}) {
      test::Random random(2);
      const auto weight = random.values<double>(out * in), bias = random.values<double>(out);
      const auto x = random.values<A>(n * in), d_y = random.values<A>(n * out);
      const auto product = detail::product_of<A>(out, in, weight, bias);
      const auto given = product.weight();
      CHECK(
          std::equal(given.begin(), given.end(), weight.begin(), [](A a, double b) { return a == static_cast<A>(b); }));
      CHECK(product.bias().back() == static_cast<A>(bias.back()));
      CHECK(detail::product_of<A>(out, in, weight, {}).bias().back() == 0);
      std::vector<A> d_x(static_cast<std::size_t>(n * in)), own(static_cast<std::size_t>(out * in + out), A(1));
      std::vector<A> without(static_cast<std::size_t>(out * in), A(1));
      const seqpool::Rows<const A> rows(x.data(), n, in, in), d_rows(d_y.data(), n, out, out);
      detail::multiply_back<A>(product, rows, d_rows, {d_x.data(), n, in, in}, own);
      detail::multiply_back<A>(product, rows, d_rows, {nullptr, 0, in, in}, without);
      for (Index i = 0; i < n; ++i)
        for (Index f = 0; f < in; ++f) {
          double sum = 0, size = 0;
          for (Index o = 0; o < out; ++o) {
            const double term = static_cast<double>(static_cast<A>(weight[static_cast<std::size_t>(o * in + f)])) *
                                static_cast<double>(d_rows[i][static_cast<std::size_t>(o)]);
            sum += term, size += std::abs(term);
          }
          CHECK(std::abs(static_cast<double>(d_x[static_cast<std::size_t>(i * in + f)]) - sum) <=
                (static_cast<double>(out) / 8 + 32) * eps * size);
        }
      for (Index o = 0; o < out; ++o) {
        A of_bias = 1;
        for (Index i = 0; i < n; ++i) of_bias += d_rows[i][static_cast<std::size_t>(o)];
        CHECK(own[static_cast<std::size_t>(out * in + o)] == of_bias);
        for (Index f = 0; f < in; ++f) {
          double sum = 1, size = 1;
          for (Index i = 0; i < n; ++i) {
            const double term = static_cast<double>(d_rows[i][static_cast<std::size_t>(o)]) *
                                static_cast<double>(rows[i][static_cast<std::size_t>(f)]);
            sum += term, size += std::abs(term);
          }
          const auto at = static_cast<std::size_t>(o * in + f);
          CHECK(std::abs(static_cast<double>(own[at]) - sum) <= (n + 1) * eps * size);
          CHECK(without[at] == own[at]);
        }
      }
    }
}
