// SPDX-License-Identifier: MIT
#include <seqpool/pooling/max_sim.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/guarded_memory.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::MaxSim;

namespace {

template <class T, int Layout = Eigen::ColMajor>
Eigen::Tensor<T, 2, Layout> max_sim_query(const std::vector<std::vector<float>>& rows) {
  Eigen::Tensor<T, 2, Layout> query(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows[0].size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t h = 0; h < rows[i].size(); ++h)
      query(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(h)) = static_cast<T>(rows[i][h]);
  return query;
}

}  // namespace

TEST_CASE("max_sim adds up each query token's largest product with a real token", "[max_sim]") {
  // Two documents of three tokens of two features; the second one's last token is padding.
  const std::vector<float> data{1, 2, -3, 1, 0, 5, -1, -1, -2, -4, 100, 100};
  const seqpool::HiddenStates<float> x(data.data(), {2, 3, 2});
  const std::vector<int> real{3, 2};
  const MaxSim pooling{max_sim_query<float>({{1, 0}, {0, 1}, {-1, 2}})};
  // Products: (1, 2, 3), (-3, 1, 5), (0, 5, 10) and (-1, -1, -1), (-2, -4, -6).
  CHECK(test::rows_of(seqpool::pool(pooling.per_query(), x, seqpool::Lengths(real))) ==
        std::vector<std::vector<float>>{{1, 5, 10}, {-1, -1, -1}});
  CHECK(test::rows_of(seqpool::pool(pooling, x, seqpool::Lengths(real))) ==
        std::vector<std::vector<float>>{{16}, {-3}});
}

TEST_CASE("max_sim of normalized tokens divides by their length, and by no less than 1e-12", "[max_sim]") {
  // A token of length 5, a zero token, one that is shorter than 1e-12, and one whose squares all vanish.
  const std::vector<float> data{3, 4, 0, 0, 3e-13f, 0, 1e-30f, 1e-30f};
  const seqpool::HiddenStates<float> x(data.data(), {4, 1, 2});
  const MaxSim pooling{max_sim_query<float>({{1, 2}})};
  const auto result = test::rows_of(seqpool::pool(pooling.normalize_tokens(), x));
  CHECK(result[0][0] == 2.2f);
  CHECK(result[1][0] == 0);
  CHECK(static_cast<double>(result[2][0]) == ct::Approx(0.3).epsilon(1e-6));
  CHECK(static_cast<double>(result[3][0]) == ct::Approx(3e-18).epsilon(1e-6));
  CHECK(test::rows_of(seqpool::pool(pooling.normalize_tokens().per_query(), x)) == result);
  CHECK(test::rows_of(seqpool::pool(pooling.per_query().normalize_tokens(), x)) == result);
  CHECK(seqpool::pool(pooling, x)(0, 0) == 11);
}

TEST_CASE("max_sim's largest product may be below 0, and -inf", "[max_sim]") {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> data{-inf, -inf};
  const seqpool::HiddenStates<float> x(data.data(), {1, 2, 1});
  CHECK(seqpool::pool(MaxSim{max_sim_query<float>({{1}})}, x)(0, 0) == -inf);
  CHECK(seqpool::pool(MaxSim{max_sim_query<float>({{-1}})}, x)(0, 0) == inf);
  CHECK(std::isnan(seqpool::pool(MaxSim{max_sim_query<float>({{1}, {-1}})}, x)(0, 0)));
}

TEST_CASE("a query token's largest product does not depend on the other query tokens", "[max_sim]") {
  const Index hidden = 83, n = 300;
  const auto row = test::tokens<float>(n, hidden, 7);
  const auto query = test::query_tokens_of<float>(70, hidden);
  const auto whole = test::pooled_alone(MaxSim{query}.per_query(), row, hidden);
  for (const Eigen::Index k : {1, 7, 16, 33, 69}) {
    const Eigen::Tensor<float, 2> part =
        query.slice(Eigen::array<Eigen::Index, 2>{70 - k, 0}, Eigen::array<Eigen::Index, 2>{k, Eigen::Index{hidden}});
    const std::vector<float> expected(whole.end() - k, whole.end());
    CHECK(test::same_bits(test::pooled_alone(MaxSim{part}.per_query(), row, hidden), expected));
  }
}

TEMPLATE_TEST_CASE("max_sim is within its bound, for every number of tokens, query tokens and features", "[max_sim]",
                   SEQPOOL_TEST_SCALARS) {
  for (const Index hidden : {1, 7, 31, 160})
    for (const Index n : {1, 2, 5, 6, 7, 47, 48, 49, 100})
      for (const Index k : {1, 32, 65}) {
        const auto row = test::tokens<TestType>(n, hidden, static_cast<std::uint64_t>(n), -2, 3);
        const auto query = test::query_tokens_of<TestType>(k, hidden);
        const auto tokens = test::in_double(row, hidden);
        INFO("hidden " << hidden << " n " << n << " k " << k);
        test::check_within(test::pooled_alone(MaxSim{query}.per_query(), row, hidden),
                           test::expected_max_sim<TestType>(tokens, k, false, false));
        test::check_within(test::pooled_alone(MaxSim{query}.normalize_tokens(), row, hidden),
                           test::expected_max_sim<TestType>(tokens, k, true, true));
      }
}

TEST_CASE("max_sim reads no element behind its tokens", "[max_sim]") {
  for (const Index n : {1, 8, 50}) {
    const auto row = test::tokens<float>(n, 5, 3);
    const test::GuardedMemory memory(row.size() * sizeof(float));
    std::memcpy(memory.data(), row.data(), row.size() * sizeof(float));
    const seqpool::HiddenStates<float> x(reinterpret_cast<const float*>(memory.data()), {1, n, 5});
    const MaxSim pooling{test::query_tokens_of<float>(3, 5)};
    CHECK(test::same_bits(test::rows_of(seqpool::pool(pooling, x))[0], test::pooled_alone(pooling, row, 5)));
  }
}

TEST_CASE("a query comes as tensor, map or matrix of either layout, and must be [k, hidden]", "[max_sim]") {
  const std::vector<float> data{1, 2, -3, 1};
  const seqpool::HiddenStates<float> x(data.data(), {1, 2, 2});
  const std::vector<std::vector<float>> rows{{1, 0.5f}, {0, 1}, {-1, 2}};
  const auto result_of = [&](const auto& query) {
    return test::rows_of(seqpool::pool(MaxSim{query}.per_query(), x))[0];
  };
  const std::vector<float> expected{2, 2, 5};
  CHECK(result_of(max_sim_query<float>(rows)) == expected);
  const auto row_major = max_sim_query<float, Eigen::RowMajor>(rows);
  CHECK(result_of(row_major) == expected);
  CHECK(result_of(Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>>(row_major.data(), 3, 2)) ==
        expected);
  CHECK(result_of(max_sim_query<Eigen::half>(rows)) == expected);
  Eigen::MatrixXf matrix(3, 2);
  matrix << 1, 0.5f, 0, 1, -1, 2;
  CHECK(result_of(matrix) == expected);
  CHECK(result_of(matrix * 1.f) == expected);

  CHECK_THROWS_AS(seqpool::pool(MaxSim{max_sim_query<float>({{1, 2, 3}})}, x), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::pool(MaxSim{max_sim_query<float>({{1, 2, 3}})}, x),
                    ct::has_substring("query is [1, 3]") && ct::has_substring("hidden 2"));
  CHECK_THROWS_WITH(seqpool::pool(MaxSim{max_sim_query<float>({{1}, {2}})}.per_query(), x),
                    ct::has_substring("query is [2, 1]"));
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> null(nullptr, 2, 3);
  CHECK_THROWS_WITH(MaxSim{null}, ct::has_substring("query [2, 3] has a null pointer"));
  // No query token at all scores 0.
  const Eigen::Tensor<float, 2> none(0, 2);
  CHECK(seqpool::pool(MaxSim{none}, x)(0, 0) == 0);
  CHECK(seqpool::pool(MaxSim{none}.per_query(), x).dimension(1) == 0);
}

TEST_CASE("query tokens that a mask leaves out do not count, whatever they hold", "[max_sim]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  // As above, with a query token of NaN and one that would give most.
  const std::vector<float> data{1, 2, -3, 1, 0, 5, -1, -1, -2, -4, 100, 100};
  const seqpool::HiddenStates<float> x(data.data(), {2, 3, 2});
  const std::vector<int> real{3, 2};
  const auto query = max_sim_query<float>({{1, 0}, {nan, nan}, {0, 1}, {9, 9}, {-1, 2}});
  const MaxSim pooling{query, std::vector<int>{1, 0, 1, 0, 1}};
  CHECK(test::rows_of(seqpool::pool(pooling, x, seqpool::Lengths(real))) ==
        std::vector<std::vector<float>>{{16}, {-3}});
  CHECK(test::rows_of(seqpool::pool(pooling.per_query(), x, seqpool::Lengths(real))) ==
        std::vector<std::vector<float>>{{1, 0, 5, 0, 10}, {-1, 0, -1, 0, -1}});
  // An infinity in a real token is that of the query tokens that count.
  const std::vector<float> infinite{std::numeric_limits<float>::infinity(), 1};
  CHECK(test::rows_of(seqpool::pool(MaxSim{query, std::vector<int>{1, 0, 0, 0, 0}}.per_query(),
                                    seqpool::HiddenStates<float>(infinite.data(), {1, 1, 2})))[0] ==
        std::vector<float>{infinite[0], 0, 0, 0, 0});
  const seqpool::HiddenStates<float> none(data.data(), {1, 0, 2});
  CHECK(test::rows_of(seqpool::pool(pooling, none))[0] == std::vector<float>{0});
  CHECK(test::rows_of(seqpool::pool(pooling.per_query(), none))[0] == std::vector<float>(5, 0));
  const MaxSim nothing{query, std::vector<int>(5, 0)};
  CHECK(test::rows_of(seqpool::pool(nothing, x))[0] == std::vector<float>{0});
  CHECK(test::rows_of(seqpool::pool(nothing.per_query(), x))[0] == std::vector<float>(5, 0));
}

TEMPLATE_TEST_CASE("a query's mask of any arithmetic type gives the bits of the query tokens that it keeps",
                   "[max_sim]", SEQPOOL_TEST_SCALARS) {
  const Index hidden = 20;
  const auto row = test::tokens<TestType>(50, hidden, 9);
  const auto query = test::query_tokens_of<TestType>(40, hidden);
  const Eigen::Tensor<TestType, 2> part =
      query.slice(Eigen::array<Eigen::Index, 2>{3, 0}, Eigen::array<Eigen::Index, 2>{30, Eigen::Index{hidden}});
  const auto expected = test::pooled_alone(MaxSim{part}.normalize_tokens(), row, hidden);
  const auto check = [&](const auto& mask) {
    CHECK(test::same_bits(test::pooled_alone(MaxSim{query, mask}.normalize_tokens(), row, hidden), expected));
  };
  std::vector<std::int64_t> kept(40, 0);
  Eigen::Tensor<bool, 1> bools(40);
  Eigen::Tensor<Eigen::bfloat16, 1, Eigen::RowMajor> halves(40);
  Eigen::VectorXf floats(40);
  for (Eigen::Index i = 0; i < 40; ++i) {
    const bool keeps = i >= 3 && i < 33;
    kept[static_cast<std::size_t>(i)] = keeps ? 1 : 0;
    bools(i) = keeps;
    halves(i) = static_cast<Eigen::bfloat16>(keeps ? 1.F : 0.F);
    floats(i) = keeps ? 1.F : 0.F;
  }
  check(kept);
  check(bools);
  check(halves);
  check(floats);
  check(floats * 1.F);
}

TEST_CASE("a query's mask is [k], of 0 and 1", "[max_sim]") {
  const auto query = test::query_tokens_of<float>(3, 2);
  const auto refused = [&](const auto& mask) {
    try {
      static_cast<void>(MaxSim{query, mask});
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  CHECK(refused(std::vector<int>{1, 1}) == "seqpool: query_mask is [2], but query is [3, 2]: query_mask must be [k]");
  CHECK_THAT(refused(std::vector<int>(4, 1)), ct::has_substring("query_mask is [4]"));
  CHECK_THAT(refused(std::vector<int>{1, 0, 2}), ct::has_substring("query_mask[2] is 2"));
  CHECK_THAT(refused(std::vector<float>{1, -10000, 0}), ct::has_substring("query_mask[1] is -10000"));
  CHECK_THAT(refused(std::vector<float>{std::nanf(""), 1, 0}), ct::has_substring("query_mask[0] is nan"));
  CHECK(refused(std::vector<int>{1, 0, 0}) == "nothing");
  // A wrong query is told as it was given.
  const std::vector<float> data{1, 2, 3};
  CHECK_THROWS_WITH(
      seqpool::pool(MaxSim{query, std::vector<int>{1, 0, 1}}, seqpool::HiddenStates<float>(data.data(), {1, 1, 3})),
      ct::has_substring("query is [3, 2]"));
}

TEST_CASE("max_sim of no token is 0, of all query tokens and of each", "[max_sim]") {
  const auto query = test::query_tokens_of<float>(33, 4);
  const auto finished = [](const MaxSim<float>& pooling) {
    MaxSim<float>::State<float> state, other;
    pooling.init(state, 4);
    pooling.init(other, 4);
    pooling.merge(state, other);
    std::vector<float> out(static_cast<std::size_t>(pooling.width(4)), 7);
    pooling.finish(state, std::span(out));
    return out;
  };
  CHECK(finished(MaxSim{query}) == std::vector<float>{0});
  CHECK(finished(MaxSim{query}.per_query()) == std::vector<float>(33, 0));
  CHECK(finished(MaxSim{query}.normalize_tokens()) == std::vector<float>{0});
  std::vector<int> query_mask(33, 1);
  query_mask[7] = 0;
  CHECK(finished(MaxSim{query, query_mask}) == std::vector<float>{0});
  CHECK(finished(MaxSim{query, query_mask}.per_query()) == std::vector<float>(33, 0));
  CHECK(test::rows_of(seqpool::Stream<MaxSim<float>, float>(MaxSim{query}, 4).value())[0] == std::vector<float>{0});
}

TEST_CASE("a stream of another query, of each query token, or of tokens that are normalized, is refused", "[max_sim]") {
  const auto row = test::tokens<float>(20, 4, 5);
  const auto query = test::query_tokens_of<float>(6, 4);
  using Stream = seqpool::Stream<MaxSim<float>, float>;
  Stream stream{MaxSim{query}, 4};
  stream.push(row.data(), 20);
  const auto bytes = stream.save();
  Stream same{MaxSim{query}, 4};
  same.load(bytes);
  CHECK(test::same_bits(test::rows_of(same.value())[0], test::pooled_alone(MaxSim{query}, row, 4)));
  Stream each{MaxSim{query}.per_query(), 4};
  CHECK_THROWS(each.load(bytes));
  Eigen::Tensor<float, 2> another = query;
  another(5, 3) += 1;
  Stream other{MaxSim{another}, 4};
  CHECK_THROWS(other.load(bytes));
  Stream normalized{MaxSim{query}.normalize_tokens(), 4};
  CHECK_THROWS(normalized.load(bytes));
}

TEST_CASE("a stream of a query with another mask is refused, and a mask of ones is none", "[max_sim]") {
  const auto row = test::tokens<float>(20, 4, 5);
  // Two tokens that are the same, so that their places alone tell one mask from the other.
  Eigen::Tensor<float, 2> query = test::query_tokens_of<float>(3, 4);
  query.chip(1, 0) = query.chip(0, 0);
  using Stream = seqpool::Stream<MaxSim<float>, float>;
  const auto saved = [&](const MaxSim<float>& pooling) {
    Stream stream{pooling, 4};
    stream.push(row.data(), 20);
    return stream.save();
  };
  const MaxSim first{query, std::vector<int>{1, 0, 1}};
  const MaxSim second{query, std::vector<int>{0, 1, 1}};
  Stream same{first, 4};
  same.load(saved(first));
  CHECK(test::same_bits(test::rows_of(same.value())[0], test::pooled_alone(first, row, 4)));
  CHECK_THROWS(Stream(second, 4).load(saved(first)));
  CHECK_THROWS(Stream(MaxSim{query}, 4).load(saved(first)));
  CHECK_THROWS(Stream(first, 4).load(saved(MaxSim{query})));
  CHECK(first.name() == "max_sim of query tokens 101");
  const MaxSim all{query, std::vector<int>{1, 1, 1}};
  CHECK(all.name() == "max_sim");
  Stream(all, 4).load(saved(MaxSim{query}));
}
