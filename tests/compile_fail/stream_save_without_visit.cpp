// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#ifdef SEQPOOL_FAIL
struct MyState {
  float sum = 0;
};
#else
struct MyState {
  float sum = 0;
  void visit(auto f) { f(sum); }
};
#endif

struct MyPooling {
  template <seqpool::Scalar T> using State = MyState;
  static seqpool::Index width(seqpool::Index) { return 1; }
  void init(auto& state, seqpool::Index) const { state.sum = 0; }
  void fold(auto& state, const auto& tokens) const {
    for (seqpool::Index i = 0; i < tokens.size(); ++i) state.sum += float(tokens[i][0]);
  }
  void merge(auto& state, const auto& next) const { state.sum += next.sum; }
  void finish(const auto& state, auto out) const { out[0] = state.sum; }
};

// What a state is made of is known by its visit(f).
int main() {
  seqpool::Stream<MyPooling, float> stream{MyPooling{}, 4};
  const auto bytes = stream.save();
  static_cast<void>(bytes);
}
