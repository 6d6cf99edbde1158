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
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A pooling that a folder names: first the modes of sentence-transformers, in the order in which older folders put them
// side by side.
using FolderPooling = std::variant<Cls, Max, Mean, MeanSqrtLen, WeightedMean, Last>;

inline constexpr std::array<std::string_view, 6> mode_names{"cls",          "max",      "mean", "mean_sqrt_len_tokens",
                                                            "weightedmean", "lasttoken"};
inline constexpr std::array<std::string_view, 6> mode_flags{
    "pooling_mode_cls_token",           "pooling_mode_max_tokens",
    "pooling_mode_mean_tokens",         "pooling_mode_mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"};

// "mean", for a summary.
[[nodiscard]] inline std::string summary_of(const FolderPooling& pooling) {
  return std::string(mode_names[pooling.index()]);
}

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
  template <Scalar T>
  [[nodiscard]] AnyPooling<T> pooling(Index before, Means means) const;
};

// Reads a Pooling module's `pooling_mode`, one name or a list (5.4 and newer), or a flag for each mode; where both are,
// the former holds.
[[nodiscard]] inline PoolingConfig read_pooling(const Config& config);

// ---------------------------------------------------------------------------------------------------------------------

inline std::string PoolingConfig::summary() const {
  std::string all;
  for (const FolderPooling& pooling : poolings) all += (all.empty() ? "" : " + ") + summary_of(pooling);
  return all;
}

inline Index PoolingConfig::width() const {
  Index all = 0;
  for (const FolderPooling& pooling : poolings)
    all += std::visit([this](const auto& p) { return static_cast<Index>(p.width(hidden)); }, pooling);
  return all;
}

template <Scalar T>
AnyPooling<T> PoolingConfig::pooling(Index before, Means means) const {
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

inline PoolingConfig read_pooling(const Config& config) {
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "pooling_mode", "include_prompt",
                        mode_flags[0], mode_flags[1], mode_flags[2], mode_flags[3], mode_flags[4], mode_flags[5]});
  PoolingConfig result;
  const std::string_view size = config.has("embedding_dimension") ? "embedding_dimension" : "word_embedding_dimension";
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

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
