// SPDX-License-Identifier: MIT
#include <seqpool/io/path_text.hpp>
#include <seqpool/io/safetensors.hpp>

#include <filesystem>
#include <string>

#include "io/files.hpp"
#include "support/catch.hpp"

namespace io = seqpool::io;

TEST_CASE("a path is made of UTF-8 and says UTF-8", "[path_text]") {
  const std::string name = "\xe6\xa8\xa1\xe5\x9e\x8b \xce\xa9.safetensors";  // no encoding of one machine has both
  const files::TemporaryDirectory directory;
  const auto path = directory / "" / io::detail::path_of(name);
  CHECK(path.filename() == std::filesystem::path(u8"\u6a21\u578b \u03a9.safetensors"));
  CHECK(io::detail::path_text(path.filename()) == name);
  CHECK_THROWS_WITH(io::Safetensors(path), ct::has_substring(name));
  CHECK_THROWS_WITH(io::Safetensors::read(path), ct::has_substring(name));

  io::SafetensorsWriter().metadata("key", "value").write(path);
  const io::Safetensors file(path);
  CHECK(file.metadata().at("key") == "value");
  CHECK(std::filesystem::directory_iterator(directory / "")->path().filename() == path.filename());
}
