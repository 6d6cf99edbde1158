// SPDX-License-Identifier: MIT
// A page that shows numbers by how dark they are: what programs write for --html FILE.
#ifndef SEQPOOL_EXAMPLES_PAGE_HPP
#define SEQPOOL_EXAMPLES_PAGE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <iomanip>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>

inline std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '"' ? "&quot;" : std::string(1, c);
  return result;
}

// An element whose background is as dark as its share, from 0 or less to 1; pointing at it shows the title.
inline std::string shaded_element(const std::string& element, const std::string& text, float share,
                                  const std::string& title) {
  std::ostringstream out;
  out << "<" << element << " style=\"background:rgb(240 130 0/" << std::lround(100 * (std::max)(share, 0.f)) << "%)"
      << (share > 0.7f ? ";color:#000" : "") << "\" title=\"" << escaped(title) << "\">" << escaped(text) << "</"
      << element.substr(0, element.find(' ')) << ">";
  return out.str();
}

inline std::string two_digits(float number) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << number;
  return out.str() == "-0.00" ? "0.00" : out.str();
}

// The tokens of a sentence, each compared with the strongest of them; "##" joins a token to the one before.
inline std::string shaded_tokens(std::span<const std::string> tokens, std::span<const float> weights) {
  const float largest = (std::max)(*std::max_element(weights.begin(), weights.end()), 1e-30f);
  std::string result = "<span class=\"tokens\">";
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const bool joined = tokens[t].starts_with("##") && tokens[t].size() > 2;
    if (!joined && t > 0) result += " ";
    result +=
        shaded_element("span", joined ? tokens[t].substr(2) : tokens[t], weights[t] / largest, two_digits(weights[t]));
  }
  return result + "</span>";
}

// One file that needs no other, for light and dark, wide and narrow screens.
class Page {
 public:
  Page(const std::string& path, const std::string& title) : path_(path), out_(path) {
    out_ << R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>)" << title
         << R"(</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
  body { max-width: 74rem; margin: 1.5rem auto; padding: 0 1rem }
  h1 { font-size: 1.6rem; margin: 0 0 .4rem }
  h1 + div { margin-bottom: .8rem }
  section { border-top: 1px solid #8884; padding: .6rem 0 }
  h2 { font-size: 1rem; margin: 0 }
  p { margin: .1rem 0; display: grid; grid-template-columns: 6rem 9rem 1fr; gap: .5rem }
  .how, .said, th { opacity: .75; font-size: .85rem; font-weight: normal }
  .wrong { color: #d22; opacity: 1 }
  .tokens span { border-radius: .2rem; padding: .1rem 0 }
  .beside { display: flex; flex-wrap: wrap; gap: .4rem 2.5rem; align-items: center }
  .beside > * { max-width: 100% }
  .beside > :last-child { flex: 1; min-width: 18rem }
  .scroll, .wide { overflow-x: auto }
  table { border-spacing: .15rem; font-size: .8rem }
  td { border-radius: .2rem; padding: 0 .15rem; text-align: center; min-width: 1.9rem }
  th { text-align: left; padding-right: .6rem; white-space: nowrap }
  thead th { text-align: center; padding: 0 .25rem }
  .right { outline: 1px solid #8888 }
  div > svg { width: 100% }
  .legend { display: flex; flex-wrap: wrap; gap: 0 1.2rem; font-size: .85rem }
  .legend svg { width: 1.25rem; vertical-align: middle }
  @media (max-width: 40rem) {
    p { grid-template-columns: auto 1fr; gap: 0 .5rem; margin: .5rem 0 }
    .tokens { grid-column: 1 / -1 }
    .scroll tbody th { min-width: 9rem; white-space: normal }
  }
</style>
<h1>)" << title
         << "</h1>\n";
  }

  template <class T> Page& operator<<(const T& what) {
    out_ << what;
    return *this;
  }

  // To be called at the end, as only then it is known whether all of it could be written.
  void close() {
    out_ << "</html>\n";
    out_.close();
    if (!out_) throw std::runtime_error(path_ + ": could not be written");
  }

 private:
  std::string path_;
  std::ofstream out_;
};

#endif
