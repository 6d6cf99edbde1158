// SPDX-License-Identifier: MIT
// Compiled as pool_base and as pool_v4, SEQPOOL_TEST_ENTRY, each with its own -march. No call returns a tensor: its
// memory would be Eigen's, which does not survive files of different flags.
#include <array>
#include <cstddef>
#include <cstdint>
#include <seqpool/seqpool.hpp>
#include <span>
#include <type_traits>

#include "results.hpp"

namespace {

using march::batch, march::hidden, march::seq;
using seqpool::Index;

template <class T> using Matrix = Eigen::TensorMap<Eigen::Tensor<T, 2, Eigen::RowMajor>>;

template <class T>
constexpr march::Scalar place_of = std::is_same_v<T, float>         ? march::of_float
                                   : std::is_same_v<T, double>      ? march::of_double
                                   : std::is_same_v<T, Eigen::half> ? march::of_half
                                                                    : march::of_bfloat16;

// Results are a row of numbers wherever they go: so the driver is compiled once for all poolings.
template <class T> void pool(const march::Memory& memory) {
  using A = seqpool::accumulator_t<T>;
  const auto* const states = static_cast<const T*>(memory.states);
  const seqpool::HiddenStates<T> x(states, {batch, seq, hidden});
  const seqpool::AttentionMask<std::int64_t> mask(memory.mask, {batch, seq});
  const std::array<std::int32_t, batch + 1> offsets{0, seq, 2 * seq, 3 * seq};
  const seqpool::PackedStates<T> packed(states, {batch * seq, hidden}, offsets);

  Index behind = 0;  // results so far
  const auto each = [&](const seqpool::AnyPooling<T>& pooling) {
    const Index width = pooling.width(hidden);
    seqpool::pool_into(Matrix<A>(static_cast<A*>(memory.masked) + behind, batch, width), pooling, x, mask);
    seqpool::pool_into(Matrix<A>(static_cast<A*>(memory.packed) + behind, batch, width), pooling, packed);
    seqpool::Stream<seqpool::AnyPooling<T>, T> stream(pooling, hidden);
    for (Index b = 0; b < batch; ++b) {
      stream.reset();
      for (Index s = 0; s < seq; s += march::chunk) stream.push(x.token(b, s), march::chunk);
      A* const out = static_cast<A*>(memory.streamed) + behind + b * width;
      stream.value_into(std::span(out, static_cast<std::size_t>(width)));
    }
    behind += batch * width;
  };
  each(seqpool::Mean{});
  each(seqpool::Max{});
  each(seqpool::Attention(std::span(static_cast<const T*>(memory.query), hidden)));
  each(seqpool::WeightedMean{});
  each(seqpool::Concat{seqpool::Max{}, seqpool::WeightedMean{}, seqpool::Mean{}});
  std::array<T, 4 * hidden> queries;
  for (std::size_t i = 0; i < queries.size(); ++i) queries[i] = static_cast<const T*>(memory.query)[i % hidden];
  each(seqpool::Attention(Matrix<const T>(queries.data(), 4, hidden)).average());

  // The means of masked tokens once more, of two layers that are the same.
  const std::array<seqpool::HiddenStates<T>, 2> layers{x, x};
  seqpool::pool_into(Matrix<A>(static_cast<A*>(memory.masked), batch, hidden), seqpool::Mean{},
                     seqpool::LayerMix(layers), mask);

  // The means of packed tokens once more, through heads that change nothing.
  std::array<T, hidden * hidden> identity{};
  for (Index i = 0; i < hidden; ++i) identity[static_cast<std::size_t>(i * hidden + i)] = static_cast<T>(1);
  const seqpool::Sequential heads{seqpool::Linear{Matrix<const T>(identity.data(), hidden, hidden)},
                                  seqpool::Truncate{hidden}};
  seqpool::map_into(Matrix<A>(static_cast<A*>(memory.packed), batch, hidden), heads,
                    Matrix<const A>(static_cast<const A*>(memory.streamed), batch, hidden));
  // Nobody looks at these numbers, but shared.cmake at the functions.
  std::array<A, 2 * batch> bounded;
  seqpool::map_into(
      Matrix<A>(bounded.data(), batch, 2),
      seqpool::Dense{seqpool::Linear{Matrix<const T>(identity.data(), 2, hidden)}, seqpool::Activation::tanh},
      Matrix<const A>(static_cast<const A*>(memory.streamed), batch, hidden));
}

template <class... T> void pool_each(const march::Memory (&memory)[march::scalars]) {
  (pool<T>(memory[place_of<T>]), ...);
}

}  // namespace

void SEQPOOL_TEST_ENTRY(const march::Memory (&memory)[march::scalars]) { pool_each<SEQPOOL_TEST_SCALARS>(memory); }
