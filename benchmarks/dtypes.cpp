// SPDX-License-Identifier: MIT
// The poolings and scalars of which no goal speaks.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

template <class T, class P> void add_pooling(const Case& c, Index tokens, const P& pooling) {
  add(c, c.shape.batch * tokens * c.shape.hidden * static_cast<Index>(sizeof(T)),
      [=] { return [=, x = states<T>(c.shape)] { return seqpool::pool(pooling, x); }; });
}

template <class T> void add_one_token(const Shape& shape, const char* dtype) {
  add_pooling<T>({"cls", shape, 1, "none", dtype}, 1, seqpool::Cls{});
  add_pooling<T>({"last", shape, 1, "none", dtype}, 1, seqpool::Last{});
}
template <class T> void add_max_and_attention(const Shape& shape, const char* dtype) {
  const auto floats = query(shape.hidden);
  const std::vector<T> query(floats.begin(), floats.end());
  add_pooling<T>({"max", shape, 1, "none", dtype}, shape.seq, seqpool::Max{});
  add_pooling<T>({"attention", shape, 1, "none", dtype}, shape.seq, seqpool::Attention(query));
}

}  // namespace

void add_other_dtypes(const Shape& shape) {
  add_pooling<double>({"mean", shape, 1, "none", "double"}, shape.seq, seqpool::Mean{});
  add_max_and_attention<double>(shape, "double");
  add_max_and_attention<Eigen::half>(shape, "half");
  add_max_and_attention<Eigen::bfloat16>(shape, "bfloat16");
  add_one_token<float>(shape, "float");
  add_one_token<double>(shape, "double");
  add_one_token<Eigen::half>(shape, "half");
  add_one_token<Eigen::bfloat16>(shape, "bfloat16");
}

}  // namespace bench
