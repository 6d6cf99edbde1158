// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/io/safetensors_reader.hpp>
#include <seqpool/model/detail/folder.hpp>

#include <list>
#include <span>
#include <sstream>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

template <int Rank> using Copy = Eigen::Tensor<float, Rank, Eigen::RowMajor, Index>;
using Matrix = Copy<2>;
using Vector = Copy<1>;

// A checkpoint's tensors by name: model.safetensors, or the shards that model.safetensors.index.json names, each opened
// when a tensor of it is asked for. Every error is an Error that names the file.
class Checkpoint {
 public:
  explicit Checkpoint(Folder folder);
  // The same of one file in the folder.
  Checkpoint(Folder folder, const std::string& file);
  // The same of a folder or a file at `path`.
  [[nodiscard]] static Checkpoint at(const std::filesystem::path& path);

  [[nodiscard]] bool has(std::string_view name) const { return tensors_.contains(name); }

  // Calls f with a view of a tensor of one of the types T, where it lies in its file, which stays open as long as this
  // object lives. A size of -1 accepts any. `what` tells messages what is read, and which types are.
  template <int Rank, class... T, class F>
  void visit(const std::string& name, const io::Safetensors::Shape<Rank>& shape, const char* what, F f);
  // The same of a tensor of F32, F16, BF16 or F64.
  template <int Rank, class F>
  void visit_weights(const std::string& name, const io::Safetensors::Shape<Rank>& shape, F f) {
    visit<Rank, float, Eigen::half, Eigen::bfloat16, double>(name, shape, "weights; F32, F16, BF16 and F64 are", f);
  }

  // A copy of such a tensor in float. Throws Error unless its numbers are finite. With `rows` only these rows are read
  // and copied.
  template <int Rank>
  [[nodiscard]] Copy<Rank> tensor(const std::string& name, const io::Safetensors::Shape<Rank>& shape,
                                  std::span<const Index> rows = {});
  [[nodiscard]] Matrix matrix(const std::string& name, Index rows, Index columns) {
    return tensor<2>(name, {rows, columns});
  }
  [[nodiscard]] Matrix rows(const std::string& name, std::span<const Index> rows) {
    return tensor<2>(name, {-1, -1}, rows);
  }
  [[nodiscard]] Vector vector(const std::string& name, Index size) { return tensor<1>(name, {size}); }

  // Counts a tensor as used, if it is there; or all whose names begin with one of `prefixes`, which spaces separate.
  void pass_over(std::string_view name) {
    if (const auto found = tensors_.find(name); found != tensors_.end()) found->second.is_used = true;
  }
  void pass_over_all(std::string_view prefixes);

  // Throws Error if nobody asked for a tensor whose name begins with `prefix`; `user` should have.
  void refuse_unused(std::string_view prefix = {},
                     std::string_view user = "what the folder's configuration says") const;
  // Throws Error about a tensor that is there.
  [[noreturn]] void refuse(const std::string& name, seqpool::detail::Parts rule) const;

 private:
  struct Source {
    std::string file;  // within the folder
    bool is_used = false;
  };
  struct Open {
    std::string file;
    io::Safetensors tensors;
  };

  [[noreturn]] void refuse_missing(const std::string& name, const std::string& shape) const;
  void add_file(const std::string& file);
  [[nodiscard]] const io::Safetensors& open(const std::string& file);

  Folder folder_;
  std::string file_;
  std::map<std::string, Source, std::less<>> tensors_;
  std::list<Open> open_;
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
    const Config map = config.object("weight_map");
    for (const auto& [name, file] : map.members()) {
      if (!file.is(Json::Kind::string)) config.refuse("weight_map", {"must give a file for each tensor"});
      tensors_.emplace(name, Source{file.text()});
    }
  } else {
    refuse_other_weights(folder_);
  }
}

inline Checkpoint::Checkpoint(Folder folder, const std::string& file) : folder_(std::move(folder)) {
  if (!folder_.has(file)) detail::refuse(folder_.file(file), {"is missing"});
  add_file(file);
}

inline Checkpoint Checkpoint::at(const std::filesystem::path& path) {
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) return Checkpoint(Folder(path));
  const auto parent = path.parent_path();
  return {Folder(parent.empty() ? "." : parent, parent), io::detail::path_text(path.filename())};
}

inline void Checkpoint::add_file(const std::string& file) {
  file_ = folder_.file(file);
  for (const auto& name : open(file).names()) tensors_.emplace(name, Source{file});
}

inline const io::Safetensors& Checkpoint::open(const std::string& file) {
  for (const Open& opened : open_)
    if (opened.file == file) return opened.tensors;
  if (!folder_.has(file)) detail::refuse(folder_.file(file), {"is missing, though ", file_, " names it"});
  try {
    open_.push_back({file, io::Safetensors(folder_.weights(file), folder_.file(file))});
  } catch (const io::Error& error) {
    throw Error(error);
  }
  return open_.back().tensors;
}

template <int Rank, class... T, class F>
void Checkpoint::visit(const std::string& name, const io::Safetensors::Shape<Rank>& shape, const char* what, F f) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) refuse_missing(name, seqpool::detail::shape(shape));
  found->second.is_used = true;
  const io::Safetensors& from = open(found->second.file);
  try {
    const auto is_of = [&]<class Type>(std::type_identity<Type>) {
      if (from.info(name).dtype != io::dtype_of<Type>()) return false;
      f(from.tensor<Type, Rank>(name, shape));
      return true;
    };
    if (!(is_of(std::type_identity<T>()) || ...))
      refuse(name, {"is of ", io::detail::excerpt(from.info(name).dtype_text()), ", which is not read as ", what});
  } catch (const Error&) {
    throw;
  } catch (const io::Error& error) {
    throw Error(error);
  }
}

template <int Rank>
Copy<Rank> Checkpoint::tensor(const std::string& name, const io::Safetensors::Shape<Rank>& shape,
                              std::span<const Index> rows) {
  Copy<Rank> copy;
  visit_weights<Rank>(name, shape, [&](const auto& stored) {
    auto sizes = stored.dimensions();
    if (!rows.empty()) sizes[0] = static_cast<Index>(rows.size());
    for (const Index row : rows)
      if (row < 0 || row >= stored.dimension(0))
        refuse(name, {"has ", stored.dimension(0), " rows, but row ", row, " is to be read"});
    copy.resize(sizes);
    const Index width = rows.empty() ? copy.size() : copy.size() / sizes[0];
    for (Index i = 0; i < copy.size(); ++i) {
      const Index element = rows.empty() ? i : rows[static_cast<std::size_t>(i / width)] * width + i % width;
      copy.data()[i] = static_cast<float>(widen(stored.data()[element]));
      if (!std::isfinite(copy.data()[i]))
        detail::refuse(folder_.file(tensors_.find(name)->second.file),
                       {"tensor '", io::detail::excerpt(name), "': element ", element, " is no finite number"});
    }
  });
  return copy;
}

// Whether `name` is the parts of `wanted` with others between or in front of them, or `wanted` but for its first parts.
// Parts stand between dots.
inline bool is_another_name(std::string_view name, std::string_view wanted) {
  if (name.find('.') != name.npos && wanted.ends_with("." + std::string(name))) return true;
  while (!name.empty() && !wanted.empty()) {
    const auto part = name.substr(0, name.find('.'));
    if (part == wanted.substr(0, wanted.find('.'))) wanted.remove_prefix((std::min)(part.size() + 1, wanted.size()));
    name.remove_prefix((std::min)(part.size() + 1, name.size()));
  }
  return wanted.empty();
}

inline void Checkpoint::refuse_missing(const std::string& name, const std::string& shape) const {
  struct Wrapper {
    std::string_view part;
    std::string_view advice;
  };
  constexpr std::string_view peft =
      ": names of PEFT; merge its adapter into the model by model.merge_and_unload(), and save that by "
      "save_pretrained()";
  constexpr std::array<Wrapper, 5> wrappers{{
      {"modules_to_save.", peft},
      {"original_module.", peft},
      {"base_model.model.", peft},
      {"_orig_mod.", ": names of torch.compile; save the model in it, by model._orig_mod.save_pretrained()"},
      {"module.",
       ": names of a model that was wrapped, by DataParallel or its like; save the model in it, by "
       "model.module.save_pretrained()"},
  }};
  constexpr std::size_t most = 3;
  std::string others;
  std::string_view advice;
  std::size_t count = 0;
  for (const auto& [other, source] : tensors_) {
    if (!detail::is_another_name(other, name) || ++count > most) continue;
    others += (others.empty() ? "; there is '" : ", '") + io::detail::excerpt(other) + "'";
    for (const auto& [part, words] : wrappers)
      if (advice.empty() && ("." + other).find("." + std::string(part)) != other.npos) advice = words;
  }
  detail::refuse(file_, {"tensor '", name, "' is missing, which must be ", shape, " (-1 is any size)", others,
                         (count > most ? ", ..." : ""), advice});
}

SEQPOOL_COLD inline void Checkpoint::pass_over_all(std::string_view prefixes) {
  std::istringstream all{std::string(prefixes)};
  for (std::string prefix; all >> prefix;)
    for (auto& [name, source] : tensors_) source.is_used = source.is_used || name.starts_with(prefix);
}

inline void Checkpoint::refuse_unused(std::string_view prefix, std::string_view user) const {
  for (const auto& [name, source] : tensors_)
    if (!source.is_used && name.starts_with(prefix))
      refuse(name, {"is not used by ", user, ": a head that is left out gives other numbers"});
}

SEQPOOL_COLD inline void Checkpoint::refuse(const std::string& name, seqpool::detail::Parts rule) const {
  detail::refuse(folder_.file(tensors_.find(name)->second.file),
                 {"tensor '", io::detail::excerpt(name), "' ", seqpool::detail::sentence(rule)});
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
