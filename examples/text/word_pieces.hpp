// SPDX-License-Identifier: MIT
// BERT's tokenizer as a folder's tokenizer.json describes it: what a model without an encoder needs, and all it needs.
#ifndef SEQPOOL_EXAMPLES_TEXT_WORD_PIECES_HPP
#define SEQPOOL_EXAMPLES_TEXT_WORD_PIECES_HPP

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

class WordPieces {
 public:
  explicit WordPieces(const std::filesystem::path& file) {
    std::ifstream stream(file);
    if (!stream) throw std::runtime_error(file.string() + ": cannot open");
    const auto json = nlohmann::json::parse(stream);
    const auto require = [&](const char* part, const std::string& type) {
      const auto& found = json.at(part);
      const std::string name = found.is_object() ? found.value("type", "") : "none";
      if (name != type)
        throw std::runtime_error(file.string() + ": its " + part + " is '" + name + "', and only '" + type +
                                 "' is understood here: BERT's tokenizer");
    };
    require("model", "WordPiece");
    require("normalizer", "BertNormalizer");
    require("pre_tokenizer", "BertPreTokenizer");
    const auto& model = json["model"];
    model.at("vocab").get_to(vocabulary_);
    prefix_ = model.value("continuing_subword_prefix", "##");
    longest_ = model.value("max_input_chars_per_word", std::size_t{100});
    unknown_ = vocabulary_.at(model.at("unk_token").get<std::string>());
    lowercase_ = json["normalizer"].value("lowercase", true);
    const auto& strip = json["normalizer"]["strip_accents"];
    strip_accents_ = strip.is_boolean() ? strip.get<bool>() : lowercase_;
    if (json["truncation"].is_object()) most_ = json["truncation"].at("max_length").get<std::size_t>();
  }

  std::int64_t unknown() const { return unknown_; }

  // Without special tokens.
  std::vector<std::int64_t> ids(const std::string& text) const {
    std::vector<std::int64_t> result;
    for (const auto& word : words(text)) add_pieces(word, result);
    result.resize((std::min)(result.size(), most_));
    return result;
  }

 private:
  using Word = std::vector<utf8proc_int32_t>;  // code points

  static bool is_between(utf8proc_int32_t c, utf8proc_int32_t first, utf8proc_int32_t last) {
    return first <= c && c <= last;
  }
  static bool is_space(utf8proc_int32_t c) {
    return is_between(c, 9, 13) || c == 0x85 ||
           is_between(utf8proc_category(c), UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZP);
  }
  static bool is_control(utf8proc_int32_t c) { return c == 0xFFFD || utf8proc_category(c) >= UTF8PROC_CATEGORY_CC; }
  static bool is_punctuation(utf8proc_int32_t c) {
    return is_between(c, '!', '/') || is_between(c, ':', '@') || is_between(c, '[', '`') || is_between(c, '{', '~') ||
           is_between(utf8proc_category(c), UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
  }
  // Of languages that are written without spaces; each character is a word.
  static bool is_ideograph(utf8proc_int32_t c) {
    return is_between(c, 0x3400, 0x4DBF) || is_between(c, 0x4E00, 0x9FFF) || is_between(c, 0xF900, 0xFAFF) ||
           is_between(c, 0x20000, 0x2A6DF) || is_between(c, 0x2A700, 0x2CEAF) || is_between(c, 0x2F800, 0x2FA1F);
  }

  // The text without control characters, bytes that are no UTF-8, and, if the folder says so, accents and capitals.
  std::vector<Word> words(const std::string& text) const {
    std::vector<Word> result(1);
    const auto end_word = [&] {
      if (!result.back().empty()) result.emplace_back();
    };
    const auto* next = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    for (auto left = static_cast<utf8proc_ssize_t>(text.size()); left > 0;) {
      utf8proc_int32_t c = 0;
      const auto read = (std::max)(utf8proc_iterate(next, left, &c), utf8proc_ssize_t{1});
      next += read;
      left -= read;
      if (is_space(c)) {
        end_word();
      } else if (!is_control(c)) {
        const bool alone = is_ideograph(c);
        if (alone) end_word();
        utf8proc_int32_t parts[8] = {c};
        int boundary = 0;
        const auto count = strip_accents_ ? utf8proc_decompose_char(c, parts, 8, UTF8PROC_DECOMPOSE, &boundary) : 1;
        for (utf8proc_ssize_t i = 0; i < count; ++i) {
          if (strip_accents_ && utf8proc_category(parts[i]) == UTF8PROC_CATEGORY_MN) continue;
          const bool punctuation = is_punctuation(parts[i]);
          if (punctuation) end_word();
          result.back().push_back(lowercase_ ? utf8proc_tolower(parts[i]) : parts[i]);
          if (punctuation) end_word();
        }
        if (alone) end_word();
      }
    }
    if (result.back().empty()) result.pop_back();
    return result;
  }

  // The longest piece that the vocabulary has, again and again; a word that is not made of such pieces is unknown.
  void add_pieces(const Word& word, std::vector<std::int64_t>& ids) const {
    const std::size_t before = ids.size();
    for (std::size_t begin = 0, end = 0; begin < word.size(); begin = end) {
      auto found = vocabulary_.end();
      if (word.size() <= longest_)
        for (end = word.size(); end > begin && found == vocabulary_.end(); --end)
          found = vocabulary_.find((begin > 0 ? prefix_ : "") + utf8(word, begin, end));
      if (found == vocabulary_.end()) {
        ids.resize(before);
        ids.push_back(unknown_);
        return;
      }
      ++end;  // which the loop took away
      ids.push_back(found->second);
    }
  }

  static std::string utf8(const Word& word, std::size_t begin, std::size_t end) {
    std::string result;
    for (std::size_t i = begin; i < end; ++i) {
      utf8proc_uint8_t bytes[4];
      const auto size = utf8proc_encode_char(word[i], bytes);
      result.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    return result;
  }

  std::unordered_map<std::string, std::int64_t> vocabulary_;
  std::string prefix_;
  std::size_t longest_ = 100;
  std::size_t most_ = (std::numeric_limits<std::size_t>::max)();  // ids of a text; what is longer is cut
  std::int64_t unknown_ = 0;
  bool lowercase_ = true;
  bool strip_accents_ = true;
};

#endif
