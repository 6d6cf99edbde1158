// SPDX-License-Identifier: MIT
// Padding on either side, holes, lengths, an empty row, rubbish in padded tokens, a permuted layout, and errors:
// the same tokens always give the same bits.
#include <array>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

using seqpool::Index;
using States = Eigen::Tensor<float, 3, Eigen::RowMajor>;
using Mask = Eigen::Tensor<bool, 2, Eigen::RowMajor>;

int failures = 0;

// Prints the first row of a result, and whether it has the bits that it should have.
template <class Result> void show(const std::string& what, const Result& result, const std::array<float, 2>& expected) {
  const std::array<float, 2> row{result(0, 0), result(0, 1)};
  const bool same = std::memcmp(row.data(), expected.data(), sizeof row) == 0;
  std::cout << "  " << what << std::string(46 - what.size(), ' ') << "[" << row[0] << ", " << row[1] << "]"
            << (same ? "" : "   WRONG") << "\n";
  failures += same ? 0 : 1;
}

int main() {
  // One sequence of three real tokens, [0.1, 1], [0.2, 2] and [0.4, 4], in [1, 6, 2]; the rest is padding, and NaN.
  const auto at = [](const std::array<Index, 3>& positions) {
    States x(1, 6, 2);
    x.setConstant(std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < 3; ++i) {
      x(0, positions[i], 0) = std::array{0.1f, 0.2f, 0.4f}[i];
      x(0, positions[i], 1) = std::array{1.0f, 2.0f, 4.0f}[i];
    }
    return x;
  };
  const auto mask_of = [](const std::array<Index, 3>& positions) {
    Mask mask(1, 6);
    mask.setConstant(false);
    for (const Index position : positions) mask(0, position) = true;
    return mask;
  };

  std::cout << "mean of the same three tokens:\n";
  const std::array<float, 2> mean{(0.1f + 0.2f + 0.4f) / 3, (1.0f + 2.0f + 4.0f) / 3};
  show("padded on the right, bool mask", seqpool::mean_pool(at({0, 1, 2}), mask_of({0, 1, 2})), mean);
  show("padded on the left", seqpool::mean_pool(at({3, 4, 5}), mask_of({3, 4, 5})), mean);
  show("with holes", seqpool::mean_pool(at({0, 2, 5}), mask_of({0, 2, 5})), mean);
  show("by length instead of a mask", seqpool::mean_pool(at({0, 1, 2}), seqpool::Lengths(std::array{3})), mean);
  Eigen::Tensor<std::int64_t, 2> int64_mask(1, 6);
  for (Index s = 0; s < 6; ++s) int64_mask(0, s) = s < 3 ? 1 : 0;
  show("an int64 mask, column-major", seqpool::mean_pool(at({0, 1, 2}), int64_mask), mean);

  // An encoder that hands over [seq, batch, hidden]: batch 2, and ours is the second.
  const std::vector<float> seq_first{9, 9, 0.1f, 1, 9, 9, 0.2f, 2, 9, 9, 0.4f, 4};
  const seqpool::HiddenStates<float> second_row(seq_first.data() + 2, {1, 3, 2}, {2, 4, 1});
  show("in memory as [seq, batch, hidden]", seqpool::mean_pool(second_row), mean);

  std::cout << "others, with holes at 1, 3 and 4:\n";
  show("cls, the first real token", seqpool::cls_pool(at({0, 2, 5}), mask_of({0, 2, 5})), {0.1f, 1});
  show("last, the last real token", seqpool::last_pool(at({0, 2, 5}), mask_of({0, 2, 5})), {0.4f, 4});
  show("max", seqpool::max_pool(at({0, 2, 5}), mask_of({0, 2, 5})), {0.4f, 4});
  show("mean of a row with no real token", seqpool::mean_pool(at({0, 2, 5}), seqpool::Lengths(std::array{0})), {0, 0});

  std::cout << "errors say what is wrong:\n";
  const auto refused = [](const auto& mask) {
    try {
      static_cast<void>(seqpool::mean_pool(States(2, 6, 4), mask));
      std::cout << "  not refused: WRONG\n";
      ++failures;
    } catch (const std::invalid_argument& error) {
      std::cout << "  " << error.what() << "\n";
    }
  };
  refused(Mask(2, 5));
  refused(seqpool::Lengths(std::array{6, 7}));
  Eigen::Tensor<float, 2> additive(2, 6);
  additive.setConstant(-10000.0f);
  refused(additive);
  return failures;
}
