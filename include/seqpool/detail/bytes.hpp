// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// std::copy of all of them; libc++ 14 has no std::ranges::copy.
inline void copy_numbers(std::span<const double> from, std::span<double> to) {
  std::copy(from.begin(), from.end(), to.begin());
}

// The 64-bit FNV-1a checksum of these bytes after those that `hash` is the checksum of. It finds bytes that were
// changed by accident, not by intent.
inline constexpr std::uint64_t empty_checksum = 0xcbf29ce484222325u;
inline std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t hash = empty_checksum) noexcept {
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3u;
  return hash;
}

// Writes numbers one after another, and a checksum after them.
class ByteWriter {
 public:
  template <class N> void put(std::span<N> numbers) {
    const std::size_t begin = bytes_.size();
    bytes_.resize(begin + numbers.size_bytes());  // g++ 12 warns about an insert that it has inlined at -O3
    if (!numbers.empty()) std::memcpy(bytes_.data() + begin, numbers.data(), numbers.size_bytes());
  }
  void put(std::uint64_t number) { put(std::span(&number, 1)); }
  std::vector<std::byte> take() {
    put(detail::checksum(bytes_));
    return std::move(bytes_);
  }

 private:
  std::vector<std::byte> bytes_;
};

// Reads the same numbers back, or throws.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::uint64_t magic) : bytes_(bytes) {
    constexpr std::size_t least = 2 * sizeof(std::uint64_t);
    if (bytes.size() < least) refuse("they are fewer than any saved stream has");
    if (number() != magic) refuse("they do not begin as this version's do");
    const auto content = bytes.first(bytes.size() - sizeof(std::uint64_t));
    std::uint64_t sum = 0;
    std::memcpy(&sum, bytes.data() + content.size(), sizeof sum);
    if (sum != detail::checksum(content)) refuse("they were cut or changed");
    bytes_ = content.subspan(sizeof(std::uint64_t));
  }
  template <class N> void get(std::span<N> numbers) {
    if (bytes_.size() < numbers.size_bytes()) refuse("they end too early");
    if (!numbers.empty()) std::memcpy(numbers.data(), bytes_.data(), numbers.size_bytes());
    bytes_ = bytes_.subspan(numbers.size_bytes());
  }
  std::uint64_t number() {
    std::uint64_t number = 0;
    get(std::span(&number, 1));
    return number;
  }
  bool done() const noexcept { return bytes_.empty(); }
  [[noreturn]] static void refuse(const std::string& why) {
    detail::fail({"these bytes are no saved stream of this kind: ", why});
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
