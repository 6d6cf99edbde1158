// SPDX-License-Identifier: MIT
#include <seqpool/train/detail/moved_parameters.hpp>

#include <array>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

using seqpool::Index;
using seqpool::detail::MovedParameters;

namespace {

using Row2 = Eigen::Tensor<double, 2, Eigen::RowMajor>;

Row2 filled(std::uint64_t seed, Index rows, Index columns) {
  Row2 x(rows, columns);
  test::Random random(seed);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = random.between(-1, 1);
  return x;
}

// 2 queries [2, 3], weight [2, 6], bias [2]: 20 numbers.
seqpool::Classifier<seqpool::Attention<double, Eigen::Dynamic>, seqpool::Linear<double>> classifier() {
  return seqpool::Classifier{seqpool::Attention<double, Eigen::Dynamic>(filled(1, 2, 3)),
                             seqpool::Linear<double>(filled(2, 2, 6), std::vector{0.5, -0.25})};
}

const std::vector<double> mean{1, -2, 3, 0.5, 0, 7};

}  // namespace

TEST_CASE("what is not frozen moves, and all else stays", "[moved_parameters]") {
  const auto all = seqpool::parameters(classifier());
  struct Case {
    std::vector<std::string> frozen;
    std::vector<Index> places;  // first and one past the last of what moves
    bool pooling;
  };
  for (const Case& c :
       {Case{{}, {0, 20}, true}, Case{{"pooling"}, {6, 20}, false}, Case{{"pooling.query"}, {6, 20}, false},
        Case{{"head"}, {0, 6}, true}, Case{{"head.0.weight"}, {0, 6, 18, 20}, true},
        Case{{"head.0.bias", "pooling"}, {6, 18}, false}}) {
    const MovedParameters moved(classifier(), c.frozen, 0, 0);
    CHECK(moved.moves_pooling() == c.pooling);
    std::vector<double> expected(all.numbers().begin(), all.numbers().end());
    const Eigen::VectorXd start = moved.start();
    Index i = 0;
    for (std::size_t k = 0; k < c.places.size(); k += 2)
      for (Index place = c.places[k]; place < c.places[k + 1]; ++place) {
        CHECK(start[i] == expected[static_cast<std::size_t>(place)]);
        expected[static_cast<std::size_t>(place)] += static_cast<double>(++i);
      }
    REQUIRE(start.size() == i);
    Eigen::VectorXd at = start;
    for (Index k = 0; k < i; ++k) at[k] += static_cast<double>(k + 1);
    CHECK(moved.numbers(at) == expected);
  }
}

TEST_CASE("frozen places are names, or places of names", "[moved_parameters]") {
  for (const std::string unknown : {"query", "pool", "head.1", "head.0.weigh", "head.0.weight.x", "", "pooling."}) {
    CAPTURE(unknown);
    const std::vector frozen{std::string("pooling"), unknown};
    CHECK_THROWS_WITH(MovedParameters(classifier(), frozen, 0, 0),
                      ct::has_substring("there is no parameter '" + unknown +
                                        "': there are pooling.query, head.0.weight, head.0.bias"));
  }
  const std::vector<std::string> everything{"pooling", "head"};
  CHECK_THROWS_WITH(MovedParameters(classifier(), everything, 0, 0), ct::has_substring("nothing would be learned"));
}

TEST_CASE("queries that are all equal are refused, unless they stay", "[moved_parameters]") {
  Row2 equal(3, 2);
  equal.setConstant(0.5);
  const auto of = [](const Row2& queries) {
    return seqpool::Classifier{seqpool::Attention<double, Eigen::Dynamic>(queries),
                               seqpool::Linear<double>(filled(3, 2, 2 * queries.dimension(0)))};
  };
  CHECK_THROWS_WITH(MovedParameters(of(equal), {}, 0, 0),
                    ct::has_substring("the 3 rows of pooling.query are all equal, so they would learn the same"));
  const std::vector<std::string> frozen{"pooling"};
  CHECK_NOTHROW(MovedParameters(of(equal), frozen, 0, 0));
  equal(2, 1) = 0.75;
  CHECK_NOTHROW(MovedParameters(of(equal), {}, 0, 0));
  Row2 one(1, 2);
  one.setZero();
  CHECK_NOTHROW(MovedParameters(of(one), {}, 0, 0));
}

TEST_CASE("centred parameters are the same classifier, and their gradient is that of its own", "[moved_parameters]") {
  const auto all = seqpool::parameters(classifier());
  const double head_l2 = 0.25, query_l2 = 2;
  for (const bool centred : {false, true}) {
    MovedParameters moved(classifier(), {}, head_l2, query_l2);
    if (centred) moved.centre(mean);
    // There and back, to a few roundings of numbers around 10.
    const auto back = moved.numbers(moved.start());
    for (std::size_t i = 0; i < back.size(); ++i) CHECK(std::abs(back[i] - all.numbers()[i]) <= 1e-14);
    CHECK(std::equal(back.begin(), back.begin() + 18, all.numbers().begin()));

    // A loss of all numbers, sum_i i sin(number_i), and its penalty, against central differences.
    const auto loss = [&](const Eigen::VectorXd& at, Eigen::VectorXd& gradient) {
      const auto numbers = moved.numbers(at);
      std::vector<double> own;
      double sum = 0;
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        sum += static_cast<double>(i) * std::sin(numbers[i]);
        own.push_back(static_cast<double>(i) * std::cos(numbers[i]));
      }
      return sum + moved.penalty(numbers, own, gradient);
    };
    const Eigen::VectorXd start = moved.start();
    Eigen::VectorXd gradient(20), ignored(20);
    loss(start, gradient);
    for (Index i = 0; i < 20; ++i) {
      Eigen::VectorXd up = start, down = start;
      up[i] += 1e-5;
      down[i] -= 1e-5;
      CHECK(gradient[i] == ct::Approx((loss(up, ignored) - loss(down, ignored)) / 2e-5).margin(1e-7));
    }
  }
}

TEST_CASE("the penalty is on queries and weights, each by its own factor, and not on biases", "[moved_parameters]") {
  const auto all = seqpool::parameters(classifier());
  const MovedParameters moved(classifier(), {}, 0.25, 2);
  std::vector<double> zeros(20);
  Eigen::VectorXd gradient(20);
  const double found = moved.penalty(all.numbers(), zeros, gradient);
  double expected = 0;
  for (std::size_t i = 0; i < 18; ++i) expected += (i < 6 ? 2 : 0.25) / 2 * all.numbers()[i] * all.numbers()[i];
  CHECK(found == ct::Approx(expected));
  for (std::size_t i = 0; i < 20; ++i)
    CHECK(gradient[static_cast<Index>(i)] == (i < 6 ? 2 : i < 18 ? 0.25 : 0) * all.numbers()[i]);
}

TEST_CASE("only a first head with a weight and a bias that both move is centred", "[moved_parameters]") {
  const auto is_centred = [](MovedParameters moved) {
    const Eigen::VectorXd before = moved.start();
    moved.centre(mean);
    return before != moved.start();
  };
  const auto of = [](const auto& pooling, const auto&... heads) { return seqpool::Classifier(pooling, heads...); };
  const seqpool::Linear<double> linear(filled(2, 6, 6), std::vector<double>(6)), without(filled(2, 6, 6));
  const seqpool::LayerNorm norm{std::vector<double>(6, 1.), std::vector<double>(6), 1e-5};
  CHECK(is_centred(MovedParameters(of(seqpool::Mean{}, linear), {}, 0, 0)));
  CHECK(is_centred(MovedParameters(of(seqpool::Mean{}, linear, norm), {}, 0, 0)));
  CHECK_FALSE(is_centred(MovedParameters(of(seqpool::Mean{}, without), {}, 0, 0)));
  CHECK_FALSE(is_centred(MovedParameters(of(seqpool::Mean{}, norm, linear), {}, 0, 0)));
  for (const std::string frozen : {"head.0.weight", "head.0.bias"}) {
    const std::vector all{frozen};
    CHECK_FALSE(is_centred(MovedParameters(of(seqpool::Mean{}, linear), all, 0, 0)));
  }
}
