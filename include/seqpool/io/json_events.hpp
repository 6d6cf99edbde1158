// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/version.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// All that io needs to know of JSON. Where io is a compiled library (CMake option SEQPOOL_COMPILED_IO), these two
// functions are what is in it. It is compiled once, for files of any instruction set, so what crosses this border is in
// a namespace of the version alone, and is made of the standard library's types.
#if defined(SEQPOOL_COMPILED_IO)
#define SEQPOOL_JSON_INLINE
#define SEQPOOL_JSON_ABI SEQPOOL_ABI_NAME(SEQPOOL_VERSION_MAJOR, SEQPOOL_VERSION_MINOR, any, , )
#else
#define SEQPOOL_JSON_INLINE inline
#define SEQPOOL_JSON_ABI SEQPOOL_ABI
#endif

namespace seqpool::inline SEQPOOL_JSON_ABI::json_detail {

// What a JSON text holds, one thing after the other. Each may throw, which ends parse_json.
class Events {
 public:
  virtual void start_object() = 0;
  virtual void key(const std::string& key) = 0;
  virtual void end_object() = 0;
  virtual void start_array() = 0;
  virtual void end_array() = 0;
  virtual void string(const std::string& value) = 0;
  virtual void number(std::uint64_t value) = 0;
  virtual void other_number(const std::string& text) = 0;                // negative, broken or larger than 64 bits
  virtual void other(const char* what) = 0;                              // "null", "a boolean"
  virtual void error(std::size_t position, std::string_view words) = 0;  // at this byte the text is no JSON

 protected:
  ~Events() = default;
};

// Says to `events` what is in `text`.
SEQPOOL_JSON_INLINE void parse_json(std::string_view text, Events& events);

// `text` as a JSON string, in quotes; nothing if it is not UTF-8.
[[nodiscard]] SEQPOOL_JSON_INLINE std::optional<std::string> quoted_json(const std::string& text);

}  // namespace seqpool::inline SEQPOOL_JSON_ABI::json_detail
