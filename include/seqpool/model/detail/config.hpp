// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/json.hpp>
#include <seqpool/scalar.hpp>

#include <cmath>
#include <functional>
#include <map>
#include <span>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// The largest count is 2 to this: every sum of a few of them fits an Index of 32 bits, and every product of two one of
// 64.
inline constexpr int count_bits = sizeof(Index) > 4 ? 31 : 28;
inline constexpr Index largest_count = Index{1} << count_bits;

// "'cls', 'max'": names for a message.
[[nodiscard]] inline std::string quoted_list(std::span<const std::string_view> names);

// An object of a JSON file. What it is asked for is checked, a key that is null counts as absent, and keys that nobody
// knows can be refused: each may have an effect.
class Config {
 public:
  // `at` says where in the file the object stands, for messages: "[2]" or "sentence_transformers.".
  explicit Config(std::string file, const Json& object = Json::object(), std::string at = {});

  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  // The value of any kind but null, if there is one.
  [[nodiscard]] const Json* find(std::string_view key) const {
    const auto found = members_.find(key);
    return found == members_.end() || found->second.is(Json::Kind::null) ? nullptr : &found->second;
  }
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] bool is_null(std::string_view key) const { return is(key, Json::Kind::null); }
  [[nodiscard]] bool is_text(std::string_view key) const { return is(key, Json::Kind::string); }
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
  [[nodiscard]] Config object(std::string_view key, const Config& otherwise) const {
    return has(key) ? object(key) : otherwise;
  }
  // The text of `key`, or `otherwise` if there is none, which throws Error unless it is one of `understood`.
  std::string one_of(std::string_view key, std::string_view otherwise,
                     std::initializer_list<std::string_view> understood) const;

  // Each key, sorted, and its value, which may be of any kind.
  [[nodiscard]] const std::map<std::string, Json, std::less<>>& members() const noexcept { return members_; }

  // Throws Error if there is a key that is none of these.
  void refuse_others(std::initializer_list<std::string_view> known) const;

  [[noreturn]] void refuse(std::string_view key, seqpool::detail::Parts rule) const;
  [[noreturn]] void refuse_value(std::string_view key, std::string_view value,
                                 std::span<const std::string_view> understood) const;

 private:
  [[nodiscard]] bool is(std::string_view key, Json::Kind kind) const {
    const auto found = members_.find(key);
    return found != members_.end() && found->second.is(kind);
  }
  [[nodiscard]] const Json& get(std::string_view key) const;
  // The value, which is of `kind`; else throws Error: the key must be `wanted`.
  [[nodiscard]] const Json& get(std::string_view key, Json::Kind kind, const char* wanted) const;

  std::string file_;
  std::map<std::string, Json, std::less<>> members_;
  std::string at_;
};

// ---------------------------------------------------------------------------------------------------------------------

inline std::string quoted_list(std::span<const std::string_view> names) {
  std::string all;
  for (const std::string_view name : names) {
    if (!all.empty()) all += ", ";
    all += "'" + std::string(name) + "'";
  }
  return all;
}

inline Config::Config(std::string file, const Json& object, std::string at)
    : file_(std::move(file)), at_(std::move(at)) {
  if (!object.is(Json::Kind::object) || !detail::special_number(object).empty())
    detail::refuse(file_, {(at_.empty() ? "expected a JSON object" : at_ + " must be a JSON object"), ", found ",
                           detail::kind_of(object)});
  const auto elements = object.elements();
  for (std::size_t i = 0; i < elements.size(); i += 2) members_.insert_or_assign(elements[i].text(), elements[i + 1]);
}

SEQPOOL_COLD inline const Json& Config::get(std::string_view key) const {
  const Json* const found = find(key);
  if (found == nullptr) refuse(key, {"is missing"});
  return *found;
}

SEQPOOL_COLD inline const Json& Config::get(std::string_view key, Json::Kind kind, const char* wanted) const {
  const Json& value = get(key);
  if (!value.is(kind)) refuse(key, {"must be ", wanted, ", found ", detail::kind_of(value)});
  return value;
}

SEQPOOL_COLD inline std::string Config::text(std::string_view key) const {
  return get(key, Json::Kind::string, "a string").text();
}

SEQPOOL_COLD inline Index Config::count(std::string_view key) const {
  const Json& value = get(key);
  if (!value.is(Json::Kind::whole) || value.number() < 0 || value.number() > static_cast<double>(largest_count)) {
    const std::string special = detail::special_number(value);
    refuse(key, {"must be a whole number from 0 to 2^", count_bits, ", found ",
                 (special.empty() ? io::detail::excerpt(detail::text_of(value)) : special)});
  }
  return static_cast<Index>(value.number());
}

SEQPOOL_COLD inline double Config::number(std::string_view key) const {
  const Json& value = get(key);
  if (!value.is_number() || !std::isfinite(value.number()))
    refuse(key, {"must be a finite number, found ", detail::kind_of(value)});
  return value.number();
}

SEQPOOL_COLD inline bool Config::flag(std::string_view key) const {
  return get(key, Json::Kind::boolean, "true or false").number() != 0;
}

SEQPOOL_COLD inline std::vector<std::string> Config::texts(std::string_view key) const {
  std::vector<std::string> result;
  const Json& list = get(key);
  bool is_lawful = list.is(Json::Kind::array);
  for (const Json& element : list.elements()) {
    is_lawful = is_lawful && element.is(Json::Kind::string);
    result.push_back(element.text());
  }
  if (!is_lawful) refuse(key, {"must be a list of strings"});
  return result;
}

SEQPOOL_COLD inline Config Config::object(std::string_view key) const {
  return Config(file_, get(key), (at_.empty() ? "" : at_ + ": ") + "key '" + std::string(key) + "'");
}

SEQPOOL_COLD inline void Config::refuse_others(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : members())
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse(key, {"is not understood here; understood are ", quoted_list({known.begin(), known.size()})});
}

SEQPOOL_COLD inline void Config::refuse(std::string_view key, seqpool::detail::Parts rule) const {
  detail::refuse(file_, {(at_.empty() ? "" : at_ + ": "), "key '", io::detail::excerpt(key), "' ",
                         seqpool::detail::sentence(rule)});
}

SEQPOOL_COLD inline std::string Config::one_of(std::string_view key, std::string_view otherwise,
                                               std::initializer_list<std::string_view> understood) const {
  std::string value = text(key, std::string(otherwise));
  if (std::find(understood.begin(), understood.end(), value) == understood.end())
    refuse_value(key, value, {understood.begin(), understood.size()});
  return value;
}

inline void Config::refuse_value(std::string_view key, std::string_view value,
                                 std::span<const std::string_view> understood) const {
  refuse(key,
         {"is '", io::detail::excerpt(value), "', which is not understood; understood are ", quoted_list(understood)});
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
