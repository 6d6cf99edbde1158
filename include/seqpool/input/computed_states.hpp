// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/sizes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <functional>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Hidden states that a function writes, one token at a time, for any pooling: rows of a table, say, by token ids.
///
///     const auto row = [&](seqpool::Index b, seqpool::Index s, float* out) {
///       std::copy_n(&table(ids(b, s), 0), hidden, out);  // table: [words, hidden]
///     };
///     const auto bags = seqpool::mean_pool(seqpool::ComputedStates<float>({batch, seq, hidden}, row), mask);
///
/// The function writes the `hidden` features of token s of sequence b to `out`. It is called only for real tokens; with
/// a device, several threads call it at once, and a pooling may ask for a token twice. What it throws comes out of the
/// pooling. Whatever it refers to must outlive this object.
///
/// **Shapes**: a `Sequences` of `[batch, seq, hidden]`.
/// **Cost**: a block of 256 tokens is in memory at a time.
template <class T> class ComputedStates {
  static_assert(Scalar<T>, "seqpool: ComputedStates<T> are of float, double, Eigen::half or Eigen::bfloat16.");

 public:
  using value_type = T;
  using Function = std::function<void(Index b, Index s, T* out)>;

  /// **Shapes**: sizes: {batch, seq, hidden}, 3 integers of any types but bool, or a contiguous range of 3.
  /// **Errors**: `std::invalid_argument` for a negative size, or for a function that is empty.
  ComputedStates(detail::Sizes<3> sizes, Function write) : sizes_(sizes), write_(std::move(write)) {
    for (const Index size : sizes_)
      if (size < 0) detail::fail({"computed states are ", detail::shape(sizes_), ": a size must be 0 or more"});
    if (!write_) detail::fail("computed states have no function that writes a token");
  }

  [[nodiscard]] Index batch() const noexcept { return sizes_[0]; }
  [[nodiscard]] Index seq() const noexcept { return sizes_[1]; }
  [[nodiscard]] Index seq(Index) const noexcept { return sizes_[1]; }
  [[nodiscard]] Index hidden() const noexcept { return sizes_[2]; }

  /// Writes the tokens `run` of sequence b to out, `[run, hidden]`.
  void copy(Index b, Run run, T* out) const {
    for (Index s = run.begin; s < run.end; ++s, out += hidden()) write_(b, s, out);
  }

 private:
  std::array<Index, 3> sizes_;
  Function write_;
};

}  // namespace seqpool::inline SEQPOOL_ABI
