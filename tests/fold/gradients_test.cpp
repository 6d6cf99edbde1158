// SPDX-License-Identifier: MIT
#include <seqpool/fold/gradients.hpp>

#include <functional>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;

namespace {

// A pooling that adds tokens up, and goes back as a test says.
struct Probe : seqpool::FeaturePooling<Probe> {
  static constexpr auto feature_op = std::plus<>();
  std::function<void(const seqpool::TokenBlock<float>&, const seqpool::Gradients<float>&)> goes_back;

  explicit Probe(decltype(goes_back) f) : goes_back(std::move(f)) {}
  void backward(const auto&, const seqpool::TokenBlock<float>& tokens,
                const seqpool::Gradients<float>& gradients) const {
    goes_back(tokens, gradients);
  }
};

// Tokens 1, 3 and 4 of 5 are real.
const Eigen::Tensor<int, 2, Eigen::RowMajor>& holes() {
  static const auto mask = [] {
    Eigen::Tensor<int, 2, Eigen::RowMajor> m(1, 5);
    m.setValues({{0, 1, 0, 1, 1}});
    return m;
  }();
  return mask;
}

template <class F> std::vector<float> back(F f, bool column_major = false) {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 5, 2);
  x.setValues({{{9, 9}, {1, 2}, {9, 9}, {3, 4}, {5, 6}}});
  Eigen::Tensor<float, 2> d_out(1, 2);
  d_out.setValues({{10, 20}});
  Eigen::Tensor<float, 3> columns(1, 5, 2);
  Eigen::Tensor<float, 3, Eigen::RowMajor> rows(1, 5, 2);
  if (column_major)
    seqpool::gradient_into(columns, Probe(f), x, holes(), d_out);
  else
    seqpool::gradient_into(rows, Probe(f), x, holes(), d_out);
  std::vector<float> result;
  for (Index s = 0; s < 5; ++s)
    for (Index h = 0; h < 2; ++h) result.push_back(column_major ? columns(0, s, h) : rows(0, s, h));
  return result;
}

using Numbers = std::vector<float>;

}  // namespace

TEST_CASE("gradients stand where their tokens do, in either layout", "[gradient]") {
  for (const bool column_major : {false, true}) {
    CHECK(back([](const auto& tokens, const auto& g) { g.spread(tokens, [](float x, float d) { return x + d; }); },
               column_major) == Numbers{0, 0, 11, 22, 0, 0, 13, 24, 15, 26});
    CHECK(back([](const auto& tokens, const auto& g) { g.spread_share(tokens, 2); }, column_major) ==
          Numbers{0, 0, 5, 10, 0, 0, 5, 10, 5, 10});
    CHECK(back(
              [](const auto& tokens, const auto& g) {
                const Numbers held{3, 2};
                g.spread_to_first(
                    tokens, held.data(), [](float x, float most) { return x >= most; },
                    [](float x, float d) { return x * d; });
              },
              column_major) == Numbers{0, 0, 0, 40, 0, 0, 30, 0, 0, 0});
    CHECK(back(
              [](const auto& tokens, const auto& g) {
                const Numbers numbers{1, 2};
                g.spread_numbers(
                    tokens, numbers.data(), [&](Index i) { return static_cast<float>(tokens.position(i)); },
                    [](float number, float place) { return number * place; });
              },
              column_major) == Numbers{0, 0, 1, 2, 0, 0, 3, 6, 4, 8});
    CHECK(back(
              [](const auto& tokens, const auto& g) {
                const Numbers rows{1, 2, 3, 4, 5, 6};
                g.spread_rows(tokens, rows.data());
                g.adding().spread_rows(tokens, rows.data());
              },
              column_major) == Numbers{0, 0, 2, 4, 0, 0, 6, 8, 10, 12});
  }
}

TEST_CASE("a part has its own slices, and scratch is kept", "[gradient]") {
  back([](const auto& tokens, const auto& g) {
    auto rest = g;
    CHECK(rest.of_tokens());
    const auto first = rest.take(1, 0);
    CHECK(first.out[0] == 9);
    CHECK(first.d_out[0] == 10);
    CHECK((first.out.size() == 1 && first.d_out.size() == 1 && first.left.size() == 1));
    CHECK(rest.d_out.size() == 1);
    CHECK(rest.d_out[0] == 20);
    CHECK(rest.out[0] == 12);
    CHECK(rest.left[0] == 20);
    CHECK(rest.own.empty());
    float* const room = g.scratch(100);
    CHECK(room == g.scratch(3));
    g.spread_share(tokens, 1);
  });
}
