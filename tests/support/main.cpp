// SPDX-License-Identifier: MIT
// For Catch2 2.13 only: version 3 brings its main in a library.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
