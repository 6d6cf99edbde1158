// SPDX-License-Identifier: MIT
#include <seqpool/input/hidden_states.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::HiddenStates;
using seqpool::Index;

namespace {

// Element (b, s, h) of every view below is 100 b + 10 s + h.
template <class View> void check_elements(const View& x) {
  REQUIRE(x.batch() == 2);
  REQUIRE(x.seq() == 3);
  REQUIRE(x.hidden() == 4);
  for (Index b = 0; b < 2; ++b)
    for (Index s = 0; s < 3; ++s)
      for (Index h = 0; h < 4; ++h)
        CHECK(static_cast<Index>(x.token(b, s)[h * x.hidden_stride()]) == 100 * b + 10 * s + h);
}

template <class Tensor> Tensor filled() {
  Tensor x(2, 3, 4);
  for (int b = 0; b < 2; ++b)
    for (int s = 0; s < 3; ++s)
      for (int h = 0; h < 4; ++h) x(b, s, h) = static_cast<float>(100 * b + 10 * s + h);
  return x;
}

}  // namespace

TEST_CASE("HiddenStates views a pointer with sizes and strides", "[hidden_states]") {
  std::vector<float> dense;
  std::vector<float> seq_first;
  for (int b = 0; b < 2; ++b)
    for (int s = 0; s < 3; ++s)
      for (int h = 0; h < 4; ++h) dense.push_back(static_cast<float>(100 * b + 10 * s + h));
  for (int s = 0; s < 3; ++s)
    for (int b = 0; b < 2; ++b)
      for (int h = 0; h < 4; ++h) seq_first.push_back(static_cast<float>(100 * b + 10 * s + h));
  check_elements(HiddenStates<float>(dense.data(), {2, 3, 4}));
  check_elements(HiddenStates(seq_first.data(), {2, 3, 4}, {4, 8, 1}));
}

TEST_CASE("sizes and strides of hidden states are of any integer type, written down or in a range", "[hidden_states]") {
  std::vector<float> data;
  for (int b = 0; b < 2; ++b)
    for (int s = 0; s < 3; ++s)
      for (int h = 0; h < 4; ++h) data.push_back(static_cast<float>(100 * b + 10 * s + h));
  const std::size_t batch = 2;
  const int seq = 3;
  const std::int64_t hidden = 4;
  check_elements(HiddenStates<float>(data.data(), {batch, seq, hidden}));
  check_elements(HiddenStates(data.data(), {batch, seq, hidden}, {12u, hidden, 1}));
  const std::vector<std::size_t> sizes{2, 3, 4};
  check_elements(HiddenStates<float>(data.data(), sizes));
  check_elements(HiddenStates(data.data(), sizes, std::array<std::int32_t, 3>{12, 4, 1}));
  const std::uint64_t beyond = std::uint64_t{1} << 63;
  const char* const sentence = "seqpool: a size or stride of 9223372036854775808 is beyond what memory can hold";
  CHECK_THROWS_WITH(HiddenStates<float>(data.data(), {batch, beyond, hidden}), sentence);
  CHECK_THROWS_WITH(HiddenStates<float>(data.data(), sizes, {beyond, 4, 1}), sentence);
  CHECK_THROWS_WITH(HiddenStates<float>(data.data(), std::vector<int>{2, 3}),
                    "seqpool: a range of 2 sizes or strides was given, but there are 3 dimensions");
}

TEST_CASE("tensors and maps of either layout and any index type become views", "[hidden_states]") {
  const auto row_major = filled<Eigen::Tensor<float, 3, Eigen::RowMajor>>();
  const auto column_major = filled<Eigen::Tensor<float, 3>>();
  const auto narrow = filled<Eigen::Tensor<float, 3, Eigen::RowMajor, int>>();
  check_elements(HiddenStates(row_major));
  check_elements(HiddenStates(column_major));
  check_elements(HiddenStates(narrow));
  check_elements(
      HiddenStates(Eigen::TensorMap<const Eigen::Tensor<float, 3, Eigen::RowMajor>>(row_major.data(), 2, 3, 4)));
  check_elements(HiddenStates(Eigen::TensorMap<const Eigen::Tensor<float, 3>>(column_major.data(), 2, 3, 4)));
  CHECK(HiddenStates(row_major).token(0, 0) == row_major.data());  // a view, not a copy
  CHECK(HiddenStates(column_major).token(0, 0) == column_major.data());
}

TEST_CASE("HiddenStates refuses negative sizes and a null pointer, naming the shape", "[hidden_states]") {
  const float x = 0;
  CHECK_THROWS_WITH(HiddenStates<float>(&x, {1, -1, 4}), ct::has_substring("[1, -1, 4]"));
  CHECK_THROWS_AS(HiddenStates<float>(nullptr, {1, 1, 4}), std::invalid_argument);
  CHECK_THROWS_WITH(HiddenStates<float>(nullptr, {1, 1, 4}), ct::has_substring("[1, 1, 4] have a null pointer"));
  CHECK_NOTHROW(HiddenStates<float>(nullptr, {3, 0, 4}));
}

TEST_CASE("transposed exchanges batch and hidden, sizes and strides", "[hidden_states]") {
  const std::vector<float> data(24);
  const HiddenStates<float> column_major(data.data(), {2, 3, 4}, {1, 2, 6});
  CHECK(column_major.batch_stride() == 1);
  const HiddenStates<float> other = column_major.transposed();
  CHECK(other.batch() == 4);
  CHECK(other.seq() == 3);
  CHECK(other.hidden() == 2);
  CHECK(other.batch_stride() == 6);
  CHECK(other.hidden_stride() == 1);
  CHECK(other.token(3, 2) == column_major.token(0, 2) + 18);
  CHECK(HiddenStates<float>(data.data(), {1, 3, 4}, {99, 4, 1}).batch_stride() == 1);
}

TEST_CASE("a stride is said where there is a neighbour, and is 1 elsewhere", "[hidden_states]") {
  const std::vector<float> data(6);
  for (const std::size_t dimension : {0u, 1u, 2u}) {
    std::array<Index, 3> sizes{1, 1, 1}, found{1, 1, 1};
    sizes[dimension] = 2;
    const HiddenStates<float> x(data.data(), sizes, {5, 5, 5});
    found[dimension] = 5;
    CHECK(found == std::array<Index, 3>{x.batch_stride(), x.token_stride(), x.hidden_stride()});
  }
}

TEST_CASE("each size of hidden states may not be negative, alone", "[hidden_states]") {
  const float x = 0;
  for (const auto& sizes : {std::array<Index, 3>{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}, {-1, 2, 3}, {2, -1, 3}, {2, 3, -1}})
    CHECK_THROWS_WITH(HiddenStates<float>(&x, sizes), ct::has_substring("must be 0 or more"));
}

TEST_CASE("sizes and strides beyond memory are refused, and huge empty ones are not", "[hidden_states]") {
  const float x = 1;
  constexpr Index large = Index{1} << (sizeof(Index) * 5);
  constexpr Index limit = (std::numeric_limits<Index>::max)();
  CHECK_NOTHROW(HiddenStates<float>(nullptr, {0, large, large}));
  CHECK_NOTHROW(HiddenStates<float>(nullptr, {large, large, 0}));
  CHECK(HiddenStates<float>(nullptr, {0, large, large}).hidden_stride() == 1);
  // Null has no neighbours, in either direction.
  CHECK(HiddenStates<float>(nullptr, {2, 3, 0}, {6, 2, 1}).token(1, 2) == nullptr);
  CHECK(HiddenStates<float>(nullptr, {0, 3, 2}, {6, 2, 1}).transposed().token(1, 2) == nullptr);
  CHECK_THROWS_WITH(HiddenStates<float>(&x, {large, large, 1}), ct::has_substring("memory"));
  CHECK_THROWS_WITH((HiddenStates<float>(&x, {1, limit / 4, 2})), ct::has_substring("memory"));
  CHECK_THROWS_WITH((HiddenStates<float>(&x, {2, 1, 1}, {limit / 4 + 1, 1, 1})), ct::has_substring("memory"));
  CHECK_THROWS_WITH((HiddenStates<float>(&x, {2, 1, 1}, {-(limit / 4) - 2, 1, 1})), ct::has_substring("memory"));
  CHECK_THROWS_WITH((HiddenStates<float>(&x, {2, 1, 1}, {std::numeric_limits<Index>::min(), 1, 1})),
                    ct::has_substring("memory"));
  constexpr Index half_way = Index{1} << (sizeof(Index) * 8 - 4);  // in bytes half of what there is, twice too much
  CHECK_NOTHROW(HiddenStates<float>(&x, {2, 1, 1}, {half_way, 1, 1}));
  CHECK_THROWS_WITH((HiddenStates<float>(&x, {2, 2, 1}, {half_way, half_way, 1})), ct::has_substring("memory"));
  // One value seen as many: no memory is needed for that, and nothing overflows on the way.
  const HiddenStates<float> broadcast(&x, {large, large, large}, {0, 0, 0});
  CHECK(seqpool::cls_pool(HiddenStates<float>(&x, {3, large, 5}, {0, 0, 0}))(2, 4) == 1);
  CHECK(broadcast.seq(7) == large);
}

namespace {

struct Stored {  // two sequences of 1 and 2 tokens, [hidden] = 2
  using value_type = float;
  std::array<float, 6> data{1, 2, 3, 4, 5, 6};
  Index batch() const { return 2; }
  Index seq() const { return 2; }
  Index seq(Index b) const { return b + 1; }
  Index hidden() const { return 2; }
  const float* token(Index b, Index s) const { return data.data() + 2 * (b + s); }
  Index token_stride() const { return 2; }
  Index hidden_stride() const { return 1; }
};

struct Unpadded : Stored {
  static constexpr bool has_padding = false;
};

}  // namespace

TEST_CASE("a user's own sequences are pooled as ours are, be their tokens stored or computed", "[hidden_states]") {
  struct Computed {  // token s of sequence b is {b, s}
    using value_type = double;
    Index batch() const { return 3; }
    Index seq() const { return 700; }
    Index seq(Index) const { return 700; }
    Index hidden() const { return 2; }
    void copy(Index b, seqpool::Run run, double* out) const {
      for (Index s = run.begin; s < run.end; ++s) {
        *out++ = static_cast<double>(b);
        *out++ = static_cast<double>(s);
      }
    }
  };
  STATIC_REQUIRE(seqpool::has_padding<Stored>);
  STATIC_REQUIRE(!seqpool::has_padding<Unpadded>);
  STATIC_REQUIRE(!seqpool::has_padding<seqpool::ConcatLayers<Unpadded>>);
  STATIC_REQUIRE(seqpool::has_padding<seqpool::LayerMix<HiddenStates<float>>>);
  CHECK(seqpool::sum_pool(Unpadded{}, seqpool::Spans{{1, 1, 2}})(0, 1) == 6);
  struct Derived : HiddenStates<float> {
    using HiddenStates::HiddenStates;
  };
  CHECK(seqpool::sum_pool(Derived(Stored{}.data.data(), {4, 1, 1}, {1, 1, 4})).size() == 4);
  STATIC_REQUIRE(seqpool::Sequences<Stored>);
  STATIC_REQUIRE(seqpool::Sequences<Computed>);
  STATIC_REQUIRE(!seqpool::Sequences<std::vector<float>>);
  CHECK(seqpool::sum_pool(Stored{})(0, 1) == 2);
  CHECK(seqpool::sum_pool(Stored{})(1, 0) == 3 + 5);
  CHECK(seqpool::max_pool(Computed{})(1, 1) == 699);
  CHECK(seqpool::mean_pool(Computed{})(2, 0) == 2);
  CHECK(seqpool::last_pool(Computed{}, seqpool::Lengths(std::array{1, 2, 300}))(2, 1) == 299);
  Eigen::Tensor<bool, 2> mask(3, 700);
  for (Index s = 0; s < 700; ++s) mask(0, s) = mask(1, s) = mask(2, s) = s % 2 == 1;
  CHECK(seqpool::sum_pool(Computed{}, mask)(0, 1) == 350 * 350);
}
