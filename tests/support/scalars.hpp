// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_SCALARS_HPP
#define SEQPOOL_TESTS_SUPPORT_SCALARS_HPP

#include <seqpool/scalar.hpp>

#include <tuple>

namespace test {

// What tests of templates are run for. Builds that repeat them by other compilers or flags, which SEQPOOL_TEST_SCALARS
// tells by fewer scalars, take one that accumulates in itself and one that is widened.
#if defined(SEQPOOL_TEST_FEWER_SCALARS)
using AllScalars = std::tuple<float, Eigen::half>;
using Reals = std::tuple<float>;
#else
using AllScalars = std::tuple<float, double, Eigen::half, Eigen::bfloat16>;
using Reals = std::tuple<float, double>;
#endif

}  // namespace test

#endif
