// SPDX-License-Identifier: MIT
#pragma once

// nlohmann/json, for the headers that cannot do without. The include of seqpool/stop ends the compilation, as in
// version.hpp.
#if !__has_include(<nlohmann/json.hpp>)
#error \
    "seqpool: nlohmann/json is not found, and seqpool::io and seqpool::model need it. Install it (Debian: nlohmann-json3-dev) and link the CMake target seqpool::io or seqpool::model, or add its include folder."
#include <seqpool/stop>
#endif
#include <nlohmann/json.hpp>
