// SPDX-License-Identifier: MIT
#include "cases.hpp"

#include <cstdlib>

namespace bench {

int run(int argc, char** argv, void (*add_all)()) {
  benchmark::Initialize(&argc, argv);
  add_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

std::string name(const Case& c) {
  const auto [batch, seq, hidden] = c.shape;
  return c.what + '/' + c.dtype + '/' + c.layout + '/' + c.mask + "/threads:" + std::to_string(c.threads) + "/B" +
         std::to_string(batch) + "_S" + std::to_string(seq) + "_H" + std::to_string(hidden);
}

template <class T> T* elements(Index n) {
  // Pages that nobody asked for are never touched, and so cost nothing.
  constexpr Index most = one_long_row.seq * one_long_row.hidden;
  static T* const data = static_cast<T*>(std::aligned_alloc(64, most * sizeof(T)));
  static Index filled = 0;
  for (; filled < n; ++filled) data[filled] = static_cast<T>(static_cast<float>(filled * 40503 % 65521) / 65521 - 0.5f);
  return data;
}
template float* elements(Index);
template double* elements(Index);
template Eigen::half* elements(Index);
template Eigen::bfloat16* elements(Index);

std::vector<float> query(Index hidden) {
  std::vector<float> values(static_cast<std::size_t>(hidden));
  for (std::size_t h = 0; h < values.size(); ++h) values[h] = static_cast<float>(h * 389 % 1013) / 1013 - 0.5f;
  return values;
}

const Eigen::ThreadPoolDevice& two_threads() {
  static Eigen::ThreadPool pool(2);
  static const Eigen::ThreadPoolDevice device(&pool, 2);
  return device;
}

}  // namespace bench
