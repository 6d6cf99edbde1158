// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/model/detail/config.hpp>
#include <seqpool/model/detail/folder.hpp>
#include <seqpool/pooling/any_pooling.hpp>
#include <seqpool/pooling/attention.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/pooling/last.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/mean_sqrt_len.hpp>
#include <seqpool/pooling/splade.hpp>
#include <seqpool/pooling/sum.hpp>
#include <seqpool/pooling/weighted_mean.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

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

// A pooling that a folder names: first the modes of sentence-transformers, in the order in which older folders put them
// side by side.
using FolderPooling = std::variant<Cls, Max, Mean, MeanSqrtLen, WeightedMean, Last, Splade, SharedAttention>;

inline constexpr std::array<std::string_view, 6> mode_names{"cls",          "max",      "mean", "mean_sqrt_len_tokens",
                                                            "weightedmean", "lasttoken"};
inline constexpr std::array<std::string_view, 6> mode_flags{
    "pooling_mode_cls_token",           "pooling_mode_max_tokens",
    "pooling_mode_mean_tokens",         "pooling_mode_mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"};

// "mean", for a summary.
[[nodiscard]] inline std::string summary_of(const FolderPooling& pooling);

// Whether means are divided by the number of tokens, or are still to be divided by something else.
enum class Means { means, sums };

// What a folder says of its pooling.
struct PoolingConfig {
  Index hidden = 0;
  std::vector<FolderPooling> poolings;  // side by side
  bool include_prompt = true;

  // "mean", or "cls + mean" side by side.
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] Index width() const;

  // As a pooling of hidden states of T, in front of which `before` tokens were left out.
  template <Scalar T> [[nodiscard]] AnyPooling<T> pooling(Index before, Means means) const;
};

// Reads a Pooling module's `pooling_mode`, one name or a list (5.4 and newer), or a flag for each mode; where both are,
// the former holds.
[[nodiscard]] inline PoolingConfig read_pooling(const Config& config);

// Reads a SpladePooling module, to which the encoder in the folder `encoder` hands a logit for each of its words.
[[nodiscard]] inline PoolingConfig read_splade(const Folder& folder, const Folder& encoder);

// ---------------------------------------------------------------------------------------------------------------------

inline constexpr std::array<std::string_view, 2> splade_strategies{"max", "sum"};
inline constexpr std::array<std::string_view, 2> splade_activations{"relu", "log1p_relu"};

inline std::string summary_of(const FolderPooling& pooling) {
  if (const auto* const attention = std::get_if<SharedAttention>(&pooling))
    return std::to_string(attention->heads()) + "-head attention";
  const auto* const splade = std::get_if<Splade>(&pooling);
  if (splade == nullptr) return std::string(mode_names[pooling.index()]);
  return "splade " + std::string(splade_strategies[splade->strategy]) +
         (splade->weight == Splade::relu ? "" : " " + std::string(splade_activations[splade->weight]));
}

inline std::string PoolingConfig::summary() const {
  std::string all;
  for (const FolderPooling& pooling : poolings) all += (all.empty() ? "" : " + ") + summary_of(pooling);
  return all;
}

inline Index PoolingConfig::width() const {
  Index all = 0;
  for (const FolderPooling& pooling : poolings)
    all = seqpool::detail::total(
        all, std::visit([this](const auto& p) { return static_cast<Index>(p.width(hidden)); }, pooling), "poolings");
  return all;
}

template <Scalar T> AnyPooling<T> PoolingConfig::pooling(Index before, Means means) const {
  std::vector<AnyPooling<T>> all;
  for (const FolderPooling& pooling : poolings)
    all.push_back(std::visit(
        [&]<class P>(const P& p) -> AnyPooling<T> {
          if constexpr (std::same_as<P, WeightedMean>) return WeightedMean{before};
          if constexpr (std::same_as<P, Mean> || std::same_as<P, MeanSqrtLen>)
            if (means == Means::sums) return Sum{};
          return p;
        },
        pooling));
  return all.size() == 1 ? all.front() : AnyPooling<T>(std::move(all));
}

// Of a token, by one name or the other.
inline std::string_view dimension_key(const Config& config) {
  return config.has("embedding_dimension") ? "embedding_dimension" : "word_embedding_dimension";
}

inline PoolingConfig read_pooling(const Config& config) {
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "pooling_mode", "include_prompt",
                        mode_flags[0], mode_flags[1], mode_flags[2], mode_flags[3], mode_flags[4], mode_flags[5]});
  PoolingConfig result;
  const std::string_view size = dimension_key(config);
  result.hidden = config.count(size);
  if (result.hidden < 1) config.refuse(size, "must be 1 or more");
  result.include_prompt = config.flag("include_prompt", true);

  const std::array<FolderPooling, mode_names.size()> modes{Cls{}, Max{}, Mean{}, MeanSqrtLen{}, WeightedMean{}, Last{}};
  const auto add = [&](const std::string& name) {
    const auto found = std::find(mode_names.begin(), mode_names.end(), name);
    if (found == mode_names.end()) config.refuse_value("pooling_mode", name, mode_names);
    for (const FolderPooling& pooling : result.poolings)
      if (summary_of(pooling) == name) config.refuse("pooling_mode", "names '" + name + "' twice");
    result.poolings.push_back(modes[static_cast<std::size_t>(found - mode_names.begin())]);
  };
  if (config.is_text("pooling_mode")) {
    add(config.text("pooling_mode"));
  } else if (config.has("pooling_mode")) {
    for (const auto& name : config.texts("pooling_mode")) add(name);
    if (result.poolings.empty()) config.refuse("pooling_mode", "is an empty list");
  } else {
    for (std::size_t i = 0; i < mode_flags.size(); ++i)
      if (config.flag(mode_flags[i], false)) result.poolings.push_back(modes[i]);
    if (result.poolings.empty()) result.poolings.push_back(Mean{});
  }
  return result;
}

inline PoolingConfig read_splade(const Folder& folder, const Folder& encoder) {
  const Config config = folder.config("config.json");
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "pooling_strategy", "activation_function"});
  const auto chosen = [&](std::string_view key, const auto& names) {
    const std::string name = config.text(key, std::string(names.front()));
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) config.refuse_value(key, name, names);
    return found - names.begin();
  };
  PoolingConfig result;
  result.poolings = {Splade{static_cast<Splade::Strategy>(chosen("pooling_strategy", splade_strategies)),
                            static_cast<Splade::Weight>(chosen("activation_function", splade_activations))}};
  // Often null: Python sees how many logits come.
  const std::string_view size = dimension_key(config);
  const Config from = config.has(size) ? config : encoder.config("config.json");
  const std::string_view key = config.has(size) ? size : "vocab_size";
  result.hidden = from.count(key);
  if (result.hidden < 1) from.refuse(key, "must be 1 or more");
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
