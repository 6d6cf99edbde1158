// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_CATCH_HPP
#define SEQPOOL_TESTS_SUPPORT_CATCH_HPP

// One test tree for Catch2 2.13 and 3: include this, never <catch2/...>.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace ct {
#if __has_include(<catch2/catch_test_macros.hpp>)
using Approx = Catch::Approx;
inline auto has_substring(const std::string& s) { return Catch::Matchers::ContainsSubstring(s); }
#else
using Approx = Catch::Detail::Approx;  // in version 2, looking up Catch::Approx finds the vector matcher
inline auto has_substring(const std::string& s) { return Catch::Matchers::Contains(s); }
#endif
}  // namespace ct

#endif
