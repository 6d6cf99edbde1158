// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_BITS_BITS_HPP
#define SEQPOOL_TESTS_BITS_BITS_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "support/random.hpp"

// What the programs here are made of, each for one scalar, SEQPOOL_TEST_SCALAR: seeded inputs, and a line "key, tab,
// hash of the bytes" for each result. `compare` builds them with two sets of headers, and says which lines differ.
namespace bits {

using T = SEQPOOL_TEST_SCALAR;
using A = seqpool::accumulator_t<T>;
using seqpool::Index;
template <class S> using Matrix = Eigen::Tensor<S, 2, Eigen::RowMajor>;

// FNV-1a.
inline std::uint64_t hash(const void* data, std::size_t size, std::uint64_t hash = 0xcbf29ce484222325u) {
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3u;
  return hash;
}

inline void line(const std::string& key, const void* data, std::size_t size, std::uint64_t start = hash("", 0)) {
  std::printf("%s\t%016llx\n", key.c_str(), static_cast<unsigned long long>(hash(data, size, start)));
}

// A tensor, its sizes too.
template <class X> void result(const std::string& key, const X& x) {
  const auto sizes = x.dimensions();
  line(key, x.data(), static_cast<std::size_t>(x.size()) * sizeof(*x.data()), hash(&sizes, sizeof(sizes)));
}

// What f() gives, or the sentence that it is refused with.
template <class F> void try_result(const std::string& key, F f) {
  try {
    if constexpr (std::is_void_v<decltype(f())>)
      f(), line(key, "", 0);
    else
      result(key, f());
  } catch (const std::exception& error) {
    std::string said = error.what();
    std::replace(said.begin(), said.end(), '\n', ' ');
    std::printf("%s\t%s\n", key.c_str(), said.c_str());
  }
}

// --- Inputs

inline std::vector<T> vector(Index n, std::uint64_t seed, double limit = 1) {
  return test::Random(seed).values<T>(n, -limit, limit);
}

inline Matrix<T> matrix(Index rows, Index columns, std::uint64_t seed, double limit = 0.125) {
  const auto values = bits::vector(rows * columns, seed, limit);
  Matrix<T> result(rows, columns);
  std::copy(values.begin(), values.end(), result.data());
  return result;
}

// Numbers in [-1, 1); of exponents from one end of what may be squared to the other; or, by turns of `row` numbers:
// zeros of both signs, subnormals and ties; a NaN and an infinity; the lowest, and -infinity.
inline std::vector<T> inputs(char kind, Index n, Index row, std::uint64_t seed) {
  using Limits = std::numeric_limits<T>;
  auto values = bits::vector(n, seed);
  test::Random random(seed + 1);
  const int most = std::is_same_v<T, double> ? 500 : std::is_same_v<T, Eigen::half> ? 13 : 60;
  if (kind == 'w')
    for (T& x : values)
      x = static_cast<T>(std::ldexp(static_cast<double>(x), static_cast<int>(random.below(2 * most + 1)) - most));
  for (Index first = 0; kind == 's' && first < n; first += row) {
    const auto any = [&]() -> T& { return values[static_cast<std::size_t>(first + random.below(row))]; };
    const std::array few{T(0), static_cast<T>(-0.), Limits::denorm_min(), T(0.5), T(-0.5)};
    for (Index i = 0; first / row % 3 == 0 && i < row / 2; ++i) any() = few[static_cast<std::size_t>(i) % few.size()];
    if (first / row % 3 == 1) any() = Limits::infinity(), any() = Limits::quiet_NaN();
    if (first / row % 3 == 2) any() = Limits::lowest(), any() = static_cast<T>(-Limits::infinity());
  }
  return values;
}

// Real are: all but some on the right, all but some on the left, three of four, few, and all or nothing.
inline Matrix<std::int64_t> mask(const std::string& kind, Index batch, Index seq) {
  Matrix<std::int64_t> mask(batch, seq);
  test::Random random(static_cast<std::uint64_t>(seq));
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < seq; ++s) {
      const Index padding = b * seq / (batch + 1);
      const bool three_of_four = random.below(4) != 0;
      mask(b, s) = kind == "right"   ? s < seq - padding
                   : kind == "left"  ? s >= padding
                   : kind == "holes" ? three_of_four
                   : kind == "few"   ? s % 9 == b % 9
                                     : b % 2 == 0;
    }
  return mask;
}

inline const auto& devices() {
  static Eigen::ThreadPool pools[]{Eigen::ThreadPool(1), Eigen::ThreadPool(2), Eigen::ThreadPool(3)};
  static const std::array devices{Eigen::ThreadPoolDevice(&pools[0], 1), Eigen::ThreadPoolDevice(&pools[1], 2),
                                  Eigen::ThreadPoolDevice(&pools[2], 3)};
  return devices;
}

// f(key, x, mask or device...) for inputs of [batch, seq] in every form, of `hidden` features each or twice as many.
template <class F> void for_each_form(char kind, Index batch, Index seq, Index hidden, F f) {
  using seqpool::HiddenStates;
  const std::array<Index, 3> sizes{batch, seq, hidden};
  const auto values = inputs(kind, batch * seq * hidden, seq * hidden, static_cast<std::uint64_t>(seq * hidden));
  const Eigen::TensorMap<const Eigen::Tensor<T, 3, Eigen::RowMajor>> x(values.data(), batch, seq, hidden);
  const Eigen::Tensor<T, 3> columns = x.swap_layout().shuffle(Eigen::array<int, 3>{2, 1, 0});
  std::vector<T> spread(2 * values.size() + 1), seq_first(values.size() + 1);
  for (Index b = 0; b < batch; ++b)
    for (Index s = 0; s < seq; ++s)
      for (Index h = 0; h < hidden; ++h) {
        spread[static_cast<std::size_t>(1 + 2 * ((b * seq + s) * hidden + h))] = x(b, s, h);
        seq_first[static_cast<std::size_t>(1 + (s * batch + b) * hidden + h)] = x(b, s, h);
      }
  line("the input", values.data(), values.size() * sizeof(T));
  f("row", x);
  f("column", columns);
  f("strided", HiddenStates<T>(spread.data() + 1, sizes, {2 * seq * hidden, 2 * hidden, 2}));
  f("seq first", HiddenStates<T>(seq_first.data() + 1, sizes, {hidden, batch * hidden, 1}));
  for (const std::string name : {"right", "left", "holes", "few", "all or nothing"}) {
    f("row " + name, x, mask(name, batch, seq));
    f("column " + name, columns, mask(name, batch, seq));
  }
  std::vector<Index> lengths;
  for (Index b = 0; b < batch; ++b)
    lengths.push_back(std::array{seq / 2, Index{0}, seq}[static_cast<std::size_t>(b) % 3]);
  f("row lengths", x, seqpool::Lengths(lengths));
  f("column lengths", columns, seqpool::Lengths(lengths));
  std::vector<Index> offsets{0};
  std::vector<const T*> pointers;
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    offsets.push_back(offsets[b] + lengths[b]);
    pointers.push_back(values.data() + static_cast<Index>(b) * seq * hidden);
  }
  f("packed", seqpool::PackedStates<T>(values.data(), {offsets.back(), hidden}, offsets));
  f("ragged", seqpool::Ragged<T>(pointers, lengths, hidden));
  f("spans", x,
    seqpool::Spans{{0, 0, seq}, {batch - 1, seq / 3, seq}, {1, seq / 2, seq / 2}, {0, seq / 4, (seq + 1) / 2}});
  const std::vector<Index> skipped(static_cast<std::size_t>(batch), 2);
  const auto holes = mask("holes", batch, seq);
  f("prefix", x, seqpool::skip_prefix(holes, skipped));
  const std::vector<HiddenStates<T>> layers{HiddenStates<T>(x), HiddenStates<T>(columns)};
  f("mix", seqpool::LayerMix{layers, std::vector<A>{A(0.75), A(-0.1)}}, holes);
  f("side by side", seqpool::concat_layers(layers), holes);
  f("weighted", seqpool::WeightedStates{x, [](Index b, Index s) { return static_cast<A>(b - s) / 7; }}, holes);
  if (seq % 32 != 1 && seq < 70) return;
  for (const auto& device : devices()) {
    const std::string on = " on " + std::to_string(device.numThreads());
    f("row" + on, x, device);
    f("row holes" + on, x, holes, device);
    f("column holes" + on, columns, holes, device);
  }
}

// f(key, kind, batch, seq, hidden) for sizes below, at and above what is taken at a time.
template <class F> void for_each_size(F f) {
  for (const Index hidden : {1, 7, 16, 33, 384}) {
    std::vector<Index> seqs{1, 2, 8, 9, 65, 70, 600};
    if (hidden > 1 && hidden < 384) {
      seqs.assign(70, 1);
      for (std::size_t i = 1; i < seqs.size(); ++i) seqs[i] += seqs[i - 1];
      seqs.push_back(1030);
    }
    for (const Index seq : seqs)
      for (const char kind : {'o', seq % 2 == 0 ? 'w' : 's'})
        f(std::string(1, kind) + std::to_string(hidden) + "x" + std::to_string(seq) + " ", kind,
          seq == 65      ? 70
          : seq % 8 == 5 ? 19
                         : 3,
          seq, hidden);
  }
}

// --- Poolings

// What the line's key says of a result of make(hidden, batch, seq), and of a stream of it.
template <class Make> void poolings(const std::string& name, Make make) {
  using P = decltype(make(Index{}, Index{}, Index{}));
  for_each_size([&](const std::string& size, char kind, Index batch, Index seq, Index hidden) {
    const std::string key = name + " " + size;
    for_each_form(kind, batch, seq, hidden, [&]<class X>(const std::string& form, const X& x, const auto&... rest) {
      const P pooling = make(form == "side by side" ? 2 * hidden : hidden, batch, seq);
      using U = typename seqpool::detail::sequences_t<X>::value_type;
      if constexpr (seqpool::Pooling<P, U>) result(key + form, seqpool::pool(pooling, x, rest...));
      if constexpr (seqpool::AttentionPooling<P, U>)
        result(key + form + ", weights", seqpool::attention_weights(pooling, x, rest...));
    });
    if constexpr (!seqpool::PerToken<P> || seqpool::PerTokenAtRunTime<P>) {
      const auto tokens = inputs(kind, seq * hidden, seq * hidden, 3);
      seqpool::Stream<P, T> stream(make(hidden, batch, seq), hidden), other = stream;
      for (Index first = 0, n = 1; first < seq; first += n++)
        stream.push(tokens.data() + first * hidden, (std::min)(n, seq - first));
      result(key + "stream", stream.value());
      other.push(tokens.data(), seq / 2);
      other.merge(stream);
      result(key + "stream, merged", other.value());
      const auto saved = other.save();
      line(key + "stream, saved", saved.data(), saved.size());
      stream.load(saved);
      stream.push(tokens.data(), seq);
      result(key + "stream, loaded", stream.value());
    }
  });
}

// Of one without parameters.
template <class P> void poolings(const P& pooling) {
  bits::poolings(pooling.name(), [&](Index, Index, Index) { return pooling; });
}

}  // namespace bits

#endif
