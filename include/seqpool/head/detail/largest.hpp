// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Keeps the k largest of all numbers that it takes, and their indices. Of equal numbers it prefers the lower index; a
// NaN counts as larger than any number. Each number costs O(log k) at most.
template <class A> class Largest {
 public:
  struct Entry {
    A value;
    Index index;
  };

  explicit Largest(Index k) : k_(static_cast<std::size_t>(k)) { kept_.reserve(k_); }

  void take(A value, Index index) {
    const Entry entry{value, index};
    if (kept_.size() < k_) {
      kept_.push_back(entry);
    } else {
      if (k_ == 0 || !before(entry, kept_.front())) return;
      std::pop_heap(kept_.begin(), kept_.end(), before);
      kept_.back() = entry;
    }
    std::push_heap(kept_.begin(), kept_.end(), before);  // the last one in order is in front
  }

  // Calls f(place, entry) for each, the largest first, and forgets them.
  template <class F> void hand_over(F f) {
    std::sort_heap(kept_.begin(), kept_.end(), before);
    for (std::size_t i = 0; i < kept_.size(); ++i) f(static_cast<Index>(i), kept_[i]);
    kept_.clear();
  }

 private:
  static bool before(const Entry& left, const Entry& right) {
    if (detail::exceeds(left.value, right.value)) return true;
    return !detail::exceeds(right.value, left.value) && left.index < right.index;
  }

  std::size_t k_;
  std::vector<Entry> kept_;
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
