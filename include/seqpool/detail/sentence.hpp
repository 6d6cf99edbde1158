// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// A whole number as std::to_string writes it. That is one function of all files of a program, and may be that of a file
// with flags for another processor; this one is that of files with the same flags.
[[nodiscard]] inline std::string number_text(std::integral auto number) {
  const bool is_negative = std::cmp_less(number, 0);
  auto left = static_cast<std::uint64_t>(number);
  if (is_negative) left = 0 - left;
  char digits[21];
  char* first = digits + sizeof digits;
  do *--first = static_cast<char>('0' + left % 10);
  while ((left /= 10) != 0);
  if (is_negative) *--first = '-';
  return std::string(first, digits + sizeof digits);
}

// A number as C writes it, with a point in place of whatever the program's locale has there.
inline std::string with_point(std::string_view number) {
  constexpr std::string_view others = "+-0123456789aefin";
  std::string text;
  bool is_point = false;  // which may be several bytes
  for (const char c : number) {
    const bool was_point = std::exchange(is_point, others.find(c) == others.npos);
    if (!is_point)
      text.push_back(c);
    else if (!was_point)
      text.push_back('.');
  }
  return text;
}

// In a few digits if they read back as the same number, otherwise in as many as tell all of its type apart. What is
// saved under one locale is read under others.
[[nodiscard]] inline std::string number_text(std::floating_point auto number) {
  const auto wide = static_cast<double>(number);
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", wide);
  if (static_cast<decltype(number)>(std::strtod(text, nullptr)) != number)
    std::snprintf(text, sizeof text, "%.*g", std::numeric_limits<decltype(number)>::max_digits10, wide);
  return detail::with_point(text);
}

// A part of a message: text, or a whole number. It only says what it is made from. The message itself is written in one
// function, where it is thrown, so each place that refuses something is little code, to run and to compile.
class Part {
 public:
  Part(const char* text) : text_(text) {}
  Part(std::string_view text) : text_(text) {}
  Part(const std::string& text) : text_(text) {}
  Part(std::integral auto number)
      : is_number_(true), is_negative_(std::cmp_less(number, 0)), number_(static_cast<std::uint64_t>(number)) {}

  [[nodiscard]] std::string text() const {
    if (!is_number_) return std::string(text_);
    return is_negative_ ? detail::number_text(static_cast<std::int64_t>(number_)) : detail::number_text(number_);
  }

 private:
  std::string_view text_;
  bool is_number_ = false;
  bool is_negative_ = false;
  std::uint64_t number_ = 0;
};

using Parts = std::initializer_list<Part>;

// The parts as one text.
[[nodiscard]] SEQPOOL_COLD inline std::string sentence(Parts parts) {
  std::string all;
  for (const Part& part : parts) all += part.text();
  return all;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
