// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/io/compiled.hpp>
#include <seqpool/io/tensor_info.hpp>

#if defined(SEQPOOL_IO_BODIES)
#include <seqpool/io/error.hpp>
#include <seqpool/io/json.hpp>
#include <seqpool/io/message_text.hpp>
#include <seqpool/io/path_text.hpp>
#include <seqpool/io/replacement_file.hpp>
#include <seqpool/io/safetensors_header.hpp>
#endif

#include <cstring>
#include <filesystem>
#include <map>
#include <ostream>

namespace seqpool::inline SEQPOOL_ABI::io {

/// Collects tensors and metadata, and writes them as one safetensors file. The same content gives the same bytes,
/// whatever the order of the calls.
///
///     seqpool::io::SafetensorsWriter writer;
///     writer.add("classifier.weight", weight).add("classifier.bias", bias).metadata("format", "pt");
///     writer.write("head.safetensors");
///
/// A plain value: copyable, movable, and only const members may run on many threads.
class SafetensorsWriter {
 public:
  /// Adds a copy of `tensor` under `name`, and returns this writer. An expression has to be evaluated into a tensor
  /// first.
  ///
  /// **Shapes**: an Eigen::Tensor or TensorMap of any rank up to 32 and either layout; a column-major one is written
  /// row-major, with the same shape.
  /// **Errors**: `Error` if the name is taken, is "__metadata__" or is not UTF-8, if no reader could address the shape,
  /// or if the tensor has elements but no memory: a map of a null pointer.
  /// **Cost**: O(size), and one buffer of the tensor's bytes; column-major needs a second one meanwhile.
  /// **Numerics**: bits are copied as they are, NaN payloads included.
  template <class X> SafetensorsWriter& add(std::string name, const X& tensor);

  /// Adds the text `value` under `key` to the file's metadata, and returns this writer.
  ///
  /// **Errors**: `Error` if the key is taken, or if either is not UTF-8.
  SafetensorsWriter& metadata(std::string key, std::string value);

  /// The whole file.
  ///
  /// **Errors**: `Error` if its header would exceed 100 MB.
  /// **Cost**: O(size), and one buffer of the file's size.
  [[nodiscard]] std::vector<std::byte> bytes() const;

  /// Writes the whole file to `path`. The new file is written beside it, as ".seqpool-<numbers>.tmp", and replaces the
  /// old one when it is whole: no reader ever sees half a file, an open Safetensors keeps the old one, and after an
  /// error the old one is still there. The new file gets the old one's permissions; a link stays a link. A device or a
  /// FIFO is written to as it is.
  ///
  /// **Errors**: `Error` if the file cannot be written or replaced (its directory has to be writable), or if its header
  /// would exceed 100 MB.
  /// **Cost**: O(size); allocates the header only. The disk holds the old file and the new one meanwhile.
  void write(const std::filesystem::path& path) const;

 private:
  struct Item {
    TensorInfo info;
    std::vector<std::byte> data;
  };
  using Tensors = std::map<std::string, Item>;

  // An item with room for its elements; throws Error unless it may be added under `name`, with its elements at `data`.
  [[nodiscard]] Item item(const std::string& name, TensorInfo info, const void* data) const;
  [[nodiscard]] std::vector<const Tensors::value_type*> in_file_order() const;
  [[nodiscard]] std::string length_and_header() const;

  Tensors tensors_;
  std::map<std::string, std::string> metadata_;
};

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

// Copies a tensor's elements in row-major order; `size` is what they take in bytes.
template <class X> void copy_row_major(const X& tensor, std::byte* out, std::size_t size) {
  constexpr int rank = static_cast<int>(X::NumIndices);
  if constexpr (static_cast<int>(X::Layout) == static_cast<int>(Eigen::RowMajor) || rank < 2) {
    std::memcpy(out, tensor.data(), size);
  } else {
    // swap_layout reads the same memory as row-major with the dimensions reversed; the shuffle turns them back.
    using T = std::remove_cv_t<typename X::Scalar>;
    std::array<int, static_cast<std::size_t>(rank)> reversed;
    for (int i = 0; i < rank; ++i) reversed[static_cast<std::size_t>(i)] = rank - 1 - i;
    const Eigen::Tensor<T, rank, Eigen::RowMajor, typename X::Index> rows = tensor.swap_layout().shuffle(reversed);
    std::memcpy(out, rows.data(), size);
  }
}

}  // namespace detail

template <class X> SafetensorsWriter& SafetensorsWriter::add(std::string name, const X& tensor) {
  static_assert(seqpool::detail::EigenTensor<X>,
                "seqpool: SafetensorsWriter::add takes an Eigen::Tensor or Eigen::TensorMap; evaluate an expression or "
                "an Eigen::TensorRef into an Eigen::Tensor first.");
  if constexpr (seqpool::detail::EigenTensor<X>) {
    constexpr auto rank = static_cast<std::size_t>(X::NumIndices);
    static_assert(rank <= detail::max_rank, "seqpool: a safetensors tensor has at most 32 dimensions.");

    TensorInfo info{dtype_of<std::remove_cv_t<typename X::Scalar>>(), {}};
    for (const Index size : seqpool::detail::sizes_of<rank>(tensor)) info.shape.push_back(size);
    Item added = item(name, std::move(info), tensor.data());
    if (!added.data.empty()) detail::copy_row_major(tensor, added.data.data(), added.data.size());
    tensors_.emplace(std::move(name), std::move(added));
  }
  return *this;
}

#if defined(SEQPOOL_IO_BODIES)

namespace detail {

// `text` as a JSON string. Throws Error if it is not UTF-8.
[[nodiscard]] inline std::string json_string(const std::string& text) {
  if (auto quoted = quoted_json(text)) return *std::move(quoted);
  detail::refuse(writer_name, {"'", excerpt(text), "' is not valid UTF-8"});
}

}  // namespace detail

SEQPOOL_BODY SafetensorsWriter::Item SafetensorsWriter::item(const std::string& name, TensorInfo info,
                                                             const void* data) const {
  static_cast<void>(detail::json_string(name));
  const auto refuse = [&](const char* rule) { throw Error(detail::writer_name, name, rule); };
  if (name == detail::metadata_key) refuse("this name is reserved for the metadata");
  if (tensors_.contains(name)) refuse("a tensor of this name was added before");
  const auto size = detail::byte_size(info);
  if (!size) refuse("its size in bytes overflows");
  if (*size > 0 && data == nullptr) refuse("it has elements, but its data is a null pointer");
  return {std::move(info), std::vector<std::byte>(static_cast<std::size_t>(*size))};
}

SEQPOOL_BODY SafetensorsWriter& SafetensorsWriter::metadata(std::string key, std::string value) {
  static_cast<void>(detail::json_string(key));
  static_cast<void>(detail::json_string(value));
  if (metadata_.contains(key))
    detail::refuse(detail::writer_name, {"the metadata key '", detail::excerpt(key), "' was added before"});
  metadata_.emplace(std::move(key), std::move(value));
  return *this;
}

SEQPOOL_BODY std::vector<std::byte> SafetensorsWriter::bytes() const {
  const std::string header = length_and_header();
  const auto* first = reinterpret_cast<const std::byte*>(header.data());
  std::vector<std::byte> file(first, first + header.size());
  std::size_t size = file.size();
  for (const auto& [name, item] : tensors_) size += item.data.size();
  file.reserve(size);
  for (const auto* tensor : in_file_order())
    file.insert(file.end(), tensor->second.data.begin(), tensor->second.data.end());
  return file;
}

SEQPOOL_BODY void SafetensorsWriter::write(const std::filesystem::path& path) const {
  const std::string header = length_and_header();
  const auto order = in_file_order();
  detail::with_file_name(detail::path_text(path), [&] {
    detail::ReplacementFile file(path);
    file.write(header.data(), header.size());
    for (const auto* tensor : order) file.write(tensor->second.data.data(), tensor->second.data.size());
    file.finish();
  });
}

// The element sizes fall, which keeps every tensor aligned: the bytes of each are a multiple of the next one's element.
// Tensors of one element size are in the map's order, by name.
SEQPOOL_BODY std::vector<const SafetensorsWriter::Tensors::value_type*> SafetensorsWriter::in_file_order() const {
  std::vector<const Tensors::value_type*> order;
  for (const auto& tensor : tensors_) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return dtype_size(a->second.info.dtype) > dtype_size(b->second.info.dtype);
  });
  return order;
}

SEQPOOL_BODY std::string SafetensorsWriter::length_and_header() const {
  const auto separate = [](std::string& json) {
    if (json.back() != '{' && json.back() != '[') json += ',';
  };
  std::string json = "{";
  if (!metadata_.empty()) {
    json += detail::json_string(std::string(detail::metadata_key)) + ":{";
    for (const auto& [key, value] : metadata_) {
      separate(json);
      json += detail::json_string(key) + ":" + detail::json_string(value);
    }
    json += '}';
  }
  std::uint64_t begin = 0;
  for (const auto* tensor : in_file_order()) {
    const auto& [name, item] = *tensor;
    const std::uint64_t end = begin + item.data.size();
    std::string shape = "[";
    for (const Index size : item.info.shape) {
      separate(shape);
      shape += std::to_string(size);
    }
    separate(json);
    json += detail::json_string(name) + R"(:{"dtype":")" + std::string(dtype_name(item.info.dtype)) + R"(","shape":)" +
            shape + R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    begin = end;
  }
  json += '}';
  return detail::behind_its_length(std::move(json));
}

#endif

}  // namespace seqpool::inline SEQPOOL_ABI::io
