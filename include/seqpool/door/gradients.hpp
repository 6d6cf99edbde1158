// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/door/gradient_checks.hpp>
#include <seqpool/driver/gradient_turns.hpp>
#include <seqpool/driver/row_pooler.hpp>
#include <seqpool/fold/parameters.hpp>

#include <span>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The accumulator's type of hidden states, or float where a static_assert refuses them.
template <class X> struct NumbersOf {
  using type = float;
};
template <class X>
  requires(Sequences<X> || (EigenTensorOfRank<X, 3> && Scalar<element_t<X>>))
struct NumbersOf<X> {
  using type = accumulator_t<typename sequences_t<X>::value_type>;
};
template <class X> using numbers_of = typename NumbersOf<X>::type;

// A Classifier or an Embedder, and its heads.
template <class C>
concept HasHeads = requires(const C& c) {
  c.pooling();
  c.heads();
};
template <HasHeads C> using heads_t = std::remove_cvref_t<decltype(std::declval<const C&>().heads())>;

// Checks what is the same for all gradients, and goes back: make_turn(rows, width) is called before anything is
// written, and make_room(sequences) last before it. parameters: what is asked for, of `parametric`, or null. Returns
// the loss.
template <class Room, class P, class X, class M, class D, class Turn, class Parametric>
double go_back_from(Room make_room, ParameterVector* parameters, const Parametric& parametric, const P& pooling,
                    const X& x, const M& mask, const D& device, Turn make_turn) {
  const auto& sequences = detail::sequences_of(x);
  const auto& selection = detail::selection_of(mask);
  const RowPooler pooler(pooling, sequences, selection);
  const auto turn = make_turn(pooler.rows(), pooler.width());
  detail::check_rows_apart(selection, sequences);
  std::span<double> own;
  if (parameters != nullptr) {
    *parameters = ParameterVector(parametric);
    own = parameters->numbers();
    std::fill(own.begin(), own.end(), 0.);
  }
  const auto room = make_room(sequences);
  if constexpr (requires { turn.given; }) detail::check_apart_from_d_out(room, sequences, turn.given);
  return detail::go_back(pooling, sequences, selection, room, detail::device_of(mask, device), own, turn);
}

template <class G> auto d_out_view(const G& d_out, Index rows, Index width) {
  const auto given = detail::matrix_view(d_out, "d_out");
  if (given.rows != rows || given.columns != width)
    detail::fail({"d_out is ", detail::shape({given.rows, given.columns}), ", but the pooled rows are ",
                  detail::shape({rows, width}), ": both must be [batch, width]"});
  return given;
}

template <class Room, class P, class X, class M, class G, class D>
void back_from_d_out(Room make_room, ParameterVector* parameters, const P& pooling, const X& x, const M& mask,
                     const G& d_out, const D& device) {
  if constexpr (detail::are_arguments<P, X, M, D>())
    if constexpr (detail::is_differentiable<P, typename sequences_t<X>::value_type>() && detail::is_d_out<G>())
      detail::go_back_from(make_room, parameters, pooling, pooling, x, mask, device, [&](Index rows, Index width) {
        const auto given = detail::d_out_view(d_out, rows, width);
        return GivenTurn<P, std::remove_pointer_t<decltype(given.data)>>{given};
      });
}

// head, some_loss: whether the heads are a DifferentiableHead, and loss a Loss.
template <bool head, bool some_loss, class Room, class C, class X, class M, class L, class D>
double back_from_loss(Room make_room, ParameterVector* parameters, const C& classifier, const X& x, const M& mask,
                      const L& loss, const D& device) {
  using P = std::remove_cvref_t<decltype(classifier.pooling())>;
  using H = heads_t<C>;
  if constexpr (detail::are_arguments<P, X, M, D>()) {
    using T = typename sequences_t<X>::value_type;
    using A = accumulator_t<T>;
    if constexpr (detail::is_differentiable<P, T>() && detail::is_differentiable_head<head>() &&
                  detail::is_loss<some_loss>())
      return detail::go_back_from(make_room, parameters, classifier, classifier.pooling(), x, mask, device,
                                  [&](Index rows, Index width) {
                                    const Index logits = static_cast<Index>(classifier.heads().width(width));
                                    loss.check(rows, logits);
                                    return LossTurn<H, L, A>(classifier.heads(), loss, logits);
                                  });
  }
  return 0;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
