// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/compiled.hpp>
#include <seqpool/pooling/any_pooling.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/model/detail/choices.hpp>
#include <seqpool/model/detail/folder.hpp>
#include <seqpool/pooling/abs_max.hpp>
#include <seqpool/pooling/abs_mean.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/pooling/last.hpp>
#include <seqpool/pooling/max.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/pooling/root_mean_square.hpp>
#include <seqpool/pooling/sum.hpp>
#endif

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

namespace seqpool::inline SEQPOOL_ABI::model {

/// The pooling that a GLiClass model's config.json names, for hidden states of T: its `pooling_strategy`, or the last
/// token for "encoder-decoder-cls".
///
///     const auto pooling = seqpool::model::gliclass_pooling<float>("gliclass-base-v3.0");
///     const auto texts = seqpool::pool(pooling, hidden_states, mask);  // [batch, hidden], before its text_projector
///
/// Hidden states are those that the model hands its pooler: the encoder's, from the layer that `encoder_layer_id` says.
/// Where `extract_text_features` says so, they are only those of the text's tokens, which a mask selects.
///
/// **Errors**: `Error` names the file, the key, and what is understood; it refuses an LSTM and a mix of layers before
/// the pooling, and "decoder-kv", which pools differently.
/// **Source**: GLiClass 0.1, which pools a batch without its mask: these numbers are those of a text by itself.
template <Scalar T> [[nodiscard]] AnyPooling<T> gliclass_pooling(const std::filesystem::path& folder);

// ---------------------------------------------------------------------------------------------------------------------

#if defined(SEQPOOL_MODEL_BODIES)

template <Scalar T> AnyPooling<T> gliclass_pooling(const std::filesystem::path& folder) {
  using Strategy = std::variant<Cls, Last, Mean, Max, Sum, RootMeanSquare, AbsMax, AbsMean>;
  static constexpr auto strategies = std::to_array<detail::Named<Strategy>>({{"first", Cls{}},
                                                                             {"last", Last{}},
                                                                             {"avg", Mean{}},
                                                                             {"max", Max{}},
                                                                             {"sum", Sum{}},
                                                                             {"rms", RootMeanSquare{}},
                                                                             {"abs_max", AbsMax{}},
                                                                             {"abs_avg", AbsMean{}}});
  // Whether the last token is taken, whatever the strategy.
  static constexpr auto architectures = std::to_array<detail::Named<bool>>({{"uni-encoder", false},
                                                                            {"bi-encoder", false},
                                                                            {"bi-encoder-fused", false},
                                                                            {"encoder-decoder", false},
                                                                            {"encoder-decoder-cls", true}});
  const detail::Folder read(folder);
  detail::refuse_adapter(read);
  const detail::Config config = read.config("config.json");
  config.one_of("model_type", config.text("model_type"), {"GLiClass"});
  const bool takes_last = detail::chosen(config, "architecture_type", architectures);
  for (const std::string_view key : {"use_lstm", "squeeze_layers"})
    if (config.flag(key, false)) config.refuse(key, {"is true: what stands in front of the pooling is not understood"});
  const Strategy strategy = takes_last ? Last{} : detail::chosen(config, "pooling_strategy", strategies);
  return std::visit([](const auto& pooling) -> AnyPooling<T> { return pooling; }, strategy);
}

#endif

}  // namespace seqpool::inline SEQPOOL_ABI::model
