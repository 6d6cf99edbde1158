// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/fold_pass.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/product.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/token_source.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/fold/gradients.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/attention_mask.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Late interaction, the score of a document x for a query of k tokens: out = sum_i max_t query_i·x_t over a row's real
/// tokens.
///
///     const seqpool::MaxSim pooling{query};                        // [k, hidden]
///     const seqpool::MaxSim padded{query, query_mask};             // [k]: tokens whose mask is 0 do not count
///     seqpool::pool(pooling, documents, mask);                     // [batch, 1]
///     seqpool::pool(pooling.per_query(), documents, mask);         // [batch, k]: max_t query_i·x_t
///     seqpool::pool(pooling.normalize_tokens(), documents, mask);  // of x_t / max(|x_t|, 1e-12)
///
/// **Shapes**: query `[k, hidden]`; query_mask `[k]`; tokens `[n, hidden]` to `[1]`, or `[k]` per query token, 0 for
/// those that do not count.
/// **Empty**: 0; a document that should rank below every other needs a score of its own.
/// **Errors**: `std::invalid_argument` if the query is not `[k, hidden]`, or its mask not `[k]` or not of 0 and 1.
/// **Cost**: O(n * k * hidden), where k are the query tokens that count; the constructor copies the query.
/// **Numerics**: all in `accumulator_t`; |error| <= (min(hidden, 256) / 2 + hidden / 512 + k / 32 + 16) * eps *
/// sum_i max_t sum_h |query_i[h] x_t[h]|, with (hidden / 16 + 20) more of these eps for normalized tokens, if that sum
/// and each |x_t|^2 that is needed are finite, and neither a product nor the result is subnormal. A NaN in a real token
/// makes the row NaN. Gradients are within 16 eps of the largest sum_i |g_i query_i| of the query tokens i that a token
/// is the largest for, divided by |x_t| where tokens are normalized.
/// **Source**: ColBERT; sentence-transformers' `maxsim`, where an empty document scores -1e9.
template <class T> class MaxSim {
  static_assert(Scalar<T>, "seqpool: MaxSim{query} takes a query of float, double, Eigen::half or Eigen::bfloat16.");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  template <Scalar U> struct State {
    FeatureState<A> best;              // [k], max_t query_i·x_t
    std::vector<Index> found;          // [k], the number of the first of the tokens among which that is
    detail::Scratch<A> before;         // [k], best before these
    detail::AlignedVector<A> widened;  // [taken, hidden], scratch for tokens of 16 bits

    void visit(auto f) { best.visit(f); }
    [[nodiscard]] bool holds(Index, Index n) const { return best.count == n; }
  };

  /// Copies the query: an Eigen tensor of rank 2 or an Eigen matrix, `[k, hidden]`.
  template <class Q> explicit MaxSim(const Q& query);
  /// The same of the query tokens whose mask is 1, of any arithmetic type: an Eigen tensor of rank 1, an Eigen vector
  /// or a contiguous range, `[k]`. The others, such as padding, may hold anything. A mask of ones changes nothing.
  template <class Q, class M> MaxSim(const Q& query, const M& query_mask);

  /// The same, but the result is the largest product of each query token, `[k]`, not their sum.
  [[nodiscard]] MaxSim per_query() const { return with(&MaxSim::per_query_); }

  /// The same for tokens x / max(sqrt(sum_h x[h]^2), 1e-12), if the encoder has not normalized them.
  [[nodiscard]] MaxSim normalize_tokens() const { return with(&MaxSim::normalizes_); }

  [[nodiscard]] std::string name() const;
  void visit_parameters(auto f) const {
    seqpool::visit_parameter(f, "query", product_.weight(), {product_.out(), product_.in()}, true);
  }
  void set_parameters(std::span<const double> numbers);
  [[nodiscard]] Index width(Index hidden) const;

  template <Scalar U> void init(State<U>& state, Index hidden) const {
    state.best.start(product_.out(), -std::numeric_limits<A>::infinity());
    state.found.assign(state.best.values.size(), 0);
    if constexpr (!std::same_as<U, A>) state.widened.resize(static_cast<std::size_t>(taken * hidden));
  }

  template <Scalar U>
  void fold(State<U>& state, const TokenBlock<U>& tokens) const
    requires std::same_as<accumulator_t<U>, A>;

  void merge(auto& state, const auto& next) const {
    for (std::size_t q = 0; q < state.found.size(); ++q)
      if (detail::exceeds(next.best.values[q], state.best.values[q])) state.found[q] = next.found[q];
    state.best.merge(next.best, detail::larger);
  }
  void finish(const auto& state, auto out) const {
    if (per_query_)
      write_per_query(state, out);
    else
      out[0] = state.best.count == 0 ? A(0) : detail::sum(state.best.values.data(), product_.out());
  }

  template <Scalar U>
  void backward(const State<U>& state, const TokenBlock<U>& tokens, const Gradients<A>& gradients) const
    requires std::same_as<accumulator_t<U>, A>;

 private:
  // How many tokens are taken at a time.
  static constexpr Index taken = 8 * detail::Product<A>::rectangle_rows;

  [[nodiscard]] MaxSim with(bool MaxSim::* option) const {
    MaxSim other(*this);
    other.*option = true;
    return other;
  }

  [[nodiscard]] bool is_masked() const { return product_.out() != tokens_; }
  void write_per_query(const auto& state, auto out) const;
  // Where the result of query token q that counts stands, per query.
  [[nodiscard]] std::size_t place(Index q) const {
    return static_cast<std::size_t>(is_masked() ? counting_[static_cast<std::size_t>(q)] : q);
  }

  // What a token is divided by.
  static A length(const A* x, Index hidden) { return (std::max)(std::sqrt(detail::dot(x, x, hidden)), shortest); }
  static constexpr A shortest = A(1e-12);

  // Calls take(count, i, output, width, scores) for the products of some tokens, as `Product` does. Returns token(i),
  // which gives a token's numbers in A: they are where they lie, or in `room`, `[taken, hidden]`.
  template <Scalar U, class Take> auto for_each_product(const TokenBlock<U>& some, A* room, Take take) const;

  detail::Product<A, detail::TimesInPanels> product_;  // its outputs are the query's tokens that count
  Index tokens_ = 0;                                   // k
  std::vector<Index> counting_;                        // where these stand among the k; empty without a mask
  bool per_query_ = false;
  bool normalizes_ = false;
};

template <class Q> explicit MaxSim(const Q&) -> MaxSim<detail::guide_element_t<Q>>;
template <class Q, class M> MaxSim(const Q&, const M&) -> MaxSim<detail::guide_element_t<Q>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T> template <class Q> MaxSim<T>::MaxSim(const Q& query) {
  static_assert(detail::MatrixLike<Q>,
                "seqpool: MaxSim{query} takes the query [k, hidden], a row for each of its tokens: an Eigen tensor of "
                "rank 2 or an Eigen matrix; view other memory with an Eigen::TensorMap.");
  if constexpr (detail::MatrixLike<Q> && Scalar<T>) {
    constexpr bool of_t = std::same_as<detail::element_t<Q>, T>;
    static_assert(of_t, "seqpool: MaxSim<T>{query} takes a query of T.");
    if constexpr (of_t) {
      const auto numbers = detail::widened_matrix(query, "query");
      product_ = {numbers.rows, numbers.columns, std::cref(numbers), [](Index) { return A(0); }};
      tokens_ = numbers.rows;
    }
  }
}

template <class T>
template <class Q, class M>
MaxSim<T>::MaxSim(const Q& query, [[maybe_unused]] const M& query_mask) : MaxSim(query) {
  constexpr bool is_mask = requires {
    requires detail::VectorLike<M>;
    requires MaskScalar<detail::vector_scalar_t<M>>;
  };
  static_assert(is_mask,
                "seqpool: MaxSim{query, query_mask} takes a mask [k], 1 for each query token that counts and 0 for the "
                "others, in any arithmetic type: an Eigen tensor of rank 1, an Eigen vector, or a contiguous range "
                "such as std::vector<int>.");
  if constexpr (is_mask) {
    if (static_cast<Index>(detail::size_of(query_mask)) != tokens_)
      detail::fail({"query_mask is ", detail::shape({static_cast<Index>(detail::size_of(query_mask))}),
                    ", but query is ", detail::shape({tokens_, product_.in()}), ": query_mask must be [k]"});
    Index token = 0;
    detail::for_each_element(query_mask, [&](auto value) {
      if (value == decltype(value)(1))
        counting_.push_back(token);
      else if (!(value == decltype(value)(0)))
        detail::fail({"query_mask[", token, "] is ", detail::number_text(static_cast<double>(value)),
                      "; a mask holds 1 for a query token that counts and 0 for one that does not"});
      ++token;
    });
    const auto all = product_.weight();
    const Index in = product_.in();
    product_ = {static_cast<Index>(counting_.size()), in,
                [&](Index i, Index h) {
                  return all[static_cast<std::size_t>(counting_[static_cast<std::size_t>(i)] * in + h)];
                },
                [](Index) { return A(0); }};
  }
}

template <class T> std::string MaxSim<T>::name() const {
  std::string name = "max_sim";
  if (is_masked()) {
    std::string mask(static_cast<std::size_t>(tokens_), '0');
    for (const Index token : counting_) mask[static_cast<std::size_t>(token)] = '1';
    name = detail::sentence({name, " of query tokens ", mask});
  }
  return detail::sentence({name, normalizes_ ? " of normalized tokens" : "", per_query_ ? " per query" : ""});
}

template <class T> void MaxSim<T>::write_per_query(const auto& state, auto out) const {
  if (!is_masked()) return state.best.write(out);
  for (std::size_t i = 0; i < static_cast<std::size_t>(tokens_); ++i) out[i] = A(0);
  if (state.best.count == 0) return;
  for (std::size_t i = 0; i < counting_.size(); ++i) out[static_cast<std::size_t>(counting_[i])] = state.best.values[i];
}

template <class T> Index MaxSim<T>::width(Index hidden) const {
  if (hidden != product_.in())
    detail::fail({"query is ", detail::shape({tokens_, product_.in()}), ", but hidden states have hidden ", hidden,
                  ": query must be [k, hidden]"});
  return per_query_ ? tokens_ : 1;
}

template <class T> void MaxSim<T>::set_parameters(std::span<const double> numbers) {
  seqpool::check_count(*this, numbers);
  product_ = {product_.out(), product_.in(),
              [&, in = product_.in()](Index i, Index h) {
                return static_cast<A>(numbers[static_cast<std::size_t>(i * in + h)]);
              },
              [](Index) { return A(0); }};
}

template <class T>
template <Scalar U, class Take>
auto MaxSim<T>::for_each_product(const TokenBlock<U>& some, A* room, Take take) const {
  const Index hidden = some.hidden();
  if constexpr (!std::same_as<U, A>)
    for (Index i = 0; i < some.size(); ++i)
      for (Index h = 0; h < hidden; ++h) room[i * hidden + h] = widen(some[i][h]);
  const auto token = [some, room](Index i) -> const A* {
    static_cast<void>(room);  // where tokens are of A
    if constexpr (std::same_as<U, A>)
      return some[i];
    else
      return room + i * some.hidden();
  };
  std::array<A, std::size_t{taken}> lengths;
  if (normalizes_)
    for (Index i = 0; i < some.size(); ++i) lengths[static_cast<std::size_t>(i)] = length(token(i), hidden);
  const Index ahead = std::same_as<U, A> ? detail::Prefetch::distance(some) : 0;
  product_.for_each_rectangle(some.size(), token, ahead, 0, product_.panels(),
                              [&](auto count, Index i, Index output, auto width, A* scores) {
                                if (normalizes_)
                                  for (Index r = 0; r < count; ++r)
                                    for (Index j = 0; j < width; ++j)
                                      scores[r * width + j] /= lengths[static_cast<std::size_t>(i + r)];
                                take(count, i, output, width, scores);
                              });
  return token;
}

template <class T>
template <Scalar U>
void MaxSim<T>::fold(State<U>& state, const TokenBlock<U>& tokens) const
  requires std::same_as<accumulator_t<U>, A>
{
  A* const best = state.best.values.data();
  A* const before = state.before.of(product_.out());
  for (Index first = 0; first < tokens.size(); first += taken) {
    const TokenBlock<U> some = tokens.part(first, (std::min)(taken, tokens.size() - first));
    std::copy_n(best, product_.out(), before);
    for_each_product(some, state.widened.data(), [&](auto count, Index, Index output, auto width, A* scores) {
      const TokenBlock<A> rows(scores, count, (std::min)(Index{width}, product_.out() - output), width);
      detail::fold_passes(
          rows, 0, [](Index) { return nullptr; },
          [](A score, std::nullptr_t, A& held) { held = detail::larger(held, score); },
          std::make_index_sequence<std::size_t{count}>(), best + output);
    });
    for (Index q = 0; q < product_.out(); ++q)
      if (detail::exceeds(best[q], before[q])) state.found[static_cast<std::size_t>(q)] = some.number(0);
  }
  state.best.count += tokens.size();
}

template <class T>
template <Scalar U>
void MaxSim<T>::backward(const State<U>& state, const TokenBlock<U>& tokens, const Gradients<A>& gradients) const
  requires std::same_as<accumulator_t<U>, A>
{
  const Index k = product_.out(), hidden = tokens.hidden();
  A* const scores = gradients.scratch(taken * (k + 2 * hidden));
  A* const room = scores + taken * k;
  A* const d_x = room + taken * hidden;
  const auto score = [&](Index i, Index q) -> A& { return scores[i * k + q]; };
  for (Index first = 0; first < tokens.size(); first += taken) {
    const TokenBlock<U> some = tokens.part(first, (std::min)(taken, tokens.size() - first));
    std::fill_n(d_x, some.size() * hidden, A(0));
    // A Concat hands over fewer tokens at a time to the fold than to the way back.
    const auto is_here = [&](Index found) { return found >= some.number(0) && found - some.number(0) < some.size(); };
    if (std::any_of(state.found.begin(), state.found.end(), is_here)) {
      const auto token =
          for_each_product(some, room, [&](auto count, Index i, Index output, auto width, const A* products) {
            for (Index r = 0; r < count; ++r)
              std::copy_n(products + r * width, (std::min)(Index{width}, k - output), &score(i + r, output));
          });
      // A score becomes its gradient: the first token that has the largest takes all.
      for (Index q = 0; q < k; ++q) {
        A left = is_here(state.found[static_cast<std::size_t>(q)]) ? gradients.d_out[per_query_ ? place(q) : 0] : A(0);
        for (Index i = 0; i < some.size(); ++i)
          score(i, q) = detail::is_held(score(i, q), state.best.values[static_cast<std::size_t>(q)])
                            ? std::exchange(left, A(0))
                            : A(0);
      }
      for (Index i = 0; i < some.size(); ++i) {
        if (std::all_of(scores + i * k, scores + (i + 1) * k, [](A d) { return d == 0; })) continue;
        const A by = normalizes_ ? 1 / length(token(i), hidden) : A(1);
        if (!gradients.own.empty())
          for (Index q = 0; q < k; ++q)
            if (score(i, q) != 0)
              seqpool::fold_features(
                  some.part(i, 1), [d = score(i, q) * by](Index) { return d; }, [](A x, A d, A& own) { own += d * x; },
                  gradients.own.data() + q * hidden);
        A* const row = d_x + i * hidden;
        product_.multiply_back({scores + i * k, 1, k, k, 1}, {row, 1, hidden, hidden, 1});
        if (normalizes_) {
          const A along = by < 1 / shortest ? detail::dot(row, token(i), hidden) * by * by : A(0);
          for (Index h = 0; h < hidden; ++h) row[h] = (row[h] - along * token(i)[h]) * by;
        }
      }
    }
    gradients.spread_rows(some, d_x);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
