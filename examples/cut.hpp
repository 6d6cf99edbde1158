// SPDX-License-Identifier: MIT
// Text in columns, for the tables of the examples.
#ifndef SEQPOOL_EXAMPLES_CUT_HPP
#define SEQPOOL_EXAMPLES_CUT_HPP

#include <cstddef>
#include <string>

// To a column's width; of a long text beginning and end, as what a sentence is about may come late.
inline std::string cut(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text + std::string(width - text.size(), ' ');
  const std::size_t head = width / 2 - 2;
  return text.substr(0, head) + "..." + text.substr(text.size() - (width - head - 3));
}

#endif
