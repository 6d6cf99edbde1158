// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <cstdint>

namespace seqpool::inline SEQPOOL_ABI::detail {

// How many tokens the inner loop takes in one pass.
inline constexpr Index tile_tokens = 8;

// Where a block's tokens come from: what the driver says about them.
template <Scalar T> struct TokenSource {
  Index row = 0;                     // the result that they go into
  Index sequence = 0;                // the sequence that they stand in
  Index position = 0;                // where token 0 stands in it, if they are one run
  Index number = 0;                  // which of the row's real tokens token 0 is
  const Index* places = nullptr;     // where each token lies, in strides from data; only if there are holes
  const Index* positions = nullptr;  // where each token stands in its sequence, if they are not one run
  // What is to be prefetched, where that pays:
  bool prefetch = false;
  Index following = 0;      // tokens after these; they lie, or are listed in `places`, as if they belonged to these
  const T* next = nullptr;  // the tile that is read after those, if these are one run
};

struct Prefetch {
  // The same tokens, but nothing is to be prefetched, because somebody else does it.
  template <class Tokens> static Tokens without(Tokens tokens) noexcept {
    tokens.source_.prefetch = false;
    return tokens;
  }

  // The distance in elements from each token to the one that is read a tile later, if these tokens are one run that
  // goes on after them; 0 if they are not to be prefetched, or have holes.
  template <class Tokens> static Index distance(const Tokens& tokens) noexcept {
    const auto& source = tokens.source_;
    return source.prefetch && source.places == nullptr ? tile_tokens * tokens.stride_ : 0;
  }

  // The distance in elements from each token of the tile at `first` to the one that is read a tile later; 0 if those
  // are not to be prefetched, or are not all equally far away.
  template <class Tokens> static Index distance(const Tokens& tokens, Index first) noexcept {
    const auto& source = tokens.source_;
    if (!source.prefetch) return 0;
    const Index known = tokens.size_ + source.following;
    if (first + 2 * tile_tokens <= known) {
      Index step = tile_tokens;
      if (source.places != nullptr) {
        const Index* const places = source.places + first;
        step = places[tile_tokens] - places[0];
        for (Index i = 1; i < tile_tokens; ++i)
          if (places[tile_tokens + i] - places[i] != step) return 0;
      }
      return step * tokens.stride_;
    }
    if (source.next == nullptr || first + tile_tokens != known) return 0;
    const auto address = [](const auto* token) { return reinterpret_cast<std::intptr_t>(token); };
    return (address(source.next) - address(tokens[first])) / static_cast<Index>(sizeof(*source.next));
  }
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
