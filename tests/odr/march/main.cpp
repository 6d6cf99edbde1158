// SPDX-License-Identifier: MIT
// program <scalars>: pools by the baseline's file, and by the other one if it is linked and the machine can run it;
// compares both with a formula in double. Prints a checksum of the baseline's bits.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "results.hpp"

namespace {

using march::batch, march::hidden, march::parts, march::seq;

constexpr const char* names[march::scalars] = {"float", "double", "half", "bfloat16"};

struct Numbers {
  std::vector<double> states, query;
  std::vector<std::int64_t> mask;

  double token(std::ptrdiff_t b, std::ptrdiff_t s, std::ptrdiff_t h) const {
    return states[at((b * seq + s) * hidden + h)];
  }
  bool real(std::ptrdiff_t b, std::ptrdiff_t s) const { return mask[at(b * seq + s)] == 1; }
  static std::size_t at(std::ptrdiff_t i) { return static_cast<std::size_t>(i); }
};

// Eighths and smaller powers of two of small integers: exact in every scalar.
Numbers make_numbers() {
  Numbers numbers;
  std::uint32_t bits = 1;
  const auto next = [&bits](std::ptrdiff_t n, int range, double unit) {
    std::vector<double> result;
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      bits = bits * 1664525u + 1013904223u;
      result.push_back((static_cast<int>((bits >> 16) % static_cast<unsigned>(2 * range + 1)) - range) * unit);
    }
    return result;
  };
  numbers.states = next(batch * seq * hidden, 16, 1.0 / 8);
  numbers.query = next(hidden, 8, 1.0 / 128);
  // All tokens, padding on the right behind a hole, padding on the left.
  numbers.mask.assign(Numbers::at(batch * seq), 1);
  for (std::ptrdiff_t s = 0; s < seq; ++s) {
    if (s == 9 || s >= 270) numbers.mask[Numbers::at(seq + s)] = 0;
    if (s < 37) numbers.mask[Numbers::at(2 * seq + s)] = 0;
  }
  return numbers;
}

// [parts, batch, hidden], but what is concatenated [batch, 3 * hidden].
template <class Real> std::vector<double> expected(const Numbers& x, Real real) {
  std::vector<double> result(Numbers::at(parts * batch * hidden));
  for (std::ptrdiff_t b = 0; b < batch; ++b) {
    double total = 0;
    std::vector<double> exps;
    for (std::ptrdiff_t s = 0; s < seq; ++s) {
      double score = 0;
      for (std::ptrdiff_t h = 0; h < hidden; ++h) score += x.query[Numbers::at(h)] * x.token(b, s, h);
      exps.push_back(real(b, s) ? std::exp(score) : 0);
      total += exps.back();
    }
    for (std::ptrdiff_t h = 0; h < hidden; ++h) {
      double sum = 0, max = -std::numeric_limits<double>::infinity(), attended = 0, placed = 0, n = 0;
      for (std::ptrdiff_t s = 0; s < seq; ++s) {
        if (!real(b, s)) continue;
        const double value = x.token(b, s, h);
        n += 1;
        sum += value;
        placed += n * value;
        max = (std::max)(max, value);
        attended += exps[Numbers::at(s)] / total * value;
      }
      placed /= n * (n + 1) / 2;
      const auto single = [&](std::ptrdiff_t part) -> double& {
        return result[Numbers::at((part * batch + b) * hidden + h)];
      };
      const auto joined = [&](std::ptrdiff_t part) -> double& {
        return result[Numbers::at((4 * batch + 3 * b + part) * hidden + h)];
      };
      single(0) = joined(2) = sum / n;
      single(1) = joined(0) = max;
      single(2) = single(7) = attended;
      single(3) = joined(1) = placed;
    }
  }
  return result;
}

// As float or double, or the bits of a half or a bfloat16: of normal numbers and 0 without rounding.
template <class Element> std::vector<Element> stored(const std::vector<double>& numbers, march::Scalar scalar) {
  std::vector<Element> result;
  for (const double number : numbers) {
    if constexpr (std::is_same_v<Element, std::uint16_t>) {
      const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
      const auto sign = static_cast<std::uint32_t>(bits >> 31 << 15);
      const std::uint32_t half = number == 0 ? 0u : sign | (((bits & 0x7fffffffu) - (112u << 23)) >> 13);
      result.push_back(static_cast<std::uint16_t>(scalar == march::of_half ? half : bits >> 16));
    } else {
      result.push_back(static_cast<Element>(number));
    }
  }
  return result;
}

int failures = 0;

template <class A>
void compare(const char* file, const char* scalar, const char* what, const std::vector<A>& result,
             const std::vector<double>& numbers) {
  // More than the headers promise for any of these poolings of these numbers, none of which is over 2.
  const double bound = 4096 * static_cast<double>(std::numeric_limits<A>::epsilon());
  for (std::size_t i = 0; i < result.size(); ++i)
    if (!(std::abs(static_cast<double>(result[i]) - numbers[i]) <= bound)) {
      std::printf("%s, %s: %s %zu is %.9g instead of %.9g\n", file, scalar, what, i, static_cast<double>(result[i]),
                  numbers[i]);
      ++failures;
      return;
    }
}

// One file's results for one scalar.
template <class Element, class A> struct Case {
  Case(const Numbers& numbers, march::Scalar scalar)
      : states(stored<Element>(numbers.states, scalar)), query(stored<Element>(numbers.query, scalar)) {}

  march::Memory memory(const Numbers& numbers) {
    return {states.data(), query.data(), numbers.mask.data(), masked.data(), packed.data(), streamed.data()};
  }

  void check(const char* file, const char* scalar, const Numbers& numbers) const {
    compare(file, scalar, "masked", masked, expected(numbers, [&](auto b, auto s) { return numbers.real(b, s); }));
    const auto of_all = expected(numbers, [](auto, auto) { return true; });
    compare(file, scalar, "packed", packed, of_all);
    compare(file, scalar, "streamed", streamed, of_all);
    if (std::memcmp(packed.data(), streamed.data(), packed.size() * sizeof(A)) != 0) {
      std::printf("%s, %s: streams have other bits\n", file, scalar);
      ++failures;
    }
  }

  void add_to(std::uint64_t& checksum) const {
    for (const auto* numbers : {&masked, &packed, &streamed})
      for (const A number : *numbers) {
        using Bits = std::conditional_t<std::is_same_v<A, double>, std::uint64_t, std::uint32_t>;
        checksum = (checksum ^ std::bit_cast<Bits>(number)) * 0x100000001b3u;
      }
  }

  static std::vector<A> nothing(std::ptrdiff_t n) {
    return std::vector<A>(Numbers::at(n), std::numeric_limits<A>::quiet_NaN());
  }

  std::vector<Element> states, query;
  std::vector<A> masked = nothing(parts * batch * hidden), packed = masked, streamed = masked;
};

// A checksum of the bits of all that `pool` made of the scalars that `wanted` names.
std::uint64_t run(const char* file, void (*pool)(const march::Memory (&)[march::scalars]), const std::string& wanted) {
  const Numbers numbers = make_numbers();
  Case<float, float> of_float(numbers, march::of_float);
  Case<double, double> of_double(numbers, march::of_double);
  Case<std::uint16_t, float> of_half(numbers, march::of_half);
  Case<std::uint16_t, float> of_bfloat16(numbers, march::of_bfloat16);
  pool({of_float.memory(numbers), of_double.memory(numbers), of_half.memory(numbers), of_bfloat16.memory(numbers)});
  std::uint64_t checksum = 0xcbf29ce484222325u;
  const auto look_at = [&](const auto& results, march::Scalar scalar) {
    if ((" " + wanted + " ").find(" " + std::string(names[scalar]) + " ") == std::string::npos) return;
    results.check(file, names[scalar], numbers);
    results.add_to(checksum);
  };
  look_at(of_float, march::of_float);
  look_at(of_double, march::of_double);
  look_at(of_half, march::of_half);
  look_at(of_bfloat16, march::of_bfloat16);
  return checksum;
}

bool runs_v4() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::printf("bits %016llx\n", static_cast<unsigned long long>(run("base", pool_base, argv[1])));
  if (pool_v4 == nullptr)
    std::printf("v4 is not linked\n");
  else if (!runs_v4())
    std::printf("v4 SKIPPED: this machine has no AVX-512\n");
  else
    run("v4", pool_v4, argv[1]);
  return failures == 0 ? 0 : 1;
}
