// SPDX-License-Identifier: MIT
// A line for each pooling and head: the hash of its results' bits. They are the same on any number of threads, in every
// run of a program and on every machine that runs it; hashes.cmake compares two runs. Like the laws, this file is
// compiled once for every scalar.
#define EIGEN_USE_THREADS

#include <cstdint>
#include <cstdio>
#include <seqpool/seqpool.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bits/bits.hpp"
#include "support/catch.hpp"
#include "support/heads.hpp"
#include "support/poolings.hpp"

using bits::T, seqpool::Index;
extern template const std::vector<test::PoolingCase<T>>& test::all_poolings<T>();  // of laws_test.cpp

namespace {

using Lines = std::vector<std::pair<std::string, std::uint64_t>>;

template <class X> std::uint64_t hash_of(const X& x, std::uint64_t start) {
  return bits::hash(x.data(), static_cast<std::size_t>(x.size()) * sizeof(*x.data()), start);
}

Lines hashes_on(const Eigen::ThreadPoolDevice& device) {
  Lines lines;
  constexpr Index hidden = 37;
  for (const auto& c : test::all_poolings<T>()) {
    std::uint64_t hash = bits::hash("", 0);
    for (const auto& [batch, seq] : {std::pair<Index, Index>{1, 1030}, {3, 530}, {70, 9}}) {
      const auto values = bits::vector(batch * seq * hidden, 3);
      const auto mask = bits::mask("holes", batch, seq);
      test::Layout layout{seq, std::vector<std::vector<Index>>(static_cast<std::size_t>(batch))};
      for (Index b = 0; b < batch; ++b)
        for (Index s = 0; s < seq; ++s)
          if (mask(b, s) == 1) layout.real[static_cast<std::size_t>(b)].push_back(s);
      const seqpool::HiddenStates<T> x(values.data(), {batch, seq, hidden});
      hash = hash_of(seqpool::pool(c.make(hidden, layout), x, mask, device), hash);
    }
    lines.emplace_back(c.name, hash);
  }
  for (const auto& kind : test::head_kinds<T>()) {
    std::uint64_t hash = bits::hash("", 0);
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
      test::Random random(seed);
      const Index features = test::Random(seed).below(2) == 0 ? 36 : 83;
      const auto values = bits::vector(70 * features, seed);
      const auto head = kind.make(random, features).head;
      hash = hash_of(seqpool::map(head, seqpool::Vectors<T>(values.data(), {70, features}), device), hash);
    }
    lines.emplace_back(kind.name, hash);
  }
  return lines;
}

}  // namespace

#define SEQPOOL_STRING_OF(...) #__VA_ARGS__
#define SEQPOOL_STRING(...) SEQPOOL_STRING_OF(__VA_ARGS__)

TEST_CASE("Guarantee 2: results have the same hashes on any number of threads - " SEQPOOL_STRING(SEQPOOL_TEST_SCALAR),
          "[guarantees][hashes]") {
  Lines first;
  for (const int threads : {1, 1, 2, 3, 8}) {
    Eigen::ThreadPool pool(threads);
    const Lines lines = hashes_on(Eigen::ThreadPoolDevice(&pool, threads));
    if (first.empty()) first = lines;
    CAPTURE(threads);
    CHECK(lines == first);
  }
  for (const auto& [name, hash] : first)
    std::printf(SEQPOOL_STRING(SEQPOOL_TEST_SCALAR) " %s\t%016llx\n", name.c_str(),
                static_cast<unsigned long long>(hash));
}
