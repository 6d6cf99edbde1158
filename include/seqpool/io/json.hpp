// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/message_text.hpp>

// The include of seqpool/stop ends the compilation, as in version.hpp.
#if !__has_include(<nlohmann/json.hpp>)
#error \
    "seqpool: nlohmann/json is not found, and seqpool::io and seqpool::model need it. Install it (Debian: nlohmann-json3-dev) and link the CMake target seqpool::io or seqpool::model, or add its include folder."
#include <seqpool/stop>
#endif
#include <nlohmann/json.hpp>

#include <optional>

// The only header that includes nlohmann/json, which takes seconds to compile. It uses only the events of the parser:
// so there is one instance of the parser, and none of the tree or the printer. json::sax_parse would take another
// second: it compiles the readers of five binary formats too.
namespace seqpool::inline SEQPOOL_ABI::io::detail {

// What a JSON text holds, one thing after another. Each event may throw, which ends parse_json.
using JsonEvents = nlohmann::json_sax<nlohmann::json>;

// Tells `events` what is in `text`.
inline void parse_json(std::string_view text, JsonEvents& events) {
  auto bytes = nlohmann::detail::input_adapter(text.data(), text.data() + text.size());
  nlohmann::detail::parser<nlohmann::json, decltype(bytes)>(std::move(bytes)).sax_parse(&events);
}

// The parser's own words about an error. They come before the first "; last read", and after it the token that the
// parser stumbled over: bytes of the text, which may hold these words as well.
[[nodiscard]] inline std::string json_error(const nlohmann::json::exception& error) {
  const std::string_view words = error.what();
  return excerpt(words.substr(0, words.find("; last read")), 200);
}

// `text` as a JSON string in quotes, in ASCII only if asked; nothing if it is not UTF-8.
[[nodiscard]] inline std::optional<std::string> quoted_json(std::string_view text, bool ascii = false) {
  constexpr std::string_view special = "\"\\\b\f\n\r\t";
  constexpr std::string_view names = "\"\\bfnrt";
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result = "\"";
  const auto escape = [&](char32_t unit) {
    result += "\\u";
    for (const int shift : {12, 8, 4, 0}) result += digits[unit >> shift & 0xFU];
  };
  while (!text.empty()) {
    const auto [code, size] = first_character(text);
    if (size == 0) return std::nullopt;
    if (const std::size_t at = special.find(text[0]); at != special.npos) {
      result += '\\';
      result += names[at];
    } else if (code > 0xFFFF && ascii) {  // as two halves of UTF-16
      escape(0xD7C0 + (code >> 10));
      escape(0xDC00 + (code & 0x3FFU));
    } else if (code < 0x20 || (ascii && code > 0x7E)) {
      escape(code);
    } else {
      result += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return result += '"';
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
