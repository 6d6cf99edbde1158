// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_IO_SAFETENSORS_WRITER_HPP
#define SEQPOOL_IO_SAFETENSORS_WRITER_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>
#include <vector>

#include <seqpool/detail/tensor.hpp>
#include <seqpool/io/dtype.hpp>
#include <seqpool/io/error.hpp>
#include <seqpool/io/safetensors_header.hpp>
#include <seqpool/io/tensor_info.hpp>

namespace seqpool::inline SEQPOOL_ABI::io {

namespace detail {

/// `text` as a JSON string. Throws Error if it is not UTF-8.
inline std::string json_string(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw Error("safetensors writer", "'" + excerpt(text) + "' is not valid UTF-8");
  }
}

}  // namespace detail

/// Collects tensors and metadata, and writes them as one safetensors file. The same content gives the same bytes,
/// whatever the order of the calls. A plain value: copyable, movable, and only const members may run on many threads.
class SafetensorsWriter {
 public:
  /// Adds a copy of `tensor` under `name`, and returns this writer.
  /// `tensor`: an Eigen::Tensor or TensorMap of any rank and either layout; a column-major one is written row-major,
  /// with the same shape. An expression has to be evaluated into a tensor first.
  /// Throws Error if the name is taken, is "__metadata__" or is not UTF-8, or if no reader could address the shape.
  /// O(size), and one buffer of the tensor's bytes; column-major needs a second one meanwhile.
  /// Bits are copied as they are, NaN payloads included.
  template <class X>
  SafetensorsWriter& add(std::string name, const X& tensor);

  /// Adds the text `value` under `key` to the file's metadata, and returns this writer.
  /// Throws Error if the key is taken, or if either is not UTF-8.
  SafetensorsWriter& metadata(std::string key, std::string value);

  /// The whole file.
  /// Throws Error if its header would exceed 100 MB.
  /// O(size), and one buffer of the file's size.
  std::vector<std::byte> bytes() const;

  /// Writes the whole file to `path`, over what is there. Never write over a file that is open as Safetensors: its
  /// views would change under their readers.
  /// Throws Error if the file cannot be opened or written, or if its header would exceed 100 MB.
  /// O(size); allocates the header only.
  void write(const std::filesystem::path& path) const;

 private:
  struct Item {
    TensorInfo info;
    std::vector<std::byte> data;
  };
  using Tensors = std::map<std::string, Item>;

  std::vector<const Tensors::value_type*> in_file_order() const;
  std::string length_and_header() const;

  Tensors tensors_;
  std::map<std::string, std::string> metadata_;
};

template <class X>
SafetensorsWriter& SafetensorsWriter::add(std::string name, const X& tensor) {
  static_assert(seqpool::detail::EigenTensor<X>,
                "seqpool: SafetensorsWriter::add takes an Eigen::Tensor or Eigen::TensorMap; evaluate an expression "
                "into an Eigen::Tensor first.");
  if constexpr (seqpool::detail::EigenTensor<X>) {
    constexpr int rank = static_cast<int>(X::NumIndices);
    using T = std::remove_cv_t<typename X::Scalar>;
    static_assert(rank <= static_cast<int>(detail::max_rank),
                  "seqpool: a safetensors tensor has at most 32 dimensions.");

    detail::json_string(name);
    const auto refuse = [&](const char* rule) { throw Error("safetensors writer", name, rule); };
    if (name == detail::metadata_key) refuse("this name is reserved for the metadata");
    if (tensors_.contains(name)) refuse("a tensor of this name was added before");

    Item item{{dtype_of<T>(), {}}, {}};
    for (const Eigen::Index size : seqpool::detail::sizes_of<static_cast<std::size_t>(rank)>(tensor))
      item.info.shape.push_back(size);
    const auto size = detail::byte_size(item.info);
    if (!size) refuse("its size in bytes overflows");
    item.data.resize(static_cast<std::size_t>(*size));
    const auto copy_from = [&](const T* data) {
      if (*size > 0) std::memcpy(item.data.data(), data, item.data.size());
    };
    if constexpr (static_cast<int>(X::Layout) == static_cast<int>(Eigen::RowMajor) || rank < 2) {
      copy_from(tensor.data());
    } else {
      // swap_layout reads the same memory as row-major with the dimensions reversed; the shuffle turns them back.
      std::array<int, static_cast<std::size_t>(rank)> reversed;
      for (int i = 0; i < rank; ++i) reversed[static_cast<std::size_t>(i)] = rank - 1 - i;
      const Eigen::Tensor<T, rank, Eigen::RowMajor, typename X::Index> rows = tensor.swap_layout().shuffle(reversed);
      copy_from(rows.data());
    }
    tensors_.emplace(std::move(name), std::move(item));
  }
  return *this;
}

inline SafetensorsWriter& SafetensorsWriter::metadata(std::string key, std::string value) {
  detail::json_string(key);
  detail::json_string(value);
  if (metadata_.contains(key)) {
    throw Error("safetensors writer", "the metadata key '" + detail::excerpt(key) + "' was added before");
  }
  metadata_.emplace(std::move(key), std::move(value));
  return *this;
}

inline std::vector<std::byte> SafetensorsWriter::bytes() const {
  const std::string header = length_and_header();
  const auto* first = reinterpret_cast<const std::byte*>(header.data());
  std::vector<std::byte> file(first, first + header.size());
  std::size_t size = file.size();
  for (const auto& [name, item] : tensors_) size += item.data.size();
  file.reserve(size);
  for (const auto* tensor : in_file_order()) {
    file.insert(file.end(), tensor->second.data.begin(), tensor->second.data.end());
  }
  return file;
}

inline void SafetensorsWriter::write(const std::filesystem::path& path) const {
  const std::string header = length_and_header();
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) throw Error(path.string(), "cannot be opened for writing");
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  for (const auto* tensor : in_file_order()) {
    const auto& data = tensor->second.data;
    file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
  }
  file.close();
  if (!file) throw Error(path.string(), "writing failed, the file is incomplete");
}

// Falling element size keeps every tensor aligned, as each one's bytes are a multiple of the next one's element; the
// map gives the order by name within a size.
inline std::vector<const SafetensorsWriter::Tensors::value_type*> SafetensorsWriter::in_file_order() const {
  std::vector<const Tensors::value_type*> order;
  for (const auto& tensor : tensors_) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return dtype_size(a->second.info.dtype) > dtype_size(b->second.info.dtype);
  });
  return order;
}

inline std::string SafetensorsWriter::length_and_header() const {
  std::string json = "{";
  const auto separate = [&json] {
    if (json.back() != '{') json += ',';
  };
  if (!metadata_.empty())
    json += detail::json_string(std::string(detail::metadata_key)) + ":" + nlohmann::json(metadata_).dump();
  std::uint64_t begin = 0;
  for (const auto* tensor : in_file_order()) {
    const auto& [name, item] = *tensor;
    const std::uint64_t end = begin + item.data.size();
    separate();
    json += detail::json_string(name) + R"(:{"dtype":")" + std::string(dtype_name(item.info.dtype)) + R"(","shape":)" +
            nlohmann::json(item.info.shape).dump() + R"(,"data_offsets":[)" + std::to_string(begin) + "," +
            std::to_string(end) + "]}";
    begin = end;
  }
  json += '}';
  json.append((8 - json.size() % 8) % 8, ' ');
  if (json.size() > detail::max_header_size) {
    throw Error("safetensors writer", "the header takes " + std::to_string(json.size()) + " bytes, the limit is " +
                                          std::to_string(detail::max_header_size));
  }
  static_assert(std::endian::native == std::endian::little,
                "seqpool: safetensors files are little-endian, and seqpool::io works on little-endian machines only.");
  const std::uint64_t length = json.size();
  std::string prefix(sizeof length, '\0');
  std::memcpy(prefix.data(), &length, sizeof length);
  return prefix + json;
}

}  // namespace seqpool::inline SEQPOOL_ABI::io

#endif
