// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/sizes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/input/hidden_states.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <string>
#include <type_traits>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Sequences that each have their own place in memory: a vector each, or a pointer and a length each,
/// `[lengths[b], hidden]`.
///
///     const std::vector<std::vector<float>> sequences = encode(texts);  // each [length, hidden]
///     seqpool::mean_pool(seqpool::Ragged(sequences, hidden));           // [sequences, hidden]
///     const std::vector<const float*> pointers{first, second};
///     const std::vector<int> lengths{12, 7};
///     seqpool::mean_pool(seqpool::Ragged<float>(pointers, lengths, hidden));  // [2, hidden]
///
/// The memory must outlive it; pointers and lengths are copied. Without padding it takes no mask, but it takes `Spans`
/// and `skip_prefix(all_tokens, counts)`.
template <class T> class Ragged {
  static_assert(Scalar<T>, "seqpool: sequences of Ragged<T> are of float, double, Eigen::half or Eigen::bfloat16.");

 public:
  using value_type = T;
  static constexpr bool has_padding = false;

  /// **Shapes**: sequences: `[batch]`, a contiguous range of contiguous ranges of T, each `[length, hidden]` without
  /// gaps: its size is length * hidden.
  /// **Errors**: `std::invalid_argument` for a size that is not a multiple of hidden, naming its sequence, or for a
  /// negative hidden. The compiler refuses a temporary that owns the numbers, which would be gone at the end of the
  /// line.
  /// **Cost**: O(batch), two allocations.
  template <class S> Ragged(S&& sequences, detail::Size hidden);

  /// **Shapes**: pointers: `[batch]`, a contiguous range of pointers to `[lengths[b], hidden]` elements; lengths:
  /// `[batch]`, integers in a contiguous range, an Eigen vector or an Eigen tensor of rank 1. A token's features are
  /// neighbours; tokens are `hidden` or `token_stride` elements apart.
  /// **Errors**: `std::invalid_argument` for a negative hidden or length, for different numbers of lengths and
  /// pointers, or for a null pointer to at least one element, naming its sequence.
  /// **Cost**: O(batch), two allocations.
  template <class P, class V>
  Ragged(const P& pointers, const V& lengths, detail::Size hidden) : Ragged(pointers, lengths, hidden, hidden) {}
  template <class P, class V>
  Ragged(const P& pointers, const V& lengths, detail::Size hidden, detail::Size token_stride);

  [[nodiscard]] Index batch() const noexcept { return static_cast<Index>(lengths_.size()); }
  [[nodiscard]] Index seq() const noexcept { return longest_; }
  [[nodiscard]] Index seq(Index b) const noexcept { return lengths_[static_cast<std::size_t>(b)]; }
  [[nodiscard]] Index hidden() const noexcept { return hidden_; }
  [[nodiscard]] Index token_stride() const noexcept { return token_stride_; }
  [[nodiscard]] Index hidden_stride() const noexcept { return 1; }
  [[nodiscard]] const T* token(Index b, Index s) const noexcept {
    return pointers_[static_cast<std::size_t>(b)] + s * token_stride_;
  }

 private:
  // Throws if a pointer to elements is null, or if the longest sequence reaches farther than memory can.
  void check();

  std::vector<const T*> pointers_;
  std::vector<Index> lengths_;
  Index hidden_;
  Index token_stride_;
  Index longest_ = 0;
};

template <class S> Ragged(const S&, detail::Size) -> Ragged<detail::guide_scalar_t<detail::guide_scalar_t<S>>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class S>
Ragged<T>::Ragged([[maybe_unused]] S&& sequences, detail::Size hidden) : hidden_(hidden), token_stride_(hidden) {
  using R = std::remove_cvref_t<S>;
  constexpr bool lawful = std::ranges::contiguous_range<R> && requires {
    requires std::ranges::contiguous_range<std::ranges::range_value_t<R>>;
    requires std::same_as<std::ranges::range_value_t<std::ranges::range_value_t<R>>, T>;
  };
  static_assert(lawful,
                "seqpool: Ragged<T>(sequences, hidden) takes a contiguous range of contiguous ranges of T, such as "
                "std::vector<std::vector<T>>, each [length, hidden]; of pointers write seqpool::Ragged<T>(pointers, "
                "lengths, hidden).");
  if constexpr (lawful) {
    constexpr bool live = std::ranges::borrowed_range<S> || std::ranges::borrowed_range<std::ranges::range_value_t<R>>;
    static_assert(
        live,
        "seqpool: Ragged sees sequences where they lie, and these are in a temporary, which is gone at the end of the "
        "line. Give it a name that lives as long as the view.");
    for (const auto& sequence : sequences) {
      const auto size = static_cast<Index>(std::ranges::size(sequence));
      if (hidden == 0 ? size != 0 : size % hidden != 0)
        detail::fail({"sequence ", lengths_.size(), " has ", size, " elements, which is no multiple of hidden ",
                      hidden_, ": it must be [length, hidden]"});
      pointers_.push_back(std::ranges::data(sequence));
      lengths_.push_back(hidden == 0 ? 0 : size / hidden);
    }
  }
  check();
}

template <class T>
template <class P, class V>
Ragged<T>::Ragged(const P& pointers, const V& lengths, detail::Size hidden, detail::Size token_stride)
    : hidden_(hidden), token_stride_(token_stride) {
  constexpr bool lawful = detail::IntegerVector<V> && std::ranges::contiguous_range<P> &&
                          requires { requires std::convertible_to<std::ranges::range_value_t<P>, const T*>; };
  static_assert(
      lawful,
      "seqpool: Ragged<T>(pointers, lengths, hidden) takes one pointer to T for each sequence, [batch], in a "
      "contiguous range such as std::vector<const T*>, and then one integer for each, [batch]; of vectors, take their "
      "data().");
  if constexpr (lawful) {
    pointers_.assign(std::ranges::begin(pointers), std::ranges::end(pointers));
    lengths_ = detail::indices(lengths, [](std::size_t b, const std::string& length) {
      detail::fail({"sequence ", b, " has length ", length, ": a length must be 0 or more"});
    });
  }
  if (pointers_.size() != lengths_.size())
    detail::fail(
        {"there are ", pointers_.size(), " pointers, but ", lengths_.size(), " lengths: both must be [batch]"});
  check();
}

template <class T> void Ragged<T>::check() {
  for (std::size_t b = 0; b < lengths_.size(); ++b) {
    if (pointers_[b] == nullptr && lengths_[b] > 0 && hidden_ > 0)
      detail::fail({"sequence ", b, " ", detail::shape({lengths_[b], hidden_}), " has a null pointer"});
    longest_ = (std::max)(longest_, lengths_[b]);
  }
  const T element{};  // only how far the longest one reaches is checked
  detail::check_memory<T, 2>(&element, {longest_, hidden_}, {token_stride_, 1}, "the longest sequence's tokens",
                             "[length, hidden]");
}

}  // namespace seqpool::inline SEQPOOL_ABI
