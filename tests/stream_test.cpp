// SPDX-License-Identifier: MIT
// That a stream has the bits of the whole sequence is a law; here are its edges.
#include <seqpool/stream.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <string>
#include <string_view>
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
  // More than are copied at a time, a map with steps between its rows, and no memory.
  const auto tokens = test::tokens<float>(150, 6, 3);
  using Steps = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, 3, Eigen::RowMajor>, 0, Eigen::OuterStride<>>;
  const Steps steps(tokens.data(), 150, 3, Eigen::OuterStride<>(6));
  std::vector<float> dense;
  for (int i = 0; i < 150; ++i)
    for (int j = 0; j < 3; ++j) dense.push_back(steps(i, j));
  Stream<Sum, float> by_pointer{Sum{}, 3}, by_steps{Sum{}, 3}, by_columns{Sum{}, 3}, by_rows{Sum{}, 3};
  by_pointer.push(dense.data(), 150);
  by_steps.push(steps);
  by_columns.push(Eigen::MatrixXf(steps));
  by_rows.push(Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>>(dense.data(), 150, 3));
  CHECK(by_steps.save() == by_pointer.save());
  CHECK(by_columns.save() == by_pointer.save());
  CHECK(by_rows.save() == by_pointer.save());
  for (int layout = 0; layout < 2; ++layout) {
    CHECK_THROWS_WITH(layout == 0 ? stream.push(Eigen::TensorMap<const Eigen::Tensor<float, 2>>(nullptr, 2, 3))
                                  : stream.push(Eigen::Map<const Eigen::MatrixXf>(nullptr, 2, 3)),
                      ct::has_substring("null pointer"));
  }
  stream.push(Eigen::MatrixXf(0, 3));
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
  CHECK_THROWS_WITH((Stream<Mean, float>{Mean{}, std::uint64_t{1} << 63}),
                    "seqpool: a size or stride of 9223372036854775808 is beyond what memory can hold");
  CHECK((Stream<Mean, float>{Mean{}, std::size_t{4}}.hidden()) == 4);
  CHECK_THROWS_WITH((Stream<Attention<float>, float>{Attention{std::vector<float>(5)}, 4}),
                    ct::has_substring("query is [5]"));
  CHECK_THROWS_WITH(
      (Stream<seqpool::AnyPooling<float>, float>{seqpool::TokenWeightedMean{Eigen::Tensor<float, 2>(2, 3)}, 3}),
      ct::has_substring("parameters for each token"));
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
  // Also in others.
  using Both = seqpool::Concat<Mean, Attention<float>>;
  Stream<Both, float> both{Both{Mean{}, Attention{std::vector<float>{1, 2, 3}}}, hidden};
  const auto of_both = both.save();
  CHECK_NOTHROW(both.load(of_both));
  CHECK_THROWS((Stream<Both, float>{Both{Mean{}, Attention{std::vector<float>{1, 2, 4}}}, hidden}.load(of_both)));
  CHECK_THROWS((Stream<seqpool::WeightedMean, float>{seqpool::WeightedMean{3}, hidden}.load(
      Stream<seqpool::WeightedMean, float>{seqpool::WeightedMean{}, hidden}.save())));
  // Chosen at run time it is the same pooling.
  Stream<seqpool::AnyPooling<float>, float> any{Mean{}, hidden};
  any.load(bytes);
  CHECK(any.size() == 20);
  CHECK(test::rows_of(any.value()) == test::rows_of(stream_of(20).value()));
}

TEST_CASE("a stream of another pooling, or with other parameters, is not merged, and changes nothing", "[stream]") {
  using Any = seqpool::AnyPooling<float>;
  const auto tokens = test::tokens<float>(300, hidden, 5);
  const auto filled = [&]<class P>(const P& pooling) {
    Stream<P, float> stream{pooling, hidden};
    stream.push(tokens.data(), 300);
    return stream;
  };
  const auto refused = [&](auto stream, const auto& other, const char* own_name, const char* other_name) {
    const auto before = stream.save();
    CHECK_THROWS_WITH(stream.merge(other), ct::has_substring(own_name) && ct::has_substring(other_name) &&
                                               ct::has_substring("the same pooling, with the same parameters"));
    CHECK(stream.save() == before);
  };
  const Attention first{std::vector<float>{1, 2, 3}}, second{std::vector<float>{1, 2, 4}};
  const auto refused_by_identity = [&](const auto& own, const auto& other) {
    refused(filled(own), filled(other), seqpool::identity_of(own).c_str(), seqpool::identity_of(other).c_str());
  };
  refused_by_identity(first, second);
  refused_by_identity(seqpool::Concat{Mean{}, first}, seqpool::Concat{Mean{}, second});
  refused_by_identity(Any(first), Any(second));
  refused(filled(Any(Mean{})), filled(Any(Max{})), "'mean of", "'max of");
  refused(filled(Any(Mean{})), filled(Any(std::vector<Any>{Mean{}, Max{}})), "'mean of", "'concat mean max of");
  refused(filled(Any(std::vector<Any>{Mean{}, Max{}})), filled(Any(std::vector<Any>{Mean{}})), "'concat mean max of",
          "'concat mean of");
  // Also while one of them is empty: it could be given tokens later.
  refused(filled(Any(Mean{})), Stream<Any, float>{Max{}, hidden}, "'mean of", "'max of");
  // Of one name, and yet other types.
  auto list = filled(Any(std::vector<Any>{Mean{}, Max{}}));
  CHECK_THROWS_WITH(list.merge(filled(Any(seqpool::Concat{Mean{}, Max{}}))), ct::has_substring("of another type"));
  // What is alike is merged, whoever made it.
  auto alike = filled(Any(Attention{std::vector<float>{1, 2, 3}}));
  alike.merge(filled(Any(first)));
  CHECK(alike.size() == 600);
}

TEST_CASE("a stream of poolings chosen at run time side by side is a stream", "[stream][concat]") {
  using Any = seqpool::AnyPooling<float>;
  const auto tokens = test::tokens<float>(30, hidden, 5);
  const seqpool::Concat chosen{Any(Max{}), Mean{}};
  Stream<seqpool::Concat<Any, Mean>, float> stream{chosen, hidden};
  Stream<Any, float> any{Any(chosen), hidden};
  stream.push(tokens.data(), 30);
  any.push(tokens.data(), 30);
  const auto whole = test::pooled_alone(seqpool::Concat{Max{}, Mean{}}, tokens, hidden);
  CHECK(test::same_bits(test::rows_of(stream.value())[0], whole));
  CHECK(test::same_bits(test::rows_of(any.value())[0], whole));
  const Any weighted = seqpool::TokenWeightedMean{Eigen::Tensor<float, 2>(2, 3)};
  CHECK_THROWS_WITH((Stream<seqpool::Concat<Any, Mean>, float>{seqpool::Concat{weighted, Mean{}}, hidden}),
                    ct::has_substring("parameters for each token"));
  CHECK_THROWS_WITH((Stream<Any, float>{Any(seqpool::Concat{Mean{}, weighted}), hidden}),
                    ct::has_substring("parameters for each token"));
}

TEST_CASE("after many merges a stream is within the bound that counts them", "[stream]") {
  constexpr double eps = 0x1p-23;
  for (const double m : {1e3, 1e6}) {
    const float x = 0.1f;
    Stream<Mean, float> all{Mean{}, 1}, one{Mean{}, 1};
    Stream<seqpool::RootMeanSquare, float> squares{{}, 1}, square{{}, 1};
    one.push(&x, 1);
    square.push(&x, 1);
    for (int i = 0; i < static_cast<int>(m); ++i) all.merge(one);
    for (int i = 0; i < static_cast<int>(m); ++i) squares.merge(square);
    CHECK(all.size() == static_cast<Index>(m));
    const double error = std::abs(static_cast<double>(all.value()(0, 0)) - static_cast<double>(x));
    CHECK(error <= (256 + m / 256 + 2 * m + 2) * eps * 0.1);
    if (m > 1e5) CHECK(error > (256 + m / 256 + 2) * eps * 0.1);  // what it would be without them
    CHECK(std::abs(static_cast<double>(squares.value()(0, 0)) - static_cast<double>(x)) <=
          (256 + m / 256 + 2 * m + 4) * eps * 0.1);
  }
  // The number of tokens stays a number.
  Stream<Mean, float> doubled = stream_of(1);
  constexpr Index most = (std::numeric_limits<Index>::max)() / 2 + 1;  // 2^62, or 2^30
  while (doubled.size() < most) doubled.merge(doubled);
  CHECK(doubled.size() == most);
  const std::string refused = "the most is " + std::to_string(most);
  CHECK_THROWS_WITH(doubled.merge(stream_of(1)), ct::has_substring(refused));
  CHECK_THROWS_WITH(doubled.merge(doubled), ct::has_substring(refused));
  // Nor do pushed tokens make it one that is saved and cannot be loaded.
  const std::array<float, hidden> token{1, 2, 3};
  CHECK_THROWS_WITH(doubled.push(token.data(), 1), ct::has_substring(refused));
  CHECK_NOTHROW(doubled.push(token.data(), 0));
  const auto full = doubled.save();
  CHECK_NOTHROW(doubled.load(full));
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
  const std::size_t counts = name_size + 8 + static_cast<std::size_t>(length);
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
  // A count that is no multiple of 8, with a state that says so too.
  for (const std::uint64_t count : {1ull, 7ull, 12ull, 15ull, 17ull}) {
    bytes = stream_of(16).save();
    std::memcpy(bytes.data() + bytes.size() - 16, &count, sizeof count);
    CHECK_THROWS_WITH(stream.load(forge(counts + 8, count)), ct::has_substring("their counts are unlawful"));
  }
  const std::uint64_t fewer = 8;
  std::memcpy(bytes.data() + bytes.size() - 16, &fewer, sizeof fewer);
  CHECK_NOTHROW(stream.load(forge(counts + 8, 8)));
  // What was merged, near the largest number and beyond: the counts are of 64 bits, and of three kinds.
  auto merged = stream_of(300);
  merged.merge(stream_of(20));
  const auto more = test::tokens<float>(3, hidden, 2);
  merged.push(more.data(), 3);
  bytes = merged.save();
  CHECK_NOTHROW(stream.load(bytes));
  CHECK_NOTHROW(stream.load(forge(counts, 320)));
  for (const std::uint64_t number : {319ull, 321ull, 0ull, 1ull << 62, (1ull << 63) - 8, 1ull << 63, ~0ull})
    CHECK_THROWS_AS(stream.load(forge(counts, number)), std::invalid_argument);
  // [size, 3 floats, size 1, count] of the merged state stand at the end.
  const std::size_t own_count = bytes.size() - 16;
  std::uint64_t saved = 0;
  std::memcpy(&saved, bytes.data() + own_count, sizeof saved);
  REQUIRE(saved == 320);
  for (const std::uint64_t number : {319ull, 321ull, 0ull, 1ull << 62, ~0ull})
    CHECK_THROWS_WITH(stream.load(forge(own_count, number)), ct::has_substring("taken in other tokens"));
  CHECK(stream.size() == 323);
}

TEST_CASE("what a state says of its tokens is held against the stream's, in every pooling", "[stream]") {
  using Any = seqpool::AnyPooling<float>;
  Eigen::Tensor<float, 2> query(1, hidden);
  query.setConstant(1);
  const std::vector<Any> poolings{seqpool::Cls{},
                                  seqpool::Last{},
                                  Mean{},
                                  Max{},
                                  seqpool::WeightedMean{},
                                  seqpool::MeanMax{},
                                  seqpool::MeanStd{},
                                  seqpool::LogSumExp{1.0},
                                  seqpool::GeneralizedMean{3.0},
                                  seqpool::RootMeanSquare{},
                                  seqpool::Splade{},
                                  seqpool::MaxSim{query},
                                  Attention{std::vector<float>{1, 2, 3}},
                                  seqpool::Concat{Mean{}, Max{}},
                                  Any(std::vector<Any>{Mean{}, Max{}})};
  const auto tokens = test::tokens<float>(600, hidden, 1);
  const auto check = [&](const auto& pooling) {
    using P = std::remove_cvref_t<decltype(pooling)>;
    INFO(pooling.name());
    Stream<P, float> stream{pooling, hidden};
    stream.push(tokens.data(), 600);
    Stream<P, float> merged = stream;
    merged.merge(stream);
    merged.push(tokens.data(), 19);
    for (const auto& full : {stream, merged}) {
      const auto bytes = full.save();
      Stream<P, float> loaded{pooling, hidden};
      REQUIRE_NOTHROW(loaded.load(bytes));
      CHECK(loaded.save() == bytes);
      // Every 64 bits that are a number of tokens, made one less and more: nothing is taken silently.
      int refused = 0;
      for (std::size_t at = 16 + seqpool::identity_of(pooling).size(); at + 16 <= bytes.size(); ++at) {
        std::uint64_t number = 0;
        std::memcpy(&number, bytes.data() + at, sizeof number);
        if (number != 512 && number != 600 && number != 1200) continue;
        for (const std::uint64_t other : {number - 1, number + 1, number + (std::uint64_t{1} << 40)}) {
          auto forged = bytes;
          std::memcpy(forged.data() + at, &other, sizeof other);
          const auto sum = seqpool::detail::checksum(std::span<const std::byte>(forged).first(forged.size() - 8));
          std::memcpy(forged.data() + forged.size() - 8, &sum, sizeof sum);
          CHECK_THROWS_AS(loaded.load(forged), std::invalid_argument);
          ++refused;
        }
      }
      CHECK(refused >= 6);  // the stream's count and a state's
      CHECK(loaded.save() == bytes);
    }
  };
  for (const Any& pooling : poolings) check(pooling);
  check(seqpool::MaxIndices{});
}

namespace {

// The sum of the positions of all tokens.
struct Positions {
  template <class T> struct State {
    Index sum = 0;
  };
  template <seqpool::Scalar T> using Result = Index;

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

// What 64-bit x86 saved, as hexadecimal digits. An Index, in a state as in the shape of a parameter, may be narrower.
TEST_CASE("a stream is read on every machine with the same byte order, whatever an Index is there", "[stream]") {
  if constexpr (std::endian::native == std::endian::little) {
    const auto bytes_of = [](std::string_view digits) {
      std::vector<std::byte> bytes(digits.size() / 2);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        unsigned byte = 0;
        std::from_chars(digits.data() + 2 * i, digits.data() + 2 * i + 2, byte, 16);
        bytes[i] = static_cast<std::byte>(byte);
      }
      return bytes;
    };
    std::vector<float> tokens;
    for (int i = 0; i < 18; ++i) tokens.push_back(static_cast<float>(i * 5 % 7));
    const auto indices = bytes_of(
        "534551504c4d303318000000000000006d61785f696e6469636573206f6620666c6f6174205b325d0000000000000000"
        "08000000000000000100000000000000000040400000803f02000000000000000000c0400000c0400200000000000000"
        "020000000000000005000000000000000100000000000000000000000000000001000000000000000800000000000000"
        "6ae4ddc1c5a068f4");
    Stream<seqpool::MaxIndices, float> positions{seqpool::MaxIndices{}, 2};
    positions.load(indices);
    CHECK(positions.size() == 9);
    CHECK(positions.value()(0, 0) == 2);
    CHECK(positions.value()(0, 1) == 5);
    positions.reset();
    positions.push(tokens.data(), 9);
    CHECK(positions.save() == indices);

    const auto attended = bytes_of(
        "534551504c4d30332b00000000000000617474656e74696f6e203135303735393737303836343430393630353430206f"
        "6620666c6f6174205b325d000000000000000000000000000000000100000000000000000000000000a04068dd84ccef"
        "49d71b");
    Stream<Attention<float>, float> attend{Attention{std::vector<float>{1, 2}}, 2};
    attend.load(attended);
    CHECK(test::rows_of(attend.value()) == std::vector<std::vector<float>>{{0, 5}});
    attend.reset();
    attend.push(tokens.data(), 1);
    CHECK(attend.save() == attended);
  }
}
