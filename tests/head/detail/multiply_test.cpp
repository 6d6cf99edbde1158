// SPDX-License-Identifier: MIT
#include <seqpool/head/detail/multiply.hpp>

#include <functional>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

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
