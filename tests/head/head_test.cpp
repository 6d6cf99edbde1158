// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/head.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::Activation;
using seqpool::Index;
using seqpool::Rows;

namespace {

template <class A> using Matrix = Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>>;

// A user's head that knows no device: differences of neighbours.
struct Differences {
  Index width(Index features) const {
    if (features == 0) throw std::invalid_argument("no features");
    return features - 1;
  }
  template <class A> void map(Rows<const A> in, Rows<A> out) const {
    for (Index i = 0; i < in.size(); ++i)
      for (std::size_t f = 0; f < out[i].size(); ++f) out[i][f] = in[i][f + 1] - in[i][f];
  }
};

// Says that it has so many threads, so that work is cut for them; one takes all of it.
struct Cut {
  int threads;
  int numThreads() const { return threads; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost&,
                   const std::function<void(Eigen::Index, Eigen::Index)>& f) const {
    for (Eigen::Index i = n; i-- > 0;) f(i, i + 1);
  }
};

template <class A> auto linear(Index out, Index in, std::uint64_t seed) {
  const auto weight = test::Random(seed).values<A>(out * in);
  return seqpool::Linear(Matrix<A>(weight.data(), out, in), test::Random(seed + 1).values<A>(out));
}

template <class A> auto values(Index in) {
  using Projection = seqpool::ValueProjection<A>;
  const Index heads = in % 3 == 0 ? 3 : 1;
  typename Projection::Matrix value(24, in / heads), out(37, 24);
  const auto numbers = test::Random(9).values<A>(value.size() + out.size());
  std::copy_n(numbers.begin(), value.size(), value.data());
  std::copy_n(numbers.begin() + value.size(), out.size(), out.data());
  return Projection(value, {}, out, {}, heads);
}

// f(head) for heads of every kind, which take rows of `in` features; by AnyHead, so that what runs them is compiled
// once.
template <class A, class F> void for_each_head(Index in, F f) {
  constexpr Index panel = seqpool::detail::Product<A>::panel_outputs;
  using Any = seqpool::AnyHead<A>;
  for (const Index out : {Index{1}, Index{3}, panel - 1, panel, panel + 1, 5 * panel + 3})
    f(Any(linear<A>(out, in, 5)));
  f(Any(seqpool::Dense{linear<A>(in, in, 5), Activation::gelu, seqpool::Residual{}}));
  f(Any(seqpool::Dense{linear<A>(37, in, 5), Activation::silu, linear<A>(37, in, 7)}));
  for (const double p : {2., 1., 3., HUGE_VAL}) f(Any(seqpool::Normalize{p}));
  f(Any(seqpool::LayerNorm{test::Random(5).values<A>(in), test::Random(6).values<A>(in)}));
  f(Any(seqpool::Truncate{in / 2 + 1}));
  f(Any(seqpool::Standardize{}));
  for (const auto a : {Activation::tanh, Activation::relu, Activation::gelu, Activation::gelu_tanh, Activation::silu})
    f(Any(seqpool::Activate{a}));
  f(Any(seqpool::Affine{A(1.5), A(-0.2)}));
  f(Any(seqpool::Affine{test::Random(5).values<A>(in), test::Random(6).values<A>(in)}));
  f(Any(seqpool::KeepLargest{in / 3}));
  f(Any(values<A>(in)));
  f(Any(seqpool::SkipConnection{linear<A>(37, in, 8), linear<A>(in, 37, 9)}));
  const Index each = in % 3 == 0 ? in / 3 : in;
  f(Any(seqpool::EachQuery{in / each, seqpool::LayerNorm<A>{}, linear<A>(7, each, 8), seqpool::KeepLargest{3}}));
  f(Any(seqpool::QueryMean{in / each}));
  f(Any(Differences{}));
  f(Any(std::vector<Any>{linear<A>(37, in, 8), seqpool::Activate{Activation::tanh}, Differences{}}));
  f(Any(seqpool::Sequential{linear<A>(37, in, 8), seqpool::Truncate{20}, Differences{}, seqpool::Normalize{}}));
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 2: a row's bits do not depend on the batch, on a split of it or on the device",
                   "[guarantees][head]", SEQPOOL_TEST_REALS) {
  const Index most = 70;
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice two(&thread_pool, 2);
  for (const Index in : {83, 300}) {
    const auto x = test::Random(2).values<TestType>(most * in);
    const auto part = [&](Index first, Index rows) { return Matrix<TestType>(x.data() + first * in, rows, in); };
    for_each_head<TestType>(in, [&](const auto& head) {
      std::vector<std::vector<TestType>> alone;
      for (Index b = 0; b < most; ++b) alone.push_back(test::rows_of(seqpool::map(head, part(b, 1)))[0]);
      const auto check = [&](const auto& result, Index first) {
        const auto rows = test::rows_of(result);
        for (std::size_t b = 0; b < rows.size(); ++b)
          if (!test::same_bits(rows[b], alone[static_cast<std::size_t>(first) + b])) return false;
        return true;
      };
      for (Index rows = 1; rows <= most; ++rows) {
        INFO("batch " << rows << ", width " << alone[0].size());
        REQUIRE(check(seqpool::map(head, part(0, rows)), 0));
        REQUIRE(check(seqpool::map(head, part(most - rows, rows)), most - rows));
        REQUIRE(check(seqpool::map(head, part(0, rows), two), 0));
        REQUIRE(check(seqpool::map(head, part(0, rows), Cut{5}), 0));
      }
    });
  }
}

TEMPLATE_TEST_CASE("every layout, scalar and memory gives the numbers of row-major", "[head]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const auto values = test::Random(3).values<TestType>(5 * 19);
  const Matrix<TestType> x(values.data(), 5, 19);
  Eigen::Tensor<A, 2, Eigen::RowMajor> wide(5, 19);
  Eigen::Tensor<TestType, 2> column_major(5, 19);
  for (Index b = 0; b < 5; ++b)
    for (Index f = 0; f < 19; ++f) {
      wide(b, f) = seqpool::widen(x(b, f));
      column_major(b, f) = x(b, f);
    }
  for_each_head<A>(19, [&](const auto& head) {
    const auto expected = test::rows_of(seqpool::map(head, wide));
    STATIC_REQUIRE(std::is_same_v<decltype(seqpool::map(head, x)), Eigen::Tensor<A, 2, Eigen::RowMajor>>);
    STATIC_REQUIRE(std::is_same_v<decltype(seqpool::map(head, column_major)), Eigen::Tensor<A, 2>>);
    CHECK(test::rows_of(seqpool::map(head, x)) == expected);
    CHECK(test::rows_of(seqpool::map(head, column_major)) == expected);
    const auto width = static_cast<Index>(expected[0].size());
    Eigen::Tensor<A, 2> out(5, width);
    seqpool::map_into(out, head, x);
    CHECK(test::rows_of(out) == expected);
    Eigen::Tensor<A, 2, Eigen::RowMajor> rows(5, width);
    seqpool::map_into(Eigen::TensorMap<Eigen::Tensor<A, 2, Eigen::RowMajor>>(rows.data(), 5, width), head,
                      column_major);
    CHECK(test::rows_of(rows) == expected);
  });
}

TEST_CASE("Guarantee 7: a head's memory must fit its result, and the message names both", "[guarantees][head]") {
  const Eigen::Tensor<float, 2, Eigen::RowMajor> x(2, 4);
  Eigen::Tensor<float, 2> out(2, 4);
  CHECK_THROWS_AS(seqpool::map_into(out, Differences{}, x), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::map_into(out, Differences{}, x),
                    ct::has_substring("out is [2, 4]") && ct::has_substring("[batch, width] = [2, 3]"));
  Eigen::Tensor<float, 2> rows(3, 3);
  CHECK_THROWS_AS(seqpool::map_into(rows, Differences{}, x), std::invalid_argument);
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> null(nullptr, 2, 4);
  CHECK_THROWS_AS(seqpool::map(Differences{}, null), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::map(Differences{}, Eigen::Tensor<float, 2>(2, 0)), "no features");
}

TEMPLATE_TEST_CASE("a result over the vectors that it is mapped from is refused, before anything is written", "[head]",
                   SEQPOOL_TEST_REALS) {
  using RowMajor = Eigen::TensorMap<Eigen::Tensor<TestType, 2, Eigen::RowMajor>>;
  using ColMajor = Eigen::TensorMap<Eigen::Tensor<TestType, 2>>;
  constexpr Index rows = 7, in = 12;
  for_each_head<TestType>(in, [&](const auto& head) {
    const Index width = head.width(in);
    const auto numbers = test::Random(4).values<TestType>(3 * rows * (in + width));
    auto memory = numbers;
    TestType* const middle = memory.data() + rows * (in + width);
    const RowMajor x(middle, rows, in);
    const auto refused = [&](auto&& out, const auto& from) {
      CHECK_THROWS_AS(seqpool::map_into(out, head, from), std::invalid_argument);
      CHECK_THROWS_WITH(seqpool::map_into(out, head, from, Cut{3}),
                        ct::has_substring("lies in the memory of the head input [7, 12]"));
    };
    for (const Index shift : {Index{0}, Index{1}, rows * in - 1, 1 - rows * width}) {
      refused(RowMajor(middle + shift, rows, width), x);
      refused(ColMajor(middle + shift, rows, width), x);
      refused(RowMajor(middle + shift, rows, width), ColMajor(middle, rows, in));
    }
    CHECK(memory == numbers);
    // Right behind and right before them it is not.
    const auto expected = test::rows_of(seqpool::map(head, x));
    for (TestType* const out : {middle + rows * in, middle - rows * width}) {
      memory = numbers;
      seqpool::map_into(RowMajor(out, rows, width), head, x);
      CHECK(test::rows_of(RowMajor(out, rows, width)) == expected);
      CHECK(std::equal(middle, middle + rows * in, numbers.data() + (middle - memory.data())));
    }
  });
}

TEST_CASE("no vectors overlap nothing", "[head]") {
  float memory[12];
  using Map = Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>;
  CHECK_NOTHROW(seqpool::map_into(Map(memory, 0, 4), seqpool::Normalize{}, Map(memory, 0, 4)));
  CHECK_NOTHROW(seqpool::map_into(Map(memory, 3, 0), seqpool::Normalize{}, Map(memory, 3, 0)));
}

TEST_CASE("Guarantee 6: a NaN reaches its own row, as the one quiet NaN", "[guarantees][head]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(8, 9);
  x.setConstant(1);
  std::uint32_t bits = 0xffc01234u;  // negative, with a payload
  std::memcpy(&x(3, 8), &bits, sizeof bits);
  const auto check = [](const auto& result) {
    const float quiet = std::numeric_limits<float>::quiet_NaN();
    for (Index b = 0; b < 8; ++b)
      for (Index o = 0; o < result.dimension(1); ++o) {
        if (b == 3 && !std::isfinite(result(b, o))) CHECK(std::memcmp(&result(b, o), &quiet, sizeof quiet) == 0);
        if (b != 3) CHECK(std::isfinite(result(b, o)));
      }
    CHECK(std::isnan(result(3, result.dimension(1) - 1)));
  };
  const Eigen::Tensor<float, 2> column_major = x.swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
  check(seqpool::map(Differences{}, x));
  check(seqpool::map(Differences{}, column_major));
  check(seqpool::map(seqpool::Normalize{}, x));
  check(seqpool::map(seqpool::Normalize{1}, x));
  check(seqpool::map(linear<float>(70, 9, 1), x));
  check(seqpool::map(linear<float>(2, 9, 1), column_major));
  check(seqpool::map(seqpool::Truncate{9}, x));
  check(seqpool::map(seqpool::KeepLargest{1}, x));
  check(seqpool::map(seqpool::Affine{2.f, 1.f}, x));
  check(seqpool::map(seqpool::EachQuery{3, seqpool::Affine{2.f, 1.f}}, x));
  check(seqpool::map(seqpool::QueryMean{3}, x));
  check(seqpool::map(seqpool::LayerNorm<float>{}, x));
  check(seqpool::map(seqpool::Dense{linear<float>(9, 9, 1), Activation::relu, seqpool::Residual{}}, x));
  check(seqpool::map(seqpool::Activate{Activation::relu}, x));
}

TEST_CASE("Guarantee 9: mapping row-major memory allocates nothing", "[guarantees][head]") {
  const auto values = test::Random(3).values<float>(70 * 83);
  const Matrix<float> x(values.data(), 70, 83);
  const auto check = [&](const auto& head, Index width) {
    Eigen::Tensor<float, 2, Eigen::RowMajor> out(70, width);
    const test::AllocationCount count;
    seqpool::map_into(out, head, x);
    CHECK(count.so_far() == 0);
  };
  check(linear<float>(3, 83, 1), 3);
  check(linear<float>(200, 83, 1), 200);
  check(seqpool::Normalize{}, 83);
  check(seqpool::Normalize{3}, 83);
  check(seqpool::LayerNorm<float>{}, 83);
  check(seqpool::Truncate{5}, 5);
  check(seqpool::AnyHead<float>{linear<float>(200, 83, 1)}, 200);
  check(seqpool::KeepLargest{5}, 83);
  check(seqpool::Affine{2.f, 1.f}, 83);
  check(seqpool::EachQuery{1, linear<float>(200, 83, 1)}, 200);
  check(seqpool::QueryMean{1}, 83);
  check(seqpool::Activate{Activation::gelu}, 83);
}

TEST_CASE("no rows and no features are shapes like others", "[head]") {
  CHECK(seqpool::map(seqpool::Normalize{}, Eigen::Tensor<float, 2>(0, 4)).dimension(1) == 4);
  CHECK(seqpool::map(Differences{}, Eigen::Tensor<float, 2>(3, 1)).dimension(0) == 3);
  CHECK(seqpool::map(seqpool::Normalize{}, Eigen::Tensor<float, 2, Eigen::RowMajor>(3, 0)).dimension(1) == 0);
  CHECK(seqpool::map(linear<float>(40, 9, 1), Eigen::Tensor<float, 2, Eigen::RowMajor>(0, 9), Cut{3}).dimension(1) ==
        40);
}

TEST_CASE("rows are seen where they lie, and in parts", "[head]") {
  float data[] = {1, 2, -1, 3, 4, -1, 5, 6, -1};
  const Rows<float> rows(data, 3, 2, 3);
  CHECK((rows[0].size() == 2 && rows[2][1] == 6));
  const Rows<const float> part = rows.part(1, 2);
  CHECK((part.size() == 2 && part[0][0] == 3 && part[1][0] == 5 && part.stride() == 3 && part.features() == 2));
  float out[] = {0, 0};
  const Rows<float> to(out, 2, 1, 1);
  seqpool::Truncate{1}.map(rows.part(0, 2), to);  // rows that are written may be read
  CHECK((out[0] == 1 && out[1] == 3));
  seqpool::map_rows(seqpool::Truncate{1}, rows.part(2, 1), to.part(1, 1), seqpool::CallingThread{});
  CHECK((out[0] == 1 && out[1] == 5));
  CHECK(Rows<float>(nullptr, 3, 0, 1)[2].empty());
  CHECK(Rows<float>(nullptr, 3, 0, 1).part(1, 2).size() == 2);
}

TEST_CASE("what a head is", "[head]") {
  STATIC_REQUIRE(seqpool::Head<seqpool::Linear<float>, float>);
  STATIC_REQUIRE(seqpool::Head<seqpool::Linear<Eigen::half>, float>);
  STATIC_REQUIRE(seqpool::Head<seqpool::Linear<double>, double>);
  STATIC_REQUIRE(!seqpool::Head<seqpool::Linear<double>, float>);
  STATIC_REQUIRE(!seqpool::Head<seqpool::Linear<float>, double>);
  STATIC_REQUIRE(seqpool::Head<Differences, double>);
  STATIC_REQUIRE(seqpool::SomeHead<seqpool::Linear<double>>);
  STATIC_REQUIRE(!seqpool::SomeHead<seqpool::Mean>);
  STATIC_REQUIRE(!seqpool::Head<seqpool::Normalize, int>);
  STATIC_REQUIRE(seqpool::Head<seqpool::Sequential<seqpool::Linear<double>, seqpool::Normalize>, double>);
  STATIC_REQUIRE(!seqpool::Head<seqpool::Sequential<seqpool::Linear<double>, seqpool::Normalize>, float>);
  STATIC_REQUIRE(seqpool::DifferentiableHead<seqpool::Linear<Eigen::half>, float>);
  STATIC_REQUIRE(!seqpool::DifferentiableHead<seqpool::Linear<double>, float>);
  STATIC_REQUIRE(seqpool::DifferentiableHead<seqpool::Normalize, double>);
  STATIC_REQUIRE(!seqpool::DifferentiableHead<Differences, float>);
  STATIC_REQUIRE(!seqpool::DifferentiableHead<seqpool::Sequential<seqpool::Normalize, Differences>, float>);
  STATIC_REQUIRE(!seqpool::DifferentiableHead<seqpool::SkipConnection<Differences>, float>);
  STATIC_REQUIRE(!seqpool::DifferentiableHead<seqpool::EachQuery<Differences>, float>);
}
