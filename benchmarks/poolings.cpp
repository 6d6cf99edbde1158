// SPDX-License-Identifier: MIT
// Our poolings of row-major hidden states by one thread, and the read limit beside them.
#include "benchmarks.hpp"
#include "cases.hpp"
#include "read_limit.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

template <class T, class P> void add_pooling(const Case& c, const P& pooling) {
  add(c, bytes_of(c, sizeof(T)), [=] { return [=, x = states<T>(c.shape)] { return seqpool::pool(pooling, x); }; });
}

void add_read(const std::string& how, const Shape& shape, int threads, Read read, Index distance) {
  const Case c{"read_" + how, shape, threads};
  const Index bytes = bytes_of(c, sizeof(float)), part = bytes / threads;
  add(c, bytes, [=] {
    const auto* const data = reinterpret_cast<const char*>(states(shape).data());
    return [=] {
      std::uint64_t seen[2] = {};
      const auto read_parts = [&](Index first, Index last) {
        for (Index i = first; i < last; ++i)
          seen[i] = read(data + i * part, static_cast<std::size_t>(part),
                         static_cast<std::size_t>((std::min)(distance, part)));
      };
      if (threads == 1)
        read_parts(0, 1);
      else
        two_threads().parallelFor(threads, Eigen::TensorOpCost(static_cast<double>(part), 0, 0), read_parts);
      return seen[0] | seen[1];
    };
  });
}

}  // namespace

void add_read_limit(const Shape& shape, int threads) {
  const Index token = shape.hidden * static_cast<Index>(sizeof(float)), pages = 16 * 4096;
  const Index part = shape.batch * shape.seq * token / threads;
  add_read("limit_1_stream", shape, threads, read_1_stream, token);
  add_read("limit_2_streams_16_pages_apart", shape, threads, read_2_streams, pages);
  add_read("limit_4_streams_16_pages_apart", shape, threads, read_4_streams, pages);
  add_read("limit_8_streams_16_pages_apart", shape, threads, read_8_streams, pages);
  add_read("limit_8_parts", shape, threads, read_8_streams, part / 8);
  add_read("limit_4_tokens", shape, threads, read_4_streams, token);
  add_read("limit_8_tokens", shape, threads, read_8_streams, token);
  add_read("limit_1_stream_prefetched", shape, threads, read_1_stream_prefetched, token);
  add_read("limit_4_tokens_prefetched", shape, threads, read_4_streams_prefetched, token);
  add_read("limit_8_tokens_prefetched", shape, threads, read_8_streams_prefetched, token);
  add_read("limit_8_streams_16_pages_apart_prefetched", shape, threads, read_8_streams_prefetched, pages);
}

void add_poolings(const Shape& shape) {
  add_pooling<float>({"mean", shape}, seqpool::Mean{});
  add_pooling<float>({"max", shape}, seqpool::Max{});
  add_pooling<float>({"attention", shape}, seqpool::Attention(query(shape.hidden)));
  add_pooling<Eigen::half>({"mean", shape, 1, "none", "half"}, seqpool::Mean{});
  add_pooling<Eigen::bfloat16>({"mean", shape, 1, "none", "bfloat16"}, seqpool::Mean{});
}

}  // namespace bench
