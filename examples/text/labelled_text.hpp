// SPDX-License-Identifier: MIT
// Sentences and what each of them is, from a file of lines: a label, a tab, a sentence.
#ifndef SEQPOOL_EXAMPLES_TEXT_LABELLED_TEXT_HPP
#define SEQPOOL_EXAMPLES_TEXT_LABELLED_TEXT_HPP

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <seqpool/scalar.hpp>
#include <stdexcept>
#include <string>
#include <vector>

struct LabelledText {
  // To learn from: its labels are the classes, in alphabetical order.
  explicit LabelledText(const std::string& path) {
    const std::vector<std::string> own = read(path);
    names = own;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.size() == 1)
      refuse(path, "all sentences have the label '" + names[0] + "', and there is no other to tell it from");
    number(own);
  }
  // To be tried on: its labels are some of those classes.
  LabelledText(const std::string& path, std::vector<std::string> classes) : names(std::move(classes)) {
    number(read(path));
  }

  std::size_t count(std::size_t name) const {
    return static_cast<std::size_t>(std::count(labels.begin(), labels.end(), static_cast<seqpool::Index>(name)));
  }

  std::vector<std::string> names;      // [classes]
  std::vector<seqpool::Index> labels;  // [sentences], indices of names
  std::vector<std::string> sentences;

 private:
  [[noreturn]] static void refuse(const std::string& where, const std::string& why) {
    throw std::runtime_error(where + ": " + why);
  }

  // Keeps the sentences, and returns their labels.
  std::vector<std::string> read(const std::string& path) {
    if (!std::filesystem::exists(path)) refuse(path, "there is no such file");
    if (std::filesystem::is_directory(path)) refuse(path, "is a folder, not a file of sentences");
    std::ifstream file(path);
    if (!file) refuse(path, "cannot be read");
    std::vector<std::string> own;  // labels
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
      const std::string where = path + ": line " + std::to_string(number);
      if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // what Windows writes first, and
      if (line.ends_with('\r')) line.pop_back();                              // at the end of lines
      if (line.empty()) continue;
      const std::size_t tab = line.find('\t');
      if (tab == line.npos) refuse(where, "has no tab; a line is a label, a tab and a sentence");
      if (line.find('\t', tab + 1) != line.npos)
        refuse(where, "has more than one tab; a line is a label, a tab and a sentence");
      if (tab == 0) refuse(where, "has no label before its tab");
      if (tab + 1 == line.size()) refuse(where, "has no sentence behind its tab");
      own.push_back(line.substr(0, tab));
      if (!is_utf8(own.back())) refuse(where, "has a label that is not UTF-8; save the file as UTF-8");
      if (!names.empty() && !std::binary_search(names.begin(), names.end(), own.back()))
        refuse(where, "has the label '" + own.back() + "', of which nothing was learned");
      sentences.push_back(line.substr(tab + 1));
    }
    if (own.empty()) refuse(path, "has no sentences");
    return own;
  }

  // As a JSON library sees it, which writes the labels.
  static bool is_utf8(const std::string& text) {
    try {
      return !nlohmann::json(text).dump().empty();
    } catch (const nlohmann::json::type_error&) {
      return false;
    }
  }

  void number(const std::vector<std::string>& own) {
    for (const std::string& label : own)
      labels.push_back(std::lower_bound(names.begin(), names.end(), label) - names.begin());
  }
};

#endif
