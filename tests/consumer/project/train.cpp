// SPDX-License-Identifier: MIT
#include <filesystem>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/train/fit.hpp>
#include <seqpool/train/save.hpp>
#include <vector>

int main() {
  Eigen::Tensor<float, 2> x(4, 1);
  x.setValues({{-2}, {-1}, {1}, {2}});
  const auto fitted = seqpool::fit(x, std::vector{0, 0, 1, 1});
  const auto path = std::filesystem::current_path() / "consumer.safetensors";
  seqpool::save(path, fitted, {"less", "more"});
  const seqpool::io::Safetensors file(path);
  return fitted.converged && file.tensor<float, 2>("weight")(0, 0) > 0 ? 0 : 1;
}
