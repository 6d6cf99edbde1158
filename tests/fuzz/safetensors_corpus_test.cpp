// SPDX-License-Identifier: MIT
#include "corpus.hpp"
#include "safetensors.hpp"

TEST_CASE("fuzz.safetensors_corpus", "[safetensors][fuzz]") {
  fuzz::run_corpus("safetensors_corpus", 20, fuzz::run_safetensors);
}
