// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>

namespace seqpool::inline SEQPOOL_ABI {

struct Cls;
struct Last;
struct Max;
struct Mean;
struct MeanSqrtLen;
struct Min;
struct Sum;

namespace detail {

// Poolings that treat every feature alike and by itself: known, and not asked for, as a pooling with a parameter for
// each feature could believe it of itself.
template <class P>
inline constexpr bool pools_features_alike =
    std::same_as<P, Cls> || std::same_as<P, Last> || std::same_as<P, Max> || std::same_as<P, Mean> ||
    std::same_as<P, MeanSqrtLen> || std::same_as<P, Min> || std::same_as<P, Sum>;

// Whether batch and hidden may change places: column-major hidden states hold one feature of the whole batch side by
// side, and without a mask all rows have the same tokens, so such a feature is pooled as a row would be.
template <class P, class X, class S> bool may_exchange([[maybe_unused]] const X& x) noexcept {
  if constexpr (pools_features_alike<P> && std::same_as<S, AllTokens> && requires { x.transposed(); })
    return x.hidden_stride() != 1 && x.batch_stride() == 1 && x.batch() >= 4 && x.seq() > 0;
  else
    return false;
}

}  // namespace detail
}  // namespace seqpool::inline SEQPOOL_ABI
