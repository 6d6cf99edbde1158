// SPDX-License-Identifier: MIT
// Every file of the fuzzer's corpus, by whatever compiler this is.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "model_folder.hpp"
#include "support/catch.hpp"

TEST_CASE("fuzz.model_folder_corpus", "[model][fuzz]") {
  std::vector<std::filesystem::path> corpus;
  for (const auto& entry : std::filesystem::directory_iterator(SEQPOOL_TEST_FUZZ_CORPUS))
    corpus.push_back(entry.path());
  std::sort(corpus.begin(), corpus.end());
  REQUIRE(corpus.size() >= 40);
  for (const auto& path : corpus) {
    INFO(path.filename().string());
    CHECK_NOTHROW(fuzz::run(files::text_of(path)));
  }
}
