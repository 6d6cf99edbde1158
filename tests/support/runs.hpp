// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_RUNS_HPP
#define SEQPOOL_TESTS_SUPPORT_RUNS_HPP

#include <seqpool/input/selection.hpp>
#include <utility>
#include <vector>

namespace test {

using seqpool::Index;
using seqpool::Run;

// All runs of a row of `seq` tokens.
template <class S> std::vector<std::pair<Index, Index>> runs(const S& selection, Index row, Index seq) {
  std::vector<std::pair<Index, Index>> result;
  for (Run run = selection.next_run(row, {0, seq}); run.begin < run.end; run = selection.next_run(row, {run.end, seq}))
    result.emplace_back(run.begin, run.end);
  return result;
}

using Runs = std::vector<std::pair<Index, Index>>;

}  // namespace test

#endif
