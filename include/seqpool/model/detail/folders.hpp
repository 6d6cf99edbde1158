// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/any_head.hpp>
#include <seqpool/head/similarity.hpp>
#include <seqpool/io/compiled.hpp>
#include <seqpool/model/error.hpp>
#include <seqpool/pooling/any_pooling.hpp>
#include <seqpool/pooling/attention.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/splade.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>

// What folders say, once they are read; and what reads them, which may be in a compiled library.
namespace seqpool::inline SEQPOOL_ABI::model {

/// The ids of the words by which a language model (...ForCausalLM) tells how well a text fits: the score is the logit
/// of the first as the text's next token, less that of the second if there is one. sentence-transformers takes "yes"
/// and "no". Only for folders without modules.json; others say it themselves.
struct ScoredWords {
  std::optional<Index> true_token_id = {};
  std::optional<Index> false_token_id = {};
};

namespace detail {

// A pooling that a folder names: first the modes of sentence-transformers, in the order of detail::named_poolings.
enum class Mode { cls, max, mean, mean_sqrt_len, weighted_mean, last, splade, attention, rest };

// Whether means are divided by the number of tokens, or are still to be divided by something else.
enum class Means { means, sums };

// An Attention whose copies share its queries, which are of the model's size: each call makes a pooling of its own.
class SharedAttention {
  using Queries = Attention<float, Eigen::Dynamic>;

 public:
  template <Scalar T> using State = Queries::State<T>;

  SharedAttention(Queries queries) : queries_(std::make_shared<const Queries>(std::move(queries))) {}

  [[nodiscard]] Index heads() const noexcept { return queries_->heads(); }
  [[nodiscard]] std::string name() const { return queries_->name(); }
  void visit_parameters(auto f) const { queries_->visit_parameters(f); }
  [[nodiscard]] Index width(Index hidden) const { return queries_->width(hidden); }
  void init(auto& state, Index hidden) const { queries_->init(state, hidden); }
  void fold(auto& state, const auto& tokens) const { queries_->fold(state, tokens); }
  void merge(auto& state, const auto& next) const { queries_->merge(state, next); }
  void finish(auto& state, auto out) const { queries_->finish(state, out); }

 private:
  std::shared_ptr<const Queries> queries_;
};

// The mean of all real tokens but the first few, such as of an image's patches without the tokens in front of them.
class MeanFrom {
 public:
  template <Scalar T> using State = FeatureState<T>;

  explicit MeanFrom(Index first) : first_(first) {}

  [[nodiscard]] std::string name() const { return "mean from " + std::to_string(first_); }
  [[nodiscard]] Index width(Index hidden) const { return hidden; }
  template <Scalar T> void init(FeatureState<T>& state, Index hidden) const { Mean{}.init(state, hidden); }
  template <Scalar T> void fold(FeatureState<T>& state, const TokenBlock<T>& tokens) const {
    const Index skipped = tokens.empty() ? 0 : std::clamp(first_ - tokens.number(0), Index{0}, tokens.size());
    Mean{}.fold(state, tokens.part(skipped, tokens.size() - skipped));
  }
  void merge(auto& state, const auto& next) const { Mean{}.merge(state, next); }
  void finish(const auto& state, auto out) const { Mean{}.finish(state, out); }

 private:
  Index first_;
};

// What a folder says of its pooling.
struct PoolingConfig {
  Index hidden = 0;
  std::vector<Mode> modes = {};                   // side by side
  Splade splade = {};                             // of Mode::splade
  std::optional<SharedAttention> attention = {};  // of Mode::attention
  Index rest_from = 1;                            // of Mode::rest: the first of the tokens whose mean it is
  bool include_prompt = true;

  // "mean", or "cls + mean" side by side.
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] Index width() const;

  // As a pooling of hidden states of T, in front of which `before` tokens were left out.
  template <Scalar T> [[nodiscard]] AnyPooling<T> pooling(Index before = 0, Means means = Means::means) const;
};

// What makes of a pooling of weighted tokens, `Means::sums`, the vector: each kind of mean is divided by a number of
// its own, of the sum of n weights.
[[nodiscard]] inline float factor(Mode mode, float sum, float n) {
  const float divisor = (std::max)(sum, 1e-9f);
  if (mode == Mode::mean) return 1 / divisor;
  if (mode == Mode::mean_sqrt_len) return 1 / std::sqrt(divisor);
  // Whose own places were divided out.
  return mode == Mode::weighted_mean ? n * (n + 1) / 2 / divisor : 1;
}

// What a folder of sentence-transformers says beside its modules.
struct EncodeSettings {
  std::optional<Index> max_seq_length;
  std::map<std::string, std::string> prompts;
  std::optional<std::string> default_prompt_name;
  std::string similarity;
  std::optional<Index> truncate_dim;
  std::optional<Index> max_active_dims;
};

// How much of each of the last layers a token is made of.
struct LayerWeights {
  Index layers = 0;  // of the encoder, its embeddings included; 0 where none are mixed
  std::vector<float> weights;
};

// All that a folder says of vectors, one for each sequence.
struct VectorFolder {
  EncodeSettings settings;
  Similarity similarity = Similarity::cosine;
  PoolingConfig pooling;
  LayerWeights mix;
  std::optional<std::vector<float>> word_weights;        // by token id
  std::optional<std::vector<float>> id_weights;          // by token id, of a query without an encoder
  std::function<void(Index id, float* out)> write_word;  // writes a token's row, [hidden], without an encoder
  AnyHead<float> heads{std::vector<AnyHead<float>>()};
  Index dimension = 0;
  Index vocabulary = 0;  // of a bare masked language model, which may be a SPLADE
  std::string summary;
};

// Reads a folder, and if it has a Router, the modules of `route`. Throws Error for all that is not understood. What the
// user chooses is applied behind what the folder says.
[[nodiscard]] SEQPOOL_BODY VectorFolder read_vector_folder(const std::filesystem::path& path,
                                                           std::optional<Index> truncate_dim, bool normalize,
                                                           const std::string& route);

// All that a folder says of a vector for each token.
struct MultiVectorFolder {
  EncodeSettings settings;
  std::optional<Index> query_length;
  std::optional<Index> document_length;
  bool do_query_expansion = false;
  bool attend_to_expansion_tokens = false;
  Index skipped_tokens = 0;
  std::vector<std::string> skiplist_words;
  std::vector<std::string> skiplist_tasks{"document"};
  AnyHead<float> heads{std::vector<AnyHead<float>>()};
  Index hidden = 0;
  Index dimension = 0;
  std::string summary;
};

[[nodiscard]] SEQPOOL_BODY MultiVectorFolder read_multi_vector_folder(const std::filesystem::path& path);

// What is classified.
enum class Task { sequence, token };

// What logits become.
enum class Scores { softmax, sigmoid, logits, activation };

// All that a classifier's folder says.
struct ClassifierFolder {
  PoolingConfig pooling = {};
  AnyHead<float> heads{std::vector<AnyHead<float>>()};
  LayerWeights mix = {};
  std::string summary = {};              // of the heads
  std::vector<std::string> labels = {};  // none of a model that gives vectors
  Scores scores = Scores::softmax;
  AnyHead<float> activation{std::vector<AnyHead<float>>()};  // of Scores::activation
  std::optional<Error> unknown = {};                         // what of the scores is not understood
  bool several_at_once = false;                              // classes that do not exclude each other
  bool takes_ids = false;                                    // the token is found by its id
  std::optional<Index> pad_token_id = {};
};

// Reads the head of an architecture that does the task; throws Error for all that is not understood.
[[nodiscard]] SEQPOOL_BODY ClassifierFolder read_classifier(const std::filesystem::path& path, Task task);

// Reads a classifier of sequences or a CrossEncoder, which may be made of modules or of a language model. The caller
// says the words of a language model without modules.
[[nodiscard]] SEQPOOL_BODY ClassifierFolder read_sequence_classifier(const std::filesystem::path& path,
                                                                     const ScoredWords& words);

// All that a folder of images and texts says: how to make a vector of each, and a logit of two vectors.
struct ImageTextFolder {
  bool is_siglip = false;
  ClassifierFolder image = {};
  ClassifierFolder text = {};
  float scale = 1;
  float bias = 0;
  Index dimension = 0;
};

[[nodiscard]] SEQPOOL_BODY ImageTextFolder read_image_text_folder(const std::filesystem::path& path);

}  // namespace detail

}  // namespace seqpool::inline SEQPOOL_ABI::model
