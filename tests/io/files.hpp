// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_IO_FILES_HPP
#define SEQPOOL_TESTS_IO_FILES_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <vector>

// Files for the tests of seqpool::io.
namespace files {

// A directory of its own, so that tests may run side by side; gone at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::random_device seed;
    path_ =
        std::filesystem::temp_directory_path() / ("seqpool-" + std::to_string(seed()) + "-" + std::to_string(seed()));
    std::filesystem::create_directory(path_);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  // What is in it, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      result.push_back(entry.path().filename().string());
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  std::filesystem::path path_;
};

inline void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline void write(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  write(path, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What the exception that f() throws says, "" if it throws none, and "waits" if f() has not returned after five
// seconds: it is then set free by opening the FIFO at `fifo`.
template <class F> std::string what_without_waiting(const std::filesystem::path& fifo, F f) {
  auto what = std::async(std::launch::async, [&f]() -> std::string {
    try {
      f();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  });
  if (what.wait_for(std::chrono::seconds(5)) == std::future_status::ready) return what.get();
  const std::fstream other_end(fifo);
  what.wait();
  return "waits";
}

}  // namespace files

#endif
