// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_DOUBLE_POOLINGS_HPP
#define SEQPOOL_TESTS_SUPPORT_DOUBLE_POOLINGS_HPP

#include <seqpool/scalar.hpp>
#include <vector>

namespace test {

// The gradients of a pooling, in double: what those of other scalars are held against.
struct DoubleGradient {
  std::vector<double> tokens;      // [n, hidden]
  std::vector<double> parameters;  // one behind the other
};

// Of case i of all_poolings<double>() with other parameters, on one row, `[n, hidden]`. It is a function of a file of
// its own, so that the list is compiled once.
DoubleGradient double_gradient(std::size_t i, const std::vector<double>& parameters, const std::vector<double>& row,
                               seqpool::Index hidden, const std::vector<double>& d_out);

}  // namespace test

#endif
