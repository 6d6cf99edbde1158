// SPDX-License-Identifier: MIT
#include <seqpool/head/skip_connection.hpp>

#include <cmath>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"

using seqpool::Activate;
using seqpool::Activation;
using seqpool::Linear;
using seqpool::SkipConnection;

TEST_CASE("a skip connection adds its heads' result to their input", "[skip_connection]") {
  Eigen::MatrixXf up(3, 2), down(2, 3);
  up << 1, 0, 0, 1, -1, -1;
  down << 1, 0, 2, 0, 1, 3;
  const SkipConnection head{Linear{up}, Activate{Activation::relu}, Linear{down}};
  STATIC_REQUIRE(seqpool::Head<std::remove_cvref_t<decltype(head)>, float>);
  STATIC_REQUIRE(!seqpool::Head<std::remove_cvref_t<decltype(head)>, double>);
  Eigen::Tensor<float, 2> x(2, 2);
  x.setValues({{1, 2}, {-3, 1}});
  const auto y = seqpool::map(head, x);
  CHECK(y(0, 0) == 2);
  CHECK(y(0, 1) == 4);
  CHECK(y(1, 0) == -3 + 2 * 2);
  CHECK(y(1, 1) == 1 + 1 + 3 * 2);
  CHECK_THROWS_WITH(SkipConnection{Linear{up}}.width(2), ct::has_substring("2 features to what its heads make, 3"));
  CHECK_THROWS_WITH(SkipConnection{Linear{down}}.width(3), ct::has_substring("3 features to what its heads make, 2"));
  using Fixed = SkipConnection<Linear<float, 3, 2>, Linear<float, 2, 3>>;
  STATIC_REQUIRE((Fixed::fixed_features == 2 && Fixed::fixed_width == 2));
}

// SiglipMultiheadAttentionPoolingHead: out + mlp(layernorm(out)).
TEST_CASE("a SigLIP head is multi-head attention and an mlp with a way around it", "[skip_connection]") {
  constexpr Eigen::Index siglip_width = 4, inner = 6;
  seqpool::MultiheadAttentionWeights<double> weights;
  weights.heads = 2;
  test::Random random(3);
  const auto fill = [&](auto& matrix, auto... sizes) {
    matrix.resize(sizes...);
    for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = random.between(-1, 1);
  };
  fill(weights.query, 1, siglip_width);
  fill(weights.in_proj_weight, 3 * siglip_width, siglip_width);
  fill(weights.out_proj_weight, siglip_width, siglip_width);
  Eigen::MatrixXd fc1, fc2;
  fill(fc1, inner, siglip_width);
  fill(fc2, siglip_width, inner);
  const seqpool::MultiheadAttention attention{weights};
  const seqpool::Embedder siglip{
      attention.pooling(), attention.head(),
      SkipConnection{seqpool::LayerNorm<double>{1e-6}, Linear{fc1}, Activate{Activation::gelu_tanh}, Linear{fc2}}};
  Eigen::Tensor<double, 3, Eigen::RowMajor> x(2, 5, siglip_width);
  for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = random.between(-1, 1);
  const auto attended = seqpool::multihead_attention_pool(x, attention);
  const auto result = siglip.embed(x);
  for (Eigen::Index b = 0; b < 2; ++b) {
    Eigen::VectorXd out(siglip_width);
    for (Eigen::Index e = 0; e < siglip_width; ++e) out(e) = attended(b, e);
    const Eigen::VectorXd centred = out.array() - out.mean();
    const Eigen::VectorXd hidden = fc1 * (centred / std::sqrt(centred.squaredNorm() / siglip_width + 1e-6));
    const Eigen::VectorXd active = hidden.unaryExpr([](double v) {
      return v / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (v + 0.044715 * v * v * v)));
    });
    const Eigen::VectorXd expected = out + fc2 * active;
    for (Eigen::Index e = 0; e < siglip_width; ++e) CHECK(result(b, e) == ct::Approx(expected(e)).epsilon(1e-12));
  }
}

TEST_CASE("a gradient goes back on both ways", "[skip_connection][gradient]") {
  using Floats = std::vector<float>;
  const seqpool::SkipConnection head{seqpool::Affine{3.f, 1.f}};
  Floats own(2);
  CHECK(test::gone_back<float>(head, {1, 2}, {5, 7}, own) == Floats{20, 28});
  CHECK(own == Floats{19, 12});
}
