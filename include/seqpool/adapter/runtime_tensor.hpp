// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/hidden_states.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::adapter {

/// The element types that hidden states and masks may have, and `other` for all others.
enum class Element { float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, boolean, other };

/// What an adapter says about a runtime's tensor. Strides are counted in elements; a tensor without them is row-major
/// and without gaps.
struct Memory {
  const void* data;
  Element element;
  std::string element_name;  // as the runtime calls it, for messages
  std::vector<Index> sizes;
  std::vector<Index> strides;
  bool has_rank = true;  // false if the runtime counts no dimensions; then sizes begin with as many 1 as it takes
};

/// How the tensors of a runtime are read: each adapter specialises it, and so may you for a tensor of your own.
///
///     template <>
///     struct seqpool::adapter::Access<MyTensor> {
///       static seqpool::adapter::Memory memory(const MyTensor& tensor);  // throws if the CPU cannot read it
///     };
template <class V> struct Access;

/// A tensor that an `Access` reads: a runtime's, if its adapter is included, or your own.
template <class V>
concept RuntimeTensor = requires(const V& tensor) {
  { Access<V>::memory(tensor) } -> std::same_as<Memory>;
};

/// The hidden states that a runtime's tensor holds, seen where they lie.
///
///     const auto x = seqpool::adapter::hidden_states<float>(tensor);
///     const auto mask = seqpool::adapter::mask<std::int64_t>(attention_mask);
///
/// **Shapes**: tensor: `[batch, seq, hidden]`, of elements T; its strides are kept.
/// **Errors**: `std::invalid_argument` for another element type or rank, for memory that the CPU cannot read or that is
/// not aligned for its elements, and those of `HiddenStates`. A temporary tensor does not compile: it may own the
/// memory that the view would outlive.
/// **Cost**: copies sizes and strides, and nothing else.
template <class T, class V> [[nodiscard]] HiddenStates<T> hidden_states(V&& tensor);

/// The attention mask that a runtime's tensor holds, seen where it lies.
///
/// **Shapes**: tensor: `[batch, seq]`, of elements M; its strides are kept.
/// **Errors**: as for `hidden_states`, and those of `AttentionMask`.
/// **Cost**: copies sizes and strides, and nothing else.
template <class M, class V> [[nodiscard]] AttentionMask<M> mask(V&& tensor);

/// f(hidden_states<T>(tensor)) for the one of the named T that the tensor holds:
/// `visit<float, Eigen::half>(tensor, f)`. If none are named, they are float, Eigen::half and Eigen::bfloat16, whose
/// results are all float.
///
/// **Errors**: `std::invalid_argument` if the tensor holds none of them, and those of `hidden_states`. An f that does
/// not give the same type for all of them does not compile.
template <class... T, class V, class F> decltype(auto) visit(V&& tensor, F&& f);

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

template <class T> constexpr Element element_of() {
  if constexpr (std::same_as<T, float>) return Element::float32;
  if constexpr (std::same_as<T, double>) return Element::float64;
  if constexpr (std::same_as<T, Eigen::half>) return Element::float16;
  if constexpr (std::same_as<T, Eigen::bfloat16>) return Element::bfloat16;
  if constexpr (std::same_as<T, bool>) return Element::boolean;
  if constexpr (std::signed_integral<T> && sizeof(T) == 8) return Element::int64;
  if constexpr (std::signed_integral<T> && sizeof(T) == 4) return Element::int32;
  if constexpr (std::signed_integral<T> && sizeof(T) == 2) return Element::int16;
  if constexpr (std::signed_integral<T> && sizeof(T) == 1) return Element::int8;
  if constexpr (std::unsigned_integral<T> && !std::same_as<T, bool> && sizeof(T) == 1) return Element::uint8;
  return Element::other;
}

// What a table gives for a runtime's own word, or `otherwise`.
template <class Word, class Value>
Value found(Word word, std::initializer_list<std::pair<Word, Value>> table, Value otherwise) {
  for (const auto& [own, value] : table)
    if (own == word) return value;
  return otherwise;
}

// The C++ type of an element, as it is written between the angle brackets.
inline std::string cpp_name(Element element) {
  constexpr std::array names{"float",        "double",       "Eigen::half",  "Eigen::bfloat16",
                             "std::int64_t", "std::int32_t", "std::int16_t", "std::int8_t",
                             "std::uint8_t", "bool",         "another type"};
  return names[static_cast<std::size_t>(element)];
}

template <class V> constexpr bool may_be_viewed() {
  constexpr bool known = RuntimeTensor<std::remove_cvref_t<V>>;
  static_assert(
      known,
      "seqpool: adapters view the tensors of runtimes: include <seqpool/adapter/onnxruntime.hpp>, openvino.hpp, "
      "libtorch.hpp, dlpack.hpp or ggml.hpp, or specialise seqpool::adapter::Access for a tensor of your own.");
  static_assert(!known || std::is_lvalue_reference_v<V>,
                "seqpool: an adapter's view must not outlive its tensor: give the tensor a name, and view that.");
  return known && std::is_lvalue_reference_v<V>;
}

// A HiddenStates<T> or AttentionMask<T> of what the memory holds; `role` and `call` are words for messages.
template <template <class> class View, std::size_t rank, class T>
View<T> view(const Memory& memory, const std::string& role, const std::string& call, const char* shape) {
  if (memory.element != element_of<T>() || memory.element == Element::other) {
    const bool other_view = memory.element < Element::int64 || (rank == 2 && memory.element != Element::other);
    seqpool::detail::fail({role, " hold ", memory.element_name, ", and are read as ", cpp_name(element_of<T>()),
                           (other_view ? ": write " + call + "<" + cpp_name(memory.element) + ">(tensor)" : "")});
  }
  std::size_t first = 0;
  while (!memory.has_rank && memory.sizes.size() - first > rank && memory.sizes[first] == 1) ++first;
  if (memory.sizes.size() - first != rank)
    seqpool::detail::fail({role, " must be ", shape, ", but the tensor is ", seqpool::detail::shape(memory.sizes),
                           (memory.sizes.size() + 1 == rank ? "; is it another output, pooled already?" : "")});
  std::array<Index, rank> sizes{}, strides{};
  for (std::size_t i = 0; i < rank; ++i) {
    sizes[i] = memory.sizes[first + i];
    if (!memory.strides.empty()) strides[i] = memory.strides[first + i];
  }
  if (reinterpret_cast<std::uintptr_t>(memory.data) % alignof(T) != 0)
    seqpool::detail::fail({role, " begin at an address that is no multiple of ", alignof(T), ", the alignment of ",
                           cpp_name(element_of<T>()), ": copy them first"});
  const auto* const data = static_cast<const T*>(memory.data);
  return memory.strides.empty() ? View<T>(data, sizes) : View<T>(data, sizes, strides);
}

template <class T> HiddenStates<T> hidden_states_of(const Memory& memory) {
  return detail::view<HiddenStates, 3, T>(memory, "hidden states", "hidden_states", "[batch, seq, hidden]");
}

template <class T, class... Others, class F>
auto visit_memory(const Memory& memory, F& f) -> decltype(f(detail::hidden_states_of<T>(memory))) {
  constexpr bool one_result =
      (std::same_as<std::invoke_result_t<F&, HiddenStates<T>>, std::invoke_result_t<F&, HiddenStates<Others>>> && ...);
  static_assert(one_result,
                "seqpool: visit(tensor, f) needs one type of result for all element types: name fewer of them, as in "
                "visit<float, Eigen::half>(tensor, f), or write to memory of yours by pool_into.");
  if (memory.element == element_of<T>()) return f(detail::hidden_states_of<T>(memory));
  if constexpr (one_result && sizeof...(Others) != 0)
    return detail::visit_memory<Others...>(memory, f);
  else
    seqpool::detail::fail(
        {"hidden states hold ", memory.element_name, ", which is none of the types that visit was given"});
}

}  // namespace detail

template <class T, class V> HiddenStates<T> hidden_states([[maybe_unused]] V&& tensor) {
  if constexpr (detail::may_be_viewed<V>())
    return detail::hidden_states_of<T>(Access<std::remove_cvref_t<V>>::memory(tensor));
  else
    return HiddenStates<T>(nullptr, {0, 0, 0});  // so that no other error follows
}

template <class M, class V> AttentionMask<M> mask([[maybe_unused]] V&& tensor) {
  if constexpr (detail::may_be_viewed<V>())
    return detail::view<AttentionMask, 2, M>(Access<std::remove_cvref_t<V>>::memory(tensor), "mask values", "mask",
                                             "[batch, seq]");
  else
    return AttentionMask<M>(nullptr, {0, 0});
}

template <class... T, class V, class F> decltype(auto) visit(V&& tensor, F&& f) {
  if constexpr (sizeof...(T) == 0)
    return adapter::visit<float, Eigen::half, Eigen::bfloat16>(std::forward<V>(tensor), f);
  else if constexpr (detail::may_be_viewed<V>())
    return detail::visit_memory<T...>(Access<std::remove_cvref_t<V>>::memory(tensor), f);
}

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
