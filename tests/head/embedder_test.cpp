// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/embedder.hpp>

#include <array>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "midrange.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::Embedder;
using seqpool::Index;
using seqpool::Linear;
using seqpool::Mean;
using seqpool::Normalize;

namespace {

template <int Layout = Eigen::RowMajor> Eigen::Tensor<float, 3, Layout> states(Index batch, Index seq, Index hidden) {
  Eigen::Tensor<float, 3, Layout> x(batch, seq, hidden);
  test::Random random(4);
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < seq; ++s)
      for (Index h = 0; h < hidden; ++h) x(b, s, h) = static_cast<float>(random.between(-1, 1));
  return x;
}

}  // namespace

TEST_CASE("an embedder is its heads over its pooling, for every form of input", "[embedder]") {
  const auto x = states(3, 5, 8);
  Eigen::Tensor<int, 2> mask(3, 5);
  mask.setConstant(1);
  for (Index s = 0; s < 5; ++s) mask(1, s) = 0;
  mask(2, 4) = 0;
  const Embedder embedder{Mean{}, seqpool::Truncate{6}, Normalize{}};
  const seqpool::Sequential heads{seqpool::Truncate{6}, Normalize{}};
  const auto expected = test::rows_of(seqpool::map(heads, seqpool::mean_pool(x, mask)));
  CHECK(test::rows_of(embedder.embed(x, mask)) == expected);
  CHECK(test::rows_of(embedder.embed(states<Eigen::ColMajor>(3, 5, 8), mask)) == expected);
  for (const float value : expected[1]) CHECK(value == 0);  // no real token: zeros, and no NaN
  float squares = 0;
  for (const float value : expected[2]) squares += value * value;
  CHECK(squares == ct::Approx(1));

  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  CHECK(test::rows_of(embedder.embed(x, mask, device)) == expected);
  CHECK(test::rows_of(embedder.embed(x, device)) == test::rows_of(embedder.embed(x)));
  const std::array<std::int64_t, 4> offsets{0, 5, 10, 15};
  const seqpool::PackedStates<float> packed(x.data(), {15, 8}, offsets);
  CHECK(test::rows_of(embedder.embed(packed)) == test::rows_of(embedder.embed(x)));
  CHECK(embedder.embed(x, seqpool::Spans{{0, 0, 2}, {2, 3, 5}}).dimension(0) == 2);
}

TEST_CASE("an embedder without heads is its pooling", "[embedder]") {
  const auto x = states(3, 5, 8);
  CHECK(test::rows_of(Embedder{Midrange{}}.embed(x)) == test::rows_of(seqpool::pool(Midrange{}, x)));
  CHECK(Embedder{seqpool::Attention{std::vector<float>(8, 1.f)}}.pooling().query().size() == 8);
  CHECK(Embedder{Mean{}, seqpool::Truncate{6}}.heads().width(8) == 6);
}

TEMPLATE_TEST_CASE("embed_into writes what embed returns, for every form of input and output", "[embedder]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const std::vector<TestType> data = test::tokens<TestType>(3 * 5, 8, 4);
  const seqpool::HiddenStates<TestType> x(data.data(), {3, 5, 8});
  const std::vector<int> ones{0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0};
  const seqpool::AttentionMask mask(ones.data(), {3, 5});
  Eigen::Tensor<TestType, 3> by_columns(3, 5, 8);
  for (Index b = 0; b < 3; ++b)
    for (Index s = 0; s < 5; ++s)
      for (Index h = 0; h < 8; ++h) by_columns(b, s, h) = x.token(b, s)[h];
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  const auto check = [&](const auto& embedder, const auto& states, const auto&... rest) {
    const auto expected = test::rows_of(embedder.embed(states, rest...));
    const Index rows = static_cast<Index>(expected.size()), width = static_cast<Index>(expected[0].size());
    Eigen::Tensor<A, 2, Eigen::RowMajor> row_major(rows, width);
    Eigen::Tensor<A, 2> column_major(rows, width);
    embedder.embed_into(row_major, states, rest...);
    embedder.embed_into(Eigen::TensorMap<Eigen::Tensor<A, 2>>(column_major), states, rest...);
    for (std::size_t b = 0; b < expected.size(); ++b) {
      CHECK(test::same_bits(test::rows_of(row_major)[b], expected[b]));
      CHECK(test::same_bits(test::rows_of(column_major)[b], expected[b]));
    }
  };
  const auto check_all = [&](const auto& embedder) {
    check(embedder, x);
    check(embedder, x, mask);
    check(embedder, x, mask, device);
    check(embedder, x, device);
    check(embedder, by_columns, mask);
    check(embedder, seqpool::PackedStates(data.data(), {15, 8}, std::array{0, 4, 4, 15}));
    check(embedder, x, seqpool::Spans{{0, 0, 2}, {2, 3, 5}});
  };
  check_all(Embedder{Mean{}, seqpool::Truncate{6}, Normalize{}});
  check_all(Embedder{seqpool::Max{}});
}

TEST_CASE("embed_into writes nothing where it refuses", "[embedder]") {
  const auto x = states(2, 3, 8);
  const Embedder embedder{Mean{}, seqpool::Truncate{6}};
  Eigen::Tensor<float, 2> out(2, 8);
  out.setConstant(7);
  CHECK_THROWS_AS(embedder.embed_into(out, x), std::invalid_argument);
  CHECK_THROWS_WITH(embedder.embed_into(out, x),
                    "seqpool: out is [2, 8], but the result is [batch, width] = [2, 6] for hidden states [2, 3, 8]");
  CHECK_THROWS_WITH(Embedder{Mean{}}.embed_into(Eigen::Tensor<float, 2>(1, 8), x), ct::has_substring("out is [1, 8]"));
  const Linear head{Eigen::MatrixXf::Zero(3, 7).eval()};
  CHECK_THROWS_WITH((Embedder{Mean{}, head}.embed_into(out, x)), ct::has_substring("vectors of 8 features"));
  const Eigen::TensorMap<Eigen::Tensor<float, 2>> nowhere(nullptr, 2, 6);
  CHECK_THROWS_WITH(embedder.embed_into(nowhere, x), "seqpool: out [2, 6] has a null pointer");
  for (Index i = 0; i < out.size(); ++i) CHECK(out.data()[i] == 7);

  std::vector<float> memory(2 * 3 * 8 + 2 * 12, 1.0f);
  const seqpool::HiddenStates<float> middle(memory.data() + 12, {2, 3, 8});
  const auto into = [&](Index first) {
    embedder.embed_into(Eigen::TensorMap<Eigen::Tensor<float, 2>>(memory.data() + first, 2, 6), middle);
  };
  CHECK_NOTHROW(into(0));
  CHECK_NOTHROW(into(60));
  for (const Index shared : {1, 30, 59})
    CHECK_THROWS_WITH(into(shared), ct::has_substring("out [2, 6] lies in the memory of the hidden states [2, 3, 8]"));
}

TEST_CASE("embed_into allocates the pooled vectors, and no row's", "[embedder]") {
  const auto x = states(64, 3, 8);
  const Embedder embedder{Mean{}, Normalize{}};
  Eigen::Tensor<float, 2, Eigen::RowMajor> out(64, 8);
  const test::AllocationCount count;
  embedder.embed_into(out, x);
  CHECK(count.so_far() == 0);  // Eigen's tensors do not come from operator new
}

TEST_CASE("Guarantee 7: a pooling and heads that do not fit are refused before anything is read",
          "[guarantees][embedder]") {
  const Linear head{Eigen::MatrixXf::Zero(3, 7).eval()};
  CHECK_THROWS_AS((Embedder{Mean{}, head}.embed(states(2, 3, 8))), std::invalid_argument);
  CHECK_THROWS_WITH((Embedder{Mean{}, head}.embed(states(2, 3, 8))),
                    ct::has_substring("vectors of 8 features") && ct::has_substring("[3, 7]"));
  const seqpool::HiddenStates<float> unmapped(reinterpret_cast<const float*>(64), {2, 3, 8});
  CHECK_THROWS_AS((Embedder{Mean{}, head}.embed(unmapped)), std::invalid_argument);
  // 8 features of the pooling, 16 of two side by side.
  CHECK_THROWS_WITH((Embedder{seqpool::Concat{Mean{}, Mean{}}, head}.embed(states(2, 3, 8))),
                    ct::has_substring("vectors of 16 features"));
}
