// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/mapped_file.hpp>
#include <seqpool/io/path_text.hpp>
#include <seqpool/io/safetensors_header.hpp>
#include <seqpool/io/tensor_info.hpp>

#if defined(SEQPOOL_IO_BODIES)
#include <seqpool/io/message_text.hpp>
#include <seqpool/io/read_file.hpp>
#include <seqpool/io/safetensors_layout.hpp>
#include <seqpool/io/safetensors_parser.hpp>
#endif

#include <unsupported/Eigen/CXX11/Tensor>

#include <cstdlib>

namespace seqpool::inline SEQPOOL_ABI::io {

namespace detail {

// The body of calls that only a named Safetensors allows.
template <class Result> [[noreturn]] Result refuse_temporary() {
  static_assert(always_false<Result>,
                "seqpool: this Safetensors is a temporary, and what it is asked for would not outlive it. Give it a "
                "name first: const seqpool::io::Safetensors file(path); file.tensor<float, 2>(name).");
  std::abort();
}

}  // namespace detail

/// An open safetensors file, the format in which trained weights are shared. Everything in it is checked when it is
/// opened, so a file from an untrusted source ends in an Error and never in a wrong view.
///
///     const seqpool::io::Safetensors file("head.safetensors");
///     const auto weight = file.tensor<float, 2>("classifier.weight", {-1, 768});  // [classes, hidden]
///     const auto bias = file.tensor<float, 1>("classifier.bias", {weight.dimension(0)});
///
/// Views, infos and metadata live as long as this object, or the one it was moved into; the compiler refuses a
/// temporary. The file is mapped, not read, so it must not change meanwhile: changing it in place changes the views,
/// and shortening it ends this program by the signal SIGBUS at the next look beyond the new end. Replacing it, as
/// SafetensorsWriter::write does, is safe. If you cannot know who writes to it, use `read`.
///
/// Movable, not copyable; const member functions may run on many threads at once.
class Safetensors {
 public:
  /// What tensor() returns: a const, row-major view.
  template <class T, int Rank> using View = Eigen::TensorMap<const Eigen::Tensor<T, Rank, Eigen::RowMajor, Index>>;
  template <int Rank> using Shape = std::array<Index, static_cast<std::size_t>(Rank)>;

  /// Maps and checks the file at `path`.
  ///
  /// **Errors**: `Error` if it cannot be opened or breaks any rule of the format.
  /// **Cost**: time and memory are linear in the header, not in the data, except for two kinds of tensors: the bytes of
  /// BOOL ones are read, and those whose bytes are not aligned for their type are copied.
  explicit Safetensors(const std::filesystem::path& path) : Safetensors(path, detail::path_text(path)) {}

  /// The same for a file that errors call `name`.
  Safetensors(const std::filesystem::path& path, const std::string& name);

  /// The same from a copy in memory: from here on nothing depends on the file.
  ///
  /// **Errors**: as above, and if the file is shortened meanwhile.
  /// **Cost**: O(size), and one buffer of the file's size.
  [[nodiscard]] static Safetensors read(const std::filesystem::path& path);

  /// The same for a file that is in memory already; `name` is what errors call it.
  ///
  /// **Errors**: `Error` if it breaks any rule of the format.
  /// **Cost**: takes the buffer over, and then as above.
  [[nodiscard]] static Safetensors from_bytes(std::vector<std::byte> bytes, std::string name = "<memory>");

  /// The names of all tensors, sorted.
  ///
  /// **Cost**: O(n) for n tensors; allocates the result.
  [[nodiscard]] std::vector<std::string> names() const;

  /// Whether there is a tensor called `name`.
  [[nodiscard]] bool contains(std::string_view name) const { return tensors_.contains(name); }

  /// The element type and the shape of tensor `name`. A file may hold types that are not read, `DType::other`, beside
  /// those that are.
  ///
  /// **Errors**: `Error` if there is none.
  [[nodiscard]] const TensorInfo& info(std::string_view name) const& { return find(name).info; }
  template <class Info = TensorInfo> const Info& info(std::string_view) const&& {
    return detail::refuse_temporary<const Info&>();
  }

  /// The file's free-form texts, empty if it has none.
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const& { return metadata_; }
  template <class Text = std::string> const std::map<Text, Text>& metadata() const&& {
    return detail::refuse_temporary<const std::map<Text, Text>&>();
  }

  /// A view of tensor `name`.
  ///
  /// **Shapes**: the file's, row-major.
  /// **Errors**: `Error` if there is no such tensor, or if its element type is not T or its rank not Rank.
  /// **Cost**: O(log n) for n tensors; nothing is allocated or copied.
  /// **Numerics**: the file's bits, never converted.
  template <class T, int Rank> [[nodiscard]] View<T, Rank> tensor(std::string_view name) const&;
  template <class T, int Rank> View<T, Rank> tensor(std::string_view) const&& {
    return detail::refuse_temporary<View<T, Rank>>();
  }

  /// The same, but the sizes must be those of `shape`.
  ///
  /// **Shapes**: those of `shape`, in which -1 accepts any size.
  /// **Errors**: as above, and if the sizes differ.
  template <class T, int Rank>
  [[nodiscard]] View<T, Rank> tensor(std::string_view name, const Shape<Rank>& shape) const&;
  template <class T, int Rank> View<T, Rank> tensor(std::string_view, const Shape<Rank>&) const&& {
    return detail::refuse_temporary<View<T, Rank>>();
  }

 private:
  Safetensors(std::string name, detail::MappedFile file, std::vector<std::byte> bytes);

  // Finds the elements of a tensor in the data section.
  void place(const std::string& name, detail::Stored& stored, std::span<const std::byte> data) const;
  [[nodiscard]] const detail::Stored& find(std::string_view name) const;
  // The same, but it must have this dtype and these sizes; -1 accepts any size.
  [[nodiscard]] const detail::Stored& find(std::string_view name, DType dtype, std::span<const Index> shape) const;

  std::string name_;
  detail::MappedFile file_;       // the file is here,
  std::vector<std::byte> bytes_;  // or here
  std::map<std::string, detail::Stored, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class T, int Rank> Safetensors::View<T, Rank> Safetensors::tensor(std::string_view name) const& {
  Shape<Rank> any;
  any.fill(-1);
  return tensor<T, Rank>(name, any);
}

template <class T, int Rank>
Safetensors::View<T, Rank> Safetensors::tensor(std::string_view name, const Shape<Rank>& shape) const& {
  const detail::Stored& stored = find(name, dtype_of<T>(), shape);
  Eigen::DSizes<Index, Rank> sizes;
  if constexpr (Rank > 0) std::copy_n(stored.info.shape.begin(), Rank, sizes.begin());
  return {reinterpret_cast<const T*>(stored.data), sizes};
}

#if defined(SEQPOOL_IO_BODIES)

SEQPOOL_BODY Safetensors::Safetensors(const std::filesystem::path& path, const std::string& name)
    : Safetensors(name, detail::with_file_name(name, [&] { return detail::MappedFile(path); }), {}) {}

SEQPOOL_BODY Safetensors Safetensors::read(const std::filesystem::path& path) {
  return from_bytes(detail::with_file_name(detail::path_text(path), [&] { return detail::read_file(path); }),
                    detail::path_text(path));
}

SEQPOOL_BODY Safetensors Safetensors::from_bytes(std::vector<std::byte> bytes, std::string name) {
  return Safetensors(std::move(name), {}, std::move(bytes));
}

SEQPOOL_BODY std::vector<std::string> Safetensors::names() const {
  std::vector<std::string> result;
  for (const auto& [name, stored] : tensors_) result.push_back(name);
  return result;
}

SEQPOOL_BODY Safetensors::Safetensors(std::string name, detail::MappedFile file, std::vector<std::byte> bytes)
    : name_(std::move(name)), file_(std::move(file)), bytes_(std::move(bytes)) {
  const auto parts = detail::split_file(bytes_.empty() ? file_.bytes() : std::span<const std::byte>(bytes_), name_);
  auto header = detail::parse_header(parts.header, parts.data.size(), name_);
  detail::check_tiling(header, parts.data.size(), name_);
  metadata_ = std::move(header.metadata);
  tensors_ = std::move(header.tensors);
  for (auto& [tensor, stored] : tensors_) place(tensor, stored, parts.data);
}

SEQPOOL_BODY void Safetensors::place(const std::string& name, detail::Stored& stored,
                                     std::span<const std::byte> data) const {
  if (stored.info.dtype == DType::other) return;  // no view is made of it
  // Both offsets are at most the size of the data section, which is a std::size_t.
  const auto begin = static_cast<std::size_t>(stored.begin);
  data = data.subspan(begin, static_cast<std::size_t>(stored.end) - begin);
  if (stored.info.dtype == DType::boolean) {
    // To look at any other value through a bool is undefined behaviour.
    const auto bad = std::find_if(data.begin(), data.end(), [](std::byte b) { return b > std::byte{1}; });
    if (bad != data.end())
      detail::refuse(name_, name,
                     {"a BOOL must be 0 or 1, found ", std::to_integer<int>(*bad), " at element ", bad - data.begin()});
  }
  stored.data = data.data();
  if (reinterpret_cast<std::uintptr_t>(stored.data) % dtype_size(stored.info.dtype) == 0) return;

  static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= 8, "seqpool: operator new must align for 8-byte elements.");
  stored.aligned_copy = std::make_unique<std::byte[]>(data.size());
  std::copy(data.begin(), data.end(), stored.aligned_copy.get());
  stored.data = stored.aligned_copy.get();
}

SEQPOOL_BODY const detail::Stored& Safetensors::find(std::string_view name) const {
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

SEQPOOL_BODY const detail::Stored& Safetensors::find(std::string_view name, DType dtype,
                                                     std::span<const Index> shape) const {
  const detail::Stored& stored = find(name);
  const auto& found = stored.info.shape;
  const auto fits = [](Index wanted, Index size) { return wanted == -1 || wanted == size; };
  const char* const wrong = stored.info.dtype != dtype                                     ? "dtype"
                            : found.size() != shape.size()                                 ? "rank"
                            : !std::equal(shape.begin(), shape.end(), found.begin(), fits) ? "shape"
                                                                                           : nullptr;
  if (wrong != nullptr)
    detail::refuse(name_, name,
                   {"wrong ", wrong, ": wanted ", detail::describe(dtype_name(dtype), shape), ", found ",
                    detail::describe(stored.info.dtype_text(), found)});
  return stored;
}

#endif

}  // namespace seqpool::inline SEQPOOL_ABI::io
