// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_POOLINGS_HPP
#define SEQPOOL_TESTS_SUPPORT_POOLINGS_HPP

#include <algorithm>
#include <cmath>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <tuple>
#include <vector>

#include "midrange.hpp"
#include "support/random.hpp"

// The list of poolings that the laws run over. Each case makes its pooling, and knows from a naive float64
// oracle what it must give and how far off it may be.
namespace test {

using seqpool::accumulator_t;
using seqpool::Index;

// Real tokens of one row in float64, [n, hidden].
using Tokens = std::vector<std::vector<double>>;

template <class T>
inline constexpr double eps = static_cast<double>(std::numeric_limits<accumulator_t<T>>::epsilon());

struct Expected {
  std::vector<double> value;  // [width]
  std::vector<double> bound;  // [width], the largest lawful |error|
};

inline double nan_max(double a, double b) { return std::isnan(a) || std::isnan(b) ? double(NAN) : std::fmax(a, b); }
inline double nan_min(double a, double b) { return std::isnan(a) || std::isnan(b) ? double(NAN) : std::fmin(a, b); }

struct ClsCase {
  static constexpr bool order_free = false;
  template <class T>
  static auto make(Index) {
    return seqpool::Cls{};
  }
  template <class T>
  static Expected expected(const Tokens& tokens, const auto&) {
    return {tokens.front(), std::vector<double>(tokens.front().size(), 0.0)};
  }
};

struct LastCase {
  static constexpr bool order_free = false;
  template <class T>
  static auto make(Index) {
    return seqpool::Last{};
  }
  template <class T>
  static Expected expected(const Tokens& tokens, const auto&) {
    return {tokens.back(), std::vector<double>(tokens.back().size(), 0.0)};
  }
};

struct MeanCase {
  static constexpr bool order_free = true;
  template <class T>
  static auto make(Index) {
    return seqpool::Mean{};
  }
  template <class T>
  static Expected expected(const Tokens& tokens, const auto&) {
    const auto n = static_cast<double>(tokens.size());
    Expected e;
    for (std::size_t h = 0; h < tokens.front().size(); ++h) {
      double sum = 0;
      double size = 0;
      for (const auto& token : tokens) sum += token[h], size += std::abs(token[h]);
      e.value.push_back(sum / n);
      e.bound.push_back((std::min(n, 256.0) + n / 256 + 2) * eps<T> * size / n);  // as seqpool::Mean states it
    }
    return e;
  }
};

struct MaxCase {
  static constexpr bool order_free = true;
  template <class T>
  static auto make(Index) {
    return seqpool::Max{};
  }
  template <class T>
  static Expected expected(const Tokens& tokens, const auto&) {
    Expected e{tokens.front(), std::vector<double>(tokens.front().size(), 0.0)};
    for (const auto& token : tokens)
      for (std::size_t h = 0; h < token.size(); ++h) e.value[h] = nan_max(e.value[h], token[h]);
    return e;
  }
};

struct AttentionCase {
  static constexpr bool order_free = true;
  template <class T>
  static auto make(Index hidden) {
    return seqpool::Attention(Random(7).values<T>(hidden, -2, 2));
  }
  template <class T>
  static Expected expected(const Tokens& tokens, const auto& attention) {
    const std::size_t hidden = tokens.front().size();
    const auto& query = attention.query();
    const double none = -std::numeric_limits<double>::infinity();
    double top = none;
    double score_error = 0;
    std::vector<double> scores;
    for (const auto& token : tokens) {
      double score = 0;
      double size = 0;
      for (std::size_t h = 0; h < hidden; ++h) {
        score += static_cast<double>(query[h]) * token[h];
        size += std::abs(static_cast<double>(query[h]) * token[h]);
      }
      scores.push_back(score);
      top = std::max(top, score);
      score_error = std::max(score_error, (static_cast<double>(hidden) / 32 + 6) * eps<T> * size);
    }
    double sum = 0;
    for (double& score : scores) sum += score = score == none ? 0 : std::exp(score - top);
    Expected e;
    const double n = static_cast<double>(tokens.size());
    for (std::size_t h = 0; h < hidden; ++h) {
      double value = 0;
      double largest = 0;
      for (std::size_t t = 0; t < tokens.size(); ++t) {
        value += scores[t] / sum * tokens[t][h];
        largest = std::max(largest, std::abs(tokens[t][h]));
      }
      e.value.push_back(value);
      e.bound.push_back((2 * score_error + (n + 16) * eps<T>)*largest);  // as seqpool::Attention states it
    }
    return e;
  }
};

struct MidrangeCase {  // a user's pooling, held by the same laws
  static constexpr bool order_free = true;
  template <class T>
  static auto make(Index) {
    return Midrange{};
  }
  template <class T>
  static Expected expected(const Tokens& tokens, const auto&) {
    Expected e;
    for (std::size_t h = 0; h < tokens.front().size(); ++h) {
      double low = tokens.front()[h];
      double high = low;
      for (const auto& token : tokens) low = nan_min(low, token[h]), high = nan_max(high, token[h]);
      e.value.push_back((low + high) / 2);
      e.bound.push_back(eps<T> * (std::abs(low) + std::abs(high)));  // one addition
    }
    return e;
  }
};

// A new pooling is one more name here.
using AllPoolings = std::tuple<ClsCase, LastCase, MeanCase, MaxCase, AttentionCase, MidrangeCase>;

}  // namespace test

#endif
