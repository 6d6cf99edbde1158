// SPDX-License-Identifier: MIT
// Each test is a row of docs/why.md: what people write, written out, and what seqpool gives. tests/lint.cmake holds the
// numbers of the page and of this file together.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <iomanip>
#include <limits>
#include <numeric>
#include <seqpool/seqpool.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

using seqpool::AttentionMask;
using seqpool::Index;

namespace {

// Sequences of one feature, [batch, seq, 1], and their mask, [batch, seq].
template <class T> seqpool::HiddenStates<T> states(const std::vector<T>& x, Index batch = 1) {
  return {x.data(), {batch, static_cast<Index>(x.size()) / batch, 1}};
}
template <class T> AttentionMask<T> view(const std::vector<T>& mask, Index batch = 1) {
  return {mask.data(), {batch, static_cast<Index>(mask.size()) / batch}};
}

// In T alone, one after the other.
template <class T> T sum(const std::vector<T>& values) { return std::accumulate(values.begin(), values.end(), T(0)); }
template <class T> T dot(const std::vector<T>& a, const std::vector<T>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), T(0));
}

// A number as the page writes it; of a result, its feature 0.
template <seqpool::Scalar T> std::string text(T number) {
  const double value = static_cast<double>(seqpool::widen(number));
  if (std::isnan(value)) return "NaN";
  std::ostringstream out;
  out << std::setprecision(4) << value;
  return out.str();
}
std::string text(const Eigen::Tensor<float, 2, Eigen::RowMajor>& result, Index row = 0) { return text(result(row, 0)); }

const float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("why: mean without the mask", "[why]") {
  const std::vector<float> x{2, 4, 0, 0}, mask{1, 1, 0, 0};
  CHECK(text(sum(x) / 4) == "1.5");
  CHECK(text(seqpool::mean_pool(states(x), view(mask))) == "3");
}

TEST_CASE("why: NaN in padding", "[why]") {
  const std::vector<float> x{1, 3, NAN}, mask{1, 1, 0};
  CHECK(text(dot(mask, x) / sum(mask)) == "NaN");
  CHECK(text(seqpool::mean_pool(states(x), view(mask))) == "2");
}

TEST_CASE("why: maximum of x times mask", "[why]") {
  const std::vector<float> x{-2, -1, 5}, mask{1, 1, 0};
  float largest = -infinity;
  for (std::size_t t = 0; t < x.size(); ++t) largest = (std::max)(largest, mask[t] * x[t]);
  CHECK(text(largest) == "0");
  CHECK(text(seqpool::max_pool(states(x), view(mask))) == "-1");
}

TEST_CASE("why: sum of a bool mask", "[why]") {
  const std::vector<float> x{1, 2, 3};
  Eigen::Tensor<bool, 2, Eigen::RowMajor> mask(1, 3);
  mask.setConstant(true);
  const Eigen::Tensor<bool, 0, Eigen::RowMajor> n = mask.sum();
  CHECK(text(sum(x) / static_cast<float>(n())) == "6");
  CHECK(text(seqpool::mean_pool(states(x), mask)) == "2");
}

TEST_CASE("why: narrowed mask read as dense", "[why]") {
  const Index seq = 2, max_len = 6;
  const std::vector<float> x{1, 2, 5, 6};                             // [2, seq]
  const std::vector<float> mask{1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0};  // [2, max_len]
  const std::vector<float> row{x[2], x[3]};                           // row 1
  const std::vector<float> dense{mask[static_cast<std::size_t>(1 * seq)], mask[static_cast<std::size_t>(1 * seq + 1)]};
  CHECK(text(dot(dense, row) / (std::max)(sum(dense), 1e-9f)) == "0");
  CHECK(text(seqpool::mean_pool(states(x, 2), AttentionMask(mask.data(), {2, seq}, {max_len, 1})), 1) == "5.5");
}

TEST_CASE("why: token 0 under left padding", "[why]") {
  const std::vector<float> x{9, 9, 1, 2, 3}, mask{0, 0, 1, 1, 1};
  CHECK(text(x.front()) == "9");
  CHECK(text(seqpool::cls_pool(states(x), view(mask))) == "1");
}

TEST_CASE("why: token -1 under right padding", "[why]") {
  const std::vector<float> x{1, 2, 3, 9, 9}, mask{1, 1, 1, 0, 0};
  CHECK(text(x.back()) == "9");
  CHECK(text(seqpool::last_pool(states(x), view(mask))) == "3");
}

TEST_CASE("why: token n - 1 under left padding", "[why]") {
  const std::vector<float> x{9, 9, 1, 2, 3}, mask{0, 0, 1, 1, 1};
  CHECK(text(x[static_cast<std::size_t>(sum(mask)) - 1]) == "1");
  CHECK(text(seqpool::last_pool(states(x), view(mask))) == "3");
}

TEST_CASE("why: token n - 1 of an empty row", "[why]") {
  const std::vector<float> x{1, 2, 3, 4, 5, 6}, mask{1, 1, 1, 0, 0, 0};
  const float* const row = x.data() + 3;
  const Index n = 0;
  CHECK(text(row[n - 1]) == "3");
  CHECK(text(seqpool::last_pool(states(x, 2), view(mask, 2)), 1) == "0");
}

TEST_CASE("why: mean of an empty row", "[why]") {
  const std::vector<float> x{1, 2, 3}, mask{0, 0, 0};
  CHECK(text(dot(mask, x) / sum(mask)) == "NaN");
  CHECK(text(seqpool::mean_pool(states(x), view(mask))) == "0");
}

TEST_CASE("why: maximum of an empty row", "[why]") {
  const std::vector<float> x{1, 2, 3}, mask{0, 0, 0};
  float largest = -infinity;
  for (std::size_t t = 0; t < x.size(); ++t) largest = (std::max)(largest, mask[t] > 0 ? x[t] : -infinity);
  CHECK(text(largest) == "-inf");
  CHECK(text(seqpool::max_pool(states(x), view(mask))) == "0");
}

TEST_CASE("why: epsilon in half", "[why]") {
  using Eigen::half;
  const std::vector<half> x(3, half(1)), mask(3, half(0));
  CHECK(text(dot(mask, x) / (std::max)(sum(mask), half(1e-9f))) == "NaN");
  CHECK(text(seqpool::mean_pool(states(x), view(mask))) == "0");
}

TEST_CASE("why: sum in bfloat16", "[why]") {
  using Eigen::bfloat16;
  const std::vector<bfloat16> x(4096, bfloat16(1));
  CHECK(text(sum(x) / bfloat16(4096)) == "0.0625");
  CHECK(text(seqpool::mean_pool(states(x))) == "1");
}

TEST_CASE("why: sum in half", "[why]") {
  using Eigen::half;
  const std::vector<half> x(100, half(1000));
  CHECK(text(sum(x) / half(100)) == "inf");
  CHECK(text(seqpool::mean_pool(states(x))) == "1000");
}

TEST_CASE("why: count in half", "[why]") {
  using Eigen::half;
  const std::vector<float> x(4096, 1);
  const std::vector<half> mask(4096, half(1));
  CHECK(text(sum(x) / static_cast<float>(sum(mask))) == "2");
  CHECK(text(seqpool::mean_pool(states(x), view(mask))) == "1");
}

TEST_CASE("why: positions in half", "[why]") {
  using Eigen::half;
  const std::vector<half> x(400, half(1));
  std::vector<half> positions;
  for (int p = 1; p <= 400; ++p) positions.push_back(half(p));
  CHECK(text(dot(positions, x) / sum(positions)) == "NaN");
  CHECK(text(seqpool::weighted_mean_pool(states(x))) == "1");
}

TEST_CASE("why: norm in bfloat16", "[why]") {
  using Eigen::bfloat16;
  const std::vector<bfloat16> x(11, bfloat16(1));
  const auto length = [](const auto& vector) {
    double squares = 0;
    for (const auto value : vector) squares += static_cast<double>(value) * static_cast<double>(value);
    return std::sqrt(squares);
  };
  const bfloat16 norm(std::sqrt(11.0f));
  std::vector<bfloat16> unit;
  for (const bfloat16 value : x) unit.push_back(value / norm);
  CHECK(text(length(unit)) == "1.004");

  const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
  const auto vectors = embedder.embed(seqpool::HiddenStates<bfloat16>(x.data(), {1, 1, 11}));
  CHECK(text(length(std::vector<float>(vectors.data(), vectors.data() + 11))) == "1");
}

namespace {

// sum_t e^(x_t - shift) x_t / sum_t e^(x_t - shift): attention of one feature, whose query is 1.
float attend(const std::vector<float>& x, float shift) {
  std::vector<float> weights;
  for (const float score : x) weights.push_back(std::exp(score - shift));
  return dot(weights, x) / sum(weights);
}

}  // namespace

TEST_CASE("why: softmax without a shift", "[why]") {
  const std::vector<float> x{90, 40}, query{1};
  CHECK(text(attend(x, 0)) == "NaN");
  CHECK(text(seqpool::attention_pool(states(x), query)) == "90");
}

TEST_CASE("why: softmax shifted by the largest absolute value", "[why]") {
  const std::vector<float> x{-60, 35}, query{1};
  const float shift = *std::max_element(x.begin(), x.end(), [](float a, float b) { return std::abs(a) < std::abs(b); });
  CHECK(text(attend(x, shift)) == "NaN");
  CHECK(text(seqpool::attention_pool(states(x), query)) == "35");
}

TEST_CASE("why: maximum that drops a NaN", "[why]") {
  const std::vector<float> x{1, NAN, 2};
  float largest = -infinity;
  for (const float value : x) largest = (std::max)(largest, value);
  CHECK(text(largest) == "2");
  CHECK(text(seqpool::max_pool(states(x))) == "NaN");
}

TEST_CASE("why: differences of a running sum", "[why]") {
  const std::vector<float> x{3e8f, 3e8f, 1, 3};  // [2, 2]
  std::vector<float> running(x.size());
  std::partial_sum(x.begin(), x.end(), running.begin());
  CHECK(text((running[3] - running[1]) / 2) == "0");
  CHECK(text(seqpool::mean_pool(states(x, 2)), 1) == "2");
}

// Where Eigen has vector code, which every x86-64 and every Arm build has: its product of one row adds in another
// order.
#ifdef EIGEN_VECTORIZE
TEST_CASE("why: product of one row and of many", "[why]") {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Index rows = 64, in = 384, out = 8;
  const auto x = test::Random(1).values<float>(rows * in), w = test::Random(2).values<float>(out * in);
  const Eigen::Map<const Matrix> vectors(x.data(), rows, in), weight(w.data(), out, in);
  const seqpool::Linear<float> linear(weight);

  const auto changed = [&](const auto& product) {  // rows whose bits are not those of the row alone
    const Matrix together = product(vectors);
    Index n = 0;
    for (Index row = 0; row < rows; ++row) {
      const Matrix alone = product(Eigen::Map<const Matrix>(x.data() + row * in, 1, in));
      n += std::memcmp(alone.data(), together.data() + row * out, sizeof(float) * static_cast<std::size_t>(out)) != 0;
    }
    return n == 0 ? "no row changes" : "rows change";
  };
  const auto eigen = [&](const auto& v) -> Matrix { return v * weight.transpose(); };
  const auto ours = [&](const auto& v) -> Matrix {
    const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> tensor(v.data(), v.rows(), v.cols());
    return seqpool::as_matrix(seqpool::map(linear, tensor));
  };
  CHECK(std::string(changed(eigen)) == "rows change");
  CHECK(std::string(changed(ours)) == "no row changes");
}
#endif
