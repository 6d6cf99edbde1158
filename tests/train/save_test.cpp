// SPDX-License-Identifier: MIT
#include <seqpool/train/save.hpp>

#include <filesystem>
#include <fstream>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/model/sentence_transformer.hpp>
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "io/files.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/same_bits.hpp"

using seqpool::all_tokens;
using seqpool::Attention;
using seqpool::Index;
using seqpool::Linear;
using seqpool::io::Safetensors;

namespace {

constexpr Index rows = 30, tokens = 4, features = 5;

template <class T> Eigen::Tensor<T, 3, Eigen::RowMajor> random_states() {
  Eigen::Tensor<T, 3, Eigen::RowMajor> x(rows, tokens, features);
  test::Random random(2);
  for (Index i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<T>(random.between(-1, 1) + (i / (tokens * features) % 3 == i % features ? 1 : 0));
  return x;
}
std::vector<int> labels_of(int classes) {
  std::vector<int> all;
  for (int b = 0; b < rows; ++b) all.push_back(b % 3 < classes ? b % 3 : 0);
  return all;
}
const std::vector<std::string> names{"one", "two", "three"};

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEMPLATE_TEST_CASE("a saved classifier is read again with the same bits", "[save]", float, double) {
  const files::TemporaryDirectory folder;
  const auto x = random_states<TestType>();
  const auto fitted = seqpool::fit(Attention<TestType>::untrained(features, 2, 3), x, all_tokens, labels_of(3),
                                   {.query_l2 = 0.1, .tolerance = 1e-4});
  seqpool::save(folder / "head.safetensors", fitted, names);
  const Safetensors file(folder / "head.safetensors");
  CHECK(file.names() == std::vector<std::string>{"head.0.bias", "head.0.weight", "pooling.query"});
  CHECK(file.metadata().at("labels") == "[\"one\", \"two\", \"three\"]");
  CHECK(file.metadata().at("pooling") == "attention");
  CHECK(file.metadata().at("converged") == "true");
  const seqpool::Classifier read{
      Attention{file.tensor<TestType, 2>("pooling.query")},
      Linear{file.tensor<TestType, 2>("head.0.weight"), file.tensor<TestType, 1>("head.0.bias")}};
  CHECK(test::same_bits(read.logits(x), fitted.classifier.logits(x)));
  // The classifier alone is as good, and so is a head.
  seqpool::save(folder / "again.safetensors", fitted.classifier);
  const Safetensors again(folder / "again.safetensors");
  CHECK(again.names() == file.names());
  const auto head = seqpool::fit(seqpool::max_pool(x), labels_of(2));
  seqpool::save(folder / "vectors.safetensors", head, {"no", "yes"});
  const Safetensors of_vectors(folder / "vectors.safetensors");
  const Linear back{of_vectors.tensor<TestType, 2>("weight"), of_vectors.tensor<TestType, 1>("bias")};
  CHECK(test::same_bits(seqpool::map(back, seqpool::max_pool(x)), seqpool::map(head.classifier, seqpool::max_pool(x))));
}

TEST_CASE("a Dense module is what sentence-transformers reads", "[save]") {
  const files::TemporaryDirectory folder;
  const auto x = random_states<float>();
  const auto fitted = seqpool::fit(seqpool::Mean{}, x, all_tokens, labels_of(3));
  const auto write = [&](const char* name, const char* text) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << text;
  };
  write("modules.json", R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}])");
  write("1_Pooling/config.json", R"({"word_embedding_dimension": 5, "pooling_mode_mean_tokens": true})");
  write("config.json", R"({"model_type": "bert", "hidden_size": 5})");
  seqpool::save_dense_module(folder / "2_Dense", fitted);
  CHECK(text_of(folder / "2_Dense/config.json") ==
        "{\n  \"in_features\": 5,\n  \"out_features\": 3,\n  \"bias\": true,\n"
        "  \"activation_function\": \"torch.nn.modules.linear.Identity\"\n}\n");
  const auto model = seqpool::model::SentenceTransformer(folder / "");
  const Eigen::Tensor<float, 2, Eigen::RowMajor> mask =
      Eigen::Tensor<float, 2, Eigen::RowMajor>(rows, tokens).constant(1);
  CHECK(test::same_bits(model.embed(x, mask), fitted.classifier.logits(x)));
  // A Linear alone, and one without a bias, over what is there.
  const Linear<float> bare(Eigen::MatrixXf(Eigen::MatrixXf::Identity(2, 5)));
  seqpool::save_dense_module(folder / "2_Dense", bare);
  CHECK_THAT(text_of(folder / "2_Dense/config.json"), ct::has_substring("\"bias\": false"));
  const auto other = seqpool::model::SentenceTransformer(folder / "");
  CHECK(test::same_bits(other.embed(x, mask), seqpool::map(bare, seqpool::mean_pool(x))));

  const auto learned =
      seqpool::fit(Attention<float>::untrained(features), x, all_tokens, labels_of(3), {.iterations = 1});
  CHECK_THROWS_WITH(seqpool::save_dense_module(folder / "3_Dense", learned),
                    ct::has_substring("the pooling has parameters"));
  CHECK_FALSE(std::filesystem::exists(folder / "3_Dense"));
  CHECK_THROWS_AS(seqpool::save_dense_module(folder / "2_Dense/config.json", bare), seqpool::io::Error);
}

TEST_CASE("an attention probe is read again with the same bits", "[save]") {
  const files::TemporaryDirectory folder;
  const auto x = random_states<float>();
  const auto check = [&](const auto& classifier) {
    seqpool::save_attention_probe(folder / "probe.safetensors", classifier, names);
    const Safetensors file(folder / "probe.safetensors");
    CHECK(file.names() == std::vector<std::string>{"position_weight", "q.weight", "v.bias", "v.weight"});
    CHECK(file.metadata().at("labels") == "[\"one\", \"two\", \"three\"]");
    const seqpool::AttentionProbe probe{file.tensor<float, 2>("q.weight"), file.tensor<float, 1>("position_weight"),
                                        file.tensor<float, 2>("v.weight"), file.tensor<float, 1>("v.bias")};
    const seqpool::Classifier read{probe.pooling(), probe.head()};
    const auto own = seqpool::parameters(classifier.heads()), again = seqpool::parameters(probe.head());
    CHECK(std::equal(own.numbers().begin(), own.numbers().end(), again.numbers().begin()));
    // A position weight of 0 adds 0 to a score, which may be summed in another order of a query.
    const auto logits = classifier.logits(x), of_probe = read.logits(x);
    for (Index i = 0; i < logits.size(); ++i) CHECK(of_probe.data()[i] == ct::Approx(logits.data()[i]).margin(1e-5));
    return file.tensor<float, 2>("q.weight").dimension(0);
  };
  const seqpool::FitOptions options{.query_l2 = 0.1, .iterations = 10};
  const auto fitted = seqpool::fit(Attention<float>::untrained(features, 2, 3), x, all_tokens, labels_of(3), options);
  CHECK(check(fitted.classifier) == 2);
  CHECK(check(seqpool::fit(Attention<float>::untrained(features), x, all_tokens, labels_of(3), options).classifier) ==
        1);
  const auto query = fitted.classifier.pooling();
  // A scale is in the query.
  Eigen::Tensor<float, 2, Eigen::RowMajor> unscaled(2, features);
  std::copy(query.query().begin(), query.query().end(), unscaled.data());
  CHECK(check(seqpool::Classifier{Attention<float, Eigen::Dynamic>(unscaled, 0.5),
                                  fitted.classifier.heads().get<0>()}) == 2);
  CHECK_THROWS_WITH(
      seqpool::save_attention_probe(folder / "probe.safetensors",
                                    seqpool::Classifier{Attention<float, Eigen::Dynamic>(unscaled).average(),
                                                        Linear<float>(Eigen::MatrixXf(Eigen::MatrixXf::Ones(3, 5)))}),
      ct::has_substring("averages its heads"));
  CHECK_THROWS_WITH(seqpool::save_attention_probe(
                        folder / "probe.safetensors",
                        seqpool::Classifier{query, Linear<float>(Eigen::MatrixXf(Eigen::MatrixXf::Ones(3, 4)))}),
                    ct::has_substring("a head gets vectors of 10 features"));
}
