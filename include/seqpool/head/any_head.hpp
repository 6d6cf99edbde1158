// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/result_of.hpp>
#include <seqpool/head/head.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Any head that maps A, float or double, chosen at run time; it is a head itself. It also holds any number of heads,
/// one after another.
///
///     std::vector<seqpool::AnyHead<float>> heads{seqpool::Linear{weight, bias}};
///     if (config.normalize) heads.push_back(seqpool::Normalize{});
///     const seqpool::Embedder embedder{pooling, seqpool::AnyHead<float>(heads)};
///
/// **Errors**: `std::invalid_argument` from `backward` and `set_parameters` where the head that it holds has none.
/// **Cost**: one virtual call for rows that are mapped together. Copies share the head, until one is given other
/// parameters.
/// **Numerics**: the bits of the head it holds.
template <class A> class AnyHead {
  static_assert(std::same_as<A, float> || std::same_as<A, double>,
                "seqpool: an AnyHead<A> maps float or double, what heads accumulate in: AnyHead<double> for double "
                "weights, AnyHead<float> for float, Eigen::half and Eigen::bfloat16.");
  using B = std::conditional_t<std::same_as<A, double>, double, float>;  // A, so that no other error follows

  struct Mapper {
    virtual ~Mapper() = default;
    virtual Index width(Index features) const = 0;
    virtual void map(Rows<const B> in, Rows<B> out, const detail::AnyDevice& device) const = 0;
    virtual void visit_parameters(const ParameterVisitor& f) const = 0;
    virtual void backward(Rows<const B> in, Rows<const B> d_out, Rows<B> d_in, std::span<B> own) const = 0;
    virtual std::unique_ptr<const Mapper> with_parameters(std::span<const double> numbers) const = 0;
  };
  template <class H> class MapperOf;
  class Sequence;

 public:
  template <class H>
    requires(!std::same_as<H, AnyHead> && !std::same_as<H, std::vector<AnyHead>>)
  AnyHead(H head) {
    // With these names g++ does not report what is missing as separate errors.
    constexpr bool lawful = SomeHead<H>;
    static_assert(lawful,
                  "seqpool: AnyHead<A> holds a seqpool::Head: Linear{weight, bias}, Dense{linear, activation}, "
                  "Normalize{}, or your own with width(features) and map(Rows<const A> in, Rows<A> out); or a "
                  "std::vector<AnyHead<A>>.");
    constexpr bool of_a = Head<H, B>;
    static_assert(of_a || !lawful,
                  "seqpool: AnyHead<A> holds heads that map A: AnyHead<double> those of double weights, AnyHead<float> "
                  "those of float, Eigen::half and Eigen::bfloat16 weights.");
    if constexpr (of_a) mapper_ = std::unique_ptr<const Mapper>(new MapperOf<H>(std::move(head)));
  }

  /// Heads one after another, as in a `Sequential`; without any, y = x.
  ///
  /// **Cost**: the heads'; allocates rows `[n, width]` for every head but the last, for two at a time.
  explicit AnyHead(std::vector<AnyHead> heads);

  /// With several heads, throws if the width of one is not what the next takes.
  [[nodiscard]] Index width(Index features) const { return mapper_->width(features); }

  template <class D = CallingThread> void map(Rows<const B> in, Rows<B> out, const D& device = {}) const {
    mapper_->map(in, out, detail::AnyDevice(device));
  }

  void backward(Rows<const B> in, Rows<const B> d_out, Rows<B> d_in, std::span<B> own) const {
    mapper_->backward(in, d_out, d_in, own);
  }
  void set_parameters(std::span<const double> numbers) { mapper_ = mapper_->with_parameters(numbers); }

  void visit_parameters(auto f) const { mapper_->visit_parameters(seqpool::any_visitor(f)); }

 private:
  std::shared_ptr<const Mapper> mapper_;
};

template <class H> inline constexpr bool is_any_head = false;
template <class A> inline constexpr bool is_any_head<AnyHead<A>> = true;
template <class A> inline constexpr bool is_any_head<std::vector<AnyHead<A>>> = true;

// Without the scalar A: a compile error with a message.
template <class H>
  requires(!is_any_head<H>)
AnyHead(H) -> AnyHead<detail::scalar_of_any<H, is_any_head<H>>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class A> template <class H> class AnyHead<A>::MapperOf final : public Mapper {
 public:
  explicit MapperOf(H head) : head_(std::move(head)) {}

  Index width(Index features) const override { return static_cast<Index>(head_.width(features)); }
  void map(Rows<const B> in, Rows<B> out, const detail::AnyDevice& device) const override {
    seqpool::map_rows(head_, in, out, device);
  }
  void visit_parameters(const ParameterVisitor& f) const override { seqpool::visit_parameters(head_, f); }
  void backward([[maybe_unused]] Rows<const B> in, [[maybe_unused]] Rows<const B> d_out, [[maybe_unused]] Rows<B> d_in,
                [[maybe_unused]] std::span<B> own) const override {
    if constexpr (DifferentiableHead<H, B>)
      head_.backward(in, d_out, d_in, own);
    else
      detail::fail(
          "an AnyHead holds a head that does not say how it goes back, so it has no gradient: it needs a "
          "backward(in, d_out, d_in, own)");
  }
  std::unique_ptr<const Mapper> with_parameters([[maybe_unused]] std::span<const double> numbers) const override {
    if constexpr (Settable<H> && std::copy_constructible<H>) {
      H other(head_);
      seqpool::set_parameters(other, numbers);
      return std::unique_ptr<const Mapper>(new MapperOf(std::move(other)));
    } else {
      detail::fail("an AnyHead holds a head that has parameters, but no set_parameters(numbers) to learn them by");
    }
  }

 private:
  H head_;
};

// Heads one after another, as one.
template <class A> class AnyHead<A>::Sequence {
 public:
  explicit Sequence(std::vector<AnyHead> heads) : heads_(std::move(heads)) {}

  Index width(Index features) const {
    for (const AnyHead& head : heads_) features = head.width(features);
    return features;
  }

  template <class D = CallingThread> void map(Rows<const B> in, Rows<B> out, const D& device = {}) const {
    if (heads_.empty())
      for (Index i = 0; i < in.size(); ++i) std::copy(in[i].begin(), in[i].end(), out[i].begin());
    detail::AlignedVector<B> from, to;
    for (const AnyHead& head : heads_) {
      if (&head == &heads_.back()) return head.map(in, out, device);
      const Index width = head.width(in.features());
      to.resize(static_cast<std::size_t>(detail::product(in.size(), width, "rows between heads")));
      const Rows<B> rows(to.data(), in.size(), width, width);
      head.map(in, rows, device);
      std::swap(from, to);
      in = rows;
    }
  }

  void backward(Rows<const B> in, Rows<const B> d_out, Rows<B> d_in, std::span<B> own) const {
    if (heads_.empty())
      for (Index i = 0; i < d_in.size(); ++i) std::copy(d_out[i].begin(), d_out[i].end(), d_in[i].begin());
    else
      back_to(0, in, d_out, d_in, own);
  }
  void set_parameters(std::span<const double> numbers) {
    for (AnyHead& head : heads_) seqpool::set_part(head, numbers);
  }

  void visit_parameters(auto f) const {
    for (std::size_t i = 0; i < heads_.size(); ++i) seqpool::visit_parameters(heads_[i], f, detail::number_text(i));
  }

 private:
  // Head i and those behind it.
  void back_to(std::size_t i, Rows<const B> in, Rows<const B> d_out, Rows<B> d_in, std::span<B> own) const {
    if (i + 1 == heads_.size()) return heads_[i].backward(in, d_out, d_in, own);
    seqpool::back_rows(heads_[i], in, d_in, own, [&](Rows<const B> rows, Rows<B> d_rows, std::span<B> rest) {
      back_to(i + 1, rows, d_out, d_rows, rest);
    });
  }

  std::vector<AnyHead> heads_;
};

template <class A>
AnyHead<A>::AnyHead(std::vector<AnyHead> heads)
    : mapper_(std::unique_ptr<const Mapper>(new MapperOf<Sequence>(Sequence(std::move(heads))))) {}

}  // namespace seqpool::inline SEQPOOL_ABI
