// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_FUZZ_CORPUS_HPP
#define SEQPOOL_TESTS_FUZZ_CORPUS_HPP

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "../io/files.hpp"
#include "support/catch.hpp"

namespace fuzz {

// run(text) of every file of a corpus, which has at least so many, by whatever compiler this is.
template <class F> void run_corpus(const std::string& name, std::size_t least, F run) {
  std::vector<std::filesystem::path> corpus;
  const auto folder = std::filesystem::path(SEQPOOL_TEST_FUZZ_CORPUS).parent_path() / name;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) corpus.push_back(entry.path());
  std::sort(corpus.begin(), corpus.end());
  REQUIRE(corpus.size() >= least);
  for (const auto& path : corpus) {
    INFO(path.filename().string());
    CHECK_NOTHROW(run(files::text_of(path)));
  }
}

}  // namespace fuzz

#endif
