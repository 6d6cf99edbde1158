// SPDX-License-Identifier: MIT
#include <seqpool/model/detail/config.hpp>
#include <seqpool/model/detail/json.hpp>
#include <seqpool/model/detail/transformers_config.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using seqpool::model::Error;
using seqpool::model::detail::Config;
using seqpool::model::detail::Json;
using seqpool::model::detail::kind_of;
using seqpool::model::detail::parse_document;
using seqpool::model::detail::read_pad_token_id;
using seqpool::model::detail::text_of;

TEST_CASE("a document is what its text says", "[model]") {
  const Json document =
      parse_document(R"([null, true, false, 0, -7, 18446744073709551615, 1.5, "a\u00e9", [], {}])", "f");
  const auto all = document.elements();
  std::vector<std::string> kinds;
  std::string texts;
  for (const Json& value : all) {
    kinds.push_back(kind_of(value));
    texts += text_of(value) + " ";
  }
  CHECK(kinds == std::vector<std::string>{"null", "boolean", "boolean", "number", "number", "number", "number",
                                          "string", "array", "object"});
  CHECK(texts == R"(null true false 0 -7 18446744073709551615 1.5 "a\u00e9" [] {} )");
  CHECK(all[1].number() == 1.0);
  CHECK(all[2].number() == 0.0);
  CHECK(all[4].number() == -7.0);
  CHECK(all[6].number() == 1.5);
  CHECK(all[7].text() == "a\xC3\xA9");
  CHECK(all[3].is(Json::Kind::whole));
  CHECK(all[6].is(Json::Kind::real));
}

TEST_CASE("what stands in each other is found, and written, as it is", "[model]") {
  const std::string text = R"({"b":[1,[2,{"c":[]}],3],"a":{"d":{},"e":"f"}})";
  const Json document = parse_document(text, "f");
  CHECK(text_of(document) == text);
  const auto inside = document.elements();
  REQUIRE(inside.size() == 4);
  CHECK(inside[0].text() == "b");
  CHECK(inside[1].elements().size() == 3);
  CHECK(inside[1].elements()[2].number() == 3.0);
  CHECK(text_of(inside[3]) == R"({"d":{},"e":"f"})");
  CHECK(Json::object().elements().empty());
}

TEST_CASE("a value outlives the document that it is of", "[model]") {
  const Json value = parse_document(R"({"a": ["kept"]})", "f").elements()[1].elements()[0];
  CHECK(value.text() == "kept");
}

TEST_CASE("of a key that is there twice the last value counts, and keys are sorted", "[model]") {
  const Config config("f", parse_document(R"({"b": 1, "a": {"x": 1}, "b": 2, "a": null, "c": 3})", "f"));
  CHECK(config.count("b") == 2);
  CHECK(config.is_null("a"));
  CHECK_FALSE(config.has("a"));
  std::string keys;
  for (const auto& [key, value] : config.members()) keys += key;
  CHECK(keys == "abc");
}

TEST_CASE("a number that is not finite is one that only who needs it knows", "[model]") {
  const Config config(
      "f", parse_document(R"({"a": Infinity, "b": -Infinity, "c": NaN, "d": {"__float__": "Infinity"}})", "f"));
  CHECK(config.is_infinite("a"));
  CHECK_FALSE(config.is_infinite("b"));
  CHECK(config.is_infinite("d"));
  CHECK_THROWS_WITH(config.number("c"), ct::has_substring("key 'c' must be a finite number, found NaN"));
  CHECK_THROWS_WITH(config.count("b"), ct::has_substring("found -Infinity"));
  CHECK_THROWS_WITH(config.object("a"), ct::has_substring("must be a JSON object, found Infinity"));
}

TEST_CASE("a count that is none is shown as the file has it", "[model]") {
  const Config config("f",
                      parse_document(R"({"a": 1.5, "b": -1, "c": "2", "d": [1, {"e": true}], "f": 2147483649})", "f"));
  const std::string range = sizeof(seqpool::Index) > 4 ? "from 0 to 2^31, " : "from 0 to 2^28, ";
  CHECK_THROWS_WITH(config.count("a"), ct::has_substring(range + "found 1.5"));
  CHECK_THROWS_WITH(config.count("b"), ct::has_substring("found -1"));
  CHECK_THROWS_WITH(config.count("c"), ct::has_substring("found \"2\""));
  CHECK_THROWS_WITH(config.count("d"), ct::has_substring("found [1,{\"e\":true}]"));
  CHECK_THROWS_WITH(config.count("f"), ct::has_substring("found 2147483649"));
  CHECK_THROWS_WITH(config.count("g"), ct::has_substring("key 'g' is missing"));
}

TEST_CASE("a count fits an Index of any width, and so does the sum of seven", "[model]") {
  const std::int64_t most = std::int64_t{1} << (sizeof(seqpool::Index) > 4 ? 31 : 28);
  CHECK(std::in_range<seqpool::Index>(7 * most));
  for (const std::int64_t number : {most - 1, most, most + 1, std::int64_t{1} << 31, (std::int64_t{1} << 32) + 7}) {
    const Config config("f", parse_document("{\"a\": " + std::to_string(number) + "}", "f"));
    if (number > most)
      CHECK_THROWS_AS(config.count("a"), Error);
    else
      CHECK(std::cmp_equal(config.count("a"), number));
  }
}

TEST_CASE("an id of padding fits an Index of any width", "[model]") {
  const auto id = [](const std::string& number) {
    return read_pad_token_id(Config("f", parse_document("{\"pad_token_id\": " + number + "}", "f")), {});
  };
  CHECK(id("-1") == -1);
  CHECK(id("268435456") == 268435456);
  CHECK_THROWS_WITH(id("2147483649"), ct::has_substring("must be a whole number of at most 2^"));
  if (sizeof(seqpool::Index) == 4) CHECK_THROWS_AS(id("2147483648"), Error);
}

TEST_CASE("what is no JSON is refused in the parser's words", "[model]") {
  CHECK_THROWS_WITH(parse_document(R"({"a": 1)", "f"),
                    ct::has_substring("is not valid JSON ([json.exception.parse_error"));
  CHECK_THROWS_WITH(parse_document("[1e400]", "f"),
                    ct::has_substring("is not valid JSON ([json.exception.out_of_range"));
  // They may be as long as the text: 200 bytes are enough.
  const std::string number = "1" + std::string(400, '0');
  const std::string words = "[json.exception.out_of_range.406] number overflow parsing '" + number;
  CHECK_THROWS_WITH(parse_document("[" + number + "]", "f"), ct::has_substring(words.substr(0, 200) + "...)"));
  CHECK_THROWS_AS(parse_document("[1] [2]", "f"), Error);
  CHECK_THROWS_AS(parse_document("", "f"), Error);
  CHECK_THROWS_WITH(parse_document(std::string(65, '[') + std::string(65, ']'), "f"),
                    ct::has_substring("more than 64 levels"));
  CHECK_NOTHROW(parse_document(std::string(64, '[') + std::string(64, ']'), "f"));
}
