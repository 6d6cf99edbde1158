// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_BENCHMARKS_GRADIENTS_HPP
#define SEQPOOL_BENCHMARKS_GRADIENTS_HPP

#include "cases.hpp"

#include <string>

namespace bench {

// What is trained: attention with so many queries over the states of a shape.
struct Training {
  Shape shape;
  const char* mask = "none";
  Index queries = 1;

  Case named(const std::string& what) const {
    return {what + (queries == 1 ? "" : "_" + std::to_string(queries)), shape, 1, mask};
  }
  Index width() const { return queries * shape.hidden; }
};
inline constexpr Training trainings[]{{sentences},       {sentences, "varied"}, {pages},
                                      {pages, "varied"}, {pages, "none", 4},    {long_documents}};

// `[queries, hidden]`, of values as `query`.
inline Eigen::Tensor<float, 2, Eigen::RowMajor> queries_of(const Training& t) {
  const std::vector<float> numbers = query(t.width());
  Eigen::Tensor<float, 2, Eigen::RowMajor> queries(t.queries, t.shape.hidden);
  std::copy(numbers.begin(), numbers.end(), queries.data());
  return queries;
}

// Memory for gradients, the same for every case, and not that of the states.
States<float> gradients_of_tokens(const Shape& shape);

}  // namespace bench

#endif
