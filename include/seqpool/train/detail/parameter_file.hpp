// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/bytes.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/gradients.hpp>
#include <seqpool/fold/parameters.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/head/linear.hpp>
#include <seqpool/head/sequential.hpp>
#include <seqpool/io/message_text.hpp>
#include <seqpool/io/safetensors_writer.hpp>
#include <seqpool/pooling/attention.hpp>
#include <seqpool/train/fit_options.hpp>
#include <seqpool/version.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// What was fitted, or the model itself.
template <class M> const M& model_of(const M& model) { return model; }
template <class M> const M& model_of(const Fitted<M>& fitted) { return fitted.classifier; }

// A linear head, or the only one of a classifier; of all else a type that is none.
struct NoLinear {};
template <class M> NoLinear linear_of(const M&) { return {}; }
template <class T, Index Out, Index In> const auto& linear_of(const Linear<T, Out, In>& head) { return head; }
template <class T, Index Out, Index In> const auto& linear_of(const Sequential<Linear<T, Out, In>>& heads) {
  return heads.template get<0>();
}
template <HasHeads C> decltype(auto) linear_of(const C& classifier) { return detail::linear_of(classifier.heads()); }

// Only for an Attention.
template <class T, Index Queries> void attention_of(const Attention<T, Queries>&) {}

// A writer of tensors, as a visitor of parameters.
struct ParameterWriter {
  io::SafetensorsWriter& writer;

  template <class A>
  void operator()(std::string_view name, std::span<const A> numbers, std::span<const Index> shape, bool) const {
    add<0>(std::string(name), numbers, shape);
  }
  template <int rank, class A>
  void add(const std::string& name, std::span<const A> numbers, std::span<const Index> shape) const {
    constexpr auto dimensions = static_cast<std::size_t>(rank);
    if (shape.size() == dimensions) {
      std::array<Index, dimensions> sizes;
      for (std::size_t i = 0; i != dimensions; ++i) sizes[i] = shape[i];
      writer.add(name, Eigen::TensorMap<const Eigen::Tensor<A, rank, Eigen::RowMajor, Index>>(numbers.data(), sizes));
    } else if constexpr (rank < 4) {
      add<rank + 1>(name, numbers, shape);
    } else {
      detail::fail({"save: ", name, " has ", shape.size(), " dimensions, and may have 4"});
    }
  }
};

// Adds what the parameters are of, as metadata. Throws if labels are not as many as the classes.
template <class M>
void add_description(io::SafetensorsWriter& writer, const M& model, const std::vector<std::string>& labels) {
  const auto& what = detail::model_of(model);
  writer.metadata("format", "pt");
  const auto number = [](int part) { return std::to_string(part); };
  writer.metadata("seqpool", number(SEQPOOL_VERSION_MAJOR) + "." + number(SEQPOOL_VERSION_MINOR) + "." +
                                 number(SEQPOOL_VERSION_PATCH));
  if constexpr (requires { what.pooling(); }) writer.metadata("pooling", seqpool::name_of(what.pooling()));
  if constexpr (requires { model.converged; }) {
    writer.metadata("C", detail::number_text(model.C));
    writer.metadata("loss", detail::number_text(model.loss));
    writer.metadata("converged", model.converged ? "true" : "false");
  }
  if (labels.empty()) return;
  Index outputs = 1;  // the first size of the last parameter
  seqpool::visit_parameters(what, [&](auto&&, auto&&, auto shape, bool) { outputs = shape.empty() ? 1 : shape[0]; });
  const auto count = static_cast<Index>(labels.size());
  if (count != outputs && !(outputs == 1 && count == 2))
    detail::fail({"save: there are ", count, " labels, but ", outputs, " outputs"});
  std::string json;
  for (const std::string& label : labels) {
    const auto quoted = io::detail::quoted_json(label);
    if (!quoted) detail::fail({"save: label '", io::detail::printable(label), "' is not valid UTF-8"});
    json += (json.empty() ? "[" : ", ") + *quoted;
  }
  writer.metadata("labels", json + "]");
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
