// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_FUZZ_MODEL_FOLDER_HPP
#define SEQPOOL_TESTS_FUZZ_MODEL_FOLDER_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <seqpool/head/embedder.hpp>
#include <seqpool/model/model.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../io/files.hpp"
#include "safetensors.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif
#if defined(__linux__)
#include <sys/inotify.h>
#include <unistd.h>
#endif

// A model folder in one text, and what it must be to whoever reads it: a model, or a seqpool::model::Error.
//
//     @f config.json        a file, whose content follows up to the next line that begins with '@'
//     {"hidden_size": 3}
//     @w model.safetensors  a safetensors file: in each line a tensor's name, type, sizes, and the byte it is full of
//     classifier.weight F32 2,3 60
//     @h x.safetensors      the same, its header in the first line: the length in front of it is right, the data follow
//     @l other.json         a link, to what follows
//     @d 1_Pooling          a folder
//     @p config.json        a FIFO
//
// Instead of a name one letter stands for a name that is read: see `names`.
namespace fuzz {

inline constexpr std::array<std::string_view, 26> names{
    "config.json",
    "modules.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "tokenizer_config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "1_Pooling/config.json",
    "2_Dense/config.json",
    "2_Dense/model.safetensors",
    "3_Dense/config.json",
    "3_Dense/model.safetensors",
    "2_LayerNorm/config.json",
    "2_LayerNorm/model.safetensors",
    "2_Normalize/config.json",
    "1_WordWeights/config.json",
    "1_WordWeights/model.safetensors",
    "2_Pooling/config.json",
    "2_SparseAutoEncoder/config.json",
    "2_SparseAutoEncoder/model.safetensors",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "1_Pooling",
    "2_Dense",
    "2_Dense/model.safetensors.index.json",
};

struct Entry {
  char kind;
  std::string name;
  std::string content;
};

inline std::vector<Entry> entries_of(std::string_view text) {
  constexpr std::size_t most = 40;
  std::vector<Entry> result;
  while (!text.empty() && result.size() < most) {
    const std::size_t end = (std::min)(text.find("\n@"), text.size());
    const std::string_view entry = text.substr(0, end);
    text.remove_prefix((std::min)(text.size(), end + 1));
    if (entry.size() < 4 || entry[0] != '@') continue;
    const std::size_t line = (std::min)(entry.find('\n'), entry.size());
    std::string_view name = entry.substr(3, line - 3);
    if (name.size() == 1 && name[0] >= 'a' && name[0] <= 'z') name = names[static_cast<std::size_t>(name[0] - 'a')];
    const std::string_view content = entry.substr((std::min)(entry.size(), line + 1));
    result.push_back({entry[1], std::string(name), std::string(content)});
  }
  return result;
}

inline std::string content_of(const Entry& entry) {
  if (entry.kind == 'w') return safetensors_of(entry.content);
  return entry.kind == 'h' ? with_right_length(entry.content) : entry.content;
}

// A cache of a hub: a folder in snapshots/, a blob, and a file of which nothing may be read.
class Cache {
 public:
  Cache() : folder_(directory_ / "snapshots/model") {
    std::filesystem::create_directories(directory_ / "blobs");
    std::filesystem::create_directories(directory_ / "secret");
    std::filesystem::create_directories(folder_);
    files::write(directory_ / "blobs/config.json", R"({"architectures": ["BertModel"], "hidden_size": 3})");
    files::write(secret(), "{}");
#if defined(__linux__)
    watch_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch_ < 0 || ::inotify_add_watch(watch_, secret().c_str(), IN_OPEN | IN_ACCESS) < 0) watch_ = -1;
#endif
  }

  const std::filesystem::path& folder() const { return folder_; }

  // Makes the folder what `entries` say: links last, through which no file is written then.
  void write(const std::vector<Entry>& entries) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    std::error_code ignored;
    for (const bool links : {false, true})
      for (const Entry& entry : entries) {
        if ((entry.kind == 'l') != links || !is_within(entry.name)) continue;
        const auto path = folder_ / entry.name;
        if (links && !is_plain(path.parent_path())) continue;
        std::filesystem::create_directories(path.parent_path(), ignored);
        if (entry.kind == 'd') {
          std::filesystem::create_directories(path, ignored);
        } else if (links) {
          std::filesystem::create_symlink(entry.content.substr(0, entry.content.find('\0')), path, ignored);
        } else if (entry.kind == 'p') {
#if defined(__unix__) || defined(__APPLE__)
          static_cast<void>(::mkfifo(path.c_str(), 0600));
#endif
        } else if (!std::filesystem::is_fifo(path, ignored)) {
          files::write(path, content_of(entry));
        }
      }
  }

  // Ends the program if the secret was looked at.
  void check() const {
#if defined(__linux__)
    char events[4096];
    if (watch_ >= 0 && ::read(watch_, events, sizeof events) > 0) fault("a file outside of the folder was read");
#endif
  }

 private:
  std::filesystem::path secret() const { return directory_ / "secret/config.json"; }

  // Whether a file of this name is made: these are ours, not what is tested.
  static bool is_within(const std::string& name) {
    const std::filesystem::path path(name);
    return !name.empty() && name.size() < 200 && name.find('\0') == name.npos && path.is_relative() &&
           std::find(path.begin(), path.end(), "..") == path.end();
  }
  // Whether no link leads to it.
  bool is_plain(const std::filesystem::path& path) const {
    std::error_code error;
    const auto found = std::filesystem::weakly_canonical(path, error);
    return !error && found == std::filesystem::weakly_canonical(folder_) / path.lexically_relative(folder_);
  }

  files::TemporaryDirectory directory_;
  std::filesystem::path folder_;
  int watch_ = -1;
};

// f(hidden states of a few features), which may refuse them.
template <class F> void use(seqpool::Index hidden, F f) {
  constexpr seqpool::Index most = 64;
  if (hidden > most) return;
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 2, hidden);
  for (seqpool::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 5) - 2;
  try {
    f(x);
  } catch (const std::invalid_argument&) {
  }
}

// As many layers as a model mixes, if they are few.
template <class Model, class X> std::vector<X> layers_of(const Model& model, const X& x) {
  constexpr seqpool::Index most = 8;
  return std::vector(static_cast<std::size_t>((std::min)(model.layers(), most)), x);
}
template <class Model> void use_layers(const Model& classifier) {
  use(classifier.hidden(), [&](const auto& x) {
    const auto layers = layers_of(classifier, x);
    static_cast<void>(classifier.logits(classifier.mix(layers)));
  });
}

// f(), of which an Error may come, in one line that can be shown.
template <class F> void read(F f) {
  try {
    f();
  } catch (const seqpool::model::Error& error) {
    const std::string_view words = error.what();
    if (words.size() > 4096 || words.find('\n') != words.npos) fault("a message is no short line");
  }
}

// The attention poolings that stand in files alone. What no file says, heads and the latents that are left, is taken
// from the text, and heads may not fit.
inline void run_attention_pools(const std::filesystem::path& folder, std::string_view text) {
  const seqpool::Index heads = 1 + static_cast<seqpool::Index>(text.size() % 2);
  const auto pool = static_cast<seqpool::model::LatentPool>(text.size() % 3);
  const auto check = [&](auto make) {
    read([&] {
      try {
        const seqpool::model::AttentionPool made = make();
        const auto queries = static_cast<seqpool::Index>(made.pooling.query().size());
        const seqpool::Index hidden = queries / made.pooling.heads();
        use(hidden, [&](const auto& x) {
          if (seqpool::Embedder{made.pooling, made.head}.embed(x).dimension(1) != made.head.width(queries))
            fault("a vector is not as long as its head says");
        });
      } catch (const std::invalid_argument& error) {
        if (heads == 1) fault(std::string("one head was refused: ") + error.what());
      }
    });
  };
  check([&] { return seqpool::model::siglip_head(folder, "", {.heads = heads}); });
  check([&] { return seqpool::model::set_transformer_pma(folder, "", {.heads = heads}); });
  check([&] { return seqpool::model::timm_attention_pool_latent(folder, "", {.heads = heads, .pool = pool}); });
}

inline void run(std::string_view text) {
  static Cache cache;
  cache.write(entries_of(text));
  read([&] {
    using seqpool::model::SentenceTransformer;
    const SentenceTransformer model(cache.folder());
    use(model.hidden(), [&](const auto& x) {
      const auto vectors = model.embed(x);
      if (vectors.dimension(1) != model.dimension()) fault("a vector is not as long as dimension() says");
    });
    use(model.hidden(), [&](const auto& x) {
      Eigen::Tensor<std::int32_t, 2, Eigen::RowMajor> ids(1, 2);
      ids.setValues({{0, 1}});
      static_cast<void>(model.embed_weighted(x, ids));
    });
    use(model.hidden(), [&](const auto&) {
      Eigen::Tensor<std::int64_t, 2> ids(2, 2);
      ids.setValues({{0, 1}, {2, 0}});
      if (model.embed_ids(ids).dimension(1) != model.dimension()) fault("a vector is not as long as dimension() says");
    });
    use(model.hidden(), [&](const auto& x) { static_cast<void>(model.embed_layers(layers_of(model, x))); });
    const SentenceTransformer other(cache.folder(), {.truncate_dim = 2, .normalize_embeddings = true});
    if (other.dimension() != (std::min)(model.dimension(), seqpool::Index{2})) fault("truncate_dim is not dimension()");
  });
  read([&] {
    const seqpool::model::SentenceTransformer model(cache.folder(), {.route = "query"});
    Eigen::Tensor<std::int32_t, 2, Eigen::RowMajor> ids(1, 2);
    ids.setValues({{0, 1}});
    try {
      if (model.dimension() <= 64 && model.embed_ids(ids).dimension(1) != model.dimension())
        fault("a vector of ids is not as long as dimension() says");
    } catch (const std::invalid_argument&) {
    }
  });
  read([&] {
    const seqpool::model::SequenceClassifier classifier(cache.folder(), {.true_token_id = 1, .false_token_id = 0});
    use(classifier.hidden(), [&](const auto& x) { static_cast<void>(classifier.probabilities(x)); });
  });
  read([&] {
    const auto head = seqpool::model::bge_m3_sparse_head(cache.folder());
    use(head.in(), [&](const auto& x) { static_cast<void>(seqpool::map_tokens(head, x)); });
  });
  read([&] {
    const seqpool::model::SequenceClassifier classifier(cache.folder());
    use(classifier.hidden(), [&](const auto& x) { static_cast<void>(classifier.logits(x)); });
    use(classifier.hidden(), [&](const auto& x) { static_cast<void>(classifier.probabilities(x)); });
    use(classifier.hidden(), [&](const auto& x) { static_cast<void>(classifier.predict(x)); });
    use_layers(classifier);
  });
  read([&] {
    const seqpool::model::TokenClassifier classifier(cache.folder());
    use(classifier.hidden(), [&](const auto& x) { static_cast<void>(classifier.predict(x)); });
    use_layers(classifier);
  });
  read([&] {
    const auto pooling = seqpool::model::gliclass_pooling<float>(cache.folder());
    use(3, [&](const auto& x) { static_cast<void>(seqpool::pool(pooling, x)); });
  });
  read([&] {
    const seqpool::model::MultiVectorEncoder model(cache.folder());
    use(model.hidden(), [&](const auto& x) {
      if (model.token_vectors(x).dimension(2) != model.dimension())
        fault("a vector is not as long as dimension() says");
    });
  });
  read([&] {
    const seqpool::model::ImageTextModel model(cache.folder());
    use(model.text_hidden(), [&](const auto& x) {
      const auto texts = model.text_vectors(x);
      if (texts.dimension(1) != model.dimension()) fault("a text's vector is not as long as dimension() says");
      static_cast<void>(model.probabilities(texts, texts));
    });
    use(model.image_hidden(), [&](const auto& x) {
      if (model.image_vectors(x).dimension(1) != model.dimension())
        fault("an image's vector is not as long as dimension() says");
    });
  });
  run_attention_pools(cache.folder(), text);
  cache.check();
}

}  // namespace fuzz

#endif
