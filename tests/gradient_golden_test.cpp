// SPDX-License-Identifier: MIT
// Gradients by PyTorch's autograd in float64, from tests/golden/gradients/gradients.safetensors: generate.py beside it
// says what is in it, and when it may change. Padding holds NaN here.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;

namespace {

using DoubleMatrix = Eigen::Tensor<double, 2, Eigen::RowMajor>;
using Numbers = std::span<const double>;

// In eps of the largest gradient of a tensor, for tokens and vectors of their row. Both sides are off by their own few
// roundings: sums of up to 21 products, exponentials and slopes; measured are 6 eps at most. The promises, 16 for
// feature-wise poolings and 64 for attentions, hold at every size.
constexpr double gradient_eps = 16;

// |ours - golden| in eps of the largest golden number.
double apart(Numbers ours, Numbers golden) {
  REQUIRE(ours.size() == golden.size());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < golden.size(); ++i) {
    REQUIRE(std::isfinite(ours[i]));
    largest = std::max(largest, std::abs(golden[i]));
    difference = std::max(difference, std::abs(ours[i] - golden[i]));
  }
  return difference == 0 ? 0 : difference / (largest * std::numeric_limits<double>::epsilon());
}

class Golden {
 public:
  auto vector(const std::string& name) const { return file_.tensor<double, 1>(name); }
  auto matrix(const std::string& name) const { return file_.tensor<double, 2>(name); }
  double number(const std::string& name) const { return numbers(name)[0]; }
  const auto& file() const { return file_; }

  Numbers numbers(const std::string& name) const {
    const auto of = [](const auto& view) { return Numbers(view.data(), static_cast<std::size_t>(view.size())); };
    switch (file_.info(name).shape.size()) {
      case 0:
        return of(file_.tensor<double, 0>(name));
      case 1:
        return of(vector(name));
      case 2:
        return of(matrix(name));
      default:
        return of(file_.tensor<double, 3>(name));
    }
  }

  // All gradients of parameters that the file has under this name are there, by theirs.
  void check_parameters(const std::string& name, const seqpool::ParameterVector& found) const {
    std::size_t known = 0;
    for (const std::string& key : file_.names())
      if (key.starts_with(name + ".d_")) ++known;
    CHECK(found.entries().size() + 1 == known);  // beside those of tokens, or of vectors
    for (const auto& entry : found.entries()) {
      INFO(entry.name);
      CHECK(apart(found[entry.name], numbers(name + ".d_" + entry.name)) <= gradient_eps);
    }
  }

  // Row by row, as a row's gradients do not depend on others; padding's are +0.
  void check_tokens(const std::string& name, const auto& found, double bound = gradient_eps) const {
    const auto golden = file_.tensor<double, 3>(name + ".d_tokens");
    REQUIRE(found.dimensions() == golden.dimensions());
    const std::size_t row = static_cast<std::size_t>(golden.size() / golden.dimension(0));
    for (Index b = 0; b < golden.dimension(0); ++b) {
      INFO("row " << b);
      CHECK(apart({&found(b, 0, 0), row}, {&golden(b, 0, 0), row}) <= bound);
    }
    const bool is_long = name.starts_with("long.");
    const auto mask = file_.tensor<bool, 2>(is_long ? "long.mask" : "mask");
    for (Index b = 0; b < golden.dimension(0); ++b)
      for (Index s = 0; s < golden.dimension(1); ++s)
        for (Index h = 0; h < golden.dimension(2) && !mask(b, s); ++h)
          CHECK((found(b, s, h) == 0 && !std::signbit(found(b, s, h))));
  }

  // rows: "" or "long."
  void check_pooling(const std::string& name, const seqpool::AnyPooling<double>& pooling, const std::string& rows = "",
                     double of_tokens = gradient_eps) const {
    INFO(rows + name);
    const auto x = file_.tensor<double, 3>(rows + "x");
    const auto mask = file_.tensor<bool, 2>(rows + "mask");
    const auto back = seqpool::gradient(pooling, x, mask, d_out(rows, pooling.width(x.dimension(2))));
    check_tokens(rows + name, back.tokens, of_tokens);
    check_parameters(rows + name, back.parameters);
  }

  DoubleMatrix d_out(const std::string& rows, Index width) const {
    const auto all = matrix(rows + "d_out");
    return all.slice(std::array<Index, 2>{0, 0}, std::array<Index, 2>{all.dimension(0), width});
  }

  void check_head(const std::string& name, const auto& head) const {
    INFO(name);
    const auto x = matrix("vectors");
    const Index rows = x.dimension(0), features = x.dimension(1);
    const Index width = head.width(features);
    const DoubleMatrix d_out = matrix("d_mapped").slice(std::array<Index, 2>{0, 0}, std::array<Index, 2>{rows, width});
    DoubleMatrix d_in(rows, features);
    seqpool::ParameterVector found(head);
    std::vector<double> own(found.numbers().size());
    head.backward(seqpool::Rows<const double>(x.data(), rows, features, features),
                  seqpool::Rows<const double>(d_out.data(), rows, width, width),
                  seqpool::Rows<double>(d_in.data(), rows, features, features), std::span<double>(own));
    std::copy(own.begin(), own.end(), found.numbers().begin());
    check_parameters(name, found);
    const auto golden = matrix(name + ".d_in");
    for (Index i = 0; i < rows; ++i) {
      INFO("row " << i);
      const auto size = static_cast<std::size_t>(features);
      CHECK(apart({&d_in(i, 0), size}, {&golden(i, 0), size}) <= gradient_eps);
    }
  }

  void check_classifier(const std::string& name, const auto& classifier, const auto& loss) const {
    INFO(name);
    const auto back = seqpool::gradient(classifier, file_.tensor<double, 3>("x"), file_.tensor<bool, 2>("mask"), loss);
    CHECK(apart({&back.loss, 1}, numbers(name + ".loss")) <= gradient_eps);
    check_tokens(name, back.tokens);
    check_parameters(name, back.parameters);
  }

 private:
  seqpool::io::Safetensors file_{std::string(SEQPOOL_TEST_GOLDEN_POOLINGS) + "/gradients/gradients.safetensors"};
};

// A user's own scorer: the longer a token, the more it weighs.
struct ByLength {
  static Index heads() { return 1; }
  static double length(const seqpool::TokenBlock<double>& tile, Index i) {
    double sum = 0;
    for (Index h = 0; h < tile.hidden(); ++h) sum += tile[i][h] * tile[i][h];
    return std::sqrt(sum);
  }
  static void score(const seqpool::TokenBlock<double>& tile, std::span<double> scores) {
    for (Index i = 0; i < tile.size(); ++i) scores[static_cast<std::size_t>(i)] = length(tile, i);
  }
  static void backward(const seqpool::TokenBlock<double>& tile, std::span<const double> d_scores,
                       const seqpool::Gradients<double>& gradients) {
    gradients.spread(
        tile, [&](Index i) { return d_scores[static_cast<std::size_t>(i)] / length(tile, i); },
        [](double x, double by) { return by * x; });
  }
  static std::string name() { return "by_length"; }
};

// A loss whose gradient is given: sum of out * d_out.
struct GivenSlope {
  const DoubleMatrix& d_out;

  void check(Index rows, Index width) const {
    REQUIRE(rows == d_out.dimension(0));
    REQUIRE(width == d_out.dimension(1));
  }
  double of_row(Index row, Numbers out, std::span<double> d_row) const {
    double loss = 0;
    for (std::size_t o = 0; o < out.size(); ++o) {
      loss += out[o] * d_out(row, static_cast<Index>(o));
      d_row[o] = d_out(row, static_cast<Index>(o));
    }
    return loss;
  }
};

}  // namespace

TEST_CASE("gradients: torch's of what selects, adds up and compares", "[golden]") {
  using seqpool::Splade;
  const Golden golden;
  golden.check_pooling("cls", seqpool::Cls{});
  golden.check_pooling("last", seqpool::Last{});
  golden.check_pooling("sum", seqpool::Sum{});
  golden.check_pooling("mean", seqpool::Mean{});
  golden.check_pooling("mean_sqrt_len", seqpool::MeanSqrtLen{});
  golden.check_pooling("weighted_mean", seqpool::WeightedMean{});
  golden.check_pooling("weighted_mean_behind_5", seqpool::WeightedMean{5});
  golden.check_pooling("token_weighted_mean", seqpool::TokenWeightedMean{golden.matrix("token_weighted_mean.weights")});
  golden.check_pooling("max", seqpool::Max{});
  golden.check_pooling("min", seqpool::Min{});
  golden.check_pooling("abs_max", seqpool::AbsMax{});
  golden.check_pooling("abs_mean", seqpool::AbsMean{});
  golden.check_pooling("mean_max", seqpool::MeanMax{});
  golden.check_pooling("root_mean_square", seqpool::RootMeanSquare{});
  golden.check_pooling("mean_std", seqpool::MeanStd{});
  golden.check_pooling("mean_std_sample", seqpool::MeanStd{seqpool::MeanStd::sample});
  golden.check_pooling("splade_max_relu", Splade{Splade::max, Splade::relu});
  golden.check_pooling("splade_sum_relu", Splade{Splade::sum, Splade::relu});
  golden.check_pooling("splade_max_log1p_relu", Splade{Splade::max, Splade::log1p_relu});
  golden.check_pooling("splade_sum_log1p_relu", Splade{Splade::sum, Splade::log1p_relu});
  golden.check_pooling("generalized_mean_3", seqpool::GeneralizedMean{3});
  golden.check_pooling("generalized_mean_2.5", seqpool::GeneralizedMean{2.5});
  golden.check_pooling("generalized_mean_p", seqpool::GeneralizedMean{golden.vector("generalized_mean_p.p")});
  golden.check_pooling("log_sum_exp", seqpool::LogSumExp{2});
}

TEST_CASE("gradients: torch's of attentions", "[golden]") {
  const Golden golden;
  const auto vector = [&](const char* name) { return golden.vector(name); };
  const auto matrix = [&](const char* name) { return golden.matrix(name); };
  golden.check_pooling("attention", seqpool::Attention{vector("attention.query")});
  golden.check_pooling("attention_scaled", seqpool::Attention{vector("attention_scaled.query"), 0.5});
  golden.check_pooling("attention_3", seqpool::Attention{matrix("attention_3.query")});
  golden.check_pooling("attention_5_average", seqpool::Attention{matrix("attention_5_average.query"), 0.5}.average());
  golden.check_pooling("positional_attention",
                       seqpool::PositionalAttention{matrix("positional_attention.query"),
                                                    vector("positional_attention.position_weight")});
  golden.check_pooling("additive_tanh",
                       seqpool::AdditiveAttention{matrix("additive_tanh.weight"), vector("additive_tanh.bias"),
                                                  vector("additive_tanh.v")});
  golden.check_pooling(
      "additive_gelu",
      seqpool::AdditiveAttention{matrix("additive_gelu.weight"), vector("additive_gelu.bias"),
                                 vector("additive_gelu.v")}
          .layer_norm(vector("additive_gelu.layer_norm.weight"), vector("additive_gelu.layer_norm.bias"))
          .gelu());
  golden.check_pooling("self_attentive",
                       seqpool::SelfAttentive{matrix("self_attentive.weight1"), matrix("self_attentive.weight2")});
  golden.check_pooling("by_length", seqpool::SoftmaxPooling<ByLength>{ByLength{}});
  golden.check_pooling("concat",
                       seqpool::Concat{seqpool::Max{}, seqpool::Attention{vector("concat.1.query")}, seqpool::Mean{}});
}

TEST_CASE("gradients: torch's of the largest products", "[golden]") {
  const Golden golden;
  const auto query = [&](const std::string& name) { return golden.matrix(name + ".query"); };
  golden.check_pooling("max_sim", seqpool::MaxSim{query("max_sim")});
  golden.check_pooling("max_sim_per_query", seqpool::MaxSim{query("max_sim_per_query")}.per_query());
  golden.check_pooling("max_sim_normalized",
                       seqpool::MaxSim{query("max_sim_normalized")}.normalize_tokens().per_query());
  golden.check_pooling("max_sim_masked",
                       seqpool::MaxSim{query("max_sim_masked"), golden.file().tensor<bool, 1>("query_mask")});
}

TEST_CASE("gradients: torch's MultiheadAttention, and EleutherAI's attention probe", "[golden]") {
  const Golden golden;
  // Through folded queries and projected values, to the tensors that are saved.
  const auto check = [&](const std::string& name, const auto& attention, Index width) {
    INFO(name);
    const DoubleMatrix d_out = golden.d_out("", width);
    const seqpool::Embedder embedder{seqpool::AnyPooling<double>(attention.pooling()), attention.head()};
    const auto back = seqpool::gradient(embedder, golden.file().tensor<double, 3>("x"),
                                        golden.file().tensor<bool, 2>("mask"), GivenSlope{d_out});
    golden.check_tokens(name, back.tokens);
    golden.check_parameters(name, attention.gradient(back.parameters.part("pooling"), back.parameters.part("head.0")));
  };
  const auto vector = [&](const std::string& name) {
    return seqpool::ValueProjection<double>::Vector(golden.vector(name));
  };
  const auto matrix = [&](const std::string& name) { return DoubleMatrix(golden.matrix(name)); };
  const auto with_out = [&](const std::string& name, Index heads) {
    seqpool::MultiheadAttentionWeights<double> weights;
    weights.query = matrix(name + ".query");
    weights.heads = heads;
    weights.out_proj_weight = matrix(name + ".out_proj.weight");
    return weights;
  };
  auto one = with_out("mha_1", 2);
  one.q_proj_weight = matrix("mha_1.q_proj_weight");
  one.k_proj_weight = matrix("mha_1.k_proj_weight");
  one.v_proj_weight = matrix("mha_1.v_proj_weight");
  one.in_proj_bias = vector("mha_1.in_proj_bias");
  one.out_proj_bias = vector("mha_1.out_proj.bias");
  check("mha_1", seqpool::MultiheadAttention<double>{one}, 6);
  auto two = with_out("mha_2", 3);
  two.in_proj_weight = matrix("mha_2.in_proj_weight");
  two.in_proj_bias = vector("mha_2.in_proj_bias");
  two.out_proj_bias = vector("mha_2.out_proj.bias");
  check("mha_2", seqpool::MultiheadAttention<double>{two}, 2 * 21);
  auto three = with_out("mha_3", 3);
  three.in_proj_weight = matrix("mha_3.in_proj_weight");
  check("mha_3", seqpool::MultiheadAttention<double>{three}, 3 * 21);
  check("probe",
        seqpool::AttentionProbe{matrix("probe.q.weight"), golden.vector("probe.position_weight"),
                                matrix("probe.v.weight"), golden.vector("probe.v.bias")},
        3);
}

TEST_CASE("gradients: torch's of the weights of layers", "[golden]") {
  const Golden golden;
  std::vector<seqpool::io::Safetensors::View<double, 3>> layers;
  for (const char* name : {"layer_mix.layer_0", "layer_mix.layer_1", "layer_mix.layer_2"})
    layers.push_back(golden.file().tensor<double, 3>(name));
  const seqpool::LayerMix mix{layers, golden.vector("layer_mix.weights")};
  const auto mask = golden.file().tensor<bool, 2>("mask");
  const auto back = seqpool::gradient(seqpool::RootMeanSquare{}, mix, mask, golden.d_out("", 21));
  golden.check_tokens("layer_mix", back.tokens);
  CHECK(apart(mix.weight_gradient(back.tokens, mask), golden.numbers("layer_mix.d_weights")) <= gradient_eps);
}

TEST_CASE("gradients: torch's of long rows near 1000", "[golden]") {
  const Golden golden;
  golden.check_pooling("mean", seqpool::Mean{}, "long.");
  golden.check_pooling("mean_std", seqpool::MeanStd{}, "long.");
  golden.check_pooling("log_sum_exp", seqpool::LogSumExp{2}, "long.");
  // d tokens have w_t q with w_t = a_t g·(x_t - o), and o is off by a few roundings of 1000, each 1000 eps of 1; |q| is
  // 1/4. In d query, the sum of w_t (x_t - o), that cancels.
  const double rounded_near_1000 = gradient_eps + 1000;
  golden.check_pooling("attention", seqpool::Attention{golden.vector("long.attention.query")}, "long.",
                       rounded_near_1000);
  golden.check_pooling("attention_3", seqpool::Attention{golden.matrix("long.attention_3.query")}, "long.",
                       rounded_near_1000);
}

TEST_CASE("gradients: torch's of heads", "[golden]") {
  using seqpool::Activate;
  using seqpool::Activation;
  const Golden golden;
  const auto vector = [&](const std::string& name) { return golden.vector(name); };
  const auto matrix = [&](const std::string& name) { return golden.matrix(name); };
  const auto linear = [&](const std::string& name) {
    return seqpool::Linear{matrix(name + "weight"), vector(name + "bias")};
  };
  golden.check_head("linear", linear("linear."));
  golden.check_head("linear_without_bias", seqpool::Linear{matrix("linear_without_bias.weight")});
  for (const auto activation : {Activation::identity, Activation::tanh, Activation::relu, Activation::gelu,
                                Activation::gelu_tanh, Activation::silu, Activation::sigmoid}) {
    const std::string name(seqpool::name_of(activation));
    golden.check_head("activate_" + name, Activate{activation});
    golden.check_head("dense_" + name, seqpool::Dense{linear("dense_" + name + ".linear."), activation});
  }
  golden.check_head("dense_residual",
                    seqpool::Dense{linear("dense_residual.linear."), Activation::gelu, seqpool::Residual{}});
  golden.check_head("dense_projection", seqpool::Dense{linear("dense_projection.linear."), Activation::tanh,
                                                       seqpool::Linear{matrix("dense_projection.residual.weight")}});
  golden.check_head("layer_norm", seqpool::LayerNorm{vector("layer_norm.weight"), vector("layer_norm.bias")});
  golden.check_head("layer_norm_without_bias", seqpool::LayerNorm{vector("layer_norm_without_bias.weight")});
  golden.check_head("layer_norm_plain", seqpool::LayerNorm<double>{});
  golden.check_head("standardize", seqpool::Standardize{});
  golden.check_head("normalize_2", seqpool::Normalize{});
  golden.check_head("normalize_1", seqpool::Normalize{1});
  golden.check_head("normalize_3", seqpool::Normalize{3});
  golden.check_head("normalize_inf", seqpool::Normalize{std::numeric_limits<double>::infinity()});
  golden.check_head("affine", seqpool::Affine{vector("affine.scale"), vector("affine.shift")});
  golden.check_head("affine_of_numbers", seqpool::Affine{golden.number("affine_of_numbers.scale"),
                                                         golden.number("affine_of_numbers.shift")});
  golden.check_head("truncate_5", seqpool::Truncate{5});
  golden.check_head("keep_largest_4", seqpool::KeepLargest{4});
  golden.check_head("query_mean_3", seqpool::QueryMean{3});
  golden.check_head("each_query_3", seqpool::EachQuery{3, linear("each_query_3.0."), Activate{Activation::tanh}});
  golden.check_head("skip_connection",
                    seqpool::SkipConnection{linear("skip_connection.0."), Activate{Activation::gelu_tanh},
                                            linear("skip_connection.2.")});
  golden.check_head("sequential",
                    seqpool::Sequential{seqpool::LayerNorm{vector("sequential.0.weight"), vector("sequential.0.bias")},
                                        linear("sequential.1."), Activate{Activation::silu}, linear("sequential.3."),
                                        seqpool::Normalize{}});
  golden.check_head("value_projection",
                    seqpool::ValueProjection<double>{
                        matrix("value_projection.v_proj.weight"), vector("value_projection.v_proj.bias"),
                        matrix("value_projection.out_proj.weight"), vector("value_projection.out_proj.bias"), 2, 2});
}

TEST_CASE("gradients: torch's of losses and classifiers", "[golden]") {
  const Golden golden;
  const auto vector = [&](const std::string& name) { return golden.vector(name); };
  const auto matrix = [&](const std::string& name) { return golden.matrix(name); };
  const auto list = [&](const std::string& name) {
    const Numbers numbers = golden.numbers(name);
    return std::vector<double>(numbers.begin(), numbers.end());
  };
  const auto linear = [&](const std::string& name) {
    return seqpool::Linear{matrix(name + ".weight"), vector(name + ".bias")};
  };
  const auto labels = golden.file().tensor<std::int64_t, 1>("labels");
  const auto targets = matrix("targets");
  const auto with_linear = [&](const seqpool::AnyPooling<double>& pooling, const std::string& name) {
    return seqpool::Classifier{pooling, linear(name + ".head.0")};
  };
  golden.check_classifier(
      "classifier_attention",
      with_linear(seqpool::Attention{vector("classifier_attention.pooling.query")}, "classifier_attention"),
      seqpool::CrossEntropy(labels));
  golden.check_classifier(
      "classifier_attention_3",
      with_linear(seqpool::Attention{matrix("classifier_attention_3.pooling.query")}, "classifier_attention_3"),
      seqpool::CrossEntropy(labels, {.classes = list("class_weights"), .samples = list("sample_weights")}));
  golden.check_classifier(
      "classifier_network",
      seqpool::Classifier{
          seqpool::AnyPooling<double>(seqpool::Mean{}), linear("classifier_network.head.0"),
          seqpool::LayerNorm{vector("classifier_network.head.1.weight"), vector("classifier_network.head.1.bias")},
          seqpool::Activate{seqpool::Activation::gelu}, linear("classifier_network.head.3")},
      seqpool::CrossEntropy(labels));
  std::vector<int> is_last;
  for (Index i = 0; i < labels.size(); ++i) is_last.push_back(labels(i) == 2 ? 1 : 0);
  golden.check_classifier("classifier_one_logit", with_linear(seqpool::Max{}, "classifier_one_logit"),
                          seqpool::CrossEntropy(is_last));
  golden.check_classifier(
      "classifier_several_labels", with_linear(seqpool::Max{}, "classifier_several_labels"),
      seqpool::BinaryCrossEntropy(targets, {.classes = list("class_weights"), .samples = list("sample_weights")}));
  golden.check_classifier("regression",
                          seqpool::Classifier{seqpool::AnyPooling<double>(seqpool::Max{}),
                                              seqpool::Linear{matrix("regression.head.0.weight")}},
                          seqpool::SquaredError(targets));
}
