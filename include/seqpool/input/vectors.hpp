// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/sizes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// A view of vectors, `[n, features]`, that heads, `similarity` and all else that takes vectors accept besides Eigen
/// tensors. Results made from it are row-major.
///
///     const seqpool::Vectors<float> stored(data, {n, features});
///     const auto scores = seqpool::cosine_similarity(queries, stored);
///     // Each vector behind a header of 4 numbers:
///     const seqpool::Vectors<float> records(data + 4, {n, features}, {features + 4, 1});
///
/// It owns nothing and copies nothing: the memory must outlive it. No alignment is assumed. With a feature stride of 1,
/// vectors are read in place; with any other they are packed first if needed.
template <class T> class Vectors {
  static_assert(Scalar<T>,
                "seqpool: Vectors<T> are of float, double, Eigen::half or Eigen::bfloat16; convert others first, for "
                "example with x.template cast<float>() into an Eigen::Tensor<float, 2>.");

 public:
  using value_type = T;

  /// Views `data` as `sizes` = {n, features}, row-major and without gaps, or with `strides` = {vector, feature}, the
  /// elements from one vector, and from one feature, to the next.
  ///
  /// **Shapes**: data: a `const T*`, `[n, features]`; sizes and strides: 2 integers each, of any types but bool, or a
  /// contiguous range of 2.
  /// **Errors**: `std::invalid_argument` for a negative size, a null pointer to at least one element, sizes and strides
  /// beyond what memory can hold, or a range of another length.
  template <class P>
  Vectors(const P& data, detail::Sizes<2> sizes)
      : Vectors(data, sizes, detail::dense_strides(sizes, true, "vectors")) {}
  template <class P>
  Vectors(const P& data, detail::Sizes<2> sizes, detail::Sizes<2> strides)
      : view_{detail::pointer_to<T>(data), sizes[0], sizes[1], strides[0], strides[1]} {
    detail::check_memory(view_.data, sizes, strides, "vectors", "[n, features]");
    if (size() < 2 || view_.data == nullptr) view_.row_stride = 0;  // there is no next one
    if (features() < 2) view_.column_stride = 1;
  }

  /// Views an Eigen tensor or map of rank 2, in either layout. The compiler refuses a temporary tensor, which would be
  /// gone at the end of the line.
  template <class X>
    requires(!std::same_as<std::remove_cvref_t<X>, Vectors>)
  explicit Vectors(X&& x) : Vectors(view_of<X>(x)) {}

  [[nodiscard]] Index size() const noexcept { return view_.rows; }
  [[nodiscard]] Index features() const noexcept { return view_.columns; }

  /// Elements from one vector, and from one feature, to the next.
  [[nodiscard]] Index stride() const noexcept { return view_.row_stride; }
  [[nodiscard]] Index feature_stride() const noexcept { return view_.column_stride; }

  /// The first feature of vector i; the others follow at `feature_stride()`.
  [[nodiscard]] const T* operator[](Index i) const noexcept { return view_.data + i * view_.row_stride; }

 private:
  // X as deduced from X&&.
  template <class X> static Vectors view_of(const std::remove_cvref_t<X>& x);

  detail::MatrixView<const T> view_;
};

template <class X> explicit Vectors(const X&) -> Vectors<detail::guide_element_t<X>>;
template <class P> Vectors(const P&, detail::Sizes<2>) -> Vectors<detail::guide_pointee_t<P>>;
template <class P> Vectors(const P&, detail::Sizes<2>, detail::Sizes<2>) -> Vectors<detail::guide_pointee_t<P>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class X>
auto Vectors<T>::view_of([[maybe_unused]] const std::remove_cvref_t<X>& x) -> Vectors {
  constexpr bool of_rank = detail::EigenTensorOfRank<std::remove_cvref_t<X>, 2>;
  static_assert(of_rank,
                "seqpool: Vectors(x) views an Eigen::Tensor or Eigen::TensorMap of rank 2, [n, features]; of other "
                "memory write seqpool::Vectors<T>(data, {n, features}), and evaluate an Eigen expression or an "
                "Eigen::TensorRef into a tensor first.");
  if constexpr (detail::may_be_viewed<T, X, of_rank>()) {
    const auto view = detail::matrix_view(x, "vectors");
    return Vectors(view.data, {view.rows, view.columns}, {view.row_stride, view.column_stride});
  } else {
    return Vectors(nullptr, {0, 0});
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
