// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/message_text.hpp>

#include <stdexcept>
#include <system_error>

namespace seqpool::inline SEQPOOL_ABI::io {

/// A file that cannot be read or written, breaks a rule of its format, or does not hold what was asked for.
///
/// what() is "seqpool: <file>: <rule>" or "seqpool: <file>: tensor '<name>': <rule>", with the numbers that break the
/// rule. It is one line of UTF-8 that is safe to print, whatever a file calls things: '?' replaces control characters,
/// invisible ones and those that turn the direction of text, and "..." replaces all that follows byte 80 of a name.
///
///     try {
///       use(seqpool::io::Safetensors(path));
///     } catch (const seqpool::io::Error& error) { std::cerr << error.what() << '\n'; }
class Error : public std::runtime_error {
 public:
  Error(const std::string& file, const std::string& rule)
      : std::runtime_error(detail::printable("seqpool: " + (file.empty() ? "\"\"" : file) + ": " + rule)) {}

  Error(const std::string& file, std::string_view tensor, const std::string& rule)
      : Error(file, "tensor '" + detail::excerpt(tensor) + "': " + rule) {}
};

namespace detail {

[[noreturn]] SEQPOOL_COLD inline void refuse(const std::string& file, seqpool::detail::Parts rule) {
  throw Error(file, seqpool::detail::sentence(rule));
}
[[noreturn]] SEQPOOL_COLD inline void refuse(const std::string& file, std::string_view tensor,
                                             seqpool::detail::Parts rule) {
  throw Error(file, tensor, seqpool::detail::sentence(rule));
}

// Where the operating system refuses something, this throws a std::system_error.
[[noreturn]] inline void fail(int code, const char* what) {
  throw std::system_error(code, std::generic_category(), what);
}

// Where the file's name is known, such an error becomes an Error: calls f(), whose system errors are about `file`.
template <class F> auto with_file_name(const std::string& file, F f) {
  try {
    return f();
  } catch (const std::system_error& error) {
    throw Error(file, error.what());
  }
}

}  // namespace detail

}  // namespace seqpool::inline SEQPOOL_ABI::io
