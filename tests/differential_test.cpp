// SPDX-License-Identifier: MIT
// Any pooling and head of any shape, form, selection and number of threads against a float64 oracle, and against the
// row by itself; its gradients against those in double, and against slopes of the oracle. Like the laws, this file is
// compiled once for every scalar. What is chosen follows from a case's number, so that each runs again by itself:
//
//     SEQPOOL_DIFFERENTIAL_FIRST=4711 SEQPOOL_DIFFERENTIAL_CASES=1 seqpool_law_tests "[differential]"
#define EIGEN_USE_THREADS

#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <numeric>
#include <seqpool/seqpool.hpp>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/double_poolings.hpp"
#include "support/forms.hpp"
#include "support/gradients.hpp"
#include "support/heads.hpp"
#include "support/poolings.hpp"
#include "support/rows.hpp"

using seqpool::Index;

using T = SEQPOOL_TEST_SCALAR;
extern template const std::vector<test::PoolingCase<T>>& test::all_poolings<T>();  // of laws_test.cpp

namespace {

using A = seqpool::accumulator_t<T>;
using Pooling = seqpool::AnyPooling<T>;
using Input = test::Input<T>;

Index from_environment(const char* name, Index otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<Index>(std::atoll(text));
}

struct Counts {
  std::map<std::string, Index> of;  // by pooling, form, selection, mask and kind of numbers
  Index rows = 0, vectors = 0, gradients = 0, slopes = 0, kinks = 0, skipped = 0;
};

// Numbers in [-1, 1) and in [-3, 3), at an offset, small ones, and few, which are often equal.
constexpr std::array kinds{"within 1", "within 3", "offset", "small", "few"};
double any_number(test::Random& random, const std::string& kind, double offset) {
  if (kind == "few") return static_cast<double>(random.below(5) - 2) / 2;
  const double x = random.between(-1, 1);
  return kind == "within 3" ? 3 * x : kind == "small" ? x / 256 : kind == "offset" ? offset + x : x;
}

double norm(const std::vector<double>& token) {
  double squares = 0;
  for (const double x : token) squares += x * x;
  return std::sqrt(squares);
}

const auto& any_device(test::Random& random) {
  static Eigen::ThreadPool pools[]{Eigen::ThreadPool(1), Eigen::ThreadPool(2), Eigen::ThreadPool(3),
                                   Eigen::ThreadPool(8)};
  static const std::array devices{Eigen::ThreadPoolDevice(&pools[0], 1), Eigen::ThreadPoolDevice(&pools[1], 2),
                                  Eigen::ThreadPoolDevice(&pools[2], 3), Eigen::ThreadPoolDevice(&pools[3], 8)};
  return devices[static_cast<std::size_t>(random.below(4))];
}

// One case: a pooling, what it is given, and what came of it.
struct Trial {
  const test::PoolingCase<T>& c;
  const Input& in;
  test::Random& random;
  Counts& counts;
  const Eigen::ThreadPoolDevice& device;
  bool goes_back;
  bool smooth;  // whether the oracle's slopes are exact enough

  // What is compiled most is one driver for each form: only the commonest knows that all tokens are real.
  template <class X, class S> void run(const X& x, const S& selection) const {
    if constexpr (std::is_same_v<S, seqpool::AllTokens>) {
      if constexpr (std::is_same_v<X, seqpool::HiddenStates<T>>) {
        check(x, selection);
        check_plain(x, selection);
      } else {
        check(x, test::AnySelection(selection));
      }
      if (goes_back) check_gradient(x, test::AnySelection(selection));
    } else {
      check(x, selection);
      if constexpr (std::is_same_v<X, seqpool::HiddenStates<T>>) check_plain(x, selection);
      if (goes_back) check_gradient(x, selection);
    }
  }

  Pooling pooling() const {
    test::Layout layout{in.seq, std::vector<std::vector<Index>>(static_cast<std::size_t>(in.batch))};
    for (const auto& row : in.rows) layout.real[static_cast<std::size_t>(row.sequence)] = row.places;
    return c.make(in.hidden, layout);
  }

  template <class X, class S> void check(const X& x, const S& selection) const {
    const auto rows = test::rows_of(seqpool::pool(pooling(), x, selection, device));
    REQUIRE(rows.size() == in.rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i, ++counts.rows) {
      const auto tokens = in.tokens(in.rows[i]);
      if (tokens.empty()) {
        if (!test::same_bits(rows[i], std::vector<A>(rows[i].size()))) FAIL("row " << i << " is empty, but not zeros");
        continue;
      }
      if (!test::same_bits(rows[i], test::pooled_alone(c, tokens, in.hidden)))
        FAIL("row " << i << " has other bits than by itself");
      INFO("row " << i);
      test::check_within(rows[i], c.expected(test::in_double(tokens, in.hidden)));
    }
  }

  // What AnyPooling cannot show: a result of indices, and poolings that know that features are alike.
  template <class X, class S> void check_plain(const X& x, const S& selection) const {
    if (random.below(4) != 0) return;
    const auto indices = test::rows_of(seqpool::pool(seqpool::MaxIndices{}, x, selection, device));
    const auto mean = test::rows_of(seqpool::pool(seqpool::Mean{}, x, selection, device));
    const auto max = test::rows_of(seqpool::pool(seqpool::Max{}, x, selection, device));
    for (std::size_t i = 0; i < in.rows.size(); ++i) {
      const auto& row = in.rows[i];
      const auto& places = row.places;
      const auto tokens = in.tokens(row);
      const bool alike =
          tokens.empty() || test::same_bits(mean[i], test::pooled_alone(Pooling(seqpool::Mean{}), tokens, in.hidden));
      if (!alike) FAIL("the mean of row " << i << " has other bits than by itself");
      for (Index h = 0; h < in.hidden; ++h) {
        const auto value = [&](Index s) { return seqpool::widen(in.states[in.at(row.sequence, s, h)]); };
        Index first = places.empty() ? 0 : places.front();
        for (const Index s : places) first = value(s) > value(first) ? s : first;
        const auto feature = static_cast<std::size_t>(h);
        if (indices[i][feature] != first || max[i][feature] != (places.empty() ? A(0) : value(first)))
          FAIL("row " << i << ", feature " << h << ": the largest is token " << first << ", not "
                      << indices[i][feature]);
      }
    }
  }

  template <class X, class S> void check_gradient(const X& x, const S& selection) const {
    const Pooling pooling = this->pooling();
    const auto which = static_cast<std::size_t>(&c - test::all_poolings<T>().data());
    const Index width = pooling.width(in.hidden);
    const auto d = random.values<A>(static_cast<Index>(in.rows.size()) * width);
    const auto back =
        seqpool::gradient(pooling, x, selection, seqpool::Vectors<A>(d.data(), {in.rows.size(), width}), device);
    ++counts.gradients;
    std::vector<bool> real(in.states.size());
    std::vector<double> own(back.parameters.numbers().size()), own_size(own.size());
    for (std::size_t i = 0; i < in.rows.size(); ++i) {
      const auto& [sequence, places] = in.rows[i];
      const auto tokens = in.tokens(in.rows[i]);
      if (tokens.empty()) continue;
      INFO("the gradient of row " << i);
      std::vector<double> row, g;
      for (const T number : tokens) row.push_back(static_cast<double>(seqpool::widen(number)));
      for (Index j = 0; j < width; ++j)
        g.push_back(static_cast<double>(d[i * static_cast<std::size_t>(width) + static_cast<std::size_t>(j)]));
      const auto n = static_cast<Index>(places.size());
      const auto parameters = seqpool::parameters(c.make(in.hidden, test::dense(n)));
      const auto numbers = parameters.numbers();
      const auto expected = test::double_gradient(which, {numbers.begin(), numbers.end()}, row, in.hidden, g);
      std::vector<A> found;
      for (const Index s : places)
        for (Index h = 0; h < in.hidden; ++h) {
          found.push_back(back.tokens(sequence, s, h));
          real[in.at(sequence, s, h)] = true;
        }
      double most = 0, sum = 0, log_size = 0, shortest = HUGE_VAL;
      for (const double number : row) {
        most = std::max(most, std::abs(number));
        log_size = std::max(log_size, std::abs(std::log(std::max(number, 1e-6))));
      }
      for (const double number : g) sum += std::abs(number);
      for (const auto& token : test::in_double(tokens, in.hidden)) shortest = std::min(shortest, norm(token));
      const test::GradientBound bound(c.name, log_size);
      double largest = bound.least_of_tokens(sum, static_cast<double>(n), static_cast<double>(in.hidden), shortest);
      for (const double number : expected.tokens) largest = std::max(largest, std::abs(number));
      const double errors = bound.errors + (bound.attends ? weight_errors(tokens) : 0);
      const double error = test::gradient_error(found, expected.tokens, largest) / test::eps<T>;
      if (!(error <= errors)) {
        if (c.name.starts_with("MaxSim") && near_tie(row, [&](const auto& moved) {
              const auto other = test::double_gradient(which, {numbers.begin(), numbers.end()}, moved, in.hidden, g);
              return test::gradient_error(found, other.tokens, largest) <= errors * test::eps<T>;
            })) {
          ++counts.kinks;
          own_size.assign(own_size.size(), HUGE_VAL);
          continue;
        }
        FAIL("of tokens it is off by " << error << " eps of the largest, " << largest);
      }
      for (const auto& entry : parameters.entries()) {
        double least =
            bound.least(entry.name, static_cast<double>(n), static_cast<double>(in.hidden), sum, most, test::eps<T>);
        const auto sought = std::span(expected.parameters).subspan(entry.first, entry.count);
        for (const double number : sought) least = std::max(least, std::abs(number));
        for (std::size_t k = 0; k < sought.size(); ++k) {
          // Of parameters for each token, `[batch, seq]`, a row has its own.
          const std::size_t at =
              pooling.per_token() ? static_cast<std::size_t>(sequence * in.seq + places[k]) : entry.first + k;
          own[at] += sought[k];
          own_size[at] += least * (errors + static_cast<double>(in.rows.size()));
        }
      }
      if (smooth && i == in.rows.size() / 2)
        check_slope(row, g, found, largest * (errors * test::eps<T> + 1e-6), largest, most);
    }
    for (std::size_t k = 0; k < own.size(); ++k) {
      const double found = back.parameters.numbers()[k];
      if (!(std::abs(found - own[k]) <= own_size[k] * test::eps<T>))
        FAIL("parameter " << k << " learns by " << found << ", not by " << own[k] << ", within " << own_size[k]
                          << " eps");
    }
    for (Index b = 0; b < in.batch; ++b)
      for (Index s = 0; s < in.seq; ++s)
        for (Index h = 0; h < in.hidden; ++h) {
          const A found = back.tokens(b, s, h);
          if (!real[in.at(b, s, h)] && (found != 0 || std::signbit(found)))
            FAIL("the gradient of padding is " << found);
        }
  }

  // What the scores' errors make of an attention's weights, in eps: twice the error, as a part of the largest number.
  double weight_errors(const std::vector<T>& tokens) const {
    const auto wide = test::in_double(tokens, in.hidden);
    const auto bound = c.expected(wide).bound;
    double errors = 0;
    for (std::size_t j = 0; j < bound.size(); ++j) {
      double largest = 1e-300;
      for (const auto& token : wide) largest = std::max(largest, std::abs(token[j % token.size()]));
      errors = std::max(errors, bound[j] / largest);
    }
    return errors / test::eps<T>;
  }

  // Whether is_it(numbers) for some that are within a few roundings of these: the largest is another one there.
  template <class F> bool near_tie(const std::vector<double>& row, F is_it) const {
    for (int i = 0; i < 64; ++i) {
      auto moved = row;
      for (double& x : moved) x *= 1 + random.between(-64, 64) * test::eps<T>;
      if (is_it(moved)) return true;
    }
    return false;
  }

  // One number's gradient, against what the oracle changes by if that number does; at a tie, what all of its feature
  // learns, against what the oracle changes by if all tokens move.
  void check_slope(const std::vector<double>& row, const std::vector<double>& g, const std::vector<A>& found,
                   double bound, double largest, double most) const {
    const auto at = static_cast<std::size_t>(random.below(static_cast<Index>(row.size())));
    const auto hidden = static_cast<std::size_t>(in.hidden);
    const double step = 1e-5 * (most > 0 ? most : 1);
    for (const bool of_all : {false, true}) {
      const std::size_t first = of_all ? at % hidden : at, last = of_all ? row.size() : at + 1;
      const auto loss = [&](double moved) {
        test::Tokens tokens;
        for (auto token = row.begin(); token != row.end(); token += in.hidden)
          tokens.emplace_back(token, token + in.hidden);
        for (std::size_t i = first; i < last; i += hidden) tokens[i / hidden][i % hidden] += moved;
        const auto value = c.expected(tokens).value;
        double sum = 0;
        for (std::size_t j = 0; j < value.size(); ++j) sum += g[j] * value[j];
        return sum;
      };
      const double before = loss(-step), here = loss(0), behind = loss(step);
      const double slope = (behind - before) / (2 * step), nearer = (loss(step / 2) - loss(-step / 2)) / step;
      // At a tie, or nearly at one, there is no slope.
      const double count = of_all ? static_cast<double>(row.size() / hidden) : 1;
      if (std::abs(behind - 2 * here + before) > 1e-3 * step * largest || std::abs(slope - nearer) > bound / 4) {
        counts.kinks += of_all ? 1 : 0;
        continue;
      }
      ++counts.slopes;
      double sum = 0;
      for (std::size_t i = first; i < last; i += hidden) sum += static_cast<double>(found[i]);
      if (!(std::abs(sum - slope) <= count * bound))
        FAIL("number " << at << (of_all ? " and all of its feature have" : " has") << " the gradient " << sum
                       << ", but the oracle's slope is " << slope);
      return;
    }
  }
};

// The way back of a head: a row's gradient is its own, parameters' do not depend on which rows are handed over
// together, and one number's is what the oracle changes by if that number does.
void check_head_gradient(const test::HeadOf<T>& head, const std::vector<A>& rows, Index n, test::Random& random,
                         Counts& counts) {
  const Index in = static_cast<Index>(rows.size()) / n, width = head.head.width(in);
  const auto d_out = random.values<A>(n * width);
  const auto go_back = [&](Index first, Index count, std::vector<A>& own) {
    std::vector<A> d_in(static_cast<std::size_t>(count * in));
    head.head.backward(seqpool::Rows<const A>(rows.data() + first * in, count, in, in),
                       seqpool::Rows<const A>(d_out.data() + first * width, count, width, width),
                       seqpool::Rows<A>(d_in.data(), count, in, in), std::span<A>(own));
    return d_in;
  };
  const auto part = [](const std::vector<A>& all, Index first, Index count) {
    return std::vector<A>(all.begin() + first, all.begin() + first + count);
  };
  std::vector<A> own(static_cast<std::size_t>(seqpool::parameter_count(head.head))), own_by_row = own;
  const auto all = go_back(0, n, own);
  for (Index i = 0; i < n; ++i)
    if (!test::same_bits(go_back(i, 1, own_by_row), part(all, i * in, in)))
      FAIL("the gradient of vector " << i << " has other bits than by itself");
  if (!test::same_bits(own, own_by_row))
    FAIL("parameters learn other bits by all vectors together than by one at a time");
  ++counts.gradients;

  const Index i = random.below(n);
  const auto at = static_cast<std::size_t>(random.below(in));
  const auto wide = test::wide(part(rows, i * in, in)), g = test::wide(part(d_out, i * width, width)),
             found = test::wide(part(all, i * in, in));
  double most = 0, largest = 0;
  for (const double x : wide) most = std::max(most, std::abs(x));
  for (const double d : found) largest = std::max(largest, std::abs(d));
  // Where terms cancel, as a normalized vector's do, an error is measured by them: about sum_j |g[j]| max |y| / max
  // |x|.
  double size = 0, sum = 0;
  for (const double y : head.expected({wide, std::vector<double>(wide.size())}).value)
    size = std::max(size, std::abs(y));
  for (const double d : g) sum += std::abs(d);
  if (most > 0) largest = std::max(largest, sum * size / most);
  const double step = 1e-5 * (most > 0 ? most : 1);
  const auto loss = [&](double moved) {
    auto x = wide;
    x[at] += moved;
    const auto y = head.expected({x, std::vector<double>(x.size())}).value;
    return std::inner_product(y.begin(), y.end(), g.begin(), 0.);
  };
  const double before = loss(-step), here = loss(0), behind = loss(step);
  const double slope = (behind - before) / (2 * step), nearer = (loss(step / 2) - loss(-step / 2)) / step;
  const double bound = largest * (64 * test::eps<T> + 1e-6);
  if (std::abs(behind - 2 * here + before) > 1e-3 * step * largest || std::abs(slope - nearer) > bound / 4) {
    ++counts.kinks;
    return;
  }
  ++counts.slopes;
  if (!(std::abs(found[at] - slope) <= bound))
    FAIL("number " << at << " of vector " << i << " has the gradient " << found[at] << ", but the oracle's slope is "
                   << slope << ", within " << bound);
}

// Any head, of vectors in any layout.
void run_head(Index number, Counts& counts) {
  test::Random random(static_cast<std::uint64_t>(number));
  const auto& kind = test::one_of(random, test::head_kinds<T>());
  const Index n = test::one_of(random, std::array<Index, 10>{0, 1, 1, 2, 3, 5, 6, 7, 13, 70});
  const Index features = test::one_of(random, test::some_sizes), gap = random.below(3), layout = random.below(3);
  const std::string numbers = test::one_of(random, kinds);
  const Eigen::ThreadPoolDevice& device = any_device(random);
  INFO(kind.name << ": " << n << " x " << features << ", layout " << layout << ", " << numbers << ", "
                 << device.numThreads() << " threads");
  ++counts.of[std::string("head ") + kind.name];
  const test::HeadOf<T> head = kind.make(random, features);
  const std::array<Index, 2> strides = layout == 0   ? std::array{features + gap, Index{1}}
                                       : layout == 1 ? std::array{Index{1}, n + gap}
                                                     : std::array{2 * features + gap, Index{2}};
  std::vector<T> memory(static_cast<std::size_t>(n * strides[0] + features * strides[1] + 1), static_cast<T>(NAN));
  for (Index i = 0; i < n; ++i)
    for (Index f = 0; f < features; ++f)
      memory[static_cast<std::size_t>(i * strides[0] + f * strides[1])] =
          static_cast<T>(any_number(random, numbers, 1000));
  const seqpool::Vectors<T> x(memory.data(), {n, features}, {strides[0], strides[1]});
  const auto rows = test::rows_of(seqpool::map(head.head, x, device));
  REQUIRE(rows.size() == static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i, ++counts.vectors) {
    std::vector<T> row;
    for (Index f = 0; f < features; ++f)
      row.push_back(memory[static_cast<std::size_t>(i * strides[0] + f * strides[1])]);
    const auto& result = rows[static_cast<std::size_t>(i)];
    const auto alone = test::rows_of(seqpool::map(head.head, seqpool::Vectors<T>(row.data(), {1, features})))[0];
    if (!test::same_bits(result, alone)) FAIL("vector " << i << " has other bits than by itself");
    if (kind.name == std::string("Standardize") && features == 1) {  // one number has no deviation
      REQUIRE(std::isnan(result[0]));
      continue;
    }
    auto expected = head.expected({test::wide(row), std::vector<double>(row.size())});
    if (std::is_same_v<A, double>)  // the oracle is as exact as the result: as much is allowed for it
      for (double& bound : expected.bound) bound *= 2;
    INFO("vector " << i);
    test::check_within(result, expected);
  }
  // At an offset the oracle's slopes are not exact enough, one number has no deviation, and of equal ones some are
  // kept.
  const bool chosen = kind.name == std::string("KeepLargest") && numbers == "few";
  if (n == 0 || numbers == "offset" || features == 1 || chosen || random.below(2) == 0) return;
  std::vector<A> wide;
  for (Index i = 0; i < n; ++i)
    for (Index f = 0; f < features; ++f)
      wide.push_back(seqpool::widen(memory[static_cast<std::size_t>(i * strides[0] + f * strides[1])]));
  check_head_gradient(head, wide, n, random, counts);
}

void run(Index number, Counts& counts) {
  test::Random random(static_cast<std::uint64_t>(number));
  const auto& all = test::all_poolings<T>();
  const auto& c = all[static_cast<std::size_t>(random.below(static_cast<Index>(all.size())))];
  Input in = test::input_of<T>(random);
  const Eigen::ThreadPoolDevice& device = any_device(random);
  const bool may_go_back = random.below(3) == 0;
  test::select(random, in, [&](const auto& selection) {
    const bool attends = test::GradientBound(c.name, 0).attends;
    std::string kind = test::one_of(random, kinds);
    // At an offset, scores are off by more than weights, or the choice of the largest, can bear.
    if (may_go_back && (attends || c.name.starts_with("MaxSim")) && kind == "offset") kind = "within 1";
    const double offset = random.below(2) == 0 ? 1000 : -1000;
    test::fill(in, [&] { return static_cast<T>(any_number(random, kind, offset)); });
    INFO(c.name << ": " << in.batch << " x " << in.seq << " x " << in.hidden << ' ' << test::forms[in.form] << ", "
                << test::selections[in.selection] << ' ' << in.mask_type << ", " << kind << ", " << device.numThreads()
                << " threads");
    for (const std::string& what :
         {"pooling " + c.name, std::string("form ") + test::forms[in.form], "mask " + in.mask_type,
          std::string("selection ") + test::selections[in.selection], "numbers " + kind})
      ++counts.of[what];
    // Weights for each token are made for one row of each sequence.
    if (c.name == "TokenWeightedMean" && std::string(test::selections[in.selection]).ends_with("spans")) {
      ++counts.skipped;
      return;
    }
    const bool goes_back = may_go_back && !in.overlap && c.name != "Midrange";
    const Trial trial{c, in, random, counts, device, goes_back, kind != "offset"};
    test::lay_out(random, in, [&](const auto& x) { trial.run(x, selection); });
  });
}

}  // namespace

#define SEQPOOL_STRING_OF(...) #__VA_ARGS__
#define SEQPOOL_STRING(...) SEQPOOL_STRING_OF(__VA_ARGS__)

TEST_CASE(
    "Differential: any pooling, head and gradient is near its float64 oracle - " SEQPOOL_STRING(SEQPOOL_TEST_SCALAR),
    "[guarantees][differential]") {
  const Index first = from_environment("SEQPOOL_DIFFERENTIAL_FIRST", 0);
  const Index cases = from_environment("SEQPOOL_DIFFERENTIAL_CASES", 20000);
  Counts counts;
  for (Index number = first; number < first + cases; ++number) {
    INFO("again: SEQPOOL_DIFFERENTIAL_FIRST=" << number << " SEQPOOL_DIFFERENTIAL_CASES=1");
    if (number % 5 == 0)
      run_head(number, counts);
    else
      run(number, counts);
  }
  std::cout << SEQPOOL_STRING(SEQPOOL_TEST_SCALAR) ": " << cases << " cases, " << counts.rows << " rows, "
            << counts.vectors << " of heads, " << counts.gradients << " gradients, " << counts.slopes << " slopes, "
            << counts.kinks << " of ties left out, " << counts.skipped << " cases left out\n";
  for (const auto& [what, count] : counts.of) std::cout << count << ' ' << what << '\n';
  if (cases >= 20000) {  // so many meet all there is
    const auto check_met = [&](const std::string& what) {
      INFO(what);
      CHECK(counts.of.count(what) == 1);
    };
    for (const auto& c : test::all_poolings<T>()) check_met("pooling " + c.name);
    for (const auto& kind : test::head_kinds<T>()) check_met(std::string("head ") + kind.name);
    for (const char* const selection : test::selections) check_met(std::string("selection ") + selection);
    for (const test::MaskType& type : test::mask_types) check_met(std::string("mask ") + type.name);
  }
  CHECK(counts.skipped * 50 <= cases);
  CHECK(counts.kinks * 5 <= counts.slopes + 50);
}
