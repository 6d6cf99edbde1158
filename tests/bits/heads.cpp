// SPDX-License-Identifier: MIT
#include "bits.hpp"

using namespace bits;
using seqpool::Activation;

namespace {

auto linear(Index out, Index in) { return seqpool::Linear{matrix(out, in, 5), vector(out, 6)}; }

template <class F> void for_each_head(Index in, F f) {
  const Index each = in % 3 == 0 ? in / 3 : in;
  for (const Index out : {1, 3, 15, 16, 17, 37, 83}) f("linear " + std::to_string(out), linear(out, in));
  f("linear without bias", seqpool::Linear{matrix(9, in, 5)});
  for (const auto a : {Activation::identity, Activation::tanh, Activation::relu, Activation::gelu,
                       Activation::gelu_tanh, Activation::silu, Activation::sigmoid}) {
    f("activate " + std::to_string(static_cast<int>(a)), seqpool::Activate{a});
    f("dense " + std::to_string(static_cast<int>(a)), seqpool::Dense{linear(in, in), a, seqpool::Residual{}});
  }
  f("dense", seqpool::Dense{linear(37, in), Activation::tanh, linear(37, in)});
  for (const double p : {2., 1., 3., HUGE_VAL}) f("normalize " + std::to_string(p), seqpool::Normalize{p});
  f("layer_norm", seqpool::LayerNorm{vector(in, 7), vector(in, 8)});
  f("layer_norm without", seqpool::LayerNorm<T>{});
  f("truncate", seqpool::Truncate{in / 2 + 1});
  f("standardize", seqpool::Standardize{});
  f("affine", seqpool::Affine{vector(in, 9), vector(in, 10)});
  f("affine of numbers", seqpool::Affine{A(1.5), A(-0.2)});
  f("keep_largest", seqpool::KeepLargest{in / 3 + 1});
  f("values", seqpool::ValueProjection<T>(matrix(24, each, 11), {}, matrix(37, 24, 12), {}, in / each));
  f("skip", seqpool::SkipConnection{linear(37, in), linear(in, 37)});
  f("each_query", seqpool::EachQuery{in / each, linear(7, each), seqpool::Normalize{}});
  f("query_mean", seqpool::QueryMean{in / each});
  f("sequential", seqpool::Sequential{linear(37, in), seqpool::Activate{Activation::gelu}, seqpool::Truncate{20}});
  f("any", seqpool::AnyHead<A>(std::vector<seqpool::AnyHead<A>>{linear(37, in), seqpool::Normalize{}}));
}

void vectors(const std::string& key, char kind, Index n, Index in) {
  const auto values = inputs(kind, n * in, in, static_cast<std::uint64_t>(n + in));
  const Eigen::TensorMap<const Matrix<T>> x(values.data(), n, in);
  const Eigen::Tensor<T, 2> columns = x.swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
  const Matrix<T> y = matrix(9, in, 3, 1);
  for_each_head(in, [&](const std::string& name, const auto& head) {
    result(key + name, seqpool::map(head, x));
    result(key + name + ", columns", seqpool::map(head, columns));
    result(key + name + " on 2", seqpool::map(head, x, devices()[1]));
  });
  for (const auto s : {seqpool::Similarity::cosine, seqpool::Similarity::dot, seqpool::Similarity::euclidean,
                       seqpool::Similarity::manhattan}) {
    const std::string name = key + std::string(seqpool::name_of(s));
    result(name, seqpool::similarity(x, y, s));
    result(name + ", columns", seqpool::similarity(columns, x, s));
    result(name + " on 3", seqpool::similarity(y, x, s, devices()[2]));
  }
  result(key + "pair_features", seqpool::pair_features(x, columns, {.product = true}));
  const auto answers = [&](const std::string& name, const auto& of) {
    result(name + "softmax", seqpool::softmax(of));
    result(name + "log_softmax", seqpool::log_softmax(of));
    result(name + "sigmoid", seqpool::sigmoid(of));
    result(name + "argmax", seqpool::argmax(of));
    result(name + "threshold", seqpool::threshold(of, 0.25));
    const auto top = seqpool::top_k(of, in / 2 + 1);
    result(name + "top_k", top.values);
    result(name + "top_k, classes", top.classes);
    try_result(name + "rerank_scores", [&] { return seqpool::rerank_scores(of); });
    try_result(name + "calibration_ranges", [&] { return seqpool::calibration_ranges(of); });
    try_result(name + "quantize_int8", [&] { return seqpool::quantize_int8(of, seqpool::calibration_ranges(y)); });
    try_result(name + "quantize_uint8", [&] { return seqpool::quantize_uint8(of, seqpool::calibration_ranges(y)); });
    result(name + "quantize_binary", seqpool::quantize_binary(of));
    result(name + "quantize_ubinary", seqpool::quantize_ubinary(of));
  };
  answers(key, x);
  answers(key + "columns, ", columns);
}

}  // namespace

int main() {
  for (const Index in : {1, 2, 7, 16, 33, 300, 384})
    for (const Index n : {0, 1, 2, 5, 6, 7, 13, 70, 130})
      for (const char kind : {'o', 'w', 's'})
        vectors(std::string(1, kind) + std::to_string(n) + "x" + std::to_string(in) + " ", kind, n, in);
  for_each_size([](const std::string& size, char kind, Index batch, Index seq, Index hidden) {
    if (seq % 8 != 1 && seq < 70) return;
    for_each_form(kind, batch, seq, hidden, [&]<class X>(const std::string& form, const X& x, const auto&... rest) {
      const Index in = form == "side by side" ? 2 * hidden : hidden;
      const std::string key = size + form + ", ";
      const seqpool::Classifier classifier{seqpool::Mean{}, linear(19, in), seqpool::Normalize{}};
      result(key + "probabilities", classifier.probabilities(x, rest...));
      result(key + "predict", classifier.predict(x, rest...));
      const seqpool::AttentionProbe probe{matrix(2, in, 3), vector(2, 4), matrix(6, in, 5), vector(6, 6)};
      result(key + "probe", seqpool::Embedder{probe.pooling(), probe.head()}.embed(x, rest...));
      if constexpr (!(std::is_same_v<std::remove_cvref_t<decltype(rest)>, seqpool::Spans> || ...))
        result(key + "map_tokens", seqpool::map_tokens(linear(19, in), x, rest...));
    });
  });
}
