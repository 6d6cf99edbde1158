// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/row_gradient.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Where rows turn from forward to back, for `go_back`.

// Where d_out is given, `[batch, width]`.
template <class P, class G> struct GivenTurn {
  MatrixView<G> given;

  template <class Back> auto* state(Back& back, typename Back::Fold& fold, Index row, auto out) const {
    if constexpr (BackwardByCount<P>)
      return back.count(fold, row);
    else
      return back.forward(fold, row, out);
  }
  template <class A> double operator()(Index row, Rows<A>, Rows<A> d_out, std::span<A>) const {
    for (Index i = 0; i < d_out.size(); ++i)
      for (Index j = 0; j < d_out.features(); ++j) d_out[i][static_cast<std::size_t>(j)] = widen(given(row + i, j));
    return 0;
  }
};

// The same where rows were pooled before: their states and results, `[batch, width]`.
template <class Given, class State, class A> struct KeptTurn : Given {
  const std::vector<std::optional<State>>& states;
  MatrixView<const A> results;

  template <class Back> const State* state(Back&, typename Back::Fold&, Index row, std::span<A> out) const {
    for (std::size_t j = 0; j < out.size(); ++j) out[j] = results(row, static_cast<Index>(j));
    const auto& kept = states[static_cast<std::size_t>(row)];
    return kept ? &*kept : nullptr;
  }
};

// Where heads and a loss follow.
template <class H, class L, class A> class LossTurn {
 public:
  LossTurn(const H& heads, const L& loss, Index logits) : heads_(heads), loss_(loss), logits_(logits) {}

  template <class Back> auto* state(Back& back, typename Back::Fold& fold, Index row, std::span<A> out) const {
    return back.forward(fold, row, out);
  }
  double operator()(Index row, Rows<A> out, Rows<A> d_out, std::span<A> own) {
    const Rows<A> logits(room_.of(out.size() * logits_), out.size(), logits_, logits_);
    heads_.map(Rows<const A>(out), logits);
    double loss = 0;
    for (Index i = 0; i < out.size(); ++i) loss += loss_.of_row(row + i, std::span<const A>(logits[i]), logits[i]);
    if (d_out.size() > 0 || !own.empty()) heads_.backward(Rows<const A>(out), Rows<const A>(logits), d_out, own);
    return loss;
  }

 private:
  const H& heads_;
  const L& loss_;
  Index logits_;
  Scratch<A> room_;
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
