// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/driver/row_gradient.hpp>

#include <array>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
namespace sd = seqpool::detail;

TEST_CASE("rows are summed in groups that depend on their number alone", "[gradient]") {
  CHECK(sd::rows_of_group(0) == 1);
  CHECK(sd::rows_of_group(31) == 1);
  CHECK(sd::rows_of_group(32) == 2);
  CHECK(sd::rows_of_group(1023) == 63);
  CHECK(sd::rows_of_group(1024) == 64);
  CHECK(sd::rows_of_group(1000000) == 64);
}

namespace {

// Gives each row's own number as its loss and as the gradient of the one parameter that it has.
struct RowNumber {
  template <class Back> auto* state(Back& back, typename Back::Fold& fold, Index row, auto out) const {
    return back.forward(fold, row, out);
  }
  double operator()(Index row, seqpool::Rows<float> out, seqpool::Rows<float> d_out, std::span<float> own) const {
    CHECK(d_out.size() == (own.empty() ? out.size() : 0));
    double loss = 0;
    for (Index i = 0; i < out.size(); ++i) {
      CHECK(out[i][0] == static_cast<float>(row + i));
      loss += static_cast<double>(row + i);
      if (!own.empty()) own[0] += static_cast<float>(row + i);
      if (d_out.size() > 0) d_out[i][0] = static_cast<float>(row + i);
    }
    return loss;
  }
};

}  // namespace

TEST_CASE("every row goes forward once, is turned, and comes back to its own tokens", "[gradient]") {
  for (const Index batch : {1, 2, 33, 1100})
    for (const int threads : {1, 2}) {
      std::vector<float> states(static_cast<std::size_t>(2 * batch));
      for (std::size_t i = 0; i < states.size(); ++i) states[i] = static_cast<float>(i / 2);
      const seqpool::HiddenStates<float> x(states.data(), {batch, 2, 1});
      std::vector<float> d_x(states.size(), 7);
      const sd::TokenRoom<float> room{d_x.data(), 2, {2, 1, 1}};
      Eigen::ThreadPool pool(threads);
      const Eigen::ThreadPoolDevice device(&pool, threads);
      const double sum = static_cast<double>(batch * (batch - 1) / 2);
      CHECK(sd::go_back(seqpool::Mean{}, x, seqpool::AllTokens{}, room, device, {}, RowNumber{}) == sum);
      for (std::size_t i = 0; i < d_x.size(); ++i) CHECK(d_x[i] == static_cast<float>(i / 2) / 2);
      double own = 0;
      CHECK(sd::go_back(seqpool::Mean{}, x, seqpool::AllTokens{}, sd::TokenRoom<float>{}, device, std::span(&own, 1),
                        RowNumber{}) == sum);
      CHECK(own == sum);
    }
}

namespace {

// Has rows for all sequences but the last, or for none.
struct NotAll {
  Index left_out;

  static void check(Index, Index) {}
  static seqpool::Run next_run(Index, seqpool::Run within) { return within; }
  Index rows(Index batch) const { return batch - left_out; }
};

}  // namespace

TEST_CASE("tokens of sequences that no row is taken from have gradients of 0", "[gradient]") {
  const std::vector<float> states(12, 1);
  const seqpool::HiddenStates<float> x(states.data(), {3, 2, 2});
  for (const Index left_out : {1, 3}) {
    Eigen::Tensor<float, 3, Eigen::RowMajor> d_x(3, 2, 2);
    d_x.setConstant(7);
    Eigen::Tensor<float, 2> d_out(3 - left_out, 2);
    d_out.setConstant(2);
    seqpool::gradient_into(d_x, seqpool::Mean{}, x, NotAll{left_out}, d_out);
    for (Index i = 0; i < 12; ++i) CHECK(d_x.data()[i] == (i < 4 * (3 - left_out) ? 1 : 0));
  }
}

TEST_CASE("a pooling that goes back by the count reads no token", "[gradient]") {
  const seqpool::HiddenStates<float> x(reinterpret_cast<const float*>(64), {1, 5, 3});  // nothing that can be read
  const seqpool::Lengths lengths(std::array{4});
  float d_x[15];
  const Eigen::TensorMap<Eigen::Tensor<float, 3, Eigen::RowMajor>> into(d_x, 1, 5, 3);
  Eigen::Tensor<float, 2> d_out(1, 3);
  d_out.setConstant(8);
  seqpool::gradient_into(into, seqpool::Mean{}, x, lengths, d_out);
  CHECK(d_x[0] == 2);
  CHECK(d_x[11] == 2);
  CHECK(d_x[12] == 0);
  seqpool::gradient_into(into, seqpool::Last{}, x, lengths, d_out);
  CHECK(d_x[8] == 0);
  CHECK(d_x[9] == 8);
  CHECK(d_x[12] == 0);
  seqpool::gradient_into(into, seqpool::WeightedMean{}, x, lengths, d_out);
  CHECK(d_x[0] == 0.8f);
  CHECK(d_x[9] == 3.2f);
}
