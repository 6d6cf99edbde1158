// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/head_checks.hpp>
#include <seqpool/door/overlap.hpp>
#include <seqpool/driver/row_mapper.hpp>
#include <seqpool/fold/parameters.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>

namespace seqpool::inline SEQPOOL_ABI {

/// What follows a pooling: maps rows `[n, features]` to rows `[n, width]`, each by itself.
///
/// With `H h`:
///
/// | expression | meaning |
/// |---|---|
/// | `h.width(features)` | features of the result; throws `std::invalid_argument` if `features` does not fit h |
/// | `h.map(in, out)` | writes out[i], `[width]`, for each row in[i], `[features]`; the two do not overlap |
///
/// A head may also say:
///
/// | expression | meaning | without it |
/// |---|---|---|
/// | `h.map(in, out, device)` | the same, shared out by h itself | rows are shared out |
/// | `H::fixed_features`, `H::fixed_width` | sizes that its type states, as `Index` | known at run time |
/// | `h.visit_parameters(f)` | calls f for each parameter, see `Parametric` | it has none |
/// | `h.backward(in, d_out, d_in, own)` | the way back of `map`, see `DifferentiableHead` | no `gradient` |
///
/// A row of the result may depend only on its own row, so its bits do not depend on the batch. `map` is const: one head
/// may serve many threads.
template <class H, class A = float>
concept Head = std::floating_point<A> && requires(const H& head, Rows<const A> in, Rows<A> out, Index features) {
  { head.width(features) } -> std::convertible_to<Index>;
  head.map(in, out);
};

/// A head that has a gradient: `h.backward(in, d_out, d_in, own)`.
///
/// | argument | shape | meaning |
/// |---|---|---|
/// | `in` | `[n, features]` | the rows that `map` got |
/// | `d_out` | `[n, width]` | d loss / d out |
/// | `d_in` | `[n, features]`, or no row if nobody asks | d loss / d in, to be written |
/// | `own` | `[parameter_count(h)]`, or empty if nobody asks | d loss / d parameters, to be added to, row by row |
///
/// The last is in the order of `visit_parameters`. A row's d_in may depend only on its own row, and rows are added to
/// `own` in order, so that no bit depends on how many are handed over together.
template <class H, class A = float>
concept DifferentiableHead = Head<H, A> && requires(const H& head, Rows<const A> in, Rows<A> out, std::span<A> own) {
  head.backward(in, in, out, own);
};

/// A head for at least one accumulator: what a type that is made of heads can ask of them.
template <class H>
concept SomeHead = Head<H, float> || Head<H, double>;

// This holds for `map` and `map_into`:
//
// - `x` is vectors `[batch, features]`: an Eigen::Tensor or Eigen::TensorMap of rank 2 in either layout, or `Vectors`:
//   of float, double, Eigen::half or Eigen::bfloat16.
// - `device` is an Eigen::ThreadPoolDevice or any other `Device`; without one the calling thread does all.
// - Sizes that do not fit, null pointers and memory that overlaps throw `std::invalid_argument`, before anything is
//   written.
// - A row's bits depend only on its own numbers: not on the batch, the layout or threads. A NaN in a result is the one
//   quiet NaN of its type.

/// Maps every row of `x` by a head.
///
///     const auto logits = seqpool::map(seqpool::Linear{weight, bias}, seqpool::mean_pool(x, mask));
///
/// **Shapes**: x: `[batch, features]`; result: `[batch, width]`, an `Eigen::Tensor` of x's layout and index type,
/// row-major if x is not a tensor, of `accumulator_t`.
/// **Cost**: the head's; allocates the result and what `map_into` does.
template <class H, class X, class D = CallingThread>
[[nodiscard]] auto map(const H& head, const X& x, const D& device = {});

/// The same into the caller's memory, which must not overlap x: overlap is refused, as many heads read a row after
/// writing others.
///
/// **Shapes**: out: `[batch, width]`, an Eigen tensor or map of rank 2, of either layout, of `accumulator_t`.
/// **Cost**: for row-major float and double, allocates only what the head and the device do; others are copied to rows.
template <class Out, class H, class X, class D = CallingThread>
void map_into(Out&& out, const H& head, const X& x, const D& device = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class H, class X, class D> auto map(const H& head, const X& x, const D& device) {
  if constexpr (detail::are_vectors<H, X>()) {
    using A = accumulator_t<detail::element_t<X>>;
    if constexpr (detail::is_head<SomeHead<H>, Head<H, A>>() && detail::is_mapped<H, X, D>()) {
      const detail::RowMapper mapper(head, detail::matrix_view(x, "head input"));
      auto out = detail::make_result<X, A>(mapper.rows(), mapper.width());
      mapper.run(detail::matrix_view(out, "the result"), device);
      return out;
    } else {
      return detail::refused<X, A>();
    }
  } else {
    return detail::refused<X>();
  }
}

template <class Out, class H, class X, class D> void map_into(Out&& out, const H& head, const X& x, const D& device) {
  if constexpr (detail::are_vectors<H, X>()) {
    using A = accumulator_t<detail::element_t<X>>;
    if constexpr (detail::is_head<SomeHead<H>, Head<H, A>>() && detail::is_mapped<H, X, D>() &&
                  detail::is_result<Out, A>()) {
      const auto from = detail::matrix_view(x, "head input");
      const auto to = detail::matrix_view(out, "out");
      const detail::RowMapper mapper(head, from);
      detail::check_result(to, mapper.rows(), mapper.width(), "vectors", {from.rows, from.columns});
      detail::check_apart(to, from);
      mapper.run(to, device);
    }
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
