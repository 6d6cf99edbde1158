// SPDX-License-Identifier: MIT
#include <seqpool/adapter/eigen.hpp>
#include <seqpool/adapter/mdspan.hpp>
#include <seqpool/adapter/runtime_tensor.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <utility>
#include <version>

#if defined(__cpp_lib_mdspan)
#include <mdspan>
#endif
#if __has_include(<cuda/std/mdspan>)
#include <cuda/std/mdspan>
#endif

#include "support/catch.hpp"
#include "support/mdspan.hpp"

namespace {

using seqpool_test::Mdspan;

static_assert(seqpool::adapter::MdSpan<Mdspan<float, 3>> && seqpool::adapter::MdSpan<Mdspan<const int, 1>>);
static_assert(!seqpool::adapter::MdSpan<std::array<float, 3>> && !seqpool::adapter::MdSpan<float>);
static_assert(!seqpool::adapter::MdSpan<Eigen::MatrixXf> && !seqpool::adapter::MdSpan<Eigen::Tensor<float, 3>>);

const std::array<float, 12> numbers{1, 2, 3, 4, 99, 99, 7, 8, 99, 99, 99, 99};
const std::array<std::int64_t, 6> ones{1, 1, 0, 1, 0, 0};

// What a padded batch and its mask must give, whoever describes them.
template <class States, class Mask> void gives_means(const States& states, const Mask& mask) {
  const auto x = seqpool::adapter::hidden_states(states);
  static_assert(std::same_as<decltype(x), const seqpool::HiddenStates<float>>);
  CHECK(x.token(0, 0) == numbers.data());  // seen where it lies
  const auto pooled = seqpool::mean_pool(x, seqpool::adapter::mask(mask));
  CHECK(pooled(0, 0) == 2.0f);
  CHECK(pooled(0, 1) == 3.0f);
  CHECK(pooled(1, 0) == 7.0f);
  CHECK(pooled(1, 1) == 8.0f);
}

}  // namespace

TEST_CASE("hidden states and a mask of an mdspan", "[adapter]") {
  gives_means(Mdspan<const float, 3>{numbers.data(), {2, 3, 2}, {6, 2, 1}},
              Mdspan<const std::int64_t, 2>{ones.data(), {2, 3}, {3, 1}});
}

TEST_CASE("the strides of an mdspan are kept", "[adapter]") {
  const Mdspan<const float, 3> features{numbers.data(), {1, 3, 2}, {99, 1, 3}};  // one feature behind the other
  const auto x = seqpool::adapter::hidden_states(features);
  CHECK(x.token_stride() == 1);
  CHECK(x.hidden_stride() == 3);
  CHECK(seqpool::max_pool(x)(0, 0) == 3.0f);
  const std::array<bool, 6> wide{true, false, true, true, true, false};
  const Mdspan<const bool, 2> narrow{wide.data(), {2, 2}, {3, 1}};
  const auto mask = seqpool::adapter::mask(narrow);
  static_assert(std::same_as<decltype(mask), const seqpool::AttentionMask<bool>>);
  CHECK(mask.next_run(0, {0, 2}).end == 1);
  CHECK(mask.next_run(1, {0, 2}).end == 2);
}

TEST_CASE("an mdspan that is not const, of 16 bits, empty, or of nothing", "[adapter]") {
  std::array<Eigen::half, 4> halves{Eigen::half(1.0f), Eigen::half(2.0f), Eigen::half(3.0f), Eigen::half(4.0f)};
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states(
            Mdspan<Eigen::half, 3>{halves.data(), {1, 2, 2}, {4, 2, 1}}))(0, 1) == 3.0f);
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states(Mdspan<float, 3>{nullptr, {0, 3, 2}, {6, 2, 1}}))
            .dimension(0) == 0);
  CHECK(seqpool::mean_pool(seqpool::adapter::hidden_states(Mdspan<float, 3>{nullptr, {2, 0, 2}, {0, 2, 1}}))(1, 1) ==
        0.0f);
  CHECK_THROWS_AS(seqpool::adapter::hidden_states(Mdspan<float, 3>{nullptr, {1, 1, 2}, {2, 2, 1}}),
                  std::invalid_argument);
}

#if defined(__cpp_lib_mdspan)
TEST_CASE("std::mdspan", "[adapter]") {
  gives_means(std::mdspan(numbers.data(), 2, 3, 2), std::mdspan(ones.data(), 2, 3));
  gives_means(std::mdspan<const float, std::extents<int, 2, 3, 2>>(numbers.data()),
              std::mdspan<const std::int64_t, std::extents<int, 2, std::dynamic_extent>>(ones.data(), 3));
  const std::mdspan<const float, std::dextents<std::size_t, 3>, std::layout_left> left(numbers.data(), 2, 3, 2);
  CHECK(seqpool::adapter::hidden_states(left).token(1, 2) == &left[1, 2, 0]);
  CHECK(seqpool::adapter::hidden_states(left).hidden_stride() == 6);
  const std::mdspan<const float, std::dextents<std::size_t, 3>, std::layout_stride> stride(
      numbers.data(), {std::dextents<std::size_t, 3>(2, 2, 2), std::array{6, 1, 2}});
  CHECK(seqpool::adapter::hidden_states(stride).token(1, 1) == &stride[1, 1, 0]);
  CHECK(seqpool::adapter::hidden_states(stride).hidden_stride() == 2);
}
#endif

#if __has_include(<cuda/std/mdspan>)
TEST_CASE("cuda::std::mdspan", "[adapter]") {
  gives_means(cuda::std::mdspan(numbers.data(), 2, 3, 2), cuda::std::mdspan(ones.data(), 2, 3));
  const cuda::std::mdspan<const float, cuda::std::dextents<std::size_t, 3>, cuda::std::layout_left> left(numbers.data(),
                                                                                                         2, 3, 2);
  CHECK(seqpool::adapter::hidden_states(left).token(1, 2) == &left(1, 2, 0));
  CHECK(seqpool::adapter::hidden_states(left).hidden_stride() == 6);
}
#endif
