// SPDX-License-Identifier: MIT
// How many functions of ours a call of mean_pool is deep: compiled with -finstrument-functions, Eigen's and the
// standard library's left out. Prints the deepest stack; fails if it is deeper than the first argument says.
#include <cxxabi.h>
#include <dlfcn.h>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <seqpool/pooling/mean.hpp>
#include <string>
#include <vector>

namespace {

std::vector<void*> stack, deepest;
bool counts = false;

}  // namespace

extern "C" {
[[gnu::no_instrument_function]] void __cyg_profile_func_enter(void* function, void*) {
  if (!counts) return;
  counts = false;  // while a vector is at work
  stack.push_back(function);
  if (stack.size() > deepest.size()) deepest = stack;
  counts = true;
}
[[gnu::no_instrument_function]] void __cyg_profile_func_exit(void*, void*) {
  if (counts) stack.pop_back();
}
}

[[gnu::no_instrument_function]] int main(int, char** arguments) {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 20, 19);
  Eigen::Tensor<bool, 2, Eigen::RowMajor> mask(2, 20);
  x.setConstant(1);
  mask.setConstant(true);
  mask(0, 3) = false;
  counts = true;
  const auto vectors = seqpool::mean_pool(x, mask);
  counts = false;
  for (std::size_t i = 0; i < deepest.size(); ++i) {
    Dl_info info{};
    const bool named = dladdr(deepest[i], &info) != 0 && info.dli_sname != nullptr;
    char* const name = named ? abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, nullptr) : nullptr;
    std::printf("%2zu %.200s\n", i + 1, name != nullptr ? name : named ? info.dli_sname : "?");
    std::free(name);
  }
  const std::size_t most = std::stoul(arguments[1]);
  std::printf("mean_pool(x, mask) is %zu functions deep; at most %zu.\n", deepest.size(), most);
  return deepest.size() > 4 && deepest.size() <= most && vectors(0, 0) == 1 ? 0 : 1;
}
