// SPDX-License-Identifier: MIT
#pragma once

// Reading and writing safetensors files, the format in which trained weights are shared. Needs nlohmann/json,
// unless the library it is linked with was compiled (CMake option SEQPOOL_COMPILED).

#include <seqpool/io/safetensors_reader.hpp>
#include <seqpool/io/safetensors_writer.hpp>
