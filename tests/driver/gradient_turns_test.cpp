// SPDX-License-Identifier: MIT
#include <seqpool/driver/gradient_turns.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::Rows;
namespace sd = seqpool::detail;

namespace {

// A head that does not say how it goes back.
struct OneWay {
  static Index width(Index) { return 1; }
  void map(Rows<const float> in, Rows<float> out) const {
    for (Index i = 0; i < in.size(); ++i) out[i][0] = in[i][0] + in[i][1];
  }
};

}  // namespace

TEST_CASE("a given d_out is taken by rows, of either layout and widened", "[gradient]") {
  const std::vector<Eigen::half> given{Eigen::half(1), Eigen::half(2), Eigen::half(3),
                                       Eigen::half(4), Eigen::half(5), Eigen::half(6)};
  const sd::GivenTurn<seqpool::Mean, const Eigen::half> turn{{given.data(), 3, 2, 1, 3}};
  std::vector<float> d_out(4);
  CHECK(turn(1, Rows<float>(nullptr, 2, 2, 2), Rows<float>(d_out.data(), 2, 2, 2), std::span<float>()) == 0);
  CHECK(d_out == std::vector<float>{2, 5, 3, 6});
}

TEST_CASE("a loss turns rows, and heads get what they learn from", "[gradient]") {
  const Eigen::Tensor<float, 2> weight = Eigen::Tensor<float, 2>(1, 2).setConstant(2);
  const seqpool::Linear<float> head(weight);
  const Eigen::Tensor<float, 2> targets = Eigen::Tensor<float, 2>(3, 1).setConstant(1);
  const seqpool::SquaredError loss(targets);
  sd::LossTurn<seqpool::Linear<float>, seqpool::SquaredError, float> turn(head, loss, 1);
  std::vector<float> out{1, 2, 0, 1}, d_out(4), own(2);
  const double found =
      turn(1, Rows<float>(out.data(), 2, 2, 2), Rows<float>(d_out.data(), 2, 2, 2), std::span<float>(own));
  // Errors are 5 and 1, each a third of the mean.
  CHECK(found == ct::Approx((25 + 1) / 6.));
  CHECK(d_out[0] == ct::Approx(10 / 3.));
  CHECK(d_out[3] == ct::Approx(2 / 3.));
  CHECK(own[0] == ct::Approx(5 / 3.));
  CHECK(own[1] == ct::Approx(11 / 3.));
  // Where nobody asks, nothing goes back.
  CHECK(turn(1, Rows<float>(out.data(), 2, 2, 2), Rows<float>(nullptr, 0, 2, 2), {}) == found);
  const seqpool::AnyHead<float> sum(OneWay{});
  sd::LossTurn<seqpool::AnyHead<float>, seqpool::SquaredError, float> one_way(sum, loss, 1);
  CHECK(one_way(1, Rows<float>(out.data(), 2, 2, 2), Rows<float>(nullptr, 0, 2, 2), {}) == ct::Approx(4 / 6.));
}
