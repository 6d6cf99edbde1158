// SPDX-License-Identifier: MIT
// The jobs of docs/recipes.md, a function for each. The page shows their bodies and what they print; tests compare the
// two. What main alone needs is included first.
#include <exception>
#include <filesystem>
#include <functional>
#include <utility>

#define EIGEN_USE_THREADS  // for n alone: Eigen has a ThreadPoolDevice only with this, before its first include
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <limits>
#include <random>
#include <seqpool/io/safetensors.hpp>  // for c, l and o alone: needs nlohmann/json
#include <seqpool/seqpool.hpp>
#include <string>
#include <thread>
#include <vector>

using seqpool::Index;

namespace {

void pointer_and_mask() {
  const float states[] = {1, 2, 5, 6, 99, 99, 8, 6, 99, 99, 99, 99};  // from the encoder: [2, 3, 2], 99 is padding
  const std::int64_t attention_mask[] = {1, 1, 0, 1, 0, 0};           // from the tokenizer: [2, 3]

  const seqpool::HiddenStates<float> x(states, {2, 3, 2});
  const seqpool::AttentionMask mask(attention_mask, {2, 3});
  const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
  const auto vectors = embedder.embed(x, mask);  // [2, 2], row-major: vectors.data() is a float*
  std::cout << seqpool::as_matrix(vectors) << "\n";
}

void five_nearest() {
  const Index n = 10000, features = 64;
  std::vector<float> buffer(static_cast<std::size_t>(n * features));  // yours; here numbers between -1 and 1
  std::minstd_rand random;
  for (float& number : buffer) number = static_cast<float>(random()) / 1073741824.0f - 1;

  const seqpool::Vectors<float> vectors(buffer.data(), {n, features});
  const seqpool::Vectors<float> query(buffer.data() + 42 * features, {1, features});  // vector 42, to find it again
  const auto found = seqpool::nearest(query, vectors, 5);                             // by cosine
  std::cout << seqpool::as_matrix(found.indices) << "\n" << seqpool::as_matrix(found.similarities) << "\n";
}

void head_from_a_file(const std::string& path) {
  const seqpool::io::Safetensors file(path);
  const seqpool::Classifier classifier{
      seqpool::Mean{}, seqpool::Linear{file.tensor<float, 2>("mean.weight"), file.tensor<float, 1>("mean.bias")}};

  const auto states = file.tensor<Eigen::half, 3>("hidden_states");  // [80, 31, 384], real output of an encoder
  const auto mask = file.tensor<std::int64_t, 2>("attention_mask");  // [80, 31]
  const auto classes = classifier.predict(states, mask);             // [80]
  std::cout << classes(0) << " " << classes(1) << " " << classes(2) << " " << classes(3) << "\n";
}

void pooling_by_name() {
  const std::string name = "mean";  // from a configuration
  const float states[] = {1, 2, 3, 8};
  const seqpool::HiddenStates<float> x(states, {1, 2, 2});

  const seqpool::AnyPooling<float> pooling = seqpool::pooling_named<float>(name);
  std::cout << seqpool::as_matrix(seqpool::pool(pooling, x)) << "\n";
}

void vector_of_vectors() {
  const std::vector<std::vector<float>> texts{{1, 2, 3, 4}, {5, 6}};  // of 2 tokens and of 1, of 2 features each

  const seqpool::Ragged x(texts, 2);
  std::cout << seqpool::as_matrix(seqpool::mean_pool(x)) << "\n";
}

void windows_of_a_document() {
  std::vector<float> document;  // 600 tokens of 1 feature: 0, 1, 2, ...
  for (int t = 0; t < 600; ++t) document.push_back(static_cast<float>(t));
  const seqpool::HiddenStates<float> x(document.data(), {1, 600, 1});

  const seqpool::Spans spans(seqpool::windows(600, 256, 128));  // [0, 256), [128, 384), [256, 512), [384, 600)
  std::cout << seqpool::as_matrix(seqpool::mean_pool(x, spans)) << "\n";
}

void a_million_tokens() {
  const std::vector<float> chunk{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};  // 10 tokens of 1 feature

  seqpool::Stream<seqpool::Mean, float> first{seqpool::Mean{}, 1}, second{seqpool::Mean{}, 1};  // on two machines
  for (int i = 0; i < 50000; ++i) first.push(chunk.data(), 10);
  for (int i = 0; i < 50000; ++i) second.push(chunk.data(), 10);
  first.merge(second);
  std::cout << first.size() << " tokens: " << seqpool::as_matrix(first.value()) << "\n";
}

void what_it_attends_to() {
  const std::vector<std::string> words{"the", "striker", "scored", "."};
  const float states[] = {0, 1, 2, 0, 3, 1, 0, 0};
  const seqpool::HiddenStates<float> x(states, {1, 4, 2});
  const std::vector<float> query{1, 0};  // learned

  const auto weights = seqpool::attention_weights(seqpool::Attention{query}, x);  // [1, 4]
  const auto top = seqpool::top_k(weights, 2);
  for (Index i = 0; i < 2; ++i)
    std::cout << words[static_cast<std::size_t>(top.classes(0, i))] << " " << top.values(0, i) << "\n";
}

// The mean of each feature without its largest and its smallest value.
struct TrimmedMean {
  template <seqpool::Scalar T> struct State {
    seqpool::Accumulators<seqpool::accumulator_t<T>> sum, min, max;  // [hidden]
    Index count = 0;
  };

  Index width(Index hidden) const { return hidden; }

  template <seqpool::Scalar T> void init(State<T>& state, Index hidden) const {
    constexpr auto infinity = std::numeric_limits<seqpool::accumulator_t<T>>::infinity();
    state.sum.assign(static_cast<std::size_t>(hidden), 0);
    state.min.assign(static_cast<std::size_t>(hidden), infinity);
    state.max.assign(static_cast<std::size_t>(hidden), -infinity);
    state.count = 0;
  }

  // The next tokens, none of which is padding. tokens[i] points to the features of one.
  void fold(auto& state, const auto& tokens) const {
    for (Index i = 0; i < tokens.size(); ++i)
      for (std::size_t h = 0; h < state.sum.size(); ++h) {
        const auto x = seqpool::widen(tokens[i][h]);
        state.sum[h] += x;
        state.min[h] = (std::min)(state.min[h], x);
        state.max[h] = (std::max)(state.max[h], x);
      }
    state.count += tokens.size();
  }

  void merge(auto& state, const auto& next) const {
    for (std::size_t h = 0; h < state.sum.size(); ++h) {
      state.sum[h] += next.sum[h];
      state.min[h] = (std::min)(state.min[h], next.min[h]);
      state.max[h] = (std::max)(state.max[h], next.max[h]);
    }
    state.count += next.count;
  }

  void finish(const auto& state, auto out) const {
    const auto n = static_cast<float>(state.count);
    for (std::size_t h = 0; h < out.size(); ++h)
      out[h] = n > 2   ? (state.sum[h] - state.min[h] - state.max[h]) / (n - 2)
               : n > 0 ? state.sum[h] / n
                       : 0;  // a text without tokens gives zeros, as everywhere
  }
};

void pooling_of_your_own() {
  const float states[] = {1, 2, 1000, 3, 9};  // two outliers, and padding
  const std::vector<int> mask{1, 1, 1, 1, 0};
  const seqpool::HiddenStates<float> x(states, {1, 5, 1});

  const auto pooled = seqpool::pool(TrimmedMean{}, x, seqpool::AttentionMask(mask.data(), {1, 5}));
  std::cout << seqpool::as_matrix(pooled) << "\n";
}

void half_by_pointer() {
  const std::uint16_t bits[] = {0x3c00, 0x4000, 0x4200, 0x4400};  // 1, 2, 3, 4 in half

  const seqpool::HiddenStates<Eigen::half> x(reinterpret_cast<const Eigen::half*>(bits), {1, 2, 2});
  const auto vectors = seqpool::mean_pool(x, seqpool::all_tokens);  // of float
  std::cout << seqpool::as_matrix(vectors) << "\n";
}

void several_labels() {
  const float states[] = {2, 2, -2};
  const seqpool::HiddenStates<float> x(states, {1, 1, 3});
  const Eigen::Matrix3f weight = Eigen::Matrix3f::Identity();  // [labels, hidden]
  const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight}};

  const auto probabilities = seqpool::sigmoid(classifier.logits(x));  // [1, labels], each by itself
  const std::vector<float> thresholds{0.5f, 0.9f, 0.5f};              // one for each label
  const auto labels = seqpool::threshold(probabilities, thresholds);  // [1, labels] of bool
  std::cout << seqpool::as_matrix(probabilities) << "\n" << seqpool::as_matrix(labels) << "\n";
}

void file_to_file(const std::string& from, const std::string& to) {
  const seqpool::io::Safetensors file(from);                         // mapped: read as it is needed
  const auto states = file.tensor<Eigen::half, 3>("hidden_states");  // [n, seq, hidden]
  const auto mask = file.tensor<std::int64_t, 2>("attention_mask");  // [n, seq]
  const Index n = states.dimension(0), seq = states.dimension(1), hidden = states.dimension(2);

  using Matrix = Eigen::Tensor<float, 2, Eigen::RowMajor>;
  const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
  Matrix vectors(n, hidden);
  for (Index begin = 0; begin < n; begin += 32) {
    const Index rows = (std::min)(n - begin, Index{32});
    Eigen::TensorMap<Matrix> out(vectors.data() + begin * hidden, rows, hidden);
    embedder.embed_into(out,
                        seqpool::HiddenStates<Eigen::half>(states.data() + begin * seq * hidden, {rows, seq, hidden}),
                        seqpool::AttentionMask(mask.data() + begin * seq, {rows, seq}));
    std::cout << begin + rows << " of " << n << "\n";
  }
  seqpool::io::SafetensorsWriter writer;
  writer.add("vectors", vectors);
  writer.write(to);
}

void speakers() {
  const float frames[] = {1, 5, 3, 5, 99, 99, 2, 0, 6, 2, 4, 4};  // from the TDNN layers: [2, 3, 2], 99 is padding
  const Index lengths[] = {2, 3};                                 // frames of each
  const seqpool::HiddenStates<float> x(frames, {2, 3, 2});
  // feature_extractor.weight [vector, 2 * hidden] and its bias [vector].
  const Eigen::MatrixXf weight{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 1}};
  const std::vector<float> bias{0, 0, 1};

  // Transformers' deviation is torch's, by n - 1.
  const seqpool::Embedder speaker{seqpool::MeanStd{seqpool::MeanStd::sample}, seqpool::Linear{weight, bias}};
  const auto vectors = speaker.embed(x, seqpool::Lengths(lengths));  // [2, vector]
  std::cout << seqpool::as_matrix(vectors) << "\n";
}

void threads() {
  const Eigen::Matrix2f weight{{1, 0}, {0, 1}};
  const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight}};

  // A const classifier serves all threads of a server.
  const std::vector<float> requests[] = {{3, 1, 5, 2}, {0, 1, 0, 7}};  // [1, 2, 2] each
  Index classes[2];
  const auto serve = [&](int i) {
    classes[i] = classifier.predict(seqpool::HiddenStates<float>(requests[i].data(), {1, 2, 2}))(0);
  };
  std::thread first(serve, 0), second(serve, 1);
  first.join();
  second.join();
  std::cout << classes[0] << " " << classes[1] << "\n";

  // One large batch is shared out over a pool of threads. The bits are the same.
  Eigen::ThreadPool pool(2);
  const Eigen::ThreadPoolDevice device(&pool, 2);
  std::vector<float> batch;
  for (int i = 0; i < 64 * 128 * 2; ++i) batch.push_back(1.0f / static_cast<float>(i + 1));
  const seqpool::HiddenStates<float> x(batch.data(), {64, 128, 2});
  const bool same =
      seqpool::as_matrix(classifier.logits(x, seqpool::all_tokens, device)) == seqpool::as_matrix(classifier.logits(x));
  std::cout << (same ? "the same bits" : "OTHER BITS") << "\n";
}

void without_encoder(const std::string& path) {
  const seqpool::io::Safetensors file(path);                     // of model2vec, mapped
  const auto table = file.tensor<Eigen::half, 2>("embeddings");  // [words, features]
  const Index features = table.dimension(1);
  // "The striker scored.", "A late goal." and "Interest rates rose.", from a tokenizer, without special tokens: [3, 6]
  const std::int64_t ids[3][6] = {{998, 2640, 2040, 15}, {39, 1399, 2027, 15}, {2010, 2395, 56, 1893, 1065, 15}};

  const seqpool::ComputedStates<Eigen::half> x(
      {3, 6, features}, [&](Index b, Index s, Eigen::half* out) { std::copy_n(&table(ids[b][s], 0), features, out); });
  const auto vectors = seqpool::mean_pool(x, seqpool::Lengths(std::vector{4, 4, 6}));
  std::cout << seqpool::as_matrix(seqpool::cosine_similarity(vectors, vectors)).row(0) << "\n";
}

}  // namespace

int main() {
  const std::string topics = SEQPOOL_EXAMPLES_DATA "/topics.safetensors", vectors = "recipes_vectors.safetensors";
  const std::pair<const char*, std::function<void()>> recipes[] = {
      {"a. A pointer and a mask to vectors of length 1", pointer_and_mask},
      {"b. The five nearest of 10,000 vectors", five_nearest},
      {"c. A head from a safetensors file", [&] { head_from_a_file(topics); }},
      {"d. A pooling by its name", pooling_by_name},
      {"e. A vector of vectors", vector_of_vectors},
      {"f. Windows of a long document", windows_of_a_document},
      {"g. A million tokens in chunks, on two machines", a_million_tokens},
      {"h. What attention weighs", what_it_attends_to},
      {"i. A pooling of your own", pooling_of_your_own},
      {"j. Half precision from a pointer", half_by_pointer},
      {"k. Several labels, a threshold for each", several_labels},
      {"l. A file of hidden states to a file of vectors", [&] { file_to_file(topics, vectors); }},
      {"m. A speaker's vector", speakers},
      {"n. Threads", threads},
      {"o. Vectors without an encoder",
       [&] { without_encoder(SEQPOOL_EXAMPLES_DATA "/topics-static/model.safetensors"); }},
  };
  std::cout.precision(4);
  try {
    for (const auto& [title, recipe] : recipes) {
      std::cout << "## " << title << "\n";
      recipe();
    }
    std::filesystem::remove(vectors);
  } catch (const std::exception& error) {
    std::cerr << "recipes: " << error.what() << "\n";
    return 1;
  }
}
