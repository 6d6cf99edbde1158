// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/bytes.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/result_of.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/row_fold.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/state_parts.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Pools one sequence of which the tokens come in chunks: a document longer than memory, or one that is shared out over
/// machines.
///
///     seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, hidden};
///     while (read(chunk)) stream.push(chunk.data(), chunk_tokens);
///     const auto vector = stream.value();  // [1, hidden]
///
/// **Numerics**: whatever the chunks, the bits of `pool` on the whole sequence, as long as nothing was merged. Each
/// `merge`, of this stream or of one that was merged into it, counts as two blocks more: after m of them the pooling's
/// bound holds with n / 256 + 2 * m in place of n / 256.
template <class P, Scalar T> class Stream {
  // By this name g++ does not list what is missing as errors of their own.
  static constexpr bool is_lawful = Pooling<P, T>;
  static_assert(is_lawful,
                "seqpool: Stream<P, T>{pooling, hidden} takes a seqpool::Pooling for hidden states of T: Mean, Max, an "
                "Attention or weights of the same accumulator, or your own.");
  static_assert(
      !PerToken<P> || PerTokenAtRunTime<P>,
      "seqpool: a Stream takes no pooling with parameters for each token, such as TokenWeightedMean: how many "
      "tokens will come is not known.");

 public:
  using Element = result_t<P, T>;

  /// **Errors**: `std::invalid_argument` for a hidden below 1, one that does not fit the pooling, or a pooling with
  /// parameters for each token.
  Stream(P pooling, Index hidden);

  /// Takes in the next tokens, row-major and without gaps.
  ///
  /// **Shapes**: tokens: `[n, hidden]`.
  /// **Errors**: `std::invalid_argument` for a negative n, a null pointer to at least one element, or more than 2^62
  /// tokens in all.
  /// **Cost**: reads each token once; up to 7 tokens are copied for later.
  void push(const T* tokens, Index n);
  // Of another scalar: a sentence.
  template <class U> void push(const U* tokens, Index n);

  /// The same of an Eigen tensor or map of rank 2, or an Eigen matrix, in either layout.
  ///
  /// **Shapes**: tokens: `[n, hidden]`.
  /// **Errors**: `std::invalid_argument` if it has other than hidden columns, or a null pointer to at least one
  /// element.
  /// **Cost**: of row-major tokens without gaps that of `push(tokens, n)`; others are copied first, a few at a time.
  template <class M> void push(const M& tokens);

  /// Takes in what `other` has seen, which comes after what this has seen.
  ///
  /// **Errors**: `std::invalid_argument` if the two have different hidden sizes, if their poolings differ by name,
  /// which tells parameters apart, or if there are more than 2^62 tokens in all.
  void merge(const Stream& other);

  /// How many tokens were taken in.
  [[nodiscard]] Index size() const noexcept { return before_count_ + row_.count() + buffered(); }
  [[nodiscard]] Index hidden() const noexcept { return hidden_; }

  /// The pooled vector of all tokens so far; more may come.
  ///
  /// **Shapes**: result: `[1, width]`, a row-major Eigen::Tensor.
  /// **Empty**: zeros.
  [[nodiscard]] Eigen::Tensor<Element, 2, Eigen::RowMajor> value() const;

  /// The same into the caller's memory.
  ///
  /// **Shapes**: out: `[width]`.
  /// **Errors**: `std::invalid_argument` if out is not `[width]`.
  void value_into(std::span<Element> out) const;

  /// Forgets all tokens.
  void reset();

  /// What was seen so far, as bytes for `load`: on this machine or another one of the same byte order.
  [[nodiscard]] std::vector<std::byte> save() const;

  /// Becomes the stream that was saved.
  ///
  /// **Errors**: `std::invalid_argument` for bytes that `save` of this version did not write, that were cut or changed,
  /// or that come from a stream of another pooling, scalar or hidden size. The stream is then as it was.
  void load(std::span<const std::byte> bytes);

 private:
  using State = detail::state_t<P, T>;

  // What a saved stream begins with: a number, so that bytes in another order do not begin with it.
  static constexpr std::uint64_t stream_magic = 0x33304d4c50514553u;  // "SEQPLM03", little-endian
  static constexpr Index most_tokens = Index{1} << 62;                // so that no sum of two counts overflows

  Index buffered() const noexcept { return static_cast<Index>(buffer_.size()) / hidden_; }
  void fold(const T* tokens, Index n) {
    row_.fold(pooling_, TokenBlock<T>(tokens, n, hidden_, hidden_, before_count_ + row_.count()));
  }
  template <class M> static bool lies_dense(const M& tokens);
  State whole() const;
  template <class F> void visit(F f);
  // Whether a stream can be saved and loaded, or a sentence.
  template <class S> static consteval bool is_visitable();
  bool holds_its_tokens();

  P pooling_;
  Index hidden_;
  std::string identity_;  // what must agree between streams: pooling, scalar, hidden
  Index before_count_ = 0;
  std::optional<State> before_;  // what was merged: all that comes before row_
  detail::RowFold<P, T> row_;
  std::vector<T> buffer_;  // [fewer than a tile, hidden]: tokens that wait to be folded, behind those of row_
};

// Without the scalar T: a sentence.
template <class P> Stream(P, Index) -> Stream<P, detail::scalar_of_any<P, false>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class P, Scalar T>
Stream<P, T>::Stream(P pooling, Index hidden) : pooling_(std::move(pooling)), hidden_(hidden) {
  if (hidden < 1) detail::fail("a stream's hidden is " + std::to_string(hidden) + ": it must be 1 or more");
  row_.start(hidden);
  if constexpr (is_lawful) static_cast<void>(pooling_.width(hidden));
  if (seqpool::per_token_of(pooling_))
    detail::fail("a stream takes no pooling with parameters for each token: how many tokens will come is not known");
  const char* const scalar = std::is_same_v<T, float>         ? "float"
                             : std::is_same_v<T, double>      ? "double"
                             : std::is_same_v<T, Eigen::half> ? "half"
                                                              : "bfloat16";
  identity_ = seqpool::identity_of(pooling_) + " of " + scalar + " [" + std::to_string(hidden) + "]";
}

template <class P, Scalar T> void Stream<P, T>::push(const T* tokens, Index n) {
  detail::check_memory<T, 2>(tokens, {n, hidden_}, {hidden_, 1}, "tokens", "[n, hidden]");
  if (n == 0) return;
  if (n > most_tokens - size())
    detail::fail(std::to_string(n) + " tokens were pushed behind " + std::to_string(size()) + ": the most is 2^62");
  if (!buffer_.empty()) {
    const Index taken = (std::min)(n, detail::tile_tokens - buffered());
    buffer_.insert(buffer_.end(), tokens, tokens + taken * hidden_);
    tokens += taken * hidden_;
    n -= taken;
    if (buffered() < detail::tile_tokens) return;
    fold(buffer_.data(), detail::tile_tokens);
    buffer_.clear();
  }
  const Index whole_tiles = n - n % detail::tile_tokens;
  if (whole_tiles > 0) fold(tokens, whole_tiles);
  buffer_.insert(buffer_.end(), tokens + whole_tiles * hidden_, tokens + n * hidden_);
}

template <class P, Scalar T> template <class U> void Stream<P, T>::push(const U*, Index) {
  static_assert(std::is_same_v<U, T>, "seqpool: a Stream<P, T> takes tokens of T; convert them first.");
}

// Whether rows lie one behind the other, each with its features side by side.
template <class P, Scalar T> template <class M> bool Stream<P, T>::lies_dense([[maybe_unused]] const M& tokens) {
  if constexpr (detail::EigenTensor<M>)
    return detail::is_row_major<M>;
  else if constexpr (requires { tokens.rowStride(); })
    return tokens.colStride() == 1 && tokens.rowStride() == tokens.cols();
  else
    return false;
}

template <class P, Scalar T> template <class M> void Stream<P, T>::push(const M& tokens) {
  constexpr bool is_tensor = detail::EigenTensorOfRank<M, 2>;
  constexpr bool is_matrix = requires {
    tokens.rows();
    tokens.cols();
    tokens(0, 0);
    tokens.data();
  } && !detail::EigenTensor<M>;
  static_assert(
      is_tensor || is_matrix,
      "seqpool: push(tokens) takes tokens [n, hidden]: an Eigen tensor of rank 2 or an Eigen matrix; for a pointer "
      "write push(data, n).");
  if constexpr (is_tensor || is_matrix) {
    constexpr bool of_t = std::is_same_v<std::remove_cv_t<typename M::Scalar>, T>;
    static_assert(of_t, "seqpool: a Stream<P, T> takes tokens of T; convert them first, with cast<T>().");
    if constexpr (of_t) {
      const auto [rows, columns] = [&] {
        if constexpr (is_tensor)
          return detail::sizes_of<2>(tokens);
        else
          return std::array<Index, 2>{static_cast<Index>(tokens.rows()), static_cast<Index>(tokens.cols())};
      }();
      if (columns != hidden_)
        detail::fail("tokens are " + detail::shape({rows, columns}) + ", but the stream has hidden " +
                     std::to_string(hidden_) + ": they must be [n, hidden]");
      if (tokens.data() == nullptr || lies_dense(tokens)) {
        push(tokens.data(), rows);
        return;
      }
      constexpr Index few = 64;
      std::vector<T> copy(static_cast<std::size_t>(few * hidden_));
      for (Index first = 0; first < rows; first += few) {
        const Index count = (std::min)(few, rows - first);
        for (Index h = 0; h < hidden_; ++h)
          for (Index i = 0; i < count; ++i)
            copy[static_cast<std::size_t>(i * hidden_ + h)] =
                tokens(static_cast<typename M::Index>(first + i), static_cast<typename M::Index>(h));
        push(copy.data(), count);
      }
    }
  }
}

template <class P, Scalar T> void Stream<P, T>::merge(const Stream& other) {
  if (other.hidden_ != hidden_)
    detail::fail("a stream of hidden " + std::to_string(other.hidden_) + " was merged into one of hidden " +
                 std::to_string(hidden_));
  if (other.identity_ != identity_)
    detail::fail("a stream of '" + other.identity_ + "' was merged into one of '" + identity_ +
                 "': both must have the same pooling, with the same parameters");
  if (other.size() > most_tokens - size())
    detail::fail("streams of " + std::to_string(other.size()) + " and " + std::to_string(size()) +
                 " tokens are too long to be merged: the most is 2^62");
  if (other.size() == 0) return;
  if (size() == 0) {
    before_count_ = other.before_count_;
    before_ = other.before_;
    row_ = other.row_;
    buffer_ = other.buffer_;
    return;
  }
  const Index count = size() + other.size();
  State all = whole();
  pooling_.merge(all, other.whole());
  reset();
  before_ = std::move(all);
  before_count_ = count;
}

// The state of all tokens so far, of one at least.
template <class P, Scalar T> auto Stream<P, T>::whole() const -> State {
  detail::RowFold<P, T> row = row_;
  if (!buffer_.empty())
    row.fold(pooling_, TokenBlock<T>(buffer_.data(), buffered(), hidden_, hidden_, before_count_ + row_.count()));
  if (!before_) return row.finished(pooling_);
  State all = *before_;
  if (row.count() > 0) pooling_.merge(all, row.finished(pooling_));
  return all;
}

template <class P, Scalar T> void Stream<P, T>::value_into(std::span<Element> out) const {
  const Index width = static_cast<Index>(pooling_.width(hidden_));
  if (static_cast<Index>(out.size()) != width)
    detail::fail("out is " + detail::shape({static_cast<Index>(out.size())}) +
                 ", but the pooled vector is [width] = " + detail::shape({width}));
  std::fill(out.begin(), out.end(), Element(0));
  if (size() == 0) return;
  State all = whole();
  pooling_.finish(all, out);
  for (Element& element : out) element = detail::canonical(element);
}

template <class P, Scalar T>
Eigen::Tensor<typename Stream<P, T>::Element, 2, Eigen::RowMajor> Stream<P, T>::value() const {
  const Index width = static_cast<Index>(pooling_.width(hidden_));
  auto out = detail::make_result<void, Element>(Index{1}, width);
  value_into(std::span<Element>(out.data(), static_cast<std::size_t>(width)));
  return out;
}

template <class P, Scalar T> void Stream<P, T>::reset() {
  before_.reset();
  before_count_ = 0;
  row_.start(hidden_);
  buffer_.clear();
}

template <class P, Scalar T> std::vector<std::byte> Stream<P, T>::save() const {
  Stream copy = *this;  // visit is not const, as load writes by it
  detail::ByteWriter writer;
  writer.put(stream_magic);
  writer.put(identity_.size());
  writer.put(std::span(identity_));
  writer.put(static_cast<std::uint64_t>(before_count_));
  writer.put(static_cast<std::uint64_t>(row_.count()));
  writer.put(static_cast<std::uint64_t>(buffered()));
  writer.put(std::span(buffer_));
  copy.visit([&writer](StatePart part) {
    std::visit(
        [&writer](auto numbers) {
          writer.put(numbers.size());
          writer.put(numbers);
        },
        part);
  });
  return writer.take();
}

template <class P, Scalar T> void Stream<P, T>::load(std::span<const std::byte> bytes) {
  detail::ByteReader reader(bytes, stream_magic);
  if (reader.number() != identity_.size()) reader.refuse("they are of another pooling, scalar or hidden size");
  std::string saved(identity_.size(), '\0');
  reader.get(std::span(saved));
  if (saved != identity_) reader.refuse("they are of another pooling, scalar or hidden size");

  Stream loaded(pooling_, hidden_);
  const std::uint64_t before = reader.number(), count = reader.number(), waiting = reader.number();
  constexpr std::uint64_t tile = detail::tile_tokens, most = most_tokens;
  if (before > most || count > most - before || waiting > most - before - count || count % tile != 0 || waiting >= tile)
    reader.refuse("their counts are unlawful");
  loaded.before_count_ = static_cast<Index>(before);
  loaded.buffer_.resize(static_cast<std::size_t>(waiting) * static_cast<std::size_t>(hidden_));
  reader.get(std::span(loaded.buffer_));
  // States of the right sizes to write over.
  if (loaded.before_count_ > 0) pooling_.init(loaded.before_.emplace(), hidden_);
  loaded.row_.restore(pooling_, static_cast<Index>(count));
  loaded.visit([&reader](StatePart part) {
    std::visit(
        [&reader](auto numbers) {
          if (reader.number() != numbers.size()) reader.refuse("a state in them has another size");
          reader.get(numbers);
        },
        part);
  });
  if (!reader.done()) reader.refuse("they go on too long");
  if (!loaded.holds_its_tokens()) reader.refuse("a state in them has taken in other tokens than they say");
  before_count_ = loaded.before_count_;
  before_ = std::move(loaded.before_);
  row_ = std::move(loaded.row_);
  buffer_ = std::move(loaded.buffer_);
}

template <class P, Scalar T> template <class S> consteval bool Stream<P, T>::is_visitable() {
  static_assert(Visitable<S>,
                "seqpool: a stream is saved and loaded by its pooling's State::visit(f), which calls f for each number "
                "or seqpool::Accumulators in the state; give the state one, see seqpool/fold/pooling.hpp.");
  return Visitable<S>;
}

template <class P, Scalar T> template <class F> void Stream<P, T>::visit([[maybe_unused]] F f) {
  if constexpr (is_visitable<State>()) {
    if (before_) seqpool::for_each_part(*before_, f);
    for (const auto& part : row_.parts()) seqpool::for_each_part(*part.state, f);
  }
}

// Whether the states can be those of as many tokens as were counted.
template <class P, Scalar T> bool Stream<P, T>::holds_its_tokens() {
  const auto parts = row_.parts();
  return (!before_ || seqpool::holds(*before_, 0, before_count_)) &&
         std::all_of(parts.begin(), parts.end(), [this](const auto& part) {
           return seqpool::holds(*part.state, before_count_ + part.first, part.count);
         });
}

}  // namespace seqpool::inline SEQPOOL_ABI
