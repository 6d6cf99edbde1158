// SPDX-License-Identifier: MIT
#include "corpus.hpp"
#include "saved_stream.hpp"

TEST_CASE("fuzz.saved_stream_corpus", "[stream][fuzz]") {
  fuzz::run_corpus("stream_corpus", 28, fuzz::run_saved_stream);
}
