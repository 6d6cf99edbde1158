// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/parameters.hpp>
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
  /// Rows that can be written can be read.
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

/// head.map(in, out), shared out on a device: how a head that is made of heads hands its rows on.
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

/// The way back of a head that others follow: maps its rows again, calls rest(rows, d_rows, own), which goes back
/// through those behind it and writes d_rows, and goes on from there.
template <class H, std::floating_point A, class Rest>
void back_rows(const H& head, Rows<const A> in, Rows<A> d_in, std::span<A> own, Rest rest) {
  const Index width = static_cast<Index>(head.width(in.features()));
  const Index size = detail::product(in.size(), width, "rows between heads");
  detail::AlignedVector<A> between(2 * static_cast<std::size_t>(size));
  const Rows<A> rows(between.data(), in.size(), width, width);
  const Rows<A> d_rows(between.data() + size, in.size(), width, width);
  head.map(in, rows);
  const std::size_t count = own.empty() ? 0 : static_cast<std::size_t>(seqpool::parameter_count(head));
  rest(Rows<const A>(rows), d_rows, own.subspan(count));
  head.backward(in, d_rows, d_in, own.first(count));
}

namespace detail {

// The driver of heads: rows to rows.
template <class H, class T> class RowMapper {
 public:
  using A = accumulator_t<std::remove_const_t<T>>;

  // Asks the head for its width, once and before anything is written. The head throws if it does not take x's features.
  RowMapper(const H& head, const MatrixView<T>& x)
      : head_(head), x_(x), width_(static_cast<Index>(head.width(x.columns))) {}

  Index rows() const noexcept { return x_.rows; }
  Index width() const noexcept { return width_; }

  // out: `[rows, width]`, which must not overlap x.
  template <class D> void run(const MatrixView<A>& out, const D& device) const {
    if (out.rows == 0 || out.columns == 0) return;
    // Numbers that do not lie side by side, or have another type, are copied to rows first, and from rows at the end.
    AlignedVector<A> from, to;
    const auto in = detail::side_by_side<A>(x_, from);
    Rows<A> rows(out.data, out.rows, width_, out.row_stride);
    if (out.column_stride != 1) {
      to.resize(static_cast<std::size_t>(out.rows * width_));
      rows = {to.data(), out.rows, width_, width_};
    }
    seqpool::map_rows(head_, Rows<const A>(in.data, in.rows, in.columns, in.row_stride), rows, device);
    for (Index b = 0; b < out.rows; ++b) {
      const auto row = rows[b];
      detail::make_canonical(row.data(), width_);
      if (out.column_stride != 1)
        for (Index o = 0; o < width_; ++o) out(b, o) = row[static_cast<std::size_t>(o)];
    }
  }

 private:
  const H& head_;
  MatrixView<T> x_;
  Index width_;
};

}  // namespace detail
}  // namespace seqpool::inline SEQPOOL_ABI
