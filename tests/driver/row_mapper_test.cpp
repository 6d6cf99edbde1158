// SPDX-License-Identifier: MIT
#include <seqpool/driver/row_mapper.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::Rows;
namespace detail = seqpool::detail;

namespace {

// y = [x_0, 2 * x_0], of one feature; counts how often it is asked for its width.
struct Doubles {
  Index* asked;

  Index width(Index features) const {
    ++*asked;
    if (features != 1) throw std::invalid_argument("one feature");
    return 2;
  }
  template <class A> void map(Rows<const A> in, Rows<A> out) const {
    for (Index i = 0; i < in.size(); ++i) {
      out[i][0] = in[i][0];
      out[i][1] = 2 * in[i][0];
    }
  }
};

// y = own * x.
struct Scales {
  float own;

  static Index width(Index features) { return features; }
  void map(Rows<const float> in, Rows<float> out) const {
    for (Index i = 0; i < in.size(); ++i) out[i][0] = own * in[i][0];
  }
  void backward(Rows<const float> in, Rows<const float> d_out, Rows<float> d_in, std::span<float> d_own) const {
    for (Index i = 0; i < d_in.size(); ++i) d_in[i][0] = own * d_out[i][0];
    for (Index i = 0; i < in.size() && !d_own.empty(); ++i) d_own[0] += d_out[i][0] * in[i][0];
  }
  void visit_parameters(auto f) const { seqpool::visit_parameter(f, "own", std::array{own}, {1}, false); }
};

// The same, which takes its device.
struct TakesDevice {
  int* taken;

  Index width(Index features) const { return features; }
  void map(Rows<const float> in, Rows<float> out) const { map(in, out, 0); }
  template <class D> void map(Rows<const float> in, Rows<float> out, const D&) const {
    ++*taken;
    for (Index i = 0; i < in.size(); ++i) out[i][0] = in[i][0];
  }
};

struct InTurn {
  int numThreads() const { return 2; }
  void parallelFor(Index n, const Eigen::TensorOpCost&, const std::function<void(Index, Index)>& f) const {
    for (Index i = n; i-- > 0;) f(i, i + 1);
  }
};

}  // namespace

TEST_CASE("rows are seen where they lie, parts of them too, and written ones may be read", "[row_mapper]") {
  std::array<float, 12> memory{};
  const Rows<float> rows(memory.data(), 3, 2, 4);
  rows[2][1] = 5;
  CHECK(memory[9] == 5);
  CHECK(rows.part(1, 2)[1][1] == 5);
  const Rows<const float> read = rows;
  CHECK((read.size() == 3 && read.features() == 2 && read.stride() == 4 && read[2].data() == &memory[8]));
  CHECK(Rows<float>(memory.data(), 3, 0, 4)[1].data() == nullptr);
}

TEST_CASE("a head is asked once, into any strides, of any scalar, and its NaN is the one NaN", "[row_mapper]") {
  std::array<Eigen::half, 6> x{};
  for (std::size_t i = 0; i < 6; ++i) x[i] = Eigen::half(static_cast<float>(i));
  x[4] = -std::numeric_limits<Eigen::half>::quiet_NaN();
  const detail::MatrixView<const Eigen::half> in{x.data(), 3, 1, 2, 1};  // 0, 2, NaN
  for (const bool row_major : {true, false}) {
    Index asked = 0;
    const Doubles head{&asked};
    const detail::RowMapper mapper(head, in);
    CHECK((mapper.rows() == 3 && mapper.width() == 2));
    std::array<float, 6> out{};
    const detail::MatrixView<float> to{out.data(), 3, 2, row_major ? 2 : 1, row_major ? 1 : 3};
    mapper.run(to, seqpool::CallingThread{});
    CHECK((to(0, 0) == 0 && to(1, 0) == 2 && to(1, 1) == 4));
    CHECK((std::isnan(to(2, 0)) && !std::signbit(to(2, 0)) && !std::signbit(to(2, 1))));
    std::array<float, 6> shared{};
    const detail::MatrixView<float> there{shared.data(), 3, 2, row_major ? 2 : 1, row_major ? 1 : 3};
    mapper.run(there, InTurn{});
    CHECK((there(1, 1) == 4 && std::isnan(there(2, 0))));
    CHECK(asked == 1);
  }
  Index asked = 0;
  const Doubles head{&asked};
  CHECK_THROWS_AS(detail::RowMapper(head, detail::MatrixView<const float>{nullptr, 0, 2, 2, 1}), std::invalid_argument);
}

TEST_CASE("of no rows and no width nothing is mapped, and a head that takes a device gets it", "[row_mapper]") {
  int taken = 0;
  const TakesDevice head{&taken};
  float x = 3, out = 0;
  detail::RowMapper(head, detail::MatrixView<float>{nullptr, 0, 1, 1, 1})
      .run(detail::MatrixView<float>{nullptr, 0, 1, 1, 1}, InTurn{});
  CHECK(taken == 0);
  detail::RowMapper(head, detail::MatrixView<float>{&x, 1, 1, 1, 1})
      .run(detail::MatrixView<float>{&out, 1, 1, 1, 1}, InTurn{});
  CHECK((taken == 1 && out == 3));
}

TEST_CASE("a head goes back behind those that follow it, with its own part of the parameters", "[row_mapper]") {
  const std::array<float, 2> x{1, 2};
  std::array<float, 2> d_x{};
  std::array<float, 3> own{};
  const Rows<const float> in(x.data(), 2, 1, 1);
  const Rows<float> d_in(d_x.data(), 2, 1, 1);
  seqpool::back_rows(Scales{3}, in, d_in, std::span<float>(own), [](auto rows, auto d_rows, std::span<float> rest) {
    CHECK((rows.size() == 2 && rows[0][0] == 3 && rows[1][0] == 6));
    CHECK(rest.size() == 2);
    rest[0] = rest[1] = 8;
    d_rows[0][0] = 10, d_rows[1][0] = 100;
  });
  CHECK(d_x == std::array<float, 2>{30, 300});
  CHECK(own == std::array<float, 3>{210, 8, 8});
  // Nobody asks for parameters, or for rows.
  const auto rest = [](auto, auto d_rows, std::span<float> none) {
    CHECK(none.empty());
    d_rows[0][0] = 1, d_rows[1][0] = 2;
  };
  seqpool::back_rows(Scales{3}, in, d_in, std::span<float>(), rest);
  CHECK(d_x == std::array<float, 2>{3, 6});
  seqpool::back_rows(Scales{3}, in, Rows<float>(nullptr, 0, 1, 1), std::span<float>(own).first(1), rest);
  CHECK(own[0] == 210 + 1 + 4);
}
