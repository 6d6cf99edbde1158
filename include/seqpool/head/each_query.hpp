// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/sequential.hpp>

#include <string>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Heads for each query by itself: y_q = h_j(... h_1(x_q)), for vectors that hold the results of k queries side by
/// side.
///
///     const seqpool::EachQuery mlp{k, seqpool::LayerNorm{weight, bias}, seqpool::Linear{projection}};
///     const seqpool::Embedder embedder{attention.pooling(), attention.head(), mlp};
///
/// **Shapes**: rows `[n, k * in]` to `[n, k * out]`, where the heads take `in` features and give `out`.
/// **Errors**: `std::invalid_argument` for k less than 1, and for features that k does not divide.
/// **Cost**: k times that of a `Sequential` of the heads.
/// **Numerics**: the heads'.
template <class... H> class EachQuery {
 public:
  explicit EachQuery(Index queries, H... heads) : queries_(queries), heads_(std::move(heads)...) {
    if (queries < 1) detail::fail({"EachQuery{", queries, ", heads...}: there must be a query"});
  }

  [[nodiscard]] Index width(Index features) const {
    if (features % queries_ != 0)
      detail::fail({"EachQuery{", queries_, ", heads...} gets vectors of ", features,
                    " features: they must be as many for each query"});
    return detail::product(queries_, heads_.width(features / queries_), "features of all queries");
  }

  template <std::floating_point A, class D = CallingThread>
    requires(Head<H, A> && ...)
  void map(std::type_identity_t<Rows<const A>> in, Rows<A> out, const D& device = {}) const {
    const Index from = in.features() / queries_;
    const Index to = out.features() / queries_;
    for (Index q = 0; q < queries_; ++q)
      seqpool::map_rows(heads_, Rows<const A>(in.data() + q * from, in.size(), from, in.stride()),
                        Rows<A>(out.data() + q * to, out.size(), to, out.stride()), device);
  }
  // Row by row, the queries of each together: that is the order in which parameters' gradients are summed.
  template <std::floating_point A>
    requires DifferentiableHead<Sequential<H...>, A>
  void backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>> own) const {
    const auto queries = [this](auto row, Index n) {
      const Index features = static_cast<Index>(row.size()) / queries_;
      return Rows(row.data(), n, features, features);
    };
    for (Index i = 0; i < in.size(); ++i)
      heads_.backward(queries(in[i], queries_), queries(d_out[i], queries_),
                      d_in.size() == 0 ? d_in : queries(d_in[i], queries_), own);
  }
  void set_parameters(std::span<const double> numbers)
    requires Settable<Sequential<H...>>
  {
    heads_.set_parameters(numbers);
  }

  void visit_parameters(auto f) const { seqpool::visit_parameters(heads_, f); }

 private:
  Index queries_;
  Sequential<H...> heads_;
};

}  // namespace seqpool::inline SEQPOOL_ABI
