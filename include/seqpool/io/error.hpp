// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_IO_ERROR_HPP
#define SEQPOOL_IO_ERROR_HPP

#include <seqpool/version.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI::io {

namespace detail {

/// `text` fit for a message: at most 80 bytes, cut between UTF-8 characters, and '?' for control characters.
/// Names come from the file, so one may be megabytes long or hold escape sequences for a terminal.
inline std::string excerpt(std::string_view text) {
  constexpr std::size_t limit = 80;
  std::size_t length = (std::min)(text.size(), limit);
  const auto continues = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U; };
  while (length < text.size() && length > 0 && continues(length)) --length;
  std::string result(text.substr(0, length));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; };
  std::replace_if(result.begin(), result.end(), is_control, '?');
  return length < text.size() ? result + "..." : result;
}

}  // namespace detail

/// A file that cannot be read, breaks a rule of its format, or does not hold what was asked for.
/// what() is "<file>: <rule>" or "<file>: tensor '<name>': <rule>", with the numbers that break the rule.
class Error : public std::runtime_error {
 public:
  Error(const std::string& file, const std::string& rule) : std::runtime_error(file + ": " + rule) {}

  Error(const std::string& file, std::string_view tensor, const std::string& rule)
      : Error(file, "tensor '" + detail::excerpt(tensor) + "': " + rule) {}
};

}  // namespace seqpool::inline SEQPOOL_ABI::io

#endif
