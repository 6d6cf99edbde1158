// SPDX-License-Identifier: MIT
// Every file of the fuzzer's corpus, by whatever compiler this is.
#include <algorithm>
#include <filesystem>
#include <vector>

#include "../io/files.hpp"
#include "saved_stream.hpp"
#include "support/catch.hpp"

TEST_CASE("fuzz.saved_stream_corpus", "[stream][fuzz]") {
  std::vector<std::filesystem::path> corpus;
  for (const auto& entry : std::filesystem::directory_iterator(SEQPOOL_TEST_STREAM_CORPUS))
    corpus.push_back(entry.path());
  std::sort(corpus.begin(), corpus.end());
  REQUIRE(corpus.size() >= 28);
  for (const auto& path : corpus) {
    INFO(path.filename().string());
    CHECK_NOTHROW(fuzz::run_saved_stream(files::text_of(path)));
  }
}
