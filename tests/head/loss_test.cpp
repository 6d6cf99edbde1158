// SPDX-License-Identifier: MIT
#include <seqpool/head/loss.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::BinaryCrossEntropy;
using seqpool::CrossEntropy;
using seqpool::Index;
using seqpool::SquaredError;

namespace {

using Targets = Eigen::Tensor<double, 2, Eigen::RowMajor>;
using LongReal = long double;

Targets targets_of(Index rows, const std::vector<double>& numbers) {
  Targets targets(rows, static_cast<Index>(numbers.size()) / rows);
  std::copy(numbers.begin(), numbers.end(), targets.data());
  return targets;
}

// The loss of all rows, and its gradient [rows, logits].
template <class A> struct Lost {
  double loss = 0;
  std::vector<A> d_logits;
};
template <class A, class L> Lost<A> lost(const L& loss, Index rows, const std::vector<A>& logits) {
  const auto width = logits.size() / static_cast<std::size_t>(rows);
  loss.check(rows, static_cast<Index>(width));
  Lost<A> result{0, std::vector<A>(logits.size(), A(77))};
  for (Index i = 0; i < rows; ++i) {
    const auto first = static_cast<std::size_t>(i) * width;
    result.loss += loss.of_row(i, std::span<const A>(logits).subspan(first, width),
                               std::span<A>(result.d_logits).subspan(first, width));
  }
  return result;
}
std::vector<double> d_logits_of(const auto& loss, Index rows, const std::vector<double>& logits) {
  return lost(loss, rows, logits).d_logits;
}

void check_close(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == ct::Approx(expected[i]).epsilon(1e-13).margin(1e-16));
}

// f(loss, rows, logits) for one of each.
template <class F> void for_each_loss(F f) {
  const std::vector<int> labels{2, 0, 1, 2, 2};
  const std::vector<int> signs{1, 0, 1, 0, 1};
  const auto random = [](Index n) { return test::Random(3).values<double>(n, -3, 3); };
  const std::vector<double> samples{1, 0.5, 3, 0, 2};
  f("cross-entropy", CrossEntropy(labels), 5, random(15));
  f("weighted", CrossEntropy(labels, {.classes = {0.5, 2, 3}, .samples = samples}), 5, random(15));
  f("one logit", CrossEntropy(signs, {.classes = {0.5, 2}, .samples = samples}), 5, random(5));
  const auto targets = targets_of(5, test::Random(4).values<double>(15, 0, 1));
  f("binary", BinaryCrossEntropy(targets), 5, random(15));
  f("binary, weighted", BinaryCrossEntropy(targets, {.classes = {0.5, 2, 0}, .samples = samples}), 5, random(15));
  f("squares", SquaredError(targets), 5, random(15));
  f("squares, weighted", SquaredError(targets, {.classes = {0.5, 2, 3}, .samples = samples}), 5, random(15));
}

template <class L> std::string refusal(L make) {
  try {
    make();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing is refused";
}

}  // namespace

TEST_CASE("losses are PyTorch's, by the reductions that their comments say", "[loss]") {
  const std::vector<double> z{1, 2, -0.5, 0.25, -3, 4, 2, 2, 1};
  const std::array labels{2, 0, 1};
  const auto plain = lost(CrossEntropy(labels), 3, z);
  CHECK(plain.loss == ct::Approx(2.5025566109859074).epsilon(1e-14));
  check_close(plain.d_logits, {0.0845720605450084, 0.22989069537483453, -0.3144627559198429, -0.32568102769342344,
                               0.00029671208927372315, 0.3253843156041497, 0.14077293275050606, -0.19256040058282725,
                               0.051787467832321195});
  const auto weighted = lost(CrossEntropy(labels, {.classes = {0.5, 2, 1.5}}), 3, z);
  CHECK(weighted.loss == ct::Approx(1.9795915386047302).epsilon(1e-14));
  check_close(weighted.d_logits, {0.09514356811313446, 0.2586270322966888, -0.3537706004098233, -0.1221303853850338,
                                  0.00011126703347764618, 0.12201911835155616, 0.2111593991257591, -0.2888406008742409,
                                  0.0776812017484818});
  // Times their 3 classes, and times half of them.
  const auto targets = targets_of(3, {1, 0, 1, 0, 0.25, 1, 0, 1, 0});
  const auto binary = lost(BinaryCrossEntropy(targets), 3, z);
  CHECK(binary.loss == ct::Approx(2.8746870305719554).epsilon(1e-14));
  check_close(binary.d_logits, {-0.08964714045666504, 0.29359902599262744, -0.20748644373395153, 0.1873921669619327,
                                -0.06752470894081108, -0.005995403320697182, 0.29359902599262744, -0.0397343073407059,
                                0.24368619287666832});
  const auto squares = lost(SquaredError(targets), 3, z);
  CHECK(squares.loss == ct::Approx(5.3125).epsilon(1e-14));
  check_close(squares.d_logits, {0, 2. / 3, -0.5, 0.25 / 3, -3.25 / 3, 1, 2. / 3, 1. / 3, 1. / 3});
}

TEST_CASE("losses go back as central differences do", "[loss][gradient]") {
  for_each_loss([](const char* name, const auto& loss, Index rows, std::vector<double> logits) {
    const auto d_logits = d_logits_of(loss, rows, logits);
    double largest = 0;
    for (const double g : d_logits) largest = std::max(largest, std::abs(g));
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double given = logits[i];
      const auto moved = [&](double step) {
        logits[i] = given + step;
        return lost(loss, rows, logits).loss;
      };
      INFO(name << " " << i);
      CHECK(std::abs(d_logits[i] - (moved(1e-5) - moved(-1e-5)) / 2e-5) <= 1e-8 * largest);
      logits[i] = given;
    }
  });
}

TEST_CASE("a loss may write its gradient over the logits", "[loss][gradient]") {
  for_each_loss([](const char* name, const auto& loss, Index rows, std::vector<double> logits) {
    INFO(name);
    const auto expected = lost(loss, rows, logits);
    const std::size_t width = logits.size() / static_cast<std::size_t>(rows);
    double found = 0;
    for (Index i = 0; i < rows; ++i) {
      const auto row = std::span(logits).subspan(static_cast<std::size_t>(i) * width, width);
      found += loss.of_row(i, std::span<const double>(row), row);
    }
    CHECK(found == expected.loss);
    CHECK(logits == expected.d_logits);
  });
}

TEMPLATE_TEST_CASE("Guarantee 4: cross-entropy and its gradient keep their digits, however sure the class is",
                   "[guarantees][loss]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  const auto eps = static_cast<LongReal>(std::numeric_limits<double>::epsilon());
  for (const Index classes : {2, 3, 70})
    for (const double offset : {0., 1e4, -1e4, 1e30})
      for (const double spread : {1e-3, 1., 20., 80., 1e4}) {
        const auto n = static_cast<std::size_t>(classes);
        auto z = test::Random(n).values<TestType>(classes, offset - spread, offset + spread);
        for (std::size_t label = 0; label < n; label += n / 2) {
          const auto found = lost(CrossEntropy(std::vector<std::size_t>{label}), 1, z);
          const LongReal largest = static_cast<LongReal>(*std::max_element(z.begin(), z.end()));
          LongReal others = 0, size = 0;
          for (std::size_t c = 0; c < n; ++c) {
            if (c != label) others += std::exp(static_cast<LongReal>(z[c]) - largest);
            size = std::max(size, std::abs(static_cast<LongReal>(z[c]) - largest));
          }
          const LongReal of_label = static_cast<LongReal>(z[label]) - largest, sum = others + std::exp(of_label);
          const LongReal loss = of_label == 0 ? std::log1p(others) : std::log(sum) - of_label;
          INFO("classes " << classes << " offset " << offset << " spread " << spread << " label " << label);
          const LongReal bound = (static_cast<LongReal>(classes) + 8 + size) * eps;
          REQUIRE(std::abs(static_cast<LongReal>(found.loss) - loss) <=
                  bound * loss + (of_label == 0 ? 0 : eps * size) +
                      static_cast<LongReal>(std::numeric_limits<double>::min()));
          for (std::size_t c = 0; c < n; ++c) {
            const LongReal expected = (c == label ? -others : std::exp(static_cast<LongReal>(z[c]) - largest)) / sum;
            REQUIRE(std::abs(static_cast<LongReal>(found.d_logits[c]) - expected) <=
                    (bound + static_cast<LongReal>(Limits::epsilon())) * std::abs(expected) +
                        static_cast<LongReal>(Limits::min()));
          }
        }
      }
}

TEMPLATE_TEST_CASE("losses at the largest numbers there are, and at infinity", "[loss]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  using Row = std::vector<TestType>;
  const TestType most = Limits::max(), inf = Limits::infinity(), nan = Limits::quiet_NaN();
  const CrossEntropy first(std::array{0});
  CHECK(lost(first, 1, Row{most, -most}).loss == 0);
  CHECK(lost(first, 1, Row{most, -most}).d_logits == Row{0, 0});
  CHECK(lost(first, 1, Row{most, most}).loss == ct::Approx(std::log(2)));
  CHECK(lost(first, 1, Row{most, most}).d_logits == Row{TestType(-0.5), TestType(0.5)});
  CHECK(lost(first, 1, Row{-most / 2, most / 4}).loss == ct::Approx(0.75 * static_cast<double>(most)));
  CHECK(lost(first, 1, Row{-most, most}).d_logits == Row{-1, 1});
  CHECK(lost(first, 1, Row{TestType(1e4), 0}).loss == 0);
  CHECK(lost(first, 1, Row{0, TestType(1e4)}).loss == 1e4);
  CHECK(lost(first, 1, Row{most}).loss == static_cast<double>(most));
  CHECK(lost(first, 1, Row{most}).d_logits == Row{1});
  CHECK(lost(first, 1, Row{-most}).loss == 0);
  // A class that cannot be; that of the label costs without end.
  CHECK(lost(first, 1, Row{1, -inf, 1}).loss == ct::Approx(std::log(2)));
  CHECK(lost(first, 1, Row{1, -inf, 1}).d_logits == Row{TestType(-0.5), 0, TestType(0.5)});
  CHECK(lost(first, 1, Row{-inf, 1}).loss == std::numeric_limits<double>::infinity());
  CHECK(lost(first, 1, Row{-inf, 1}).d_logits == Row{-1, 1});
  for (const auto& row :
       {Row{nan, 1, 2}, Row{1, nan, 2}, Row{1, 2, nan}, Row{nan}, Row{inf, 1}, Row{1, inf}, Row{-inf, -inf}}) {
    const auto found = lost(first, 1, row);
    CHECK(std::isnan(found.loss));
    CHECK(std::any_of(found.d_logits.begin(), found.d_logits.end(), [](TestType g) { return std::isnan(g); }));
  }

  const BinaryCrossEntropy both(targets_of(1, {0, 1}));
  CHECK(lost(both, 1, Row{-most, most}).loss == 0);
  CHECK(lost(both, 1, Row{-most, most}).d_logits == Row{0, 0});
  CHECK(lost(both, 1, Row{most / 4, -most / 2}).loss == ct::Approx(0.75 * static_cast<double>(most)));
  CHECK(lost(both, 1, Row{most, -most}).d_logits == Row{1, -1});
  // A class that cannot be and one that must be, rightly and wrongly.
  CHECK(lost(both, 1, Row{-inf, inf}).loss == 0);
  CHECK(lost(both, 1, Row{-inf, inf}).d_logits == Row{0, 0});
  CHECK(lost(both, 1, Row{inf, -inf}).loss == std::numeric_limits<double>::infinity());
  CHECK(lost(both, 1, Row{inf, -inf}).d_logits == Row{1, -1});
  CHECK(lost(first, 1, Row{-inf}).loss == 0);
  CHECK(lost(first, 1, Row{inf}).loss == std::numeric_limits<double>::infinity());
  CHECK(lost(SquaredError(targets_of(1, {0})), 1, Row{inf}).loss == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(lost(both, 1, Row{nan, 1}).loss));
  CHECK(std::isnan(lost(SquaredError(targets_of(1, {0, 1})), 1, Row{nan, 1}).loss));
}

TEST_CASE("a single logit is that of class 1 beside a logit of 0", "[loss]") {
  const std::vector<int> labels{1, 0, 1, 0};
  const seqpool::LossWeights weights{.classes = {0.25, 3}, .samples = {1, 2, 0.5, 7}};
  const auto z = test::Random(8).values<double>(4, -5, 5);
  std::vector<double> two;
  for (const double x : z) two.insert(two.end(), {0, x});
  const auto one = lost(CrossEntropy(labels, weights), 4, z);
  const auto both = lost(CrossEntropy(labels, weights), 4, two);
  CHECK(one.loss == ct::Approx(both.loss).epsilon(1e-14));
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(one.d_logits[i] == ct::Approx(both.d_logits[2 * i + 1]).epsilon(1e-14));
    CHECK(one.d_logits[i] == ct::Approx(-both.d_logits[2 * i]).epsilon(1e-14));
  }
  // And binary cross-entropy of one class.
  const auto binary = lost(BinaryCrossEntropy(targets_of(4, {1, 0, 1, 0}), {.samples = {3, 0.5, 1.5, 1.75}}), 4, z);
  CHECK(binary.d_logits.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(binary.d_logits[i] == ct::Approx(one.d_logits[i]).epsilon(1e-14));
}

TEST_CASE("weights of samples are repetitions, and those of classes weigh all of their rows", "[loss]") {
  const std::vector<double> z{1, 2, -0.5, 0.25, -3, 4};
  const std::vector<double> repeated{1, 2, -0.5, 1, 2, -0.5, 1, 2, -0.5, 0.25, -3, 4};
  const auto thrice = lost(CrossEntropy(std::array{2, 0, 0}, {.samples = {3, 1, 0}}), 3,
                           std::vector<double>{1, 2, -0.5, 0.25, -3, 4, 9, 9, 9});
  CHECK(thrice.loss == ct::Approx(lost(CrossEntropy(std::array{2, 2, 2, 0}), 4, repeated).loss).epsilon(1e-14));
  CHECK(std::vector<double>(thrice.d_logits.begin() + 6, thrice.d_logits.end()) == std::vector<double>{0, 0, 0});
  const CrossEntropy by_class(std::array{2, 0}, {.classes = {1, 100, 3}});
  CHECK(by_class.total_weight() == 4);
  CHECK(lost(by_class, 2, z).loss == ct::Approx(thrice.loss).epsilon(1e-14));
  CHECK(CrossEntropy(std::array{2, 0}).total_weight() == 2);
  CHECK(CrossEntropy(std::array{2, 0}, {.classes = {1, 100, 3}, .samples = {2, 5}}).total_weight() == 11);
  CHECK(CrossEntropy(std::array{2, 0}).labels() == std::vector<Index>{2, 0});
  // Of targets, a class weighs its terms and not the row.
  const auto targets = targets_of(2, {1, 0, 0, 1});
  const auto plain = lost(SquaredError(targets), 2, std::vector<double>{3, 3, 3, 3});
  const auto weighed = lost(SquaredError(targets, {.classes = {2, 0}}), 2, std::vector<double>{3, 3, 3, 3});
  CHECK(weighed.loss == ct::Approx(2 * (2 + 4.5) / 2));
  CHECK(weighed.d_logits == std::vector<double>{2 * plain.d_logits[0], 0, 2 * plain.d_logits[2], 0});
  CHECK(SquaredError(targets, {.classes = {2, 0}, .samples = {1, 4}}).total_weight() == 5);
}

TEST_CASE("balanced gives each class the same share, as scikit-learn does", "[loss]") {
  const auto weights = seqpool::balanced(std::vector<std::int8_t>{0, 1, 1, 2, 1, 2}, 3);
  CHECK(weights == std::vector<double>{2, 2. / 3, 1});
  CHECK(CrossEntropy(std::array{0, 1, 1, 2, 1, 2}, {.classes = weights}).total_weight() == ct::Approx(6));
  CHECK(refusal([] { static_cast<void>(seqpool::balanced(std::array{0, 2}, 3)); }) ==
        "seqpool: balanced: no row has class 1, whose weight would be infinite");
  CHECK(refusal([] { static_cast<void>(seqpool::balanced(std::array{0, 3}, 3)); }) ==
        "seqpool: labels: row 1 has label 3, but there are 3 classes, 0 to 2");
  CHECK(refusal([] { static_cast<void>(seqpool::balanced(std::array{0, -1}, 3)); }).find("row 1 has label -1") !=
        std::string::npos);
  CHECK_THROWS_AS(seqpool::balanced(std::array{0}, 0), std::invalid_argument);
  CHECK_THROWS_AS(seqpool::balanced(std::array{0}, -1), std::invalid_argument);
}

TEST_CASE("Guarantee 7: labels that are no classes are refused by row and value", "[guarantees][loss]") {
  CHECK(refusal([] { CrossEntropy(std::vector<long>{0, 1, -3}); }) ==
        "seqpool: labels: row 2 has label -3: a label is the number of a class, from 0 on");
  CHECK(refusal([] {
          CrossEntropy(std::vector{std::uint64_t(0), ~std::uint64_t(0)});
        }).find("row 1 has label 18446744073709551615") != std::string::npos);
  CHECK(refusal([] { CrossEntropy(std::array{0, 3, 1}).check(3, 3); }) ==
        "seqpool: labels: row 1 has label 3, but there are 3 classes, 0 to 2");
  CHECK(refusal([] { CrossEntropy(std::array{0, 1, 2}).check(3, 1); }) ==
        "seqpool: labels: row 2 has label 2, but there are 2 classes, 0 to 1");
  CHECK_NOTHROW(CrossEntropy(std::array{0, 1, 2}).check(3, 3));
  CHECK_NOTHROW(CrossEntropy(std::array{0, 1, 1}).check(3, 1));
  CHECK(refusal([] { CrossEntropy(std::array{0, 1}).check(3, 2); }) ==
        "seqpool: labels are [2], but logits are [3, 2]: labels must be [batch]");
  CHECK(refusal([] { CrossEntropy(std::array{0, 3}, {.classes = {1, 1, 1}}); }) ==
        "seqpool: labels: row 1 has label 3, but there are 3 classes, 0 to 2");
  CHECK(refusal([] { CrossEntropy(std::array{0, 1}, {.classes = {1, 1, 1}}).check(2, 4); }) ==
        "seqpool: there are 3 weights of classes, but 4 classes");
  CHECK(refusal([] { CrossEntropy(std::array{0, 1}, {.classes = {1, 1, 1}}).check(2, 1); }) ==
        "seqpool: there are 3 weights of classes, but 2 classes");
  CHECK_NOTHROW(CrossEntropy(std::vector<int>{}).check(0, 3));
}

TEST_CASE("Guarantee 7: weights that are none are refused by place and value", "[guarantees][loss]") {
  const auto of_classes = [](std::vector<double> weights) {
    return refusal([&] { CrossEntropy(std::array{0, 1}, {.classes = weights}); });
  };
  const auto of_samples = [](std::vector<double> weights) {
    return refusal([&] { CrossEntropy(std::array{0, 1}, {.samples = weights}); });
  };
  CHECK(of_classes({1, -0.5}) == "seqpool: weights of classes[1] is -0.5: a weight is a number of 0 or more");
  CHECK(of_classes({double(NAN), 1}).find("weights of classes[0] is nan") != std::string::npos);
  CHECK(of_classes({0, 0}).find("weights of classes add up to 0:") != std::string::npos);
  CHECK(of_samples({1, double(INFINITY)}).find("weights of samples[1] is inf") != std::string::npos);
  CHECK(of_samples({0, 0}).find("weights of samples add up to 0:") != std::string::npos);
  CHECK(of_samples({1, 1, 1}) == "seqpool: there are 3 weights of samples, but 2 are needed");
  CHECK(of_samples({1e308, 1e308}).find("add up to inf") != std::string::npos);
  CHECK(of_samples({1, 0}) == "nothing is refused");
  // Each by itself is lawful, but no row is left.
  CHECK(refusal([] { CrossEntropy(std::array{0, 1}, {.classes = {0, 1}, .samples = {1, 0}}); }) ==
        "seqpool: the weights of all rows are 0: no row would be learned from");
  // And so, but their products are not finite.
  CHECK(refusal([] { CrossEntropy(std::array{0, 1}, {.classes = {1e200, 1}, .samples = {1e200, 1}}); }) ==
        "seqpool: the weights of all rows add up to more than a number can hold");
  const auto targets = targets_of(2, {0, 1, 1, 0});
  CHECK(refusal([&] { BinaryCrossEntropy(targets, {.classes = {1}}); }) ==
        "seqpool: there are 1 weights of classes, but 2 are needed");
  CHECK(refusal([&] { BinaryCrossEntropy(targets, {.samples = {1}}); }) ==
        "seqpool: there are 1 weights of samples, but 2 are needed");
  CHECK(refusal([&] { SquaredError(targets, {.samples = {0, 0}}); }).find("add up to 0:") != std::string::npos);
}

TEST_CASE("Guarantee 7: targets that are none are refused by row and class", "[guarantees][loss]") {
  CHECK(refusal([] { BinaryCrossEntropy(targets_of(2, {0, 1, 1.5, 0})); }) ==
        "seqpool: targets: row 1 has 1.5 for class 0: a target is a number from 0 to 1");
  CHECK(refusal([] { BinaryCrossEntropy(targets_of(2, {0, -0.5, 1, 0})); }).find("row 0 has -0.5 for class 1") !=
        std::string::npos);
  CHECK(refusal([] { BinaryCrossEntropy(targets_of(1, {double(NAN)})); }).find("row 0 has nan") != std::string::npos);
  CHECK(refusal([] { SquaredError(targets_of(1, {0, double(INFINITY)})); }).find("a target is a finite number") !=
        std::string::npos);
  CHECK_NOTHROW(SquaredError(targets_of(1, {-7, 1e300})));
  CHECK(refusal([] { SquaredError(targets_of(2, {0, 1, 1, 0})).check(2, 3); }) ==
        "seqpool: targets are [2, 2], but logits are [2, 3]: both must be [batch, classes]");
  CHECK_THROWS_AS(SquaredError(targets_of(2, {0, 1, 1, 0})).check(3, 2), std::invalid_argument);
  // Of any arithmetic type and layout.
  Eigen::Tensor<bool, 2> of_bool(1, 2);
  of_bool.setValues({{true, false}});
  Eigen::Tensor<Eigen::half, 2> of_half(1, 2);
  of_half.setValues({{Eigen::half(1), Eigen::half(0)}});
  const auto expected = lost(BinaryCrossEntropy(targets_of(1, {1, 0})), 1, std::vector<double>{1, 2});
  CHECK(lost(BinaryCrossEntropy(of_bool), 1, std::vector<double>{1, 2}).loss == expected.loss);
  CHECK(lost(BinaryCrossEntropy(of_half), 1, std::vector<double>{1, 2}).loss == expected.loss);
  Eigen::Tensor<int, 2> column_major(2, 2);
  column_major.setValues({{1, 0}, {1, 1}});
  CHECK(lost(SquaredError(column_major), 2, std::vector<double>{1, 0, 1, 1}).loss == 0);
}

TEST_CASE("what a loss is", "[loss]") {
  STATIC_REQUIRE(seqpool::Loss<CrossEntropy, float>);
  STATIC_REQUIRE(seqpool::Loss<CrossEntropy, double>);
  STATIC_REQUIRE(seqpool::Loss<BinaryCrossEntropy, float>);
  STATIC_REQUIRE(seqpool::Loss<SquaredError, double>);
  STATIC_REQUIRE(!seqpool::Loss<std::vector<int>, float>);
}
