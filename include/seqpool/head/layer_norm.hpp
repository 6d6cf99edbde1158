// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/layer_norm.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/head/head.hpp>

#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// Layer normalisation: y[f] = (x[f] - mean) / sqrt(variance + eps) * weight[f] + bias[f], with the mean and the biased
/// variance of the row: variance = sum_f (x[f] - mean)^2 / features.
///
///     const seqpool::Sequential head{seqpool::LayerNorm{weight, bias, 1e-12}, seqpool::Linear{projection}};
///     const seqpool::LayerNorm<float> plain;  // weight 1, bias 0
///
/// **Shapes**: weight and bias `[features]`; rows `[n, features]` to `[n, features]`, with any number of features if
/// there is no weight.
/// **Errors**: `std::invalid_argument` if rows do not have as many features as the weight.
/// **Cost**: O(n * features); allocates nothing.
/// **Numerics**: weights and sums in `accumulator_t`. With z the normalised row before the weight,
/// |error| <= (features / 16 + 32) * eps * (|weight[f]| * (1 + |z[f]|) + |bias[f]|), whatever the row's offset and
/// scale, as long as 2 * features * max_f |x[f]| is finite, the row's largest difference and the root of the head's own
/// eps are 0 or normal, and neither z[f], nor weight[f] * z[f], nor the result is subnormal. A row whose sums overflow
/// is NaN, as is one with a NaN or an infinity. A row of equal numbers gives the bias exactly, or 0. Gradients of x are
/// within (features / 2 + 192) * eps * (1 + |z[f]|) * max_f |weight[f] d_y[f]| / sqrt(variance + eps), and 0 where that
/// root is 0.
/// **Source**: torch.nn.LayerNorm.
template <class T> class LayerNorm {
  static_assert(Scalar<T>,
                "seqpool: LayerNorm{weight, bias} takes a weight and a bias of float, double, Eigen::half or "
                "Eigen::bfloat16; convert others first, for example with weight.cast<float>().");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  /// Without a weight and a bias, for rows of any number of features.
  ///
  /// **Errors**: `std::invalid_argument` for an eps that is negative, infinite or NaN; for the other constructors too.
  explicit LayerNorm(double eps = 1e-5) : root_eps_(detail::root_of_eps<A>(eps)) {}

  /// Copies a weight, and a bias if there is one: the originals may go.
  ///
  /// **Shapes**: weight: `[features]`; bias: `[features]`: an Eigen tensor of rank 1, an Eigen vector or a contiguous
  /// range each.
  /// **Errors**: `std::invalid_argument` for sizes that differ and for null pointers.
  template <class W>
    requires(!std::is_arithmetic_v<W>)
  explicit LayerNorm(const W& weight, double eps = 1e-5);
  template <class W, class B>
    requires(!std::is_arithmetic_v<B>)
  LayerNorm(const W& weight, const B& bias, double eps = 1e-5);

  // As a Head.
  [[nodiscard]] Index width(Index features) const;

  void map(Rows<const A> in, Rows<A> out) const;

  void backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const;
  void set_parameters(std::span<const double> numbers);

  /// "weight" and "bias", each if there is one.
  void visit_parameters(auto f) const {
    const Index features = static_cast<Index>(weight_.size());
    if (has_weight_) seqpool::visit_parameter(f, "weight", weight_, {features}, false);
    if (has_bias_) seqpool::visit_parameter(f, "bias", bias_, {features}, false);
  }

 private:
  // A vector's numbers; or none, and a compile error with a message.
  template <class V> static detail::AlignedVector<A> copy(const V& vector);

  A root_eps_;
  bool has_weight_ = false;
  bool has_bias_ = false;
  detail::AlignedVector<A> weight_;
  detail::AlignedVector<A> bias_;  // empty if there is none
};

template <class W>
  requires(!std::is_arithmetic_v<W>)
explicit LayerNorm(const W&, double = 1e-5) -> LayerNorm<detail::guide_scalar_t<W>>;
template <class W, class B>
  requires(!std::is_arithmetic_v<B>)
LayerNorm(const W&, const B&, double = 1e-5) -> LayerNorm<detail::guide_scalar_t<W>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class W>
  requires(!std::is_arithmetic_v<W>)
LayerNorm<T>::LayerNorm(const W& weight, double eps)
    : root_eps_(detail::root_of_eps<A>(eps)), has_weight_(true), weight_(copy(weight)) {}

template <class T>
template <class W, class B>
  requires(!std::is_arithmetic_v<B>)
LayerNorm<T>::LayerNorm(const W& weight, const B& bias, double eps)
    : root_eps_(detail::root_of_eps<A>(eps)),
      has_weight_(true),
      has_bias_(true),
      weight_(copy(weight)),
      bias_(copy(bias)) {
  if (weight_.size() != bias_.size())
    detail::fail({"LayerNorm{weight, bias}: weight is ", detail::shape({static_cast<Index>(weight_.size())}),
                  ", but bias is ", detail::shape({static_cast<Index>(bias_.size())}), ": both must be [features]"});
}

template <class T> template <class V> auto LayerNorm<T>::copy(const V& vector) -> detail::AlignedVector<A> {
  static_assert(
      detail::VectorLike<V>,
      "seqpool: LayerNorm{weight, bias, eps} takes a weight and a bias [features]: an Eigen tensor of rank 1, "
      "an Eigen vector, or a contiguous range.");
  if constexpr (detail::VectorLike<V> && Scalar<T>) {
    constexpr bool of_t = std::same_as<detail::vector_scalar_t<V>, T>;
    static_assert(of_t,
                  "seqpool: a LayerNorm<T> takes a weight and a bias of T; convert them, for example with "
                  "bias.cast<float>().");
    if constexpr (of_t) return detail::widened(vector);
  }
  return {};
}

template <class T> Index LayerNorm<T>::width(Index features) const {
  const Index expected = static_cast<Index>(weight_.size());
  if (has_weight_ && features != expected)
    detail::fail({"LayerNorm gets vectors of ", features, " features, but its weight [features] is ",
                  detail::shape({expected})});
  return features;
}

template <class T> void LayerNorm<T>::map(Rows<const A> in, Rows<A> out) const {
  for (Index i = 0; i < in.size(); ++i) detail::layer_norm<A>(in[i], out[i], root_eps_, weight_, bias_);
}

template <class T>
void LayerNorm<T>::backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const {
  const auto features = static_cast<std::size_t>(in.features());
  detail::AlignedVector<A> room(2 * features);
  const std::span<A> z(room.data(), features), unasked(room.data() + features, features);
  const std::span<A> of_weight = own.first(own.empty() ? 0 : weight_.size()), of_bias = own.subspan(of_weight.size());
  for (Index i = 0; i < in.size(); ++i)
    detail::layer_norm_back<A>(in[i], d_out[i], d_in.size() == 0 ? unasked : d_in[i], z, root_eps_, weight_, of_weight,
                               of_bias);
}

template <class T> void LayerNorm<T>::set_parameters(std::span<const double> numbers) {
  seqpool::set_numbers(weight_, numbers);
  seqpool::set_numbers(bias_, numbers);
}

}  // namespace seqpool::inline SEQPOOL_ABI
