// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_SCALARS_HPP
#define SEQPOOL_TESTS_SUPPORT_SCALARS_HPP

#include <seqpool/scalar.hpp>

// The scalars for which TEMPLATE_TEST_CASE runs a test; the name of each case then ends in the type's name. A build may
// have fewer, by CMake's SEQPOOL_TEST_SCALARS.
#if !defined(SEQPOOL_TEST_SCALARS)
#define SEQPOOL_TEST_SCALARS float, double, Eigen::half, Eigen::bfloat16
#define SEQPOOL_TEST_REALS float, double
#endif

#endif
