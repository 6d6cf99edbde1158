// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_FUZZ_SAVED_STREAM_HPP
#define SEQPOOL_TESTS_FUZZ_SAVED_STREAM_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <seqpool/detail/bytes.hpp>
#include <seqpool/seqpool.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// A saved stream with other bytes in it and the checksum that they have, and what it must be to `load`: a stream, or a
// std::invalid_argument. In a text:
//
//     a pooling; a third of the tokens that are merged, and then pushed; bytes that are cut off or added: 1 byte each
//     where, from the end of the name on, and what stands there: 2 bytes and 8; any number of times
namespace fuzz {

inline constexpr seqpool::Index stream_hidden = 3;

[[noreturn]] inline void stream_fault(const char* what) {
  std::fprintf(stderr, "seqpool: %s\n", what);
  std::abort();
}

// The next number of so many bytes, the least first; 0 where there are none.
inline std::uint64_t take(std::string_view& text, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < (std::min)(bytes, text.size()); ++i)
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  text.remove_prefix((std::min)(bytes, text.size()));
  return number;
}

inline std::vector<float> stream_tokens(seqpool::Index n) {
  std::vector<float> tokens(static_cast<std::size_t>(n * stream_hidden));
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<float>(i * 7 % 11) / 5;
  return tokens;
}

template <class P> void run_stream(const P& pooling, std::string_view text) {
  using Stream = seqpool::Stream<P, float>;
  Stream stream{pooling, stream_hidden};
  Stream before{pooling, stream_hidden};
  // Several blocks, by steps that are no tiles.
  const auto merged = static_cast<seqpool::Index>(take(text, 1)) * 3;
  const auto pushed = static_cast<seqpool::Index>(take(text, 1)) * 3;
  const auto tokens = stream_tokens((std::max)(merged, pushed));
  before.push(tokens.data(), merged);
  stream.push(tokens.data(), merged);
  stream.merge(before);
  stream.push(tokens.data(), pushed);

  std::vector<std::byte> bytes = stream.save();
  bytes.resize(bytes.size() - sizeof(std::uint64_t));
  std::uint64_t name = 0;
  std::copy_n(bytes.begin() + sizeof name, sizeof name, reinterpret_cast<std::byte*>(&name));
  const auto more = static_cast<signed char>(take(text, 1));
  bytes.resize(
      static_cast<std::size_t>((std::max)(static_cast<std::ptrdiff_t>(bytes.size()) + more, std::ptrdiff_t{0})));
  while (!text.empty() && !bytes.empty()) {
    const std::size_t at = static_cast<std::size_t>(2 * sizeof name + name + take(text, 2)) % bytes.size();
    const std::uint64_t number = take(text, sizeof number);
    std::copy_n(reinterpret_cast<const std::byte*>(&number), (std::min)(sizeof number, bytes.size() - at),
                bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  const std::uint64_t sum = seqpool::detail::checksum(bytes);
  const auto sum_bytes = std::as_bytes(std::span(&sum, 1));
  bytes.insert(bytes.end(), sum_bytes.begin(), sum_bytes.end());

  Stream loaded{pooling, stream_hidden};
  loaded.push(tokens.data(), (std::min)(pushed, seqpool::Index{5}));
  const seqpool::Index size = loaded.size();
  try {
    loaded.load(bytes);
  } catch (const std::invalid_argument&) {
    if (loaded.size() != size) stream_fault("a stream that refused bytes has changed");
    return;
  }
  if (loaded.size() < 0) stream_fault("a stream of fewer than no tokens was loaded");
  if (loaded.save() != bytes) stream_fault("a stream that was loaded saves other bytes");
  static_cast<void>(loaded.value());
  constexpr seqpool::Index most = seqpool::Index{1} << 40;
  if (loaded.size() > most) return;  // more than any stream has seen: what comes to it may be refused
  Stream other = loaded;
  loaded.push(tokens.data(), (std::min)(merged, seqpool::Index{20}));
  static_cast<void>(loaded.value());
  loaded.merge(stream);
  other.merge(loaded);
  static_cast<void>(other.value());
  Stream again{pooling, stream_hidden};
  again.load(other.save());
  if (again.save() != other.save()) stream_fault("a stream that was merged and loaded saves other bytes");
}

inline void run_saved_stream(std::string_view text) {
  using Any = seqpool::AnyPooling<float>;
  static const std::vector<float> query{1, -1, 0.5f};
  static const std::vector<float> exponents{1, 2, 3};
  static const std::vector<Any> poolings{
      seqpool::Mean{},
      seqpool::Max{},
      seqpool::Last{},
      seqpool::WeightedMean{},
      seqpool::LogSumExp{2},
      seqpool::GeneralizedMean{3},
      seqpool::GeneralizedMean{exponents},
      seqpool::Splade{seqpool::Splade::sum, seqpool::Splade::log1p_relu},
      seqpool::Attention{query},
      seqpool::Attention{query, 0.5}.average(),
      Any(std::vector<Any>{seqpool::Cls{}, seqpool::MeanMax{}, seqpool::RootMeanSquare{}}),
      seqpool::Concat{seqpool::AbsMax{}, seqpool::Attention{query}, seqpool::MeanSqrtLen{}},
      seqpool::MeanStd{},
  };
  const auto chosen = static_cast<std::size_t>(take(text, 1));
  if (chosen % (poolings.size() + 2) < poolings.size())
    run_stream(poolings[chosen % (poolings.size() + 2)], text);
  else if (chosen % (poolings.size() + 2) == poolings.size())
    run_stream(seqpool::MaxIndices{}, text);
  else
    run_stream(seqpool::Mean{}, text);
}

}  // namespace fuzz

#endif
