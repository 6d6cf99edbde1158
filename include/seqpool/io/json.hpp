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

// The only header that includes nlohmann/json, which takes seconds to compile. It uses only the events of the parser:
// so there is one instance of the parser, and none of the tree or the printer. json::sax_parse would take another
// second: it compiles the readers of five binary formats too.
namespace seqpool::inline SEQPOOL_ABI::io::detail {

// What a JSON text holds, one thing after another. Each event may throw, which ends parse_json.
using JsonEvents = nlohmann::json_sax<nlohmann::json>;

// Tells `events` what is in `text`.
inline void parse_json(std::string_view text, JsonEvents& events) {
  auto bytes = nlohmann::detail::input_adapter(text.data(), text.data() + text.size());
  // NOLINTNEXTLINE(performance-move-const-arg): it takes no lvalue, even of an adapter that is two pointers
  nlohmann::detail::parser<nlohmann::json, decltype(bytes)>(std::move(bytes)).sax_parse(&events);
}

// The parser's own words about an error. They come before the first "; last read", and after it the token that the
// parser stumbled over: bytes of the text, which may hold these words as well.
[[nodiscard]] inline std::string json_error(const nlohmann::json::exception& error) {
  const std::string_view words = error.what();
  return excerpt(words.substr(0, words.find("; last read")), 200);
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
