// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/classifier.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "midrange.hpp"
#include "support/catch.hpp"
#include "support/rows.hpp"

using seqpool::Classifier;
using seqpool::Index;
using seqpool::Linear;

namespace {

Eigen::Tensor<float, 3, Eigen::RowMajor> states(Index batch, Index seq, Index hidden) {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(batch, seq, hidden);
  const auto values = test::Random(4).values<float>(x.size());
  std::copy(values.begin(), values.end(), x.data());
  return x;
}

// A head that is not Linear: the sum of all features, as the only class.
struct Sum {
  Index width(Index) const { return 1; }
  void map(seqpool::Rows<const float> in, seqpool::Rows<float> out) const {
    for (Index i = 0; i < in.size(); ++i) out[i][0] = std::accumulate(in[i].begin(), in[i].end(), 0.f);
  }
};

}  // namespace

TEST_CASE("a classifier is head(pool(...)), its softmax and its argmax", "[classifier]") {
  const auto x = states(5, 6, 8);
  const auto values = test::Random(5).values<float>(24);
  const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> weight(values.data(), 3, 8);
  const std::vector<float> bias{0.1f, 0.2f, 0.3f};
  const Linear head(weight, bias);
  const Classifier classifier{seqpool::Mean{}, head};
  Eigen::Tensor<int, 2> mask(5, 6);
  mask.setConstant(1);
  for (Index s = 0; s < 6; ++s) mask(3, s) = 0;
  mask(1, 0) = 0;

  const auto logits = seqpool::map(head, seqpool::mean_pool(x, mask));
  CHECK(test::rows_of(classifier.logits(x, mask)) == test::rows_of(logits));
  CHECK(test::rows_of(classifier.logits(x, mask)) != test::rows_of(classifier.logits(x)));
  CHECK(test::rows_of(classifier.probabilities(x, mask)) == test::rows_of(seqpool::softmax(logits)));
  const auto predicted = classifier.predict(x, mask);
  const auto best = seqpool::argmax(logits);
  for (Index b = 0; b < 5; ++b) CHECK(predicted(b) == best(b));
  for (Index c = 0; c < 3; ++c) CHECK(logits(3, c) == bias[static_cast<std::size_t>(c)]);  // an empty row

  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  CHECK(test::rows_of(classifier.logits(x, mask, device)) == test::rows_of(logits));
  CHECK(test::rows_of(classifier.logits(x, seqpool::Lengths(std::array{6, 6, 6, 6, 6}), device)) ==
        test::rows_of(classifier.logits(x)));
}

TEST_CASE("a single class is a yes or no: sigmoid, and 1 where it is over a half", "[classifier]") {
  const Classifier classifier{seqpool::Mean{}, Sum{}};
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(3, 1, 2);
  x.setValues({{{1, 1}}, {{-1, -1}}, {{0, 0}}});
  const auto p = classifier.probabilities(x);
  CHECK(p(0, 0) == ct::Approx(1 / (1 + std::exp(-2.0))));
  CHECK(p(1, 0) == ct::Approx(1 / (1 + std::exp(2.0))));
  CHECK(p(2, 0) == 0.5f);
  const auto y = classifier.predict(x);
  CHECK((y(0) == 1 && y(1) == 0 && y(2) == 0));
}

TEST_CASE("of a row of NaN the class is 0, of several classes and of one", "[classifier]") {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 3, 2);
  x.setConstant(1);
  x(1, 2, 0) = NAN;
  for (const Index classes : {1, 3}) {
    Eigen::Tensor<float, 2> weight(classes, 2);
    weight.setConstant(1);
    weight(classes - 1, 0) = 2;
    const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight}};
    const auto found = classifier.predict(x);
    CHECK((found(0) == (classes == 1 ? 1 : 2) && found(1) == 0));
    CHECK(std::isnan(classifier.logits(x)(1, classes - 1)));
  }
}

TEST_CASE("two classes exclude each other: softmax, and the larger logit", "[classifier]") {
  const Eigen::Matrix2f weight{{1, 0}, {0, 1}};
  const Classifier classifier{seqpool::Mean{}, Linear{weight}};
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 1, 2);
  x.setValues({{{1, 3}}, {{-1, -2}}});
  const auto p = classifier.probabilities(x);
  CHECK(p(0, 1) == ct::Approx(1 / (1 + std::exp(-2.0))));
  CHECK(p(0, 0) + p(0, 1) == ct::Approx(1));
  const auto y = classifier.predict(x);
  CHECK((y(0) == 1 && y(1) == 0));
}

TEST_CASE("several heads follow a pooling, the last of which gives the logits", "[classifier]") {
  const auto x = states(4, 3, 8);
  const auto weight = test::Random(5).values<float>(5 * 6);
  const Linear last{Eigen::Map<const Eigen::MatrixXf>(weight.data(), 5, 6).eval()};
  const Classifier classifier{seqpool::Max{}, seqpool::Truncate{6}, seqpool::Normalize{}, last};
  const seqpool::Sequential heads{seqpool::Truncate{6}, seqpool::Normalize{}, last};
  const auto logits = seqpool::map(heads, seqpool::max_pool(x));
  CHECK(test::rows_of(classifier.logits(x)) == test::rows_of(logits));
  CHECK(classifier.predict(x)(3) == seqpool::argmax(logits)(3));
}

TEST_CASE("a user's pooling and a user's head are as good as ours", "[classifier]") {
  const auto x = states(2, 3, 4);
  const Classifier classifier{Midrange{}, Sum{}};
  CHECK(test::rows_of(classifier.logits(x)) == test::rows_of(seqpool::map(Sum{}, seqpool::pool(Midrange{}, x))));
  CHECK(classifier.heads().width(4) == 1);
}

TEST_CASE("Guarantee 7: a pooling and a head of different widths are refused with both", "[guarantees][classifier]") {
  const Classifier classifier{seqpool::Mean{}, Linear(Eigen::MatrixXf::Zero(3, 7).eval())};
  CHECK_THROWS_AS(classifier.logits(states(2, 3, 8)), std::invalid_argument);
  CHECK_THROWS_WITH(classifier.logits(states(2, 3, 8)),
                    ct::has_substring("vectors of 8 features") && ct::has_substring("[3, 7]"));
}

TEST_CASE("Guarantee 2: a row's logits do not depend on the batch", "[guarantees][classifier]") {
  const auto x = states(33, 9, 130);
  const auto values = test::Random(6).values<float>(5 * 130);
  const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> weight(values.data(), 5, 130);
  const Classifier classifier{seqpool::Attention(test::Random(7).values<float>(130)), Linear(weight)};
  const auto all = test::rows_of(classifier.logits(x));
  for (Index b = 0; b < 33; ++b) {
    const seqpool::HiddenStates<float> one(x.data() + b * 9 * 130, {1, 9, 130});
    CHECK(test::same_bits(test::rows_of(classifier.logits(one))[0], all[static_cast<std::size_t>(b)]));
  }
}
