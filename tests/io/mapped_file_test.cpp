// SPDX-License-Identifier: MIT
#include <seqpool/io/mapped_file.hpp>
#include <seqpool/io/read_file.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "io/files.hpp"
#include "support/catch.hpp"

using seqpool::io::detail::MappedFile;
using seqpool::io::detail::read_file;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("a mapped file shows its bytes, and keeps their address when moved", "[mapped_file]") {
  const files::TemporaryDirectory directory;
  files::write(directory / "file", "pooling");
  MappedFile file(directory / "file");
  CHECK(text_of(file.bytes()) == "pooling");
  const auto* const address = file.bytes().data();
  const MappedFile moved = std::move(file);
  CHECK(moved.bytes().data() == address);
  CHECK(text_of(moved.bytes()) == "pooling");
  STATIC_REQUIRE(!std::is_copy_constructible_v<MappedFile>);
}

TEST_CASE("a file is copied whole", "[mapped_file]") {
  const files::TemporaryDirectory directory;
  const std::string text("\0\r\n\x1a\xff pooling\n", 13);
  files::write(directory / "file", text);
  CHECK(text_of(read_file(directory / "file")) == text);
}

TEST_CASE("an empty file has no bytes; a missing one and a folder throw", "[mapped_file]") {
  const files::TemporaryDirectory directory;
  files::write(directory / "file", "");
  CHECK(MappedFile(directory / "file").bytes().empty());
  CHECK(read_file(directory / "file").empty());
  CHECK(MappedFile().bytes().empty());
  for (const auto& path : {directory / "none", directory / "", std::filesystem::path()}) {
    CHECK_THROWS_AS(MappedFile(path), std::system_error);
    CHECK_THROWS_AS(read_file(path), std::system_error);
  }
}

#if defined(__unix__) || defined(__APPLE__)
TEST_CASE("neither a mapping nor a copy waits for the writer of a FIFO", "[mapped_file]") {
  const files::TemporaryDirectory directory;
  const auto fifo = directory / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THAT(files::what_without_waiting(fifo, [&] { MappedFile file(fifo); }),
             ct::has_substring("not a regular file"));
  CHECK_THAT(files::what_without_waiting(fifo, [&] { static_cast<void>(read_file(fifo)); }),
             ct::has_substring("not a regular file"));
}
#endif
