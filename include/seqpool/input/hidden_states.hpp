// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_INPUT_HIDDEN_STATES_HPP
#define SEQPOOL_INPUT_HIDDEN_STATES_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// An encoder's output, `[batch, seq, hidden]`, seen where it lies: a pointer, three sizes, three strides.
///
/// It owns nothing and copies nothing: the memory must outlive it. Element `(b, s, h)` is
/// `data[b * strides[0] + s * strides[1] + h * strides[2]]`, so that a permuted `[seq, batch, hidden]` is
/// `HiddenStates<float>(data, {batch, seq, hidden}, {hidden, batch * hidden, 1})`.
/// No alignment is assumed. With a hidden stride of 1 tokens are read in place; with any other (a
/// column-major tensor has one) they are packed block by block, unless batch and hidden can be exchanged: a
/// batch stride of 1, no mask, and a pooling of each feature by itself.
template <Scalar T>
class HiddenStates {
 public:
  using value_type = T;

  /// Views `data` as `sizes` = {batch, seq, hidden}, row-major and without gaps.
  ///
  /// **Shapes**: data: `[batch, seq, hidden]`. **Errors**: `std::invalid_argument` for a negative size, or a
  /// null pointer to at least one element. **Complexity**: O(1), allocates nothing.
  HiddenStates(const T* data, std::array<Index, 3> sizes)
      : HiddenStates(data, sizes, detail::dense_strides(sizes, true)) {}

  /// Views `data` as `sizes` = {batch, seq, hidden} with `strides` = {batch, token, hidden}, counted in
  /// elements (what PyTorch's `sizes()` and `strides()` give).
  ///
  /// **Shapes**: data: `[batch, seq, hidden]`. **Errors**: `std::invalid_argument` for a negative size, or a
  /// null pointer to at least one element. **Complexity**: O(1), allocates nothing.
  HiddenStates(const T* data, std::array<Index, 3> sizes, std::array<Index, 3> strides)
      : data_(data), sizes_(sizes), strides_(strides) {
    const auto [batch, seq, hidden] = sizes;
    if (batch < 0 || seq < 0 || hidden < 0)
      detail::fail("hidden states are " + detail::shape({batch, seq, hidden}) +
                   ": every size of [batch, seq, hidden] must be 0 or more");
    if (data == nullptr && batch > 0 && seq > 0 && hidden > 0)
      detail::fail("hidden states " + detail::shape({batch, seq, hidden}) + " have a null pointer");
  }

  Index batch() const noexcept { return sizes_[0]; }
  Index seq() const noexcept { return sizes_[1]; }
  Index hidden() const noexcept { return sizes_[2]; }

  /// Elements from one feature of a token to the next.
  Index hidden_stride() const noexcept { return sizes_[2] > 1 ? strides_[2] : 1; }

  /// Elements from one sequence to the next.
  Index batch_stride() const noexcept { return sizes_[0] > 1 ? strides_[0] : 1; }

  /// The same memory with batch and hidden exchanged, `[hidden, seq, batch]`.
  HiddenStates transposed() const noexcept {
    HiddenStates other(*this);
    std::swap(other.sizes_[0], other.sizes_[2]);
    std::swap(other.strides_[0], other.strides_[2]);
    return other;
  }

  /// The first feature of token `s` of row `b`; the others follow at `hidden_stride()`.
  const T* token(Index b, Index s) const noexcept { return data_ + b * strides_[0] + s * strides_[1]; }

 private:
  const T* data_;
  std::array<Index, 3> sizes_;
  std::array<Index, 3> strides_;
};

namespace detail {

template <class X>
inline constexpr bool is_hidden_states = false;
template <class T>
inline constexpr bool is_hidden_states<HiddenStates<T>> = true;

// The one door for hidden states: whatever came in leaves as a view, or does not compile.
template <class X>
auto view_hidden_states(const X& x) {
  if constexpr (is_hidden_states<X>) {
    return x;
  } else if constexpr (EigenTensorOfRank<X, 3>) {
    static_assert(Scalar<element_t<X>>,
                  "seqpool: hidden states [batch, seq, hidden] must be of float, double, Eigen::half or "
                  "Eigen::bfloat16; convert others first, for example with x.template cast<float>().eval().");
    const auto sizes = sizes_of<3>(x);
    return HiddenStates<element_t<X>>(x.data(), sizes, dense_strides(sizes, is_row_major<X>));
  } else if constexpr (EigenTensor<X>) {
    static_assert(!EigenTensor<X>,
                  "seqpool: pooling takes hidden states [batch, seq, hidden], a tensor of rank 3. Flattening "
                  "them to [batch, seq*hidden] ties weights to positions and destroys token order; keep the "
                  "three dimensions, and view one sequence [seq, hidden] as [1, seq, hidden].");
  } else {
    static_assert(EigenTensor<X>,
                  "seqpool: pooling takes hidden states [batch, seq, hidden]: an Eigen::Tensor or "
                  "Eigen::TensorMap of rank 3, or seqpool::HiddenStates<T>(data, {batch, seq, hidden}). "
                  "Evaluate an Eigen expression into a tensor first.");
  }
}

// A result of sizes [...] made from X: in X's layout and index type, with scalar A.
template <class X, class A, class... Sizes>
auto make_result(Sizes... sizes) {
  if constexpr (is_hidden_states<X>) {
    return Eigen::Tensor<A, sizeof...(Sizes), Eigen::RowMajor>(sizes...);
  } else {
    using I = typename X::Index;
    return Eigen::Tensor<A, sizeof...(Sizes), static_cast<int>(X::Layout), I>(static_cast<I>(sizes)...);
  }
}

}  // namespace detail
}  // namespace seqpool::inline SEQPOOL_ABI

#endif
