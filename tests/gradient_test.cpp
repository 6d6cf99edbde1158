// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/gradient.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/gradients.hpp"
#include "support/random.hpp"
#include "support/same_bits.hpp"

using seqpool::all_tokens;
using seqpool::Attention;
using seqpool::Index;
using seqpool::Mean;

namespace {

using Row3 = Eigen::Tensor<double, 3, Eigen::RowMajor>;
using Row2 = Eigen::Tensor<double, 2, Eigen::RowMajor>;

template <class X, class... Sizes> X filled(std::uint64_t seed, Sizes... sizes) {
  X x(sizes...);
  test::Random random(seed);
  for (Index i = 0; i < static_cast<Index>(x.size()); ++i)
    x.data()[i] = static_cast<typename X::Scalar>(random.between(-1, 1));
  return x;
}

// Row 1 has no real token, row 0 has holes.
Eigen::Tensor<int, 2, Eigen::RowMajor> holes(Index batch, Index seq) {
  Eigen::Tensor<int, 2, Eigen::RowMajor> mask(batch, seq);
  test::Random random(4);
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < seq; ++s) mask(b, s) = b == 1 ? 0 : random.below(4) != 0;
  return mask;
}

}  // namespace

TEST_CASE("a gradient has x's layout and index type, and the accumulator's scalar", "[gradient]") {
  const Eigen::Tensor<Eigen::half, 3, Eigen::ColMajor, int> x(2, 3, 4);
  const Eigen::Tensor<float, 2> d_out(2, 4);
  const auto back = seqpool::gradient(Mean{}, x, all_tokens, d_out);
  STATIC_REQUIRE(std::is_same_v<decltype(back.tokens), Eigen::Tensor<float, 3, Eigen::ColMajor, int>>);
  const std::vector<double> memory(24);
  const seqpool::HiddenStates<double> view(memory.data(), {2, 3, 4});
  const auto of_view = seqpool::gradient(Mean{}, view, all_tokens, filled<Row2>(1, 2, 4));
  STATIC_REQUIRE(std::is_same_v<decltype(of_view.tokens), Row3>);
}

TEST_CASE("a classifier's gradients are the slopes of its loss", "[gradient]") {
  const auto x = filled<Row3>(1, 5, 9, 7);
  const auto mask = holes(5, 9);
  const seqpool::Classifier classifier{Attention{filled<Row2>(2, 3, 7), 0.5},
                                       seqpool::Linear{filled<Row2>(3, 4, 21), filled<Eigen::Tensor<double, 1>>(4, 4)}};
  const seqpool::CrossEntropy loss(std::vector<int>{0, 3, 1, 2, 3});
  const auto back = seqpool::gradient(classifier, x, mask, loss);

  const auto of_tokens = [&](const std::vector<double>& numbers) {
    const seqpool::HiddenStates<double> moved(numbers.data(), {5, 9, 7});
    return seqpool::parameter_gradient(classifier, moved, mask, loss).loss;
  };
  const std::vector<double> tokens(x.data(), x.data() + x.size());
  CHECK(of_tokens(tokens) == back.loss);
  CHECK(test::slope_error(of_tokens, tokens, std::span(back.tokens.data(), tokens.size())) < 1e-7);

  const auto parameters = seqpool::parameters(classifier);
  const std::vector<double> numbers(parameters.numbers().begin(), parameters.numbers().end());
  const auto of_parameters = [&](const std::vector<double>& moved) {
    return seqpool::parameter_gradient(seqpool::with_parameters(classifier, moved), x, mask, loss).loss;
  };
  CHECK(test::slope_error(of_parameters, numbers, back.parameters.numbers()) < 1e-7);
  const auto alone = seqpool::parameter_gradient(classifier, x, mask, loss);
  CHECK(test::same_bits(alone.parameters.numbers(), back.parameters.numbers()));
  CHECK(alone.tokens.size() == 0);
  CHECK(back.parameters["head.0.bias"].size() == 4);
  CHECK_THROWS_WITH(back.parameters["weight"],
                    ct::has_substring("there is no parameter 'weight': there are pooling.query, head.0.weight"));
}

TEST_CASE("the loss of an embedder, and of heads whose rows go back together or one by one", "[gradient]") {
  // Rows of 3 tokens go together, rows of 30,000 one by one: with the same real tokens the bits are the same.
  const auto few = filled<Row3>(1, 70, 3, 16);
  Row3 many(70, 30000, 16);
  many.setConstant(std::numeric_limits<double>::quiet_NaN());
  Eigen::Tensor<bool, 2, Eigen::RowMajor> mask(70, 30000);
  mask.setConstant(false);
  for (Index b = 0; b < 70; ++b)
    for (Index s = 0; s < 3; ++s) {
      mask(b, 29000 + s) = true;
      for (Index h = 0; h < 16; ++h) many(b, 29000 + s, h) = few(b, s, h);
    }
  const seqpool::Embedder embedder{Mean{}, seqpool::Linear{filled<Row2>(2, 40, 16)},
                                   seqpool::Linear{filled<Row2>(3, 2, 40)}};
  const seqpool::SquaredError loss(filled<Row2>(4, 70, 2));
  const auto together = seqpool::gradient(embedder, few, all_tokens, loss);
  const auto one_by_one = seqpool::parameter_gradient(embedder, many, mask, loss);
  CHECK(together.loss == one_by_one.loss);
  CHECK(test::same_bits(together.parameters.numbers(), one_by_one.parameters.numbers()));
  // Without a head, the loss is the vectors' own.
  const seqpool::Embedder bare{Mean{}};
  CHECK(seqpool::gradient(bare, few, all_tokens, seqpool::SquaredError(filled<Row2>(5, 70, 16))).loss > 0);
}

TEST_CASE("the same bits on any number of threads, of loss, tokens and parameters", "[gradient]") {
  for (const Index batch : {1, 15, 16, 17, 200}) {
    const auto x = filled<Eigen::Tensor<float, 3, Eigen::RowMajor>>(1, batch, 11, 24);
    const seqpool::Classifier classifier{
        Attention{filled<Eigen::Tensor<float, 1>>(2, 24)},
        seqpool::Linear{filled<Eigen::Tensor<float, 2>>(3, 3, 24), filled<Eigen::Tensor<float, 1>>(4, 3)}};
    std::vector<int> labels;
    for (Index b = 0; b < batch; ++b) labels.push_back(static_cast<int>(b % 3));
    const seqpool::CrossEntropy loss(labels);
    const auto alone = seqpool::gradient(classifier, x, all_tokens, loss);
    for (const int threads : {2, 3, 8}) {
      Eigen::ThreadPool pool(threads);
      const Eigen::ThreadPoolDevice device(&pool, threads);
      const auto shared = seqpool::gradient(classifier, x, all_tokens, loss, device);
      CHECK(shared.loss == alone.loss);
      CHECK(test::same_bits(shared.tokens, alone.tokens));
      CHECK(test::same_bits(shared.parameters.numbers(), alone.parameters.numbers()));
    }
  }
}

TEST_CASE("a device may stand in the mask's place, as pool takes it", "[gradient]") {
  int given = 0;
  struct Counting {
    int& times;
    static int numThreads() { return 2; }
    void parallelFor(Eigen::Index n, const Eigen::TensorOpCost&,
                     const std::function<void(Eigen::Index, Eigen::Index)>& f) const {
      ++times;
      f(0, n);
    }
  } const counting{given};
  const auto x = filled<Row3>(1, 40, 3, 4);
  static_cast<void>(seqpool::gradient(Mean{}, x, counting, filled<Row2>(1, 40, 4)));
  CHECK(given == 1);
  const Mean mean;
  static_cast<void>(seqpool::forward(mean, x, counting));
  CHECK(given == 2);
}

TEST_CASE("into the caller's memory, of either layout, nothing is allocated for each row", "[gradient]") {
  const auto x = filled<Row3>(1, 6, 40, 19);
  const auto mask = holes(6, 40);
  const Attention pooling{filled<Row2>(2, 2, 19)};
  const auto d_out = filled<Row2>(3, 6, 38);
  const auto expected = seqpool::gradient(pooling, x, mask, d_out);
  Row3 row_major(6, 40, 19);
  row_major.setConstant(7);
  seqpool::gradient_into(row_major, pooling, x, mask, d_out);
  CHECK(test::same_bits(row_major, expected.tokens));
  Eigen::Tensor<double, 3> column_major(6, 40, 19);
  column_major.setConstant(7);
  seqpool::gradient_into(column_major, pooling, x, mask, d_out);
  bool equal = true;
  for (Index b = 0; b < 6; ++b)
    for (Index s = 0; s < 40; ++s)
      for (Index h = 0; h < 19; ++h) equal = equal && column_major(b, s, h) == expected.tokens(b, s, h);
  CHECK(equal);

  // Of a classifier: the same, and the loss and the parameters' gradients.
  const seqpool::Classifier classifier{pooling, seqpool::Linear{filled<Row2>(4, 3, 38)}};
  const seqpool::CrossEntropy loss(std::vector{0, 1, 2, 0, 1, 2});
  const auto all = seqpool::gradient(classifier, x, mask, loss);
  row_major.setConstant(7);
  const auto rest = seqpool::gradient_into(row_major, classifier, x, mask, loss);
  CHECK(test::same_bits(row_major, all.tokens));
  CHECK(test::same_bits(rest.parameters.numbers(), all.parameters.numbers()));
  CHECK(rest.loss == all.loss);
  CHECK(rest.tokens.size() == 0);

  const auto allocations = [&](Index rows, const auto& any) {
    const auto states = filled<Row3>(1, rows, 40, 19);
    Row3 d_x(rows, 40, 19);
    const auto d = filled<Row2>(3, rows, any.width(19));
    const test::AllocationCount count;
    seqpool::gradient_into(d_x, any, states, all_tokens, d);
    return count.so_far();
  };
  CHECK(allocations(64, pooling) == allocations(640, pooling));
  CHECK(allocations(64, Mean{}) == allocations(640, Mean{}));
  CHECK(allocations(64, seqpool::Max{}) == allocations(640, seqpool::Max{}));
}

TEST_CASE("a pooling in two steps gives what pool and gradient give", "[gradient]") {
  const auto x = filled<Eigen::Tensor<float, 3, Eigen::RowMajor>>(1, 5, 300, 9);
  const auto mask = holes(5, 300);
  Eigen::ThreadPool threads(2);
  const Eigen::ThreadPoolDevice device(&threads, 2);
  const auto check = [&](const auto& pooling) {
    const auto d_out = filled<Eigen::Tensor<float, 2>>(3, 5, pooling.width(9));
    const auto run = seqpool::forward(pooling, x, mask, device);
    CHECK(test::same_bits(run.value(), seqpool::pool(pooling, x, mask)));
    for (int again = 0; again < 2; ++again) {
      const auto back = run.backward(d_out, device);
      const auto expected = seqpool::gradient(pooling, x, mask, d_out);
      CHECK(test::same_bits(back.tokens, expected.tokens));
      CHECK(test::same_bits(back.parameters.numbers(), expected.parameters.numbers()));

      // Into the caller's memory, and only what is asked for.
      Eigen::Tensor<float, 3, Eigen::RowMajor> d_x(5, 300, 9), alone(5, 300, 9);
      d_x.setConstant(7);
      alone.setConstant(7);
      seqpool::ParameterVector parameters, only_parameters;
      run.backward_into(d_x, &parameters, d_out, device);
      run.backward_into(alone, nullptr, d_out);
      run.backward_into(nullptr, &only_parameters, d_out);
      run.backward_into(nullptr, nullptr, d_out);
      CHECK(test::same_bits(d_x, expected.tokens));
      CHECK(test::same_bits(alone, expected.tokens));
      CHECK(test::same_bits(parameters.numbers(), expected.parameters.numbers()));
      CHECK(test::same_bits(only_parameters.numbers(), expected.parameters.numbers()));
      Eigen::Tensor<float, 3, Eigen::RowMajor> wrong(5, 300, 8);
      CHECK_THROWS_WITH(run.backward_into(wrong, nullptr, d_out), ct::has_substring("d_x is [5, 300, 8]"));
    }
  };
  check(Attention{filled<Eigen::Tensor<float, 1>>(2, 9)});
  check(Mean{});
  check(seqpool::Max{});
  check(seqpool::AnyPooling<float>(seqpool::Concat{seqpool::Cls{}, seqpool::LogSumExp{2}}));
}

TEST_CASE("a gradient through Concat is the sum, and parameters keep their names", "[gradient]") {
  const auto x = filled<Row3>(1, 3, 12, 5);
  const auto mask = holes(3, 12);
  const Attention attention{filled<Row2>(2, 2, 5)};
  const seqpool::LogSumExp smooth{3};
  const auto d_out = filled<Row2>(3, 3, 20);
  const auto slice = [&](Index first, Index width) {
    Row2 part(3, width);
    for (Index b = 0; b < 3; ++b)
      for (Index j = 0; j < width; ++j) part(b, j) = d_out(b, first + j);
    return part;
  };
  const auto all = seqpool::gradient(seqpool::Concat{Mean{}, attention, smooth}, x, mask, d_out);
  const auto first = seqpool::gradient(Mean{}, x, mask, slice(0, 5));
  const auto second = seqpool::gradient(attention, x, mask, slice(5, 10));
  const auto third = seqpool::gradient(smooth, x, mask, slice(15, 5));
  for (Index i = 0; i < x.size(); ++i) {
    const double sum = first.tokens.data()[i] + second.tokens.data()[i] + third.tokens.data()[i];
    // The attention's two heads are added one after another.
    CHECK(std::abs(all.tokens.data()[i] - sum) <= 4 * std::numeric_limits<double>::epsilon());
  }
  CHECK(test::same_bits(all.parameters["1.query"], second.parameters["query"]));
  CHECK(test::same_bits(all.parameters["2.r"], third.parameters["r"]));
}

TEST_CASE("the sum of Mean's gradient is d_out", "[gradient]") {
  const auto x = filled<Row3>(1, 3, 12, 5);
  const auto mask = holes(3, 12);
  const auto d_out = filled<Row2>(3, 3, 5);
  const auto back = seqpool::gradient(Mean{}, x, mask, d_out);
  for (Index b = 0; b < 3; ++b)
    for (Index h = 0; h < 5; ++h) {
      double sum = 0;
      for (Index s = 0; s < 12; ++s) sum += back.tokens(b, s, h);
      CHECK(sum == ct::Approx(b == 1 ? 0 : d_out(b, h)).epsilon(1e-14));
    }
}

TEST_CASE("ties go to the first token, signs and slopes of 0 are 0", "[gradient]") {
  Row3 x(1, 4, 4);
  x.setValues({{{1, 0, -2, 0}, {3, -0., 2, 0}, {3, 0, -2, 0}, {2, 0, 1, 0}}});
  Row2 d_out(1, 4);
  d_out.setConstant(8);
  const auto of = [&](const auto& pooling, Index token, Index feature) {
    return seqpool::gradient(pooling, x, all_tokens, d_out).tokens(0, token, feature);
  };
  CHECK(of(seqpool::Max{}, 1, 0) == 8);
  CHECK(of(seqpool::Max{}, 2, 0) == 0);
  CHECK(of(seqpool::Max{}, 0, 1) == 8);  // 0 and -0 are equal
  CHECK(of(seqpool::Min{}, 0, 2) == 8);
  CHECK(of(seqpool::Min{}, 2, 2) == 0);
  CHECK(of(seqpool::AbsMax{}, 0, 2) == -8);
  CHECK(of(seqpool::AbsMax{}, 1, 2) == 0);
  CHECK(of(seqpool::AbsMax{}, 0, 3) == 0);
  CHECK(of(seqpool::AbsMean{}, 0, 2) == -2);
  CHECK(of(seqpool::AbsMean{}, 0, 1) == 0);
  CHECK(of(seqpool::RootMeanSquare{}, 0, 3) == 0);
  CHECK(of(seqpool::Splade{}, 0, 3) == 0);
  CHECK(of(seqpool::Splade{}, 1, 0) == 2);
  CHECK(of(seqpool::MeanMax{}, 1, 0) == 5);
  CHECK(of(seqpool::MeanMax{}, 2, 0) == 1);
  // A number that is eps learns, and those below it do not.
  const seqpool::GeneralizedMean clipped(3, 2);
  CHECK(of(clipped, 1, 2) == ct::Approx(2));
  CHECK(of(clipped, 3, 2) == 0);
  Row2 both(1, 8);
  both.setConstant(8);
  CHECK(seqpool::gradient(seqpool::MeanStd{}, x, all_tokens, both).tokens(0, 2, 3) == 2);  // of no deviation
}

TEST_CASE("infinities and NaN stay in their row, and in what learns from it", "[gradient]") {
  auto x = filled<Row3>(1, 3, 6, 4);
  x(1, 2, 0) = std::numeric_limits<double>::quiet_NaN();
  const auto d_out = filled<Row2>(3, 3, 4);
  const Attention attention{filled<Eigen::Tensor<double, 1>>(2, 4)};
  const auto back = seqpool::gradient(attention, x, all_tokens, d_out);
  bool own = true, others = true;
  for (Index s = 0; s < 6; ++s)
    for (Index h = 0; h < 4; ++h) {
      own = own && std::isnan(back.tokens(1, s, h));
      others = others && std::isfinite(back.tokens(0, s, h)) && std::isfinite(back.tokens(2, s, h));
    }
  CHECK(own);
  CHECK(others);
  CHECK(std::isnan(back.parameters["query"][0]));
  // Where they are not computed from the tokens, they are as ever; the maximum is the NaN.
  CHECK(seqpool::gradient(Mean{}, x, all_tokens, d_out).tokens(1, 2, 0) == d_out(1, 0) / 6);
  CHECK(seqpool::gradient(seqpool::Max{}, x, all_tokens, d_out).tokens(1, 2, 0) == d_out(1, 0));

  // Scores of -inf weigh nothing: alone they give zeros, with others those take all.
  const double none = -std::numeric_limits<double>::infinity();
  x.setConstant(1);
  for (Index s = 0; s < 6; ++s) x(0, s, 1) = none;
  x(2, 3, 1) = none;
  Eigen::Tensor<double, 1> query(4);
  query.setValues({0, 1, 0, 0});
  const auto weighed = seqpool::gradient(Attention{query}, x, all_tokens, d_out);
  for (Index h = 0; h < 4; ++h) {
    CHECK(weighed.tokens(0, 2, h) == 0);
    CHECK(weighed.tokens(2, 3, h) == 0);
  }
  CHECK(seqpool::gradient(seqpool::LogSumExp{2}, x, all_tokens, d_out).tokens(0, 0, 1) == 0);
}

TEST_CASE("no rows, no tokens, no features", "[gradient]") {
  for (const auto& [batch, seq, hidden] : {std::array<Index, 3>{0, 3, 4}, {2, 0, 4}, {2, 3, 0}}) {
    const Row3 x(batch, seq, hidden);
    const Row2 d_out = filled<Row2>(1, batch, hidden);
    CHECK(seqpool::gradient(Mean{}, x, all_tokens, d_out).tokens.size() == 0);
    const auto back = seqpool::gradient(Attention{filled<Eigen::Tensor<double, 1>>(2, hidden)}, x, all_tokens, d_out);
    for (const double number : back.parameters.numbers()) CHECK(number == 0);
  }
  // A head's bias still learns from a row without tokens.
  const Row3 x(2, 0, 4);
  const seqpool::Classifier classifier{Mean{}, seqpool::Linear{filled<Row2>(1, 3, 4), std::vector<double>{1, 0, 0}}};
  const auto back = seqpool::gradient(classifier, x, all_tokens, seqpool::CrossEntropy(std::vector<int>{1, 2}));
  CHECK(back.parameters["head.0.bias"][0] > 0);
  CHECK(back.parameters["head.0.weight"][0] == 0);
}

TEST_CASE("what does not fit is refused before anything is written", "[gradient]") {
  const auto x = filled<Row3>(1, 2, 6, 4);
  Row3 d_x(2, 6, 4);
  d_x.setConstant(7);
  CHECK_THROWS_WITH(seqpool::gradient_into(d_x, Mean{}, x, all_tokens, filled<Row2>(1, 2, 5)),
                    ct::has_substring("d_out is [2, 5], but the pooled rows are [2, 4]"));
  CHECK_THROWS_WITH(seqpool::gradient_into(d_x, Mean{}, x, all_tokens, filled<Row2>(1, 3, 4)),
                    ct::has_substring("d_out is [3, 4]"));
  CHECK_THROWS_WITH(seqpool::gradient_into(d_x, Mean{}, x, seqpool::Lengths(std::array{7, 1}), filled<Row2>(1, 2, 4)),
                    ct::has_substring("7"));
  CHECK_THROWS_WITH(
      seqpool::gradient_into(d_x, Mean{}, x, seqpool::Spans{{0, 0, 3}, {1, 0, 2}, {0, 2, 4}}, filled<Row2>(1, 3, 4)),
      ct::has_substring("rows 0 and 2 have token 2 of sequence 0 in common"));
  CHECK(d_x(0, 0, 0) == 7);
  Row3 wrong(2, 5, 4);
  CHECK_THROWS_WITH(seqpool::gradient_into(wrong, Mean{}, x, all_tokens, filled<Row2>(1, 2, 4)),
                    ct::has_substring("d_x is [2, 5, 4], but hidden states are [2, 6, 4]"));
  Row3 own(x);
  CHECK_THROWS_WITH(seqpool::gradient_into(own, Mean{}, own, all_tokens, filled<Row2>(1, 2, 4)),
                    ct::has_substring("lies in the memory of the hidden states"));
  // Spans that touch do not overlap.
  seqpool::gradient_into(d_x, Mean{}, x, seqpool::Spans{{0, 0, 3}, {1, 0, 2}, {0, 3, 4}, {0, 3, 3}},
                         filled<Row2>(1, 4, 4));
  CHECK(d_x(0, 4, 0) == 0);
  CHECK(d_x(1, 2, 0) == 0);
  CHECK(d_x(0, 3, 0) != 0);
  const seqpool::Classifier classifier{Mean{}, seqpool::Linear{filled<Row2>(1, 3, 4)}};
  CHECK_THROWS_WITH(seqpool::gradient(classifier, x, all_tokens, seqpool::CrossEntropy(std::vector<int>{0, 3})),
                    ct::has_substring("row 1 has label 3, but there are 3 classes"));
  CHECK_THROWS_WITH(seqpool::with_parameters(classifier, std::vector<double>(11)), ct::has_substring("11"));
}
