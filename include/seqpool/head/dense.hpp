// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/activate.hpp>
#include <seqpool/head/linear.hpp>

#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// What a `Dense` adds to its result: the vector that it was given.
struct Residual {};

/// A linear layer and its activation: y = a(W x + b), and with a residual y = a(W x + b) + x or a(W x + b) + P x.
///
///     const seqpool::Dense head{seqpool::Linear{weight, bias}, seqpool::Activation::tanh};
///     const seqpool::Dense with_x{seqpool::Linear{weight, bias}, seqpool::Activation::gelu, seqpool::Residual{}};
///
/// **Shapes**: rows `[n, in]` to `[n, out]`.
/// **Errors**: `std::invalid_argument` if rows do not have `in` features.
/// **Cost**: O(n * out * in); allocates nothing (a device does, to hand out work) except rows `[n, out]` for a
/// projection.
/// **Numerics**: |error| <= 1.2 * e + 8 * eps * (1 + |a(W x + b)|), where e is the bound of `Linear`; a residual adds
/// eps * |y| and the projection's own bound. This holds in the domain that `Linear` states, for rows without
/// infinities. `backward` computes W x + b again; its bounds are those of `Activate`'s slopes and of `Linear`.
/// **Source**: sentence-transformers' Dense, which adds its residual after the activation: x itself if out equals in,
/// else a projection without bias.
template <class T, Index Out = Eigen::Dynamic, Index In = Eigen::Dynamic> class Dense {
  static_assert(Scalar<T>,
                "seqpool: a Dense<T> holds a Linear<T>, whose weights are of float, double, Eigen::half or "
                "Eigen::bfloat16.");
  using A = accumulator_t<detail::lawful_t<T>>;
  using Layer = Linear<detail::lawful_t<T>, Out, In>;

 public:
  static constexpr Index fixed_width = Out;
  static constexpr Index fixed_features = In;

  /// a(W x + b).
  template <class L, class F> Dense(const L& linear, const F& activation);

  /// The same plus a residual: `Residual{}` adds x itself, so out must equal in; a `Linear` of linear's sizes adds P x,
  /// and its bias if it has one.
  ///
  /// **Errors**: sizes that do not fit do not compile where the types state them, and are `std::invalid_argument`
  /// otherwise.
  template <class L, class F, class R> Dense(const L& linear, const F& activation, const R& residual);

  [[nodiscard]] Index out() const noexcept { return linear_.out(); }
  [[nodiscard]] Index in() const noexcept { return linear_.in(); }
  [[nodiscard]] Activation activation() const noexcept { return activate_.activation(); }

  // As a Head.
  [[nodiscard]] Index width(Index features) const { return linear_.width(features); }

  template <class D = CallingThread> void map(Rows<const A> in, Rows<A> out, const D& device = {}) const;

  void backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const;
  void set_parameters(std::span<const double> numbers);

  /// "linear.weight" and "linear.bias", and for a projection "residual.weight" and "residual.bias".
  void visit_parameters(auto f) const {
    seqpool::visit_parameters(linear_, f, "linear");
    for (const Layer& layer : projection_) seqpool::visit_parameters(layer, f, "residual");
  }

 private:
  // The scalar of a Linear; other types have none.
  template <class U, Index OtherOut, Index OtherIn>
  static std::type_identity<U> scalar_of(const Linear<U, OtherOut, OtherIn>& linear);

  // What it was given, or an error message and something that compiles without another.
  template <class L> static Layer layer_of(const L& linear);
  template <class F> static Activation activation_of(const F& activation);
  template <class R> static consteval bool is_residual();

  Layer linear_;
  Activate activate_;
  bool adds_input_ = false;
  std::vector<Layer> projection_;  // one, or none
};

// Takes anything, so that the constructors say what it should be.
template <class T, Index Out, Index In, class F, class... R>
Dense(const Linear<T, Out, In>&, const F&, const R&...) -> Dense<T, Out, In>;
template <class L, class F, class... R> Dense(const L&, const F&, const R&...) -> Dense<float>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T, Index Out, Index In>
template <class L, class F>
Dense<T, Out, In>::Dense(const L& linear, const F& activation)
    : linear_(layer_of(linear)), activate_(activation_of(activation)) {}

template <class T, Index Out, Index In>
template <class L, class F, class R>
Dense<T, Out, In>::Dense(const L& linear, const F& activation, const R& residual) : Dense(linear, activation) {
  if constexpr (std::same_as<R, Residual>) {
    static_assert(detail::sizes_agree(Out, In),
                  "seqpool: Dense{linear, activation, Residual{}} adds x to its result, so that out must be in; where "
                  "they differ pass a projection: Dense{linear, activation, Linear{projection}}, [out, in] too.");
    if (out() != in())
      detail::fail({"Dense{linear, activation, Residual{}} adds x to its result, but its weight [out, in] is ",
                    detail::shape({out(), in()}), ": out must be in, or the residual a Linear{projection}"});
    adds_input_ = true;
  } else if constexpr (is_residual<R>()) {
    if (residual.out() != out() || residual.in() != in())
      detail::fail({"a Dense adds a projection [out, in] = ", detail::shape({residual.out(), residual.in()}),
                    ", but its weight [out, in] is ", detail::shape({out(), in()}), ": both must have the same sizes"});
    projection_.push_back(residual);
  }
}

template <class T, Index Out, Index In> template <class L> auto Dense<T, Out, In>::layer_of(const L& linear) -> Layer {
  constexpr bool some = requires { scalar_of(linear); };
  static_assert(some,
                "seqpool: Dense{linear, activation} takes a seqpool::Linear first: Dense{Linear{weight, bias}, "
                "Activation::tanh}.");
  if constexpr (some) {
    constexpr bool of_t = std::same_as<decltype(scalar_of(linear)), std::type_identity<T>>;
    static_assert(of_t, "seqpool: a Dense<T> takes a Linear<T>; convert its weight and bias with cast<T>().");
    if constexpr (of_t) return Layer(linear);
  }
  return Layer(Eigen::Tensor<detail::lawful_t<T>, 2>());
}

template <class T, Index Out, Index In>
template <class F>
Activation Dense<T, Out, In>::activation_of(const F& activation) {
  static_assert(std::same_as<F, Activation>,
                "seqpool: Dense{linear, activation} takes a seqpool::Activation second: Activation::tanh, relu, gelu, "
                "gelu_tanh, silu, sigmoid or identity.");
  if constexpr (std::same_as<F, Activation>) return activation;
  return Activation::identity;
}

template <class T, Index Out, Index In> template <class R> consteval bool Dense<T, Out, In>::is_residual() {
  constexpr bool of_t = requires(const R& residual) {
    { scalar_of(residual) } -> std::same_as<std::type_identity<T>>;
  };
  static_assert(of_t,
                "seqpool: Dense{linear, activation, residual} takes Residual{} third, which adds x, or a projection: a "
                "Linear of the same scalar and sizes as the first.");
  return of_t;
}

template <class T, Index Out, Index In>
template <class D>
void Dense<T, Out, In>::map(Rows<const A> in, Rows<A> out, const D& device) const {
  linear_.map(in, out, device);
  if (activation() == Activation::identity && !adds_input_ && projection_.empty()) return;
  detail::AlignedVector<A> projected;
  Rows<const A> residual = in;
  if (!projection_.empty()) {
    projected.resize(static_cast<std::size_t>(detail::product(in.size(), out.features(), "rows of a projection")));
    const Rows<A> rows(projected.data(), in.size(), out.features(), out.features());
    projection_.front().map(in, rows, device);
    residual = rows;
  }
  const double bytes = static_cast<double>(2 * out.features()) * sizeof(A);
  detail::share_out(device, in.size(), bytes, [&](Index first, Index last) {
    const Rows<A> rows = out.part(first, last - first);
    activate_.map(rows, rows);
    if (adds_input_ || !projection_.empty())
      for (Index i = first; i < last; ++i) as_array(out[i]) += as_array(residual[i]);
  });
}

template <class T, Index Out, Index In>
void Dense<T, Out, In>::backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const {
  const auto size = static_cast<std::size_t>(detail::product(in.size(), (std::max)(out(), this->in()), "rows"));
  detail::AlignedVector<A> room(size);
  const Rows<A> before(room.data(), in.size(), out(), out());  // what the activation gets, and then its gradient
  linear_.map(in, before);
  activate_.backward(before, d_out, before, {});
  const auto count = own.empty() ? 0 : static_cast<std::size_t>(seqpool::parameter_count(linear_));
  linear_.backward(in, before, d_in, own.first(count));
  Rows<const A> residual = d_out;
  for (const Layer& layer : projection_) {
    const Rows<A> rows(room.data(), d_in.size(), this->in(), this->in());
    layer.backward(in, d_out, rows, own.subspan(count));
    residual = rows;
  }
  if (adds_input_ || !projection_.empty())
    for (Index i = 0; i < d_in.size(); ++i) as_array(d_in[i]) += as_array(residual[i]);
}

template <class T, Index Out, Index In> void Dense<T, Out, In>::set_parameters(std::span<const double> numbers) {
  seqpool::set_part(linear_, numbers);
  for (Layer& layer : projection_) seqpool::set_part(layer, numbers);
}

}  // namespace seqpool::inline SEQPOOL_ABI
