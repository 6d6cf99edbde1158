// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/head/head.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// Keeps the k features of largest |x| in each vector and sets all others to 0, as before storing a sparse vector.
///
///     const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::KeepLargest{64}};
///
/// Among equals the first ones stay. A NaN counts as larger than any number, so it is not lost. If k is at least the
/// vector's features, all stay.
///
/// **Shapes**: rows `[n, features]` to `[n, features]`.
/// **Errors**: `std::invalid_argument` for k less than 1.
/// **Cost**: O(n * features) on average; allocates nothing.
/// **Numerics**: exact. What stays has the gradient of y, what does not 0.
/// **Source**: max_active_dims of sentence-transformers' SparseEncoder, which leaves open which of equals stay.
class KeepLargest {
 public:
  explicit KeepLargest(Index k) : k_(k) {
    if (k < 1) detail::fail({"KeepLargest{", k, "}: there must be at least one feature left"});
  }

  [[nodiscard]] Index width(Index features) const noexcept { return features; }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
    for (Index i = 0; i < in.size(); ++i) keep<A>(in[i], in[i], out[i]);
  }
  template <std::floating_point A>
  void backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>>) const {
    for (Index i = 0; i < d_in.size(); ++i) keep<A>(in[i], d_out[i], d_in[i]);
  }

 private:
  // y[f] = from[f] where x[f] is among the largest, else 0.
  template <class A> void keep(std::span<const A> x, std::span<const A> from, std::span<A> y) const;

  Index k_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class A> void KeepLargest::keep(std::span<const A> x, std::span<const A> from, std::span<A> y) const {
  if (k_ >= static_cast<Index>(x.size())) {
    std::copy(from.begin(), from.end(), y.begin());
    return;
  }
  std::transform(x.begin(), x.end(), y.begin(), [](A value) { return std::abs(value); });
  const auto kth = y.begin() + k_ - 1;
  std::nth_element(y.begin(), kth, y.end(), detail::exceeds);
  const A least = *kth;
  // How many features as large as the k-th have room beside the larger ones, which all stand before it.
  Index room = k_ - std::count_if(y.begin(), kth, [&](A value) { return detail::exceeds(value, least); });
  for (std::size_t f = 0; f < x.size(); ++f) {
    const A size = std::abs(x[f]);
    const bool kept = detail::exceeds(size, least) || (!detail::exceeds(least, size) && room-- > 0);
    y[f] = kept ? from[f] : A(0);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
