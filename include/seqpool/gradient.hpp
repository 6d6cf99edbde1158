// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/door/gradient_checks.hpp>
#include <seqpool/door/gradients.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/driver/gradient_turns.hpp>
#include <seqpool/fold/parameters.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/head/loss.hpp>
#include <seqpool/input/selection.hpp>

#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

// What holds for all gradients:
//
// - x, mask and device are those of `pool`; the mask is always written, `all_tokens` if there is none. `Spans` may not
//   overlap.
// - A gradient is that of what is computed, by the chain rule. Ties (of max, min, abs_max, MaxSim) go to the first
//   token, as `max_indices` says; sign(0) and the slope of relu at 0 are 0.
// - Padded tokens are never read, and their gradients are 0. A row with no real token gives zeros to its tokens and to
//   the pooling's parameters; a head's bias still learns from it.
// - A NaN in a real token reaches all gradients, of its row and of parameters, that are computed from it: those of
//   `Mean` and `Max` are not. Which NaN that is is not promised.
// - The bits of a row's gradients depend only on its real tokens and its d_out. Gradients of parameters are sums over
//   rows in one order: their bits depend on the rows, not on threads.
// - Sizes that do not fit throw `std::invalid_argument`, before anything is written.

/// The gradients of a pooling.
template <class Tokens> struct PoolingGradient {
  Tokens tokens;               ///< `[batch, seq, hidden]`, an `Eigen::Tensor` of `accumulator_t` in x's layout
  ParameterVector parameters;  ///< by name: `parameters["query"]`
};

/// The loss of a classifier, and its gradients.
template <class Tokens> struct LossGradient {
  double loss = 0;
  Tokens tokens;               ///< `[batch, seq, hidden]`, an `Eigen::Tensor` of `accumulator_t` in x's layout
  ParameterVector parameters;  ///< by name: `parameters["pooling.query"]`, `parameters["head.0.weight"]`
};

/// d loss / d x and d loss / d parameters of a pooling, from d loss / d out: what continues backpropagation into an
/// encoder. For a `Classifier` or an `Embedder` a `Loss` stands in d_out's place, and the result has its value too.
///
///     const auto back = seqpool::gradient(seqpool::Attention{query}, x, mask, d_out);  // back.tokens, back.parameters
///     const auto all = seqpool::gradient(classifier, x, mask, seqpool::CrossEntropy(labels));  // all.loss
///
/// **Shapes**: x: `[batch, seq, hidden]`; d_out: `[batch, width]`, an Eigen tensor or map of rank 2, or `Vectors`; the
/// result's tokens: `[batch, seq, hidden]`, also for packed and ragged sequences, with zeros behind their ends.
/// **Cost**: reads each real token twice, and from memory once if a row fits into L2; `Mean` and others that go back by
/// the count of tokens alone read none. Keeps nothing of `[batch, seq]` but the result.
/// **Numerics**: in `accumulator_t`. Feature-wise poolings are within 16 eps of the largest gradient, and attentions
/// within 64 eps of it, unless their own comment says otherwise. Where what a token learns by several heads cancels,
/// the largest is that of one head. Of an attention's tokens there comes what the scores' errors make of the weights,
/// twice the error, and what rounding `out` makes of a_t query_k: sum_h |g[h]| * (n + 16) * eps * max_t |x_t[h]|. The
/// same moves what other parameters learn by, but not d query: an offset of all tokens costs it no digits. Gradients of
/// parameters are summed by blocks of 256 tokens and groups of at most 64 rows, and the groups in double.
template <class P, class X, class M, class Last, class D = CallingThread>
[[nodiscard]] auto gradient(const P& pooling, const X& x, const M& mask, const Last& last, const D& device = {});

/// The gradients of tokens into the caller's memory, which must not overlap x or d_out. For a `Classifier` or an
/// `Embedder` and its loss it returns the rest, a `LossGradient` whose `tokens` are empty; for a pooling nothing.
///
/// **Shapes**: d_x: `[batch, seq, hidden]`, an Eigen tensor or map of rank 3, in either layout, of `accumulator_t`.
/// **Cost**: as `gradient`; allocates nothing for each row. Memory that is there already is what many steps of training
/// need: new pages for each step may take several times as long as the gradients in them.
template <class Out, class P, class X, class M, class Last, class D = CallingThread>
auto gradient_into(Out&& d_x, const P& pooling, const X& x, const M& mask, const Last& last, const D& device = {});

/// The loss and the gradients of parameters alone; `tokens` of the result is empty.
///
/// **Shapes**: x: `[batch, seq, hidden]`.
/// **Cost**: as `gradient`, but nothing is written for tokens.
template <class C, class X, class M, class L, class D = CallingThread>
[[nodiscard]] auto parameter_gradient(const C& classifier, const X& x, const M& mask, const L& loss,
                                      const D& device = {});

/// A pooling in two steps, as an autograd function wants it: `value()` is what `pool` gives, and `backward(d_out)` what
/// `gradient` gives, without pooling again. It refers to the pooling, x and the mask, which must live as long.
/// `forward` makes it.
template <class P, class X, class M> class ForwardPass {
  using Seqs = detail::sequences_t<X>;
  using A = accumulator_t<typename Seqs::value_type>;
  using State = detail::state_t<P, typename Seqs::value_type>;

 public:
  template <class D> ForwardPass(const P& pooling, const X& x, const M& mask, const D& device);

  /// **Shapes**: `[batch, width]`.
  [[nodiscard]] const auto& value() const noexcept { return value_; }

  /// **Shapes**: d_out: `[batch, width]`; the result is a `PoolingGradient`. It may be called again.
  template <class G, class D = CallingThread> [[nodiscard]] auto backward(const G& d_out, const D& device = {}) const;

  /// The same into the caller's memory: d_x as `gradient_into` takes it, or `nullptr` where nobody asks for the
  /// gradients of tokens; and `parameters`, which may be null likewise.
  template <class Out, class G, class D = CallingThread>
  void backward_into(Out&& d_x, ParameterVector* parameters, const G& d_out, const D& device = {}) const;

 private:
  const P& pooling_;
  const X& x_;
  const M& mask_;
  decltype(detail::make_result<X, A>(Index{}, Index{})) value_;
  std::vector<std::optional<State>> states_;  // [batch]; none where there is no real token
};

/// A pooling, to be gone back through: a `ForwardPass`.
///
///     const seqpool::Attention pooling{query};
///     const auto run = seqpool::forward(pooling, x, mask);
///     run.value();          // [batch, width]
///     run.backward(d_out);  // .tokens [batch, seq, hidden], .parameters
///
/// **Shapes**: x: `[batch, seq, hidden]`.
/// **Errors**: as `gradient`; a temporary does not compile.
/// **Cost**: that of `pool`; keeps a state for each row.
template <class P, class X, class M, class D = CallingThread>
[[nodiscard]] auto forward(P&& pooling, X&& x, M&& mask, const D& device = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class M, class Last, class D>
auto gradient(const P& pooling, const X& x, const M& mask, const Last& last, const D& device) {
  using A = detail::numbers_of<X>;
  decltype(detail::make_result<X, A>(Index{}, Index{}, Index{})) tokens;
  const auto make_room = [&](const auto& sequences) {
    tokens = detail::make_result<X, A>(sequences.batch(), sequences.seq(), sequences.hidden());
    return detail::token_room<A>(tokens, sequences);
  };
  if constexpr (detail::HasHeads<P>) {
    ParameterVector parameters;
    using H = detail::heads_t<P>;
    const double loss = detail::back_from_loss<DifferentiableHead<H, A>, Loss<Last, A>>(make_room, &parameters, pooling,
                                                                                        x, mask, last, device);
    return LossGradient<decltype(tokens)>{loss, std::move(tokens), std::move(parameters)};
  } else {
    ParameterVector parameters;
    detail::back_from_d_out(make_room, &parameters, pooling, x, mask, last, device);
    return PoolingGradient<decltype(tokens)>{std::move(tokens), std::move(parameters)};
  }
}

template <class Out, class P, class X, class M, class Last, class D>
auto gradient_into(Out&& d_x, const P& pooling, const X& x, const M& mask, const Last& last, const D& device) {
  using A = detail::numbers_of<X>;
  const auto make_room = [&](const auto& sequences) { return detail::token_room<A>(d_x, sequences); };
  if constexpr (detail::is_token_room<Out, A>()) {
    if constexpr (detail::HasHeads<P>) {
      LossGradient<decltype(detail::make_result<X, A>(Index{}, Index{}, Index{}))> result;
      result.loss = detail::back_from_loss<DifferentiableHead<detail::heads_t<P>, A>, Loss<Last, A>>(
          make_room, &result.parameters, pooling, x, mask, last, device);
      return result;
    } else {
      detail::back_from_d_out(make_room, nullptr, pooling, x, mask, last, device);
    }
  }
}

template <class C, class X, class M, class L, class D>
auto parameter_gradient(const C& classifier, const X& x, const M& mask, const L& loss, const D& device) {
  using A = detail::numbers_of<X>;
  LossGradient<decltype(detail::make_result<X, A>(Index{}, Index{}, Index{}))> result;
  const auto no_room = [](const auto&) { return detail::TokenRoom<A>{}; };
  static_assert(detail::HasHeads<C>,
                "seqpool: parameter_gradient(classifier, x, mask, loss) takes a Classifier{pooling, heads...} or an "
                "Embedder; for a pooling alone there is gradient(pooling, x, mask, d_out).");
  if constexpr (detail::HasHeads<C>)
    result.loss = detail::back_from_loss<DifferentiableHead<detail::heads_t<C>, A>, Loss<L, A>>(
        no_room, &result.parameters, classifier, x, mask, loss, device);
  return result;
}

template <class P, class X, class M>
template <class D>
ForwardPass<P, X, M>::ForwardPass(const P& pooling, const X& x, const M& mask, const D& device)
    : pooling_(pooling), x_(x), mask_(mask) {
  const auto& sequences = detail::sequences_of(x);
  const auto& selection = detail::selection_of(mask);
  const detail::RowPooler pooler(pooling, sequences, selection);
  value_ = detail::make_result<X, A>(pooler.rows(), pooler.width());
  states_.resize(static_cast<std::size_t>(pooler.rows()));
  const auto out = detail::matrix_view(value_, "the result");
  detail::share_out(detail::device_of(mask, device), pooler.rows(), pooler.row_bytes(), [&](Index first, Index last) {
    detail::RowGradient back(pooling, sequences, selection, detail::TokenRoom<A>{});
    detail::RowFold<P, typename Seqs::value_type> fold;
    detail::AlignedVector<A> row(static_cast<std::size_t>(pooler.width()));
    for (Index b = first; b < last; ++b) {
      if (const auto* const state = back.forward(fold, b, row)) states_[static_cast<std::size_t>(b)] = *state;
      for (Index j = 0; j < pooler.width(); ++j) out(b, j) = detail::canonical(row[static_cast<std::size_t>(j)]);
    }
  });
}

template <class P, class X, class M>
template <class G, class D>
auto ForwardPass<P, X, M>::backward(const G& d_out, const D& device) const {
  PoolingGradient<decltype(detail::make_result<X, A>(Index{}, Index{}, Index{}))> result;
  const auto& sequences = detail::sequences_of(x_);
  result.tokens = detail::make_result<X, A>(sequences.batch(), sequences.seq(), sequences.hidden());
  backward_into(result.tokens, &result.parameters, d_out, device);
  return result;
}

template <class P, class X, class M>
template <class Out, class G, class D>
void ForwardPass<P, X, M>::backward_into(Out&& d_x, ParameterVector* parameters, const G& d_out,
                                         const D& device) const {
  const auto go_back = [&](auto make_room) {
    detail::go_back_from(make_room, parameters, pooling_, pooling_, x_, mask_, device, [&](Index rows, Index width) {
      const auto given = detail::d_out_view(d_out, rows, width);
      using Given = detail::GivenTurn<P, std::remove_pointer_t<decltype(given.data)>>;
      return detail::KeptTurn<Given, State, A>{{given}, states_, detail::matrix_view(value_, "the result")};
    });
  };
  if constexpr (detail::is_d_out<G>()) {
    if constexpr (std::is_null_pointer_v<std::remove_cvref_t<Out>>)
      go_back([](const auto&) { return detail::TokenRoom<A>{}; });
    else if constexpr (detail::is_token_room<Out, A>())
      go_back([&](const auto& sequences) { return detail::token_room<A>(d_x, sequences); });
  }
}

template <class P, class X, class M, class D> auto forward(P&& pooling, X&& x, M&& mask, const D& device) {
  constexpr bool stays =
      std::is_lvalue_reference_v<P> && std::is_lvalue_reference_v<X> && std::is_lvalue_reference_v<M>;
  static_assert(stays,
                "seqpool: forward(pooling, x, mask) refers to all three until it has gone back, and one of them is a "
                "temporary, which is gone at the end of the line: give it a name.");
  using Pooling = std::remove_cvref_t<P>;
  using States = std::remove_cvref_t<X>;
  using Mask = std::remove_cvref_t<M>;
  if constexpr (detail::are_arguments<Pooling, States, Mask, D>())
    if constexpr (detail::is_differentiable<Pooling, typename detail::sequences_t<States>::value_type>())
      return ForwardPass<Pooling, States, Mask>(pooling, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
