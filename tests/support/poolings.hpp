// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_POOLINGS_HPP
#define SEQPOOL_TESTS_SUPPORT_POOLINGS_HPP

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <span>
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

template <class T> inline constexpr double eps = static_cast<double>(std::numeric_limits<accumulator_t<T>>::epsilon());

struct Expected {
  std::vector<double> value;  // [width]
  std::vector<double> bound;  // [width], the largest lawful |error|
};

template <class T> struct PoolingCase {
  std::string name;
  bool order_free;  // whether the order of tokens makes no difference
  std::function<AnyPooling<T>(Index hidden, const Layout&)> make;
  std::function<Expected(const Tokens&)> expected;
};

inline double nan_max(double a, double b) { return std::isnan(a) || std::isnan(b) ? double(NAN) : std::fmax(a, b); }
inline double nan_min(double a, double b) { return std::isnan(a) || std::isnan(b) ? double(NAN) : std::fmin(a, b); }

// Calls f(the values of one feature, value, bound) for each feature.
template <class F> Expected by_feature(const Tokens& tokens, F f) {
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

// sum_t w_t x_t / divisor, which all means and sums are. Summing is off by at most `errors` eps of its size.
template <class Weights> Expected weighted_sum(const Tokens& tokens, Weights weights, double divisor, double errors) {
  return by_feature(tokens, [&](const auto& x, double& value, double& bound) {
    double size = 0;
    for (std::size_t t = 0; t < x.size(); ++t) value += weights(t) * x[t], size += std::abs(weights(t) * x[t]);
    value /= divisor;
    bound = errors * size / divisor;
  });
}

// How many additions a sum of n tokens passes through, given how the driver cuts blocks.
inline double additions(double n) { return std::min(n, 256.0) + n / 256; }

// Small, so that no token takes all the weight.
template <class T> std::vector<T> query_of(Index hidden) { return Random(7).values<T>(hidden, -0.125, 0.125); }

// The weight of a row's i-th real token, exact in every type.
inline double token_weight(std::size_t i) { return static_cast<double>(1 + (i * 7) % 13) / 8; }

template <class T> Eigen::Tensor<T, 2> token_weights(const Layout& layout) {
  Eigen::Tensor<T, 2> weights(static_cast<Eigen::Index>(layout.real.size()), static_cast<Eigen::Index>(layout.seq));
  weights.setConstant(static_cast<T>(NAN));  // padding's weights, which must not be read
  for (std::size_t b = 0; b < layout.real.size(); ++b)
    for (std::size_t i = 0; i < layout.real[b].size(); ++i)
      weights(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(layout.real[b][i])) =
          static_cast<T>(token_weight(i));
  return weights;
}

// sum_t a_t x_t for each head, where a is the softmax of its scores, which are off by at most `error`. The bound is the
// one that seqpool::Attention states.
template <class T>
Expected expected_softmax(const Tokens& tokens, std::vector<std::vector<double>> scores, double error) {
  const double none = -std::numeric_limits<double>::infinity();
  const double n = static_cast<double>(tokens.size());
  Expected all;
  for (auto& weights : scores) {
    double top = none;
    for (const double score : weights) top = std::max(top, score);
    double sum = 0;
    for (double& score : weights) sum += score = score == none ? 0 : std::exp(score - top);
    const Expected head = by_feature(tokens, [&](const auto& x, double& value, double& bound) {
      double largest = 0;
      for (std::size_t t = 0; t < x.size(); ++t) {
        value += weights[t] / sum * x[t];
        largest = std::max(largest, std::abs(x[t]));
      }
      bound = (2 * error + (n + 16) * eps<T>)*largest;
    });
    all.value.insert(all.value.end(), head.value.begin(), head.value.end());
    all.bound.insert(all.bound.end(), head.bound.begin(), head.bound.end());
  }
  return all;
}

// Attention with one query.
template <class T, class Q>
Expected expected_attention(const Tokens& tokens, const std::vector<Q>& query, double scale, double score_errors) {
  std::vector<double> scores;
  double score_error = 0;
  for (const auto& token : tokens) {
    double score = 0;
    double size = 0;
    for (std::size_t h = 0; h < token.size(); ++h) {
      const double product = static_cast<double>(seqpool::widen(query[h])) * scale * token[h];
      score += product;
      size += std::abs(product);
    }
    scores.push_back(score);
    score_error = std::max(score_error, score_errors * eps<T> * size);
  }
  return expected_softmax<T>(tokens, {scores}, score_error);
}
template <class T> Expected expected_attention(const Tokens& tokens) {
  const auto hidden = static_cast<Index>(tokens.front().size());
  return expected_attention<T>(tokens, query_of<T>(hidden), 1, static_cast<double>(hidden) / 8 + 34);
}

// Four queries, which are taken at a time, and some more.
inline constexpr Index query_count = 6;

template <class T> Eigen::Tensor<T, 2> queries_of(Index hidden) {
  const auto values = Random(8).values<T>(query_count * hidden, -0.125, 0.125);
  Eigen::Tensor<T, 2> queries(query_count, static_cast<Eigen::Index>(hidden));
  for (Index k = 0; k < query_count; ++k)
    for (Index h = 0; h < hidden; ++h) queries(k, h) = values[static_cast<std::size_t>(k * hidden + h)];
  return queries;
}

// The results of all queries side by side, or their mean.
template <class T> Expected expected_attentions(const Tokens& tokens, double scale, bool average) {
  const auto hidden = static_cast<Index>(tokens.front().size());
  const auto values = Random(8).values<T>(query_count * hidden, -0.125, 0.125);
  Expected all;
  for (Index k = 0; k < query_count; ++k) {
    const std::vector<T> query(values.begin() + k * hidden, values.begin() + (k + 1) * hidden);
    const Expected one = expected_attention<T>(tokens, query, scale, static_cast<double>(hidden) / 4 + 35);
    all.value.insert(all.value.end(), one.value.begin(), one.value.end());
    all.bound.insert(all.bound.end(), one.bound.begin(), one.bound.end());
  }
  if (!average) return all;
  return by_feature(tokens, [&, h = std::size_t{0}](const auto& x, double& value, double& bound) mutable {
    for (std::size_t i = h++; i < all.value.size(); i += static_cast<std::size_t>(hidden)) {
      value += all.value[i];
      bound += all.bound[i] / query_count;
    }
    value /= query_count;
    double largest = 0;
    for (const double v : x) largest = std::max(largest, std::abs(v));
    bound += query_count * eps<T> * largest;
  });
}

// A query's k tokens, exact in every type.
template <class T> Eigen::Tensor<T, 2> query_tokens_of(Index k, Index hidden) {
  Eigen::Tensor<T, 2> query(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(hidden));
  for (Eigen::Index i = 0; i < query.dimension(0); ++i)
    for (Eigen::Index h = 0; h < query.dimension(1); ++h)
      query(i, h) = static_cast<T>((static_cast<float>((i * 11 + h * 7) % 13) - 6) / 8);
  return query;
}

// max_t query_i·x_t for each of k query tokens, or their sum with `sums`. The tokens are taken as they are, or
// normalized.
template <class T> Expected expected_max_sim(const Tokens& tokens, Index k, bool sums, bool normalized) {
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

// The mean of f(x_t), summed as Mean does, with `errors` eps more.
template <class T, class F> auto mean_of(F f, double errors) {
  return [f, errors](const Tokens& tokens) {
    return by_feature(tokens, [&](const auto& x, double& value, double& bound) {
      const double n = static_cast<double>(x.size());
      for (const double v : x) value += f(v) / n, bound += std::abs(f(v)) / n;
      bound *= (additions(n) + errors) * eps<T>;
    });
  };
}

// A network that scores tokens: the parameters of AdditiveAttention and of SelfAttentive.
inline constexpr Index attention_size = 37;
template <class T> struct Network {
  Eigen::Tensor<T, 2, Eigen::RowMajor> weight;  // [attention, hidden]
  std::vector<T> bias = Random(9).values<T>(attention_size, -0.5, 0.5);
  Eigen::Tensor<T, 2> out;  // [heads, attention]
  std::vector<T> norm_weight = Random(11).values<T>(attention_size, 0.5, 1.5);
  std::vector<T> norm_bias = Random(12).values<T>(attention_size, -0.5, 0.5);

  Network(Index hidden, Index heads) : weight(attention_size, hidden), out(heads, attention_size) {
    const auto first = Random(8).values<T>(weight.size(), -0.125, 0.125);
    std::copy(first.begin(), first.end(), weight.data());
    const auto second = Random(10).values<T>(out.size(), -0.25, 0.25);
    std::copy(second.begin(), second.end(), out.data());
  }
  std::vector<T> v() const { return {out.data(), out.data() + attention_size}; }  // the weights of one head
};

// The error of the scores is the one that the headers of AdditiveAttention, LayerNorm and Activate state.
template <class T> Expected expected_network(const Tokens& tokens, Index heads, bool has_bias, bool norm_and_gelu) {
  const auto number = [](const auto& x) { return static_cast<double>(seqpool::widen(x)); };
  const std::size_t hidden = tokens.front().size();
  const Network<T> network(static_cast<Index>(hidden), heads);
  const auto h = static_cast<double>(hidden);
  const auto size = static_cast<double>(attention_size);
  std::vector<std::vector<double>> scores(static_cast<std::size_t>(heads));
  double score_error = 0;
  for (const auto& token : tokens) {
    std::vector<double> u, errors;  // [attention]
    for (Index a = 0; a < attention_size; ++a) {
      const double bias = has_bias ? number(network.bias[static_cast<std::size_t>(a)]) : 0;
      double sum = bias, sizes = std::abs(bias);
      for (std::size_t f = 0; f < hidden; ++f) {
        const double product = number(network.weight(a, static_cast<Index>(f))) * token[f];
        sum += product, sizes += std::abs(product);
      }
      u.push_back(sum);
      errors.push_back((std::min(h, 256.0) / 2 + h / 512 + 4) * eps<T> * sizes);
    }
    if (norm_and_gelu) {
      double mean = 0, variance = 0;
      for (const double x : u) mean += x / size;
      for (const double x : u) variance += (x - mean) * (x - mean) / size;
      const double deviation = std::sqrt(variance + 1e-5);
      const double largest = *std::max_element(errors.begin(), errors.end());
      for (std::size_t a = 0; a < u.size(); ++a) {
        const double z = (u[a] - mean) / deviation;
        const double w = number(network.norm_weight[a]), b = number(network.norm_bias[a]);
        const double y = w * z + b;
        u[a] = y / 2 * std::erfc(-y / std::sqrt(2.0));
        // gelu is no steeper than 1.13. The first term is how far all errors move z, the second is what the
        // normalisation adds.
        errors[a] = 1.13 * (w * (2 + std::abs(z)) * largest / deviation +
                            (size / 16 + 32) * eps<T> * (w * (1 + std::abs(z)) + std::abs(b))) +
                    (8 + std::min(y, 0.0) * y) * eps<T> * std::abs(u[a]);
      }
    } else {
      for (std::size_t a = 0; a < u.size(); ++a) u[a] = std::tanh(u[a]), errors[a] += 4 * eps<T>;
    }
    for (Index k = 0; k < heads; ++k) {
      double score = 0, error = 0;
      for (Index a = 0; a < attention_size; ++a) {
        const double v = number(network.out(k, a));
        const auto i = static_cast<std::size_t>(a);
        score += v * u[i];
        error += std::abs(v) * (errors[i] + (size / 2 + size / 512 + 4) * eps<T> * std::abs(u[i]));
      }
      scores[static_cast<std::size_t>(k)].push_back(score);
      score_error = std::max(score_error, error);
    }
  }
  return expected_softmax<T>(tokens, scores, score_error);
}

// sentence-transformers' SpladePooling.
template <class T> auto expected_splade(bool sum, bool twice) {
  return [sum, twice](const Tokens& tokens) {
    return by_feature(tokens, [&](const auto& x, double& value, double& bound) {
      for (const double v : x) {
        double weight = std::log1p(v < 0 ? 0 : v);
        if (twice) weight = std::log1p(weight);
        value = sum ? value + weight : nan_max(value, weight);
      }
      bound = ((sum ? additions(static_cast<double>(x.size())) : 0) + (twice ? 4 : 2)) * eps<T> * value;
    });
  };
}

// The mean beside the deviation, whose sum of squares is divided by n - less. In long double: an offset is larger than
// what double's oracle may be off by.
template <class T> auto expected_mean_std(double less) {
  return [less](const Tokens& tokens) {
    const auto n = static_cast<long double>(tokens.size());
    const double errors = additions(static_cast<double>(tokens.size())) + 10;
    Expected e = by_feature(tokens, [&](const auto& x, double& value, double& bound) {
      const auto [least, most] = std::minmax_element(x.begin(), x.end());
      long double sum = 0;
      for (const double v : x) sum += static_cast<long double>(v);
      value = static_cast<double>(sum / n);
      bound = eps<T> * (std::abs(value) + errors * (*most - *least));
    });
    const Expected deviation = by_feature(tokens, [&](const auto& x, double& value, double& bound) {
      const auto [least, most] = std::minmax_element(x.begin(), x.end());
      long double sum = 0, squares = 0;
      for (const double v : x) sum += static_cast<long double>(v);
      for (const double v : x) {
        const long double off = static_cast<long double>(v) - sum / n;
        squares += off * off;
      }
      value = static_cast<double>(std::sqrt(squares / std::max(n - static_cast<long double>(less), 1.0L)));
      bound = errors * eps<T> * (*most - *least);
    });
    e.value.insert(e.value.end(), deviation.value.begin(), deviation.value.end());
    e.bound.insert(e.bound.end(), deviation.bound.begin(), deviation.bound.end());
    return e;
  };
}

// Two heads: one leans to a row's end, the other to its beginning.
inline constexpr double position_weights[]{1.0 / 128, -1.0 / 64};

template <class T> Eigen::Tensor<T, 2, Eigen::RowMajor> probe_queries_of(Index hidden) {
  Eigen::Tensor<T, 2, Eigen::RowMajor> queries(2, hidden);
  const auto values = Random(13).values<T>(2 * hidden, -0.125, 0.125);
  std::copy(values.begin(), values.end(), queries.data());
  return queries;
}

template <class T> Expected expected_positional_attention(const Tokens& tokens) {
  const auto hidden = static_cast<Index>(tokens.front().size());
  const auto queries = probe_queries_of<T>(hidden);
  std::vector<std::vector<double>> scores(2);
  double score_error = 0;
  for (Index k = 0; k < 2; ++k)
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      const double weight = position_weights[k];
      double score = weight * static_cast<double>(t);
      double size = std::abs(weight) * static_cast<double>(tokens.size());
      for (Index h = 0; h < hidden; ++h) {
        const double product =
            static_cast<double>(seqpool::widen(queries(k, h))) * tokens[t][static_cast<std::size_t>(h)];
        score += product, size += std::abs(product);
      }
      scores[static_cast<std::size_t>(k)].push_back(score);
      score_error = std::max(score_error, (static_cast<double>(hidden) / 4 + 34) * eps<T> * size);
    }
  return expected_softmax<T>(tokens, scores, score_error);
}

// A user's own scorer: score_k = -slope_k * |x|^2. The nearer a token is to the origin, the more it weighs.
template <class T> struct ByLength {
  using A = accumulator_t<T>;
  std::vector<A> slopes;

  Index heads() const { return static_cast<Index>(slopes.size()); }
  void score(const seqpool::TokenBlock<T>& tile, std::span<A> scores) const {
    for (Index i = 0; i < tile.size(); ++i) {
      A square = 0;
      for (Index h = 0; h < tile.hidden(); ++h) square += seqpool::widen(tile[i][h]) * seqpool::widen(tile[i][h]);
      for (std::size_t k = 0; k < slopes.size(); ++k)
        scores[k * std::size_t{seqpool::score_tile} + static_cast<std::size_t>(i)] = -slopes[k] * square;
    }
  }
  void backward(const seqpool::TokenBlock<T>& tile, std::span<const A> d_scores,
                const seqpool::Gradients<A>& gradients) const {
    const auto of = [&](std::size_t k, Index i) {
      return d_scores[k * std::size_t{seqpool::score_tile} + static_cast<std::size_t>(i)];
    };
    const auto each = [&](Index i) {
      A factor = 0;
      for (std::size_t k = 0; k < slopes.size(); ++k) factor -= 2 * slopes[k] * of(k, i);
      return factor;
    };
    gradients.spread(tile, each, [](A x, A factor) { return factor * x; });
    for (std::size_t k = 0; k < gradients.own.size(); ++k)
      for (Index i = 0; i < tile.size(); ++i)
        for (Index h = 0; h < tile.hidden(); ++h)
          gradients.own[k] -= of(k, i) * seqpool::widen(tile[i][h]) * seqpool::widen(tile[i][h]);
  }
  void set_parameters(std::span<const double> numbers) { seqpool::set_numbers(slopes, numbers); }
  std::string name() const { return "by_length"; }
  void visit_parameters(auto f) const { seqpool::visit_parameter(f, "slopes", slopes, {heads()}, true); }
};
inline constexpr double length_slopes[]{0.25, 0.03125};

template <class T> Expected expected_by_length(const Tokens& tokens) {
  std::vector<std::vector<double>> scores(2);
  double error = 0;
  for (const auto& token : tokens) {
    double square = 0;
    for (const double x : token) square += x * x;
    for (std::size_t k = 0; k < 2; ++k) {
      scores[k].push_back(-length_slopes[k] * square);
      // The roundings of a sum of squares, one by one, and of a product.
      error = std::max(error, (static_cast<double>(token.size()) + 2) * eps<T> * length_slopes[k] * square);
    }
  }
  return expected_softmax<T>(tokens, scores, error);
}

// One p for each feature; some are above 1 and some below.
inline std::vector<float> exponents(Index hidden) {
  std::vector<float> p;
  for (Index h = 0; h < hidden; ++h) p.push_back(static_cast<float>(1 + (h * 5) % 11) / 2);
  return p;
}

// GeM with the exponents p_of(h); eps is 1e-6.
template <class T, class P> auto expected_generalized_mean(P p_of) {
  return [p_of](const Tokens& tokens) {
    Index h = 0;
    return by_feature(tokens, [&](const auto& x, double& value, double& bound) {
      const double p = static_cast<double>(p_of(h++));
      const double least = static_cast<double>(static_cast<accumulator_t<T>>(1e-6));
      const double n = static_cast<double>(x.size());
      double log_size = 0;
      for (const double v : x) {
        const double base = v < least ? least : v;
        value += std::pow(base, p) / n;
        log_size = std::max(log_size, std::abs(std::log(base)));
      }
      value = std::pow(value, 1 / p);
      bound = ((additions(n) + 2) / p + 3 * log_size + 2) * eps<T> * value;
    });
  };
}

template <class T> auto expected_log_sum_exp(double r) {
  return [r](const Tokens& tokens) {
    return by_feature(tokens, [&](const auto& x, double& value, double& bound) {
      double max = x[0];
      double size = 0;
      for (const double v : x) max = nan_max(max, v), size = std::max(size, std::abs(v));
      const double n = static_cast<double>(x.size());
      double mean = 0;
      for (const double v : x) mean += std::exp(r * (v - max)) / n;
      value = std::isinf(max) ? max : max + std::log(mean) / r;
      bound = ((4 * additions(n) + 2 * std::log(n) + 4) / r + 3 * size) * eps<T>;
    });
  };
}

// Two heads of two features each, and one query.
template <class T> auto multihead_weights(Index hidden) {
  seqpool::MultiheadAttentionWeights<T> weights;
  weights.heads = 2;
  Random random(9);
  const auto fill = [&](auto& matrix, Index rows, Index columns) {
    matrix.resize(rows, columns);
    for (Index i = 0; i < rows * columns; ++i) matrix.data()[i] = static_cast<T>(random.between(-0.25, 0.25));
  };
  fill(weights.query, 1, 4);
  fill(weights.q_proj_weight, 4, 4);
  fill(weights.k_proj_weight, 4, hidden);
  fill(weights.v_proj_weight, 4, hidden);
  fill(weights.out_proj_weight, 4, 4);
  return weights;
}

template <class T> Expected expected_multihead_attention(const Tokens& tokens) {
  const auto hidden = static_cast<Index>(tokens.front().size());
  const auto weights = multihead_weights<T>(hidden);
  const auto wide = [](T x) { return static_cast<double>(seqpool::widen(x)); };
  Expected all;
  for (Index head = 0; head < 2; ++head) {
    std::vector<double> query(static_cast<std::size_t>(hidden), 0.);
    for (Index e = 2 * head; e < 2 * head + 2; ++e) {
      double projected = 0;
      for (Index f = 0; f < 4; ++f) projected += wide(weights.q_proj_weight(e, f)) * wide(weights.query(0, f));
      for (Index h = 0; h < hidden; ++h)
        query[static_cast<std::size_t>(h)] += projected * wide(weights.k_proj_weight(e, h));
    }
    // The query is rounded once more.
    const Expected one = expected_attention<T>(tokens, query, 1 / std::sqrt(2.), static_cast<double>(hidden) / 4 + 35);
    all.value.insert(all.value.end(), one.value.begin(), one.value.end());
    all.bound.insert(all.bound.end(), one.bound.begin(), one.bound.end());
  }
  return all;
}

// The example in the comment of seqpool::FeaturePooling.
struct MeanSquare : seqpool::FeaturePooling<MeanSquare> {
  static constexpr auto feature_op = [](auto sum, auto x) { return sum + x * x; };
  static constexpr auto merge_op = std::plus<>();

  void finish(const auto& state, auto out) const {
    state.write(out, [n = state.divisor()](auto sum) { return sum / n; });
  }
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread(tokens, [n = state.divisor()](auto x, auto d_out) { return 2 * x * d_out / n; });
  }
};

// Every pooling, with the bound that its header states. A new pooling is one more entry here.
template <class T> const std::vector<PoolingCase<T>>& all_poolings() {
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
      {"AbsMax", true, always(seqpool::AbsMax{}),
       exactly([](double a, double b) { return nan_max(std::abs(a), std::abs(b)); })},
      {"AbsMean", true, always(seqpool::AbsMean{}), mean_of<T>([](double x) { return std::abs(x); }, 2)},
      {"RootMeanSquare", true, always(seqpool::RootMeanSquare{}),
       [](const Tokens& tokens) {
         Expected e = mean_of<T>([](double x) { return x * x; }, 0)(tokens);
         for (std::size_t h = 0; h < e.value.size(); ++h) {
           e.value[h] = std::sqrt(e.value[h]);
           e.bound[h] = (additions(static_cast<double>(tokens.size())) / 2 + 3) * eps<T> * e.value[h];
         }
         return e;
       }},
      {"MeanMax", true, always(seqpool::MeanMax{}),
       [exactly](const Tokens& tokens) {
         Expected e = mean_of<T>([](double x) { return x; }, 4)(tokens);
         const Expected max = exactly(nan_max)(tokens);
         const double n = static_cast<double>(tokens.size());
         for (std::size_t h = 0; h < e.value.size(); ++h) {
           e.value[h] = (e.value[h] + max.value[h]) / 2;
           e.bound[h] = e.bound[h] / 2 + (additions(n) + 4) / 2 * eps<T> * std::abs(max.value[h]);
         }
         return e;
       }},
      {"MeanSqrtLen", true, always(seqpool::MeanSqrtLen{}),
       [one](const Tokens& tokens) {
         const double n = static_cast<double>(tokens.size());
         return weighted_sum(tokens, one, std::sqrt(n), (additions(n) + 3) * eps<T>);
       }},
      {"MeanStd", true, always(seqpool::MeanStd{}), expected_mean_std<T>(0)},
      {"MeanStd of a sample", true, always(seqpool::MeanStd{seqpool::MeanStd::sample}), expected_mean_std<T>(1)},
      {"GeneralizedMean 3", true, always(seqpool::GeneralizedMean{3}),
       expected_generalized_mean<T>([](Index) { return 3.0; })},
      {"GeneralizedMean 2.5", true, always(seqpool::GeneralizedMean{2.5}),
       expected_generalized_mean<T>([](Index) { return 2.5; })},
      {"GeneralizedMean of each feature", true,
       [](Index hidden, const Layout&) { return AnyPooling<T>(seqpool::GeneralizedMean{exponents(hidden)}); },
       expected_generalized_mean<T>([](Index h) { return exponents(h + 1).back(); })},
      {"LogSumExp 10", true, always(seqpool::LogSumExp{10}), expected_log_sum_exp<T>(10)},
      {"LogSumExp 0.25", true, always(seqpool::LogSumExp{0.25}), expected_log_sum_exp<T>(0.25)},
      {"Splade", true, always(seqpool::Splade{}), expected_splade<T>(false, false)},
      {"Splade max log1p_relu", true, always(seqpool::Splade{seqpool::Splade::max, seqpool::Splade::log1p_relu}),
       expected_splade<T>(false, true)},
      {"Splade sum", true, always(seqpool::Splade{seqpool::Splade::sum}), expected_splade<T>(true, false)},
      {"Splade sum log1p_relu", true, always(seqpool::Splade{seqpool::Splade::sum, seqpool::Splade::log1p_relu}),
       expected_splade<T>(true, true)},
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
       [](const Tokens& tokens) { return expected_attention<T>(tokens); }},
      {"Attention, 6 queries", true,
       [](Index hidden, const Layout&) { return AnyPooling<T>(seqpool::Attention{queries_of<T>(hidden)}); },
       [](const Tokens& tokens) { return expected_attentions<T>(tokens, 1, false); }},
      {"Attention, scaled", true,
       [](Index hidden, const Layout&) { return AnyPooling<T>(seqpool::Attention{queries_of<T>(hidden), 0.37}); },
       [](const Tokens& tokens) { return expected_attentions<T>(tokens, 0.37, false); }},
      {"Attention, average", true,
       [](Index hidden, const Layout&) { return AnyPooling<T>(seqpool::Attention{queries_of<T>(hidden)}.average()); },
       [](const Tokens& tokens) { return expected_attentions<T>(tokens, 1, true); }},
      {"MaxSim", true,
       [](Index hidden, const Layout&) { return AnyPooling<T>(seqpool::MaxSim{query_tokens_of<T>(5, hidden)}); },
       [](const Tokens& tokens) { return expected_max_sim<T>(tokens, 5, true, false); }},
      {"MaxSim per query token", true,
       [](Index hidden, const Layout&) {
         return AnyPooling<T>(seqpool::MaxSim{query_tokens_of<T>(37, hidden)}.per_query());
       },
       [](const Tokens& tokens) { return expected_max_sim<T>(tokens, 37, false, false); }},
      {"MaxSim of a masked query", true,
       [](Index hidden, const Layout&) {
         // The 5 query tokens of above, and others behind them.
         return AnyPooling<T>(seqpool::MaxSim{query_tokens_of<T>(8, hidden), std::vector<int>{1, 1, 1, 1, 1, 0, 0, 0}});
       },
       [](const Tokens& tokens) { return expected_max_sim<T>(tokens, 5, true, false); }},
      {"MaxSim of normalized tokens", true,
       [](Index hidden, const Layout&) {
         return AnyPooling<T>(seqpool::MaxSim{query_tokens_of<T>(33, hidden)}.normalize_tokens());
       },
       [](const Tokens& tokens) { return expected_max_sim<T>(tokens, 33, true, true); }},
      {"AdditiveAttention", true,
       [](Index hidden, const Layout&) {
         const Network<T> network(hidden, 1);
         return AnyPooling<T>(seqpool::AdditiveAttention{network.weight, network.bias, network.v()});
       },
       [](const Tokens& tokens) { return expected_network<T>(tokens, 1, true, false); }},
      {"AdditiveAttention with LayerNorm and GELU", true,
       [](Index hidden, const Layout&) {
         const Network<T> network(hidden, 1);
         return AnyPooling<T>(seqpool::AdditiveAttention{network.weight, network.bias, network.v()}
                                  .layer_norm(network.norm_weight, network.norm_bias)
                                  .gelu());
       },
       [](const Tokens& tokens) { return expected_network<T>(tokens, 1, true, true); }},
      {"SelfAttentive", true,
       [](Index hidden, const Layout&) {
         const Network<T> network(hidden, 3);
         return AnyPooling<T>(seqpool::SelfAttentive{network.weight, network.out});
       },
       [](const Tokens& tokens) { return expected_network<T>(tokens, 3, false, false); }},
      {"PositionalAttention", false,
       [](Index hidden, const Layout&) {
         const std::vector<T> weights{static_cast<T>(position_weights[0]), static_cast<T>(position_weights[1])};
         return AnyPooling<T>(seqpool::PositionalAttention{probe_queries_of<T>(hidden), weights});
       },
       expected_positional_attention<T>},
      {"SoftmaxPooling of a user's scorer", true,
       always(seqpool::SoftmaxPooling{ByLength<T>{
           {static_cast<accumulator_t<T>>(length_slopes[0]), static_cast<accumulator_t<T>>(length_slopes[1])}}}),
       expected_by_length<T>},
      {"MultiheadAttention's pooling", true,
       [](Index hidden, const Layout&) {
         return AnyPooling<T>(seqpool::MultiheadAttention{multihead_weights<T>(hidden)}.pooling());
       },
       expected_multihead_attention<T>},
      {"Concat", false, always(seqpool::Concat{seqpool::Last{}, seqpool::Mean{}}), last_and_mean},
      {"AnyPooling of several", false, always(std::vector<AnyPooling<T>>{seqpool::Last{}, seqpool::Mean{}}),
       last_and_mean},
      {"Midrange", true, always(Midrange{}),  // a user's own pooling, under the same laws
       [](const Tokens& tokens) {
         return by_feature(tokens, [](const auto& x, double& value, double& bound) {
           double low = x[0];
           double high = x[0];
           for (const double v : x) low = nan_min(low, v), high = nan_max(high, v);
           value = (low + high) / 2;
           bound = eps<T> * (std::abs(low) + std::abs(high));  // one addition
         });
       }},
      {"MeanSquare", true, always(MeanSquare{}),  // another one, made with FeaturePooling
       mean_of<T>([](double x) { return x * x; }, 3)},
  };
  return cases;
}

}  // namespace test

#endif
