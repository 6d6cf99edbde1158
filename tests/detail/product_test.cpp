// SPDX-License-Identifier: MIT
#include <seqpool/detail/product.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/guarded_memory.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::detail::MatrixView;
using seqpool::detail::Product;

namespace {

template <class A> Product<A> product_of(const std::vector<A>& weight, const std::vector<A>& bias, Index in) {
  return Product<A>(
      static_cast<Index>(bias.size()), in,
      [&](Index o, Index f) { return weight[static_cast<std::size_t>(o * in + f)]; },
      [&](Index o) { return bias[static_cast<std::size_t>(o)]; });
}

// Every output is within its bound of what float64 gives.
template <class A>
void check(const std::vector<A>& x, Index rows, const std::vector<A>& weight, const std::vector<A>& bias, Index in) {
  const Index out = static_cast<Index>(bias.size());
  const auto product = product_of(weight, bias, in);
  std::vector<A> result(static_cast<std::size_t>(rows * out), std::numeric_limits<A>::quiet_NaN());
  product.multiply(MatrixView<const A>{x.data(), rows, in, in, 1}, 0, product.panels(),
                   MatrixView<A>{result.data(), rows, out, out, 1});
  const double eps = static_cast<double>(std::numeric_limits<A>::epsilon());
  const double n = static_cast<double>(in);
  for (Index r = 0; r < rows; ++r)
    for (Index o = 0; o < out; ++o) {
      long double exact = static_cast<long double>(bias[static_cast<std::size_t>(o)]);
      long double size = std::abs(exact);
      for (Index f = 0; f < in; ++f) {
        const long double term = static_cast<long double>(x[static_cast<std::size_t>(r * in + f)]) *
                                 static_cast<long double>(weight[static_cast<std::size_t>(o * in + f)]);
        exact += term;
        size += std::abs(term);
      }
      const auto found = static_cast<long double>(result[static_cast<std::size_t>(r * out + o)]);
      const double error = static_cast<double>(std::abs(found - exact));
      INFO("in " << in << " out " << out << " row " << r << " of " << rows << " output " << o);
      REQUIRE(error <= (std::min(n, 256.0) / 2 + n / 512 + 4) * eps * static_cast<double>(size));
    }
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 4: a product is within its bound, for every width", "[guarantees][product]",
                   SEQPOOL_TEST_REALS) {
  constexpr Index panel = Product<TestType>::panel_outputs;
  test::Random random(1);
  for (const Index in : {0, 1, 7, 15, 16, 17, 31, 32, 83, 255, 256, 257, 513, 768})
    for (const Index out :
         {Index{1}, Index{2}, Index{4}, Index{5}, panel - 1, panel, panel + 1, 4 * panel, 5 * panel + 3})
      for (const Index rows : {1, 2, 3, 4, 5, 6, 7, 13})
        check(random.values<TestType>(rows * in), rows, random.values<TestType>(out * in), random.values<TestType>(out),
              in);
}

TEMPLATE_TEST_CASE("a product is within its bound where each addition loses what it adds", "[product]",
                   SEQPOOL_TEST_REALS) {
  constexpr Index panel = Product<TestType>::panel_outputs;
  const auto tiny = std::numeric_limits<TestType>::epsilon() / 2;  // 1 + tiny rounds to 1
  for (const Index in : {2, 15, 16, 31, 33, 255, 256, 257, 512, 1000, 4096})
    for (const Index out : {Index{1}, panel - 1, panel, panel + 1}) {
      std::vector<TestType> x(static_cast<std::size_t>(in), tiny);
      // A large one in front of each lane of a sum.
      for (const Index large : {1, 8, 16}) {
        std::fill_n(x.begin(), (std::min)(large, in), TestType(1));
        check(x, 1, std::vector<TestType>(static_cast<std::size_t>(in * out), 1),
              std::vector<TestType>(static_cast<std::size_t>(out), 0), in);
      }
      check(x, 1, std::vector<TestType>(static_cast<std::size_t>(in * out), tiny),
            std::vector<TestType>(static_cast<std::size_t>(out), 1), in);
    }
}

TEMPLATE_TEST_CASE("a product has the same bits for any rows, any panels and any address", "[product]",
                   SEQPOOL_TEST_REALS) {
  constexpr Index panel = Product<TestType>::panel_outputs;
  const Index most = 14;
  for (const Index in : {3, 83, 300})
    for (const Index out : {Index{3}, panel - 1, panel, 5 * panel + 1}) {
      test::Random random(7);
      const auto product = product_of(random.values<TestType>(out * in), random.values<TestType>(out), in);
      const auto x = random.values<TestType>(most * in);
      std::vector<TestType> alone(static_cast<std::size_t>(most * out));
      const auto row = [&](auto& numbers, Index r, Index width) { return numbers.data() + r * width; };
      for (Index r = 0; r < most; ++r)
        product.multiply(MatrixView<const TestType>{row(x, r, in), 1, in, in, 1}, 0, product.panels(),
                         MatrixView<TestType>{row(alone, r, out), 1, out, out, 1});
      for (Index rows = 1; rows <= most; ++rows)
        for (Index cut = 0; cut <= product.panels(); ++cut)
          for (const Index offset : {0, 1, 3}) {
            // Rows with gaps between them, which stay as they are.
            std::vector<TestType> from(static_cast<std::size_t>(offset + rows * (in + 5)), TestType(9));
            std::vector<TestType> to(static_cast<std::size_t>(offset + rows * (out + 3)), TestType(9));
            for (Index r = 0; r < rows; ++r) std::copy_n(row(x, r, in), in, from.data() + offset + r * (in + 5));
            const MatrixView<const TestType> in_view{from.data() + offset, rows, in, in + 5, 1};
            const MatrixView<TestType> out_view{to.data() + offset, rows, out, out + 3, 1};
            product.multiply(in_view, 0, cut, out_view);
            if (cut == 0) REQUIRE(out_view(0, 0) == 9);  // of no panels nothing
            product.multiply(in_view, cut, product.panels(), out_view);
            for (Index r = 0; r < rows; ++r) {
              INFO("in " << in << " out " << out << " row " << r << " of " << rows << " cut " << cut);
              REQUIRE(std::equal(row(alone, r, out), row(alone, r, out) + out, &out_view(r, 0)));
              REQUIRE((out_view(r, out + 2) == 9 && out_view(r, out) == 9));
            }
          }
    }
}

TEMPLATE_TEST_CASE("a product of a weight beyond the cache is complete", "[product]", SEQPOOL_TEST_REALS) {
  constexpr Index panel = Product<TestType>::panel_outputs;
  test::Random random(5);
  const Index in = 70000 / panel, out = 9 * panel + 1;  // one panel more than fits, twice
  for (const Index rows : {1, 7})
    check(random.values<TestType>(rows * in), rows, random.values<TestType>(out * in), random.values<TestType>(out),
          in);
}

TEMPLATE_TEST_CASE("a product touches nothing beside its rows", "[product]", SEQPOOL_TEST_REALS) {
  constexpr Index panel = Product<TestType>::panel_outputs;
  for (const Index in : {1, 15, 17, 83})
    for (const Index out : {Index{1}, Index{3}, panel - 1, panel + 1, 4 * panel + 3})
      for (const Index rows : {1, 2, 7}) {
        test::Random random(3);
        const auto product = product_of(random.values<TestType>(out * in), random.values<TestType>(out), in);
        const test::GuardedMemory x_memory(static_cast<std::size_t>(rows * in) * sizeof(TestType));
        const test::GuardedMemory out_memory(static_cast<std::size_t>(rows * out) * sizeof(TestType));
        const auto values = random.values<TestType>(rows * in);
        for (const bool at_end : {false, true}) {
          auto* const x = reinterpret_cast<TestType*>(at_end ? x_memory.data() : x_memory.first());
          auto* const to = reinterpret_cast<TestType*>(at_end ? out_memory.data() : out_memory.first());
          std::copy(values.begin(), values.end(), x);
          product.multiply(MatrixView<const TestType>{x, rows, in, in, 1}, 0, product.panels(),
                           MatrixView<TestType>{to, rows, out, out, 1});
          CHECK(std::abs(to[rows * out - 1]) < static_cast<TestType>(in + 1));
        }
      }
}

TEST_CASE("a product keeps its weight when it is copied, and is of nothing until it is given one", "[product]") {
  const Product<float> none;
  CHECK((none.out() == 0 && none.in() == 0));
  auto product = product_of<float>({1, 2, 3, 4, 5, 6}, {10, 20, 30}, 2);
  const auto copy = product;
  product = none;
  CHECK((copy.out() == 3 && copy.in() == 2));
  const float x[] = {1, 10};
  float out[3];
  copy.multiply(MatrixView<const float>{x, 1, 2, 2, 1}, 0, copy.panels(), MatrixView<float>{out, 1, 3, 3, 1});
  CHECK((out[0] == 31 && out[1] == 63 && out[2] == 95));
}

TEMPLATE_TEST_CASE("a product goes back within its bound, and a row alone has the same bits", "[product][gradient]",
                   SEQPOOL_TEST_REALS) {
  constexpr Index panel = Product<TestType>::panel_outputs;
  const double eps = static_cast<double>(std::numeric_limits<TestType>::epsilon());
  constexpr Index rows = 3;
  for (const Index in : {0, 1, 7, 16, 83})
    for (const Index out : {Index{1}, Index{4}, panel - 1, panel, panel + 1, 3 * panel + 5}) {
      test::Random random(11);
      const auto weight = random.values<TestType>(out * in);
      const auto product = product_of(weight, random.values<TestType>(out), in);
      const auto d_out = random.values<TestType>(rows * out);
      // A gap behind each row, which stays as it is.
      std::vector<TestType> d_in(static_cast<std::size_t>(rows * (in + 1)), TestType(9)), alone(d_in);
      product.multiply_back({d_out.data(), rows, out, out, 1}, {d_in.data(), rows, in, in + 1, 1});
      for (Index r = 0; r < rows; ++r) {
        product.multiply_back({d_out.data() + r * out, 1, out, out, 1},
                              {alone.data() + r * (in + 1), 1, in, in + 1, 1});
        for (Index f = 0; f < in; ++f) {
          double exact = 0, size = 0;
          for (Index o = 0; o < out; ++o) {
            const double term = static_cast<double>(d_out[static_cast<std::size_t>(r * out + o)]) *
                                static_cast<double>(weight[static_cast<std::size_t>(o * in + f)]);
            exact += term;
            size += std::abs(term);
          }
          const double found = static_cast<double>(d_in[static_cast<std::size_t>(r * (in + 1) + f)]);
          REQUIRE(std::abs(found - exact) <= static_cast<double>(out) * eps * size);
        }
        REQUIRE(d_in[static_cast<std::size_t>(r * (in + 1) + in)] == 9);
      }
      REQUIRE(d_in == alone);
    }
}
