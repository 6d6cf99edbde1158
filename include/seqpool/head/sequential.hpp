// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/head.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Heads one after another, as one head: y = h_k(... h_2(h_1(x))). Without any, y = x.
///
///     const seqpool::Sequential head{seqpool::Linear{projection}, seqpool::Normalize{}};
///
/// **Shapes**: rows `[n, in]` to `[n, width]`, where the width of each head is what the next one takes.
/// **Errors**: `std::invalid_argument` if it is not; where the types state both sizes, that does not compile.
/// **Cost**: the heads'; allocates rows `[n, width]` for every head but the last.
template <class... H> class Sequential {
  static_assert((SomeHead<H> && ...),
                "seqpool: Sequential{heads...} takes heads only: Linear{weight, bias}, Dense{linear, activation}, "
                "LayerNorm{weight, bias}, Normalize{}, Truncate{features}, or your own with width(features) and "
                "map(Rows<const A> in, Rows<A> out).");
  static_assert(
      (Head<H, float> && ...) || (Head<H, double> && ...) || !(SomeHead<H> && ...),
      "seqpool: heads one after the other must accumulate in one type: double weights among themselves, float, "
      "Eigen::half and Eigen::bfloat16 weights among themselves.");
  static_assert(detail::heads_fit<H...>(),
                "seqpool: the width of a head must be the features of the next, and here their types state two sizes "
                "that differ: a Linear's weight is [out, in].");

 public:
  static constexpr Index fixed_features = detail::sizes_of_heads<H...>().features;
  static constexpr Index fixed_width = detail::sizes_of_heads<H...>().width;

  explicit Sequential(H... heads) : heads_(std::move(heads)...) {}

  /// Head i.
  template <std::size_t i> [[nodiscard]] const auto& get() const noexcept { return std::get<i>(heads_); }

  [[nodiscard]] Index width(Index features) const {
    std::apply([&](const H&... head) { ((features = static_cast<Index>(head.width(features))), ...); }, heads_);
    return features;
  }

  template <std::floating_point A, class D = CallingThread>
    requires(Head<H, A> && ...)
  void map(std::type_identity_t<Rows<const A>> in, Rows<A> out, const D& device = {}) const {
    map_from<0, A>(in, out, device);
  }

  template <std::floating_point A>
    requires(DifferentiableHead<H, A> && ...)
  void backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>> own) const {
    back_to<0, A>(in, d_out, d_in, own);
  }
  void set_parameters(std::span<const double> numbers)
    requires(Settable<H> && ...)
  {
    std::apply([&](H&... head) { (seqpool::set_part(head, numbers), ...); }, heads_);
  }

  /// Each head's parameters, after its place: "0.weight".
  void visit_parameters(auto f) const {
    std::size_t i = 0;
    std::apply([&](const H&... head) { (seqpool::visit_parameters(head, f, detail::number_text(i++)), ...); }, heads_);
  }

 private:
  template <std::size_t i, class A, class D> void map_from(Rows<const A> in, Rows<A> out, const D& device) const;

  template <std::size_t i, class A>
  void back_to(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const;

  std::tuple<H...> heads_;
};

// ---------------------------------------------------------------------------------------------------------------------

// Heads from i on.
template <class... H>
template <std::size_t i, class A, class D>
void Sequential<H...>::map_from(Rows<const A> in, Rows<A> out, const D& device) const {
  if constexpr (sizeof...(H) == 0) {
    for (Index row = 0; row < in.size(); ++row) std::copy(in[row].begin(), in[row].end(), out[row].begin());
  } else if constexpr (i + 1 == sizeof...(H)) {
    seqpool::map_rows(get<i>(), in, out, device);
  } else {
    const Index width = static_cast<Index>(get<i>().width(in.features()));
    detail::AlignedVector<A> between(static_cast<std::size_t>(detail::product(in.size(), width, "rows between heads")));
    const Rows<A> rows(between.data(), in.size(), width, width);
    seqpool::map_rows(get<i>(), in, rows, device);
    map_from<i + 1, A>(rows, out, device);
  }
}

// Head i and those behind it: rows between them are computed again.
template <class... H>
template <std::size_t i, class A>
void Sequential<H...>::back_to(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const {
  if constexpr (sizeof...(H) == 0) {
    for (Index row = 0; row < d_in.size(); ++row) std::copy(d_out[row].begin(), d_out[row].end(), d_in[row].begin());
  } else if constexpr (i + 1 == sizeof...(H)) {
    get<i>().backward(in, d_out, d_in, own);
  } else {
    seqpool::back_rows(get<i>(), in, d_in, own, [&](Rows<const A> rows, Rows<A> d_rows, std::span<A> rest) {
      back_to<i + 1, A>(rows, d_out, d_rows, rest);
    });
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
