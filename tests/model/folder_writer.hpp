// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_MODEL_FOLDER_WRITER_HPP
#define SEQPOOL_TESTS_MODEL_FOLDER_WRITER_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/scalar.hpp>
#include <string>
#include <vector>

#include "../io/files.hpp"

namespace test {

// Hidden states of two tokens, (1, 2, 3) and (3, 4, 5).
inline Eigen::Tensor<float, 3, Eigen::RowMajor> two_tokens() {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 2, 3);
  x.setValues({{{1, 2, 3}, {3, 4, 5}}});
  return x;
}

// A model's folder in the making.
class FolderWriter {
 public:
  struct Tensor {
    std::string name;
    std::vector<seqpool::Index> sizes;
    float value = 0.5f;              // of all elements,
    std::vector<float> values = {};  // or these
  };

  std::filesystem::path path() const { return directory_ / "model"; }
  std::filesystem::path path(const std::string& name) const { return path() / name; }

  FolderWriter& text(const std::string& name, const std::string& content) {
    std::filesystem::create_directories(path(name).parent_path());
    files::write(path(name), content);
    return *this;
  }
  FolderWriter& tensors(const std::string& name, const std::vector<Tensor>& all) {
    seqpool::io::SafetensorsWriter writer;
    for (const Tensor& tensor : all) {
      if (tensor.sizes.size() == 3)
        add<3>(writer, tensor);
      else if (tensor.sizes.size() == 2)
        add<2>(writer, tensor);
      else if (tensor.sizes.size() == 1)
        add<1>(writer, tensor);
      else
        add<0>(writer, tensor);
    }
    std::filesystem::create_directories(path(name).parent_path());
    writer.write(path(name));
    return *this;
  }

 private:
  template <std::size_t rank> static void add(seqpool::io::SafetensorsWriter& writer, const Tensor& tensor) {
    std::array<seqpool::Index, rank> sizes{};
    std::copy(tensor.sizes.begin(), tensor.sizes.end(), sizes.begin());
    Eigen::Tensor<float, static_cast<int>(rank), Eigen::RowMajor> values(sizes);
    values.setConstant(tensor.value);
    std::copy(tensor.values.begin(), tensor.values.end(), values.data());
    writer.add(tensor.name, values);
  }

  files::TemporaryDirectory directory_;
};

}  // namespace test

#endif
