// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_ROWS_HPP
#define SEQPOOL_TESTS_SUPPORT_ROWS_HPP

#include <cmath>
#include <cstdint>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/poolings.hpp"
#include "support/same_bits.hpp"

namespace test {

// The rows of a result of either layout.
template <class Result> auto rows_of(const Result& result) {
  std::vector<std::vector<typename Result::Scalar>> rows(static_cast<std::size_t>(result.dimension(0)));
  const auto view = seqpool::detail::matrix_view(result, "result");
  for (Index b = 0; b < view.rows; ++b)
    for (Index h = 0; h < view.columns; ++h) rows[static_cast<std::size_t>(b)].push_back(view(b, h));
  return rows;
}

// Tokens [n, hidden] of seeded numbers, as an encoder would hold them.
template <class T> std::vector<T> tokens(Index n, Index hidden, std::uint64_t seed, double low = -1, double high = 1) {
  return Random(seed).values<T>(n * hidden, low, high);
}

template <class T> Tokens in_double(const std::vector<T>& tokens, Index hidden) {
  Tokens result;
  for (auto token = tokens.begin(); token != tokens.end(); token += hidden) {
    result.emplace_back();
    for (Index h = 0; h < hidden; ++h)
      result.back().push_back(static_cast<double>(static_cast<accumulator_t<T>>(token[h])));
  }
  return result;
}

// One row [1, n, hidden] pooled by itself, without mask or padding: what the row must give everywhere.
template <class P, class T>
std::vector<accumulator_t<T>> pooled_alone(const P& pooling, const std::vector<T>& row, Index hidden) {
  const Index n = static_cast<Index>(row.size()) / hidden;
  return rows_of(seqpool::pool(pooling, seqpool::HiddenStates<T>(row.data(), {1, n, hidden})))[0];
}
template <class T>
std::vector<accumulator_t<T>> pooled_alone(const PoolingCase<T>& c, const std::vector<T>& row, Index hidden) {
  return pooled_alone(c.make(hidden, dense(static_cast<Index>(row.size()) / hidden)), row, hidden);
}

template <class A> void check_within(const std::vector<A>& result, const Expected& expected) {
  REQUIRE(result.size() == expected.value.size());
  for (std::size_t h = 0; h < result.size(); ++h)
    if (!(std::abs(static_cast<double>(result[h]) - expected.value[h]) <= expected.bound[h]))
      FAIL("feature " << h << ": " << result[h] << " expected " << expected.value[h] << " bound " << expected.bound[h]);
}

// Rows of different lengths laid into [batch, seq, hidden] with a mask; everything padded is NaN.
template <class T> struct Padded {
  Index batch, seq, hidden;
  std::vector<T> states;           // [batch, seq, hidden]
  std::vector<std::int64_t> mask;  // [batch, seq]

  Padded(Index batch_, Index seq_, Index hidden_)
      : batch(batch_),
        seq(seq_),
        hidden(hidden_),
        states(static_cast<std::size_t>(batch * seq * hidden), static_cast<T>(NAN)),
        mask(static_cast<std::size_t>(batch * seq), 0) {}

  void put(Index row, Index position, const T* token) {
    mask[static_cast<std::size_t>(row * seq + position)] = 1;
    std::copy(token, token + hidden, states.begin() + (row * seq + position) * hidden);
  }

  seqpool::HiddenStates<T> view() const { return {states.data(), {batch, seq, hidden}}; }
  seqpool::AttentionMask<std::int64_t> mask_view() const { return {mask.data(), {batch, seq}}; }
  Eigen::Tensor<T, 3> column_major() const {
    Eigen::Tensor<T, 3> x(batch, seq, hidden);
    for (Index b = 0; b < batch; ++b)
      for (Index s = 0; s < seq; ++s)
        for (Index h = 0; h < hidden; ++h) x(b, s, h) = states[static_cast<std::size_t>((b * seq + s) * hidden + h)];
    return x;
  }
  Layout layout() const {
    Layout result{seq, std::vector<std::vector<Index>>(static_cast<std::size_t>(batch))};
    for (std::size_t i = 0; i < mask.size(); ++i)
      if (mask[i] == 1) result.real[i / static_cast<std::size_t>(seq)].push_back(static_cast<Index>(i) % seq);
    return result;
  }
};

}  // namespace test

#endif
