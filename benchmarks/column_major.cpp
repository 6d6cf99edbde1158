// SPDX-License-Identifier: MIT
// Column-major hidden states: ours, whatever an Eigen user may write for the same work, and ours in row-major.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

constexpr int layout = Eigen::ColMajor;
using Result = Eigen::Tensor<float, 2>;
using Seq = Eigen::IndexList<Eigen::type2index<1>>;

Case named(const std::string& what, const Shape& shape, const std::string& mask = "none") {
  return {what, shape, 1, mask, "float", "column_major"};
}

template <class P> auto ours(const P& pooling, const Shape& shape) {
  return [=] { return [=, x = states<float, layout>(shape)] { return seqpool::pool(pooling, x); }; };
}
auto ours_masked(const Shape& shape, const std::string& mask) {
  return [=] {
    return [x = states<float, layout>(shape), mask = mask_of(shape, mask)] { return seqpool::mean_pool(x, *mask); };
  };
}

// result(:, h) = reduce(the [batch, seq] of feature h) for every feature.
template <class Reduce> auto by_feature(const Shape& shape, Reduce reduce) {
  return [=] {
    return [=, x = states<float, layout>(shape)] {
      Result result(shape.batch, shape.hidden);
      for (Index h = 0; h < shape.hidden; ++h) {
        const Eigen::Map<const Eigen::MatrixXf> feature(x.data() + h * shape.batch * shape.seq, shape.batch, shape.seq);
        Eigen::Map<Eigen::VectorXf>(result.data() + h * shape.batch, shape.batch) = reduce(feature);
      }
      return result;
    };
  };
}

template <class Reduce> auto by_tensor(const Shape& shape, Reduce reduce) {
  return [=] { return [=, x = states<float, layout>(shape)] { return Result(reduce(x)); }; };
}

// `reduce(x, axis)` by the tensor's expressions, `reduce_feature` by the matrix's.
template <class P, class Reduce, class ReduceFeature>
void add_whole(const Shape& shape, const std::string& what, const P& pooling, Reduce reduce,
               ReduceFeature reduce_feature) {
  const auto our = ours(pooling, shape);
  add(named(what, shape), bytes_of(named("", shape), sizeof(float)), our);
  const std::string peer = "peer_eigen_" + what;
  add_peer(named(peer, shape), our,
           by_tensor(shape, [=](const auto& x) { return reduce(x, Eigen::array<int, 1>{1}); }));
  add_peer(named(peer + "_index_list", shape), our, by_tensor(shape, [=](const auto& x) { return reduce(x, Seq{}); }));
  add_peer(named(peer + "_by_feature", shape), our, by_feature(shape, reduce_feature));
}

void add_masked_means(const Shape& shape) {
  const auto [batch, seq, hidden] = shape;
  const auto mean = ours_masked(shape, "right");
  add(named("mean", shape, "right"), bytes_of(named("", shape, "right"), sizeof(float)), mean);
  add_peer(named("peer_eigen_mean", shape, "right"), mean, [=, batch = batch, seq = seq, hidden = hidden] {
    return [=, x = states<float, layout>(shape), mask = mask_of<layout>(shape, "right")] {
      using Sizes = Eigen::array<Index, 3>;
      const Eigen::Tensor<float, 2> real = mask->cast<float>();
      const Eigen::Tensor<float, 1> counts = real.sum(Seq{});
      return Result((x * real.reshape(Sizes{batch, seq, 1}).broadcast(Sizes{1, 1, hidden})).sum(Seq{}) /
                    counts.reshape(Eigen::array<Index, 2>{batch, 1}).broadcast(Eigen::array<Index, 2>{1, hidden}));
    };
  });
  add_peer(named("peer_eigen_mean_by_feature", shape, "right"), mean, [=] {
    return [=, mask = mask_of<layout>(shape, "right")] {
      const Eigen::ArrayXXf real =
          Eigen::Map<const Eigen::Array<std::int64_t, -1, -1>>(mask->data(), shape.batch, shape.seq).cast<float>();
      const Eigen::ArrayXf counts = real.rowwise().sum();
      return by_feature(shape,
                        [&](const auto& x) { return ((x.array() * real).rowwise().sum() / counts).matrix(); })()();
    };
  });
}

}  // namespace

void add_column_major(const Shape& shape) {
  add_whole(
      shape, "mean", seqpool::Mean{}, [](const auto& x, const auto& axis) { return x.mean(axis); },
      [](const auto& x) { return x.rowwise().mean(); });
  add_whole(
      shape, "max", seqpool::Max{}, [](const auto& x, const auto& axis) { return x.maximum(axis); },
      [](const auto& x) { return x.rowwise().maxCoeff(); });
  add_masked_means(shape);
}

void add_masked_column_major(const Shape& shape) {
  for (const char* const mask : {"right", "left"})
    add_in_turns(named("mean_beside_row_major", shape, mask), ours_masked(shape, mask), [=] {
      return [x = states(shape), mask = mask_of(shape, mask)] { return seqpool::mean_pool(x, *mask); };
    });
}

}  // namespace bench
