// SPDX-License-Identifier: MIT
#include <seqpool/pooling/any_pooling.hpp>

#include <seqpool/seqpool.hpp>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "midrange.hpp"
#include "support/catch.hpp"
#include "support/plain_poolings.hpp"
#include "support/rows.hpp"

using seqpool::AnyPooling;
using seqpool::Index;
using seqpool::Reads;

// In the other forms and scalars the laws hold it, which are compiled over AnyPooling.
TEMPLATE_TEST_CASE("a pooling chosen at run time has the bits of the pooling", "[any_pooling]", float, Eigen::half) {
  constexpr Index hidden = 50;
  const Index n = GENERATE(1, 9, 600);
  test::Padded<TestType> x(5, n + 3, hidden);
  const auto tokens = test::tokens<TestType>(n, hidden, 4);
  for (Index b = 0; b < 4; ++b)
    for (Index i = 0; i < n; ++i)
      x.put(b, i + b % 3 + (i > n / 2 ? 1 : 0), &tokens[static_cast<std::size_t>(i * hidden)]);
  const auto check = [&](const auto& pooling) {
    const AnyPooling<TestType> any = pooling;
    CHECK(test::rows_of(seqpool::pool(any, x.view(), x.mask_view())) ==
          test::rows_of(seqpool::pool(pooling, x.view(), x.mask_view())));
  };
  test::for_each_plain_pooling(check);
  check(seqpool::WeightedMean{});
  check(seqpool::Attention{test::query_of<TestType>(hidden)});
  check(seqpool::Concat{seqpool::Cls{}, seqpool::Max{}});
  check(Midrange{});
}

TEST_CASE("a pooling chosen at run time says what the pooling says", "[any_pooling]") {
  AnyPooling<float> any = seqpool::Cls{};
  CHECK(any.reads() == Reads::first_token);
  CHECK(any.name() == "cls");
  CHECK(any.width(7) == 7);
  CHECK_FALSE(any.per_token());
  any = seqpool::Concat{seqpool::Cls{}, seqpool::Last{}};
  CHECK(any.reads() == Reads::first_and_last);
  CHECK(any.width(7) == 14);
  Eigen::Tensor<float, 2> weights(2, 3);
  any = seqpool::TokenWeightedMean{weights};
  CHECK(any.per_token());
  CHECK_THROWS_WITH(any.check(2, 4), ct::has_substring("weights are [2, 3]"));
  any = seqpool::Attention{std::vector<float>(3)};
  CHECK_THROWS_WITH(any.width(4), ct::has_substring("query is [3]"));
  CHECK(AnyPooling<float>(Midrange{}).name().empty());
}

TEST_CASE("one pooling converts by itself, a list where it is asked for", "[any_pooling]") {
  using Any = AnyPooling<float>;
  STATIC_REQUIRE(std::is_convertible_v<seqpool::Mean, Any>);
  STATIC_REQUIRE(!std::is_convertible_v<std::vector<Any>, Any>);
  STATIC_REQUIRE(std::is_constructible_v<Any, std::vector<Any>>);
}

namespace {

// Of a user: a bias for each feature, which is learned.
struct Biased : seqpool::FeaturePooling<Biased> {
  static constexpr auto feature_op = std::plus<>();
  std::vector<float> bias;
  std::string name() const { return "biased"; }
  void finish(const auto& state, auto out) const {
    for (std::size_t h = 0; h < out.size(); ++h) out[h] = state.count > 0 ? state.values[h] + bias[h] : 0;
  }
  void visit_parameters(auto f) const {
    seqpool::visit_parameter(f, "bias", bias, {static_cast<Index>(bias.size())}, false);
  }
};

}  // namespace

TEST_CASE("parameters are handed on as they are, of a list behind their place", "[any_pooling]") {
  using Any = AnyPooling<float>;
  std::vector<std::string> seen;
  const auto see = [&](std::string_view name, auto numbers, std::span<const Index> shape, bool penalised) {
    seen.emplace_back(name);
    REQUIRE(shape.size() == 1);
    CHECK(shape[0] == static_cast<Index>(numbers.size()));
    seen.back() += penalised ? "!" : "";
    for (const auto number : numbers) seen.back() += " " + std::to_string(static_cast<int>(number));
  };
  const Any one = Biased{{}, {1, 2}};
  one.visit_parameters(see);
  CHECK(seen == std::vector<std::string>{"bias 1 2"});
  seen.clear();
  Any(std::vector<Any>{seqpool::Mean{}, one, Biased{{}, {3}}}).visit_parameters(see);
  CHECK(seen == std::vector<std::string>{"1.bias 1 2", "2.bias 3"});
  seen.clear();
  Any(seqpool::Mean{}).visit_parameters(see);
  CHECK(seen.empty());
  CHECK(seqpool::parameters_checksum(one) == seqpool::parameters_checksum(Biased{{}, {1, 2}}));
}

TEST_CASE("states of a user's pooling with other parameters do not go together", "[any_pooling]") {
  using Any = AnyPooling<float>;
  const Any own = Biased{{}, {1, 2}}, alike = Biased{{}, {1, 2}}, other = Biased{{}, {1, 3}};
  Any::State<float> state, same, different;
  own.init(state, 2);
  alike.init(same, 2);
  other.init(different, 2);
  CHECK_NOTHROW(own.merge(state, same));
  CHECK_THROWS_WITH(own.merge(state, different), ct::has_substring("with the same parameters, go together"));
}

TEST_CASE("several poolings side by side at run time have the bits of Concat", "[any_pooling]") {
  using Any = AnyPooling<float>;
  const auto tokens = test::tokens<float>(21, 5, 4);
  const seqpool::HiddenStates<float> x(tokens.data(), {1, 21, 5});
  const Any three(std::vector<Any>{seqpool::Cls{}, seqpool::Mean{}, seqpool::Last{}});
  CHECK(test::rows_of(seqpool::pool(three, x)) ==
        test::rows_of(seqpool::pool(seqpool::Concat{seqpool::Cls{}, seqpool::Mean{}, seqpool::Last{}}, x)));
  CHECK(three.name() == "concat cls mean last");
  CHECK(three.width(5) == 15);
  CHECK(three.reads() == Reads::every_token);
  CHECK_FALSE(three.per_token());
  CHECK(Any(std::vector<Any>{seqpool::Cls{}, seqpool::Last{}}).reads() == Reads::first_and_last);
  CHECK_THROWS_WITH(Any(std::vector<Any>{}), ct::has_substring("at least one pooling"));
  Eigen::Tensor<float, 2> weights(2, 3);
  const Any weighted(std::vector<Any>{seqpool::Cls{}, seqpool::TokenWeightedMean{weights}});
  CHECK(weighted.per_token());
  CHECK_THROWS_WITH(weighted.check(2, 4), ct::has_substring("weights are [2, 3]"));
  CHECK(Any(std::vector<Any>{three, weighted}).per_token());
}

TEST_CASE("a state is copied with what it holds, and serves another pooling after init", "[any_pooling]") {
  const std::vector<float> x{1, 2, 3, 4};
  const AnyPooling<float> mean = seqpool::Mean{};
  const AnyPooling<float> max = seqpool::Max{};
  AnyPooling<float>::State<float> state;
  mean.init(state, 1);
  mean.fold(state, seqpool::TokenBlock<float>(x.data(), 2, 1, 1));
  auto copy = state;
  mean.fold(copy, seqpool::TokenBlock<float>(x.data() + 2, 2, 1, 1));
  std::vector<float> out(1);
  mean.finish(state, out);
  CHECK(out[0] == 1.5f);
  mean.finish(copy, out);
  CHECK(out[0] == 2.5f);
  max.init(state, 1);
  max.fold(state, seqpool::TokenBlock<float>(x.data(), 3, 1, 1));
  max.finish(state, out);
  CHECK(out[0] == 3);
  state = copy;
  mean.finish(state, out);
  CHECK(out[0] == 2.5f);
  // Also after one whose state is made of other parts.
  const AnyPooling<float> weighted_mean = seqpool::WeightedMean{};
  AnyPooling<float>::State<float> other;
  weighted_mean.init(other, 1);
  mean.init(other, 1);
  int parts = 0;
  other.visit([&parts](auto) { ++parts; });
  CHECK(parts == 2);
}

namespace {

struct Opaque : seqpool::Mean {
  template <seqpool::Scalar T> struct State {
    seqpool::FeatureState<T> inner;
  };
  void init(auto& s, Index hidden) const { Mean::init(s.inner, hidden); }
  void fold(auto& s, const auto& tokens) const { Mean::fold(s.inner, tokens); }
  void merge(auto& s, const auto& next) const { Mean::merge(s.inner, next.inner); }
  void finish(const auto& s, auto out) const { Mean::finish(s.inner, out); }
  void backward() const = delete;  // Mean's is for its own state
};

}  // namespace

TEST_CASE("a pooling whose state cannot be visited pools, and refuses to be saved", "[any_pooling]") {
  const std::vector<float> x{1, 2, 3, 4};
  CHECK(seqpool::pool(AnyPooling<float>(Opaque{}), seqpool::HiddenStates<float>(x.data(), {1, 4, 1}))(0, 0) == 2.5f);
  seqpool::Stream<AnyPooling<float>, float> stream{Opaque{}, 1};
  for (int i = 0; i < 3; ++i) stream.push(x.data(), 4);
  CHECK(stream.value()(0, 0) == 2.5f);
  CHECK_THROWS_WITH(stream.save(), ct::has_substring("cannot be saved"));
}

TEST_CASE("a state goes with the pooling that made it, or one with its name and type", "[any_pooling]") {
  using Any = AnyPooling<float>;
  using State = Any::State<float>;
  const std::vector<float> x{1, 2, 3, 4};
  const seqpool::TokenBlock<float> tokens(x.data(), 2, 2, 2);
  const auto state_of = [&](const Any& pooling) {
    State state;
    pooling.init(state, 2);
    pooling.fold(state, tokens);
    return state;
  };
  const Any mean = seqpool::Mean{}, max = seqpool::Max{}, two(std::vector<Any>{mean, max});
  const Any concat = seqpool::Concat{seqpool::Mean{}, seqpool::Max{}};
  const Any attention = seqpool::Attention{std::vector<float>{1, 2}};
  const Any other_attention = seqpool::Attention{std::vector<float>{2, 1}};
  std::vector<float> out(4);
  for (const auto& [own, other] :
       {std::pair{mean, max}, std::pair{max, mean}, std::pair{mean, two}, std::pair{two, mean}, std::pair{concat, two},
        std::pair{two, concat}, std::pair{attention, other_attention},
        std::pair{two, Any(std::vector<Any>{mean, max, mean})}}) {
    State mine = state_of(own), theirs = state_of(other);
    const std::string sentence =
        "of the pooling '" + seqpool::identity_of(other) + "' was given to '" + seqpool::identity_of(own) + "'";
    CHECK_THROWS_WITH(own.merge(mine, theirs), ct::has_substring(sentence));
    CHECK_THROWS_WITH(own.merge(theirs, mine), ct::has_substring(sentence));
    CHECK_THROWS_WITH(own.fold(theirs, tokens), ct::has_substring(sentence));
    CHECK_THROWS_WITH(own.finish(theirs, out), ct::has_substring(sentence));
    CHECK_NOTHROW(own.init(theirs, 2));
    CHECK_NOTHROW(own.merge(mine, theirs));
  }
  State alike = state_of(Any(seqpool::Attention{std::vector<float>{1, 2}}));
  CHECK_NOTHROW(attention.merge(alike, state_of(attention)));
  State none;
  CHECK_THROWS_WITH(mean.fold(none, tokens), ct::has_substring("no AnyPooling has initialised"));
  CHECK_THROWS_WITH(mean.merge(alike, none), ct::has_substring("was given to 'mean'"));
  CHECK_THROWS_WITH(attention.merge(alike, none), ct::has_substring("no AnyPooling has initialised"));
}
