// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_POOLING_MODES_HPP
#define SEQPOOL_MODEL_POOLING_MODES_HPP

#include <seqpool/model/config.hpp>
#include <seqpool/pooling/any_pooling.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/pooling/last.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/mean_sqrt_len.hpp>
#include <seqpool/pooling/sum.hpp>
#include <seqpool/pooling/weighted_mean.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// The pooling modes of sentence-transformers, in the order in which older folders put them side by side.
enum class PoolingMode { cls, max, mean, mean_sqrt_len, weighted_mean, last };

inline constexpr std::array<std::string_view, 6> mode_names{"cls",          "max",      "mean", "mean_sqrt_len_tokens",
                                                            "weightedmean", "lasttoken"};
inline constexpr std::array<std::string_view, 6> mode_flags{
    "pooling_mode_cls_token",           "pooling_mode_max_tokens",
    "pooling_mode_mean_tokens",         "pooling_mode_mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"};

// Whether means are divided by the number of tokens, or are still to be divided by something else.
enum class Means { means, sums };

// What a Pooling module's config.json says.
struct PoolingConfig {
  Index hidden = 0;
  std::vector<PoolingMode> modes;
  bool include_prompt = true;

  // "mean", or "cls + mean" side by side.
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] Index width() const { return static_cast<Index>(modes.size()) * hidden; }
  [[nodiscard]] bool has(PoolingMode mode) const { return std::find(modes.begin(), modes.end(), mode) != modes.end(); }

  // As a pooling of hidden states of T, in front of which `before` tokens were left out.
  template <Scalar T>
  [[nodiscard]] AnyPooling<T> pooling(Index before, Means means) const;
};

// Reads `pooling_mode`, one name or a list (5.4 and newer), or a flag for each mode; where both are, the former holds.
[[nodiscard]] inline PoolingConfig read_pooling(const Config& config);

// ---------------------------------------------------------------------------------------------------------------------

inline std::string PoolingConfig::summary() const {
  std::string all;
  for (const PoolingMode mode : modes)
    all += (all.empty() ? "" : " + ") + std::string(mode_names[static_cast<std::size_t>(mode)]);
  return all;
}

template <Scalar T>
AnyPooling<T> PoolingConfig::pooling(Index before, Means means) const {
  std::vector<AnyPooling<T>> all;
  for (const PoolingMode mode : modes) {
    switch (mode) {
      case PoolingMode::cls:
        all.push_back(Cls{});
        break;
      case PoolingMode::max:
        all.push_back(Max{});
        break;
      case PoolingMode::mean:
        all.push_back(means == Means::sums ? AnyPooling<T>(Sum{}) : Mean{});
        break;
      case PoolingMode::mean_sqrt_len:
        all.push_back(means == Means::sums ? AnyPooling<T>(Sum{}) : MeanSqrtLen{});
        break;
      case PoolingMode::weighted_mean:
        all.push_back(WeightedMean{before});
        break;
      case PoolingMode::last:
        all.push_back(Last{});
        break;
    }
  }
  return all.size() == 1 ? all.front() : AnyPooling<T>(std::move(all));
}

inline PoolingConfig read_pooling(const Config& config) {
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "pooling_mode", "include_prompt",
                        mode_flags[0], mode_flags[1], mode_flags[2], mode_flags[3], mode_flags[4], mode_flags[5]});
  PoolingConfig result;
  const std::string_view size = config.has("embedding_dimension") ? "embedding_dimension" : "word_embedding_dimension";
  result.hidden = config.count(size);
  if (result.hidden < 1) config.refuse(size, "must be 1 or more");
  result.include_prompt = config.flag("include_prompt", true);

  const auto add = [&](const std::string& name) {
    const auto found = std::find(mode_names.begin(), mode_names.end(), name);
    if (found == mode_names.end()) config.refuse_value("pooling_mode", name, mode_names);
    const auto mode = static_cast<PoolingMode>(found - mode_names.begin());
    if (result.has(mode)) config.refuse("pooling_mode", "names '" + name + "' twice");
    result.modes.push_back(mode);
  };
  if (config.is_text("pooling_mode")) {
    add(config.text("pooling_mode"));
  } else if (config.has("pooling_mode")) {
    for (const auto& name : config.texts("pooling_mode")) add(name);
    if (result.modes.empty()) config.refuse("pooling_mode", "is an empty list");
  } else {
    for (std::size_t i = 0; i < mode_flags.size(); ++i)
      if (config.flag(mode_flags[i], false)) result.modes.push_back(static_cast<PoolingMode>(i));
    if (result.modes.empty()) result.modes.push_back(PoolingMode::mean);
  }
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
