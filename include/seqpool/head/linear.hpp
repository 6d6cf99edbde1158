// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_HEAD_LINEAR_HPP
#define SEQPOOL_HEAD_LINEAR_HPP

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/canonical.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// The linear classifier head: logits[b, c] = sum_f weight[c, f] * x[b, f] + bias[c].
///
///     const seqpool::Linear head{weight, bias};       // weight [classes, features], as torch.nn.Linear stores it
///     const auto logits = head(seqpool::mean_pool(x));  // [batch, classes]
///
/// `Classes` and `Features` may be fixed in the type, and are then checked where types meet.
///
/// **Shapes**: weight `[classes, features]`; bias `[classes]` or none; x `[batch, features]` to logits `[batch,
/// classes]`.
/// **Numerics**: weights and sums in `accumulator_t`; every logit is one dot product in one fixed order of additions,
/// so a row's bits do not depend on the batch; |error| <= (features / 8 + 35) * eps * (sum_f |weight[c, f] * x[b, f]| +
/// |bias[c]|), as long as that sum is finite and the result is normal.
/// **Source**: torch.nn.Linear.
template <Scalar T, Index Classes = Eigen::Dynamic, Index Features = Eigen::Dynamic>
class Linear {
  using A = accumulator_t<T>;

 public:
  /// Copies a weight, and a bias if there is one: what they were made from may go.
  ///
  /// **Shapes**: weight: `[classes, features]`, an Eigen tensor of rank 2 or an Eigen matrix, of any layout; bias:
  /// `[classes]`, an Eigen tensor of rank 1, an Eigen vector or a contiguous range; without one it is 0.
  /// **Errors**: sizes that differ from each other or from Classes and Features do not compile where both are fixed,
  /// and are `std::invalid_argument` otherwise.
  /// **Cost**: O(classes * features), two allocations.
  template <detail::MatrixLike W>
  requires std::same_as<detail::element_t<W>, T>
  explicit Linear(const W& weight)
      : Linear(Copy{}, weight,
               detail::AlignedVector<A>(static_cast<std::size_t>(detail::run_time_sizes(weight)[0]), A(0))) {}

  template <detail::MatrixLike W, class B>
  requires std::same_as<detail::element_t<W>, T> Linear(const W& weight, const B& bias)
      : Linear(Copy{}, weight, Linear::copy_of(bias)) {}

  /// Rows of the weight, what a logit stands for; columns of the weight, what one pooled vector has.
  [[nodiscard]] Index classes() const noexcept { return classes_; }
  [[nodiscard]] Index features() const noexcept { return features_; }

  /// The logits of every row of `x`.
  ///
  /// **Shapes**: x: `[batch, features]`, an Eigen tensor or map of rank 2; result: `[batch, classes]`, in x's layout,
  /// of `accumulator_t`.
  /// **Errors**: `std::invalid_argument` if x has other than `features` columns, or a null pointer.
  /// **Cost**: O(batch * classes * features), allocates the result (and one row where x is column-major).
  template <class X>
  [[nodiscard]] auto operator()(const X& x) const {
    static_assert(detail::EigenTensorOfRank<X, 2>,
                  "seqpool: a head takes pooled vectors [batch, features], an Eigen tensor of rank 2. Pool "
                  "hidden states [batch, seq, hidden] first, or use seqpool::Classifier{pooling, head}.");
    static_assert(std::same_as<accumulator_t<detail::element_t<X>>, A>,
                  "seqpool: a head and its input must accumulate in one type: a double weight for double "
                  "input, a float, Eigen::half or Eigen::bfloat16 weight for all others.");
    static_assert(detail::sizes_agree(detail::static_sizes<X>()[1], Features),
                  "seqpool: the input's features differ from the head's Features: weight is [classes, features], "
                  "input [batch, features].");
    const auto in = detail::matrix_view(x, "head input");
    if (in.columns != features_)
      detail::fail("head input is " + detail::shape({in.rows, in.columns}) + ", but weight [classes, features] is " +
                   detail::shape({classes_, features_}) + ": input must be [batch, features]");
    auto logits = detail::make_result<X, A>(in.rows, classes_);
    const auto out = detail::matrix_view(logits, "the result");
    detail::AlignedVector<detail::element_t<X>> packed(in.column_stride == 1 ? 0 : static_cast<std::size_t>(features_));
    for (Index b = 0; b < in.rows; ++b) {
      const detail::element_t<X>* row = features_ == 0 ? nullptr : in.data + b * in.row_stride;
      if (!packed.empty()) {
        for (Index f = 0; f < features_; ++f) packed[static_cast<std::size_t>(f)] = in(b, f);
        row = packed.data();
      }
      for (Index c = 0; c < classes_; ++c)
        out(b, c) = detail::canonical(detail::dot(weight_.data() + c * features_, row, features_) +
                                      bias_[static_cast<std::size_t>(c)]);
    }
    return logits;
  }

 private:
  struct Copy {};

  template <class B>
  static detail::AlignedVector<A> copy_of(const B& bias) {
    static_assert(
        detail::is_vector_of<B, T>,
        "seqpool: Linear{weight, bias} takes a bias [classes] of the weight's scalar second: an Eigen tensor of "
        "rank 1, an Eigen vector, or a contiguous range.");
    if constexpr (detail::is_vector_of<B, T>)
      return detail::widened(bias);
    else
      return {};
  }

  template <class W>
  Linear(Copy, const W& weight, detail::AlignedVector<A> bias)
      : classes_(detail::run_time_sizes(weight)[0]),
        features_(detail::run_time_sizes(weight)[1]),
        bias_(std::move(bias)) {
    static_assert(detail::sizes_agree(detail::static_sizes<W>()[0], Classes) &&
                      detail::sizes_agree(detail::static_sizes<W>()[1], Features),
                  "seqpool: weight must be [classes, features] = [Classes, Features] of Linear<T, Classes, "
                  "Features>, as torch.nn.Linear stores it ([out, in]); transpose it if it is [in, out].");
    if (!detail::sizes_agree(classes_, Classes) || !detail::sizes_agree(features_, Features))
      detail::fail("weight is " + detail::shape({classes_, features_}) + ", but Linear<T, Classes, Features> has " +
                   detail::shape({Classes, Features}) + " (-1 is any): weight must be [classes, features]");
    if (static_cast<Index>(bias_.size()) != classes_)
      detail::fail("bias is " + detail::shape({static_cast<Index>(bias_.size())}) +
                   ", but weight [classes, features] is " + detail::shape({classes_, features_}) +
                   ": bias must be [classes]");
    weight_.reserve(static_cast<std::size_t>(classes_ * features_));
    for (Index c = 0; c < classes_; ++c)
      for (Index f = 0; f < features_; ++f) weight_.push_back(widen(weight(c, f)));
  }

  Index classes_;
  Index features_;
  detail::AlignedVector<A> weight_;  // [classes, features], row-major
  detail::AlignedVector<A> bias_;    // [classes]
};

template <detail::MatrixLike W>
explicit Linear(const W&) -> Linear<detail::element_t<W>, detail::static_sizes<W>()[0], detail::static_sizes<W>()[1]>;
template <detail::MatrixLike W, class B>
Linear(const W&, const B&) -> Linear<detail::element_t<W>, detail::static_sizes<W>()[0], detail::static_sizes<W>()[1]>;

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
