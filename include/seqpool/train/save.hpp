// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/parameters.hpp>
#include <seqpool/head/attention_probe.hpp>
#include <seqpool/io/path_text.hpp>
#include <seqpool/io/replacement_file.hpp>
#include <seqpool/io/safetensors_writer.hpp>
#include <seqpool/train/detail/parameter_file.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// Files of what was learned, which Python reads and seqpool too. Needs seqpool::io. None of them is a pickle.
//
// `model` is what `fit` returns, or its classifier, or another that has parameters. Its numbers are written as they
// are, bit by bit. `labels` is what the classes are called; two may stand for a single logit.
// **Errors**: `std::invalid_argument` for labels of another number; `io::Error` if a file cannot be written.

namespace seqpool::inline SEQPOOL_ABI {

/// Writes the parameters by their names, as one safetensors file: "pooling.query", "head.0.weight", or of a `Linear`
/// "weight" and "bias". Its metadata has "labels", a JSON list; the "pooling"'s name; of a fit "C", "loss" and
/// "converged"; and the version of "seqpool".
///
///     seqpool::save("topics.safetensors", fitted, {"astronomy", "cooking"});
template <class M>
void save(const std::filesystem::path& path, const M& model, const std::vector<std::string>& labels = {});

/// Writes a `Linear`, or that of a classifier whose pooling has learned nothing, as a module of sentence-transformers:
/// `folder`/config.json and `folder`/model.safetensors of a Dense whose activation is the identity. Named in
/// modules.json behind the pooling, such as "2_Dense", it makes `encode` give logits.
template <class M> void save_dense_module(const std::filesystem::path& folder, const M& model);

/// Writes a `Classifier{Attention, Linear}` as the state of an attention probe, which `AttentionProbe` reads. Its
/// position weights are 0, and the bias is its first head's. A scale is multiplied into the query.
///
/// **Errors**: also for an attention whose results are averaged.
///
/// **Source**: EleutherAI/attention-probes: `AttentionProbe(hidden, heads, outputs).load_state_dict(load_file(path))`.
template <class M>
void save_attention_probe(const std::filesystem::path& path, const M& model,
                          const std::vector<std::string>& labels = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class M>
void save(const std::filesystem::path& path, const M& model, const std::vector<std::string>& labels) {
  const auto& what = detail::model_of(model);
  constexpr bool lawful = Parametric<std::remove_cvref_t<decltype(what)>>;
  static_assert(lawful,
                "seqpool: save(path, model, labels) takes what fit returns, or a classifier, a head or a pooling that "
                "has parameters.");
  io::SafetensorsWriter writer;
  seqpool::visit_parameters(what, detail::ParameterWriter{writer});
  detail::add_description(writer, model, labels);
  writer.write(path);
}

template <class M> void save_dense_module(const std::filesystem::path& folder, const M& model) {
  const auto& what = detail::model_of(model);
  const auto& head = detail::linear_of(what);
  constexpr bool lawful = !std::same_as<std::remove_cvref_t<decltype(head)>, detail::NoLinear>;
  static_assert(lawful, "seqpool: save_dense_module(folder, model) takes a Linear, or a classifier of one Linear.");
  if constexpr (lawful) {
    const Index count = seqpool::parameter_count(head);
    if (seqpool::parameter_count(what) != count)
      detail::fail(
          "save_dense_module: the pooling has parameters, and a Dense has no place for them: save it by save or "
          "save_attention_probe");
    io::SafetensorsWriter writer;
    seqpool::visit_parameters(head, detail::ParameterWriter{writer}, "linear");
    detail::add_description(writer, model, {});
    io::detail::with_file_name(io::detail::path_text(folder), [&] {
      std::filesystem::create_directories(folder);
      writer.write(folder / "model.safetensors");
      io::detail::ReplacementFile config(folder / "config.json");
      config.stream() << "{\n  \"in_features\": " << head.in() << ",\n  \"out_features\": " << head.out()
                      << ",\n  \"bias\": " << (count > head.out() * head.in() ? "true" : "false")
                      << ",\n  \"activation_function\": \"torch.nn.modules.linear.Identity\"\n}\n";
      config.finish();
    });
  }
}

template <class M>
void save_attention_probe(const std::filesystem::path& path, const M& model, const std::vector<std::string>& labels) {
  const auto& what = detail::model_of(model);
  const auto& head = detail::linear_of(what);
  constexpr bool lawful = !std::same_as<std::remove_cvref_t<decltype(head)>, detail::NoLinear> &&
                          requires { detail::attention_of(what.pooling()); };
  static_assert(lawful, "seqpool: save_attention_probe(path, model) takes a Classifier{Attention, Linear}.");
  if constexpr (lawful) {
    const auto& pooling = what.pooling();
    const std::span query = pooling.query();
    using A = typename decltype(query)::value_type;
    using Matrix = Eigen::Matrix<A, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Index heads = pooling.heads(), out = head.out(), hidden = head.in() / heads;
    static_cast<void>(head.width(pooling.width(static_cast<Index>(query.size()) / heads)));
    if (pooling.averages() && heads > 1)
      detail::fail("save_attention_probe: this attention averages its heads, and a probe adds them up");
    Matrix value(heads * out, hidden);
    std::vector<A> bias(static_cast<std::size_t>(heads * out));
    seqpool::visit_parameters(head, [&](std::string_view name, std::span<const A> numbers, auto&&, bool) {
      if (name == "bias") std::copy(numbers.begin(), numbers.end(), bias.begin());
      if (name == "weight")
        for (Index k = 0; k < heads; ++k)
          value.middleRows(k * out, out) =
              Eigen::Map<const Matrix>(numbers.data(), out, heads * hidden).middleCols(k * hidden, hidden);
    });
    const AttentionProbe<A> probe(Matrix(Eigen::Map<const Matrix>(query.data(), heads, hidden)),
                                  std::vector<A>(static_cast<std::size_t>(heads)), value, bias);
    io::SafetensorsWriter writer;
    seqpool::visit_parameters(probe, detail::ParameterWriter{writer});
    detail::add_description(writer, model, labels);
    writer.write(path);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
