// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The terms that are summed over the features of a row and of a weight. These are products; where outputs are few, they
// are summed by dot products.
struct Times {
  static constexpr bool by_dots = true;
  template <class A, class Lanes> static void add(Lanes& sum, A x, const Lanes& weight) { sum += x * weight; }
};
// Products that are always summed in panels, so that the bits of an output depend only on its row and its part of the
// weight. With these and with the next two, x and the weight may change places: the bits are the same.
struct TimesInPanels : Times {
  static constexpr bool by_dots = false;
};
struct SquaredDifference {
  static constexpr bool by_dots = false;
  template <class A, class Lanes> static void add(Lanes& sum, A x, const Lanes& weight) {
    const Lanes difference = weight - x;
    sum += difference * difference;
  }
};
struct AbsoluteDifference {
  static constexpr bool by_dots = false;
  template <class A, class Lanes> static void add(Lanes& sum, A x, const Lanes& weight) { sum += (weight - x).abs(); }
};

// Rows times a weight, plus a bias: out[r, o] = bias[o] + sum_f x[r, f] * weight[o, f], or the same sum of another
// term. The order in which an output is summed depends only on the weight's sizes. So a row's bits depend neither on
// the other rows nor on how rows and outputs are shared out. Eigen's products do not promise that.
//
// The weight lies in panels of two registers of outputs, feature by feature: each feature of a row is multiplied by a
// whole panel, and the sums of six rows stay in registers. An output's features are taken one by one, in parts of 256,
// and each part is summed from zero. A weight with fewer outputs than a panel is kept as it is; its outputs are dot
// products of such parts, four outputs side by side.
//
// |error| <= (min(in, 256) / 2 + in / 512 + 4) * eps * (sum_f |x[r, f] * weight[o, f]| + |bias[o]|), unless a
// product is subnormal.
template <class A, class Term = Times> class Product {
  using NoAhead = std::integral_constant<Index, 0>;

 public:
  static constexpr Index panel_outputs = 2 * register_bytes / static_cast<Index>(sizeof(A));
  static constexpr Index rectangle_rows = 6;
  static constexpr Index part_features = 256;

  Product() = default;

  // Takes its numbers from weight(o, f) and bias(o).
  template <class Weight, class Bias> Product(Index out, Index in, Weight weight, Bias bias);

  Index out() const noexcept { return out_; }
  Index in() const noexcept { return in_; }

  // The weight `[out, in]` and the bias `[out]`, as they were given.
  AlignedVector<A> weight() const;
  std::span<const A> bias() const noexcept { return std::span(bias_).first(static_cast<std::size_t>(out_)); }

  // How many panels of outputs there are; `multiply` can be shared out by panels.
  Index panels() const noexcept { return is_narrow() ? 1 : panels_; }
  // As many panels as keep the processor busy with one row.
  static constexpr Index panels_at_a_time = 4;

  // Computes the outputs of the panels [first, last) for every row of x. x: `[rows, in]`, out: `[rows, out]`, both with
  // the numbers of a row side by side.
  void multiply(const MatrixView<const A>& x, Index first, Index last, const MatrixView<A>& out) const;

  // The same for a weight in panels, without keeping the outputs: calls take(count, row, output, width, sums) for a few
  // rows and panels at a time, until all have been handed over. sums: `[count, width]`, for the rows from `row` on and
  // the outputs from `output` on; outputs beyond `out` mean nothing. count and width are std::integral_constant. x(r)
  // is row r. What lies `ahead` elements after it is read soon, and prefetched now, unless ahead is 0.
  template <class X, class Ahead, class Take>
  void for_each_rectangle(Index rows, X x, Ahead ahead, Index first, Index last, Take take) const;

  // The way back of multiply: d_in[r, f] = sum_o d_out[r, o] * weight[o, f], in one order of additions.
  void multiply_back(const MatrixView<const A>& d_out, const MatrixView<A>& d_in) const;

 private:
  static constexpr Index lanes = panel_outputs / 2;
  using Lanes = Eigen::Array<A, lanes, 1>;

  bool is_narrow() const noexcept { return Term::by_dots && out_ < panel_outputs; }

  static const A* row_of(const MatrixView<const A>& x, Index row) { return x.columns == 0 ? nullptr : &x(row, 0); }

  void multiply_narrow(const MatrixView<const A>& x, const MatrixView<A>& out) const;
  template <Index rows, class X, class Ahead, class Take>
  void pass(X x, Ahead ahead, Index row, Index first, Index last, Take take) const;
  template <Index rows, Index panels, class X, class Ahead, class Take>
  void rectangle(X x, Ahead ahead, Index row, Index panel, Take take) const;
  template <class Ahead, std::size_t... r, std::size_t... v, std::size_t... i>
  void sum_up(const std::array<const A*, sizeof...(r)>& x, Ahead ahead, const A* weight, A* totals,
              std::index_sequence<r...>, std::index_sequence<v...>, std::index_sequence<i...>) const;

  Index out_ = 0;
  Index in_ = 0;
  Index panels_ = 0;
  AlignedVector<A> weight_;  // [out, in] if narrow, else [panels, in, panel_outputs], where outputs beyond `out` are 0
  AlignedVector<A> bias_;    // [panels, panel_outputs]
};

// ---------------------------------------------------------------------------------------------------------------------

template <class A, class Term>
template <class Weight, class Bias>
Product<A, Term>::Product(Index out, Index in, Weight weight, Bias bias)
    : out_(out), in_(in), panels_((out + panel_outputs - 1) / panel_outputs) {
  static_assert(panel_outputs % 4 == 0);  // a narrow weight takes four biases at a time
  const Index padded = detail::product(panels_, panel_outputs, "weight");
  bias_.assign(static_cast<std::size_t>(padded), A(0));
  const Index size = detail::product(is_narrow() ? (out + 3) / 4 * 4 : padded, in, "weight");
  // Even without features there is a panel to point into.
  weight_.assign(static_cast<std::size_t>((std::max)(size, panel_outputs)), A(0));
  for (Index o = 0; o < out; ++o) bias_[static_cast<std::size_t>(o)] = bias(o);
  // A few features of a whole panel are written at a time; they stay in L1 until all of its outputs are there.
  constexpr Index chunk = 16;
  for (Index panel = 0; panel < out; panel += panel_outputs)
    for (Index begin = 0; begin < in; begin += chunk)
      for (Index o = panel; o < (std::min)(out, panel + panel_outputs); ++o) {
        const Index first = is_narrow() ? o * in : panel * in + o % panel_outputs;
        const Index stride = is_narrow() ? 1 : panel_outputs;
        for (Index f = begin; f < (std::min)(in, begin + chunk); ++f)
          weight_[static_cast<std::size_t>(first + f * stride)] = weight(o, f);
      }
}

template <class A, class Term> AlignedVector<A> Product<A, Term>::weight() const {
  AlignedVector<A> rows;
  rows.reserve(static_cast<std::size_t>(out_ * in_));
  for (Index o = 0; o < out_; ++o)
    for (Index f = 0; f < in_; ++f) {
      const Index panel = o / panel_outputs * in_;
      rows.push_back(weight_[static_cast<std::size_t>(is_narrow() ? o * in_ + f
                                                                  : (panel + f) * panel_outputs + o % panel_outputs)]);
    }
  return rows;
}

template <class A, class Term>
SEQPOOL_FLATTEN void Product<A, Term>::multiply_back(const MatrixView<const A>& d_out,
                                                     const MatrixView<A>& d_in) const {
  using Load = Eigen::Map<const Lanes>;
  for (Index r = 0; r < d_in.rows; ++r) {
    A* const row = in_ == 0 ? nullptr : &d_in(r, 0);
    std::fill_n(row, in_, A(0));
    if (is_narrow()) {
      for (Index o = 0; o < out_; ++o) {
        const A* const weight = weight_.data() + o * in_;
        const A factor = d_out(r, o);
        SEQPOOL_NO_OVERLAP
        for (Index f = 0; f < in_; ++f) row[f] += factor * weight[f];
      }
      continue;
    }
    for (Index panel = 0; panel < panels_; ++panel) {
      std::array<A, std::size_t{panel_outputs}> of_panel{};
      const Index first = panel * panel_outputs;
      for (Index o = first; o < (std::min)(out_, first + panel_outputs); ++o)
        of_panel[static_cast<std::size_t>(o - first)] = d_out(r, o);
      const Lanes low = Load(of_panel.data()), high = Load(of_panel.data() + lanes);
      const A* weight = weight_.data() + panel * in_ * panel_outputs;
      for (Index f = 0; f < in_; ++f, weight += panel_outputs)
        row[f] += (Load(weight) * low + Load(weight + lanes) * high).sum();
    }
  }
}

template <class A, class Term>
void Product<A, Term>::multiply(const MatrixView<const A>& x, Index first, Index last, const MatrixView<A>& out) const {
  if (is_narrow()) {
    if (first < last) multiply_narrow(x, out);
    return;
  }
  for_each_rectangle(
      x.rows, [&x](Index row) { return row_of(x, row); }, NoAhead(), first, last,
      [&](auto count, Index row, Index output, auto width, const A* sums) {
        const Index valid = (std::min)(Index{width}, out_ - output);
        for (Index r = 0; r < count; ++r) std::copy_n(sums + r * width, valid, &out(row + r, output));
      });
}

template <class A, class Term>
template <class X, class Ahead, class Take>
void Product<A, Term>::for_each_rectangle(Index rows, X x, Ahead ahead, Index first, Index last, Take take) const {
  // As many panels as fit into L2 are multiplied by all rows before the next ones are.
  constexpr Index cached = Index{256} * 1024 / static_cast<Index>(sizeof(A)) / panel_outputs;
  const Index step = (std::max)(Index{1}, cached / (std::max)(Index{1}, in_) / panels_at_a_time) * panels_at_a_time;
  using Pass = void (Product::*)(X, Ahead, Index, Index, Index, Take) const;
  constexpr Pass passes[] = {&Product::pass<1, X, Ahead, Take>, &Product::pass<2, X, Ahead, Take>,
                             &Product::pass<3, X, Ahead, Take>, &Product::pass<4, X, Ahead, Take>,
                             &Product::pass<5, X, Ahead, Take>, &Product::pass<6, X, Ahead, Take>};
  for (Index begin = first; begin < last; begin += step)
    for (Index row = 0; row < rows; row += rectangle_rows)
      (this->*passes[static_cast<std::size_t>((std::min)(rectangle_rows, rows - row) - 1)])(
          x, ahead, row, begin, (std::min)(last, begin + step), take);
}

// Computes every output by dot products.
template <class A, class Term>
void Product<A, Term>::multiply_narrow(const MatrixView<const A>& x, const MatrixView<A>& out) const {
  for (Index r = 0; r < x.rows; ++r)
    for (Index o = 0; o < out_; o += 4) {
      std::array<A, 4> totals;
      std::copy_n(bias_.data() + o, 4, totals.begin());
      for (Index begin = 0; begin < in_; begin += part_features) {
        const A* const weight = weight_.data() + o * in_ + begin;
        const auto sums = detail::dots(&x(r, begin), (std::min)(part_features, in_ - begin), 0, weight, weight + in_,
                                       weight + 2 * in_, weight + 3 * in_);
        for (std::size_t i = 0; i < 4; ++i) totals[i] += sums[i];
      }
      std::copy_n(totals.begin(), (std::min)(Index{4}, out_ - o), &out(r, o));
    }
}

// Computes the panels [first, last) for a few rows. With one or two rows, it takes several panels at a time, so that
// the sums do not wait for each other. What is read soon is prefetched once.
template <class A, class Term>
template <Index rows, class X, class Ahead, class Take>
void Product<A, Term>::pass(X x, Ahead ahead, Index row, Index first, Index last, Take take) const {
  constexpr Index together = rows == 1 ? panels_at_a_time : rows == 2 ? 2 : 1;
  for (; first + together <= last; first += together, ahead = {}) rectangle<rows, together>(x, ahead, row, first, take);
  if constexpr (together > 1)
    for (; first < last; ++first, ahead = {}) rectangle<rows, 1>(x, ahead, row, first, take);
}

// Computes `panels` panels for `rows` rows. The sums start from the bias.
template <class A, class Term>
template <Index rows, Index panels, class X, class Ahead, class Take>
void Product<A, Term>::rectangle(X x, Ahead ahead, Index row, Index panel, Take take) const {
  constexpr Index width = panels * panel_outputs;
  std::array<const A*, std::size_t{rows}> from;
  alignas(64) A totals[std::size_t{rows}][std::size_t{width}];
  for (Index r = 0; r < rows; ++r) {
    from[static_cast<std::size_t>(r)] = x(row + r);
    std::copy_n(bias_.data() + panel * panel_outputs, width, totals[r]);
  }
  sum_up(from, ahead, weight_.data() + panel * in_ * panel_outputs, totals[0],
         std::make_index_sequence<std::size_t{rows}>(), std::make_index_sequence<std::size_t{2 * panels}>(),
         std::make_index_sequence<std::size_t{rows * 2 * panels}>());
  take(std::integral_constant<Index, rows>(), row, panel * panel_outputs, std::integral_constant<Index, width>(),
       totals[0]);
}

// The inner loop: totals[r, v] += sum_f x[r][f] * weight[f, v] for every register of sums, where v counts registers of
// outputs. The weight's registers are loaded into named variables: if they were operands, g++ would load them once for
// each row.
template <class A, class Term>
template <class Ahead, std::size_t... r, std::size_t... v, std::size_t... i>
SEQPOOL_NOINLINE SEQPOOL_FLATTEN void Product<A, Term>::sum_up(const std::array<const A*, sizeof...(r)>& x,
                                                               [[maybe_unused]] Ahead ahead, const A* weight, A* totals,
                                                               std::index_sequence<r...>, std::index_sequence<v...>,
                                                               std::index_sequence<i...>) const {
  constexpr std::size_t registers = sizeof...(v);
  const A* const rows[] = {x[r]...};
  const A* const columns[] = {weight + static_cast<Index>(v / 2) * in_ * panel_outputs +
                              static_cast<Index>(v % 2) * lanes...};
  for (Index begin = 0; begin < in_; begin += part_features) {
    const Index end = (std::min)(in_, begin + part_features);
    Lanes sum[] = {(static_cast<void>(i), Lanes::Zero())...};
    for (Index f = begin; f < end; ++f) {
      if constexpr (!std::same_as<Ahead, NoAhead>)
        if (ahead != 0 && f % chunk_features<A> == 0) (detail::prefetch_chunk(rows[r] + f, ahead), ...);
      const Lanes factors[] = {Lanes(Eigen::Map<const Lanes>(columns[v] + f * panel_outputs))...};
      (Term::add(sum[i], rows[i / registers][f], factors[i % registers]), ...);
    }
    ((Eigen::Map<Lanes>(totals + static_cast<Index>(i) * lanes) += sum[i]), ...);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
