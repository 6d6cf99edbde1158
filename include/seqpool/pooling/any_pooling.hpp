// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/result_of.hpp>
#include <seqpool/fold/parameters.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/state_parts.hpp>
#include <seqpool/pooling/detail/side_by_side.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Any pooling of hidden states of T, chosen at run time; itself a pooling. Also any number of them, side by side.
///
///     seqpool::AnyPooling<float> pooling = seqpool::Mean{};
///     if (config == "max") pooling = seqpool::Max{};
///     seqpool::pool(pooling, x, mask);
///     const std::vector<seqpool::AnyPooling<float>> list{seqpool::Cls{}, pooling};
///     seqpool::pool(seqpool::AnyPooling<float>(list), x, mask);  // [batch, 2 * hidden]
///
/// One pooling converts by itself; a list must be converted explicitly, as for an `AnyHead`, where a list means
/// something else.
///
/// **Errors**: `std::invalid_argument` for a state that another pooling made: one of another type, or of the same type
/// with another name or other parameters.
/// **Cost**: each step is a virtual call, so there is one for every 256 tokens; for a list, one for every 8 tokens and
/// pooling. A state is one allocation; for a list, one more for each pooling. Copies share the pooling.
/// **Numerics**: the bits of the pooling it holds.
template <Scalar T> class AnyPooling {
  using A = accumulator_t<T>;
  struct Held;

  struct Pooler {
    virtual ~Pooler() = default;
    virtual const void* kind() const = 0;  // its type's own address
    virtual std::string name() const = 0;
    virtual void visit(const ParameterVisitor& f) const = 0;
    void visit_parameters(auto f) const { visit(seqpool::any_visitor(f)); }
    virtual Index width(Index hidden) const = 0;
    virtual Reads reads() const = 0;
    virtual bool per_token() const = 0;
    virtual void check(Index batch, Index seq) const = 0;
    virtual std::unique_ptr<Held> make() const = 0;
    virtual void init(Held& state, Index hidden) const = 0;
    virtual void fold(Held& state, const TokenBlock<T>& tokens) const = 0;
    virtual void merge(Held& state, const Held& next) const = 0;
    virtual void finish(Held& state, std::span<A> out) const = 0;
    virtual void backward(const Held& state, const TokenBlock<T>& tokens, const Gradients<A>& gradients) const = 0;
    virtual std::unique_ptr<const Pooler> with_parameters(std::span<const double> numbers) const = 0;
  };
  struct Held {
    virtual ~Held() = default;
    virtual std::unique_ptr<Held> copy() const = 0;
    virtual void visit(const std::function<void(StatePart)>& f) = 0;
    virtual bool holds(Index first, Index n) const = 0;
  };
  template <class S> struct HeldState;
  template <class P> class PoolerOf;

 public:
  class StateOfT;
  template <std::same_as<T> U> using State = StateOfT;

  template <class P>
    requires(!std::same_as<P, AnyPooling> && !std::same_as<P, std::vector<AnyPooling>>)
  AnyPooling(P pooling) {
    constexpr bool lawful = Pooling<P, T>;  // with this name, g++ does not list each missing part as its own error
    static_assert(
        lawful,
        "seqpool: AnyPooling<T> holds a seqpool::Pooling for hidden states of T: Mean{}, Max{}, Attention{query}, "
        "or your own.");
    if constexpr (lawful) {
      constexpr bool of_a = std::same_as<result_t<P, T>, A>;
      static_assert(of_a,
                    "seqpool: AnyPooling<T> holds poolings whose result is of accumulator_t<T>: double for double, "
                    "float for all others. Pass one with another Result to seqpool::pool by its own type.");
      if constexpr (of_a) pooler_ = std::unique_ptr<const Pooler>(new PoolerOf<P>(std::move(pooling)));
    }
  }

  /// Several poolings side by side in one read of memory, like a `Concat` of them.
  ///
  /// **Errors**: `std::invalid_argument` for an empty list.
  explicit AnyPooling(std::vector<AnyPooling> poolings);

  [[nodiscard]] std::string name() const { return pooler_->name(); }
  [[nodiscard]] Index width(Index hidden) const { return pooler_->width(hidden); }
  [[nodiscard]] Reads reads() const { return pooler_->reads(); }
  [[nodiscard]] bool per_token() const { return pooler_->per_token(); }
  void check(Index batch, Index seq) const { pooler_->check(batch, seq); }
  void visit_parameters(auto f) const { pooler_->visit_parameters(f); }
  void init(StateOfT& state, Index hidden) const;
  void fold(StateOfT& state, const TokenBlock<T>& tokens) const { pooler_->fold(held(state), tokens); }
  void merge(StateOfT& state, const StateOfT& next) const { pooler_->merge(held(state), held(next)); }
  void finish(StateOfT& state, std::span<A> out) const { pooler_->finish(held(state), out); }
  void backward(const StateOfT& state, const TokenBlock<T>& tokens, const Gradients<A>& gradients) const {
    pooler_->backward(held(state), tokens, gradients);
  }
  void set_parameters(std::span<const double> numbers) { pooler_ = pooler_->with_parameters(numbers); }

 private:
  // What a state holds; throws unless a pooling of this type and identity made it.
  template <class AState> auto& held(AState& state) const {
    if (state.pooler_ != pooler_) check_maker(state);
    return *state.held_;
  }
  void check_maker(const StateOfT& state) const;

  std::shared_ptr<const Pooler> pooler_;
};

template <class P> inline constexpr bool is_any_pooling = false;
template <Scalar T> inline constexpr bool is_any_pooling<AnyPooling<T>> = true;
template <Scalar T> inline constexpr bool is_any_pooling<std::vector<AnyPooling<T>>> = true;

// Without the scalar T: a readable error.
template <class P>
  requires(!is_any_pooling<P>)
AnyPooling(P) -> AnyPooling<detail::scalar_of_any<P, is_any_pooling<P>>>;

/// The state of the pooling that last initialised it.
template <Scalar T> class AnyPooling<T>::StateOfT {
 public:
  StateOfT() = default;
  StateOfT(const StateOfT& other) : pooler_(other.pooler_), held_(other.held_ ? other.held_->copy() : nullptr) {}
  StateOfT(StateOfT&&) noexcept = default;
  StateOfT& operator=(StateOfT other) noexcept {
    pooler_ = std::move(other.pooler_);
    held_ = std::move(other.held_);
    return *this;
  }
  ~StateOfT() = default;

  /// Calls f(part) for each part, as a `std::span` of float, double or Index.
  void visit(auto f) {
    if (held_) held_->visit([&f](StatePart part) { std::visit(f, part); });
  }
  [[nodiscard]] bool holds(Index first, Index n) const { return !held_ || held_->holds(first, n); }

 private:
  friend class AnyPooling;
  std::shared_ptr<const Pooler> pooler_;  // what made it
  std::unique_ptr<Held> held_;
};

// ---------------------------------------------------------------------------------------------------------------------

// It is made as a pointer to the base, like a pooler: std::make_unique or std::make_shared would be compiled again for
// each type.
template <Scalar T> template <class S> struct AnyPooling<T>::HeldState final : Held {
  S state;
  std::unique_ptr<Held> copy() const override { return std::unique_ptr<Held>(new HeldState(*this)); }
  void visit([[maybe_unused]] const std::function<void(StatePart)>& f) override {
    if constexpr (Visitable<S>)
      seqpool::for_each_part(state, f);
    else
      detail::fail("the state of this pooling has no visit(f), so it cannot be saved");
  }
  bool holds(Index first, Index n) const override { return seqpool::holds(state, first, n); }
};

template <Scalar T> template <class P> class AnyPooling<T>::PoolerOf final : public Pooler {
  using Own = HeldState<typename P::template State<T>>;
  static auto& of(Held& state) { return static_cast<Own&>(state).state; }
  static const auto& of(const Held& state) { return static_cast<const Own&>(state).state; }

 public:
  explicit PoolerOf(P pooling) : pooling_(std::move(pooling)) {}

  const void* kind() const override {
    static const char own = 0;
    return &own;
  }

  std::string name() const override { return seqpool::name_of(pooling_); }
  void visit(const ParameterVisitor& f) const override { seqpool::visit_parameters(pooling_, f); }
  Index width(Index hidden) const override { return static_cast<Index>(pooling_.width(hidden)); }
  Reads reads() const override { return seqpool::reads_of(pooling_); }
  bool per_token() const override { return seqpool::per_token_of(pooling_); }
  void check(Index batch, Index seq) const override { seqpool::check_tokens(pooling_, batch, seq); }
  std::unique_ptr<Held> make() const override { return std::unique_ptr<Held>(new Own()); }
  void init(Held& state, Index hidden) const override { pooling_.init(of(state), hidden); }
  void fold(Held& state, const TokenBlock<T>& tokens) const override { pooling_.fold(of(state), tokens); }
  void merge(Held& state, const Held& next) const override { pooling_.merge(of(state), of(next)); }
  void finish(Held& state, std::span<A> out) const override { pooling_.finish(of(state), out); }
  void backward([[maybe_unused]] const Held& state, [[maybe_unused]] const TokenBlock<T>& tokens,
                [[maybe_unused]] const Gradients<A>& gradients) const override {
    if constexpr (Differentiable<P, T>)
      pooling_.backward(of(state), tokens, gradients);
    else
      detail::fail({"the pooling '", name(), "' does not say how it goes back, so it has no gradient: it needs a ",
                    "backward(state, tokens, gradients)"});
  }
  std::unique_ptr<const Pooler> with_parameters(std::span<const double> numbers) const override {
    P other(pooling_);
    if constexpr (Settable<P>)
      seqpool::set_parameters(other, numbers);
    else
      detail::fail({"the pooling '", name(), "' has parameters, but no set_parameters(numbers) to learn them by"});
    return std::unique_ptr<const Pooler>(new PoolerOf(std::move(other)));
  }

 private:
  P pooling_;
};

template <Scalar T> void AnyPooling<T>::init(StateOfT& state, Index hidden) const {
  if (state.pooler_ != pooler_) {
    state.held_ = pooler_->make();
    state.pooler_ = pooler_;
  }
  pooler_->init(*state.held_, hidden);
}

template <Scalar T> void AnyPooling<T>::check_maker(const StateOfT& state) const {
  const std::string own = seqpool::identity_of(*pooler_);
  if (state.pooler_ == nullptr) detail::fail({"a state that no AnyPooling has initialised was given to '", own, "'"});
  const std::string other = seqpool::identity_of(*state.pooler_);
  if (state.pooler_->kind() != pooler_->kind() || other != own)
    detail::fail({"a state of the pooling '", other, "' was given to '", own, "'",
                  (other == own ? ", which is of another type" : ""),
                  ": only states of one pooling, with the same parameters, go together"});
}

template <Scalar T> AnyPooling<T>::AnyPooling(std::vector<AnyPooling> poolings) {
  if (poolings.empty()) detail::fail("AnyPooling{poolings} takes at least one pooling");
  using List = detail::SideBySide<std::vector, AnyPooling>;
  pooler_ = std::unique_ptr<const Pooler>(new PoolerOf<List>(List(std::move(poolings))));
}

}  // namespace seqpool::inline SEQPOOL_ABI
