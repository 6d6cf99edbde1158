// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_IO_SAFETENSORS_READER_HPP
#define SEQPOOL_IO_SAFETENSORS_READER_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>
#include <vector>

#include <seqpool/io/dtype.hpp>
#include <seqpool/io/error.hpp>
#include <seqpool/io/mapped_file.hpp>
#include <seqpool/io/safetensors_header.hpp>
#include <seqpool/io/safetensors_writer.hpp>
#include <seqpool/io/tensor_info.hpp>

namespace seqpool::inline SEQPOOL_ABI::io {

/// An open safetensors file, the format in which trained weights are shared. Everything in it is checked when
/// it is opened, so a file from an untrusted source ends in an Error and never in a wrong view.
///
///     const seqpool::io::Safetensors file("head.safetensors");
///     const auto weight = file.tensor<float, 2>("classifier.weight", {-1, 768});  // [classes, hidden]
///
/// Views are valid until this object, or what it was moved into, is destroyed. The file on disk must stay as
/// it is until then: it is mapped, not read. Movable, not copyable; const member functions may run on many
/// threads at once.
class Safetensors {
  static_assert(std::endian::native == std::endian::little,
                "seqpool: safetensors files are little-endian, and seqpool::io works on little-endian machines only.");

 public:
  /// What tensor() returns: a const, row-major view.
  template <class T, int Rank>
  using View = Eigen::TensorMap<const Eigen::Tensor<T, Rank, Eigen::RowMajor>>;
  template <int Rank>
  using Shape = std::array<Eigen::Index, static_cast<std::size_t>(Rank)>;

  /// Opens and checks the file at `path`.
  /// Throws Error if it cannot be opened or breaks any rule of the format.
  /// Time and memory are linear in the header, not in the data, but for two kinds of tensors: the bytes of
  /// BOOL ones are read, and those whose bytes are not aligned for their type are copied.
  explicit Safetensors(const std::filesystem::path& path) : Safetensors(path.string(), map(path), {}) {}

  /// The same for a file in memory; `name` is what errors call it. Takes the buffer over, no copy.
  static Safetensors from_bytes(std::vector<std::byte> bytes, std::string name = "<memory>") {
    return Safetensors(std::move(name), {}, std::move(bytes));
  }

  /// The names of all tensors, sorted. O(n) for n tensors; allocates the result.
  std::vector<std::string> names() const;

  /// Whether there is a tensor called `name`. O(log n), no allocation.
  bool contains(std::string_view name) const { return tensors_.contains(name); }

  /// The element type and the shape of tensor `name`. Throws Error if there is none. O(log n), no allocation.
  const TensorInfo& info(std::string_view name) const { return find(name).info; }

  /// The file's free-form texts, empty if it has none. O(1), no allocation.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// A view of tensor `name`, row-major, with the file's shape.
  /// Throws Error if there is no such tensor, or if its element type is not T or its rank not Rank.
  /// O(log n), no allocation, no copy. Values are the file's bits, never converted.
  template <class T, int Rank>
  View<T, Rank> tensor(std::string_view name) const;

  /// The same, and its sizes must be those of `shape`, in which -1 accepts any size.
  /// Throws Error as above, and if they are not.
  template <class T, int Rank>
  View<T, Rank> tensor(std::string_view name, const Shape<Rank>& shape) const;

 private:
  struct Stored {
    TensorInfo info;
    const std::byte* data;
    std::unique_ptr<std::byte[]> aligned_copy;  // only if the file's bytes are not aligned
  };

  Safetensors(std::string name, detail::MappedFile file, std::vector<std::byte> bytes);

  static detail::MappedFile map(const std::filesystem::path& path);
  Stored store(const std::string& name, TensorInfo info, std::span<const std::byte> data) const;
  const Stored& find(std::string_view name) const;

  std::string name_;
  detail::MappedFile file_;  // the file is here,
  std::vector<std::byte> bytes_;      // or here
  std::map<std::string, Stored, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

inline std::vector<std::string> Safetensors::names() const {
  std::vector<std::string> result;
  for (const auto& [name, stored] : tensors_) result.push_back(name);
  return result;
}

template <class T, int Rank>
Safetensors::View<T, Rank> Safetensors::tensor(std::string_view name) const {
  Shape<Rank> any;
  any.fill(-1);
  return tensor<T, Rank>(name, any);
}

template <class T, int Rank>
Safetensors::View<T, Rank> Safetensors::tensor(std::string_view name, const Shape<Rank>& shape) const {
  constexpr DType dtype = dtype_of<T>();
  const Stored& stored = find(name);
  const auto& found = stored.info.shape;
  const auto require = [&](bool fine, const char* what) {
    if (fine) return;
    throw Error(name_, name,
                std::string("wrong ") + what + ": wanted " + detail::describe(dtype, shape) + ", found " +
                    detail::describe(stored.info.dtype, found));
  };
  const auto fits = [](Eigen::Index wanted, Eigen::Index size) { return wanted == -1 || wanted == size; };
  require(stored.info.dtype == dtype, "dtype");
  require(found.size() == shape.size(), "rank");
  require(std::equal(shape.begin(), shape.end(), found.begin(), fits), "shape");

  Eigen::DSizes<Eigen::Index, Rank> sizes;
  if constexpr (Rank > 0) std::copy_n(found.begin(), Rank, sizes.begin());
  return {reinterpret_cast<const T*>(stored.data), sizes};
}

inline Safetensors::Safetensors(std::string name, detail::MappedFile file, std::vector<std::byte> bytes)
    : name_(std::move(name)), file_(std::move(file)), bytes_(std::move(bytes)) {
  const auto parts = detail::split_file(bytes_.empty() ? file_.bytes() : std::span<const std::byte>(bytes_), name_);
  auto header = detail::parse_header(parts.header, parts.data.size(), name_);
  metadata_ = std::move(header.metadata);
  for (auto& [tensor, entry] : header.tensors) {
    // Both offsets are at most the size of the data section, which is a std::size_t.
    const auto begin = static_cast<std::size_t>(entry.begin);
    const auto data = parts.data.subspan(begin, static_cast<std::size_t>(entry.end) - begin);
    tensors_.emplace(tensor, store(tensor, std::move(entry.info), data));
  }
}

inline detail::MappedFile Safetensors::map(const std::filesystem::path& path) {
  try {
    return detail::MappedFile(path);
  } catch (const std::system_error& error) {
    throw Error(path.string(), error.what());
  }
}

inline Safetensors::Stored Safetensors::store(const std::string& name, TensorInfo info,
                                              std::span<const std::byte> data) const {
  if (info.dtype == DType::boolean) {
    // Any other value is undefined behaviour to look at through a bool.
    const auto bad = std::find_if(data.begin(), data.end(), [](std::byte b) { return b > std::byte{1}; });
    if (bad != data.end()) {
      throw Error(name_, name,
                  "a BOOL must be 0 or 1, found " + std::to_string(std::to_integer<int>(*bad)) + " at element " +
                      std::to_string(bad - data.begin()));
    }
  }
  const std::size_t alignment = dtype_size(info.dtype);
  if (reinterpret_cast<std::uintptr_t>(data.data()) % alignment == 0) return {std::move(info), data.data(), nullptr};

  static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= 8, "seqpool: operator new must align for 8-byte elements.");
  auto copy = std::make_unique<std::byte[]>(data.size());
  std::copy(data.begin(), data.end(), copy.get());
  const std::byte* address = copy.get();
  return {std::move(info), address, std::move(copy)};
}

inline const Safetensors::Stored& Safetensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) return found->second;
  std::string others = "there is none; the file has " + std::to_string(tensors_.size()) + " tensors";
  std::size_t shown = 0;
  for (const auto& [other, stored] : tensors_) {
    if (shown == 8) break;
    others += (shown++ == 0 ? ": '" : ", '") + detail::excerpt(other) + "'";
  }
  throw Error(name_, name, shown < tensors_.size() ? others + ", ..." : others);
}

}  // namespace seqpool::inline SEQPOOL_ABI::io

#endif
