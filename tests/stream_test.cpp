// SPDX-License-Identifier: MIT
// That a stream has the bits of the whole sequence is a law; here are its edges.
#include <seqpool/stream.hpp>

#include <array>
#include <cstring>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"

using seqpool::Attention;
using seqpool::Index;
using seqpool::Max;
using seqpool::Mean;
using seqpool::Stream;
using seqpool::Sum;

namespace {

constexpr Index hidden = 3;

Stream<Mean, float> stream_of(Index n) {
  const auto tokens = test::tokens<float>(n, hidden, 1);
  Stream<Mean, float> stream{Mean{}, hidden};
  stream.push(tokens.data(), n);
  return stream;
}

}  // namespace

TEST_CASE("tokens come by pointer, matrix or tensor, in either layout", "[stream]") {
  Eigen::Matrix<float, 5, 3, Eigen::RowMajor> row_major;
  row_major << 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15;
  const Eigen::MatrixXf column_major = row_major;
  Eigen::Tensor<float, 2> tensor(5, 3);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 3; ++j) tensor(i, j) = row_major(i, j);
  Stream<Sum, float> stream{Sum{}, 3};
  stream.push(row_major.data(), 5);
  stream.push(row_major);
  stream.push(column_major);
  stream.push(tensor);
  stream.push(nullptr, 0);
  CHECK(stream.size() == 20);
  CHECK(test::rows_of(stream.value()) == std::vector<std::vector<float>>{{140, 160, 180}});
  CHECK_THROWS_WITH(stream.push(Eigen::MatrixXf(2, 4)), ct::has_substring("[2, 4]") && ct::has_substring("hidden 3"));
  CHECK_THROWS_WITH(stream.push(Eigen::MatrixXf(2, 2)), ct::has_substring("[2, 2]"));
  CHECK_THROWS_WITH(stream.push(nullptr, 1), ct::has_substring("null pointer"));
  CHECK_THROWS_WITH(stream.push(row_major.data(), -1), ct::has_substring("-1"));
  CHECK(stream.size() == 20);
}

TEST_CASE("a stream's value is [1, width], zeros for no token, and goes into memory of that size", "[stream]") {
  Stream<Max, float> stream{Max{}, 3};
  CHECK(test::rows_of(stream.value()) == std::vector<std::vector<float>>{{0, 0, 0}});
  const std::array<float, 3> token{-1, -2, -3};
  stream.push(token.data(), 1);
  std::vector<float> out(3);
  stream.value_into(out);
  CHECK(out == std::vector<float>{-1, -2, -3});
  std::vector<float> small(2);
  std::vector<float> large(4);
  CHECK_THROWS_WITH(stream.value_into(small), ct::has_substring("out is [2]") && ct::has_substring("[3]"));
  CHECK_THROWS_WITH(stream.value_into(large), ct::has_substring("out is [4]"));
  stream.reset();
  CHECK(stream.size() == 0);
  CHECK(test::rows_of(stream.value()) == std::vector<std::vector<float>>{{0, 0, 0}});
}

TEST_CASE("a stream refuses a hidden size that cannot be", "[stream]") {
  CHECK_THROWS_WITH((Stream<Mean, float>{Mean{}, 0}), ct::has_substring("hidden is 0"));
  CHECK_THROWS_WITH((Stream<Mean, float>{Mean{}, -4}), ct::has_substring("hidden is -4"));
  CHECK_THROWS_WITH((Stream<Attention<float>, float>{Attention{std::vector<float>(5)}, 4}),
                    ct::has_substring("query is [5]"));
  Stream<Mean, float> of_three{Mean{}, 3};
  CHECK_THROWS_WITH((of_three.merge(Stream<Mean, float>{Mean{}, 4})), ct::has_substring("hidden 4"));
}

TEST_CASE("merging with an empty stream, on either side, changes no bit", "[stream]") {
  for (const Index n : {1, 8, 300}) {
    const auto full = stream_of(n);
    auto left = stream_of(0);
    left.merge(full);
    CHECK(left.save() == full.save());
    auto right = full;
    right.merge(stream_of(0));
    CHECK(right.save() == full.save());
    auto twice = full;
    twice.merge(full);
    CHECK(twice.size() == 2 * n);
    auto merged = stream_of(0);
    merged.merge(twice);  // and what that one had merged
    CHECK(merged.save() == twice.save());
  }
}

TEST_CASE("a stream folds whole tiles, which attention's bits depend on where scores are alike", "[stream]") {
  const Index n = 600;
  const auto tokens = test::tokens<float>(n, hidden, 3);
  const Attention attention{std::vector<float>{0.5f, -0.25f, 1}};
  const auto whole = test::pooled_alone(attention, tokens, hidden);
  for (const Index chunk : {1, 5, 12, 300}) {
    Stream<Attention<float>, float> stream{attention, hidden};
    for (Index first = 0; first < n; first += chunk) stream.push(tokens.data() + first * hidden, chunk);
    CHECK(test::same_bits(test::rows_of(stream.value())[0], whole));
  }
}

TEST_CASE("after reset a stream is as new, whatever it had seen and merged", "[stream]") {
  auto stream = stream_of(20);
  stream.merge(stream_of(300));
  const auto tokens = test::tokens<float>(9, hidden, 1);
  stream.push(tokens.data(), 9);
  stream.reset();
  CHECK(stream.size() == 0);
  CHECK(stream.save() == stream_of(0).save());
  stream.push(tokens.data(), 9);
  CHECK(stream.save() == stream_of(9).save());
}

TEST_CASE("a NaN in a stream's value is the one quiet NaN", "[stream]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::array<float, 3> token{-nan, nan, 1};
  Stream<Max, float> stream{Max{}, 3};
  stream.push(token.data(), 1);
  CHECK(test::same_bits(test::rows_of(stream.value())[0], std::vector<float>{nan, nan, 1}));
}

TEST_CASE("bytes that were cut, changed or lengthened are refused at every place, and change nothing", "[stream]") {
  for (const Index n : {0, 3, 300}) {
    const auto stream = stream_of(n);
    const auto bytes = stream.save();
    auto other = stream_of(5);
    const auto before = other.save();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(i));
      REQUIRE_THROWS_AS(other.load(cut), std::invalid_argument);
      auto changed = bytes;
      changed[i] ^= std::byte{0x10};
      REQUIRE_THROWS_AS(other.load(changed), std::invalid_argument);
    }
    auto longer = bytes;
    longer.push_back(std::byte{0});
    REQUIRE_THROWS_AS(other.load(longer), std::invalid_argument);
    CHECK(other.save() == before);
    other.load(bytes);
    CHECK(other.save() == bytes);
    CHECK(other.size() == n);
  }
}

TEST_CASE("bytes of another pooling, query, scalar or hidden size are refused", "[stream]") {
  const auto bytes = stream_of(20).save();
  const auto refused = [&bytes](auto stream) {
    CHECK_THROWS_WITH(stream.load(bytes), ct::has_substring("no saved stream of this kind"));
  };
  refused(Stream<Sum, float>{Sum{}, hidden});  // has the same state
  refused(Stream<Mean, Eigen::half>{Mean{}, hidden});
  refused(Stream<Mean, double>{Mean{}, hidden});
  refused(Stream<Mean, float>{Mean{}, hidden + 1});
  refused(Stream<seqpool::Concat<Mean, Mean>, float>{seqpool::Concat{Mean{}, Mean{}}, hidden});
  using Attend = Stream<Attention<float>, float>;
  Attend attend{Attention{std::vector<float>{1, 2, 3}}, hidden};
  const auto attended = attend.save();
  CHECK_NOTHROW(attend.load(attended));
  CHECK_THROWS((Attend{Attention{std::vector<float>{1, 2, 4}}, hidden}.load(attended)));
  // Chosen at run time it is the same pooling.
  Stream<seqpool::AnyPooling<float>, float> any{Mean{}, hidden};
  any.load(bytes);
  CHECK(any.size() == 20);
  CHECK(test::rows_of(any.value()) == test::rows_of(stream_of(20).value()));
}

TEST_CASE("a stream that is saved by a well-meaning forger is still refused", "[stream]") {
  // A right checksum over wrong counts.
  auto bytes = stream_of(3).save();
  const auto forge = [&bytes](std::size_t at, std::uint64_t number) {
    auto forged = bytes;
    std::memcpy(forged.data() + at, &number, sizeof number);
    const auto sum = seqpool::detail::checksum(std::span<const std::byte>(forged).first(forged.size() - 8));
    std::memcpy(forged.data() + forged.size() - 8, &sum, sizeof sum);
    return forged;
  };
  const std::size_t name_size = 8;
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data() + name_size, sizeof length);
  const std::size_t counts = name_size + 8 + length;
  auto stream = stream_of(0);
  for (const auto& [place, number] : {std::pair<std::size_t, std::uint64_t>{name_size, 1u << 30},
                                      {counts, ~0ull},
                                      {counts, 7},
                                      {counts + 8, ~0ull},
                                      {counts + 8, 300},
                                      {counts + 16, 8},
                                      {counts + 16, 2},
                                      {counts + 16, 4}}) {
    CHECK_THROWS_AS(stream.load(forge(place, number)), std::invalid_argument);
    CHECK(stream.size() == 0);
  }
  // Wrong counts with all the bytes that they ask for: a whole tile that waits, states of -1 tokens, another size.
  const std::vector<std::byte> five_tokens(5 * hidden * sizeof(float));
  bytes.insert(bytes.end() - 8, five_tokens.begin(), five_tokens.end());
  CHECK_THROWS_AS(stream.load(forge(counts + 16, 8)), std::invalid_argument);
  bytes = stream_of(8).save();
  CHECK_NOTHROW(stream.load(forge(counts + 8, 8)));
  CHECK_THROWS_AS(stream.load(forge(counts + 8, ~0ull)), std::invalid_argument);
  CHECK_THROWS_AS(stream.load(forge(counts + 24, hidden + 1)), std::invalid_argument);
}

namespace {

// The sum of the positions of all tokens.
struct Positions {
  template <class T>
  struct State {
    Index sum = 0;
  };
  template <seqpool::Scalar T>
  using Result = Index;

  Index width(Index) const { return 1; }
  void init(auto& state, Index) const { state.sum = 0; }
  void fold(auto& state, const auto& tokens) const {
    for (Index i = 0; i < tokens.size(); ++i) state.sum += tokens.position(i);
  }
  void merge(auto& state, const auto& next) const { state.sum += next.sum; }
  void finish(const auto& state, auto out) const { out[0] = state.sum; }
};

}  // namespace

TEST_CASE("a stream's tokens know their position, also behind what was merged", "[stream]") {
  const auto sum_to = [](Index n) { return n * (n - 1) / 2; };
  const std::vector<float> x(600);
  Stream<Positions, float> stream{Positions{}, 1};
  stream.push(x.data(), 300);
  stream.push(x.data(), 5);
  CHECK(stream.value()(0, 0) == sum_to(305));
  Stream<Positions, float> other{Positions{}, 1};
  other.push(x.data(), 10);
  stream.merge(other);
  stream.push(x.data(), 19);  // two tiles that are folded, and three tokens that wait
  CHECK(stream.value()(0, 0) == sum_to(305) + sum_to(10) + sum_to(334) - sum_to(315));
}
