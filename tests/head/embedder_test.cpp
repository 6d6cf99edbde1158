// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/embedder.hpp>

#include <array>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "midrange.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"

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
