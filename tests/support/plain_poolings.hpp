// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_PLAIN_POOLINGS_HPP
#define SEQPOOL_TESTS_SUPPORT_PLAIN_POOLINGS_HPP

#include <seqpool/pooling/abs_max.hpp>
#include <seqpool/pooling/abs_mean.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/pooling/last.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/mean_sqrt_len.hpp>
#include <seqpool/pooling/min.hpp>
#include <seqpool/pooling/root_mean_square.hpp>
#include <seqpool/pooling/sum.hpp>

namespace test {

// Calls f(pooling) for each pooling that treats all features alike and has no parameters.
void for_each_plain_pooling(auto f) {
  f(seqpool::AbsMax{});
  f(seqpool::AbsMean{});
  f(seqpool::Cls{});
  f(seqpool::Last{});
  f(seqpool::Max{});
  f(seqpool::Mean{});
  f(seqpool::MeanSqrtLen{});
  f(seqpool::Min{});
  f(seqpool::RootMeanSquare{});
  f(seqpool::Sum{});
}

}  // namespace test

#endif
