// SPDX-License-Identifier: MIT
// Tokens, shaded by their weights.
#ifndef SEQPOOL_EXAMPLES_SHADING_HPP
#define SEQPOOL_EXAMPLES_SHADING_HPP

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>

inline bool is_terminal() {
#if defined(_WIN32)
  return _isatty(1) != 0;
#else
  return isatty(STDOUT_FILENO) != 0;
#endif
}

// Whether to print in colours: to a terminal, unless NO_COLOR says something (no-color.org).
inline bool colours_wanted() {
  const char* const no_colour = std::getenv("NO_COLOR");
  return is_terminal() && (no_colour == nullptr || *no_colour == '\0');
}

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

// The tokens in one line, or in several of at most `width` characters, the darker the larger their weight: by colours,
// or by a line of shades below each. "##" joins a token to the one before.
inline std::string shaded(std::span<const std::string> tokens, std::span<const float> weights, bool colours,
                          const std::string& indent, std::size_t width) {
  constexpr std::array shades{" ", "░", "▒", "▓", "█"};
  constexpr std::array palette{"", "\033[30;48;5;230m", "\033[30;48;5;222m", "\033[30;48;5;214m", "\033[30;48;5;208m"};
  const float largest = (std::max)(*std::max_element(weights.begin(), weights.end()), 1e-30f);
  std::string result, text, below;
  std::size_t used = 0;
  const auto end_line = [&] {
    result += indent + text + "\n" + (colours ? "" : indent + below + "\n");
    text.clear(), below.clear(), used = 0;
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool joined = tokens[i].starts_with("##") && tokens[i].size() > 2;
    const std::string token = joined ? tokens[i].substr(2) : tokens[i];
    if (used > 0 && used + characters(token) + 1 > width) end_line();
    if (used > 0 && !joined) text += " ", below += " ", ++used;
    const float share = weights[i] / largest;
    const std::size_t level = share > 0.6f ? 4 : share > 0.3f ? 3 : share > 0.1f ? 2 : share > 0.03f ? 1 : 0;
    text += colours && level > 0 ? palette[level] + token + "\033[0m" : token;
    for (std::size_t c = 0; c < characters(token); ++c) below += shades[level];
    used += characters(token);
  }
  end_line();
  return result;
}

#endif
