// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/error.hpp>
#include <seqpool/version.hpp>

#include <string>

namespace seqpool::inline SEQPOOL_ABI::model {

/// A model folder that cannot be read, or that says something that is not understood: nothing is guessed.
///
/// what() is "seqpool: <file>: <rule>", where the rule names the key or the tensor, and what is understood. It is one
/// line that is safe to print, like that of `io::Error`.
class Error : public io::Error {
 public:
  Error(const std::string& file, const std::string& rule) : io::Error(file, rule) {}
  /// Why a safetensors file of the folder was refused.
  explicit Error(const io::Error& cause) : io::Error(cause) {}
};

namespace detail {

[[noreturn]] SEQPOOL_COLD inline void refuse(const std::string& file, seqpool::detail::Parts rule) {
  throw Error(file, seqpool::detail::sentence(rule));
}

}  // namespace detail

}  // namespace seqpool::inline SEQPOOL_ABI::model
