// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_SCALARS_HPP
#define SEQPOOL_TESTS_SUPPORT_SCALARS_HPP

#include <seqpool/scalar.hpp>

// What tests of templates are run for, by TEMPLATE_TEST_CASE, whose cases then end in the type's name. A build may have
// fewer: SEQPOOL_TEST_SCALARS of CMake.
#if !defined(SEQPOOL_TEST_SCALARS)
#define SEQPOOL_TEST_SCALARS float, double, Eigen::half, Eigen::bfloat16
#define SEQPOOL_TEST_REALS float, double
#endif

#endif
