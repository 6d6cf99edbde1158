// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/head_checks.hpp>
#include <seqpool/door/overlap.hpp>
#include <seqpool/door/vector_checks.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// Vectors, `[n, features]`, seen where they lie: what heads read and write.
///
///     for (seqpool::Index i = 0; i < rows.size(); ++i) rows[i];  // std::span, [features]
template <class A> class Rows {
 public:
  /// Row i begins at `data + i * stride`; its features lie side by side.
  Rows(A* data, Index size, Index features, Index stride) noexcept
      : data_(data), size_(size), features_(features), stride_(stride) {}
  /// Rows that are written may be read.
  template <class B>
    requires std::same_as<const B, A>
  Rows(const Rows<B>& other) noexcept : Rows(other.data(), other.size(), other.features(), other.stride()) {}

  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] Index features() const noexcept { return features_; }
  [[nodiscard]] A* data() const noexcept { return data_; }
  [[nodiscard]] Index stride() const noexcept { return stride_; }

  /// Row i, `[features]`.
  [[nodiscard]] std::span<A> operator[](Index i) const noexcept {
    return {features_ == 0 ? nullptr : data_ + i * stride_, static_cast<std::size_t>(features_)};
  }
  /// The rows from `first` on, `count` of them.
  [[nodiscard]] Rows part(Index first, Index count) const noexcept {
    return {features_ == 0 ? nullptr : data_ + first * stride_, count, features_, stride_};
  }

 private:
  A* data_;
  Index size_;
  Index features_;
  Index stride_;
};

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
///
/// A row of the result may depend on its own row alone, so that its bits do not depend on the batch. `map` is const:
/// one head may serve many threads.
template <class H, class A = float>
concept Head = std::floating_point<A> && requires(const H& head, Rows<const A> in, Rows<A> out, Index features) {
  { head.width(features) } -> std::convertible_to<Index>;
  head.map(in, out);
};

/// A head for one accumulator at least: what a type that is made of heads can ask of them.
template <class H>
concept SomeHead = Head<H, float> || Head<H, double>;

// What holds for `map` and `map_into`:
//
// - `x` is vectors `[batch, features]`: an Eigen::Tensor or Eigen::TensorMap of rank 2 in either layout, of float,
//   double, Eigen::half or Eigen::bfloat16.
// - `device` is an Eigen::ThreadPoolDevice or any other `Device`; without one the calling thread does all.
// - Sizes that do not fit, null pointers and memory that overlaps throw `std::invalid_argument`, before anything is
//   written.
// - A row's bits depend on its own numbers alone: not on the batch, on the layout or on threads. A result's NaN is the
//   one quiet NaN of its type.

/// Maps every row of `x` by a head.
///
///     const auto logits = seqpool::map(seqpool::Linear{weight, bias}, seqpool::mean_pool(x, mask));
///
/// **Shapes**: x: `[batch, features]`; result: `[batch, width]`, an `Eigen::Tensor` of x's layout and index type, of
/// `accumulator_t`.
/// **Cost**: the head's; allocates the result and what `map_into` does.
template <class H, class X, class D = CallingThread>
[[nodiscard]] auto map(const H& head, const X& x, const D& device = {});

/// The same into the caller's memory, which must not overlap x: many heads read a row after they wrote others, so that
/// is refused.
///
/// **Shapes**: out: `[batch, width]`, an Eigen tensor or map of rank 2, of either layout, of `accumulator_t`.
/// **Cost**: allocates nothing for row-major float and double beside what the head and the device do; others are copied
/// to rows.
template <class Out, class H, class X, class D = CallingThread>
void map_into(Out&& out, const H& head, const X& x, const D& device = {});

/// head.map(in, out), shared out on a device: how a head that is made of heads hands its rows on.
template <class H, std::floating_point A, class D>
void map_rows(const H& head, std::type_identity_t<Rows<const A>> in, Rows<A> out, const D& device);

// ---------------------------------------------------------------------------------------------------------------------

template <class H, std::floating_point A, class D>
void map_rows(const H& head, std::type_identity_t<Rows<const A>> in, Rows<A> out, const D& device) {
  if constexpr (requires { head.map(in, out, device); }) {
    head.map(in, out, device);
  } else {
    const double bytes = static_cast<double>(in.features() + out.features()) * sizeof(A);
    detail::share_out(device, in.size(), bytes, [&](Index first, Index last) {
      head.map(in.part(first, last - first), out.part(first, last - first));
    });
  }
}

template <class H, class X, class D>
auto map([[maybe_unused]] const H& head, const X& x, [[maybe_unused]] const D& device) {
  if constexpr (detail::are_vectors<H, X>()) {
    using A = accumulator_t<detail::element_t<X>>;
    if constexpr (detail::is_head<SomeHead<H>, Head<H, A>>()) {
      const auto in = detail::matrix_view(x, "head input");
      auto out = detail::make_result<X, A>(in.rows, static_cast<Index>(head.width(in.columns)));
      seqpool::map_into(out, head, x, device);
      return out;
    } else {
      return detail::make_result<X, A>(Index{0}, Index{0});  // so that no other error follows
    }
  } else {
    return detail::make_result<X, float>(Index{0}, Index{0});
  }
}

template <class Out, class H, class X, class D>
void map_into([[maybe_unused]] Out&& out, [[maybe_unused]] const H& head, [[maybe_unused]] const X& x,
              [[maybe_unused]] const D& device) {
  if constexpr (detail::are_vectors<H, X>()) {
    using A = accumulator_t<detail::element_t<X>>;
    if constexpr (detail::is_head<SomeHead<H>, Head<H, A>>() && detail::is_device_at_the_end<D>() &&
                  detail::features_fit<detail::sizes_of_head<H>().features, detail::static_sizes<X>()[1]>() &&
                  detail::is_result<Out, A>()) {
      const auto from = detail::matrix_view(x, "head input");
      const auto to = detail::matrix_view(out, "out");
      const Index width = static_cast<Index>(head.width(from.columns));
      if (to.rows != from.rows || to.columns != width)
        detail::fail("out is " + detail::shape({to.rows, to.columns}) + ", but the result is [batch, width] = " +
                     detail::shape({from.rows, width}) + " for vectors " + detail::shape({from.rows, from.columns}));
      if (to.rows == 0 || to.columns == 0) return;
      detail::check_apart(to, from);
      // Numbers that do not lie side by side, or of another type, are copied to rows first, and from rows at the end.
      detail::AlignedVector<A> room;
      const auto in = detail::side_by_side<A>(from, room);
      const Rows<const A> rows(in.data, in.rows, in.columns, in.row_stride);
      if (to.column_stride == 1) {
        seqpool::map_rows(head, rows, Rows<A>(to.data, to.rows, width, to.row_stride), device);
        for (Index b = 0; b < to.rows; ++b) detail::make_canonical(&to(b, 0), width);
      } else {
        detail::AlignedVector<A> mapped(static_cast<std::size_t>(to.rows * width));
        seqpool::map_rows(head, rows, Rows<A>(mapped.data(), to.rows, width, width), device);
        for (Index b = 0; b < to.rows; ++b)
          for (Index o = 0; o < width; ++o)
            to(b, o) = detail::canonical(mapped[static_cast<std::size_t>(b * width + o)]);
      }
    }
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
