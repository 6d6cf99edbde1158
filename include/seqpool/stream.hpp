// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/sizes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/token_stream.hpp>

#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// Pools one sequence that comes in chunks of tokens: a document longer than memory, or one split across machines.
///
///     seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, hidden};
///     while (read(chunk)) stream.push(chunk.data(), chunk_tokens);
///     const auto vector = stream.value();  // [1, hidden]
///
/// **Numerics**: if nothing was merged, the result has the bits of `pool` on the whole sequence, whatever the chunks.
/// Each `merge`, of this stream or of one that was merged into it, counts as two more blocks: after m merges the
/// pooling's bound holds with n / 256 + 2 * m in place of n / 256.
template <class P, Scalar T> class Stream {
  // With this name, g++ does not list each missing part as an error of its own.
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

  /// **Errors**: `std::invalid_argument` if hidden is below 1, exceeds what memory can hold or does not fit the
  /// pooling, or if the pooling has parameters for each token.
  Stream(P pooling, detail::Size hidden);

  /// Takes in the next tokens, row-major and without gaps.
  ///
  /// **Shapes**: tokens: `[n, hidden]`.
  /// **Errors**: `std::invalid_argument` for a negative n, a null pointer to at least one element, or more than 2^62
  /// tokens in all (2^30 where pointers have 32 bits).
  /// **Cost**: reads each token once; up to 7 tokens are copied for later.
  void push(const T* tokens, Index n);
  // For another scalar: a readable error.
  template <class U> void push(const U* tokens, Index n);

  /// The same for an Eigen tensor or map of rank 2, or an Eigen matrix, in either layout.
  ///
  /// **Shapes**: tokens: `[n, hidden]`.
  /// **Errors**: `std::invalid_argument` if the number of columns is not hidden, or for a null pointer to at least one
  /// element.
  /// **Cost**: for row-major tokens without gaps, that of `push(tokens, n)`; others are copied first, a few at a time.
  template <class M> void push(const M& tokens);

  /// Takes in what `other` has seen, as tokens that come after those this stream has seen.
  ///
  /// **Errors**: `std::invalid_argument` if the two have different hidden sizes, if their poolings differ in name
  /// or parameters, or if there are more tokens in all than `push` takes.
  void merge(const Stream& other);

  /// How many tokens were taken in.
  [[nodiscard]] Index size() const noexcept { return seen_.size(); }
  [[nodiscard]] Index hidden() const noexcept { return hidden_; }

  /// The pooled vector of all tokens so far; more may come.
  ///
  /// **Shapes**: result: `[1, width]`, a row-major Eigen::Tensor.
  /// **Empty**: zeros.
  [[nodiscard]] Eigen::Tensor<Element, 2, Eigen::RowMajor> value() const;

  /// The same, written into the caller's memory.
  ///
  /// **Shapes**: out: `[width]`.
  /// **Errors**: `std::invalid_argument` if out is not `[width]`.
  void value_into(std::span<Element> out) const;

  /// Forgets all tokens.
  void reset() { seen_.reset(); }

  /// What the stream has seen so far, as bytes for `load` on this machine or on another with the same byte order.
  [[nodiscard]] std::vector<std::byte> save() const;

  /// Becomes the stream that was saved.
  ///
  /// **Errors**: `std::invalid_argument` for bytes that this version's `save` did not write, that were cut or changed,
  /// or that come from a stream of another pooling, scalar or hidden size. The stream then stays as it was.
  void load(std::span<const std::byte> bytes);

 private:
  // A saved stream begins with this number; bytes in another byte order do not.
  static constexpr std::uint64_t stream_magic = 0x33304d4c50514553u;  // "SEQPLM03", little-endian

  P pooling_;
  Index hidden_;
  std::string identity_;  // what must be the same in two streams: pooling, scalar, hidden
  detail::TokenStream<P, T> seen_;
};

// Without the scalar T: a readable error.
template <class P> Stream(P, detail::Size) -> Stream<P, detail::scalar_of_any<P, false>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class P, Scalar T>
Stream<P, T>::Stream(P pooling, detail::Size hidden) : pooling_(std::move(pooling)), hidden_(hidden), seen_(hidden) {
  if (hidden_ < 1) detail::fail({"a stream's hidden is ", hidden_, ": it must be 1 or more"});
  if constexpr (is_lawful) static_cast<void>(pooling_.width(hidden_));
  if (seqpool::per_token_of(pooling_))
    detail::fail("a stream takes no pooling with parameters for each token: how many tokens will come is not known");
  const char* const scalar = std::is_same_v<T, float>         ? "float"
                             : std::is_same_v<T, double>      ? "double"
                             : std::is_same_v<T, Eigen::half> ? "half"
                                                              : "bfloat16";
  identity_ = detail::sentence({seqpool::identity_of(pooling_), " of ", scalar, " [", hidden_, "]"});
}

template <class P, Scalar T> void Stream<P, T>::push(const T* tokens, Index n) {
  detail::check_memory<T, 2>(tokens, {n, hidden_}, {hidden_, 1}, "tokens", "[n, hidden]");
  if (n == 0) return;
  if (n > seen_.most_tokens - size())
    detail::fail({n, " tokens were pushed behind ", size(), ": the most is ", seen_.most_tokens});
  seen_.push(pooling_, tokens, n);
}

template <class P, Scalar T> template <class U> void Stream<P, T>::push(const U*, Index) {
  static_assert(std::is_same_v<U, T>, "seqpool: a Stream<P, T> takes tokens of T; convert them first.");
}

template <class P, Scalar T> template <class M> void Stream<P, T>::push(const M& tokens) {
  constexpr bool is_tensor = detail::EigenTensorOfRank<M, 2>;
  constexpr bool is_matrix = detail::EigenMatrix<M> && requires { tokens.rowStride(); };
  static_assert(
      is_tensor || is_matrix,
      "seqpool: push(tokens) takes tokens [n, hidden]: an Eigen tensor of rank 2 or an Eigen matrix; for a pointer "
      "write push(data, n).");
  if constexpr (is_tensor || is_matrix) {
    constexpr bool of_t = std::is_same_v<std::remove_cv_t<typename M::Scalar>, T>;
    static_assert(of_t, "seqpool: a Stream<P, T> takes tokens of T; convert them first, with cast<T>().");
    if constexpr (of_t) {
      const auto [rows, columns] = detail::run_time_sizes(tokens);
      if (columns != hidden_)
        detail::fail({"tokens are ", detail::shape({rows, columns}), ", but the stream has hidden ", hidden_,
                      ": they must be [n, hidden]"});
      Index row_stride = columns, column_stride = 1;
      if constexpr (is_matrix)
        row_stride = tokens.rowStride(), column_stride = tokens.colStride();
      else if constexpr (!detail::is_row_major<M>)
        row_stride = 1, column_stride = rows;
      if (tokens.data() == nullptr || (column_stride == 1 && row_stride == columns)) {
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
                tokens.data()[(first + i) * row_stride + h * column_stride];
        push(copy.data(), count);
      }
    }
  }
}

template <class P, Scalar T> void Stream<P, T>::merge(const Stream& other) {
  if (other.hidden_ != hidden_)
    detail::fail({"a stream of hidden ", other.hidden_, " was merged into one of hidden ", hidden_});
  if (other.identity_ != identity_)
    detail::fail({"a stream of '", other.identity_, "' was merged into one of '", identity_,
                  "': both must have the same pooling, with the same parameters"});
  if (other.size() > seen_.most_tokens - size())
    detail::fail({"streams of ", other.size(), " and ", size(), " tokens are too long to be merged: the most is ",
                  seen_.most_tokens});
  seen_.merge(pooling_, other.seen_);
}

template <class P, Scalar T> void Stream<P, T>::value_into(std::span<Element> out) const {
  const Index width = static_cast<Index>(pooling_.width(hidden_));
  if (static_cast<Index>(out.size()) != width)
    detail::fail({"out is ", detail::shape({static_cast<Index>(out.size())}),
                  ", but the pooled vector is [width] = ", detail::shape({width})});
  std::fill(out.begin(), out.end(), Element(0));
  if (size() == 0) return;
  auto all = seen_.whole(pooling_);
  pooling_.finish(all, out);
  detail::make_canonical(out.data(), width);
}

template <class P, Scalar T>
Eigen::Tensor<typename Stream<P, T>::Element, 2, Eigen::RowMajor> Stream<P, T>::value() const {
  const Index width = static_cast<Index>(pooling_.width(hidden_));
  auto out = detail::make_result<void, Element>(Index{1}, width);
  value_into(std::span<Element>(out.data(), static_cast<std::size_t>(width)));
  return out;
}

template <class P, Scalar T> std::vector<std::byte> Stream<P, T>::save() const {
  detail::ByteWriter writer;
  writer.put(stream_magic);
  writer.put(identity_.size());
  writer.put(std::span(identity_));
  seen_.save(writer);
  return writer.take();
}

template <class P, Scalar T> void Stream<P, T>::load(std::span<const std::byte> bytes) {
  detail::ByteReader reader(bytes, stream_magic);
  const bool alike = reader.number() == identity_.size();
  std::string saved(alike ? identity_.size() : 0, '\0');
  reader.get(std::span(saved));
  if (saved != identity_) reader.refuse("they are of another pooling, scalar or hidden size");
  seen_.load(pooling_, reader);
}

}  // namespace seqpool::inline SEQPOOL_ABI
