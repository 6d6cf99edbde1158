// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/head.hpp>

#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The mean of the results of k queries that lie side by side: y = (x_1 + ... + x_k) / k.
///
///     const seqpool::Embedder embedder{attention.pooling(), attention.head(), seqpool::QueryMean{k}};
///
/// For an `Attention` alone, `average()` pools the mean directly.
///
/// **Shapes**: rows `[n, k * features]` to `[n, features]`.
/// **Errors**: `std::invalid_argument` for k less than 1, and for features that k does not divide.
/// **Cost**: O(n * k * features); allocates nothing.
/// **Numerics**: |error| <= k * eps * (|x_1| + ... + |x_k|) / k, where the result is normal and no sum overflows. A NaN
/// stays.
/// **Source**: timm's AttentionPoolLatent with pool_type "avg".
class QueryMean {
 public:
  explicit QueryMean(Index queries) : queries_(queries) {
    if (queries < 1) detail::fail({"QueryMean{", queries, "}: there must be a query"});
  }

  [[nodiscard]] Index width(Index features) const {
    if (features % queries_ != 0)
      detail::fail(
          {"QueryMean{", queries_, "} gets vectors of ", features, " features: they must be as many for each query"});
    return features / queries_;
  }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
    for (Index i = 0; i < in.size(); ++i) {
      const auto x = in[i];
      const auto y = out[i];
      as_array(y) = as_array(x.first(y.size()));
      for (std::size_t q = 1; q < static_cast<std::size_t>(queries_); ++q)
        as_array(y) += as_array(x.subspan(q * y.size(), y.size()));
      as_array(y) /= static_cast<A>(queries_);
    }
  }
  template <std::floating_point A>
  void backward(std::type_identity_t<Rows<const A>>, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>>) const {
    for (Index i = 0; i < d_in.size(); ++i)
      for (std::size_t q = 0; q < static_cast<std::size_t>(queries_); ++q) {
        const auto d_x = d_in[i].subspan(q * d_out[i].size(), d_out[i].size());
        as_array(d_x) = as_array(d_out[i]) / static_cast<A>(queries_);
      }
  }

 private:
  Index queries_;
};

}  // namespace seqpool::inline SEQPOOL_ABI
