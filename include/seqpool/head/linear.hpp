// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/head/detail/multiply.hpp>
#include <seqpool/head/head.hpp>

#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The linear head, a classifier's or a projection: y[o] = sum_f weight[o, f] * x[f] + bias[o].
///
///     const seqpool::Linear head{weight, bias};  // weight [out, in], as torch.nn.Linear stores it
///     const auto logits = seqpool::map(head, seqpool::mean_pool(x, mask));  // [batch, out]
///
/// `Out` and `In` may be fixed in the type, and are then checked where types meet. A `Linear<T>` holds any sizes.
///
/// **Shapes**: weight `[out, in]`; bias `[out]` or none; rows `[n, in]` to `[n, out]`.
/// **Errors**: `std::invalid_argument` if rows do not have `in` features.
/// **Cost**: O(n * out * in); allocates nothing (a device does, to hand out work).
/// **Numerics**: weights and sums in `accumulator_t`, every output in one fixed order of additions;
/// |error| <= (min(in, 256) / 2 + in / 512 + 4) * eps * (sum_f |weight[o, f] * x[f]| + |bias[o]|), as long as that sum
/// is finite and neither a product nor the result is subnormal. Gradients of x are within (out / 8 + 32) * eps *
/// sum_o |weight[o, f] d_y[o]|; those of weight and bias are sums over rows, one after another.
/// **Source**: torch.nn.Linear.
template <class T, Index Out = Eigen::Dynamic, Index In = Eigen::Dynamic> class Linear {
  static_assert(Scalar<T>,
                "seqpool: Linear{weight, bias} takes a weight and a bias of float, double, Eigen::half or "
                "Eigen::bfloat16; convert others first, for example with weight.cast<float>().");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  static constexpr Index fixed_width = Out;
  static constexpr Index fixed_features = In;

  /// Copies a weight, and a bias if there is one: the originals may go.
  ///
  /// **Shapes**: weight: `[out, in]`, an Eigen tensor of rank 2 or an Eigen matrix, of any layout; bias: `[out]`, an
  /// Eigen tensor of rank 1, an Eigen vector or a contiguous range; without one it is 0.
  /// **Errors**: sizes that differ from each other or from Out and In do not compile where both are fixed, and are
  /// `std::invalid_argument` otherwise, as are null pointers.
  /// **Cost**: O(out * in), three allocations.
  template <class W> explicit Linear(const W& weight);
  template <class W, class B> Linear(const W& weight, const B& bias);

  /// The same head, with its sizes in the type or not: `Linear<float> head = Linear{fixed_matrix}`.
  template <Index OtherOut, Index OtherIn> Linear(const Linear<T, OtherOut, OtherIn>& other);

  [[nodiscard]] Index out() const noexcept { return product_.out(); }
  [[nodiscard]] Index in() const noexcept { return product_.in(); }

  // As a Head.
  [[nodiscard]] Index width(Index features) const;

  template <class D = CallingThread> void map(Rows<const A> in, Rows<A> out, const D& device = {}) const;

  void backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const;
  void set_parameters(std::span<const double> numbers);

  /// "weight", and "bias" if there is one.
  void visit_parameters(auto f) const {
    seqpool::visit_parameter(f, "weight", product_.weight(), {out(), in()}, true);
    if (has_bias_) seqpool::visit_parameter(f, "bias", product_.bias(), {out()}, false);
  }

 private:
  template <class, Index, Index> friend class Linear;

  // Each is true, or a compile error with a message.
  template <class W> static consteval bool is_weight();
  template <class B> static consteval bool is_bias();

  static void check_sizes(Index out, Index in);
  template <class W> void copy(const W& weight, const detail::AlignedVector<A>& bias);

  detail::Product<A> product_;
  bool has_bias_ = false;
};

// Takes any weight and bias, so that the constructors say what they should be.
template <class W>
explicit Linear(const W&)
    -> Linear<detail::guide_element_t<W>, detail::static_sizes<W>()[0], detail::static_sizes<W>()[1]>;
template <class W, class B>
Linear(const W&, const B&)
    -> Linear<detail::guide_element_t<W>, detail::static_sizes<W>()[0], detail::static_sizes<W>()[1]>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T, Index Out, Index In> template <class W> Linear<T, Out, In>::Linear(const W& weight) {
  if constexpr (is_weight<W>())
    copy(weight, detail::AlignedVector<A>(static_cast<std::size_t>(detail::run_time_sizes(weight)[0]), A(0)));
}

template <class T, Index Out, Index In>
template <class W, class B>
Linear<T, Out, In>::Linear(const W& weight, const B& bias) {
  if constexpr (is_weight<W>())
    if constexpr (is_bias<B>()) copy(weight, detail::widened(bias));
  has_bias_ = true;
}

template <class T, Index Out, Index In>
template <Index OtherOut, Index OtherIn>
Linear<T, Out, In>::Linear(const Linear<T, OtherOut, OtherIn>& other)
    : product_(other.product_), has_bias_(other.has_bias_) {
  static_assert(detail::sizes_agree(Out, OtherOut) && detail::sizes_agree(In, OtherIn),
                "seqpool: a Linear<T, Out, In> holds a weight [Out, In], and the other one has other sizes.");
  check_sizes(other.out(), other.in());
}

template <class T, Index Out, Index In> template <class W> consteval bool Linear<T, Out, In>::is_weight() {
  static_assert(detail::MatrixLike<W>,
                "seqpool: Linear{weight, bias} takes the weight [out, in] first, an Eigen tensor of rank 2 or an Eigen "
                "matrix, as torch.nn.Linear stores it; view other memory with an Eigen::TensorMap.");
  if constexpr (detail::MatrixLike<W> && Scalar<T>) {
    constexpr bool of_t = std::same_as<detail::element_t<W>, T>;
    static_assert(of_t, "seqpool: Linear<T, Out, In> takes a weight of T; convert it with cast<T>().");
    constexpr auto sizes = detail::static_sizes<W>();
    constexpr bool agree = detail::sizes_agree(sizes[0], Out) && detail::sizes_agree(sizes[1], In);
    static_assert(agree || !of_t,
                  "seqpool: weight must be [Out, In] of Linear<T, Out, In>, as torch.nn.Linear stores it; transpose it "
                  "if it is [in, out].");
    return of_t && agree;
  } else {
    return false;
  }
}

template <class T, Index Out, Index In> template <class B> consteval bool Linear<T, Out, In>::is_bias() {
  static_assert(detail::VectorLike<B>,
                "seqpool: Linear{weight, bias} takes the weight [out, in] first and the bias [out] second: an Eigen "
                "tensor of rank 1, an Eigen vector, or a contiguous range.");
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

template <class T, Index Out, Index In> Index Linear<T, Out, In>::width(Index features) const {
  if (features != in())
    detail::fail({"a head gets vectors of ", features, " features, but its weight [out, in] is ",
                  detail::shape({out(), in()}),
                  (features == out() ? ": it looks transposed, and must be [out, in], as torch.nn.Linear stores it"
                                     : ": input must be [batch, in]")});
  return out();
}

template <class T, Index Out, Index In>
template <class D>
void Linear<T, Out, In>::map(Rows<const A> in, Rows<A> out, const D& device) const {
  const detail::MatrixView<const A> x{in.data(), in.size(), in.features(), in.stride(), 1};
  const detail::MatrixView<A> y{out.data(), out.size(), out.features(), out.stride(), 1};
  detail::multiply(product_, x, y, device);
}

template <class T, Index Out, Index In>
void Linear<T, Out, In>::backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const {
  detail::multiply_back(product_, in, d_out, d_in, own);
}

template <class T, Index Out, Index In> void Linear<T, Out, In>::set_parameters(std::span<const double> numbers) {
  seqpool::check_count(*this, numbers);
  const auto weights = static_cast<std::size_t>(out() * in());
  product_ = detail::product_of<A>(out(), in(), numbers.first(weights), numbers.subspan(weights));
}

template <class T, Index Out, Index In> void Linear<T, Out, In>::check_sizes(Index out, Index in) {
  if (!detail::sizes_agree(out, Out) || !detail::sizes_agree(in, In))
    detail::fail(
        {"weight [out, in] is ", detail::shape({out, in}), ", but Linear<T, Out, In> has ", detail::shape({Out, In}),
         " (-1 is any)",
         (out == In && in == Out ? ": it looks transposed, and must be [out, in], as torch.nn.Linear stores it" : "")});
}

template <class T, Index Out, Index In>
template <class W>
void Linear<T, Out, In>::copy(const W& weight, const detail::AlignedVector<A>& bias) {
  const auto [out, in] = detail::run_time_sizes(weight);
  check_sizes(out, in);
  const Index found = static_cast<Index>(bias.size());
  if (found != out)
    detail::fail({"bias is ", detail::shape({found}), ", but weight [out, in] is ", detail::shape({out, in}),
                  (found == in ? ": the weight looks transposed, and must be [out, in], as torch.nn.Linear stores it"
                               : ": bias must be [out]")});
  if constexpr (detail::EigenTensor<W>) static_cast<void>(detail::matrix_view(weight, "weight"));  // throws if null
  const auto& elements = detail::evaluated(weight);
  product_ = detail::Product<A>(
      out, in, [&](Index o, Index f) { return widen(elements(o, f)); },
      [&](Index o) { return bias[static_cast<std::size_t>(o)]; });
}

}  // namespace seqpool::inline SEQPOOL_ABI
