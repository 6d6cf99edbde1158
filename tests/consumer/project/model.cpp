// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <seqpool/model/model.hpp>
#include <string>

int main() {
  const std::filesystem::path folder("consumed_model");
  try {
    static_cast<void>(seqpool::model::TokenClassifier(folder / "nowhere"));
    return 1;
  } catch (const seqpool::model::Error& error) {
    if (std::string(error.what()).find("there is no such folder") == std::string::npos) return 1;
  }
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "config.json") << R"({"hidden_size": 4})";
  const seqpool::model::SentenceTransformer model(folder);
  Eigen::Tensor<float, 3> x(2, 3, 4);
  x.setConstant(1.0f);
  return model.embed(x)(1, 3) == 1.0f ? 0 : 1;
}
