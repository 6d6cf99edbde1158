// SPDX-License-Identifier: MIT
// What train_text says as a page: how often each class was taken for each, all sentences as points, and which tokens
// decided.
#ifndef SEQPOOL_EXAMPLES_TEXT_TRAIN_PAGE_HPP
#define SEQPOOL_EXAMPLES_TEXT_TRAIN_PAGE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <string>
#include <vector>

#include "../confusion.hpp"
#include "../page.hpp"
#include "../shading.hpp"
#include "labelled_text.hpp"
#include "plane.hpp"
#include "trained_text.hpp"

// What the encoder made of some sentences, without padding.
struct Encodings {
  std::vector<std::vector<float>> states;  // each [tokens, hidden]
  std::vector<std::vector<std::string>> tokens;
  seqpool::Index hidden = 0;

  seqpool::Ragged<float> x() const { return {states, hidden}; }
  seqpool::Ragged<float> x(const std::vector<std::size_t>& rows) const {
    std::vector<const float*> begins;
    std::vector<std::size_t> lengths;
    for (const std::size_t row : rows) {
      begins.push_back(states[row].data());
      lengths.push_back(tokens[row].size());
    }
    return {begins, lengths, hidden};
  }
};

// A way to learn, and how it did on sentences that were left out.
struct Trial {
  std::string name;
  seqpool::AnyPooling<float> pooling = seqpool::Mean{};
  seqpool::FitOptions options{};
  std::vector<seqpool::Index> said{};  // [sentences]
  double loss = 0;                     // the mean of all
  int right = 0;
};

// Sentences and what each was taken for.
struct Tested {
  std::string name;
  const LabelledText& text;
  const Encodings& encodings;
  const std::vector<seqpool::Index>& said;  // [sentences]
  const Confusion& confusion;

  bool right(std::size_t i) const { return said[i] == text.labels[i]; }
  const std::string& label_of(std::size_t i) const { return text.names[static_cast<std::size_t>(text.labels[i])]; }
  const std::string& said_of(std::size_t i) const { return text.names[static_cast<std::size_t>(said[i])]; }
};

// How each pooling did, the one that was taken in bold.
inline void write_trials(Page& page, const std::vector<Trial>& trials, std::size_t taken) {
  page << "<table><thead><tr><th></th><th>right</th><th>of</th><th>%</th></tr></thead>\n";
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const Trial& trial = trials[i];
    const std::string open = i == taken ? "<b>" : "", close = i == taken ? "</b>" : "";
    const int tenths = static_cast<int>(std::lround(1000. * trial.right / static_cast<double>(trial.said.size())));
    page << "<tr><th>" << open << trial.name << close << "</th><td>" << open << trial.right << close << "</td><td>"
         << trial.said.size() << "</td><td>" << open << tenths / 10 << "." << tenths % 10 << close << "</td></tr>\n";
  }
  page << "</table>\n";
}

// A line for each class, whose cells are as dark as their share of it; what is right has a frame.
inline void write_confusion(Page& page, const Confusion& confusion) {
  const auto& names = confusion.names();
  page << "<div class=\"wide\"><table><thead><tr><th></th>";
  for (const std::string& name : names) page << "<th>" << escaped(name) << "</th>";
  page << "</tr></thead>\n<tbody>";
  for (std::size_t label = 0; label < names.size(); ++label) {
    int all = 0;
    for (std::size_t said = 0; said < names.size(); ++said) all += confusion.count(label, said);
    page << "<tr><th>" << escaped(names[label]) << "</th>";
    for (std::size_t said = 0; said < names.size(); ++said) {
      const int count = confusion.count(label, said);
      const auto share = static_cast<float>(count) / static_cast<float>((std::max)(all, 1));
      page << shaded_element(label == said ? "td class=\"right\"" : "td", count == 0 ? "" : std::to_string(count),
                             share, names[label] + (label == said ? ", rightly" : " taken for " + names[said]));
    }
    page << "</tr>\n";
  }
  page << "</tbody></table></div>\n";
}

// Every so many marks are enough to see what lies where.
inline void write_picture(Page& page, const Tested& tested, const TrainedText& trained) {
  constexpr std::size_t most = 2000;
  const auto& names = tested.text.names;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < tested.said.size(); i += (tested.said.size() + most - 1) / most) rows.push_back(i);
  const Vectors vectors = trained.vectors(tested.encodings.x(rows), seqpool::all_tokens);
  const Plane plane = plane_of(seqpool::as_matrix(vectors).cast<double>());
  std::vector<Point> points;
  for (const std::size_t i : rows)
    points.push_back({static_cast<std::size_t>(tested.text.labels[i]), static_cast<std::size_t>(tested.said[i]),
                      tested.text.sentences[i]});
  page << picture(plane, points, names) << "<div class=\"legend\">";
  for (std::size_t c = 0; c < names.size(); ++c)
    page << "<span><svg viewBox=\"0 0 20 20\">" << mark(10, 10, c, c, names[c]) << "</svg> " << escaped(names[c])
         << "</span>";
  page << "<span><svg viewBox=\"0 0 20 20\">" << mark(10, 10, 0, 1, "") << "</svg> " << escaped(names[0])
       << ", taken for " << escaped(names[1]) << "</span></div>\n<span class=\"said\">Two directions have "
       << std::lround(100 * plane.share) << " % of the variance. Point at a mark to see its sentence.</span>\n";
}

// Wrong ones first, as they say more, and then a right one of each class.
inline std::vector<std::size_t> shown_of(const Tested& tested) {
  constexpr std::size_t most_wrong = 12, most = 20;
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < tested.said.size() && shown.size() < most_wrong; ++i)
    if (!tested.right(i)) shown.push_back(i);
  for (std::size_t c = 0; c < tested.text.names.size() && shown.size() < most; ++c)
    for (std::size_t i = 0; i < tested.said.size(); ++i)
      if (tested.right(i) && tested.said[i] == static_cast<seqpool::Index>(c)) {
        shown.push_back(i);
        break;
      }
  return shown;
}

inline void write_sentences(Page& page, const Tested& tested, const TrainedText& trained) {
  const std::vector<std::size_t> shown = shown_of(tested);
  std::vector<seqpool::Index> said;
  for (const std::size_t i : shown) said.push_back(tested.said[i]);
  const Vectors reasons = trained.reasons(tested.encodings.x(shown), seqpool::all_tokens, said);
  for (std::size_t row = 0; row < shown.size(); ++row) {
    const std::size_t i = shown[row];
    const auto& tokens = tested.encodings.tokens[i];
    page << "<p><span class=\"how\">" << escaped(tested.label_of(i)) << "</span><span class=\"said"
         << (tested.right(i) ? "\">✓ " : " wrong\">✗ ") << escaped(tested.said_of(i)) << "</span>"
         << shaded_tokens(tokens, {&reasons(static_cast<seqpool::Index>(row), 0), tokens.size()}) << "</p>\n";
  }
}

inline void write_page(const std::string& path, const std::vector<Trial>& trials, std::size_t taken,
                       const std::string& why, const Tested& tested, const TrainedText& trained) {
  Page page(path, "What was learned from " + std::to_string(trials.front().said.size()) + " sentences");
  page << "<div>Taken: " << trials[taken].name << " (" << why << ").</div>\n<section><div class=\"beside\"><div>"
       << "<h2>By folds</h2>\n";
  write_trials(page, trials, taken);
  page << "<h2>" << escaped(tested.name) << ": " << tested.confusion.right() << " of " << tested.confusion.total()
       << " right</h2>\n";
  write_confusion(page, tested.confusion);
  page << "<span class=\"said\">A line for what a sentence is,<br>a column for what it was taken "
          "for.</span></div>\n<div>";
  write_picture(page, tested, trained);
  page
      << "</div></div></section>\n<section><h2>What decided</h2>\n<span class=\"said\">What a sentence is, what it was "
         "taken for, and its tokens: the darker, the more they speak for that.</span>\n";
  write_sentences(page, tested, trained);
  page << "</section>\n";
  page.close();
}

#endif
