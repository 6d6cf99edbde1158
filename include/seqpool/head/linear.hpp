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
template <class T, Index Classes = Eigen::Dynamic, Index Features = Eigen::Dynamic>
class Linear {
  static_assert(Scalar<T>,
                "seqpool: Linear{weight, bias} takes a weight and a bias of float, double, Eigen::half or "
                "Eigen::bfloat16; convert others first, for example with weight.cast<float>().");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  /// Copies a weight, and a bias if there is one: what they were made from may go.
  ///
  /// **Shapes**: weight: `[classes, features]`, an Eigen tensor of rank 2 or an Eigen matrix, of any layout; bias:
  /// `[classes]`, an Eigen tensor of rank 1, an Eigen vector or a contiguous range; without one it is 0.
  /// **Errors**: sizes that differ from each other or from Classes and Features do not compile where both are fixed,
  /// and are `std::invalid_argument` otherwise.
  /// **Cost**: O(classes * features), two allocations.
  template <class W>
  explicit Linear(const W& weight);
  template <class W, class B>
  Linear(const W& weight, const B& bias);

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
  [[nodiscard]] auto operator()(const X& x) const;

 private:
  // Each is true, or a sentence.
  template <class W>
  static consteval bool is_weight();
  template <class B>
  static consteval bool is_bias();
  template <class X>
  static consteval bool is_input();

  template <class W>
  void copy(const W& weight, detail::AlignedVector<A> bias);

  Index classes_ = 0;
  Index features_ = 0;
  detail::AlignedVector<A> weight_;  // [classes, features], row-major
  detail::AlignedVector<A> bias_;    // [classes]
};

// Whatever the weight and the bias are, so that the constructors say what they should be.
template <class W>
explicit Linear(const W&)
    -> Linear<detail::guide_element_t<W>, detail::static_sizes<W>()[0], detail::static_sizes<W>()[1]>;
template <class W, class B>
Linear(const W&, const B&)
    -> Linear<detail::guide_element_t<W>, detail::static_sizes<W>()[0], detail::static_sizes<W>()[1]>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T, Index Classes, Index Features>
template <class W>
Linear<T, Classes, Features>::Linear(const W& weight) {
  if constexpr (is_weight<W>())
    copy(weight, detail::AlignedVector<A>(static_cast<std::size_t>(detail::run_time_sizes(weight)[0]), A(0)));
}

template <class T, Index Classes, Index Features>
template <class W, class B>
Linear<T, Classes, Features>::Linear(const W& weight, [[maybe_unused]] const B& bias) {
  if constexpr (is_weight<W>())
    if constexpr (is_bias<B>()) copy(weight, detail::widened(bias));
}

template <class T, Index Classes, Index Features>
template <class W>
consteval bool Linear<T, Classes, Features>::is_weight() {
  static_assert(
      detail::MatrixLike<W>,
      "seqpool: Linear{weight, bias} takes the weight [classes, features] first, an Eigen tensor of rank 2 or "
      "an Eigen matrix, as torch.nn.Linear stores it; view other memory with an Eigen::TensorMap.");
  if constexpr (detail::MatrixLike<W> && Scalar<T>) {
    constexpr bool of_t = std::same_as<detail::element_t<W>, T>;
    static_assert(of_t, "seqpool: Linear<T, Classes, Features> takes a weight of T; convert it with cast<T>().");
    constexpr auto sizes = detail::static_sizes<W>();
    constexpr bool agree = detail::sizes_agree(sizes[0], Classes) && detail::sizes_agree(sizes[1], Features);
    static_assert(agree || !of_t,
                  "seqpool: weight must be [classes, features] = [Classes, Features] of Linear<T, Classes, "
                  "Features>, as torch.nn.Linear stores it ([out, in]); transpose it if it is [in, out].");
    return of_t && agree;
  } else {
    return false;
  }
}

template <class T, Index Classes, Index Features>
template <class B>
consteval bool Linear<T, Classes, Features>::is_bias() {
  static_assert(detail::VectorLike<B>,
                "seqpool: Linear{weight, bias} takes the weight [classes, features] first and the bias [classes] "
                "second: an Eigen tensor of rank 1, an Eigen vector, or a contiguous range.");
  if constexpr (detail::VectorLike<B>) {
    constexpr bool of_t = std::same_as<detail::vector_scalar_t<B>, T>;
    static_assert(of_t,
                  "seqpool: the weight and the bias of a Linear must be of one scalar; convert one of them, for "
                  "example with bias.cast<float>().");
    return of_t;
  } else {
    return false;
  }
}

template <class T, Index Classes, Index Features>
template <class X>
consteval bool Linear<T, Classes, Features>::is_input() {
  static_assert(detail::EigenTensorOfRank<X, 2>,
                "seqpool: a head takes pooled vectors [batch, features], an Eigen tensor of rank 2. Pool "
                "hidden states [batch, seq, hidden] first, or use seqpool::Classifier{pooling, head}.");
  if constexpr (detail::EigenTensorOfRank<X, 2>) {
    constexpr bool is_scalar = Scalar<detail::element_t<X>>;
    constexpr bool of_a = std::same_as<accumulator_t<detail::lawful_t<detail::element_t<X>>>, A>;
    constexpr bool agree = detail::sizes_agree(detail::static_sizes<X>()[1], Features);
    static_assert(is_scalar, "seqpool: a head takes pooled vectors of float, double, Eigen::half or Eigen::bfloat16.");
    static_assert(!is_scalar || of_a,
                  "seqpool: a head and its input must accumulate in one type: a double weight for double "
                  "input, a float, Eigen::half or Eigen::bfloat16 weight for all others.");
    static_assert(!is_scalar || !of_a || agree,
                  "seqpool: the input's features differ from the head's Features: weight is [classes, features], "
                  "input [batch, features].");
    return is_scalar && of_a && agree;
  } else {
    return false;
  }
}

template <class T, Index Classes, Index Features>
template <class X>
auto Linear<T, Classes, Features>::operator()([[maybe_unused]] const X& x) const {
  if constexpr (is_input<X>()) {
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
  } else {
    return detail::make_result<X, A>(Index{0}, Index{0});  // so that no other error follows
  }
}

template <class T, Index Classes, Index Features>
template <class W>
void Linear<T, Classes, Features>::copy(const W& weight, detail::AlignedVector<A> bias) {
  const auto sizes = detail::run_time_sizes(weight);
  if (!detail::sizes_agree(sizes[0], Classes) || !detail::sizes_agree(sizes[1], Features))
    detail::fail("weight is " + detail::shape({sizes[0], sizes[1]}) + ", but Linear<T, Classes, Features> has " +
                 detail::shape({Classes, Features}) + " (-1 is any): weight must be [classes, features]");
  if (static_cast<Index>(bias.size()) != sizes[0])
    detail::fail("bias is " + detail::shape({static_cast<Index>(bias.size())}) +
                 ", but weight [classes, features] is " + detail::shape({sizes[0], sizes[1]}) +
                 ": bias must be [classes]");
  classes_ = sizes[0];
  features_ = sizes[1];
  bias_ = std::move(bias);
  weight_.reserve(static_cast<std::size_t>(classes_ * features_));
  for (Index c = 0; c < classes_; ++c)
    for (Index f = 0; f < features_; ++f) weight_.push_back(widen(weight(c, f)));
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
