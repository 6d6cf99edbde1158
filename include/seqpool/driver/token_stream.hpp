// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/driver/row_fold.hpp>
#include <seqpool/fold/state_parts.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// One sequence in the making, whose tokens come in parts of any size: what a Stream has seen, and how that is saved.
template <class P, class T> class TokenStream {
 public:
  using State = state_t<P, T>;

  static constexpr Index most_tokens = (std::numeric_limits<Index>::max)() / 2 + 1;  // so that no sum of two overflows

  explicit TokenStream(Index hidden) : hidden_(hidden) { reset(); }

  Index size() const noexcept { return before_count_ + row_.count() + waiting(); }
  void reset();

  // Takes in n more tokens, `[n, hidden]`, or what another stream of this hidden size has seen.
  void push(const P& pooling, const T* tokens, Index n);
  void merge(const P& pooling, const TokenStream& other);

  // The state of all tokens so far; there must be at least one.
  State whole(const P& pooling) const;

  // If load refuses, it changes nothing.
  void save(ByteWriter& writer) const;
  void load(const P& pooling, ByteReader& reader);

 private:
  Index waiting() const noexcept { return static_cast<Index>(buffer_.size()) / hidden_; }
  TokenBlock<T> block(const T* tokens, Index n) const {
    return {tokens, n, hidden_, hidden_, before_count_ + row_.count()};
  }
  template <class F> void visit(F f);
  // Whether a state can be saved and loaded; if not, a compile error with a message.
  template <class S> static consteval bool is_visitable();
  bool holds_its_tokens();

  Index hidden_;
  Index before_count_ = 0;
  std::optional<State> before_;  // what was merged: all that comes before row_
  RowFold<P, T> row_;
  std::vector<T> buffer_;  // [fewer than a tile, hidden]: tokens that wait to be folded, after those of row_
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class T> void TokenStream<P, T>::reset() {
  before_.reset();
  before_count_ = 0;
  row_.start(hidden_);
  buffer_.clear();
}

template <class P, class T> void TokenStream<P, T>::push(const P& pooling, const T* tokens, Index n) {
  if (!buffer_.empty()) {
    const Index taken = (std::min)(n, tile_tokens - waiting());
    buffer_.insert(buffer_.end(), tokens, tokens + taken * hidden_);
    tokens += taken * hidden_;
    n -= taken;
    if (waiting() < tile_tokens) return;
    row_.fold(pooling, block(buffer_.data(), tile_tokens));
    buffer_.clear();
  }
  const Index whole_tiles = n - n % tile_tokens;
  if (whole_tiles > 0) row_.fold(pooling, block(tokens, whole_tiles));
  buffer_.insert(buffer_.end(), tokens + whole_tiles * hidden_, tokens + n * hidden_);
}

template <class P, class T> void TokenStream<P, T>::merge(const P& pooling, const TokenStream& other) {
  if (other.size() == 0) return;
  if (size() == 0) {
    *this = other;
    return;
  }
  const Index count = size() + other.size();
  State all = whole(pooling);
  pooling.merge(all, other.whole(pooling));
  reset();
  before_ = std::move(all);
  before_count_ = count;
}

template <class P, class T> auto TokenStream<P, T>::whole(const P& pooling) const -> State {
  RowFold<P, T> row = row_;
  if (!buffer_.empty()) row.fold(pooling, block(buffer_.data(), waiting()));
  if (!before_) return row.finished(pooling);
  State all = *before_;
  if (row.count() > 0) pooling.merge(all, row.finished(pooling));
  return all;
}

template <class P, class T> void TokenStream<P, T>::save(ByteWriter& writer) const {
  writer.put(static_cast<std::uint64_t>(before_count_));
  writer.put(static_cast<std::uint64_t>(row_.count()));
  writer.put(static_cast<std::uint64_t>(waiting()));
  writer.put(std::span(buffer_));
  TokenStream copy = *this;  // visit is not const, because load writes through it
  copy.visit([&writer](auto numbers) {
    writer.put(numbers.size());
    if constexpr (std::same_as<decltype(numbers), std::span<Index>>)
      for (const Index number : numbers) writer.put(static_cast<std::uint64_t>(number));  // however wide an Index is
    else
      writer.put(numbers);
  });
}

template <class P, class T> void TokenStream<P, T>::load(const P& pooling, ByteReader& reader) {
  TokenStream loaded(hidden_);
  const std::uint64_t before = reader.number(), count = reader.number(), waiting = reader.number();
  constexpr std::uint64_t tile = tile_tokens, most = most_tokens;
  if (before > most || count > most - before || waiting > most - before - count || count % tile != 0 || waiting >= tile)
    reader.refuse("their counts are unlawful");
  loaded.before_count_ = static_cast<Index>(before);
  loaded.buffer_.resize(static_cast<std::size_t>(waiting) * static_cast<std::size_t>(hidden_));
  reader.get(std::span(loaded.buffer_));
  // States of the right sizes, to be overwritten.
  if (before > 0) pooling.init(loaded.before_.emplace(), hidden_);
  loaded.row_.restore(pooling, static_cast<Index>(count));
  const auto refuse_state = [] { ByteReader::refuse("a state in them has taken in other tokens than they say"); };
  loaded.visit([&](auto numbers) {
    if (reader.number() != numbers.size()) reader.refuse("a state in them has another size");
    if constexpr (std::same_as<decltype(numbers), std::span<Index>>)
      for (Index& number : numbers) {
        const auto wide = static_cast<std::int64_t>(reader.number());
        if (!std::in_range<Index>(wide)) refuse_state();
        number = static_cast<Index>(wide);
      }
    else
      reader.get(numbers);
  });
  if (!reader.done()) reader.refuse("they go on too long");
  if (!loaded.holds_its_tokens()) refuse_state();
  *this = std::move(loaded);
}

template <class P, class T> template <class S> consteval bool TokenStream<P, T>::is_visitable() {
  static_assert(Visitable<S>,
                "seqpool: a stream is saved and loaded by its pooling's State::visit(f), which calls f for each number "
                "or seqpool::Accumulators in the state; give the state one, see seqpool/fold/pooling.hpp.");
  return Visitable<S>;
}

// Calls f(numbers) with a span for each part of each state.
template <class P, class T> template <class F> void TokenStream<P, T>::visit(F f) {
  if constexpr (is_visitable<State>()) {
    const auto part = [&f](StatePart numbers) { std::visit(f, numbers); };
    if (before_) seqpool::for_each_part(*before_, part);
    for (const auto& of_row : row_.parts()) seqpool::for_each_part(*of_row.state, part);
  }
}

// Whether the states can be those of as many tokens as were counted.
template <class P, class T> bool TokenStream<P, T>::holds_its_tokens() {
  const auto parts = row_.parts();
  return (!before_ || seqpool::holds(*before_, 0, before_count_)) &&
         std::all_of(parts.begin(), parts.end(), [this](const auto& part) {
           return seqpool::holds(*part.state, before_count_ + part.first, part.count);
         });
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
