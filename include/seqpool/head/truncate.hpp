// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/head.hpp>

#include <algorithm>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The first features of each vector: y[f] = x[f] for f < features. For models that were trained for it (Matryoshka).
///
///     const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Truncate{256}, seqpool::Normalize{}};
///
/// Put `Normalize` after it: a vector of length 1 is shorter once it is cut.
///
/// **Shapes**: rows `[n, in]`, in at least `features`, to `[n, features]`.
/// **Errors**: `std::invalid_argument` for features less than 1, and for rows with fewer.
/// **Cost**: O(n * features); allocates nothing.
/// **Numerics**: exact.
/// **Source**: sentence-transformers' truncate_dim.
class Truncate {
 public:
  explicit Truncate(Index features) : features_(features) {
    if (features < 1) detail::fail({"Truncate{", features, "}: there must be at least one feature left"});
  }

  [[nodiscard]] Index width(Index features) const {
    if (features < features_)
      detail::fail(
          {"Truncate{", features_, "} gets vectors of ", features, " features: there must be at least as many"});
    return features_;
  }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
    for (Index i = 0; i < in.size(); ++i) std::copy_n(in[i].begin(), features_, out[i].begin());
  }
  template <std::floating_point A>
  void backward(std::type_identity_t<Rows<const A>>, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>>) const {
    for (Index i = 0; i < d_in.size(); ++i)
      std::fill(std::copy_n(d_out[i].begin(), features_, d_in[i].begin()), d_in[i].end(), A(0));
  }

 private:
  Index features_;
};

}  // namespace seqpool::inline SEQPOOL_ABI
