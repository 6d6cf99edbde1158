// SPDX-License-Identifier: MIT
#include <seqpool/version.hpp>

#include <string>

#include "support/catch.hpp"

TEST_CASE("the header and CMake agree on the version", "[version]") {
  const std::string version = std::to_string(SEQPOOL_VERSION_MAJOR) + "." + std::to_string(SEQPOOL_VERSION_MINOR) +
                              "." + std::to_string(SEQPOOL_VERSION_PATCH);
  CHECK(version == SEQPOOL_TEST_CMAKE_VERSION);
}
