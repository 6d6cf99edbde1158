// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/pooling/any_pooling.hpp>
#include <seqpool/pooling/detail/named_poolings.hpp>

#include <string>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI {

/// The pooling of hidden states of T with this name in sentence-transformers, as a configuration gives it.
///
///     const auto pooling = seqpool::pooling_named<float>(config);  // "mean"
///     seqpool::pool(pooling, x, mask);
///
/// | name | pooling |
/// |---|---|
/// | "cls" | `Cls` |
/// | "max" | `Max` |
/// | "mean" | `Mean` |
/// | "mean_sqrt_len_tokens" | `MeanSqrtLen` |
/// | "weightedmean" | `WeightedMean` |
/// | "lasttoken" | `Last` |
///
/// **Errors**: `std::invalid_argument` for any other name; the message says which there are.
/// **Source**: `pooling_mode` of sentence-transformers' Pooling. `model::SentenceTransformer` reads a whole folder.
template <class T = void> [[nodiscard]] AnyPooling<detail::lawful_t<T>> pooling_named(std::string_view name);

// ---------------------------------------------------------------------------------------------------------------------

template <class T> AnyPooling<detail::lawful_t<T>> pooling_named(std::string_view name) {
  static_assert(Scalar<T>,
                "seqpool: pooling_named takes the scalar of the hidden states, float, double, Eigen::half or "
                "Eigen::bfloat16: write seqpool::pooling_named<float>(name).");
  std::string known;
  for (const auto& pooling : detail::named_poolings<detail::lawful_t<T>>) {
    if (pooling.name == name) return pooling.make();
    known = detail::sentence({known, known.empty() ? "'" : ", '", pooling.name, "'"});
  }
  detail::fail({"there is no pooling named '", name, "'; there are ", known});
}

}  // namespace seqpool::inline SEQPOOL_ABI
