// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/pooling/any_pooling.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/pooling/last.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/mean_sqrt_len.hpp>
#include <seqpool/pooling/weighted_mean.hpp>

#include <array>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI::detail {

template <Scalar T> struct NamedPooling {
  std::string_view name;
  AnyPooling<T> (*make)();
};

template <class P, Scalar T> AnyPooling<T> make_any_pooling() { return P{}; }

// Poolings by their names in sentence-transformers, in the order in which its older folders put them side by side.
template <Scalar T>
inline constexpr std::array<NamedPooling<T>, 6> named_poolings{{
    {"cls", make_any_pooling<Cls, T>},
    {"max", make_any_pooling<Max, T>},
    {"mean", make_any_pooling<Mean, T>},
    {"mean_sqrt_len_tokens", make_any_pooling<MeanSqrtLen, T>},
    {"weightedmean", make_any_pooling<WeightedMean, T>},
    {"lasttoken", make_any_pooling<Last, T>},
}};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
