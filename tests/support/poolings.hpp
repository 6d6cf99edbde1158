// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_POOLINGS_HPP
#define SEQPOOL_TESTS_SUPPORT_POOLINGS_HPP

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

#include "midrange.hpp"
#include "support/random.hpp"

// The list of poolings that the laws run over. Each case makes its pooling, and knows from a naive float64 oracle what
// it must give and how far off it may be.
namespace test {

using seqpool::accumulator_t;
using seqpool::AnyPooling;
using seqpool::Index;

// Real tokens of one row in float64, [n, hidden].
using Tokens = std::vector<std::vector<double>>;

// Where the real tokens of each sequence of [batch, seq] stand, in order.
struct Layout {
  Index seq = 0;
  std::vector<std::vector<Index>> real;  // [batch]
};

// n tokens without padding, `batch` times.
inline Layout dense(Index n, Index batch = 1) {
  std::vector<Index> all;
  for (Index i = 0; i < n; ++i) all.push_back(i);
  return {n, std::vector<std::vector<Index>>(static_cast<std::size_t>(batch), all)};
}

template <class T>
inline constexpr double eps = static_cast<double>(std::numeric_limits<accumulator_t<T>>::epsilon());

struct Expected {
  std::vector<double> value;  // [width]
  std::vector<double> bound;  // [width], the largest lawful |error|
};

template <class T>
struct PoolingCase {
  std::string name;
  bool order_free;  // whether the order of tokens makes no difference
  std::function<AnyPooling<T>(Index hidden, const Layout&)> make;
  std::function<Expected(const Tokens&)> expected;
};

inline double nan_max(double a, double b) { return std::isnan(a) || std::isnan(b) ? double(NAN) : std::fmax(a, b); }
inline double nan_min(double a, double b) { return std::isnan(a) || std::isnan(b) ? double(NAN) : std::fmin(a, b); }

// f(the values of one feature, value, bound) for each feature.
template <class F>
Expected by_feature(const Tokens& tokens, F f) {
  Expected e;
  for (std::size_t h = 0; h < tokens.front().size(); ++h) {
    std::vector<double> x;
    for (const auto& token : tokens) x.push_back(token[h]);
    e.value.push_back(0);
    e.bound.push_back(0);
    f(x, e.value.back(), e.bound.back());
  }
  return e;
}

// sum_t w_t x_t / divisor, where summing is off by `errors` eps of its size at most: what all means and sums are.
template <class Weights>
Expected weighted_sum(const Tokens& tokens, Weights weights, double divisor, double errors) {
  return by_feature(tokens, [&](const auto& x, double& value, double& bound) {
    double size = 0;
    for (std::size_t t = 0; t < x.size(); ++t) value += weights(t) * x[t], size += std::abs(weights(t) * x[t]);
    value /= divisor;
    bound = errors * size / divisor;
  });
}

// How many additions a sum of n tokens passes through, as the driver cuts blocks.
inline double additions(double n) { return std::min(n, 256.0) + n / 256; }

// Small, so that no token takes all the weight.
template <class T>
std::vector<T> query_of(Index hidden) {
  return Random(7).values<T>(hidden, -0.125, 0.125);
}

// The weight of a row's i-th real token, exact in every type.
inline double token_weight(std::size_t i) { return static_cast<double>(1 + (i * 7) % 13) / 8; }

template <class T>
Eigen::Tensor<T, 2> token_weights(const Layout& layout) {
  Eigen::Tensor<T, 2> weights(static_cast<Eigen::Index>(layout.real.size()), static_cast<Eigen::Index>(layout.seq));
  weights.setConstant(static_cast<T>(NAN));  // of padding, which must not be read
  for (std::size_t b = 0; b < layout.real.size(); ++b)
    for (std::size_t i = 0; i < layout.real[b].size(); ++i)
      weights(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(layout.real[b][i])) =
          static_cast<T>(token_weight(i));
  return weights;
}

template <class T>
Expected expected_attention(const Tokens& tokens) {
  const std::size_t hidden = tokens.front().size();
  const auto query = query_of<T>(static_cast<Index>(hidden));
  const double none = -std::numeric_limits<double>::infinity();
  double top = none;
  double score_error = 0;
  std::vector<double> scores;
  for (const auto& token : tokens) {
    double score = 0;
    double size = 0;
    for (std::size_t h = 0; h < hidden; ++h) {
      const double product = static_cast<double>(seqpool::widen(query[h])) * token[h];
      score += product;
      size += std::abs(product);
    }
    scores.push_back(score);
    top = std::max(top, score);
    score_error = std::max(score_error, (static_cast<double>(hidden) / 8 + 34) * eps<T> * size);
  }
  double sum = 0;
  for (double& score : scores) sum += score = score == none ? 0 : std::exp(score - top);
  const double n = static_cast<double>(tokens.size());
  return by_feature(tokens, [&](const auto& x, double& value, double& bound) {
    double largest = 0;
    for (std::size_t t = 0; t < x.size(); ++t) {
      value += scores[t] / sum * x[t];
      largest = std::max(largest, std::abs(x[t]));
    }
    bound = (2 * score_error + (n + 16) * eps<T>)*largest;  // as seqpool::Attention states it
  });
}

// A query's k tokens, exact in every type.
template <class T>
Eigen::Tensor<T, 2> query_tokens_of(Index k, Index hidden) {
  Eigen::Tensor<T, 2> query(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(hidden));
  for (Eigen::Index i = 0; i < query.dimension(0); ++i)
    for (Eigen::Index h = 0; h < query.dimension(1); ++h)
      query(i, h) = static_cast<T>((static_cast<float>((i * 11 + h * 7) % 13) - 6) / 8);
  return query;
}

// max_t query_i·x_t for each of k query tokens, or with `sums` their sum; of tokens as they are or normalized.
template <class T>
Expected expected_max_sim(const Tokens& tokens, Index k, bool sums, bool normalized) {
  const std::size_t hidden = tokens.front().size();
  const auto query = query_tokens_of<T>(k, static_cast<Index>(hidden));
  const double h = static_cast<double>(hidden), queries = static_cast<double>(k);
  const double errors = std::min(h, 256.0) / 2 + h / 512 + queries / 32 + 16 + (normalized ? h / 16 + 20 : 0);
  Expected each, sum{{0}, {0}};
  for (Index i = 0; i < k; ++i) {
    double largest = -std::numeric_limits<double>::infinity(), size = 0;
    for (const auto& token : tokens) {
      double score = 0, parts = 0, square = 0;
      for (const double x : token) square += x * x;
      const double norm = normalized ? std::max(std::sqrt(square), 1e-12) : 1;
      for (std::size_t f = 0; f < hidden; ++f) {
        const double q = static_cast<double>(seqpool::widen(query(i, static_cast<Index>(f))));
        score += q * (token[f] / norm);
        parts += std::abs(q * token[f] / norm);
      }
      largest = nan_max(largest, score);
      size = std::max(size, parts);
    }
    each.value.push_back(largest);
    each.bound.push_back(errors * eps<T> * size);
    sum.value[0] += largest;
    sum.bound[0] += errors * eps<T> * size;
  }
  return sums ? sum : each;
}

// Every pooling, with the bound that its header states. A new pooling is one more entry here.
template <class T>
const std::vector<PoolingCase<T>>& all_poolings() {
  const auto always = [](auto pooling) { return [pooling](Index, const Layout&) { return AnyPooling<T>(pooling); }; };
  const auto one = [](std::size_t) { return 1.0; };
  const auto exactly = [](double (*op)(double, double)) {
    return [op](const Tokens& tokens) {
      return by_feature(tokens, [&](const auto& x, double& value, double&) {
        value = x[0];
        for (const double v : x) value = op(value, v);
      });
    };
  };
  const auto first = [](double held, double) { return held; };
  const auto last = [](double, double x) { return x; };
  const auto mean = [one](const Tokens& tokens) {
    const double n = static_cast<double>(tokens.size());
    return weighted_sum(tokens, one, n, (additions(n) + 2) * eps<T>);
  };
  const auto last_and_mean = [mean, exactly, last](const Tokens& tokens) {
    Expected e = exactly(last)(tokens);
    const Expected m = mean(tokens);
    e.value.insert(e.value.end(), m.value.begin(), m.value.end());
    e.bound.insert(e.bound.end(), m.bound.begin(), m.bound.end());
    return e;
  };
  const auto by_place = [](double before) {
    return [before](const Tokens& tokens) {
      const double n = static_cast<double>(tokens.size());
      Expected e = weighted_sum(
          tokens, [before](std::size_t i) { return before + static_cast<double>(i + 1); }, n * (n + 1) / 2 + before * n,
          0);
      const Expected sizes = by_feature(tokens, [](const auto& x, double&, double& bound) {
        for (const double v : x) bound = std::max(bound, std::abs(v));
      });
      for (std::size_t h = 0; h < e.bound.size(); ++h) e.bound[h] = (additions(n) + 8) * eps<T> * 2 * sizes.bound[h];
      return e;
    };
  };
  static const std::vector<PoolingCase<T>> cases{
      {"Cls", false, always(seqpool::Cls{}), exactly(first)},
      {"Last", false, always(seqpool::Last{}), exactly(last)},
      {"Mean", true, always(seqpool::Mean{}), mean},
      {"Max", true, always(seqpool::Max{}), exactly(nan_max)},
      {"Min", true, always(seqpool::Min{}), exactly(nan_min)},
      {"Sum", true, always(seqpool::Sum{}),
       [one](const Tokens& tokens) {
         return weighted_sum(tokens, one, 1, additions(static_cast<double>(tokens.size())) * eps<T>);
       }},
      {"MeanSqrtLen", true, always(seqpool::MeanSqrtLen{}),
       [one](const Tokens& tokens) {
         const double n = static_cast<double>(tokens.size());
         return weighted_sum(tokens, one, std::sqrt(n), (additions(n) + 3) * eps<T>);
       }},
      {"WeightedMean", false, always(seqpool::WeightedMean{}), by_place(0)},
      {"WeightedMean behind a prompt", false, always(seqpool::WeightedMean{.before = 5}), by_place(5)},
      {"TokenWeightedMean", false,
       [](Index, const Layout& layout) { return AnyPooling<T>(seqpool::TokenWeightedMean{token_weights<T>(layout)}); },
       [](const Tokens& tokens) {
         const double n = static_cast<double>(tokens.size());
         double sum = 0;
         for (std::size_t i = 0; i < tokens.size(); ++i) sum += token_weight(i);
         return weighted_sum(tokens, token_weight, sum, (2 * additions(n) + 4) * eps<T>);
       }},
      {"Attention", true,
       [](Index hidden, const Layout&) { return AnyPooling<T>(seqpool::Attention{query_of<T>(hidden)}); },
       expected_attention<T>},
      {"MaxSim", true,
       [](Index hidden, const Layout&) { return AnyPooling<T>(seqpool::MaxSim{query_tokens_of<T>(5, hidden)}); },
       [](const Tokens& tokens) { return expected_max_sim<T>(tokens, 5, true, false); }},
      {"MaxSim per query token", true,
       [](Index hidden, const Layout&) {
         return AnyPooling<T>(seqpool::MaxSim{query_tokens_of<T>(37, hidden)}.per_query());
       },
       [](const Tokens& tokens) { return expected_max_sim<T>(tokens, 37, false, false); }},
      {"MaxSim of normalized tokens", true,
       [](Index hidden, const Layout&) {
         return AnyPooling<T>(seqpool::MaxSim{query_tokens_of<T>(33, hidden)}.normalize_tokens());
       },
       [](const Tokens& tokens) { return expected_max_sim<T>(tokens, 33, true, true); }},
      {"Concat", false, always(seqpool::Concat{seqpool::Last{}, seqpool::Mean{}}), last_and_mean},
      {"AnyPooling of several", false, always(std::vector<AnyPooling<T>>{seqpool::Last{}, seqpool::Mean{}}),
       last_and_mean},
      {"Midrange", true, always(Midrange{}),  // a user's pooling, held by the same laws
       [](const Tokens& tokens) {
         return by_feature(tokens, [](const auto& x, double& value, double& bound) {
           double low = x[0];
           double high = x[0];
           for (const double v : x) low = nan_min(low, v), high = nan_max(high, v);
           value = (low + high) / 2;
           bound = eps<T> * (std::abs(low) + std::abs(high));  // one addition
         });
       }},
  };
  return cases;
}

}  // namespace test

#endif
