// SPDX-License-Identifier: MIT
#pragma once

// What ggml gives, and what it takes: hidden_states<T>(tensor), mask<M>(tensor) and visit(tensor, f) for a ggml_tensor,
// and spans_of(seq_ids) for llama.cpp's packed batches.
//
//     const ggml_tensor& states = *ggml_graph_node(graph, -1);  // ne = {hidden, seq, batch, 1}
//     const auto vectors = seqpool::mean_pool(seqpool::adapter::hidden_states<float>(states));
#include <seqpool/adapter/runtime_tensor.hpp>
#include <seqpool/input/spans.hpp>

#include <ggml-backend.h>
#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::adapter {

/// ggml counts sizes from the other end: ne = {hidden, seq, batch, 1} is `[batch, seq, hidden]`. It does not count
/// dimensions, so ne = {hidden, seq, 1, 1} is `[1, seq, hidden]`, or `[seq, hidden]` for a mask. Strides (nb) are kept.
/// Memory of a device, strides that are not a multiple of the element, and quantised types, which are named, throw
/// `std::invalid_argument`. Tensors do not know whether their graph was computed.
template <> struct Access<ggml_tensor> {
  [[nodiscard]] static Memory memory(const ggml_tensor& tensor) {
    ggml_backend_buffer* const buffer = tensor.view_src != nullptr ? tensor.view_src->buffer : tensor.buffer;
    if (buffer != nullptr && !ggml_backend_buffer_is_host(buffer))  // without one it is memory of a ggml_context
      seqpool::detail::fail({"the ggml_tensor is in a buffer of a device, ", ggml_backend_buffer_name(buffer),
                             ": copy it to the host by ggml_backend_tensor_get"});
    Memory memory{tensor.data, element_of(tensor.type), ggml_type_name(tensor.type), {}, {}, false};
    const std::size_t bytes = ggml_type_size(tensor.type);
    for (int i = GGML_MAX_DIMS - 1; i >= 0; --i) {
      if (tensor.ne[i] > 1 && tensor.nb[i] % bytes != 0)
        seqpool::detail::fail({"the ggml_tensor has a stride of ", tensor.nb[i],
                               " bytes, which is no multiple of its elements' ", bytes});
      memory.sizes.push_back(seqpool::detail::Size(tensor.ne[i]));
      memory.strides.push_back(static_cast<Index>(tensor.nb[i] / bytes));
    }
    return memory;
  }

 private:
  static Element element_of(ggml_type type) {
    return detail::found<ggml_type, Element>(type,
                                             {{GGML_TYPE_F32, Element::float32},
                                              {GGML_TYPE_F64, Element::float64},
                                              {GGML_TYPE_F16, Element::float16},
                                              {GGML_TYPE_BF16, Element::bfloat16},
                                              {GGML_TYPE_I64, Element::int64},
                                              {GGML_TYPE_I32, Element::int32},
                                              {GGML_TYPE_I16, Element::int16},
                                              {GGML_TYPE_I8, Element::int8}},
                                             Element::other);
  }
};

/// The sequences of a packed batch of llama.cpp, where token i belongs to sequence `seq_ids[i]`: a span for each id, in
/// ascending order of ids, over the one sequence that all tokens make.
///
///     const seqpool::HiddenStates<float> x(llama_get_embeddings(context), {1, tokens, hidden});
///     seqpool::mean_pool(x, seqpool::adapter::spans_of(seq_ids));  // [ids, hidden]
///
/// **Shapes**: seq_ids: `[tokens]`.
/// **Errors**: `std::invalid_argument` for an id whose tokens are not consecutive, or a negative one.
[[nodiscard]] inline Spans spans_of(std::span<const std::int32_t> seq_ids) {
  std::map<std::int32_t, Span> spans;
  for (std::size_t i = 0; i < seq_ids.size(); ++i) {
    const auto token = static_cast<Index>(i);
    const auto name = [&] { return "token " + std::to_string(i) + " is of sequence " + std::to_string(seq_ids[i]); };
    if (seq_ids[i] < 0) seqpool::detail::fail({name(), ": a sequence's id is 0 or more"});
    Span& span = spans.try_emplace(seq_ids[i], Span{0, token, token}).first->second;
    if (span.end != token)
      seqpool::detail::fail({name(), ", whose tokens [", span.begin, ", ", span.end,
                             ") others follow: put the tokens of each sequence one behind the other in the batch"});
    span.end = token + 1;
  }
  std::vector<Span> ordered;
  for (const auto& [id, span] : spans) ordered.push_back(span);
  return Spans(ordered);
}

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
