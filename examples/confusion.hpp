// SPDX-License-Identifier: MIT
// How often each class was taken for each: what the examples say of a classifier.
#ifndef SEQPOOL_EXAMPLES_CONFUSION_HPP
#define SEQPOOL_EXAMPLES_CONFUSION_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

class Confusion {
 public:
  explicit Confusion(std::vector<std::string> names)
      : names_(std::move(names)), counts_(names_.size(), std::vector<int>(names_.size(), 0)) {}

  void add(std::size_t label, std::size_t said) {
    ++counts_.at(label).at(said);
    ++total_;
    right_ += label == said ? 1 : 0;
  }

  const std::vector<std::string>& names() const { return names_; }
  int count(std::size_t label, std::size_t said) const { return counts_.at(label).at(said); }
  int right() const { return right_; }
  int total() const { return total_; }

  // Which classes were taken for which others, the most frequent first.
  struct Pair {
    std::size_t label, said;
    int count;
  };
  std::vector<Pair> pairs() const {
    std::vector<Pair> result;
    for (std::size_t label = 0; label < names_.size(); ++label)
      for (std::size_t said = 0; said < names_.size(); ++said)
        if (label != said && counts_[label][said] > 0) result.push_back({label, said, counts_[label][said]});
    std::stable_sort(result.begin(), result.end(), [](const Pair& a, const Pair& b) { return a.count > b.count; });
    return result;
  }

  // A line for each class, with a column for each that it was taken for.
  std::string table() const {
    std::size_t width = 6;
    for (const std::string& name : names_) width = (std::max)(width, name.size() + 2);
    std::string result = padded("", width);
    for (const std::string& name : names_) result += padded(name, width);
    for (std::size_t label = 0; label < names_.size(); ++label) {
      result += "\n" + names_[label] + std::string(width - names_[label].size(), ' ');
      for (const int count : counts_[label]) result += padded(count == 0 ? "." : std::to_string(count), width);
    }
    return result + "\n";
  }

 private:
  static std::string padded(const std::string& text, std::size_t width) {
    return std::string(width - text.size(), ' ') + text;
  }

  std::vector<std::string> names_;
  std::vector<std::vector<int>> counts_;  // [label][said]
  int right_ = 0, total_ = 0;
};

#endif
