// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/sentence.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Names come from files, so one may be megabytes long, not UTF-8, or made to deceive whoever reads the message.
namespace seqpool::inline SEQPOOL_ABI::io::detail {

// `text`, or its first `limit` bytes (at least 3) and "...", cut between two UTF-8 characters.
[[nodiscard]] inline std::string excerpt(std::string_view text, std::size_t limit = 80);

// `text` as a terminal or a log shows it, in one line and from left to right: '?' for every character that is
// invisible, controls a terminal, breaks the line or turns the direction, and for every byte that is not UTF-8.
[[nodiscard]] inline std::string printable(std::string_view text);

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode's Default_Ignorable_Code_Point, which leave no mark, and what controls, breaks or annotates a line.
inline constexpr std::array<Range, 19> hidden_characters{{
    {0x00, 0x1F},        // C0 controls
    {0x7F, 0x9F},        // delete, C1 controls
    {0xAD, 0xAD},        // soft hyphen
    {0x034F, 0x034F},    // combining grapheme joiner
    {0x061C, 0x061C},    // Arabic letter mark
    {0x115F, 0x1160},    // Hangul fillers
    {0x17B4, 0x17B5},    // Khmer inherent vowels
    {0x180B, 0x180F},    // Mongolian variation selectors, vowel separator
    {0x200B, 0x200F},    // zero width, left-to-right and right-to-left marks
    {0x2028, 0x202E},    // line and paragraph separators, embeddings and overrides of the direction
    {0x2060, 0x206F},    // word joiner, invisible operators, isolates of the direction
    {0x3164, 0x3164},    // Hangul filler
    {0xFE00, 0xFE0F},    // variation selectors
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFA0, 0xFFA0},    // halfwidth Hangul filler
    {0xFFF0, 0xFFFB},    // not assigned, interlinear annotation
    {0x1BCA0, 0x1BCA3},  // shorthand format controls
    {0x1D173, 0x1D17A},  // musical beams, ties, slurs and phrases
    {0xE0000, 0xE0FFF},  // tags, variation selectors
}};

struct Character {
  char32_t code;
  std::size_t size;  // in bytes
};

// The first character of `text`, which is not empty; of size 0 if it is not UTF-8.
[[nodiscard]] inline Character first_character(std::string_view text) noexcept {
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};  // what takes fewer bytes is overlong
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
  if (size == 0 || size > text.size()) return {0, 0};
  char32_t code = size == 1 ? lead : lead & (0x7FU >> size);
  for (const char c : text.substr(1, size - 1)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) return {0, 0};
    code = code << 6 | (byte & 0x3FU);
  }
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < least[size] || code > 0x10FFFF || is_surrogate ? Character{0, 0} : Character{code, size};
}

inline std::string excerpt(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  const auto continues = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U; };
  std::size_t length = limit;
  while (limit - length < 3 && continues(length)) --length;  // a character has at most 3 of these
  return std::string(text.substr(0, length)) + "...";
}

inline std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Character first = first_character(text);
    const auto hides = [&](Range range) { return range.first <= first.code && first.code <= range.last; };
    if (first.size == 0 || std::any_of(hidden_characters.begin(), hidden_characters.end(), hides))
      result += '?';
    else
      result += text.substr(0, first.size);
    text.remove_prefix((std::max)(first.size, std::size_t{1}));
  }
  return result;
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
