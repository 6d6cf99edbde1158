// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/sequential.hpp>

#include <string>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Heads with a way around them: y = x + h_k(... h_1(x)).
///
///     const seqpool::SkipConnection mlp{norm, fc1, seqpool::Activate{seqpool::Activation::gelu_tanh}, fc2};
///
/// A SigLIP pooling head is `Sequential{attention.head(), mlp}` after `attention.pooling()` of a `MultiheadAttention`.
///
/// **Shapes**: rows `[n, features]` to the same.
/// **Errors**: `std::invalid_argument` if the heads do not give as many features as they take.
/// **Cost**: that of a `Sequential` of the heads.
/// **Numerics**: the heads', and one rounding of the sum.
/// **Source**: the residuals of transformers; for a single `Linear` see `Dense`.
template <class... H> class SkipConnection {
 public:
  static constexpr Index fixed_features = Sequential<H...>::fixed_features;
  static constexpr Index fixed_width = Sequential<H...>::fixed_width;
  static_assert(
      detail::sizes_agree(fixed_features, fixed_width),
      "seqpool: SkipConnection{heads...} adds x to what its heads make, so that the last head's width must be "
      "the first one's features, and here their types state two sizes that differ.");

  explicit SkipConnection(H... heads) : heads_(std::move(heads)...) {}

  [[nodiscard]] Index width(Index features) const {
    const Index found = heads_.width(features);
    if (found != features)
      detail::fail({"a SkipConnection adds vectors of ", features, " features to what its heads make, ", found,
                    " features: both must be the same"});
    return features;
  }

  template <std::floating_point A, class D = CallingThread>
    requires(Head<H, A> && ...)
  void map(std::type_identity_t<Rows<const A>> in, Rows<A> out, const D& device = {}) const {
    seqpool::map_rows(heads_, in, out, device);
    for (Index i = 0; i < in.size(); ++i) as_array(out[i]) += as_array(in[i]);
  }
  template <std::floating_point A>
    requires DifferentiableHead<Sequential<H...>, A>
  void backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>> own) const {
    heads_.backward(in, d_out, d_in, own);
    for (Index i = 0; i < d_in.size(); ++i) as_array(d_in[i]) += as_array(d_out[i]);
  }
  void set_parameters(std::span<const double> numbers)
    requires Settable<Sequential<H...>>
  {
    heads_.set_parameters(numbers);
  }

  void visit_parameters(auto f) const { seqpool::visit_parameters(heads_, f); }

 private:
  Sequential<H...> heads_;
};

}  // namespace seqpool::inline SEQPOOL_ABI
