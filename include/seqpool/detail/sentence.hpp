// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// A number as std::to_string writes it. That is one function of all files of a program, and may be that of a file with
// flags for another processor; this one is that of files with the same flags.
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
[[nodiscard]] inline std::string number_text(std::floating_point auto number) {
  const auto wide = static_cast<double>(number);
  std::string text(static_cast<std::size_t>(std::snprintf(nullptr, 0, "%f", wide)), '\0');
  std::snprintf(text.data(), text.size() + 1, "%f", wide);
  return text;
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
