// SPDX-License-Identifier: MIT
#include <seqpool/head/any_head.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <seqpool/head/each_query.hpp>
#include <seqpool/head/embedder.hpp>
#include <seqpool/head/linear.hpp>
#include <seqpool/head/normalize.hpp>
#include <seqpool/head/sequential.hpp>
#include <seqpool/head/skip_connection.hpp>
#include <seqpool/head/truncate.hpp>
#include <seqpool/pooling/mean.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"

using seqpool::AnyHead;
using seqpool::Index;
using seqpool::Linear;
using seqpool::Normalize;
using seqpool::Truncate;

namespace {

Linear<float> any_linear(Index out, Index in) {
  const auto values = test::Random(5).values<float>(out * in);
  return Linear{Eigen::Map<const Eigen::MatrixXf>(values.data(), out, in)};
}

Eigen::Tensor<float, 2, Eigen::RowMajor> any_input(Index rows, Index features) {
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(rows, features);
  const auto values = test::Random(6).values<float>(rows * features);
  std::copy(values.begin(), values.end(), x.data());
  return x;
}

template <class H, class... D>
std::vector<float> any_mapped(const H& head, const Eigen::Tensor<float, 2, Eigen::RowMajor>& x, const D&... device) {
  const auto y = seqpool::map(head, x, device...);
  return {y.data(), y.data() + y.size()};
}

// Notes what it is asked to share out.
struct NotingDevice {
  int threads;
  std::vector<Index>* asked;

  int numThreads() const { return threads; }
  void parallelFor(Index n, const Eigen::TensorOpCost&, const std::function<void(Index, Index)>& f) const {
    asked->push_back(n);
    for (Index i = n; i-- > 0;) f(i, i + 1);
  }
};

// A head that learns, but has no numbers that can be set.
struct AddsOwn {
  float own = 1;

  static Index width(Index features) { return features; }
  void map(seqpool::Rows<const float> in, seqpool::Rows<float> out) const {
    for (Index i = 0; i < in.size(); ++i)
      for (std::size_t f = 0; f < in[i].size(); ++f) out[i][f] = in[i][f] + own;
  }
  void visit_parameters(auto f) const { seqpool::visit_parameter(f, "own", std::array{own}, {1}, false); }
};

// A head that cannot be copied.
struct MoveOnly : AddsOwn {
  std::unique_ptr<int> unique = nullptr;
};

// A head that has no map of its own for devices.
struct AddsOne {
  Index width(Index features) const { return features; }
  void map(seqpool::Rows<const float> in, seqpool::Rows<float> out) const {
    for (Index i = 0; i < in.size(); ++i)
      for (std::size_t f = 0; f < in[i].size(); ++f) out[i][f] = in[i][f] + 1;
  }
};

}  // namespace

TEST_CASE("any head is the head that it holds, chosen at run time", "[any_head]") {
  const auto x = any_input(5, 12);
  AnyHead<float> head = any_linear(7, 12);
  CHECK(any_mapped(head, x) == any_mapped(any_linear(7, 12), x));
  CHECK(head.width(12) == 7);
  CHECK_THROWS_AS(head.width(11), std::invalid_argument);
  const AnyHead<float> copy = head;
  head = Normalize{};
  CHECK(any_mapped(head, x) == any_mapped(Normalize{}, x));
  CHECK(any_mapped(copy, x) == any_mapped(any_linear(7, 12), x));
  head = AddsOne{};
  CHECK(any_mapped(head, x)[3] == x.data()[3] + 1);
  STATIC_REQUIRE(seqpool::Head<AnyHead<float>, float>);
  STATIC_REQUIRE(!seqpool::Head<AnyHead<float>, double>);
  STATIC_REQUIRE(seqpool::Head<AnyHead<double>, double>);
}

TEST_CASE("any head stands among other heads and behind a pooling", "[any_head]") {
  const auto x = any_input(5, 12);
  const AnyHead<float> head = any_linear(7, 12);
  const auto expected = any_mapped(seqpool::Sequential{any_linear(7, 12), Normalize{}}, x);
  CHECK(any_mapped(seqpool::Sequential{head, Normalize{}}, x) == expected);
  CHECK(any_mapped(AnyHead<float>{seqpool::Sequential{any_linear(7, 12), AnyHead<float>{Normalize{}}}}, x) == expected);
  const seqpool::HiddenStates<float> states(x.data(), {5, 1, 12});
  const auto y = seqpool::Embedder{seqpool::Mean{}, AnyHead<float>{head}, Normalize{}}.embed(states);
  CHECK(std::vector<float>(y.data(), y.data() + y.size()) == expected);
}

TEST_CASE("several heads are one, one after the other", "[any_head]") {
  const auto x = any_input(5, 12);
  using Heads = std::vector<AnyHead<float>>;
  CHECK(any_mapped(AnyHead<float>{Heads{}}, x) == std::vector<float>(x.data(), x.data() + x.size()));
  CHECK(AnyHead<float>{Heads{}}.width(3) == 3);
  CHECK(any_mapped(AnyHead<float>{Heads{any_linear(7, 12)}}, x) == any_mapped(any_linear(7, 12), x));
  const Heads heads{any_linear(7, 12), AddsOne{}, Truncate{3}, any_linear(40, 3), Normalize{}};
  const AnyHead<float> all(heads);
  const seqpool::Sequential fixed{any_linear(7, 12), AddsOne{}, Truncate{3}, any_linear(40, 3), Normalize{}};
  const auto expected = any_mapped(fixed, x);
  CHECK(any_mapped(all, x) == expected);
  CHECK(all.width(12) == 40);
  std::vector<Index> asked;
  CHECK(any_mapped(all, x, NotingDevice{3, &asked}) == expected);
  CHECK(asked.size() >= 3);  // and the linear ones if there are panels enough
  CHECK(any_mapped(AnyHead<float>{Heads{all}}, x, NotingDevice{3, &asked}) == expected);
  const Heads copy{heads};  // and not one head that holds them
  CHECK(copy.size() == 5);
  CHECK(any_mapped(all, any_input(0, 12)).empty());
}

TEST_CASE("Guarantee 7: several heads name the width that does not fit the next", "[guarantees][any_head]") {
  const AnyHead<float> head{std::vector<AnyHead<float>>{any_linear(7, 12), any_linear(3, 8)}};
  CHECK_THROWS_AS(head.width(12), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::map(head, any_input(2, 12)), ct::has_substring("vectors of 7 features"));
  CHECK_THROWS_WITH(seqpool::map(head, any_input(2, 8)), ct::has_substring("vectors of 8 features"));
}

TEST_CASE("a head that any head holds shares itself out on the device", "[any_head]") {
  const auto x = any_input(1, 12);
  const auto wide = any_linear(2000, 12);
  for (const AnyHead<float>& head : {AnyHead<float>{wide}, AnyHead<float>{AnyHead<float>{wide}},
                                     AnyHead<float>{std::vector<AnyHead<float>>{wide}}}) {
    std::vector<Index> asked;
    CHECK(any_mapped(head, x, NotingDevice{4, &asked}) == any_mapped(wide, x));
    CHECK(asked == std::vector<Index>{4});  // one row by its outputs
  }
  std::vector<Index> asked;
  const auto rows = any_input(9, 12);
  CHECK(any_mapped(AnyHead<float>{AddsOne{}}, rows, NotingDevice{4, &asked}) == any_mapped(AddsOne{}, rows));
  CHECK(asked == std::vector<Index>{4});
  CHECK(any_mapped(AnyHead<float>{AddsOne{}}, rows, NotingDevice{1, &asked}) == any_mapped(AddsOne{}, rows));
  CHECK(asked.size() == 1);
}

TEST_CASE("Guarantee 9: any head allocates what its heads do, and rows between several", "[guarantees][any_head]") {
  const auto x = any_input(9, 12);
  Eigen::Tensor<float, 2, Eigen::RowMajor> out(9, 12);
  const auto allocations = [&](const AnyHead<float>& head) {
    const test::AllocationCount count;
    seqpool::map_into(out, head, x);
    return count.so_far();
  };
  using Heads = std::vector<AnyHead<float>>;
  CHECK(allocations(any_linear(12, 12)) == 0);
  CHECK(allocations(AnyHead<float>{Heads{}}) == 0);
  CHECK(allocations(AnyHead<float>{Heads{Normalize{}}}) == 0);
  CHECK(allocations(AnyHead<float>{Heads{Normalize{}, AddsOne{}}}) == 1);
  CHECK(allocations(AnyHead<float>{Heads{Normalize{}, AddsOne{}, AddsOne{}, AddsOne{}, Normalize{}}}) == 2);
  const AnyHead<float> head = any_linear(12, 12);
  const test::AllocationCount count;
  const AnyHead<float> copy = head;
  CHECK(count.so_far() == 0);
  CHECK(copy.width(12) == 12);
}

TEST_CASE("any head learns numbers of its own, and its copies keep theirs", "[any_head][parameters]") {
  const auto x = any_input(5, 12);
  using Heads = std::vector<AnyHead<float>>;
  for (const AnyHead<float>& head :
       Heads{any_linear(7, 12), seqpool::Sequential{any_linear(7, 12), Normalize{}},
             AnyHead<float>(Heads{any_linear(7, 12), Normalize{}}), AnyHead<float>(any_linear(7, 12))}) {
    const auto before = any_mapped(head, x);
    const auto numbers = test::exact_values<double>(7 * 12, 31);
    AnyHead<float> other = head;
    other.set_parameters(numbers);
    CHECK(any_mapped(head, x) == before);
    CHECK(any_mapped(other, x) != before);
    const seqpool::ParameterVector found = seqpool::parameters(other);
    CHECK(std::ranges::equal(found.numbers(), numbers));
    const seqpool::ParameterVector given = seqpool::parameters(head);
    other.set_parameters(given.numbers());
    CHECK(any_mapped(other, x) == before);
  }
  AnyHead<float> none = Truncate{3};
  none.set_parameters({});
  CHECK(none.width(12) == 3);
}

TEST_CASE("a head that does not say how it goes back is refused when any head is to go back", "[any_head][gradient]") {
  const std::vector<float> x{1, 2}, d_y{3, 4};
  const auto refused = [&](const AnyHead<float>& head) {
    CHECK_THROWS_AS(test::gone_back(head, x, d_y), std::invalid_argument);
    CHECK_THROWS_WITH(test::gone_back(head, x, d_y), ct::has_substring("does not say how it goes back"));
  };
  refused(AddsOne{});
  refused(AnyHead<float>(std::vector<AnyHead<float>>{Normalize{}, AddsOne{}}));
  refused(seqpool::Sequential{Normalize{}, AddsOne{}});
  refused(seqpool::SkipConnection{AddsOne{}});
  refused(seqpool::EachQuery{2, AddsOne{}});
  CHECK(test::gone_back<float>(AnyHead<float>(std::vector<AnyHead<float>>{Normalize{}}), {3, 4}, {1, 0})[0] ==
        ct::Approx(0.128));
  CHECK(test::gone_back<float>(AnyHead<float>(std::vector<AnyHead<float>>()), {3, 4}, {10, 20}) ==
        std::vector<float>{10, 20});
}

TEST_CASE("a head that cannot take other numbers is refused when any head is to learn", "[any_head][parameters]") {
  const auto refused = [&](AnyHead<float> head) {
    CHECK(seqpool::parameter_count(head) == 1);
    CHECK_THROWS_WITH(head.set_parameters(std::vector<double>{1}), ct::has_substring("no set_parameters(numbers)"));
  };
  refused(AddsOwn{});
  refused(MoveOnly{});
  refused(seqpool::Sequential{Normalize{}, AddsOwn{}});
  refused(seqpool::SkipConnection{AddsOwn{}});
  refused(seqpool::EachQuery{2, AddsOwn{}});
  refused(AnyHead<float>(std::vector<AnyHead<float>>{Normalize{}, AddsOwn{}}));
}
