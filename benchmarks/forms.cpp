// SPDX-License-Identifier: MIT
// The same real tokens packed and ragged, in turns with padded ones and their lengths.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <cstdlib>
#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

// Half of the tokens real, as with a mask.
std::vector<Index> lengths(const Shape& shape) {
  return std::vector<Index>(static_cast<std::size_t>(shape.batch), shape.seq / 2);
}

template <class P> auto padded(const P& pooling, const Shape& shape) {
  return [=] {
    return [=, x = states(shape), real = seqpool::Lengths(lengths(shape))] { return seqpool::pool(pooling, x, real); };
  };
}

// A copy of the real tokens, one behind the other.
template <class P> auto packed(const P& pooling, const Shape& shape) {
  return [=] {
    const Index row = shape.seq / 2 * shape.hidden, total = shape.batch * row;
    const std::shared_ptr<float[]> copy(static_cast<float*>(std::aligned_alloc(64, total * sizeof(float))), std::free);
    std::vector<Index> offsets{0};
    for (Index b = 0; b < shape.batch; ++b) {
      std::copy_n(states(shape).data() + b * shape.seq * shape.hidden, row, copy.get() + b * row);
      offsets.push_back(offsets.back() + shape.seq / 2);
    }
    const seqpool::PackedStates<float> x(copy.get(), {offsets.back(), shape.hidden}, offsets);
    return [=] {
      static_cast<void>(copy);
      return seqpool::pool(pooling, x);
    };
  };
}

// The real tokens where they lie.
template <class P> auto ragged(const P& pooling, const Shape& shape) {
  return [=] {
    std::vector<const float*> rows;
    for (Index b = 0; b < shape.batch; ++b) rows.push_back(states(shape).data() + b * shape.seq * shape.hidden);
    const seqpool::Ragged<float> x(rows, lengths(shape), shape.hidden);
    return [=] { return seqpool::pool(pooling, x); };
  };
}

template <class P> void add_pooling(const std::string& what, const Shape& shape, const P& pooling) {
  const auto other = padded(pooling, shape);
  const Case of_packed{"packed_" + what + "_beside_padded", shape, 1, "lengths"};
  const Case of_ragged{"ragged_" + what + "_beside_padded", shape, 1, "lengths"};
  add_in_turns(of_packed, checked(of_packed, packed(pooling, shape), other), other);
  add_in_turns(of_ragged, checked(of_ragged, ragged(pooling, shape), other), other);
}

}  // namespace

void add_forms(const Shape& shape) {
  add_pooling("mean", shape, seqpool::Mean{});
  add_pooling("max", shape, seqpool::Max{});
}

}  // namespace bench
