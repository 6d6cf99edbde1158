// SPDX-License-Identifier: MIT
#include "corpus.hpp"
#include "model_folder.hpp"

TEST_CASE("fuzz.model_folder_corpus", "[model][fuzz]") { fuzz::run_corpus("corpus", 40, fuzz::run); }
