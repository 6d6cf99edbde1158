// SPDX-License-Identifier: MIT
// Text in, class and vector out: a tokenizer and an encoder by OpenVINO, all behind them by seqpool, no Python.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <optional>
#include <seqpool/adapter/openvino.hpp>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "../page.hpp"
#include "../shading.hpp"
#include "../trained_attention.hpp"
#include "model_folder.hpp"
#include "static_text.hpp"
#include "text_encoder.hpp"
#include "topics.hpp"

namespace {

using seqpool::Index;

constexpr std::size_t batch_size = 32;
constexpr float python_bound = 1e-5f;  // two runtimes differ by 2e-7 here; one padded token too many gives 1e-2
// model2vec rounds a mean and its normalised vector to half where the table is of half, by at most 2^-11 each time.
constexpr float static_bound = 1e-3f;
constexpr float float32_bound = 0.999f;  // what int8 weights leave of the cosine; 0.99938 here

struct Options {
  std::vector<std::string> sentences;
  std::string data = SEQPOOL_EXAMPLES_DATA;
  std::string out, html, model, head, attention = TrainedAttention::names[0];
  bool tsv = false, evaluate = false;
};

// What is said of some sentences.
struct Answer {
  Vectors vectors;                                                  // [batch, hidden], of length 1
  std::array<Vectors, 4> probabilities;                             // [batch, classes] by each strategy
  std::array<Eigen::Tensor<Index, 1, Eigen::RowMajor>, 4> classes;  // [batch] by each strategy
  std::vector<std::vector<std::string>> tokens;  // the real ones of each sentence that an encoder read
  std::vector<std::vector<float>> weights;       // of the attention pooling, or what speaks for the class: one a token
  Vectors of_model;                              // what --model's folder gives, [batch, width]
};

using Model = std::optional<ModelFolder>;

Answer answer(TextEncoder& encoder, const Topics& topics, const Model& model, std::span<const std::string> sentences) {
  const Encoded encoded = encoder.encode(sentences);
  const auto x = seqpool::adapter::hidden_states<float>(encoded.hidden_states);
  const auto mask = seqpool::adapter::mask<std::int64_t>(encoded.attention_mask);

  const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
  Answer result{embedder.embed(x, mask), topics.probabilities(x, mask), {}, {}, {}, {}};
  if (model) result.of_model = model->of(x, mask);
  for (std::size_t i = 0; i < result.classes.size(); ++i) result.classes[i] = seqpool::argmax(result.probabilities[i]);
  Vectors weights;
  if (model && model->trained() != nullptr) {
    const auto said = seqpool::argmax(result.of_model);
    weights = model->trained()->reasons(x, mask, {said.data(), static_cast<std::size_t>(said.size())});
  } else {
    weights = topics.attention_weights(x, mask);
  }
  for (Index b = 0; b < x.batch(); ++b) {
    const Index tokens = mask.next_run(b, {0, x.seq()}).end;  // padding is on the right
    result.weights.emplace_back(&weights(b, 0), &weights(b, 0) + tokens);
    const std::int64_t* const ids = encoded.ids.data<std::int64_t>() + b * x.seq();
    std::vector<std::string>& text = result.tokens.emplace_back();
    for (Index s = 0; s < tokens; ++s) text.push_back(encoder.token(ids[s]));
  }
  return result;
}

Answer answer(const StaticText& text, std::span<const std::string> sentences) {
  Answer result{};
  result.tokens.resize(sentences.size());
  result.of_model = text.of(sentences);
  return result;
}

// The committed sentence whose vector is nearest by cosine, which of vectors of length 1 is the product.
struct Nearest {
  Index sentence;
  float similarity;
};
Nearest nearest(const Topics& topics, const Answer& answer, Index row) {
  const Eigen::VectorXf cosines =
      seqpool::as_matrix(topics.vectors) * seqpool::as_matrix(answer.vectors).row(row).transpose();
  Nearest result{};
  result.similarity = cosines.maxCoeff(&result.sentence);
  return result;
}

std::string said_of(const Topics& topics, const Nearest& other) {
  return "nearest " + two_digits(other.similarity) + ": " +
         shortened(topics.sentences.at(static_cast<std::size_t>(other.sentence)), 72) + " (" +
         topics.names.at(static_cast<std::size_t>(topics.labels(other.sentence))) + ")";
}

void print_nearest(const Topics& topics, const Nearest& other) {
  std::printf("  %s\n", said_of(topics, other).c_str());
}

// The end of what is said of a sentence.
void print_end(const std::vector<std::string>& tokens) {
  std::printf(tokens.size() == TextEncoder::most_tokens
                  ? "  (these are 256 tokens, the most: what is longer is cut)\n\n"
                  : "\n");
}

std::string without_tabs(std::string sentence) {
  std::replace(sentence.begin(), sentence.end(), '\t', ' ');
  return sentence;
}

void print(const Topics& topics, const Answer& answer, std::span<const std::string> sentences) {
  const bool colours = colours_wanted();
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const auto row = static_cast<Index>(i);
    std::printf("%s\n ", sentences[i].c_str());
    for (std::size_t s = 0; s < answer.classes.size(); ++s) {
      const Index chosen = answer.classes[s](row);
      std::printf(
          " %s %s %.2f%s", topics.strategies[s].c_str(), topics.names.at(static_cast<std::size_t>(chosen)).c_str(),
          static_cast<double>(answer.probabilities[s](row, chosen)), s + 1 < answer.classes.size() ? "," : "\n");
    }
    print_nearest(topics, nearest(topics, answer, row));
    std::printf("%s", shaded(answer.tokens[i], answer.weights[i], colours, "  ", 96).c_str());
    print_end(answer.tokens[i]);
  }
}

void print_tsv(const Topics& topics, const Answer& answer, std::span<const std::string> sentences) {
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const auto row = static_cast<Index>(i);
    for (std::size_t s = 0; s < answer.classes.size(); ++s) {
      const Index chosen = answer.classes[s](row);
      std::printf("%s\t%.6f\t", topics.names.at(static_cast<std::size_t>(chosen)).c_str(),
                  static_cast<double>(answer.probabilities[s](row, chosen)));
    }
    const Nearest other = nearest(topics, answer, row);
    std::printf("%.6f\t%s\t%s\n", static_cast<double>(other.similarity),
                topics.sentences.at(static_cast<std::size_t>(other.sentence)).c_str(),
                without_tabs(sentences[i]).c_str());
  }
}

// The same on a page, with the probabilities of all classes by each strategy, or by the folder that the user named.
void write(Page& page, const Topics& topics, const Model& model, const Answer& answer,
           std::span<const std::string> sentences) {
  const std::vector<std::string>& names = model ? *model->labels() : topics.names;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const auto row = static_cast<Index>(i);
    page << "<section><h2>" << escaped(sentences[i])
         << "</h2>\n<div class=\"beside\"><div class=\"wide\"><table><thead><tr><th></th>";
    for (const std::string& name : names) page << "<th>" << escaped(name) << "</th>";
    page << "</tr></thead>\n";
    const auto line = [&](const std::string& how, const Vectors& probabilities) {
      page << "<tr><th>" << how << "</th>";
      for (std::size_t c = 0; c < names.size(); ++c) {
        const float probability = probabilities(row, static_cast<Index>(c));
        page << shaded_element("td", two_digits(probability), probability, (how.empty() ? "" : how + ": ") + names[c]);
      }
      page << "</tr>\n";
    };
    if (model)
      line("", answer.of_model);
    else
      for (std::size_t s = 0; s < answer.classes.size(); ++s) line(topics.strategies[s], answer.probabilities[s]);
    page << "</table></div>\n<div>" << shaded_tokens(answer.tokens[i], answer.weights[i]);
    if (!model)
      page << "<br><span class=\"said\">" << escaped(said_of(topics, nearest(topics, answer, row))) << "</span>";
    page << "</div></div></section>\n";
  }
}

// The same by a folder that the user named: its labels and their probabilities, the most probable first.
void print_labels(const Model& model, const Answer& answer, Index row, bool tsv) {
  const std::vector<std::string>& labels = *model->labels();
  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto of = [&](std::size_t c) { return answer.of_model(row, static_cast<Index>(c)); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return of(a) > of(b); });
  order.resize((std::min)(order.size(), std::size_t{tsv ? 1u : 5u}));
  for (const std::size_t c : order)
    std::printf(tsv ? "%s%s\t%.6f\t" : "%s%s %.2f",
                tsv             ? ""
                : c == order[0] ? "  "
                                : ", ",
                labels[c].c_str(), static_cast<double>(of(c)));
  if (!tsv) std::printf("\n");
}

// Or the committed sentence that is nearest by the folder's vectors, and by how it compares them.
void print_nearest(const Model& model, const Topics& topics, const Answer& committed, const Answer& answer, bool tsv,
                   Index row) {
  const Vectors one =
      answer.of_model.slice(std::array{row, Index{0}}, std::array{Index{1}, answer.of_model.dimension(1)});
  const Vectors similarities = model->similarity(one, committed.of_model);
  Nearest other{};
  other.similarity = seqpool::as_matrix(similarities).row(0).maxCoeff(&other.sentence);
  if (!tsv) return print_nearest(topics, other);
  std::printf("%.6f\t%s\t", static_cast<double>(other.similarity),
              topics.sentences.at(static_cast<std::size_t>(other.sentence)).c_str());
}

void print_by_model(const Model& model, const Topics& topics, const Answer& committed, const Answer& answer,
                    std::span<const std::string> sentences, bool tsv) {
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const auto row = static_cast<Index>(i);
    if (!tsv) std::printf("%s\n", sentences[i].c_str());
    if (model->labels() != nullptr)
      print_labels(model, answer, row, tsv);
    else
      print_nearest(model, topics, committed, answer, tsv, row);
    if (tsv)
      std::printf("%s\n", without_tabs(sentences[i]).c_str());
    else {
      if (model->trained() != nullptr)
        std::printf("%s", shaded(answer.tokens[i], answer.weights[i], colours_wanted(), "  ", 96).c_str());
      print_end(answer.tokens[i]);
    }
  }
}

std::string introduction(const Topics& topics) {
  std::string names;
  for (const std::string& name : topics.names)
    names += (names.empty() ? "" : name == topics.names.back() ? " or " : ", ") + name;
  return "Is it about " + names + "? The darker a token, the more \"" + topics.strategies.back() + "\" weighs it.";
}

// What stands before all answers.
void print_first(const Topics& topics, const Model& model, bool tsv) {
  if (model && !tsv) std::printf("%s\n\n", model->summary().c_str());
  if (!model && !tsv) std::printf("%s\n\n", introduction(topics).c_str());
  if (!tsv) return;
  if (!model)
    for (const std::string& strategy : topics.strategies)
      std::printf("%s\t%s_probability\t", strategy.c_str(), strategy.c_str());
  std::printf(model && model->labels() != nullptr ? "label\tprobability\tsentence\n"
              : model                             ? "similarity\tnearest\tsentence\n"
                                                  : "cosine\tnearest\tsentence\n");
}

// Answers what `next` gives, a batch at a time, until it gives nothing; the vectors of all are kept for `out`.
template <class AnswerOf, class Next>
void run(AnswerOf answer_of, const Topics& topics, const Model& model, const Answer& committed, const Options& options,
         Next next) {
  std::optional<Page> page;
  if (options.html.empty())
    print_first(topics, model, options.tsv);
  else if (model)
    page.emplace(options.html, "What a sentence is, by " + escaped(options.model))
        << "<div>" << escaped(model->summary()) << ". The darker a token, the more it speaks for the class.</div>\n";
  else
    page.emplace(options.html, "What a sentence is about, by four poolings")
        << "<div>" << escaped(introduction(topics)) << "</div>\n";
  std::vector<float> kept;
  std::size_t done = 0;
  for (std::vector<std::string> batch; next(batch), !batch.empty(); batch.clear()) {
    const Answer result = answer_of(batch);
    if (page)
      write(*page, topics, model, result, batch);
    else if (model)
      print_by_model(model, topics, committed, result, batch, options.tsv);
    else
      (options.tsv ? print_tsv : print)(topics, result, batch);
    const Vectors& vectors = model ? result.of_model : result.vectors;
    if (!options.out.empty()) kept.insert(kept.end(), vectors.data(), vectors.data() + vectors.size());
    done += batch.size();
    if (done > batch_size && isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r%zu sentences", done);
  }
  if (done > batch_size && isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\n");
  if (page) {
    page->close();
    std::printf("%s shows %zu sentence%s\n\n", options.html.c_str(), done, done == 1 ? "" : "s");
  }
  if (options.out.empty()) return;
  const Index width = (model ? committed.of_model : committed.vectors).dimension(1);
  const bool are_vectors = !model || model->labels() == nullptr;
  seqpool::io::SafetensorsWriter writer;
  writer.add(are_vectors ? "vectors" : "probabilities",
             Eigen::TensorMap<const Vectors>(kept.data(), static_cast<Index>(done), width));
  if (model)
    writer.metadata("model", model->summary());
  else
    writer.metadata("pooling", "mean").metadata("normalized", "true");
  writer.write(options.out);
}

void next_of(std::span<const std::string>& rest, std::vector<std::string>& batch) {
  const auto part = rest.first((std::min)(rest.size(), batch_size));
  batch.assign(part.begin(), part.end());
  rest = rest.subspan(part.size());
}

// How many of the committed sentences each strategy classifies rightly; their classifiers have not seen them.
void evaluate(const Topics& topics, const Answer& committed) {
  const auto total = topics.labels.size();
  for (std::size_t s = 0; s < committed.classes.size(); ++s) {
    int right = 0;
    for (Index b = 0; b < total; ++b) right += committed.classes[s](b) == topics.labels(b) ? 1 : 0;
    std::printf("%-10s %d of %d right, %.1f %%\n", topics.strategies[s].c_str(), right, static_cast<int>(total),
                100.0 * right / static_cast<double>(total));
  }
  std::printf("\n");
}

// Whether the vectors of the committed sentences are Python's, and by how much they are not.
bool same_as_python(const Topics& topics, const Answer& committed, std::FILE* out) {
  const auto ours = seqpool::as_matrix(committed.vectors), float32 = seqpool::as_matrix(topics.float32_vectors);
  const float difference = (ours - seqpool::as_matrix(topics.vectors)).cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
  const float cosine = ours.cwiseProduct(float32).rowwise().sum().minCoeff<Eigen::PropagateNaN>();
  const bool same = difference <= python_bound && cosine >= float32_bound;
  std::fprintf(out,
               "Self-test, on the repository's sentences and not on yours.\n"
               "Smallest cosine to SentenceTransformer.encode, whose weights are not int8: %.4f (bound %.3f).\n"
               "%sLargest difference to Python's vectors of %d committed sentences: %.1e (bound %.0e).\n",
               static_cast<double>(cosine), static_cast<double>(float32_bound), same ? "" : "FAILED. ",
               static_cast<int>(ours.rows()), static_cast<double>(difference), static_cast<double>(python_bound));
  return same;
}

// Of a folder without an encoder that has Python's own numbers of the committed sentences: whether they are the same.
bool same_as_python(const ModelFolder& model, const Answer& committed, std::FILE* out) {
  const auto path = model.folder() / "python.safetensors";
  if (!std::filesystem::exists(path)) return true;
  const seqpool::io::Safetensors file(path);
  const std::string name = model.labels() != nullptr ? "probabilities" : "vectors";
  const auto& ours = committed.of_model;
  const auto python = file.tensor<float, 2>(name, {ours.dimension(0), ours.dimension(1)});
  const float difference =
      (seqpool::as_matrix(ours) - seqpool::as_matrix(python)).cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
  const bool same = difference <= static_bound;
  std::fprintf(out, "%sLargest difference to Python's %s of %d committed sentences: %.1e (bound %.0e).\n",
               same ? "" : "FAILED. ", name.c_str(), static_cast<int>(ours.dimension(0)),
               static_cast<double>(difference), static_cast<double>(static_bound));
  return same;
}

int run(const Options& options) {
  const Topics topics(options.data, options.attention);
  // --head alone is of the vectors that the program has without a folder.
  const std::string folder =
      options.model.empty() && !options.head.empty() ? options.data + "/all-MiniLM-L6-v2" : options.model;
  const Model model = folder.empty() ? Model() : Model(std::in_place, folder, options.head);
  if (model && !options.html.empty() && model->trained() == nullptr)
    throw std::runtime_error("--html shows what a folder of train_text says, and " + folder + " is another");
  std::optional<TextEncoder> encoder;
  std::optional<StaticText> text;
  if (model && !model->has_encoder())
    text.emplace(*model);
  else
    encoder.emplace(SEQPOOL_TEXT_TOKENIZERS, options.data + "/tokenizer.xml", SEQPOOL_TEXT_MODEL);
  const auto answer_of = [&](std::span<const std::string> sentences) {
    return text ? answer(*text, sentences) : answer(*encoder, topics, model, sentences);
  };
  const Answer committed = answer_of(topics.sentences);

  if (options.evaluate) {
    evaluate(topics, committed);
  } else if (!options.sentences.empty()) {
    run(answer_of, topics, model, committed, options,
        [rest = std::span(options.sentences)](auto& batch) mutable { next_of(rest, batch); });
  } else {
    if (isatty(STDIN_FILENO) != 0) std::fprintf(stderr, "Type a sentence a line; Ctrl-D ends.\n");
    run(answer_of, topics, model, committed, options, [&](auto& batch) {
      const std::size_t most = isatty(STDIN_FILENO) != 0 ? 1 : batch_size;  // who types wants each answer at once
      for (std::string line; batch.size() < most && std::getline(std::cin, line);) batch.push_back(line);
    });
  }
  std::FILE* const out = options.tsv ? stderr : stdout;
  return (text ? same_as_python(*model, committed, out) : same_as_python(topics, committed, out)) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Classifies sentences about astronomy, cooking, finance and football, and says what decided."};
  app.add_option("sentence", options.sentences, "what to classify; without any, the lines of standard input");
  auto* const tsv = app.add_flag("--tsv", options.tsv,
                                 "one line of tab-separated values a sentence, and a first one that names them");
  app.add_option("--out", options.out,
                 "write the vectors [sentences, hidden] to this safetensors file, as \"vectors\", or what a "
                 "classifier of --model gives as \"probabilities\"");
  auto* const model =
      app.add_option("--model", options.model,
                     "a folder of sentence-transformers, whose vectors are compared and written, of a "
                     "...ForSequenceClassification of Transformers or of train_text, whose labels are given, or of "
                     "model2vec or a StaticEmbedding, which need no encoder");
  auto* const head = app.add_option("--head", options.head,
                                    "a safetensors file that classifies vectors: weight [classes, features], bias "
                                    "[classes], and a JSON list of labels in its metadata");
  app.add_option("--attention", options.attention,
                 "which attention classifies, and shades the tokens: one query (attention), four (queries), or a layer "
                 "of tanh (additive)")
      ->check(CLI::IsMember(TrainedAttention::names))
      ->excludes(model)
      ->excludes(head);
  auto* const evaluate =
      app.add_flag("--evaluate", options.evaluate, "how many of the committed test sentences are classified rightly")
          ->excludes(model)
          ->excludes(head);
  app.add_option("--html", options.html,
                 "write what is said of the sentences to this file, as a page with the probabilities of all topics, or "
                 "of the classes of a --model that train_text wrote")
      ->excludes(head)
      ->excludes(tsv)
      ->excludes(evaluate);
  app.add_option("--data", options.data, "folder of the tokenizer, the classifiers and the committed sentences");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const seqpool::model::Error& error) {
    std::fprintf(stderr, "classify_text: %s\n", error.what());
    return 2;
  } catch (const std::invalid_argument& error) {  // what the folder wants is not what this encoder gives
    std::fprintf(stderr, "classify_text: %s: %s\n", options.model.c_str(), error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "classify_text: %s\n", error.what());
    return 1;
  }
}
