// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/file_kind.hpp>
#include <seqpool/io/message_text.hpp>
#include <seqpool/io/nlohmann.hpp>
#include <seqpool/model/error.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

using Json = nlohmann::json;

// Bytes of a JSON file: more than any has, and few enough that the document takes at most 1 GB of memory.
inline constexpr std::size_t largest_document = 32'000'000;

// The document in `text`; throws Error unless it is JSON of at most 64 levels. Of a key that is there twice the last
// one counts, as in Python. Infinity, -Infinity and NaN, which Python writes too, become what Transformers 5 writes for
// them, {"__float__": "Infinity"}: numbers of which only who needs them has to know.
[[nodiscard]] inline Json parse_document(std::string_view text, const std::string& file);

// "Infinity" for {"__float__": "Infinity"}, and so on; "" for all that is no such number.
[[nodiscard]] inline std::string special_number(const Json& value);

// What `value` is, for a message: "Infinity", "string".
[[nodiscard]] inline std::string kind_of(const Json& value);

// "'cls', 'max'": names for a message.
[[nodiscard]] inline std::string quoted_list(std::span<const std::string_view> names);

// An object of a JSON file. What it is asked for is checked, a key that is null counts as absent, and keys that nobody
// knows can be refused: each may have an effect.
class Config {
 public:
  // `at` says where in the file the object stands, for messages: "[2]" or "sentence_transformers.".
  Config(std::string file, Json object, std::string at = {});

  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] bool is_null(std::string_view key) const {
    const auto found = object_.find(key);
    return found != object_.end() && found->is_null();
  }
  [[nodiscard]] bool is_text(std::string_view key) const { return has(key) && find(key)->is_string(); }
  [[nodiscard]] bool is_infinite(std::string_view key) const {
    return has(key) && detail::special_number(*find(key)) == "Infinity";
  }

  // Each throws Error if there is no such key, or if its value is of another kind.
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] Index count(std::string_view key) const;  // 0 or more
  [[nodiscard]] double number(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  [[nodiscard]] Config object(std::string_view key) const;
  // And these give `otherwise` if there is none.
  [[nodiscard]] std::string text(std::string_view key, std::string otherwise) const {
    return has(key) ? text(key) : std::move(otherwise);
  }
  [[nodiscard]] Index count(std::string_view key, Index otherwise) const { return has(key) ? count(key) : otherwise; }
  [[nodiscard]] double number(std::string_view key, double otherwise) const {
    return has(key) ? number(key) : otherwise;
  }
  [[nodiscard]] bool flag(std::string_view key, bool otherwise) const { return has(key) ? flag(key) : otherwise; }

  [[nodiscard]] std::size_t size() const { return object_.size(); }
  // f(key, value) for each; the value may be of any kind.
  template <class F> void each(F f) const {
    for (const auto& [key, value] : object_.items()) f(key, value);
  }

  // Throws Error if there is a key that is none of these.
  void refuse_others(std::initializer_list<std::string_view> known) const;

  [[noreturn]] void refuse(std::string_view key, const std::string& rule) const;
  [[noreturn]] void refuse_value(std::string_view key, std::string_view value,
                                 std::span<const std::string_view> understood) const;

 private:
  [[nodiscard]] const Json* find(std::string_view key) const;
  [[nodiscard]] const Json& get(std::string_view key) const;

  std::string file_;
  Json object_;
  std::string at_;
};

// ---------------------------------------------------------------------------------------------------------------------

inline constexpr std::array<std::string_view, 3> special_numbers{"Infinity", "-Infinity", "NaN"};

// `text` in which Python's Infinity, -Infinity and NaN are objects. Throws Error if arrays and objects stand in each
// other in more than 64 levels: by a callback the parser could say that too, but with one it walks at the end of each
// object through all that stand beside it: of n objects that is n^2 steps.
inline std::string without_special_numbers(std::string_view text, const std::string& file) {
  constexpr int most_levels = 64;
  constexpr std::string_view delimiters = " \t\r\n[]{},:\"";
  std::string result;
  std::size_t copied = 0;
  int level = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      while (++i < text.size() && text[i] != '"') i += text[i] == '\\';
    } else if ((c == '[' || c == '{') && ++level > most_levels) {
      throw Error(file, "JSON of more than " + std::to_string(most_levels) + " levels is not understood");
    } else if (c == ']' || c == '}') {
      --level;
    } else if (delimiters.find(c) == delimiters.npos) {
      // A word. Where none may stand, such as for a key, an object may not either.
      const std::size_t end = (std::min)(text.find_first_of(delimiters, i), text.size());
      const std::string_view word = text.substr(i, end - i);
      if (std::find(special_numbers.begin(), special_numbers.end(), word) != special_numbers.end()) {
        result.append(text.substr(copied, i - copied)).append(R"({"__float__":")").append(word).append("\"}");
        copied = end;
        if (result.size() > largest_document)
          throw Error(file, "has more numbers that are not finite than are understood");
      }
      i = end - 1;
    }
  }
  return result.append(text.substr(copied));
}

inline Json parse_document(std::string_view text, const std::string& file) {
  const auto refuse = [&](const std::string& why, const std::string& kind) {
    throw Error(file, "is not valid JSON" + (kind.empty() ? " (" + why + ")" : ": " + kind));
  };
  // The parser takes a zero byte for the end of its input, and would not see what comes after it.
  if (text.find('\0') != text.npos) {
    const bool is_safetensors = io::detail::begins_with_length(text) && text.substr(8).starts_with('{');
    refuse("it holds a zero byte",
           is_safetensors ? "the file is safetensors, which holds weights" : io::detail::file_kind(text));
  }
  const std::string json = detail::without_special_numbers(text, file);
  try {
    return Json::parse(json);
  } catch (const Json::exception& error) {
    const std::string_view words = error.what();
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    const bool is_meant = begin != text.npos && (text[begin] == '[' || text[begin] == '{');
    refuse(io::detail::excerpt(words.substr(0, words.find("; last read")), 200),
           is_meant ? "" : io::detail::file_kind(text));
  }
  return {};
}

inline std::string special_number(const Json& value) {
  if (!value.is_object() || value.size() != 1 || !value.contains("__float__")) return "";
  const Json& name = value["__float__"];
  const auto is_name = [&](std::string_view special) { return name.is_string() && name == special; };
  return std::any_of(special_numbers.begin(), special_numbers.end(), is_name) ? name.get<std::string>() : "";
}

inline std::string kind_of(const Json& value) {
  const std::string special = detail::special_number(value);
  return special.empty() ? value.type_name() : special;
}

inline std::string quoted_list(std::span<const std::string_view> names) {
  std::string all;
  for (const std::string_view name : names) {
    if (!all.empty()) all += ", ";
    all += "'" + std::string(name) + "'";
  }
  return all;
}

inline Config::Config(std::string file, Json object, std::string at)
    : file_(std::move(file)), object_(std::move(object)), at_(std::move(at)) {
  if (!object_.is_object() || !detail::special_number(object_).empty())
    throw Error(file_, (at_.empty() ? "expected a JSON object" : at_ + " must be a JSON object") + ", found " +
                           detail::kind_of(object_));
}

inline const Json* Config::find(std::string_view key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

inline const Json& Config::get(std::string_view key) const {
  const Json* const found = find(key);
  if (found == nullptr) refuse(key, "is missing");
  return *found;
}

inline std::string Config::text(std::string_view key) const {
  const Json& value = get(key);
  if (!value.is_string()) refuse(key, "must be a string, found " + detail::kind_of(value));
  return value.get<std::string>();
}

inline Index Config::count(std::string_view key) const {
  const Json& value = get(key);
  // Sizes of at most 2^31 keep every sum and product of a few of them in range.
  constexpr double most = 2147483648.0;
  if (!value.is_number_integer() || value.get<double>() < 0 || value.get<double>() > most) {
    const std::string special = detail::special_number(value);
    refuse(key, "must be a whole number from 0 to 2^31, found " +
                    (special.empty() ? io::detail::excerpt(value.dump(-1, ' ', true, Json::error_handler_t::replace))
                                     : special));
  }
  return value.get<Index>();
}

inline double Config::number(std::string_view key) const {
  const Json& value = get(key);
  if (!value.is_number() || !std::isfinite(value.get<double>()))
    refuse(key, "must be a finite number, found " + detail::kind_of(value));
  return value.get<double>();
}

inline bool Config::flag(std::string_view key) const {
  const Json& value = get(key);
  if (!value.is_boolean()) refuse(key, "must be true or false, found " + detail::kind_of(value));
  return value.get<bool>();
}

inline std::vector<std::string> Config::texts(std::string_view key) const {
  const Json& value = get(key);
  const auto is_text = [](const Json& element) { return element.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) refuse(key, "must be a list of strings");
  return value.get<std::vector<std::string>>();
}

inline Config Config::object(std::string_view key) const {
  return Config(file_, get(key), (at_.empty() ? "" : at_ + ": ") + "key '" + std::string(key) + "'");
}

inline void Config::refuse_others(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : object_.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse(key, "is not understood here; understood are " + quoted_list({known.begin(), known.size()}));
}

inline void Config::refuse(std::string_view key, const std::string& rule) const {
  throw Error(file_, (at_.empty() ? "" : at_ + ": ") + "key '" + io::detail::excerpt(key) + "' " + rule);
}

inline void Config::refuse_value(std::string_view key, std::string_view value,
                                 std::span<const std::string_view> understood) const {
  refuse(key,
         "is '" + io::detail::excerpt(value) + "', which is not understood; understood are " + quoted_list(understood));
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
