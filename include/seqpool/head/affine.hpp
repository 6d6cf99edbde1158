// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/head.hpp>

#include <cmath>
#include <string>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI {

/// A scale and a shift of each feature: y[f] = scale[f] * x[f] + shift[f]. It calibrates a classifier's logits: by a
/// temperature, by Platt scaling (two numbers), or by two numbers for each class.
///
///     const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight, bias},
///                                          seqpool::Affine<float>::temperature(1.5f)};
///     const seqpool::Affine platt{1.3f, -0.2f};      // the same for all features
///     const seqpool::Affine by_class{scale, shift};  // each `[features]`
///
/// **Shapes**: scale and shift: both numbers, for rows of any number of features, or both `[features]`; rows
/// `[n, features]` to `[n, features]`.
/// **Errors**: `std::invalid_argument` if rows do not have as many features as a scale `[features]`.
/// **Cost**: O(n * features); allocates nothing.
/// **Numerics**: in `accumulator_t`; |error| <= 2 * eps * (|scale[f] * x[f]| + |shift[f]|), as long as neither the
/// product nor the result is subnormal or overflows. Features do not affect each other: a NaN or an infinity stays in
/// its own. Gradients of a scale and shift that are numbers are sums over all features.
/// **Source**: Guo et al., On Calibration of Modern Neural Networks (temperature and vector scaling).
template <class T> class Affine {
  static_assert(Scalar<T>,
                "seqpool: Affine{scale, shift} takes a scale and a shift of float, double, Eigen::half or "
                "Eigen::bfloat16; convert others first: Affine{2.0f, 0.0f}, scale.cast<float>().");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  /// Copies a scale and a shift.
  ///
  /// **Shapes**: scale, shift: both numbers, or both `[features]`: an Eigen tensor of rank 1, an Eigen vector or a
  /// contiguous range.
  /// **Errors**: `std::invalid_argument` for sizes that differ and for null pointers.
  template <class S, class B> Affine(const S& scale, const B& shift);

  /// x / temperature, as x * (1 / temperature): a temperature above 1 makes `softmax` more even, below 1 less.
  ///
  /// **Errors**: `std::invalid_argument` unless the temperature is over 0 and both it and 1 / temperature are finite.
  /// **Numerics**: |error| <= 2 * eps * |y| where neither 1 / temperature nor y is subnormal.
  [[nodiscard]] static Affine temperature(accumulator_t<detail::lawful_t<T>> temperature);

  // As a Head.
  [[nodiscard]] Index width(Index features) const;

  void map(Rows<const A> in, Rows<A> out) const;

  void backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const;
  void set_parameters(std::span<const double> numbers);

  /// "scale" and "shift".
  void visit_parameters(auto f) const {
    const Index features = static_cast<Index>(scale_.size());
    const auto shape = std::span(&features, 1).first(of_numbers_ ? 0 : 1);
    f(std::string_view("scale"), std::span<const A>(scale_), shape, false);
    f(std::string_view("shift"), std::span<const A>(shift_), shape, false);
  }

 private:
  template <class S> static constexpr bool is_number = std::is_arithmetic_v<S> || Scalar<S>;
  template <class S> using scalar_of = std::conditional_t<is_number<S>, S, detail::guide_scalar_t<S>>;

  // True, or a compile error with a message.
  template <class S, class B> static consteval bool are_parameters();

  bool of_numbers_ = true;
  detail::AlignedVector<A> scale_;  // one number or [features]
  detail::AlignedVector<A> shift_;
};

template <class S, class B>
Affine(const S&, const B&)
    -> Affine<std::conditional_t<std::is_arithmetic_v<S> || Scalar<S>, S, detail::guide_scalar_t<S>>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T> template <class S, class B> Affine<T>::Affine(const S& scale, const B& shift) {
  if constexpr (are_parameters<S, B>()) {
    of_numbers_ = Scalar<S>;
    if constexpr (Scalar<S>) {
      scale_.assign(1, widen(scale));
      shift_.assign(1, widen(shift));
    } else {
      scale_ = detail::widened(scale);
      shift_ = detail::widened(shift);
      if (scale_.size() != shift_.size())
        detail::fail({"Affine{scale, shift}: scale is ", detail::shape({static_cast<Index>(scale_.size())}),
                      ", but shift is ", detail::shape({static_cast<Index>(shift_.size())}),
                      ": both must be [features]"});
    }
  }
}

template <class T> Affine<T> Affine<T>::temperature(accumulator_t<detail::lawful_t<T>> temperature) {
  const A scale = 1 / temperature;
  if (!(temperature > 0) || !std::isfinite(temperature) || !std::isfinite(scale))
    detail::fail({"Affine's temperature is ", detail::number_text(temperature),
                  ": it must be over 0, and both it and 1 / temperature finite"});
  Affine affine(static_cast<T>(A(1)), static_cast<T>(A(0)));
  affine.scale_[0] = scale;
  return affine;
}

template <class T> template <class S, class B> consteval bool Affine<T>::are_parameters() {
  constexpr bool numbers = is_number<S> && is_number<B>;
  constexpr bool vectors = detail::VectorLike<S> && detail::VectorLike<B>;
  static_assert(numbers || vectors,
                "seqpool: Affine{scale, shift} takes two numbers, which are for all features, or two vectors "
                "[features]: an Eigen tensor of rank 1, an Eigen vector or a contiguous range each.");
  if constexpr ((numbers || vectors) && Scalar<T>) {
    constexpr bool of_t = std::same_as<scalar_of<S>, T> && std::same_as<scalar_of<B>, T>;
    static_assert(of_t,
                  "seqpool: an Affine<T> takes a scale and a shift of T; convert them: Affine<float>{2.0f, 0.0f}, "
                  "shift.cast<float>().");
    return of_t;
  } else {
    return false;
  }
}

template <class T> Index Affine<T>::width(Index features) const {
  const Index expected = static_cast<Index>(scale_.size());
  if (!of_numbers_ && features != expected)
    detail::fail(
        {"Affine gets vectors of ", features, " features, but its scale [features] is ", detail::shape({expected})});
  return features;
}

template <class T> void Affine<T>::map(Rows<const A> in, Rows<A> out) const {
  for (Index i = 0; i < in.size(); ++i) {
    const auto y = out[i];
    // One operation per statement, so that no compiler fuses the two for some features only.
    if (of_numbers_) {
      as_array(y) = as_array(in[i]) * scale_[0];
      as_array(y) += shift_[0];
    } else {
      as_array(y) = as_array(in[i]) * as_array(scale_);
      as_array(y) += as_array(shift_);
    }
  }
}

template <class T>
void Affine<T>::backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const {
  for (Index i = 0; i < d_in.size(); ++i) {
    const auto d_x = d_in[i];
    if (of_numbers_)
      as_array(d_x) = as_array(d_out[i]) * scale_[0];
    else
      as_array(d_x) = as_array(d_out[i]) * as_array(scale_);
  }
  if (own.empty()) return;
  const auto of_scale = own.first(scale_.size()), of_shift = own.subspan(scale_.size());
  detail::AlignedVector<A> products(of_scale.size());
  for (Index i = 0; i < in.size(); ++i) {
    const auto x = in[i], g = d_out[i];
    if (of_numbers_) {
      of_scale[0] += detail::dot(g.data(), x.data(), in.features());
      of_shift[0] += detail::sum(g.data(), in.features());
    } else {
      as_array(products) = as_array(g) * as_array(x);
      as_array(of_scale) += as_array(products);
      as_array(of_shift) += as_array(g);
    }
  }
}

template <class T> void Affine<T>::set_parameters(std::span<const double> numbers) {
  seqpool::set_numbers(scale_, numbers);
  seqpool::set_numbers(shift_, numbers);
}

}  // namespace seqpool::inline SEQPOOL_ABI
