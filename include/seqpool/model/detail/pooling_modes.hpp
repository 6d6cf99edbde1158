// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/model/detail/choices.hpp>
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

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A pooling that a folder names: first the modes of sentence-transformers, in the order in which older folders put them
// side by side.
enum class Mode { cls, max, mean, mean_sqrt_len, weighted_mean, last, splade, attention };

struct NamedMode {
  std::string_view name;
  Mode value;
  std::string_view flag;
};
inline constexpr std::array<NamedMode, 6> modes{{
    {"cls", Mode::cls, "pooling_mode_cls_token"},
    {"max", Mode::max, "pooling_mode_max_tokens"},
    {"mean", Mode::mean, "pooling_mode_mean_tokens"},
    {"mean_sqrt_len_tokens", Mode::mean_sqrt_len, "pooling_mode_mean_sqrt_len_tokens"},
    {"weightedmean", Mode::weighted_mean, "pooling_mode_weightedmean_tokens"},
    {"lasttoken", Mode::last, "pooling_mode_lasttoken"},
}};

// Whether means are divided by the number of tokens, or are still to be divided by something else.
enum class Means { means, sums };

// What a folder says of its pooling.
class PoolingConfig {
 public:
  Index hidden = 0;
  std::vector<Mode> modes;                                    // side by side
  Splade splade;                                              // of Mode::splade
  std::optional<Attention<float, Eigen::Dynamic>> attention;  // of Mode::attention
  bool include_prompt = true;

  // "mean", or "cls + mean" side by side.
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] Index width() const;

  // As a pooling of hidden states of T, which is made once, when the first of them come: what a program does not pool
  // is not compiled.
  template <Scalar T> [[nodiscard]] AnyPooling<T> pooling() const;
  // Of those in front of which `before` tokens were left out.
  template <Scalar T> [[nodiscard]] AnyPooling<T> pooling(Index before, Means means) const;

 private:
  struct Made {
    std::mutex mutex;
    std::tuple<std::optional<AnyPooling<float>>, std::optional<AnyPooling<Eigen::half>>,
               std::optional<AnyPooling<Eigen::bfloat16>>>
        poolings;
  };

  [[nodiscard]] std::string summary_of(Mode mode) const;
  template <Scalar T> [[nodiscard]] AnyPooling<T> pooling_of(Mode mode, Index before, Means means) const;

  std::shared_ptr<Made> made_ = std::make_shared<Made>();
};

// Reads a Pooling module's `pooling_mode`, one name or a list (5.4 and newer), or a flag for each mode; where both are,
// the former holds.
[[nodiscard]] inline PoolingConfig read_pooling(const Config& config);

// Reads a SpladePooling module, to which the encoder in the folder `encoder` hands a logit for each of its words.
[[nodiscard]] inline PoolingConfig read_splade(const Folder& folder, const Folder& encoder);

// What makes of a pooling of weighted tokens, `Means::sums`, the vector: each kind of mean is divided by a number of
// its own, of the sum of n weights.
[[nodiscard]] inline float factor(Mode mode, float sum, float n) {
  const float divisor = (std::max)(sum, 1e-9f);
  if (mode == Mode::mean) return 1 / divisor;
  if (mode == Mode::mean_sqrt_len) return 1 / std::sqrt(divisor);
  // Whose own places were divided out.
  return mode == Mode::weighted_mean ? n * (n + 1) / 2 / divisor : 1;
}

// ---------------------------------------------------------------------------------------------------------------------

inline constexpr auto splade_strategies =
    std::to_array<Named<Splade::Strategy>>({{"max", Splade::max}, {"sum", Splade::sum}});
inline constexpr auto splade_activations =
    std::to_array<Named<Splade::Activation>>({{"relu", Splade::relu}, {"log1p_relu", Splade::log1p_relu}});

inline std::string PoolingConfig::summary_of(Mode mode) const {
  if (mode == Mode::attention) return std::to_string(attention->heads()) + "-head attention";
  if (mode != Mode::splade) return std::string(detail::modes[static_cast<std::size_t>(mode)].name);
  return "splade " + std::string(splade_strategies[splade.strategy].name) +
         (splade.activation == Splade::relu ? "" : " " + std::string(splade_activations[splade.activation].name));
}

inline std::string PoolingConfig::summary() const {
  std::string all;
  for (const Mode mode : modes) all += (all.empty() ? "" : " + ") + summary_of(mode);
  return all;
}

inline Index PoolingConfig::width() const {
  Index all = 0;
  for (const Mode mode : modes)
    all = seqpool::detail::total(all, mode == Mode::attention ? attention->width(hidden) : hidden, "poolings");
  return all;
}

template <Scalar T> AnyPooling<T> PoolingConfig::pooling() const {
  const std::lock_guard lock(made_->mutex);
  auto& made = std::get<std::optional<AnyPooling<T>>>(made_->poolings);
  if (!made) made = pooling<T>(0, Means::means);
  return *made;
}

template <Scalar T> AnyPooling<T> PoolingConfig::pooling(Index before, Means means) const {
  std::vector<AnyPooling<T>> all;
  for (const Mode mode : modes) all.push_back(pooling_of<T>(mode, before, means));
  return all.size() == 1 ? all.front() : AnyPooling<T>(std::move(all));
}

template <Scalar T> AnyPooling<T> PoolingConfig::pooling_of(Mode mode, Index before, Means means) const {
  const bool sums = means == Means::sums && (mode == Mode::mean || mode == Mode::mean_sqrt_len);
  if (sums) return Sum{};
  switch (mode) {
    case Mode::cls:
      return Cls{};
    case Mode::max:
      return Max{};
    case Mode::mean:
      return Mean{};
    case Mode::mean_sqrt_len:
      return MeanSqrtLen{};
    case Mode::weighted_mean:
      return WeightedMean{before};
    case Mode::last:
      return Last{};
    case Mode::splade:
      return splade;
    case Mode::attention:
      break;
  }
  return *attention;
}

// Of a token, by one name or the other.
inline std::string_view features_key(const Config& config) {
  return config.has("embedding_dimension") ? "embedding_dimension" : "word_embedding_dimension";
}

inline PoolingConfig read_pooling(const Config& config) {
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "pooling_mode", "include_prompt",
                        modes[0].flag, modes[1].flag, modes[2].flag, modes[3].flag, modes[4].flag, modes[5].flag});
  PoolingConfig result;
  result.hidden = size_of(config, features_key(config));
  result.include_prompt = config.flag("include_prompt", true);
  const auto add = [&](const std::string& name) {
    const Mode mode = detail::chosen(config, "pooling_mode", name, name, modes);
    if (std::find(result.modes.begin(), result.modes.end(), mode) != result.modes.end())
      config.refuse("pooling_mode", "names '" + name + "' twice");
    result.modes.push_back(mode);
  };
  if (config.is_text("pooling_mode")) {
    add(config.text("pooling_mode"));
  } else if (config.has("pooling_mode")) {
    for (const auto& name : config.texts("pooling_mode")) add(name);
    if (result.modes.empty()) config.refuse("pooling_mode", "is an empty list");
  } else {
    for (const NamedMode& mode : modes)
      if (config.flag(mode.flag, false)) result.modes.push_back(mode.value);
    if (result.modes.empty()) result.modes.push_back(Mode::mean);
  }
  return result;
}

inline PoolingConfig read_splade(const Folder& folder, const Folder& encoder) {
  const Config config = folder.config("config.json");
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "pooling_strategy", "activation_function"});
  PoolingConfig result;
  result.modes = {Mode::splade};
  result.splade = {detail::chosen(config, "pooling_strategy", splade_strategies),
                   detail::chosen(config, "activation_function", splade_activations)};
  // Often null: Python sees how many logits come.
  const std::string_view key = features_key(config);
  result.hidden = config.has(key) ? size_of(config, key) : size_of(encoder.config("config.json"), "vocab_size");
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
