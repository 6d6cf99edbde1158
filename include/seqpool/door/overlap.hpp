// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/block_reader.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Memory from one byte to another, by addresses: elements of two allocations may be compared by these, never by
// pointers.
struct Extent {
  std::uintptr_t begin;
  std::uintptr_t end;

  // The memory that all of these elements lie in.
  template <class T> static Extent of(std::initializer_list<T*> elements) noexcept {
    Extent all{~std::uintptr_t{0}, 0};
    for (T* const element : elements) {
      const auto address = reinterpret_cast<std::uintptr_t>(element);
      all = {(std::min)(all.begin, address), (std::max)(all.end, address + sizeof(T))};
    }
    return all;
  }

  bool meets(const Extent& other) const noexcept { return begin < other.end && other.begin < end; }
};

// The memory of a matrix without gaps, as every Eigen tensor is.
template <class T> Extent extent_of(const MatrixView<T>& matrix) noexcept {
  if (matrix.rows == 0 || matrix.columns == 0) return {0, 0};
  return Extent::of({&matrix(0, 0), &matrix(matrix.rows - 1, matrix.columns - 1)});
}

// Whether an element of x, even of padding, lies in `memory`. Sequences are asked for their ends; only one that lies on
// both sides of the memory is searched.
template <class X> bool overlaps(const X& x, const Extent& memory) {
  const Index hidden = x.hidden(), across = (hidden - 1) * x.hidden_stride();
  const auto token_meets = [&](Index b, Index s) {
    const auto* const token = x.token(b, s);
    if (!Extent::of({token, token + across}).meets(memory)) return false;
    for (Index h = 0; h < hidden; ++h)
      if (const auto* const feature = token + h * x.hidden_stride(); Extent::of({feature}).meets(memory)) return true;
    return false;
  };
  for (Index b = 0; b < x.batch() && hidden > 0; ++b) {
    const Index seq = x.seq(b);
    if (seq == 0) continue;
    const auto *const first = x.token(b, 0), *const last = x.token(b, seq - 1);
    if (!Extent::of({first, first + across, last, last + across}).meets(memory)) continue;
    for (Index s = 0; s < seq; ++s)
      if (token_meets(b, s)) return true;
  }
  return false;
}

// Throws unless out has the sizes of the result of `what`, which has `sizes`.
template <class T>
void check_result(const MatrixView<T>& out, Index rows, Index width, const char* what,
                  std::initializer_list<Index> sizes) {
  if (out.rows != rows || out.columns != width)
    detail::fail({"out is ", detail::shape({out.rows, out.columns}), ", but the result is [batch, width] = ",
                  detail::shape({rows, width}), " for ", what, " ", detail::shape(sizes)});
}

// Throws if results would be written where x lies, because x is still read after that. Where computed tokens come from
// is known if x names its `layers()` or `states()`. name, sizes: what the caller knows `out` by.
template <class T, class X>
void check_apart(const MatrixView<T>& out, const X& x, const char* name = "out", std::span<const Index> sizes = {}) {
  if constexpr (requires { x.layers().size(); })
    for (Index layer = 0; layer < x.layers().size(); ++layer) detail::check_apart(out, x.layers()[layer], name, sizes);
  else if constexpr (requires { x.states().batch(); })
    detail::check_apart(out, x.states(), name, sizes);
  else if constexpr (is_stored<X>)
    if (detail::overlaps(x, detail::extent_of(out)))
      detail::fail(
          {name, " ", sizes.empty() ? detail::shape({out.rows, out.columns}) : detail::shape(sizes),
           " lies in the memory of the hidden states ", detail::shape({x.batch(), x.seq(), x.hidden()}),
           ": tokens are read after results are written, so pass memory of its own, or take what pool returns"});
}

// The same where x is vectors, which may have gaps.
template <class T, class U> void check_apart(const MatrixView<T>& out, const MatrixView<U>& x) {
  const HiddenStates<std::remove_const_t<U>> rows(x.data, {1, x.rows, x.columns}, {0, x.row_stride, x.column_stride});
  if (detail::overlaps(rows, detail::extent_of(out)))
    detail::fail(
        {"out ", detail::shape({out.rows, out.columns}), " lies in the memory of the head input ",
         detail::shape({x.rows, x.columns}),
         ": a head reads vectors after it wrote others, so pass memory of its own, or write x = map(head, x)"});
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
