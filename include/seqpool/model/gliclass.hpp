// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/config.hpp>
#include <seqpool/model/detail/folder.hpp>
#include <seqpool/pooling/abs_max.hpp>
#include <seqpool/pooling/abs_mean.hpp>
#include <seqpool/pooling/any_pooling.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/pooling/last.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/root_mean_square.hpp>
#include <seqpool/pooling/sum.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI::model {

/// The pooling that the config.json of a GLiClass model names, of hidden states of T: its `pooling_strategy`, for
/// "encoder-decoder-cls" the last token.
///
///     const auto pooling = seqpool::model::gliclass_pooling<float>("gliclass-base-v3.0");
///     const auto texts = seqpool::pool(pooling, hidden_states, mask);  // [batch, hidden], before its text_projector
///
/// Hidden states are those that the model hands its pooler: of the encoder, and of the layer that `encoder_layer_id`
/// says; of the text's tokens alone where `extract_text_features` says so, which a mask does.
///
/// **Errors**: `Error` names the file, the key, and what is understood; it refuses an LSTM and a mix of layers in front
/// of the pooling, and "decoder-kv", which pools otherwise.
/// **Source**: GLiClass 0.1, which pools a batch without its mask: the numbers are those of a text by itself.
template <Scalar T> [[nodiscard]] AnyPooling<T> gliclass_pooling(const std::filesystem::path& folder);

// ---------------------------------------------------------------------------------------------------------------------

template <Scalar T> AnyPooling<T> gliclass_pooling(const std::filesystem::path& folder) {
  constexpr std::array<std::string_view, 8> strategies{"first", "last", "avg",     "max",
                                                       "sum",   "rms",  "abs_max", "abs_avg"};
  constexpr std::array<std::string_view, 5> architectures{"uni-encoder", "bi-encoder", "bi-encoder-fused",
                                                          "encoder-decoder", "encoder-decoder-cls"};
  const detail::Folder read(folder);
  detail::refuse_adapter(read);
  const detail::Config config = read.config("config.json");
  if (const std::string type = config.text("model_type"); type != "GLiClass")
    config.refuse_value("model_type", type, std::array<std::string_view, 1>{"GLiClass"});
  const std::string architecture = config.text("architecture_type", std::string(architectures.front()));
  if (std::find(architectures.begin(), architectures.end(), architecture) == architectures.end())
    config.refuse_value("architecture_type", architecture, architectures);
  for (const std::string_view key : {"use_lstm", "squeeze_layers"})
    if (config.flag(key, false)) config.refuse(key, "is true: what stands in front of the pooling is not understood");
  if (architecture == architectures.back()) return Last{};

  const std::string strategy = config.text("pooling_strategy", std::string(strategies.front()));
  if (strategy == "first") return Cls{};
  if (strategy == "last") return Last{};
  if (strategy == "avg") return Mean{};
  if (strategy == "max") return Max{};
  if (strategy == "sum") return Sum{};
  if (strategy == "rms") return RootMeanSquare{};
  if (strategy == "abs_max") return AbsMax{};
  if (strategy == "abs_avg") return AbsMean{};
  config.refuse_value("pooling_strategy", strategy, strategies);
}

}  // namespace seqpool::inline SEQPOOL_ABI::model
