// SPDX-License-Identifier: MIT
#include <seqpool/input/vectors.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/same_bits.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::Vectors;

namespace {

// Element (i, f) of every view below is 10 i + f.
template <class View> void check_vectors(const View& x) {
  REQUIRE(x.size() == 2);
  REQUIRE(x.features() == 3);
  for (Index i = 0; i < 2; ++i)
    for (Index f = 0; f < 3; ++f) CHECK(x[i][f * x.feature_stride()] == static_cast<float>(10 * i + f));
}

template <class Tensor> Tensor filled_vectors() {
  Tensor x(2, 3);
  for (int i = 0; i < 2; ++i)
    for (int f = 0; f < 3; ++f) x(i, f) = static_cast<float>(10 * i + f);
  return x;
}

// Whether two results are row-major tensors of the same type, sizes and bits.
template <class R> bool same(const R& a, const R& b) {
  STATIC_REQUIRE(static_cast<int>(R::Layout) == static_cast<int>(Eigen::RowMajor));
  return a.dimensions() == b.dimensions() && test::same_bits(a, b);
}

}  // namespace

TEST_CASE("Vectors view a pointer with sizes and strides", "[vectors]") {
  const std::vector<float> dense{0, 1, 2, 10, 11, 12}, by_features{0, 10, 1, 11, 2, 12},
      apart{0, 1, 2, 99, 10, 11, 12, 99}, backwards{12, 11, 10, 2, 1, 0};
  check_vectors(Vectors<float>(dense.data(), {2, 3}));
  check_vectors(Vectors(dense.data(), {2, 3}));
  check_vectors(Vectors(apart.data(), {2, 3}, {4, 1}));
  check_vectors(Vectors<float>(by_features.data(), {2, 3}, {1, 2}));
  check_vectors(Vectors(backwards.data() + 5, {2, 3}, {-3, -1}));
  const std::vector<std::int64_t> sizes{2, 3};
  check_vectors(Vectors(dense.data(), sizes));
  check_vectors(Vectors(dense.data(), {std::size_t{2}, 3}, std::array<std::size_t, 2>{3, 1}));
  CHECK(Vectors(apart.data(), {2, 3}, {4, 1}).stride() == 4);
  CHECK(Vectors(dense.data(), {6, 1}, {1, 7}).feature_stride() == 1);
}

TEST_CASE("tensors and maps of rank 2 become Vectors", "[vectors]") {
  const auto row_major = filled_vectors<Eigen::Tensor<float, 2, Eigen::RowMajor>>();
  const auto column_major = filled_vectors<Eigen::Tensor<float, 2>>();
  check_vectors(Vectors(row_major));
  check_vectors(Vectors<float>(column_major));
  check_vectors(Vectors(Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor, int>>(row_major.data(), 2, 3)));
  CHECK(Vectors(row_major)[0] == row_major.data());  // a view, not a copy
  CHECK(Vectors(column_major)[0] == column_major.data());
}

TEST_CASE("Vectors that cannot be are refused", "[vectors]") {
  const float x = 0;
  CHECK_THROWS_AS(Vectors<float>(&x, {-1, 4}), std::invalid_argument);
  CHECK_THROWS_WITH(Vectors<float>(&x, {-1, 0}),
                    "seqpool: vectors are [-1, 0]: every size of [n, features] must be 0 "
                    "or more");
  CHECK_THROWS_WITH(Vectors<float>(&x, {0, -1}), ct::has_substring("vectors are [0, -1]"));
  CHECK_THROWS_WITH(Vectors<float>(nullptr, {1, 4}), "seqpool: vectors [1, 4] have a null pointer");
  CHECK_NOTHROW(Vectors<float>(nullptr, {3, 0}));
  CHECK_NOTHROW(Vectors<float>(nullptr, {0, 4}));
  CHECK(Vectors<float>(nullptr, {3, 0}, {7, 1})[2] == nullptr);
  constexpr Index limit = (std::numeric_limits<Index>::max)();
  CHECK_THROWS_WITH(Vectors<float>(&x, {2, 1}, {limit / 4 + 1, 1}), ct::has_substring("reach farther than memory can"));
  CHECK_THROWS_WITH(Vectors<float>(&x, {limit, 2}), ct::has_substring("more than memory can hold"));
  CHECK_THROWS_WITH(Vectors<float>(&x, {std::uint64_t{1} << 63, 1}),
                    "seqpool: a size or stride of 9223372036854775808 is beyond what memory can hold");
  CHECK_THROWS_WITH(Vectors<float>(&x, std::vector<int>{1}),
                    "seqpool: a range of 1 sizes or strides was given, but there are 2 dimensions");
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> nowhere(nullptr, 2, 3);
  CHECK_THROWS_WITH(Vectors(nowhere), "seqpool: vectors [2, 3] has a null pointer");
}

TEMPLATE_TEST_CASE("whatever takes vectors takes Vectors of any strides, and gives the same numbers, row-major",
                   "[vectors]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const Index n = 5, features = 70;
  Eigen::Tensor<TestType, 2, Eigen::RowMajor> x(n, features), logits(n, 2), weight(3, features);
  test::Random random(1);
  for (auto* const numbers : {&x, &logits, &weight})
    for (Index i = 0; i < numbers->size(); ++i)
      numbers->data()[i] = static_cast<TestType>(static_cast<float>(random.between(-1, 1)));
  const seqpool::Linear<TestType> head(weight);
  const auto ranges = seqpool::calibration_ranges(x);
  const auto check = [&](const Index stride, const Index feature_stride) {
    INFO("strides " << stride << ", " << feature_stride);
    const auto spread = [&](const auto& dense, std::vector<TestType>& memory) {
      memory.assign(static_cast<std::size_t>(2 * 4000), static_cast<TestType>(NAN));
      TestType* const first = memory.data() + 4000;
      for (Index i = 0; i < n; ++i)
        for (Index f = 0; f < dense.dimension(1); ++f) first[i * stride + f * feature_stride] = dense(i, f);
      return Vectors<TestType>(first, {n, dense.dimension(1)}, {stride, feature_stride});
    };
    std::vector<TestType> vectors_at, logits_at;
    const auto v = spread(x, vectors_at);
    const auto l = spread(logits, logits_at);

    CHECK(same(seqpool::map(head, v), seqpool::map(head, x)));
    CHECK(same(seqpool::map(seqpool::Normalize{}, v), seqpool::map(seqpool::Normalize{}, x)));
    Eigen::Tensor<A, 2, Eigen::RowMajor> out(n, 3);
    seqpool::map_into(out, head, v);
    CHECK(same(out, Eigen::Tensor<A, 2, Eigen::RowMajor>(seqpool::map(head, x))));
    for (const auto kind : {seqpool::Similarity::cosine, seqpool::Similarity::dot, seqpool::Similarity::euclidean,
                            seqpool::Similarity::manhattan}) {
      const auto expected = seqpool::similarity(x, x, kind);
      CHECK(same(seqpool::similarity(v, v, kind), expected));
      CHECK(same(seqpool::similarity(x, v, kind), expected));
      CHECK(same(seqpool::similarity(v, x, kind), expected));
    }
    CHECK(same(seqpool::pair_features(v, x), seqpool::pair_features(x, x)));
    CHECK(same(seqpool::pair_features(x, v), seqpool::pair_features(x, x)));
    CHECK(same(seqpool::calibration_ranges(v), ranges));
    CHECK(same(seqpool::quantize_uint8(v, ranges), seqpool::quantize_uint8(x, ranges)));
    CHECK(same(seqpool::quantize_int8(v, Vectors(ranges)), seqpool::quantize_int8(x, ranges)));
    CHECK(same(seqpool::quantize_ubinary(v), seqpool::quantize_ubinary(x)));
    CHECK(same(seqpool::quantize_binary(v), seqpool::quantize_binary(x)));
    CHECK(same(seqpool::softmax(v), seqpool::softmax(x)));
    CHECK(same(seqpool::log_softmax(v), seqpool::log_softmax(x)));
    CHECK(same(seqpool::sigmoid(v), seqpool::sigmoid(x)));
    CHECK(same(seqpool::argmax(v), seqpool::argmax(x)));
    CHECK(same(seqpool::threshold(v, 0.25), seqpool::threshold(x, 0.25)));
    CHECK(same(seqpool::top_k(v, 3).classes, seqpool::top_k(x, 3).classes));
    CHECK(same(seqpool::top_k(v, 3).values, seqpool::top_k(x, 3).values));
    CHECK(same(seqpool::rerank_scores(l), seqpool::rerank_scores(logits)));
  };
  check(features, 1);
  check(features + 3, 1);
  check(1, n);
  check(300, 2);
  check(-features, 1);
  check(features, -1);
}

TEST_CASE("a result may lie in the gaps of Vectors, and not on them", "[vectors]") {
  std::vector<float> memory(60, 1.0f);
  const Vectors<float> x(memory.data() + 10, {2, 3}, {20, 1});  // at 10 to 12 and at 30 to 32
  const auto into = [&](Index first) {
    const Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> out(memory.data() + first, 2, 3);
    seqpool::map_into(out, seqpool::Normalize{}, x);
  };
  for (const Index apart : {4, 13, 24, 33}) CHECK_NOTHROW(into(apart));
  for (const Index shared : {5, 12, 25, 32}) {
    CHECK_THROWS_AS(into(shared), std::invalid_argument);
    CHECK_THROWS_WITH(into(shared), ct::has_substring("out [2, 3] lies in the memory of the head input [2, 3]"));
  }
  const Vectors<float> upwards(memory.data() + 32, {2, 3}, {-20, 1});  // at 12 to 14 and at 32 to 34
  Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> out(memory.data() + 14, 2, 3);
  CHECK_THROWS_AS(seqpool::map_into(out, seqpool::Normalize{}, upwards), std::invalid_argument);
}

TEST_CASE("Vectors of no vectors or no features", "[vectors]") {
  const Vectors<float> none(nullptr, {0, 3}), no_features(nullptr, {2, 0});
  CHECK(seqpool::map(seqpool::Normalize{}, none).dimension(1) == 3);
  CHECK(seqpool::map(seqpool::Normalize{}, no_features).dimension(0) == 2);
  CHECK(seqpool::cosine_similarity(none, none).size() == 0);
  CHECK(seqpool::cosine_similarity(no_features, no_features)(1, 1) == 0);
  CHECK(seqpool::softmax(none).dimension(1) == 3);
  CHECK(seqpool::quantize_ubinary(no_features).dimension(0) == 2);
  CHECK(seqpool::calibration_ranges(no_features).dimension(0) == 2);
}
