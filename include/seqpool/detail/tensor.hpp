// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/scalar.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

template <class X> inline constexpr bool is_tensor_ref = false;
template <class X> inline constexpr bool is_tensor_ref<Eigen::TensorRef<X>> = true;

template <class X> inline constexpr bool is_tensor_map = false;
template <class X, int options, template <class> class Pointer>
inline constexpr bool is_tensor_map<Eigen::TensorMap<X, options, Pointer>> = true;

// An Eigen tensor with memory behind it: Tensor, TensorFixedSize, or a TensorMap of either. An expression such as
// `x * 2.f` has no memory, and a TensorRef may stand for an expression.
template <class X>
concept EigenTensor = !is_tensor_ref<X> && requires(const X& x) {
  typename X::Scalar;
  typename X::Index;
  { X::NumIndices };
  { X::Layout };
  x.data();
  x.dimension(0);
};

template <class X, int Rank>
concept EigenTensorOfRank = EigenTensor<X> && static_cast<int>(X::NumIndices) == Rank;

// A view of vectors [n, features], seen where they lie, that is not a tensor: seqpool::Vectors.
template <class X>
concept ViewOfVectors = requires(const X& x, Index i) {
  { x[i] } -> std::same_as<const typename X::value_type*>;
  { x.size() } -> std::same_as<Index>;
  { x.features() } -> std::same_as<Index>;
  { x.stride() } -> std::same_as<Index>;
  { x.feature_stride() } -> std::same_as<Index>;
};

// The types in which vectors, logits and probabilities may be handed over.
template <class X>
concept VectorsArgument = EigenTensorOfRank<X, 2> || ViewOfVectors<X>;

// An expression that Eigen computes when it is asked for, or a TensorRef to one.
template <class X>
concept TensorExpression = !EigenTensor<X> && std::is_base_of_v<Eigen::TensorBase<X, Eigen::ReadOnlyAccessors>, X>;

// Whether an argument that came as X&& owns its memory and is gone at the end of the line, so that nothing may view it.
// A TensorMap owns nothing, so a temporary one is as good as any.
template <class X>
inline constexpr bool is_temporary =
    !std::is_lvalue_reference_v<X> && EigenTensor<std::remove_cvref_t<X>> && !is_tensor_map<std::remove_cvref_t<X>>;

template <class X> struct Element {};
template <class X>
  requires requires { typename X::Scalar; }
struct Element<X> {
  using type = std::remove_cv_t<typename X::Scalar>;
};
template <ViewOfVectors X> struct Element<X> {
  using type = typename X::value_type;
};
template <class X> using element_t = typename Element<X>::type;

template <class X>
concept ScalarVectors = VectorsArgument<X> && Scalar<element_t<X>>;

// For deduction guides, which leave it to the constructor to say what X should have been.
template <class X> struct GuideElement {
  using type = float;
};
template <class X>
  requires requires { typename X::Scalar; }
struct GuideElement<X> {
  using type = element_t<X>;
};
template <class X> using guide_element_t = typename GuideElement<X>::type;

// What a pointer points to; float if P is not a pointer.
template <class P>
using guide_pointee_t = std::conditional_t<std::is_pointer_v<std::decay_t<P>>,
                                           std::remove_cv_t<std::remove_pointer_t<std::decay_t<P>>>, float>;

// T, or float where a static_assert has refused T, so that no other error follows.
template <class T> using lawful_t = std::conditional_t<Scalar<T>, T, float>;

// What is not a tensor counts as row-major, and so do all results that are made from it.
template <class X> inline constexpr bool is_row_major = true;
template <EigenTensor X>
inline constexpr bool is_row_major<X> = static_cast<int>(X::Layout) == static_cast<int>(Eigen::RowMajor);

template <std::size_t Rank, class X> std::array<Index, Rank> sizes_of(const X& x) {
  std::array<Index, Rank> sizes;
  // unsigned char converts to whatever this tensor's dimension() takes, without a change of sign.
  for (unsigned char i = 0; i != Rank; ++i) sizes[i] = static_cast<Index>(x.dimension(i));
  return sizes;
}

// a * b for sizes; throws if it overflows, and says whose sizes they are.
inline Index product(Index a, Index b, const char* what) {
  constexpr Index limit = (std::numeric_limits<Index>::max)();
  if (b > 0 && a > limit / b)
    detail::fail({what, ": sizes of ", a, " times ", b, " elements are more than memory can hold"});
  return a * b;
}

// a + b for sizes; throws if it overflows, and says whose sizes they are.
inline Index total(Index a, Index b, const char* what) {
  if (b > (std::numeric_limits<Index>::max)() - a)
    detail::fail({what, ": sizes of ", a, " and ", b, " elements together are more than memory can hold"});
  return a + b;
}

// How many elements apart two neighbours are along each dimension if there are no gaps. In a tensor without elements
// nobody takes a step.
template <std::size_t Rank>
std::array<Index, Rank> dense_strides(const std::array<Index, Rank>& sizes, bool row_major, const char* what) {
  std::array<Index, Rank> strides;
  strides.fill(1);
  for (const Index size : sizes)
    if (size <= 0) return strides;
  Index stride = 1;
  for (std::size_t i = 0; i < Rank; ++i) {
    const std::size_t dimension = row_major ? Rank - 1 - i : i;
    strides[dimension] = stride;
    stride = detail::product(stride, sizes[dimension], what);
  }
  return strides;
}

// The pointer to T that was handed over; for anything else, an error message and null.
template <class T, class P> const T* pointer_to([[maybe_unused]] const P& data) {
  constexpr bool lawful = std::is_convertible_v<P, const T*>;  // under this name, g++ does not explain why it is not
  static_assert(
      lawful,
      "seqpool: memory is handed over as a pointer to elements of the view's own type. Of a vector or another "
      "container write data(); view 16-bit numbers that are half or bfloat16 with "
      "reinterpret_cast<const Eigen::half*>(data) or reinterpret_cast<const Eigen::bfloat16*>(data), and name "
      "the type that the memory has, such as seqpool::HiddenStates<double> or "
      "seqpool::AttentionMask<std::int32_t>, in place of another one.");
  if constexpr (lawful)
    return data;
  else
    return nullptr;
}

// False, with an error message, if an argument that came as X&& cannot be seen as elements of T for longer than the
// line. `of_rank`: whether it has passed the view's own check.
template <class T, class X, bool of_rank> consteval bool may_be_viewed() {
  static_assert(
      !is_temporary<X>,
      "seqpool: HiddenStates(x), AttentionMask(mask) and Vectors(x) view the memory of a tensor, and this one is a "
      "temporary, whose memory is gone at the end of the line. Give the tensor a name that lives as long as "
      "the view, or hand it to the pooling as it is: mean_pool(encode(), make_mask()).");
  if constexpr (of_rank) {
    constexpr bool of_t = std::is_same_v<element_t<std::remove_cvref_t<X>>, T>;
    static_assert(of_t, "seqpool: HiddenStates<T>(x), AttentionMask<T>(mask) and Vectors<T>(x) view a tensor of T.");
    return of_t && !is_temporary<X>;
  }
  return false;
}

// Throws unless sizes are 0 or more, there is a pointer to the elements, and the offset of every element in bytes fits
// Index.
template <class T, std::size_t Rank>
void check_memory(const T* data, const std::array<Index, Rank>& sizes, const std::array<Index, Rank>& strides,
                  const char* what, const char* letters) {
  bool empty = false;
  for (const Index size : sizes) {
    if (size < 0)
      detail::fail({what, " are ", detail::shape(sizes), ": every size of ", letters, " must be 0 or more"});
    empty = empty || size == 0;
  }
  if (empty) return;
  if (data == nullptr) detail::fail({what, " ", detail::shape(sizes), " have a null pointer"});
  constexpr Index limit = (std::numeric_limits<Index>::max)();
  Index reach = static_cast<Index>(sizeof(T));  // bytes from the first element to the farthest
  for (std::size_t i = 0; i < Rank; ++i) {
    const Index steps = sizes[i] - 1;
    const Index stride = strides[i] < 0 ? -(strides[i] + 1) : strides[i];  // one less, so that it is never too large
    if (steps > 0 && stride >= (limit - reach) / steps / static_cast<Index>(sizeof(T)))
      detail::fail({what, " ", detail::shape(sizes), " with strides ", detail::shape(strides),
                    " reach farther than memory can"});
    reach += steps * stride * static_cast<Index>(sizeof(T));
  }
}

// A matrix anywhere in memory, seen through its strides; T may be const.
template <class T> struct MatrixView {
  T* data;
  Index rows;
  Index columns;
  Index row_stride;
  Index column_stride;

  T& operator()(Index row, Index column) const { return data[row * row_stride + column * column_stride]; }

  // `count` rows from `first` on.
  MatrixView part(Index first, Index count) const {
    return {columns == 0 ? nullptr : data + first * row_stride, count, columns, row_stride, column_stride};
  }
};

template <class X>
  requires EigenTensorOfRank<std::remove_cvref_t<X>, 2>
auto matrix_view(X& x, const char* what) {
  const auto sizes = sizes_of<2>(x);
  const auto strides = detail::dense_strides(sizes, is_row_major<std::remove_cvref_t<X>>, what);
  using Element = std::remove_pointer_t<decltype(x.data())>;
  if (x.data() == nullptr && sizes[0] > 0 && sizes[1] > 0)
    detail::fail({what, " ", detail::shape(sizes), " has a null pointer"});
  return MatrixView<Element>{x.data(), sizes[0], sizes[1], strides[0], strides[1]};
}

template <ViewOfVectors X> MatrixView<const element_t<X>> matrix_view(const X& x, const char*) {
  return {x[0], x.size(), x.features(), x.stride(), x.feature_stride()};
}

// A result of sizes [...] made from X: in X's layout and index type if X is a tensor, otherwise row-major.
template <class X, class A, class... Sizes> auto make_result(Sizes... sizes) {
  using I = typename decltype([] {
    if constexpr (EigenTensor<X>)
      return std::type_identity<typename X::Index>();
    else
      return std::type_identity<Eigen::DenseIndex>();
  }())::type;
  constexpr int layout = is_row_major<X> ? Eigen::RowMajor : Eigen::ColMajor;
  Index size = 1;
  ((size = detail::product(size, sizes, "the result")), ...);
  for (const Index n : {size, Index{sizes}...})
    if (std::cmp_greater(n, (std::numeric_limits<I>::max)()))
      detail::fail({"the result ", detail::shape({Index{sizes}...}),
                    " is too large for the index type of the tensor that it is made from"});
  return Eigen::Tensor<A, static_cast<int>(sizeof...(Sizes)), layout, I>(static_cast<I>(sizes)...);
}

// What a function returns if a static_assert has refused its arguments, so that no other error follows.
template <class X, class A = float, int rank = 2> auto refused() {
  if constexpr (rank == 1)
    return detail::make_result<X, A>(Index{0});
  else
    return detail::make_result<X, A>(Index{0}, Index{0});
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
