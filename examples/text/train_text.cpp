// SPDX-License-Identifier: MIT
// From labelled sentences to a classifier of one's own, which classify_text --model reads: a tokenizer and an encoder
// by OpenVINO, all behind them by seqpool, no Python.
#define EIGEN_USE_THREADS
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numeric>
#include <seqpool/adapter/openvino.hpp>
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <seqpool/train/save.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../confusion.hpp"
#include "../shading.hpp"
#include "labelled_text.hpp"
#include "text_encoder.hpp"
#include "train_page.hpp"
#include "trained_text.hpp"

namespace {

using seqpool::Index;
using Pooling = seqpool::AnyPooling<float>;
using Device = Eigen::ThreadPoolDevice;
using Clock = std::chrono::steady_clock;

constexpr std::array poolings{"cls", "mean", "max", "attention"};
constexpr std::size_t mean = 1;  // its place there

struct Options {
  std::string file, out, test, html, pooling, data = SEQPOOL_EXAMPLES_DATA;
  int folds = 5;
};

double percent(int right, std::size_t all) { return 100. * right / static_cast<double>(all); }

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// What the encoder made of some sentences, all of it: training reads it many times.
Encodings encode(TextEncoder& encoder, const std::vector<std::string>& sentences) {
  Encodings result;
  int cut = 0;
  for (std::size_t done = 0; done < sentences.size();) {
    const auto batch = std::span(sentences).subspan(done, (std::min)(sentences.size() - done, std::size_t{32}));
    const Encoded encoded = encoder.encode(batch);
    const auto x = seqpool::adapter::hidden_states<float>(encoded.hidden_states);
    const auto mask = seqpool::adapter::mask<std::int64_t>(encoded.attention_mask);
    result.hidden = x.hidden();
    for (Index b = 0; b < x.batch(); ++b) {
      const Index tokens = mask.next_run(b, {0, x.seq()}).end;  // padding is on the right
      cut += tokens == static_cast<Index>(TextEncoder::most_tokens) ? 1 : 0;
      result.states.emplace_back(x.token(b, 0), x.token(b, 0) + tokens * x.hidden());
      const std::int64_t* const ids = encoded.ids.data<std::int64_t>() + b * x.seq();
      auto& text = result.tokens.emplace_back();
      for (Index s = 0; s < tokens; ++s) text.push_back(encoder.token(ids[s]));
    }
    done += batch.size();
    if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r%zu of %zu sentences encoded", done, sentences.size());
  }
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\n");
  if (cut > 0) std::printf("%d of the sentences have 256 tokens, the most: what is longer is cut.\n", cut);
  return result;
}

// Sentence i of each class is in fold i % folds.
std::vector<int> folds_of(const LabelledText& text, int folds) {
  std::vector<int> seen(text.names.size(), 0), result;
  for (const Index label : text.labels) result.push_back(seen[static_cast<std::size_t>(label)]++ % folds);
  return result;
}

// Learns as the trial says, but for one fold after another, which is then classified.
void cross_validate(Trial& trial, const LabelledText& text, const Encodings& encodings, int folds,
                    const Device& device) {
  const auto x = encodings.x();
  const std::vector<int> fold = folds_of(text, folds);
  const seqpool::CrossEntropy cross_entropy(text.labels);
  trial.said.resize(fold.size());
  for (int held = 0; held < folds; ++held) {
    seqpool::FitOptions options = trial.options;
    options.tolerance = 1e-4;  // enough to compare poolings by
    for (const int f : fold) options.sample_weights.push_back(f == held ? 0 : 1);
    const auto fitted = seqpool::fit(trial.pooling, x, seqpool::all_tokens, text.labels, options, device);
    const auto said = fitted.classifier.predict(x, seqpool::all_tokens, device);
    Vectors logits = fitted.classifier.logits(x, seqpool::all_tokens, device);
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] != held) continue;
      const auto row = static_cast<Index>(i);
      const std::span of_row(&logits(row, 0), static_cast<std::size_t>(logits.dimension(1)));
      trial.loss += cross_entropy.of_row<float>(row, of_row, of_row);
      trial.said[i] = said(row);
      trial.right += said(row) == text.labels[i] ? 1 : 0;
    }
  }
}

// All poolings. Where nothing of the pooling is learned, a fit takes milliseconds, and C is that of the smallest loss.
std::vector<Trial> trials_of(const LabelledText& text, const Encodings& encodings, int folds, const Device& device) {
  std::vector<Trial> trials;
  for (const char* const name : poolings) {
    const auto begin = Clock::now();
    Trial best{.name = name};
    const auto try_with = [&](const Pooling& pooling, const seqpool::FitOptions& options) {
      Trial trial{.name = name, .pooling = pooling, .options = options};
      cross_validate(trial, text, encodings, folds, device);
      if (best.said.empty() || trial.loss < best.loss) best = trial;
    };
    if (best.name == "attention")
      // A query of many sentences may be longer: as C, this weighs as little as one of them.
      try_with(seqpool::Attention<float>::untrained(encodings.hidden),
               {.C = trials[mean].options.C, .query_l2 = 1 / static_cast<double>(text.labels.size())});
    else
      for (const double C : {0.01, 0.1, 1., 10., 100.}) try_with(seqpool::pooling_named<float>(name), {.C = C});
    std::printf("  %-10s %5d %8.1f %% %7.3f %6g %6.1f s\n", name, best.right, percent(best.right, best.said.size()),
                best.loss, best.options.C, seconds_since(begin));
    std::fflush(stdout);
    trials.push_back(best);
  }
  return trials;
}

// Which one to take, and why. The mean, unless the best is better by more than chance: where two are equally good, each
// of the n sentences that only one of them has right is a coin that is tossed; heads and tails differ by more than
// 2 sqrt(n) once in 20 times.
struct Choice {
  std::size_t taken;
  std::string why;
};
Choice choose(const std::vector<Trial>& trials, const LabelledText& text) {
  std::size_t best = mean;
  for (std::size_t i = 0; i < trials.size(); ++i)
    if (trials[i].right > trials[best].right) best = i;
  if (best == mean) return {mean, "no other has more right"};
  int gained = 0, lost = 0;
  for (std::size_t i = 0; i < text.labels.size(); ++i) {
    const bool now = trials[best].said[i] == text.labels[i], before = trials[mean].said[i] == text.labels[i];
    gained += now && !before ? 1 : 0;
    lost += before && !now ? 1 : 0;
  }
  const int lead = gained - lost;
  const bool by_chance = lead * lead <= 4 * (gained + lost);
  return {by_chance ? mean : best, trials[best].name + " has " + std::to_string(gained) +
                                       " right that mean has wrong, and " + std::to_string(lost) +
                                       " the other way round" + (by_chance ? ", which may be chance" : "")};
}

Confusion confusion_of(const LabelledText& text, const std::vector<Index>& said) {
  Confusion result(text.names);
  for (std::size_t i = 0; i < said.size(); ++i)
    result.add(static_cast<std::size_t>(text.labels[i]), static_cast<std::size_t>(said[i]));
  return result;
}

// Which classes were taken for which, each with its first sentence.
void print_pairs(const Confusion& confusion, const LabelledText& text, const std::vector<Index>& said) {
  const auto pairs = confusion.pairs();
  for (const auto& pair : std::span(pairs).first((std::min)(pairs.size(), std::size_t{5}))) {
    std::size_t i = 0;
    while (text.labels[i] != static_cast<Index>(pair.label) || said[i] != static_cast<Index>(pair.said)) ++i;
    std::printf("  %2d %s taken for %s: %s\n", pair.count, text.names[pair.label].c_str(),
                text.names[pair.said].c_str(), shortened(text.sentences[i], 60).c_str());
  }
}

void check(const Options& options, const LabelledText& text) {
  if (std::filesystem::exists(options.out))
    throw std::runtime_error(options.out + ": is there already; name a folder that is not, or remove it");
  const auto around = std::filesystem::absolute(options.out).lexically_normal().parent_path();
  if (!std::filesystem::is_directory(around))
    throw std::runtime_error(options.out + ": there is no folder " + around.string() + " to write it into");
  for (std::size_t c = 0; c < text.names.size(); ++c)
    if (text.count(c) < static_cast<std::size_t>(options.folds))
      throw std::runtime_error(
          options.file + ": " + std::to_string(text.count(c)) + " of the sentences have the label '" + text.names[c] +
          "', and " + std::to_string(options.folds) + " folds need one each; add some, or take fewer by --folds");
}

int run(const Options& options) {
  const LabelledText text(options.file);
  check(options, text);
  const bool is_tested = !options.test.empty();
  const LabelledText test = is_tested ? LabelledText(options.test, text.names) : text;

  std::printf("%zu sentences:", text.sentences.size());
  for (std::size_t c = 0; c < text.names.size(); ++c)
    std::printf("%s %zu %s", c == 0 ? "" : ",", text.count(c), text.names[c].c_str());
  std::printf(".\n");
  TextEncoder encoder(SEQPOOL_TEXT_TOKENIZERS, options.data + "/tokenizer.xml", SEQPOOL_TEXT_MODEL);
  const Encodings encodings = encode(encoder, text.sentences);
  const auto begin = Clock::now();
  const int threads = static_cast<int>((std::max)(1u, std::thread::hardware_concurrency()));
  Eigen::ThreadPool pool(threads);
  const Device device(&pool, threads);

  std::printf(
      "\nBy %d folds: each sentence is classified by what was learned from the other folds.\n\n"
      "  pooling    right of %-6zu    loss      C\n",
      options.folds, text.sentences.size());
  const std::vector<Trial> trials = trials_of(text, encodings, options.folds, device);
  Choice choice = choose(trials, text);
  const auto named = std::find(poolings.begin(), poolings.end(), options.pooling);
  if (named != poolings.end()) choice = {static_cast<std::size_t>(named - poolings.begin()), "it was asked for"};
  const Trial& taken = trials[choice.taken];
  std::printf("\nTaken: %s (%s). Most confused:\n", taken.name.c_str(), choice.why.c_str());
  const Confusion by_folds = confusion_of(text, taken.said);
  print_pairs(by_folds, text, taken.said);

  const auto fitted =
      seqpool::fit(taken.pooling, encodings.x(), seqpool::all_tokens, text.labels, taken.options, device);
  std::filesystem::create_directory(options.out);
  seqpool::save(std::filesystem::path(options.out) / TrainedText::file_name, fitted, text.names);
  std::printf(
      "\nLearned from all: %d evaluations, loss %.4f, largest gradient %.0e%s.\n%s is written, %.1f s after the "
      "encoder.\n",
      static_cast<int>(fitted.evaluations), fitted.loss, fitted.gradient, fitted.converged ? "" : ", NOT CONVERGED",
      options.out.c_str(), seconds_since(begin));

  const TrainedText trained(options.out);  // from here on by what was written
  Encodings of_test;
  std::vector<Index> said = taken.said;
  if (is_tested) {
    of_test = encode(encoder, test.sentences);
    const auto classes = seqpool::argmax(trained.probabilities(of_test.x(), seqpool::all_tokens));
    said.assign(classes.data(), classes.data() + classes.size());
  }
  const Confusion confusion = confusion_of(test, said);
  if (is_tested) {
    std::printf("\n%s: %d of %d right, %.1f %%. Most confused:\n", options.test.c_str(), confusion.right(),
                confusion.total(), percent(confusion.right(), said.size()));
    print_pairs(confusion, test, said);
  }
  if (!options.html.empty()) {
    write_page(options.html, trials, choice.taken, choice.why,
               {is_tested ? options.test : "By folds", test, is_tested ? of_test : encodings, said, confusion},
               trained);
    std::printf("\n%s shows it.\n", options.html.c_str());
  }
  std::printf("\nNow: classify_text --model %s \"a sentence\"\n", options.out.c_str());
  return fitted.converged ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Learns to classify sentences from examples, and writes a folder for classify_text --model."};
  app.add_option("FILE", options.file, "labelled sentences, one a line: a label, a tab, a sentence")->required();
  app.add_option("OUT", options.out, "the folder to write, which is not there yet")->required();
  app.add_option("--test", options.test, "another such file, to try on it what was learned");
  app.add_option("--html", options.html,
                 "write a page to this file: how often each class was taken for each, a picture of all sentences, and "
                 "which tokens decided");
  app.add_option("--folds", options.folds,
                 "into how many parts sentences are shared out, each of which is once left out")
      ->check(CLI::Range(2, 100));
  app.add_option("--pooling", options.pooling, "take this one, whatever the folds say")->check(CLI::IsMember(poolings));
  app.add_option("--data", options.data, "folder of the tokenizer");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_text: %s\n", error.what());
    return 2;
  }
}
