// SPDX-License-Identifier: MIT
// What an Eigen user writes today for row-major hidden states.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

using Result = Eigen::Tensor<float, 2, Eigen::RowMajor>;
using Axis = Eigen::array<int, 1>;

template <class P> auto ours(const P& pooling, const Shape& shape) {
  return [=] { return [=, x = states(shape)] { return seqpool::pool(pooling, x); }; };
}
auto ours_masked(const Shape& shape) {
  return [=] { return [x = states(shape), mask = mask_of(shape, "right")] { return seqpool::mean_pool(x, *mask); }; };
}

// result(b, :) = reduce(the [seq, hidden] of row b) for every row: matrix expressions instead of the tensor's.
template <class Reduce> auto by_row(const Shape& shape, Reduce reduce) {
  return [=] {
    return [=, x = states(shape)] {
      using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      Result result(shape.batch, shape.hidden);
      for (Index b = 0; b < shape.batch; ++b) {
        const Eigen::Map<const Matrix> row(x.data() + b * shape.seq * shape.hidden, shape.seq, shape.hidden);
        Eigen::Map<Eigen::RowVectorXf>(result.data() + b * shape.hidden, shape.hidden) = reduce(row);
      }
      return result;
    };
  };
}

// Device is const Eigen::ThreadPoolDevice or const Eigen::DefaultDevice.
template <class Device> void add_peers(const Shape& shape, int threads, const Device* device) {
  const auto [batch, seq, hidden] = shape;
  const auto evaluated = [=, batch = batch, hidden = hidden](const auto& expression) {
    Result result(batch, hidden);
    result.device(*device) = expression;
    return result;
  };
  add_peer({"peer_eigen_mean", shape, threads}, ours(seqpool::Mean{}, shape),
           [=] { return [=, x = states(shape)] { return evaluated(x.mean(Axis{1})); }; });
  add_peer({"peer_eigen_max", shape, threads}, ours(seqpool::Max{}, shape),
           [=] { return [=, x = states(shape)] { return evaluated(x.maximum(Axis{1})); }; });
  add_peer({"peer_eigen_mean", shape, threads, "right"}, ours_masked(shape),
           [=, batch = batch, seq = seq, hidden = hidden] {
             return [=, x = states(shape), mask = mask_of(shape, "right")] {
               using Sizes = Eigen::array<Index, 3>;
               const Result real = mask->template cast<float>();
               const Eigen::Tensor<float, 1, Eigen::RowMajor> counts = real.sum(Axis{1});
               return evaluated(
                   (x * real.reshape(Sizes{batch, seq, 1}).broadcast(Sizes{1, 1, hidden})).sum(Axis{1}) /
                   counts.reshape(Eigen::array<Index, 2>{batch, 1}).broadcast(Eigen::array<Index, 2>{1, hidden}));
             };
           });
}

}  // namespace

void add_eigen_peers(const Shape& shape, int threads) {
  static const Eigen::DefaultDevice one_thread;
  if (threads == 1) {
    add_peers(shape, threads, &one_thread);
    add_peer({"peer_eigen_mean_by_row", shape}, ours(seqpool::Mean{}, shape),
             by_row(shape, [](const auto& row) { return row.colwise().mean(); }));
    add_peer({"peer_eigen_max_by_row", shape}, ours(seqpool::Max{}, shape),
             by_row(shape, [](const auto& row) { return row.colwise().maxCoeff(); }));
  } else {
    add_peers(shape, threads, &two_threads());
  }
}

}  // namespace bench
