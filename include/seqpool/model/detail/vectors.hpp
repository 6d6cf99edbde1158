// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/computed_states.hpp>
#include <seqpool/model/detail/folders.hpp>

// The one way of a folder's classes from hidden states to vectors. What tensors, masks and devices it is for is
// forgotten at its door, so that a scalar has one driver, which may be in a compiled library.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A selection of any type, for the hidden states that it was made for.
class AnySelection {
 public:
  virtual void check(Index batch, Index seq) const = 0;
  [[nodiscard]] virtual Index rows(Index batch) const = 0;
  [[nodiscard]] virtual Index sequence(Index row) const = 0;
  [[nodiscard]] virtual Run next_run(Index row, Run within) const = 0;

 protected:
  ~AnySelection() = default;
};

template <class S, class X> class SelectionOf final : public AnySelection {
 public:
  SelectionOf(const S& selection, const X& x) : selection_(selection), x_(x) {}

  void check(Index, Index) const override { seqpool::check_selection(selection_, x_); }
  [[nodiscard]] Index rows(Index batch) const override { return seqpool::rows_of(selection_, batch); }
  [[nodiscard]] Index sequence(Index row) const override { return seqpool::sequence_of(selection_, row); }
  [[nodiscard]] Run next_run(Index row, Run within) const override {
    return seqpool::next_run(selection_, row, within);
  }

 private:
  const S& selection_;
  const X& x_;
};

using Vectors = Eigen::Tensor<float, 2, Eigen::RowMajor, Index>;

// Pools hidden states, in front of which `before` tokens were left out, and maps the rows; without a device on the
// calling thread.
template <Sequences X>
[[nodiscard]] Vectors pooled(const PoolingConfig& pooling, Index before, const AnyHead<float>& heads, const X& x,
                             const AnySelection& selection, const seqpool::detail::AnyDevice* device);

// The same of arguments that passed `are_model_arguments`. As of `pool`, the result has the layout of `Like`, which is
// X if it is void.
template <class Like = void, class X, class M, class D>
[[nodiscard]] auto vectors_of(const PoolingConfig& pooling, Index before, const AnyHead<float>& heads, const X& x,
                              const M& mask, const D& device);

// ---------------------------------------------------------------------------------------------------------------------

#if defined(SEQPOOL_MODEL_BODIES)

template <Sequences X>
Vectors pooled(const PoolingConfig& pooling, Index before, const AnyHead<float>& heads, const X& x,
               const AnySelection& selection, const seqpool::detail::AnyDevice* device) {
  const auto run = [&](const auto& on) -> Vectors {
    return seqpool::map(heads, seqpool::pool(pooling.pooling<typename X::value_type>(before), x, selection, on), on);
  };
  return device == nullptr ? run(CallingThread{}) : run(*device);
}

#endif

template <class Like, class X, class M, class D>
auto vectors_of(const PoolingConfig& pooling, Index before, const AnyHead<float>& heads, const X& x, const M& mask,
                const D& device) {
  using Seqs = seqpool::detail::sequences_t<X>;
  using T = typename Seqs::value_type;
  const auto& on = seqpool::detail::device_of(mask, device);
  if constexpr (std::same_as<Seqs, HiddenStates<T>> || std::same_as<Seqs, ComputedStates<T>>) {
    const Seqs& states = seqpool::detail::sequences_of(x);
    const auto& selection = seqpool::detail::selection_of(mask);
    const SelectionOf<std::remove_cvref_t<decltype(selection)>, Seqs> any(selection, states);
    Vectors rows;
    if constexpr (Device<std::remove_cvref_t<decltype(on)>>) {
      const seqpool::detail::AnyDevice any_device(on);
      rows = detail::pooled(pooling, before, heads, states, any, &any_device);
    } else {
      rows = detail::pooled(pooling, before, heads, states, any, nullptr);
    }
    using Layout = std::conditional_t<std::is_void_v<Like>, X, Like>;
    auto result = seqpool::detail::make_result<Layout, float>(rows.dimension(0), rows.dimension(1));
    for (Index i = 0; i < rows.dimension(0); ++i)
      for (Index j = 0; j < rows.dimension(1); ++j) result(i, j) = rows(i, j);
    return result;
  } else {
    return seqpool::map(heads, seqpool::pool(pooling.pooling<T>(before), x, mask, device), on);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
