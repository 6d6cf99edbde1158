// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/path_text.hpp>
#include <seqpool/io/read_file.hpp>
#include <seqpool/model/detail/config.hpp>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A model's folder, of which nothing outside is read: names in its files may come from anyone.
//
// A link may lead within the folder, and from a snapshot of a Hugging Face cache to the blobs beside it, of which such
// snapshots are made.
class Folder {
 public:
  // Throws Error if there is no folder at `path`; messages call it `shown`.
  explicit Folder(const std::filesystem::path& path) : Folder(path, path) {}
  Folder(const std::filesystem::path& path, const std::filesystem::path& shown);

  // The folder at `name` within this one, which need not be there; "" is this one.
  [[nodiscard]] Folder folder(std::string_view name) const;
  // The path of `name` within this folder; throws Error if it leads out of it.
  [[nodiscard]] std::filesystem::path path(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  // The first of the files in it whose names end with `ending`, as they are sorted; "" if there is none.
  [[nodiscard]] std::string file_with_ending(std::string_view ending) const;
  // The document in a JSON file; throws Error if there is none, or if it has more than 32 MB.
  [[nodiscard]] Json json(std::string_view name) const;
  // The same of one that holds an object.
  [[nodiscard]] Config config(std::string_view name) const { return Config(file(name), json(name)); }
  // The same of one that may not be there, and then has no keys.
  [[nodiscard]] Config config_if_there(std::string_view name) const {
    return has(name) ? config(name) : Config(file(name));
  }
  // What messages call a file.
  [[nodiscard]] std::string file(std::string_view name) const {
    return io::detail::path_text(shown_ / io::detail::path_of(name));
  }
  // The path of a file of weights, which are copied. Throws Error as `path` does, and when more than 4 times the file
  // at the end of links is the same: what is little on disk would be much in memory.
  [[nodiscard]] std::filesystem::path weights(std::string_view name) const;

 private:
  std::filesystem::path shown_;  // as the user wrote it
  std::filesystem::path path_;   // without links
  std::filesystem::path root_;   // the model's, without links
  std::shared_ptr<std::vector<std::filesystem::path>> opened_ =
      std::make_shared<std::vector<std::filesystem::path>>();  // files of weights, of all of the model
};

// What makes safetensors of a folder's pickles, and a model of an adapter.
inline constexpr std::string_view converter =
    "python3 examples/convert/to_safetensors.py FOLDER (in seqpool's repository)";

// Throws Error: the file is a pickle.
[[noreturn]] inline void refuse_pickle(const Folder& folder, const std::string& name);
// Throws Error if what the folder holds is an adapter of PEFT, without which no weight beside it is the model's.
inline void refuse_adapter(const Folder& folder);
// And if it holds a model of llama.cpp.
inline void refuse_gguf(const Folder& folder);
// And if it holds a graph for ONNX Runtime or OpenVINO; ask where nothing else is there.
inline void refuse_exported(const Folder& folder);
// Without model.safetensors a folder may have its weights in another form, or none that a head is left in: throws
// Error.
[[noreturn]] inline void refuse_other_weights(const Folder& folder);

// Whether `path` is `folder` or in it; both are canonical.
[[nodiscard]] inline bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

// ---------------------------------------------------------------------------------------------------------------------

inline Folder::Folder(const std::filesystem::path& path, const std::filesystem::path& shown) : shown_(shown) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error))
    detail::refuse(io::detail::path_text(path),
                   {"there is no such folder; a model's folder is what save_pretrained() writes"});
  const auto lacks = [&](const char* name) { return !std::filesystem::exists(path / name, error); };
  if (!lacks("snapshots") && lacks("config.json") && lacks("modules.json"))
    detail::refuse(io::detail::path_text(path),
                   {"is a Hugging Face cache of a model; the model's folder is one of those in snapshots"});
  path_ = root_ = std::filesystem::canonical(path, error);
  if (error) detail::refuse(io::detail::path_text(path), {"cannot be read: ", error.message()});
}

SEQPOOL_COLD inline Folder Folder::folder(std::string_view name) const {
  Folder result = *this;
  if (name.empty() || name == ".") return result;
  result.path_ = path(name);
  result.shown_ /= io::detail::path_of(name);
  return result;
}

inline std::filesystem::path Folder::path(std::string_view name) const {
  constexpr std::size_t most = 1024;  // below what systems take, so that none of them is asked
  if (name.size() > most)
    detail::refuse(io::detail::path_text(shown_),
                   {"the path '", io::detail::excerpt(name), "' has ", name.size(), " bytes, expected at most ", most});
  const std::filesystem::path relative = io::detail::path_of(name);
  const auto leaves = [](const std::filesystem::path& part) { return part == ".."; };
  if (name.empty() || name.find('\0') != name.npos || relative.is_absolute() || relative.has_root_path() ||
      std::any_of(relative.begin(), relative.end(), leaves))
    detail::refuse(io::detail::path_text(shown_),
                   {"the path '", io::detail::excerpt(name), "' leads out of the folder"});
  std::error_code error;
  const auto found = std::filesystem::weakly_canonical(path_ / relative, error);
  if (error) detail::refuse(file(name), {"cannot be read: ", error.message()});
  const auto above = root_.parent_path();
  const bool is_blob = above.filename() == "snapshots" && is_within(found, above.parent_path() / "blobs");
  if (!is_within(found, root_) && !is_blob)
    detail::refuse(file(name), {"is a link that leads out of the folder, to ", io::detail::path_text(found)});
  return found;
}

SEQPOOL_COLD inline bool Folder::has(std::string_view name) const {
  std::error_code error;
  return std::filesystem::exists(path(name), error);
}

inline std::string Folder::file_with_ending(std::string_view ending) const {
  std::string first;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = io::detail::path_text(entry->path().filename());
    if (name.ends_with(ending) && (first.empty() || name < first)) first = name;
  }
  return first;
}

inline void refuse_pickle(const Folder& folder, const std::string& name) {
  const bool is_index = name.ends_with(".json");
  detail::refuse(folder.file(name),
                 {(is_index ? "names Python pickles, which are not read; " : "is a Python pickle, which is not read; "),
                  converter, " writes the same as safetensors beside it"});
}

inline void refuse_adapter(const Folder& folder) {
  if (folder.has("adapter_config.json"))
    detail::refuse(folder.file("adapter_config.json"),
                   {"is of an adapter of PEFT (LoRA and its like), which changes a model that is not in this folder; ",
                    converter, " merges the two into FOLDER/merged, which is read"});
}

inline void refuse_gguf(const Folder& folder) {
  if (const std::string name = folder.file_with_ending(".gguf"); !name.empty())
    detail::refuse(folder.file(name),
                   {"is GGUF, of llama.cpp, which is not read; read the folder that it was made from"});
}

inline void refuse_exported(const Folder& folder) {
  for (const std::string name : {"", "onnx", "openvino"})
    for (const std::string ending : {".onnx", "openvino_model.xml"}) {
      const Folder part = folder.folder(name);
      if (const std::string graph = part.file_with_ending(ending); !graph.empty())
        detail::refuse(part.file(graph),
                       {"is an exported graph, which has no head left to read; read the folder of the "
                        "model that was exported"});
    }
}

inline void refuse_other_weights(const Folder& folder) {
  refuse_adapter(folder);
  for (const std::string name : {"pytorch_model.bin", "pytorch_model.bin.index.json"})
    if (folder.has(name)) refuse_pickle(folder, name);
  refuse_exported(folder);
  for (const std::string name : {"tf_model.h5", "flax_model.msgpack", "model.msgpack"})
    if (folder.has(name))
      detail::refuse(folder.file(name), {"is of TensorFlow or Flax, which is not read: model.safetensors is missing, "
                                         "and so is model.safetensors.index.json; load it with Transformers 4, by "
                                         "from_pretrained(folder, from_tf=True) or "
                                         "from_flax=True, and save it by save_pretrained()"});
  refuse_gguf(folder);
  detail::refuse(folder.file("model.safetensors"), {"is missing, and so is model.safetensors.index.json"});
}

SEQPOOL_COLD inline std::filesystem::path Folder::weights(std::string_view name) const {
  constexpr int most = 4;
  auto found = path(name);
  opened_->push_back(found);
  if (std::count(opened_->begin(), opened_->end(), found) > most)
    detail::refuse(file(name), {"is read more than ", most, " times; each module has a file of its own"});
  return found;
}

SEQPOOL_COLD inline Json Folder::json(std::string_view name) const {
  const auto found = path(name);
  if (!has(name)) {
    refuse_gguf(*this);
    if (!has("model.safetensors")) refuse_exported(*this);
    detail::refuse(file(name), {"is missing; a model's folder is what save_pretrained() or save() wrote"});
  }
  std::error_code none;
  const auto size = std::filesystem::file_size(found, none);
  if (!none && size > largest_document)
    detail::refuse(file(name), {"has ", size, " bytes, expected at most ", largest_document});
  std::vector<std::byte> bytes;
  try {
    bytes = io::detail::read_file(found);
  } catch (const std::system_error& error) {
    detail::refuse(file(name), {error.what()});
  }
  return parse_document({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file(name));
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
