// SPDX-License-Identifier: MIT
#include <seqpool/io/replacement_file.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <array>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "io/files.hpp"
#include "support/catch.hpp"
#include "support/other_locale.hpp"

using seqpool::io::detail::ReplacementFile;

namespace {

void replace(const std::filesystem::path& path, const std::string& text) {
  ReplacementFile file(path);
  file.stream() << text;
  file.finish();
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a file is there when it is whole, and not before", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  const auto path = directory / "file";
  const bool there = GENERATE(false, true);
  if (there) files::write(path, "old");
  {
    ReplacementFile file(path);
    file.stream() << "new" << std::flush;
    CHECK(files::text_of(path) == (there ? "old" : ""));
    CHECK(std::filesystem::exists(path) == there);
    file.finish();
    CHECK(files::text_of(path) == "new");
  }
  CHECK(files::text_of(path) == "new");
  CHECK(directory.names() == Names{"file"});
}

TEST_CASE("numbers are written alike in every locale", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  const test::OtherLocale locale;
  ReplacementFile file(directory / "file");
  file.stream() << 1024 << " " << 0.5;
  file.finish();
  CHECK(files::text_of(directory / "file") == "1024 0.5");
}

TEST_CASE("without an end nothing changes and nothing is left behind", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  const auto path = directory / "file";
  {
    ReplacementFile(path).stream() << "half";
  }
  CHECK(directory.names().empty());
  files::write(path, "old");
  {
    ReplacementFile(path).stream() << "half";
  }
  CHECK(files::text_of(path) == "old");
  CHECK(directory.names() == Names{"file"});
}

TEST_CASE("what cannot be written or replaced throws, and nothing is left behind", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "folder");
  CHECK_THROWS_WITH(ReplacementFile(directory / "folder"), ct::has_substring("cannot be opened for writing"));
  CHECK_THROWS_AS(ReplacementFile(directory / "folder/"), std::system_error);
  CHECK_THROWS_AS(ReplacementFile(directory / "no/such"), std::system_error);
  CHECK_THROWS_AS(ReplacementFile(directory / "new/"), std::system_error);
  CHECK_THROWS_AS(ReplacementFile(std::filesystem::path()), std::system_error);
  {
    ReplacementFile late(directory / "late");
    std::filesystem::create_directory(directory / "late");  // a directory in the way of the rename
    CHECK_THROWS_WITH(late.finish(), ct::has_substring("writing failed"));
  }
  CHECK(directory.names() == Names{"folder", "late"});
}

#if defined(__unix__) || defined(__APPLE__)  // permissions, links, FIFOs, and names beyond MAX_PATH
TEST_CASE("a file that must not be written is not replaced", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  const auto path = directory / "file";
  files::write(path, "old");
  std::filesystem::permissions(path, static_cast<std::filesystem::perms>(0444));
  std::filesystem::permissions(directory / "", static_cast<std::filesystem::perms>(0777));
  const ::uid_t user = ::geteuid();
  if (user == 0) REQUIRE(::seteuid(65534) == 0);  // root may write to every file
  CHECK_THROWS_WITH(ReplacementFile(path), ct::has_substring("cannot be opened for writing"));
  CHECK_NOTHROW(replace(directory / "other", "new"));
  if (user == 0) REQUIRE(::seteuid(user) == 0);
  CHECK(files::text_of(path) == "old");
  CHECK(directory.names() == Names{"file", "other"});
}

TEST_CASE("the new file has the old one's permissions", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  const auto path = directory / "file";
  files::write(path, "old");
  for (const unsigned mode : {0600U, 0640U, 0777U}) {
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
    replace(path, "new");
    CHECK(static_cast<unsigned>(std::filesystem::status(path).permissions()) == mode);
  }
}

TEST_CASE("a link stays a link, and the file behind it is replaced", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "real");
  std::filesystem::create_symlink("real/file", directory / "relative");
  std::filesystem::create_symlink(directory / "relative", directory / "absolute");
  replace(directory / "absolute", "new");  // to where nothing is yet
  CHECK(files::text_of(directory / "real/file") == "new");
  replace(directory / "relative", "newer");
  CHECK(files::text_of(directory / "real/file") == "newer");
  CHECK(std::filesystem::is_symlink(directory / "absolute"));
  CHECK(std::filesystem::is_symlink(directory / "relative"));
  CHECK(std::filesystem::directory_iterator(directory / "real")->path().filename() == "file");

  std::filesystem::create_symlink("loop", directory / "loop");
  CHECK_THROWS_AS(ReplacementFile(directory / "loop"), std::system_error);
  CHECK(directory.names() == Names{"absolute", "loop", "real", "relative"});
}

TEST_CASE("a FIFO is written to, not replaced", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  const auto fifo = directory / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  replace(fifo, "new");
  std::array<char, 8> read{};
  CHECK(::read(reader, read.data(), read.size()) == 3);
  CHECK(std::string(read.data()) == "new");
  ::close(reader);
  CHECK(std::filesystem::is_fifo(fifo));
  CHECK(directory.names() == Names{"fifo"});
}

TEST_CASE("a file's name may be as long as names can be", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  const std::string name(255, 'n');
  replace(directory / name, "new");
  CHECK(files::text_of(directory / name) == "new");
}
#endif

TEST_CASE("files of one directory may be written side by side", "[replacement_file]") {
  const files::TemporaryDirectory directory;
  std::array<std::string, 4> failures;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < failures.size(); ++i)
    threads.emplace_back([&, i] {
      const std::string name = std::to_string(i);
      try {
        for (int round = 0; round < 50; ++round) {
          replace(directory / name, name);
          if (files::text_of(directory / name) != name) failures[i] = "holds another's text";
        }
      } catch (const std::exception& error) {
        failures[i] = error.what();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(failures == std::array<std::string, 4>{});
  CHECK(directory.names() == Names{"0", "1", "2", "3"});
}
