// SPDX-License-Identifier: MIT
// Tokens with their weights as shades below them, for any terminal.
#ifndef SEQPOOL_EXAMPLES_TEXT_SHADING_HPP
#define SEQPOOL_EXAMPLES_TEXT_SHADING_HPP

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

// Characters, not bytes: those of UTF-8 that continue one are not counted.
inline std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// The first characters of a text that is longer than `width` bytes, and "..." for the others.
inline std::string shortened(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  std::size_t end = width - 3;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "...";
}

// The tokens in one line, or in several of at most `width` characters, each with a line of shades below it: the darkest
// for the largest weight. "##" joins a token to the one before.
inline std::string shaded(std::span<const std::string> tokens, std::span<const float> weights,
                          const std::string& indent, std::size_t width) {
  const float largest = *std::max_element(weights.begin(), weights.end());
  std::string result, text, shades;
  std::size_t used = 0;
  const auto end_line = [&] {
    result += indent + text + "\n" + indent + shades + "\n";
    text.clear(), shades.clear(), used = 0;
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool joined = tokens[i].starts_with("##") && tokens[i].size() > 2;
    const std::string token = joined ? tokens[i].substr(2) : tokens[i];
    if (used > 0 && used + characters(token) + 1 > width) end_line();
    if (used > 0 && !joined) text += " ", shades += " ", ++used;
    text += token;
    const float share = weights[i] / largest;
    const char* const shade = share > 0.6f ? "█" : share > 0.3f ? "▓" : share > 0.1f ? "▒" : share > 0.03f ? "░" : " ";
    for (std::size_t c = 0; c < characters(token); ++c) shades += shade;
    used += characters(token);
  }
  end_line();
  return result;
}

#endif
