// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tanh_gelu.hpp>
#include <seqpool/head/head.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI {

/// Functions of one number, as models name them, and how far a(x) is off.
///
/// | name | a(x) | relative error at most | a(-inf) |
/// |---|---|---|---|
/// | `identity` | x | 0 | -inf |
/// | `tanh` | tanh(x) | 4 * eps | -1 |
/// | `relu` | max(x, 0) | 0 | 0 |
/// | `gelu` | x / 2 * (1 + erf(x / sqrt(2))) | (8 + min(x, 0)^2) * eps | NaN |
/// | `gelu_tanh` | x / 2 * (1 + tanh(u)), u = sqrt(2 / pi) * (x + 0.044715 * x^3) | (8 - 8 * min(u, 0)) * eps | NaN |
/// | `silu` | x / (1 + e^-x) | 8 * eps | NaN |
/// | `sigmoid` | 1 / (1 + e^-x) | 4 * eps | 0 |
enum class Activation { identity, tanh, relu, gelu, gelu_tanh, silu, sigmoid };

/// "identity", "tanh", ...: the name above.
[[nodiscard]] constexpr std::string_view name_of(Activation activation) noexcept;

/// An activation of each feature: y[f] = a(x[f]).
///
///     const seqpool::Sequential head{seqpool::Linear{weight, bias}, seqpool::Activate{seqpool::Activation::tanh}};
///
/// `Dense` is a `Linear` followed by one.
///
/// **Shapes**: rows `[n, features]` to `[n, features]`; here `in` and `out` of `map(in, out)` may be the same rows.
/// **Errors**: `std::invalid_argument` for a number that is not an Activation.
/// **Cost**: O(n * features): for each, a function of the C library, or Eigen's for tanh of float; allocates nothing.
/// **Numerics**: the bounds above hold where y is normal; elsewhere y is off by less than the smallest normal number.
/// Nothing overflows: gelu, gelu_tanh and silu of the largest number give that number, and of the lowest give 0. +inf
/// gives each one's limit; -inf gives what the table says, NaN as in PyTorch. NaN stays NaN, and relu of -0 is -0.
/// sigmoid has the bits of the function `sigmoid`. The slopes a'(x) that `backward` multiplies by are sums in which
/// nothing cancels but their terms, and off by 8 * eps of the terms' sizes, (8 + x^2) * eps for gelu, (8 + 8 |u|) * eps
/// for gelu_tanh, or by the smallest normal number; relu's is 0 at 0.
/// **Source**: torch.nn.Tanh, ReLU, GELU and GELU(approximate="tanh"), SiLU, Sigmoid; PyTorch computes gelu from
/// 1 + erf, which gives 0 for floats below -6.
class Activate {
 public:
  explicit Activate(Activation activation) : activation_(activation) {
    if (seqpool::name_of(activation).empty())
      detail::fail({"Activate{", static_cast<int>(activation), "}: there is no such Activation"});
  }

  [[nodiscard]] Activation activation() const noexcept { return activation_; }

  [[nodiscard]] Index width(Index features) const noexcept { return features; }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const;

  template <std::floating_point A>
  void backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>> own) const;

 private:
  // x / (1 + e^-t). Where that power of e is large, it is taken in two halves: as a whole it may overflow while the
  // result is still normal.
  template <class A> static A gated(A x, A t) {
    const A half = std::exp(-std::abs(t) / 2);
    return t < 0 ? x * half * (half / (1 + half * half)) : x / (1 + half * half);
  }

  // The slope of x / (1 + e^-t), where dt is that of t.
  template <class A> static A gated_slope(A x, A t, A dt) {
    const A e = std::exp(-std::abs(t));
    const A share = (t < 0 ? e : A(1)) / (1 + e);
    return e == 0 ? share : share + x * dt * (e / ((1 + e) * (1 + e)));  // far out, dt may be infinite
  }

  Activation activation_;
};

// ---------------------------------------------------------------------------------------------------------------------

constexpr std::string_view name_of(Activation activation) noexcept {
  constexpr std::array<std::string_view, 7> names{"identity", "tanh", "relu", "gelu", "gelu_tanh", "silu", "sigmoid"};
  const auto i = static_cast<std::size_t>(activation);
  return i < names.size() ? names[i] : "";
}

template <std::floating_point A> void Activate::map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
  const auto each = [&](auto a) {
    for (Index i = 0; i < in.size(); ++i) std::transform(in[i].begin(), in[i].end(), out[i].begin(), a);
  };
  switch (activation_) {
    case Activation::identity:
      return each([](A x) { return x; });
    case Activation::tanh:
      for (Index i = 0; i < in.size(); ++i) detail::tanh_of(in[i], out[i]);
      return;
    case Activation::relu:
      return each([](A x) { return x < 0 ? A(0) : x; });
    case Activation::gelu:
      for (Index i = 0; i < in.size(); ++i) detail::gelu_of(in[i], out[i]);
      return;
    case Activation::gelu_tanh:
      // 1 + tanh(u) would cancel as well; it equals 2 / (1 + e^-2u).
      return each([](A x) {
        constexpr A two_root = static_cast<A>(1.59576912160573071176);  // 2 * sqrt(2 / pi)
        return gated(x, x * (two_root + two_root * A(0.044715) * x * x));
      });
    case Activation::silu:
      return each([](A x) { return gated(x, x); });
    case Activation::sigmoid:
      return each([](A x) {
        const A e = std::exp(-std::abs(x));
        return (x < 0 ? e : A(1)) / (1 + e);
      });
  }
}

template <std::floating_point A>
void Activate::backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                        std::type_identity_t<std::span<A>>) const {
  const auto each = [&](auto slope) {
    for (Index i = 0; i < d_in.size(); ++i)
      std::transform(in[i].begin(), in[i].end(), d_out[i].begin(), d_in[i].begin(),
                     [&](A x, A g) { return slope(x) * g; });
  };
  // 4 e^2|x| / (1 + e^2|x|)^2 and the like: differences such as 1 - y^2 would cancel.
  switch (activation_) {
    case Activation::identity:
      return each([](A) { return A(1); });
    case Activation::tanh:
      return each([](A x) {
        const A e = std::exp(-2 * std::abs(x));
        return 4 * (e / ((1 + e) * (1 + e)));
      });
    case Activation::relu:
      return each([](A x) { return x > 0 ? A(1) : A(0); });
    case Activation::gelu:
      return each([](A x) { return detail::gelu_slope(x); });
    case Activation::gelu_tanh:
      return each([](A x) {
        constexpr A two_root = static_cast<A>(1.59576912160573071176);
        return gated_slope(x, x * (two_root + two_root * A(0.044715) * x * x),
                           two_root + 3 * two_root * A(0.044715) * x * x);
      });
    case Activation::silu:
      return each([](A x) { return gated_slope(x, x, A(1)); });
    case Activation::sigmoid:
      return each([](A x) {
        const A e = std::exp(-std::abs(x));
        return e / ((1 + e) * (1 + e));
      });
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
