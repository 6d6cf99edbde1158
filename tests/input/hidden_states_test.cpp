// SPDX-License-Identifier: MIT
#include <seqpool/input/hidden_states.hpp>

#include <numeric>
#include <vector>

#include "support/catch.hpp"

using seqpool::HiddenStates;
using seqpool::Index;

namespace {

// Element (b, s, h) of every view below is 100 b + 10 s + h.
template <class View>
void check_elements(const View& x) {
  REQUIRE(x.batch() == 2);
  REQUIRE(x.seq() == 3);
  REQUIRE(x.hidden() == 4);
  for (Index b = 0; b < 2; ++b)
    for (Index s = 0; s < 3; ++s)
      for (Index h = 0; h < 4; ++h)
        CHECK(static_cast<Index>(x.token(b, s)[h * x.hidden_stride()]) == 100 * b + 10 * s + h);
}

template <class Tensor>
Tensor filled() {
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

TEST_CASE("tensors and maps of either layout and any index type become views", "[hidden_states]") {
  using seqpool::detail::view_hidden_states;
  const auto row_major = filled<Eigen::Tensor<float, 3, Eigen::RowMajor>>();
  const auto column_major = filled<Eigen::Tensor<float, 3>>();
  const auto narrow = filled<Eigen::Tensor<float, 3, Eigen::RowMajor, int>>();
  check_elements(view_hidden_states(row_major));
  check_elements(view_hidden_states(column_major));
  check_elements(view_hidden_states(narrow));
  check_elements(
      view_hidden_states(Eigen::TensorMap<const Eigen::Tensor<float, 3, Eigen::RowMajor>>(row_major.data(), 2, 3, 4)));
  check_elements(view_hidden_states(Eigen::TensorMap<const Eigen::Tensor<float, 3>>(column_major.data(), 2, 3, 4)));
  CHECK(view_hidden_states(row_major).token(0, 0) == row_major.data());  // a view, not a copy
  CHECK(view_hidden_states(column_major).token(0, 0) == column_major.data());
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
