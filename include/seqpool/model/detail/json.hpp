// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/file_kind.hpp>
#include <seqpool/io/json.hpp>
#include <seqpool/model/error.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A value of a JSON document, which it holds on to: copies are cheap.
class Json {
 public:
  enum class Kind : unsigned char { null, boolean, whole, real, string, array, object };

  [[nodiscard]] static Json object();  // {}

  [[nodiscard]] Kind kind() const noexcept { return node().kind; }
  [[nodiscard]] bool is(Kind kind) const noexcept { return node().kind == kind; }
  [[nodiscard]] bool is_number() const noexcept { return is(Kind::whole) || is(Kind::real); }
  [[nodiscard]] double number() const noexcept { return node().number; }  // of true 1
  // A string; of a number, and of what has a name, what the file says.
  [[nodiscard]] std::string text() const { return document_->text.substr(node().begin, node().size); }
  // Those of an array; of an object a key and its value in turn, as the file has them.
  [[nodiscard]] std::vector<Json> elements() const;

 private:
  friend class JsonBuilder;

  // The values one after the other, each in front of those within it.
  struct Node {
    double number;
    std::uint32_t begin;  // of its text
    std::uint32_t size;
    std::uint32_t next;  // the first behind it and all within it
    Kind kind;
  };
  struct Document {
    std::string text;
    std::vector<Node> nodes;
  };

  Json(std::shared_ptr<const Document> document, std::size_t at) : document_(std::move(document)), at_(at) {}
  [[nodiscard]] const Node& node() const noexcept { return document_->nodes[at_]; }

  std::shared_ptr<const Document> document_;
  std::size_t at_;
};

// Bytes of a JSON file: more than any has, and few enough that the document takes at most 1 GB of memory.
inline constexpr std::size_t largest_document = 32'000'000;

// The document in `text`; throws Error unless it is JSON of at most 64 levels. Of a key that is there twice the last
// one counts, as in Python. Infinity, -Infinity and NaN, which Python writes too, become what Transformers 5 writes for
// them, {"__float__": "Infinity"}: numbers of which only who needs them has to know.
[[nodiscard]] inline Json parse_document(std::string_view text, const std::string& file);

// "Infinity" for {"__float__": "Infinity"}, and so on; "" for all that is no such number.
[[nodiscard]] inline std::string special_number(const Json& value);

// What `value` is, for a message: "Infinity", "string"; and itself, as JSON in ASCII.
[[nodiscard]] inline std::string kind_of(const Json& value);
[[nodiscard]] inline std::string text_of(const Json& value);

// ---------------------------------------------------------------------------------------------------------------------

// Makes a document of the parser's events.
class JsonBuilder final : public io::detail::JsonEvents {
 public:
  explicit JsonBuilder(std::string_view text) { io::detail::parse_json(text, *this); }

  [[nodiscard]] const std::string& error() const noexcept { return error_; }  // empty if there is none
  [[nodiscard]] Json take() const { return {document_, 0}; }

  bool start_object(std::size_t) override { return begin(Json::Kind::object); }
  bool key(std::string& key) override { return add(Json::Kind::string, key); }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override { return begin(Json::Kind::array); }
  bool end_array() override { return end(); }
  bool string(std::string& value) override { return add(Json::Kind::string, value); }
  bool number_unsigned(std::uint64_t value) override {
    return add(Json::Kind::whole, std::to_string(value), static_cast<double>(value));
  }
  bool number_integer(std::int64_t value) override {
    return add(Json::Kind::whole, std::to_string(value), static_cast<double>(value));
  }
  bool number_float(double value, const std::string& text) override { return add(Json::Kind::real, text, value); }
  bool null() override { return add(Json::Kind::null, "null"); }
  bool boolean(bool value) override { return add(Json::Kind::boolean, value ? "true" : "false", value ? 1 : 0); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    error_ = io::detail::json_error(error);
    return false;
  }

 private:
  bool begin(Json::Kind kind) {
    open_.push_back(document_->nodes.size());
    return add(kind, "");
  }
  bool end() {
    document_->nodes[open_.back()].next = static_cast<std::uint32_t>(document_->nodes.size());
    open_.pop_back();
    return true;
  }
  bool add(Json::Kind kind, std::string_view text, double number = 0);

  std::shared_ptr<Json::Document> document_ = std::make_shared<Json::Document>();
  std::vector<std::size_t> open_;  // arrays and objects that have not ended
  std::string error_;
};

inline bool JsonBuilder::add(Json::Kind kind, std::string_view text, double number) {
  auto& [all, nodes] = *document_;
  const auto next = static_cast<std::uint32_t>(nodes.size() + 1);
  nodes.push_back(
      {number, static_cast<std::uint32_t>(all.size()), static_cast<std::uint32_t>(text.size()), next, kind});
  all += text;
  return true;
}

inline Json Json::object() { return JsonBuilder("{}").take(); }

inline std::vector<Json> Json::elements() const {
  std::vector<Json> result;
  for (std::size_t i = at_ + 1; i < node().next; i = document_->nodes[i].next) result.push_back(Json(document_, i));
  return result;
}

inline constexpr std::array<std::string_view, 3> special_numbers{"Infinity", "-Infinity", "NaN"};

[[nodiscard]] inline bool is_special_number(std::string_view word) {
  return std::find(special_numbers.begin(), special_numbers.end(), word) != special_numbers.end();
}

// `text` in which Python's Infinity, -Infinity and NaN are objects. Throws Error if arrays and objects stand in each
// other in more than 64 levels.
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
      detail::refuse(file, {"JSON of more than ", most_levels, " levels is not understood"});
    } else if (c == ']' || c == '}') {
      --level;
    } else if (delimiters.find(c) == delimiters.npos) {
      // A word. Where none may stand, such as for a key, an object may not either.
      const std::size_t end = (std::min)(text.find_first_of(delimiters, i), text.size());
      const std::string_view word = text.substr(i, end - i);
      if (is_special_number(word)) {
        result.append(text.substr(copied, i - copied)).append(R"({"__float__":")").append(word).append("\"}");
        copied = end;
        if (result.size() > largest_document)
          detail::refuse(file, {"has more numbers that are not finite than are understood"});
      }
      i = end - 1;
    }
  }
  return result.append(text.substr(copied));
}

inline Json parse_document(std::string_view text, const std::string& file) {
  const auto refuse = [&](const std::string& why, const std::string& kind) {
    detail::refuse(file, {"is not valid JSON", (kind.empty() ? " (" + why + ")" : ": " + kind)});
  };
  // The parser takes a zero byte for the end of its input, and would not see what comes after it.
  if (text.find('\0') != text.npos) {
    const bool is_safetensors = io::detail::begins_with_length(text) && text.substr(8).starts_with('{');
    refuse("it holds a zero byte",
           is_safetensors ? "the file is safetensors, which holds weights" : io::detail::file_kind(text));
  }
  const JsonBuilder builder(detail::without_special_numbers(text, file));
  if (!builder.error().empty()) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    const bool is_meant = begin != text.npos && (text[begin] == '[' || text[begin] == '{');
    refuse(builder.error(), is_meant ? "" : io::detail::file_kind(text));
  }
  return builder.take();
}

inline std::string special_number(const Json& value) {
  const auto inside = value.is(Json::Kind::object) ? value.elements() : std::vector<Json>();
  const bool is_one = inside.size() == 2 && inside[0].text() == "__float__" && inside[1].is(Json::Kind::string);
  return is_one && is_special_number(inside[1].text()) ? inside[1].text() : "";
}

inline std::string kind_of(const Json& value) {
  constexpr std::array<const char*, 7> kinds{"null", "boolean", "number", "number", "string", "array", "object"};
  const std::string special = detail::special_number(value);
  return special.empty() ? kinds[static_cast<std::size_t>(value.kind())] : special;
}

inline std::string text_of(const Json& value) {
  if (value.is(Json::Kind::string)) return io::detail::quoted_json(value.text(), true).value_or("");
  const bool is_object = value.is(Json::Kind::object);
  if (!is_object && !value.is(Json::Kind::array)) return value.text();
  std::string all(1, is_object ? '{' : '[');
  bool is_key = is_object;
  for (const Json& element : value.elements()) {
    all += detail::text_of(element) + (is_key ? ':' : ',');
    is_key = is_object && !is_key;
  }
  if (all.back() == ',') all.pop_back();
  return all + (is_object ? '}' : ']');
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
