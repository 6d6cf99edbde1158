// SPDX-License-Identifier: MIT
// One call of the library for callgrind to count: `instructions CASE`. Without CASE it lists the names. Shapes are
// small, but an inner loop is nearly all of each count.
#include <cstdint>
#include <cstdio>
#include <seqpool/seqpool.hpp>
#include <string_view>
#include <vector>

#include "count.hpp"

namespace {

using seqpool::HiddenStates;
using seqpool::Index;

struct Shape {
  Index batch;
  Index seq;
  Index hidden;
};

// Two blocks of 256 tokens and a short one, that passes of 8 do not divide. With hidden at 256 a state
// is small enough for glibc to clear it by the same code for every scalar.
constexpr Shape usual{3, 605, 256};

template <class P, class X, class... Mask> void pool_form(const P& pooling, const X& x, const Mask&... mask) {
  Eigen::Tensor<seqpool::accumulator_t<typename X::value_type>, 2, Eigen::RowMajor> result;
  count([&] { result = seqpool::pool(pooling, x, mask...); });
}

template <class T, class P, class... Mask> void pool(const P& pooling, const Shape& shape, const Mask&... mask) {
  const auto x = numbers<T>(shape.batch * shape.seq * shape.hidden);
  pool_form(pooling, HiddenStates<T>(x.data(), {shape.batch, shape.seq, shape.hidden}), mask...);
}

template <class... Mask> void mean_column_major(const Mask&... mask) {
  const auto x = numbers<float>(usual.batch * usual.seq * usual.hidden);
  const Eigen::TensorMap<const Eigen::Tensor<const float, 3>> view(x.data(), usual.batch, usual.seq, usual.hidden);
  Eigen::Tensor<float, 2> result;
  count([&] { result = seqpool::mean_pool(view, mask...); });
}

// What a call costs beside its inner loop.
void mean_overhead() {
  const auto x = numbers<float>(32);
  const HiddenStates<float> view(x.data(), {1, 1, 32});
  Eigen::Tensor<float, 2, Eigen::RowMajor> result;
  count([&] {
    for (int i = 0; i < 100; ++i) result = seqpool::mean_pool(view);
  });
}

template <class Head> void count_head(const Head& head, Index rows) {
  const auto x = numbers<float>(rows * usual.hidden);
  const Eigen::TensorMap<const Eigen::Tensor<const float, 2, Eigen::RowMajor>> vectors(x.data(), rows, usual.hidden);
  Eigen::Tensor<float, 2, Eigen::RowMajor> result;
  count([&] { result = seqpool::map(head, vectors); });
}

void linear(Index rows, Index out) {
  const auto w = numbers<float>(out * usual.hidden);
  const Eigen::TensorMap<const Eigen::Tensor<const float, 2, Eigen::RowMajor>> weight(w.data(), out, usual.hidden);
  count_head(seqpool::Linear{weight}, rows);
}

// A row's real tokens: all of them, two thirds, one third.
Index length(Index row) { return usual.seq * (usual.batch - row) / usual.batch; }

template <class Real> Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> mask(Real real) {
  Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor> result(usual.batch, usual.seq);
  for (Index b = 0; b < usual.batch; ++b)
    for (Index s = 0; s < usual.seq; ++s) result(b, s) = real(b, s) ? 1 : 0;
  return result;
}
auto padded() {
  return mask([](Index b, Index s) { return s < length(b); });
}
auto holes() {
  return mask([](Index, Index s) { return s % 16 < 8; });
}

// The tokens of `mean_lengths`, one row behind the other.
void mean_packed() {
  const std::vector offsets{Index{0}, length(0), length(0) + length(1), length(0) + length(1) + length(2)};
  const auto x = numbers<float>(offsets.back() * usual.hidden);
  pool_form(seqpool::Mean{}, seqpool::PackedStates<float>(x.data(), {offsets.back(), usual.hidden}, offsets));
}

// A few, of which two overlap and one is empty.
void mean_spans() {
  pool<float>(seqpool::Mean{}, usual,
              seqpool::Spans{{0, 0, 605}, {1, 5, 300}, {1, 250, 600}, {2, 7, 7}, {2, 100, 103}});
}

void token_weighted_mean() {
  const auto w = numbers<float>(usual.batch * usual.seq);
  const Eigen::TensorMap<const Eigen::Tensor<const float, 2, Eigen::RowMajor>> weights(w.data(), usual.batch,
                                                                                       usual.seq);
  pool<float>(seqpool::TokenWeightedMean{weights}, usual);
}

// Four at a time, and two.
void attention_6_queries() {
  const auto q = numbers<float>(6 * usual.hidden);
  const Eigen::TensorMap<const Eigen::Tensor<const float, 2, Eigen::RowMajor>> queries(q.data(), 6, usual.hidden);
  pool<float>(seqpool::Attention{queries}, usual);
}

// 60 chunks of 10 tokens, which tiles of 8 do not divide.
void stream() {
  const Index chunk = 10;
  const auto x = numbers<float>(60 * chunk * usual.hidden);
  Eigen::Tensor<float, 2, Eigen::RowMajor> result;
  seqpool::Stream<seqpool::Mean, float> mean{seqpool::Mean{}, usual.hidden};
  count([&] {
    mean.reset();
    for (Index i = 0; i < 60; ++i) mean.push(x.data() + i * chunk * usual.hidden, chunk);
    result = mean.value();
  });
}

struct Case {
  std::string_view name;
  void (*run)();
};

const Case cases[] = {
    {"mean", [] { pool<float>(seqpool::Mean{}, usual); }},
    {"mean_in_cache", [] { pool<float>(seqpool::Mean{}, {1, usual.seq, usual.hidden}); }},
    {"max", [] { pool<float>(seqpool::Max{}, usual); }},
    {"attention", [] { pool<float>(seqpool::Attention(numbers<float>(usual.hidden)), usual); }},
    {"attention_6_queries", attention_6_queries},
    {"cls", [] { pool<float>(seqpool::Cls{}, {200, 2, usual.hidden}); }},
    {"mean_double", [] { pool<double>(seqpool::Mean{}, usual); }},
    {"mean_half", [] { pool<Eigen::half>(seqpool::Mean{}, usual); }},
    {"mean_bfloat16", [] { pool<Eigen::bfloat16>(seqpool::Mean{}, usual); }},
    {"mean_padded", [] { pool<float>(seqpool::Mean{}, usual, padded()); }},
    {"mean_holes", [] { pool<float>(seqpool::Mean{}, usual, holes()); }},
    {"mean_lengths",
     [] { pool<float>(seqpool::Mean{}, usual, seqpool::Lengths(std::vector{length(0), length(1), length(2)})); }},
    {"mean_packed", mean_packed},
    {"mean_spans", mean_spans},
    {"weighted_mean", [] { pool<float>(seqpool::WeightedMean{}, usual); }},
    {"mean_std", [] { pool<float>(seqpool::MeanStd{}, usual); }},
    {"token_weighted_mean", token_weighted_mean},
    {"concat", [] { pool<float>(seqpool::Concat{seqpool::Cls{}, seqpool::Mean{}, seqpool::Max{}}, usual); }},
    {"any_mean", [] { pool<float>(seqpool::AnyPooling<float>(seqpool::Mean{}), usual); }},
    {"mean_stream", stream},
    {"mean_column_major", [] { mean_column_major(); }},
    {"mean_column_major_padded", [] { mean_column_major(padded()); }},
    {"mean_column_major_holes", [] { mean_column_major(holes()); }},
    {"mean_hidden_130", [] { pool<float>(seqpool::Mean{}, {usual.batch, usual.seq, 130}); }},
    {"mean_overhead", mean_overhead},
    {"linear", [] { linear(32, 20); }},
    {"linear_4_outputs", [] { linear(32, 4); }},
    {"linear_1_row", [] { linear(1, 300); }},
    {"linear_13_rows", [] { linear(13, 300); }},
    {"normalize", [] { count_head(seqpool::Normalize{}, 32); }},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Case& c : cases) {
    if (argc < 2) {
      std::puts(c.name.data());
    } else if (c.name == argv[1]) {
      c.run();
      return 0;
    }
  }
  return argc < 2 ? 0 : 1;
}
