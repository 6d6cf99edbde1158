// SPDX-License-Identifier: MIT
// A user's namespace whose templates have our names: argument-dependent lookup must not find them in our calls.
#include <array>
#include <seqpool/seqpool.hpp>
#include <vector>

namespace hostile {

// Each takes anything, and is a better or an equal match for an unqualified call.
struct Nothing {};
#define SEQPOOL_TEST_TRAP(name)                                                  \
  Nothing name(const auto&);                                                     \
  Nothing name(const auto&, const auto&);                                        \
  Nothing name(const auto&, const auto&, const auto&);                           \
  Nothing name(const auto&, const auto&, const auto&, const auto&);              \
  Nothing name(const auto&, const auto&, const auto&, const auto&, const auto&); \
  Nothing name(auto&, auto&, const auto&, auto, auto&&)
SEQPOOL_TEST_TRAP(pool);
SEQPOOL_TEST_TRAP(pool_into);
SEQPOOL_TEST_TRAP(select);
SEQPOOL_TEST_TRAP(sequences_of);
SEQPOOL_TEST_TRAP(sequence_of);
SEQPOOL_TEST_TRAP(selection_of);
SEQPOOL_TEST_TRAP(device_of);
SEQPOOL_TEST_TRAP(threads_of);
SEQPOOL_TEST_TRAP(share_out);
SEQPOOL_TEST_TRAP(rows_of);
SEQPOOL_TEST_TRAP(next_run);
SEQPOOL_TEST_TRAP(reads_of);
SEQPOOL_TEST_TRAP(name_of);
SEQPOOL_TEST_TRAP(check_tokens);
SEQPOOL_TEST_TRAP(for_each_block);
SEQPOOL_TEST_TRAP(for_each_part);
SEQPOOL_TEST_TRAP(fold_row);
SEQPOOL_TEST_TRAP(fold_features);
SEQPOOL_TEST_TRAP(fold_passes);
SEQPOOL_TEST_TRAP(fold_chunk);
SEQPOOL_TEST_TRAP(fold_held);
SEQPOOL_TEST_TRAP(fold_feature);
SEQPOOL_TEST_TRAP(may_exchange);
SEQPOOL_TEST_TRAP(beyond_cache);
SEQPOOL_TEST_TRAP(needs_packing);
SEQPOOL_TEST_TRAP(as_array);
SEQPOOL_TEST_TRAP(widen);
SEQPOOL_TEST_TRAP(dots);
SEQPOOL_TEST_TRAP(shape);
SEQPOOL_TEST_TRAP(fail);
SEQPOOL_TEST_TRAP(matrix_view);
SEQPOOL_TEST_TRAP(make_result);
SEQPOOL_TEST_TRAP(softmax);
SEQPOOL_TEST_TRAP(argmax);
SEQPOOL_TEST_TRAP(sigmoid);

struct Mine {
  template <seqpool::Scalar T> struct State {
    seqpool::FeatureState<T> inner;
    void visit(auto f) { inner.visit(f); }
  };
  seqpool::Index width(seqpool::Index hidden) const { return hidden; }
  void init(auto& s, seqpool::Index hidden) const { s.inner.start(hidden, 0); }
  void fold(auto& s, const auto& tokens) const { s.inner.fold(tokens, std::plus()); }
  void merge(auto& s, const auto& next) const { s.inner.merge(next.inner, std::plus()); }
  void finish(const auto& s, auto out) const { s.inner.write(out); }
};

struct Selection {
  void check(seqpool::Index, seqpool::Index) const {}
  seqpool::Run next_run(seqpool::Index, seqpool::Run within) const { return {within.begin, within.end}; }
};

struct States {
  using value_type = float;
  const float* data;
  seqpool::Index batch() const { return 2; }
  seqpool::Index seq() const { return 2; }
  seqpool::Index seq(seqpool::Index) const { return 2; }
  seqpool::Index hidden() const { return 2; }
  const float* token(seqpool::Index b, seqpool::Index s) const { return data + 4 * b + 2 * s; }
  seqpool::Index token_stride() const { return 2; }
  seqpool::Index hidden_stride() const { return 1; }
};

struct Device {
  int numThreads() const { return 2; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost&,
                   std::function<void(Eigen::Index, Eigen::Index)> f) const {
    f(0, n);
  }
};

struct Head {
  seqpool::Index width(seqpool::Index features) const { return features; }
  void map(seqpool::Rows<const float> in, seqpool::Rows<float> out) const {
    for (seqpool::Index i = 0; i < in.size(); ++i) std::copy(in[i].begin(), in[i].end(), out[i].begin());
  }
};

}  // namespace hostile

int main() {
  const std::vector<float> data{1, 2, 3, 4, 5, 6, 7, 8};
  const hostile::States x{data.data()};
  bool right = seqpool::pool(hostile::Mine{}, x, hostile::Selection{}, hostile::Device{})(1, 1) == 14;
  right = right && seqpool::sum_pool(x, hostile::Device{})(0, 0) == 4;
  right = right && seqpool::max_pool(x, hostile::Selection{})(0, 0) == 3;
  Eigen::Tensor<float, 2> out(2, 2);
  seqpool::pool_into(out, hostile::Mine{}, x, hostile::Selection{});
  right = right && out(1, 0) == 12;
  const seqpool::Classifier classifier{hostile::Mine{}, hostile::Head{}};
  right = right && classifier.logits(x, hostile::Selection{})(0, 1) == 6;
  right = right && classifier.predict(x)(0) == 1 && classifier.probabilities(x)(0, 1) > 0.5f;
  const seqpool::Sequential heads{hostile::Head{}, hostile::Head{}};
  right = right && seqpool::map(heads, seqpool::sum_pool(x), hostile::Device{})(1, 0) == 12;
  seqpool::Stream<hostile::Mine, float> stream{hostile::Mine{}, 2};
  stream.push(data.data(), 4);
  stream.load(stream.save());
  right = right && stream.value()(0, 0) == 16;
  const seqpool::AnyPooling<float> any = seqpool::Concat{hostile::Mine{}, seqpool::Cls{}};
  right = right && seqpool::pool(any, x, seqpool::Spans{{1, 0, 1}})(0, 2) == 5;
  right = right && seqpool::pool(any, x, seqpool::skip_prefix(hostile::Selection{}, std::array{1, 0}))(0, 0) == 3;
  return right ? 0 : 1;
}
