// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_ODR_POISONED_HPP
#define SEQPOOL_TESTS_ODR_POISONED_HPP

// What other people's headers do: macros for common words. The standard library and our dependencies come
// first, then the macros, so that a hit is ours.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <unsupported/Eigen/CXX11/Tensor>

#define min(a, b) poisoned_min
#define max(a, b) poisoned_max
#define small char
#define near
#define far
#define interface struct

#endif
