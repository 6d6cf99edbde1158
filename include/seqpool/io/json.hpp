// SPDX-License-Identifier: MIT
#pragma once

// JSON for the headers of io: declared alone where seqpool::io is a compiled library, else defined here too.

#include <seqpool/io/json_events.hpp>
#if !defined(SEQPOOL_COMPILED_IO)
#include <seqpool/io/json_nlohmann.hpp>
#endif
