// SPDX-License-Identifier: MIT
#include <seqpool/io/mapped_file.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

using seqpool::detail::MappedFile;

namespace {

// A file of this process alone, gone at the end.
struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("seqpool_mapped_file_test_" + std::to_string(::getpid()));
  explicit TemporaryFile(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  ~TemporaryFile() { std::filesystem::remove(path); }
};

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace

TEST_CASE("a mapped file shows its bytes, and keeps their address when moved", "[mapped_file]") {
  const TemporaryFile temporary("pooling");
  MappedFile file(temporary.path);
  CHECK(text_of(file) == "pooling");
  const auto* const address = file.bytes().data();
  const MappedFile moved = std::move(file);
  CHECK(moved.bytes().data() == address);
  CHECK(text_of(moved) == "pooling");
  STATIC_REQUIRE(!std::is_copy_constructible_v<MappedFile>);
}

TEST_CASE("an empty file has no bytes; a missing one and a folder throw", "[mapped_file]") {
  const TemporaryFile temporary("");
  CHECK(MappedFile(temporary.path).bytes().empty());
  CHECK(MappedFile().bytes().empty());
  CHECK_THROWS_AS(MappedFile(temporary.path.string() + ".none"), std::system_error);
  CHECK_THROWS_AS(MappedFile(std::filesystem::temp_directory_path()), std::system_error);
}
