// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/train/fit.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

using seqpool::all_tokens;
using seqpool::Attention;
using seqpool::Index;
using seqpool::Linear;
using seqpool::Mean;

namespace {

template <class T> using Row3 = Eigen::Tensor<T, 3, Eigen::RowMajor>;
template <class T> using Row2 = Eigen::Tensor<T, 2, Eigen::RowMajor>;

// Sentences of three classes, which one token of each tells; at an offset, as encoders have them.
constexpr Index batch = 48, seq = 5, hidden = 6;
template <class T> Row3<T> states() {
  Row3<T> x(batch, seq, hidden);
  test::Random random(1);
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < seq; ++s)
      for (Index h = 0; h < hidden; ++h)
        x(b, s, h) = static_cast<T>(3 + random.between(-1, 1) + (s == b % seq && h == b % 3 ? 2 : 0));
  return x;
}
std::vector<int> labels() {
  std::vector<int> all;
  for (Index b = 0; b < batch; ++b) all.push_back(static_cast<int>(b % 3));
  return all;
}
std::vector<int> lengths() {
  std::vector<int> all(static_cast<std::size_t>(batch), static_cast<int>(seq));
  all[7] = 3;
  all[20] = 0;  // no token at all
  return all;
}
const auto& mask() {
  static const seqpool::Lengths mask(lengths());
  return mask;
}

template <class C> std::vector<double> numbers(const C& classifier) {
  const auto all = seqpool::parameters(classifier);
  return {all.numbers().begin(), all.numbers().end()};
}

// The objective, written down once more: of cross-entropy without weights.
template <class C> double objective(const C& classifier, double C_, double query_l2) {
  const auto logits = classifier.logits(states<double>(), mask());
  double loss = 0;
  for (Index b = 0; b < batch; ++b) {
    double sum = 0;
    for (Index c = 0; c < 3; ++c) sum += std::exp(logits(b, c));
    loss += std::log(sum) - logits(b, b % 3);
  }
  loss /= batch;
  seqpool::visit_parameters(classifier, [&](std::string_view name, auto all, auto, bool) {
    for (const double w : all) {
      if (name.ends_with("weight")) loss += w * w / (2 * C_ * batch);
      if (name.ends_with("query")) loss += query_l2 / 2 * w * w;
    }
  });
  return loss;
}

}  // namespace

TEST_CASE("a fit minimises its formula, and says where it stands", "[fit]") {
  const auto check = [](const auto& fitted, double C, double query_l2) {
    CHECK(fitted.converged);
    CHECK(fitted.gradient <= 1e-8);
    CHECK(fitted.iterations > 0);
    CHECK(fitted.evaluations > fitted.iterations);
    CHECK(fitted.C == C);
    CHECK(fitted.loss == ct::Approx(objective(fitted.classifier, C, query_l2)).epsilon(1e-12));
    // A step aside in any direction is uphill.
    test::Random random(3);
    for (int i = 0; i < 10; ++i) {
      auto aside = numbers(fitted.classifier);
      for (double& number : aside) number += random.between(-1e-3, 1e-3);
      CHECK(objective(seqpool::with_parameters(fitted.classifier, aside), C, query_l2) > fitted.loss);
    }
  };
  check(seqpool::fit(Mean{}, states<double>(), mask(), labels(), {.C = 2, .tolerance = 1e-8}), 2, 0);
  check(seqpool::fit(Attention<double>::untrained(hidden), states<double>(), mask(), labels(),
                     {.C = 0.5, .query_l2 = 0.1, .tolerance = 1e-8}),
        0.5, 0.1);
  check(seqpool::fit(Attention<double>::untrained(hidden, 2, 4), states<double>(), mask(), labels(),
                     {.query_l2 = 0.1, .tolerance = 1e-8}),
        1, 0.1);
}

TEMPLATE_TEST_CASE("hidden states of every scalar are learned from", "[fit]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const auto x = states<TestType>();
  const auto frozen = seqpool::fit(seqpool::Max{}, x, mask(), labels());
  STATIC_REQUIRE(std::is_same_v<decltype(frozen), const seqpool::Fitted<seqpool::Classifier<seqpool::Max, Linear<A>>>>);
  CHECK(frozen.converged);
  const auto learned =
      seqpool::fit(Attention<TestType>::untrained(hidden), x, mask(), labels(), {.query_l2 = 0.1, .tolerance = 1e-5});
  CHECK(learned.converged);
  CHECK(learned.loss < seqpool::fit(Mean{}, x, mask(), labels()).loss);
  const auto classes = learned.classifier.predict(x, mask());
  Index right = 0;
  for (Index b = 0; b < batch; ++b) right += classes(b) == b % 3;
  CHECK(right >= 45);
}

TEST_CASE("vectors are learned from as what was pooled, in any layout", "[fit]") {
  const auto x = states<float>();
  const auto whole = seqpool::fit(Mean{}, x, mask(), labels());
  const Row2<float> rows = seqpool::mean_pool(x, mask());
  const auto check = [&](const auto& fitted) {
    STATIC_REQUIRE(std::is_same_v<decltype(fitted), const seqpool::Fitted<Linear<float>>&>);
    CHECK(numbers(fitted.classifier) == numbers(whole.classifier.heads().get<0>()));
    CHECK(fitted.loss == whole.loss);
  };
  check(seqpool::fit(rows, labels()));
  check(seqpool::fit(Eigen::Tensor<float, 2>(rows.swap_layout().shuffle(std::array{1, 0})), labels()));
  check(seqpool::fit(seqpool::Vectors(rows), labels(), {}));
  std::vector<float> apart(static_cast<std::size_t>(batch * 9), std::numeric_limits<float>::quiet_NaN());
  for (Index b = 0; b < batch; ++b) std::copy_n(&rows(b, 0), hidden, apart.data() + b * 9 + 2);
  check(seqpool::fit(seqpool::Vectors<float>(apart.data() + 2, {batch, hidden}, {9, 1}), labels()));
}

TEST_CASE("the forms of hidden states and padding change no bit of a fit", "[fit]") {
  const auto x = states<float>();
  const auto whole = seqpool::fit(Attention<float>::untrained(hidden, 2, 1), x, mask(), labels(), {.iterations = 5});
  Row3<float> padded(batch, seq + 2, hidden);
  padded.setConstant(std::numeric_limits<float>::quiet_NaN());
  Row2<int> ones(batch, seq + 2);
  ones.setZero();
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < lengths()[static_cast<std::size_t>(b)]; ++s) {
      ones(b, s + 2) = 1;
      for (Index h = 0; h < hidden; ++h) padded(b, s + 2, h) = x(b, s, h);
    }
  const auto other = seqpool::fit(Attention<float>::untrained(hidden, 2, 1), padded, ones, labels(), {.iterations = 5});
  CHECK(numbers(other.classifier) == numbers(whole.classifier));
  CHECK(other.loss == whole.loss);
}

TEST_CASE("a fit has the same bits with any number of threads", "[fit]") {
  // 200 rows are more than 8 threads' groups.
  Row3<float> x(200, 3, hidden);
  test::Random random(5);
  std::vector<int> y;
  for (Index b = 0; b < 200; ++b) {
    y.push_back(static_cast<int>(b % 2));
    for (Index i = 0; i < 3 * hidden; ++i)
      x.data()[b * 3 * hidden + i] = static_cast<float>(random.between(-1, 1) + 0.3 * static_cast<double>(b % 2));
  }
  const seqpool::FitOptions options{.query_l2 = 0.01, .iterations = 20};
  const auto run = [&](const auto& device) {
    auto all = numbers(seqpool::fit(Attention<float>::untrained(hidden), x, all_tokens, y, options, device).classifier);
    for (const double number : numbers(seqpool::fit(Mean{}, x, all_tokens, y, options, device).classifier))
      all.push_back(number);
    const Row2<float> vectors = seqpool::max_pool(x);
    for (const double number : numbers(seqpool::fit(vectors, y, options, device).classifier)) all.push_back(number);
    return all;
  };
  const auto alone = run(seqpool::CallingThread{});
  for (const int threads : {1, 2, 3, 8}) {
    Eigen::ThreadPool pool(threads);
    CHECK(run(Eigen::ThreadPoolDevice(&pool, threads)) == alone);
  }
}

TEST_CASE("a warm fit goes on from where it stands", "[fit]") {
  const auto x = states<double>();
  const seqpool::FitOptions options{.query_l2 = 0.1, .tolerance = 1e-7};
  const auto check = [&](const auto& pooling) {
    const auto whole = seqpool::fit(pooling, x, mask(), labels(), options);
    auto few = options;
    few.iterations = 4;
    const auto begun = seqpool::fit(pooling, x, mask(), labels(), few);
    CHECK_FALSE(begun.converged);
    CHECK(begun.iterations == 4);
    CHECK(begun.loss > whole.loss);
    const auto ended = seqpool::fit(begun.classifier, x, mask(), labels(), options);
    STATIC_REQUIRE(std::is_same_v<decltype(ended), decltype(whole)>);
    CHECK(ended.converged);
    CHECK(ended.loss == ct::Approx(whole.loss).epsilon(1e-10));
    CHECK(seqpool::fit(ended.classifier, x, mask(), labels(), options).iterations <= 1);
  };
  check(Mean{});
  check(Attention<double>::untrained(hidden));
}

TEST_CASE("a warm fit takes any heads that go back", "[fit]") {
  const auto x = states<float>();
  const auto of = [](Index out, Index in, std::uint64_t seed) {
    Row2<float> weight(out, in);
    test::Random random(seed);
    for (Index i = 0; i < weight.size(); ++i) weight.data()[i] = static_cast<float>(random.between(-0.5, 0.5));
    return Linear<float>(weight, std::vector<float>(static_cast<std::size_t>(out)));
  };
  const seqpool::Classifier two{Mean{}, of(4, hidden, 1), of(3, 4, 2)};
  const auto fitted = seqpool::fit(two, x, mask(), labels(), {.tolerance = 1e-5});
  CHECK(fitted.converged);
  CHECK(fitted.loss < 0.9);
  // With the pooling's parameters frozen, it is a fit of what they pool.
  const seqpool::Classifier attention{Attention<float>::untrained(hidden, 2, 1), of(3, 2 * hidden, 3)};
  const auto held = seqpool::fit(attention, x, mask(), labels(), {.frozen = {"pooling"}});
  CHECK(held.converged);
  CHECK(seqpool::parameters_checksum(held.classifier.pooling()) == seqpool::parameters_checksum(attention.pooling()));
  const Row2<float> pooled = seqpool::pool(attention.pooling(), x, mask());
  CHECK(held.loss == ct::Approx(seqpool::fit(pooled, labels()).loss).epsilon(1e-9));
  // And the head's.
  const auto query = seqpool::fit(attention, x, mask(), labels(), {.iterations = 5, .frozen = {"head"}});
  CHECK(numbers(query.classifier.heads()) == numbers(attention.heads()));
  CHECK(numbers(query.classifier.pooling()) != numbers(attention.pooling()));
}

TEST_CASE("two classes are one logit, and a Linear of two logits may learn them too", "[fit]") {
  auto two = labels();
  for (int& label : two) label = label == 2;
  const auto x = states<double>();
  const auto fitted = seqpool::fit(Mean{}, x, mask(), two);
  CHECK(fitted.classifier.logits(x, mask()).dimension(1) == 1);
  const auto classes = fitted.classifier.predict(x, mask());
  Index right = 0;
  for (Index b = 0; b < batch; ++b) right += classes(b) == (b % 3 == 2);
  CHECK(right >= 40);
  Row2<double> zeros(2, hidden);
  zeros.setZero();
  const seqpool::Classifier softmax{Mean{}, Linear<double>(zeros, std::vector<double>(2))};
  const auto other = seqpool::fit(softmax, x, mask(), two);
  CHECK(other.converged);
  CHECK(other.classifier.logits(x, mask()).dimension(1) == 2);
}

TEST_CASE("spans are rows of their own", "[fit]") {
  const auto x = states<double>();
  std::vector<seqpool::Span> spans;
  std::vector<int> y;
  for (Index b = 0; b < batch; ++b)
    for (const Index begin : {Index{0}, Index{2}}) {
      spans.push_back({b, begin, begin + 2});
      y.push_back(static_cast<int>(b % 3));
    }
  const auto fitted = seqpool::fit(Mean{}, x, seqpool::Spans(spans), y);
  CHECK(fitted.converged);
  const Row2<double> pooled = seqpool::mean_pool(x, seqpool::Spans(spans));
  CHECK(fitted.loss == ct::Approx(seqpool::fit(pooled, y).loss).epsilon(1e-12));
}

TEST_CASE("no penalty is infinity's", "[fit]") {
  // Of four points that no line tells apart the best one is known: all weights 0.
  Row2<double> x(4, 1);
  x.setValues({{-1}, {1}, {-1}, {1}});
  const double infinity = std::numeric_limits<double>::infinity();
  const auto fitted = seqpool::fit(x, std::vector{0, 0, 1, 1}, {.C = infinity});
  CHECK(fitted.converged);
  CHECK(fitted.loss == ct::Approx(std::log(2.)));
}

TEST_CASE("the progress sees each step, and its classifier; false ends the fit with the best", "[fit]") {
  using Classifier = seqpool::Classifier<Mean, Linear<double>>;
  const auto x = states<double>();
  std::vector<double> losses;
  seqpool::FitOptions options;
  options.progress = [&](const seqpool::FitProgress& progress) {
    CHECK(progress.iterations == static_cast<Index>(losses.size()));
    CHECK(progress.evaluations > progress.iterations);
    CHECK(progress.gradient > 0);
    const auto classifier = progress.classifier<Classifier>();
    CHECK(progress.loss == ct::Approx(objective(classifier, 1, 0)).epsilon(1e-12));
    CHECK_THROWS_AS(progress.classifier<int>(), std::bad_any_cast);
    losses.push_back(progress.loss);
    return losses.size() < 4;
  };
  const auto fitted = seqpool::fit(Mean{}, x, mask(), labels(), options);
  CHECK(losses.size() == 4);
  CHECK(losses[0] == ct::Approx(std::log(3.)));
  CHECK(std::is_sorted(losses.rbegin(), losses.rend()));
  CHECK(fitted.iterations == 3);
  CHECK_FALSE(fitted.converged);
  CHECK(fitted.loss == losses.back());

  // Of vectors it is a Linear.
  bool asked = false;
  const Row2<double> pooled = seqpool::mean_pool(x, mask());
  static_cast<void>(seqpool::fit(pooled, labels(), {.progress = [&](const seqpool::FitProgress& progress) {
                                   asked = progress.classifier<Linear<double>>().out() == 3;
                                   return false;
                                 }}));
  CHECK(asked);
}

TEST_CASE("what a fit cannot learn from is refused before anything is computed", "[fit]") {
  const auto x = states<float>();
  const auto refused = [&](const auto& y, const seqpool::FitOptions& options = {}) -> std::string {
    try {
      static_cast<void>(seqpool::fit(Mean{}, x, mask(), y, options));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  auto few = labels();
  few.pop_back();
  CHECK_THAT(refused(few), ct::has_substring("labels are [47], but logits are [48, 3]"));
  CHECK_THAT(refused(std::vector<int>()), ct::has_substring("labels are [0]"));
  Eigen::Tensor<int, 2> targets(2, 3);
  targets.setValues({{0, 1, 0}, {1, 0, 1}});
  CHECK_THAT(refused(targets), ct::has_substring("targets are [2, 3], but logits are [48, 3]"));
  CHECK_THAT(refused(labels(), {.C = 0}), ct::has_substring("C is 0"));
  CHECK_THAT(refused(labels(), {.class_weights = {1, 2}}), ct::has_substring("labels: row 2 has label 2"));
  CHECK_THAT(refused(labels(), {.class_weights = {1, 2, 3, 4}}), ct::has_substring("4 weights of classes"));
  CHECK_THAT(refused(labels(), {.frozen = {"query"}}), ct::has_substring("there is no parameter 'query'"));
  Row2<float> zeros(3, hidden + 1);
  zeros.setZero();
  const seqpool::Classifier wider{Mean{}, Linear<float>(zeros)};
  CHECK_THROWS_WITH(seqpool::fit(wider, x, mask(), labels()), ct::has_substring("a head gets vectors of 6 features"));
  Row2<float> two(2, hidden);
  two.setZero();
  const seqpool::Classifier of_two{Mean{}, Linear<float>(two)};
  CHECK_THROWS_WITH(seqpool::fit(of_two, x, mask(), labels()),
                    ct::has_substring("row 2 has label 2, but there are 2 classes"));
  Row2<float> equal(2, hidden);
  equal.setZero();
  CHECK_THROWS_WITH(seqpool::fit(Attention<float, Eigen::Dynamic>(equal), x, mask(), labels()),
                    ct::has_substring("the 2 rows of pooling.query are all equal"));
}

TEST_CASE("a row that is pooled to no number is an error by its row; in padding it changes nothing", "[fit]") {
  auto x = states<float>();
  x(20, 1, 2) = std::numeric_limits<float>::quiet_NaN();  // row 20 has no real token
  CHECK(seqpool::fit(Mean{}, x, mask(), labels()).converged);
  x(31, 1, 2) = std::numeric_limits<float>::infinity();
  for (const char* frozen : {"head", "pooling"}) {
    const seqpool::Classifier classifier{Attention<float>::untrained(hidden), [] {
                                           Row2<float> zeros(3, hidden);
                                           zeros.setZero();
                                           return Linear<float>(zeros);
                                         }()};
    CHECK_THROWS_AS(seqpool::fit(classifier, x, mask(), labels(), {.frozen = {frozen}}), std::domain_error);
  }
  CHECK_THROWS_WITH(seqpool::fit(seqpool::Max{}, x, mask(), labels()), ct::has_substring("row 31 is pooled to inf"));
  // A row of weight 0 is read too.
  std::vector<double> weights(static_cast<std::size_t>(batch), 1.);
  weights[31] = 0;
  CHECK_THROWS_AS(seqpool::fit(seqpool::Max{}, x, mask(), labels(), {.sample_weights = weights}), std::domain_error);
}

namespace {

// A pooling that cannot go back, and one whose number must be over 0.
struct Silent : seqpool::FeaturePooling<Silent> {
  static constexpr auto feature_op = [](auto held, auto x) { return x > held ? x : held; };
};
struct Scaled : seqpool::FeaturePooling<Scaled> {
  static constexpr auto feature_op = std::plus<>();
  double scale = 1;
  mutable Index refusals = 0;

  void finish(const auto& state, auto out) const {
    state.write(out, [s = scale, n = state.divisor()](auto sum) { return static_cast<decltype(sum)>(s) * sum / n; });
  }
  void visit_parameters(auto f) const { seqpool::visit_parameter(f, "scale", std::array{scale}, {}, false); }
  void set_parameters(std::span<const double> numbers) {
    if (!(numbers[0] > 0)) seqpool::detail::fail("scale must be over 0");
    scale = numbers[0];
  }
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread_share(tokens, state.divisor());
    if (gradients.own.empty()) return;
    using A = std::remove_cvref_t<decltype(gradients.out[0])>;
    for (Index i = 0; i < tokens.size(); ++i)
      for (Index h = 0; h < tokens.hidden(); ++h)
        gradients.own[0] +=
            gradients.d_out[static_cast<std::size_t>(h)] * static_cast<A>(tokens[i][h]) / state.divisor();
  }
};

}  // namespace

TEST_CASE("a pooling that has nothing to learn need not go back", "[fit]") {
  CHECK(seqpool::fit(Silent{}, states<float>(), mask(), labels()).converged);
}

TEST_CASE("numbers that a pooling does not take make the step shorter", "[fit]") {
  // The best scale is negative: rows of class 1 have the smaller feature, and the head stays.
  Row3<double> x(4, 1, 1);
  x.setValues({{{4}}, {{3}}, {{2}}, {{1}}});
  Row2<double> one(1, 1);
  one.setConstant(1);
  const seqpool::Classifier classifier{Scaled{}, Linear<double>(one, std::vector{0.})};
  const auto fitted = seqpool::fit(classifier, x, all_tokens, std::vector{0, 0, 1, 1}, {.frozen = {"head"}});
  CHECK_FALSE(fitted.converged);
  CHECK(fitted.classifier.pooling().scale > 0);
  CHECK(fitted.classifier.pooling().scale < 1e-3);
}
