// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"

// What scikit-learn and PyTorch learn from the same vectors: tests/golden/fit/generate.py says how.

using seqpool::Index;
using seqpool::Linear;

namespace {

using Row2 = Eigen::Tensor<double, 2, Eigen::RowMajor>;
using Column = Eigen::Tensor<double, 1, Eigen::RowMajor>;
using File = seqpool::io::Safetensors;

const File& given() {
  static const File file(SEQPOOL_TEST_GOLDEN_POOLINGS "/fit/vectors.safetensors");
  return file;
}
const File& optimum() {
  static const File file(SEQPOOL_TEST_GOLDEN_POOLINGS "/fit/optimum.safetensors");
  return file;
}

Row2 training(const std::string& pooling) {
  if (pooling == "mean") return given().tensor<float, 2>("mean").cast<double>();
  return given().tensor<Eigen::half, 2>(pooling).cast<double>();
}
std::vector<int> labels() {
  const auto all = given().tensor<std::int64_t, 1>("labels");
  return {all.data(), all.data() + all.size()};
}

struct Test {
  File file{SEQPOOL_TEST_TOPICS};
  Eigen::Tensor<double, 3, Eigen::RowMajor> x = file.tensor<Eigen::half, 3>("hidden_states").cast<double>();
  Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> mask = file.tensor<std::int64_t, 2>("attention_mask");
  Eigen::Tensor<std::int64_t, 1, Eigen::RowMajor> labels = file.tensor<std::int64_t, 1>("labels");
};
const Test& testing() {
  static const Test test;
  return test;
}
Row2 test_vectors(const std::string& pooling) {
  const auto& [file, x, mask, y] = testing();
  return pooling == "cls"    ? Row2(seqpool::cls_pool(x, mask))
         : pooling == "mean" ? Row2(seqpool::mean_pool(x, mask))
                             : Row2(seqpool::max_pool(x, mask));
}

struct Difference {
  double weight;
  double bias;
};

// The largest differences to the optimum, and classes of the test sentences that are the same. Biases of several
// classes are free but for their differences.
Difference difference(const Linear<double>& head, const std::string& name, const Row2& test) {
  const Row2 weight = optimum().tensor<double, 2>(name + ".weight");
  const Column bias = optimum().tensor<double, 1>(name + ".bias");
  const auto own = seqpool::parameters(head);
  REQUIRE(own["weight"].size() == static_cast<std::size_t>(weight.size()));
  REQUIRE(own["bias"].size() == static_cast<std::size_t>(bias.size()));
  Difference d{0, 0};
  for (Index i = 0; i < weight.size(); ++i)
    d.weight = std::max(d.weight, std::abs(own["weight"][static_cast<std::size_t>(i)] - weight.data()[i]));
  double shift = 0;
  if (bias.size() > 1 && name.find('C') != name.npos)
    for (Index c = 0; c < bias.size(); ++c)
      shift += (own["bias"][static_cast<std::size_t>(c)] - bias(c)) / static_cast<double>(bias.size());
  for (Index c = 0; c < bias.size(); ++c)
    d.bias = std::max(d.bias, std::abs(own["bias"][static_cast<std::size_t>(c)] - shift - bias(c)));

  const Row2 logits = seqpool::map(head, test), best = seqpool::map(Linear<double>(weight, bias), test);
  for (Index row = 0; row < logits.dimension(0); ++row) {
    const double *const a = &logits(row, 0), *const b = &best(row, 0);
    if (bias.size() == 1)
      CHECK((*a > 0) == (*b > 0));
    else
      CHECK(std::max_element(a, a + bias.size()) - a == std::max_element(b, b + bias.size()) - b);
  }
  return d;
}

double norm(const Linear<double>& head, const std::string& name) {
  const Row2 weight = optimum().tensor<double, 2>(name + ".weight");
  double sum = 0;
  const auto own = seqpool::parameters(head);
  for (Index i = 0; i < weight.size(); ++i) {
    const double d = own["weight"][static_cast<std::size_t>(i)] - weight.data()[i];
    sum += d * d;
  }
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("a fit of vectors is scikit-learn's optimum", "[fit][optimum]") {
  for (const std::string pooling : {"cls", "mean", "max"}) {
    const Row2 x = training(pooling), test = test_vectors(pooling);
    for (const auto& [C, name] :
         {std::pair(0.1, "0.1"), std::pair(1., "1"), std::pair(10., "10"), std::pair(100., "100")}) {
      CAPTURE(pooling, C);
      const auto fitted = seqpool::fit(x, labels(), {.C = C, .tolerance = 1e-9});
      CHECK(fitted.converged);
      CHECK(fitted.evaluations <= 60);
      const std::string golden = pooling + ".C" + name;
      const auto [weight, bias] = difference(fitted.classifier, golden, test);
      CHECK(weight <= (C <= 10 ? 1e-6 : 1e-5));
      CHECK(bias <= (C <= 10 ? 3e-6 : 5e-5));
      // |W - W*| <= C S |g|_2, S = 160, and |g|_2 <= sqrt(1540) * 1e-9, as the penalty alone curves 1 / (C S).
      CHECK(norm(fitted.classifier, golden) <= C * 160 * std::sqrt(1540.) * fitted.gradient + 1e-12);

      const auto rough = seqpool::fit(x, labels(), {.C = C, .tolerance = 1e-4});
      CHECK(rough.converged);
      CHECK(rough.evaluations <= 17);
      // In float, the same but for its rounding.
      const auto rounded = seqpool::fit(Eigen::Tensor<float, 2, Eigen::RowMajor>(x.cast<float>()), labels(),
                                        {.C = C, .tolerance = 1e-9});
      CHECK(rounded.converged == fitted.converged);
      CHECK(rounded.loss == ct::Approx(fitted.loss).epsilon(1e-6));
    }
  }
}

TEST_CASE("two classes, weights of samples and balanced classes are scikit-learn's", "[fit][optimum]") {
  const Row2 x = training("mean"), test = test_vectors("mean");
  auto two = labels();
  for (int& label : two) label = label == 3;
  const auto check = [&](const auto& fitted, const std::string& name) {
    CAPTURE(name);
    CHECK(fitted.converged);
    CHECK(fitted.evaluations <= 60);
    const auto [weight, bias] = difference(fitted.classifier, name, test);
    CHECK(weight <= 1e-6);
    CHECK(bias <= 3e-6);
  };
  check(seqpool::fit(x, two, {.tolerance = 1e-9}), "two");
  const auto samples = optimum().tensor<double, 1>("weighted.samples");
  check(seqpool::fit(x, labels(),
                     {.sample_weights = {samples.data(), samples.data() + samples.size()}, .tolerance = 1e-9}),
        "weighted");
  const auto rows = optimum().tensor<std::int64_t, 1>("balanced.rows");
  Row2 some(rows.size(), x.dimension(1));
  std::vector<int> y;
  for (Index i = 0; i < rows.size(); ++i) {
    y.push_back(labels()[static_cast<std::size_t>(rows(i))]);
    for (Index h = 0; h < x.dimension(1); ++h) some(i, h) = x(static_cast<Index>(rows(i)), h);
  }
  check(seqpool::fit(some, y, {.class_weights = seqpool::balanced(y, 4), .tolerance = 1e-9}), "balanced");
}

TEST_CASE("classes that do not exclude each other are OneVsRest's, and a regression is Ridge's", "[fit][optimum]") {
  const Row2 x = training("mean"), test = test_vectors("mean");
  const Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> several = optimum().tensor<std::int64_t, 2>("several.targets");
  const auto classes = seqpool::fit(x, several, {.tolerance = 1e-9});
  CHECK(classes.converged);
  const auto of_classes = difference(classes.classifier, "several", test);
  CHECK(of_classes.weight <= 1e-6);
  CHECK(of_classes.bias <= 1e-6);
  const Row2 targets = optimum().tensor<double, 2>("ridge.targets");
  const auto regression = seqpool::fit(x, seqpool::Regression{targets}, {.C = 10, .tolerance = 1e-9});
  CHECK(regression.converged);
  const auto of_numbers = difference(regression.classifier, "ridge", test);
  CHECK(of_numbers.weight <= 1e-6);
  CHECK(of_numbers.bias <= 1e-6);
}

TEST_CASE("a query and a head that are learned together are PyTorch's", "[fit][optimum]") {
  const auto& [file, x, mask, y] = testing();
  const auto fitted = seqpool::fit(seqpool::Attention<double>::untrained(x.dimension(2)), x, mask, y,
                                   {.query_l2 = 0.01, .tolerance = 1e-8});
  CHECK(fitted.converged);
  CHECK(std::abs(fitted.loss - optimum().tensor<double, 0>("learned.loss")()) <= 1e-9);
  const auto all = seqpool::parameters(fitted.classifier);
  const auto query = optimum().tensor<double, 1>("learned.query");
  double largest = 0;
  for (Index h = 0; h < query.size(); ++h)
    largest = std::max(largest, std::abs(all["pooling.query"][static_cast<std::size_t>(h)] - query(h)));
  CHECK(largest <= 1e-5);
  CHECK(difference(fitted.classifier.heads().get<0>(), "learned", seqpool::pool(fitted.classifier.pooling(), x, mask))
            .weight <= 1e-5);

  // In float, to what its noise allows, with the same classes.
  const Eigen::Tensor<float, 3, Eigen::RowMajor> rounded = x.cast<float>();
  const auto other = seqpool::fit(seqpool::Attention<float>::untrained(x.dimension(2)), rounded, mask, y,
                                  {.query_l2 = 0.01, .tolerance = 1e-4});
  CHECK(other.converged);
  const auto classes = fitted.classifier.predict(x, mask), other_classes = other.classifier.predict(rounded, mask);
  CHECK(std::equal(classes.data(), classes.data() + classes.size(), other_classes.data()));
}

TEST_CASE("the default tolerance classifies as many test sentences as scikit-learn's optimum", "[fit][optimum]") {
  for (const auto& [pooling, least] : {std::pair("cls", 71), std::pair("mean", 73), std::pair("max", 73)}) {
    const auto fitted = seqpool::fit(training(pooling), labels());
    CHECK(fitted.converged);
    const auto classes = seqpool::argmax(seqpool::map(fitted.classifier, test_vectors(pooling)));
    Index right = 0;
    for (Index row = 0; row < 80; ++row) right += classes(row) == testing().labels(row);
    CHECK(right == least);
  }
}
