// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

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
    return (is_negative_ ? "-" : "") + std::to_string(is_negative_ ? 0 - number_ : number_);
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
