// SPDX-License-Identifier: MIT
// Our poolings of row-major floats over the real tokens of a mask, and by two threads.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

template <class P> void add_two_threads(const Case& c, const P& pooling) {
  add(c, bytes_of(c, sizeof(float)),
      [=] { return [=, x = states(c.shape)] { return seqpool::pool(pooling, x, two_threads()); }; });
}

template <class P, class... Device> void add_masked(const Case& c, const P& pooling, const Device*... device) {
  add(c, bytes_of(c, sizeof(float)), [=] {
    return [=, x = states(c.shape), mask = mask_of(c.shape, c.mask)] {
      return seqpool::pool(pooling, x, *mask, *device...);
    };
  });
}

template <class P> void add_lengths(const Case& c, const P& pooling) {
  add(c, bytes_of(c, sizeof(float)), [=] {
    const std::vector<Index> lengths(static_cast<std::size_t>(c.shape.batch), c.shape.seq / 2);
    return [=, x = states(c.shape), real = seqpool::Lengths(lengths)] { return seqpool::pool(pooling, x, real); };
  });
}

auto by_two_threads(const Shape& shape) {
  return [=] { return [x = states(shape)] { return seqpool::mean_pool(x, two_threads()); }; };
}
auto masked_by_two_threads(const Case& c) {
  return [=] {
    return
        [x = states(c.shape), mask = mask_of(c.shape, c.mask)] { return seqpool::mean_pool(x, *mask, two_threads()); };
  };
}

}  // namespace

void add_masked_poolings(const Shape& shape) {
  for (const char* const mask : {"right", "left", "holes"}) {
    add_masked({"mean", shape, 1, mask}, seqpool::Mean{});
    add_masked({"max", shape, 1, mask}, seqpool::Max{});
  }
  add_lengths({"mean", shape, 1, "lengths"}, seqpool::Mean{});
  add_lengths({"max", shape, 1, "lengths"}, seqpool::Max{});
}

void add_more_padding(const Shape& shape) {
  const Case c{"mean", shape, 1, "first_1024"};
  add_peer(c, work_of(seqpool::Mean{}, {shape.batch, 1024, shape.hidden}), [=] {
    return [x = states(c.shape), mask = mask_of(c.shape, c.mask)] { return seqpool::mean_pool(x, *mask); };
  });
}

void add_poolings_by_two_threads(const Shape& shape) {
  add_two_threads({"mean", shape, 2}, seqpool::Mean{});
  add_two_threads({"max", shape, 2}, seqpool::Max{});
  add_two_threads({"attention", shape, 2}, seqpool::Attention(query(shape.hidden)));
  add_masked({"mean", shape, 2, "right"}, seqpool::Mean{}, &two_threads());
  add_masked({"max", shape, 2, "right"}, seqpool::Max{}, &two_threads());
}

void add_mask_of_ones(const Shape& shape) {
  const Case c{"masked_mean_beside_mean", shape, 2, "ones"};
  const auto mean = by_two_threads(shape);
  add_in_turns(c, checked(c, masked_by_two_threads(c), mean), mean);
}

}  // namespace bench
