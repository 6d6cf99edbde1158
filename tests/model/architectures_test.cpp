// SPDX-License-Identifier: MIT
// Every row of seqpool/model/detail/rows.hpp, against what its class of Transformers gives.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/model/detail/rows.hpp>
#include <seqpool/model/sequence_classifier.hpp>
#include <seqpool/model/token_classifier.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "differences.hpp"
#include "folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;
using seqpool::model::detail::architecture_rows;
using seqpool::model::detail::Take;

namespace {

using GoldenStates = Eigen::Tensor<float, 3, Eigen::RowMajor>;
using TokenIds = Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor>;

struct Golden {
  const Safetensors* file;
  std::string prefix;  // of its names: "BertForSequenceClassification/0/"

  template <class T, int rank> auto tensor(const std::string& name) const {
    return file->tensor<T, rank>(prefix + name);
  }
  bool contains(const std::string& name) const { return file->contains(prefix + name); }
};

std::vector<Safetensors> golden_files() {
  std::vector<Safetensors> files;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(SEQPOOL_TEST_GOLDEN_POOLINGS) / "architectures"))
    if (entry.path().extension() == ".safetensors") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) files.emplace_back(path);
  return files;
}

// The golden numbers of each row, by its architecture and its number among those of it.
std::map<std::pair<std::string, int>, Golden> goldens_in(const std::vector<Safetensors>& files) {
  std::map<std::pair<std::string, int>, Golden> all;
  for (const Safetensors& file : files)
    for (const auto& name : file.names()) {
      const auto first = name.find('/');
      const auto second = name.find('/', first + 1);
      all.insert_or_assign({name.substr(0, first), std::stoi(name.substr(first + 1, second - first - 1))},
                           Golden{&file, name.substr(0, second + 1)});
    }
  return all;
}

// The model's folder: its config.json, and the tensors of its head.
void write_folder(test::FolderWriter& folder, const Golden& golden) {
  const auto config = golden.tensor<std::uint8_t, 1>("config");
  folder.text("config.json", std::string(config.data(), config.data() + config.size()));
  std::vector<test::FolderWriter::Tensor> tensors;
  const std::string weights = golden.prefix + "w/";
  for (const auto& name : golden.file->names()) {
    if (!name.starts_with(weights)) continue;
    const auto& shape = golden.file->info(name).shape;
    test::FolderWriter::Tensor tensor{name.substr(weights.size()), {shape.begin(), shape.end()}};
    const auto copy = [&](const auto& stored) { tensor.values.assign(stored.data(), stored.data() + stored.size()); };
    if (shape.size() == 1) copy(golden.file->tensor<float, 1>(name));
    if (shape.size() == 2) copy(golden.file->tensor<float, 2>(name));
    tensors.push_back(std::move(tensor));
  }
  folder.tensors("model.safetensors", tensors);
}

// Each row's real tokens at its other end.
template <class X, class M> X moved(const X& x, const M& mask) {
  X result = x;
  const Index seq = mask.dimension(1);
  const Index features = x.size() / mask.size();
  for (Index b = 0; b < mask.dimension(0); ++b) {
    Index n = 0;
    for (Index s = 0; s < seq; ++s) n += mask(b, s) != 0 ? 1 : 0;
    auto* const row = result.data() + b * seq * features;
    std::rotate(row, row + n * features, row + seq * features);
  }
  return result;
}

}  // namespace

TEST_CASE("every row gives its class's numbers, on either side of padding and in bfloat16", "[model][golden]") {
  const auto files = golden_files();
  const auto goldens = goldens_in(files);
  CHECK(goldens.size() == std::size(architecture_rows));
  std::map<std::string, int> seen;
  for (const auto& row : architecture_rows) {
    const std::string name(row.architecture);
    INFO(name);
    const auto found = goldens.find({name, seen[name]++});
    REQUIRE(found != goldens.end());
    const Golden& golden = found->second;
    test::FolderWriter folder;
    write_folder(folder, golden);
    const TokenIds mask = golden.tensor<std::int64_t, 2>("mask");
    const TokenIds left_mask = moved(mask, mask);
    const bool has_layers = !row.layers.empty();

    // f(x) on the states, or on the mix of all layers; `side` changes each.
    const auto with_states = [&](const auto& model, auto side, auto f) {
      if (!has_layers) return f(side(GoldenStates(golden.tensor<float, 3>("states"))));
      const auto stored = golden.tensor<float, 4>("layers");
      CHECK(stored.dimension(0) == model.layers());
      std::vector<std::decay_t<decltype(side(GoldenStates()))>> layers;
      for (Index l = 0; l < stored.dimension(0); ++l) layers.push_back(side(GoldenStates(stored.chip(l, 0))));
      return f(model.mix(layers));
    };
    const auto as_is = [](const GoldenStates& x) { return x; };
    const auto to_left = [&](const GoldenStates& x) { return moved(x, mask); };
    const auto rounded = [](const GoldenStates& x) {
      return Eigen::Tensor<Eigen::bfloat16, 3, Eigen::RowMajor>(x.cast<Eigen::bfloat16>());
    };

    if (row.take == Take::each_token) {
      const seqpool::model::TokenClassifier model(folder.path());
      const GoldenStates expected = golden.tensor<float, 3>("expected");
      const auto check = [&](auto side, const TokenIds& real, const GoldenStates& wanted) {
        with_states(model, side, [&](const auto& x) {
          CHECK(test::token_difference(model.logits(x, real), wanted, real) <= test::few_eps);
        });
      };
      check(as_is, mask, expected);
      check(to_left, left_mask, moved(expected, mask));
      check(rounded, mask, golden.tensor<float, 3>("bf16"));
      continue;
    }
    const seqpool::model::SequenceClassifier model(folder.path());
    INFO(model.summary());
    const auto check = [&](auto side, const TokenIds& real, const std::string& expected) {
      with_states(model, side, [&](const auto& x) {
        const auto wanted = golden.tensor<float, 2>(expected);
        CHECK(model.labels().size() == static_cast<std::size_t>(wanted.dimension(1)));
        if (!golden.contains("input_ids")) {
          CHECK(test::difference(model.logits(x, real), wanted) <= test::few_eps);
          return;
        }
        const TokenIds ids = golden.tensor<std::int64_t, 2>("input_ids");
        const TokenIds moved_ids = moved(ids, mask);
        CHECK(test::difference(model.logits(x, real, &real == &mask ? ids : moved_ids), wanted) <= test::few_eps);
      });
    };
    check(as_is, mask, "expected");
    check(to_left, left_mask, "expected");
    check(rounded, mask, "bf16");
    CHECK((row.take == Take::last_by_id) == golden.contains("input_ids"));
  }
}
