// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/json_events.hpp>
#include <seqpool/io/nlohmann.hpp>
#include <seqpool/version.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The functions of json_events.hpp by nlohmann/json: the one header of io that includes it, which takes seconds a file.
namespace seqpool::inline SEQPOOL_JSON_ABI::json_detail {

class NlohmannEvents final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit NlohmannEvents(Events& events) : events_(events) {}

  bool start_object(std::size_t) override { return events_.start_object(), true; }
  bool key(std::string& key) override { return events_.key(key), true; }
  bool end_object() override { return events_.end_object(), true; }
  bool start_array(std::size_t) override { return events_.start_array(), true; }
  bool end_array() override { return events_.end_array(), true; }
  bool string(std::string& value) override { return events_.string(value), true; }
  bool number_unsigned(std::uint64_t value) override { return events_.number(value), true; }
  bool number_integer(std::int64_t value) override { return events_.other_number(std::to_string(value)), true; }
  bool number_float(double, const std::string& text) override { return events_.other_number(text), true; }
  bool null() override { return events_.other("null"), true; }
  bool boolean(bool) override { return events_.other("a boolean"), true; }
  bool binary(nlohmann::json::binary_t&) override { return events_.other("binary data"), true; }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    // The parser's own words come before the first of these, the token that it stumbled over behind it: bytes of the
    // text, which may hold these words as well.
    const std::string_view words = error.what();
    events_.error(position, words.substr(0, words.find("; last read")));
    return false;
  }

 private:
  Events& events_;
};

void parse_json(std::string_view text, Events& events) {
  NlohmannEvents forwarded(events);
  nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &forwarded);
}

std::optional<std::string> quoted_json(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace seqpool::inline SEQPOOL_JSON_ABI::json_detail
