// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_CHECKPOINT_HPP
#define SEQPOOL_MODEL_CHECKPOINT_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/io/dtype.hpp>
#include <seqpool/io/error.hpp>
#include <seqpool/io/message_text.hpp>
#include <seqpool/io/safetensors_reader.hpp>
#include <seqpool/io/tensor_info.hpp>
#include <seqpool/model/config.hpp>
#include <seqpool/model/error.hpp>
#include <seqpool/model/folder.hpp>
#include <seqpool/scalar.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

template <int Rank>
using Copy = Eigen::Tensor<float, Rank, Eigen::RowMajor, Index>;
using Matrix = Copy<2>;
using Vector = Copy<1>;

// A checkpoint's tensors by name: model.safetensors, or the shards that model.safetensors.index.json names, each opened
// when a tensor of it is asked for. Every error is an Error that names the file.
class Checkpoint {
 public:
  explicit Checkpoint(Folder folder);
  // The same of the folder at `path`; of a file there that file's.
  [[nodiscard]] static Checkpoint at(const std::filesystem::path& path);

  [[nodiscard]] bool has(std::string_view name) const { return files_.contains(name); }

  // A copy in float of a tensor of F32, F16, BF16 or F64, of finite numbers. A size of -1 accepts any.
  template <int Rank>
  [[nodiscard]] Copy<Rank> tensor(const std::string& name, const io::Safetensors::Shape<Rank>& shape);
  [[nodiscard]] Matrix matrix(const std::string& name, Index rows, Index columns);
  [[nodiscard]] Vector vector(const std::string& name, Index size);

  // A tensor that is there and not needed; and all whose names begin with `prefix`.
  void pass_over(const std::string& name) { used_.insert(name); }
  void pass_over_all(std::string_view prefix) {
    for (const auto& [name, file] : files_)
      if (name.starts_with(prefix)) used_.insert(name);
  }

  // Throws Error if there is a tensor that nobody asked for, and that `is_other(name)` does not know: `user` is who
  // should have.
  template <class F>
  void refuse_unused(F is_other, const std::string& user = "what the folder's configuration says") const;
  // Throws Error about a tensor that is there.
  [[noreturn]] void refuse(const std::string& name, const std::string& rule) const;

 private:
  Checkpoint(Folder folder, const std::string& file);
  void add_file(const std::string& file);
  [[nodiscard]] const io::Safetensors& open(const std::string& file);
  template <class T, int Rank>
  [[nodiscard]] Copy<Rank> widened(const io::Safetensors& from, const std::string& name,
                                   const io::Safetensors::Shape<Rank>& shape) const;

  Folder folder_;
  std::string file_;
  std::map<std::string, std::string, std::less<>> files_;  // tensor -> file within the folder
  std::map<std::string, std::unique_ptr<const io::Safetensors>> open_;
  std::set<std::string, std::less<>> used_;
};

// ---------------------------------------------------------------------------------------------------------------------

inline Checkpoint::Checkpoint(Folder folder) : folder_(std::move(folder)) {
  const std::string whole = "model.safetensors";
  const std::string index = "model.safetensors.index.json";
  if (folder_.has(whole)) {
    add_file(whole);
  } else if (folder_.has(index)) {
    file_ = folder_.file(index);
    const Config config(file_, folder_.json(index));
    config.object("weight_map").each([&](const std::string& name, const Json& file) {
      if (!file.is_string()) config.refuse("weight_map", "must give a file for each tensor");
      files_.emplace(name, file.get<std::string>());
    });
  } else if (folder_.has("pytorch_model.bin") || folder_.has("pytorch_model.bin.index.json")) {
    throw Error(folder_.file("pytorch_model.bin"),
                "is a Python pickle, which is not read; write it as model.safetensors: python3 -c \"import torch; from "
                "safetensors.torch import save_file; save_file({k: v.clone() for k, v in "
                "torch.load('pytorch_model.bin', weights_only=True).items()}, 'model.safetensors')\"");
  } else {
    throw Error(folder_.file(whole), "is missing, and so is " + index);
  }
}

inline Checkpoint::Checkpoint(Folder folder, const std::string& file) : folder_(std::move(folder)) {
  if (!folder_.has(file)) throw Error(folder_.file(file), "is missing");
  add_file(file);
}

inline Checkpoint Checkpoint::at(const std::filesystem::path& path) {
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) return Checkpoint(Folder(path));
  return {Folder(path.has_parent_path() ? path.parent_path() : "."), path.filename().string()};
}

inline void Checkpoint::add_file(const std::string& file) {
  file_ = folder_.file(file);
  for (const auto& name : open(file).names()) files_.emplace(name, file);
}

inline const io::Safetensors& Checkpoint::open(const std::string& file) {
  auto& opened = open_[file];
  if (!opened) {
    if (!folder_.has(file)) throw Error(folder_.file(file), "is missing, though " + file_ + " names it");
    try {
      opened = std::make_unique<const io::Safetensors>(folder_.weights(file));
    } catch (const io::Error& error) {
      throw Error(error);
    }
  }
  return *opened;
}

inline Matrix Checkpoint::matrix(const std::string& name, Index rows, Index columns) {
  return tensor<2>(name, {rows, columns});
}

inline Vector Checkpoint::vector(const std::string& name, Index size) { return tensor<1>(name, {size}); }

template <int Rank>
Copy<Rank> Checkpoint::tensor(const std::string& name, const io::Safetensors::Shape<Rank>& shape) {
  const auto found = files_.find(name);
  if (found == files_.end())
    throw Error(file_, "tensor '" + name + "' is missing, which must be " + seqpool::detail::shape(shape) +
                           " (-1 is any size)");
  used_.insert(name);
  const io::Safetensors& from = open(found->second);
  try {
    switch (from.info(name).dtype) {
      case io::DType::f16:
        return widened<Eigen::half, Rank>(from, name, shape);
      case io::DType::bf16:
        return widened<Eigen::bfloat16, Rank>(from, name, shape);
      case io::DType::f64:
        return widened<double, Rank>(from, name, shape);
      default:
        return widened<float, Rank>(from, name, shape);
    }
  } catch (const Error&) {
    throw;
  } catch (const io::Error& error) {
    throw Error(error);
  }
}

template <class T, int Rank>
Copy<Rank> Checkpoint::widened(const io::Safetensors& from, const std::string& name,
                               const io::Safetensors::Shape<Rank>& shape) const {
  const auto stored = from.tensor<T, Rank>(name, shape);
  Copy<Rank> copy(stored.dimensions());
  for (Index i = 0; i < stored.size(); ++i) {
    copy.data()[i] = static_cast<float>(widen(stored.data()[i]));
    if (!std::isfinite(copy.data()[i]))
      throw Error(folder_.file(files_.find(name)->second),
                  "tensor '" + io::detail::excerpt(name) + "': element " + std::to_string(i) + " is no finite number");
  }
  return copy;
}

template <class F>
void Checkpoint::refuse_unused(F is_other, const std::string& user) const {
  for (const auto& [name, file] : files_)
    if (!used_.contains(name) && !is_other(std::string_view(name)))
      refuse(name, "is not used by " + user + ": a head that is left out gives other numbers");
}

inline void Checkpoint::refuse(const std::string& name, const std::string& rule) const {
  throw Error(folder_.file(files_.find(name)->second), "tensor '" + io::detail::excerpt(name) + "' " + rule);
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
