// SPDX-License-Identifier: MIT
#include "corpus.hpp"
#include "forms.hpp"

TEST_CASE("fuzz.forms_corpus", "[forms][fuzz]") { fuzz::run_corpus("forms_corpus", 90, fuzz::run_forms); }
