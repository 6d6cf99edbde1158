// SPDX-License-Identifier: MIT
// All that is in the library seqpool_io where SEQPOOL_COMPILED_IO is ON: who includes seqpool/io/ need not parse
// nlohmann/json then.
#include <seqpool/io/json_nlohmann.hpp>
