// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/double_poolings.hpp"
#include "support/poolings.hpp"

test::DoubleGradient test::double_gradient(std::size_t i, const std::vector<double>& parameters,
                                           const std::vector<double>& row, seqpool::Index hidden,
                                           const std::vector<double>& d_out) {
  const Index n = static_cast<Index>(row.size()) / hidden;
  const auto pooling =
      seqpool::with_parameters(all_poolings<double>()[i].make(hidden, dense(n)), std::span<const double>(parameters));
  const seqpool::HiddenStates<double> x(row.data(), {1, n, hidden});
  const seqpool::Vectors<double> d(d_out.data(), {1, static_cast<Index>(d_out.size())});
  const auto back = seqpool::gradient(pooling, x, seqpool::all_tokens, d);
  const auto numbers = back.parameters.numbers();
  return {{back.tokens.data(), back.tokens.data() + back.tokens.size()}, {numbers.begin(), numbers.end()}};
}
