// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/result_of.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/state_parts.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Any pooling of hidden states of T, chosen at run time; itself a pooling.
///
///     seqpool::AnyPooling<float> pooling = seqpool::Mean{};
///     if (config == "max") pooling = seqpool::Max{};
///     seqpool::pool(pooling, x, mask);
///     pooling = std::vector<seqpool::AnyPooling<float>>{seqpool::Cls{}, seqpool::Mean{}};  // side by side, as Concat
///
/// **Cost**: one virtual call for each step, which is one for 256 tokens, and of several one for each and 8 tokens; a
/// state is one allocation, and of several one more for each. Copies share the pooling.
/// **Errors**: `std::invalid_argument` for a state that another pooling made, or one of the same type and another name.
/// **Numerics**: the bits of the pooling it holds.
template <Scalar T> class AnyPooling {
  using A = accumulator_t<T>;
  struct Held;

  struct Pooler {
    virtual ~Pooler() = default;
    virtual const void* kind() const = 0;  // its type's own address
    virtual std::string name() const = 0;
    virtual void visit_parameters(const ParameterVisitor& f) const = 0;
    virtual Index width(Index hidden) const = 0;
    virtual Reads reads() const = 0;
    virtual bool per_token() const = 0;
    virtual void check(Index batch, Index seq) const = 0;
    virtual std::unique_ptr<Held> make() const = 0;
    virtual void init(Held& state, Index hidden) const = 0;
    virtual void fold(Held& state, const TokenBlock<T>& tokens) const = 0;
    virtual void merge(Held& state, const Held& next) const = 0;
    virtual void finish(Held& state, std::span<A> out) const = 0;
  };
  struct Held {
    virtual ~Held() = default;
    virtual std::unique_ptr<Held> copy() const = 0;
    virtual void visit(const std::function<void(StatePart)>& f) = 0;
    virtual bool holds(Index first, Index n) const = 0;
  };
  template <class P> class PoolerOf;
  class SideBySide;

 public:
  class StateOfT;
  template <std::same_as<T> U> using State = StateOfT;

  /// Several side by side in one read of memory, as `Concat` of them.
  ///
  /// **Errors**: `std::invalid_argument` for none.
  AnyPooling(std::vector<AnyPooling> poolings);

  template <class P>
    requires(!std::same_as<P, AnyPooling>)
  AnyPooling(P pooling) {
    constexpr bool lawful = Pooling<P, T>;  // by this name g++ does not list what is missing as errors of their own
    static_assert(
        lawful,
        "seqpool: AnyPooling<T> holds a seqpool::Pooling for hidden states of T: Mean{}, Max{}, Attention{query}, "
        "or your own.");
    if constexpr (lawful) {
      constexpr bool of_a = std::same_as<result_t<P, T>, A>;
      static_assert(of_a,
                    "seqpool: AnyPooling<T> holds poolings whose result is of accumulator_t<T>: double for double, "
                    "float for all others. Pass one with another Result to seqpool::pool by its own type.");
      if constexpr (of_a) pooler_ = std::make_shared<const PoolerOf<P>>(std::move(pooling));
    }
  }

  [[nodiscard]] std::string name() const { return pooler_->name(); }
  void visit_parameters(auto f) const { pooler_->visit_parameters(seqpool::any_visitor(f)); }
  [[nodiscard]] Index width(Index hidden) const { return pooler_->width(hidden); }
  [[nodiscard]] Reads reads() const { return pooler_->reads(); }
  [[nodiscard]] bool per_token() const { return pooler_->per_token(); }
  void check(Index batch, Index seq) const { pooler_->check(batch, seq); }
  void init(StateOfT& state, Index hidden) const;
  void fold(StateOfT& state, const TokenBlock<T>& tokens) const { pooler_->fold(held(state), tokens); }
  void merge(StateOfT& state, const StateOfT& next) const { pooler_->merge(held(state), held(next)); }
  void finish(StateOfT& state, std::span<A> out) const { pooler_->finish(held(state), out); }

 private:
  // What a state holds; throws unless a pooling of this type and name made it.
  template <class AState> auto& held(AState& state) const {
    if (state.pooler_ != pooler_) check_maker(state);
    return *state.held_;
  }
  void check_maker(const StateOfT& state) const;
  explicit AnyPooling(std::shared_ptr<const Pooler> pooler) : pooler_(std::move(pooler)) {}

  std::shared_ptr<const Pooler> pooler_;
};

template <class P> inline constexpr bool is_any_pooling = false;
template <Scalar T> inline constexpr bool is_any_pooling<AnyPooling<T>> = true;
template <Scalar T> inline constexpr bool is_any_pooling<std::vector<AnyPooling<T>>> = true;

// Without the scalar T: a sentence.
template <class P>
  requires(!is_any_pooling<P>)
AnyPooling(P) -> AnyPooling<detail::scalar_of_any<P, is_any_pooling<P>>>;

/// The state of whichever pooling it was last initialised by.
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

  /// f(part) for each part, as a `std::span` of float, double or Index.
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

template <Scalar T> template <class P> class AnyPooling<T>::PoolerOf final : public Pooler {
  using PState = typename P::template State<T>;
  struct HeldState final : Held {
    PState state;
    std::unique_ptr<Held> copy() const override { return std::make_unique<HeldState>(*this); }
    void visit([[maybe_unused]] const std::function<void(StatePart)>& f) override {
      if constexpr (Visitable<PState>)
        seqpool::for_each_part(state, f);
      else
        detail::fail("the state of this pooling has no visit(f), so it cannot be saved");
    }
    bool holds(Index first, Index n) const override { return seqpool::holds(state, first, n); }
  };
  static PState& of(Held& state) { return static_cast<HeldState&>(state).state; }
  static const PState& of(const Held& state) { return static_cast<const HeldState&>(state).state; }

 public:
  explicit PoolerOf(P pooling) : pooling_(std::move(pooling)) {}

  const void* kind() const override {
    static const char own = 0;
    return &own;
  }

  std::string name() const override { return seqpool::name_of(pooling_); }
  void visit_parameters(const ParameterVisitor& f) const override { seqpool::visit_parameters(pooling_, f); }
  Index width(Index hidden) const override { return static_cast<Index>(pooling_.width(hidden)); }
  Reads reads() const override { return seqpool::reads_of(pooling_); }
  bool per_token() const override { return seqpool::per_token_of(pooling_); }
  void check(Index batch, Index seq) const override { seqpool::check_tokens(pooling_, batch, seq); }
  std::unique_ptr<Held> make() const override { return std::make_unique<HeldState>(); }
  void init(Held& state, Index hidden) const override { pooling_.init(of(state), hidden); }
  void fold(Held& state, const TokenBlock<T>& tokens) const override { pooling_.fold(of(state), tokens); }
  void merge(Held& state, const Held& next) const override { pooling_.merge(of(state), of(next)); }
  void finish(Held& state, std::span<A> out) const override { pooling_.finish(of(state), out); }

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
  if (state.pooler_ == nullptr)
    detail::fail("a state that no AnyPooling has initialised was given to '" + name() + "'");
  const std::string own = seqpool::identity_of(*this), other = seqpool::identity_of(AnyPooling(state.pooler_));
  if (state.pooler_->kind() != pooler_->kind() || other != own)
    detail::fail("a state of the pooling '" + other + "' was given to '" + own + "'" +
                 (other == own ? ", which is of another type" : "") +
                 ": only states of one pooling, with the same parameters, go together");
}

// The poolings of a list, as one: what Concat does, for a number of them that is known at run time only.
template <Scalar T> class AnyPooling<T>::SideBySide {
 public:
  struct StateOfAll {
    std::vector<StateOfT> parts;
    Index hidden = 0;

    void visit(auto f) {
      for (StateOfT& part : parts) part.visit(f);
    }
    [[nodiscard]] bool holds(Index first, Index n) const {
      return std::all_of(parts.begin(), parts.end(), [&](const StateOfT& part) { return part.holds(first, n); });
    }
  };
  template <std::same_as<T> U> using State = StateOfAll;

  explicit SideBySide(std::vector<AnyPooling> poolings) : poolings_(std::move(poolings)) {
    if (poolings_.empty()) detail::fail("AnyPooling{poolings} takes at least one pooling");
  }

  [[nodiscard]] std::string name() const {
    std::string all = "concat";
    for (const AnyPooling& pooling : poolings_) all += " " + pooling.name();
    return all;
  }
  void visit_parameters(auto f) const {
    for (std::size_t i = 0; i < poolings_.size(); ++i) seqpool::visit_parameters(poolings_[i], f, std::to_string(i));
  }
  [[nodiscard]] Reads reads() const {
    Reads all{};
    for (const AnyPooling& pooling : poolings_) all = all | pooling.reads();
    return all;
  }
  [[nodiscard]] bool per_token() const {
    return std::any_of(poolings_.begin(), poolings_.end(), [](const AnyPooling& p) { return p.per_token(); });
  }
  [[nodiscard]] Index width(Index hidden) const {
    Index all = 0;
    for (const AnyPooling& pooling : poolings_) all = detail::total(all, pooling.width(hidden), "AnyPooling");
    return all;
  }
  void check(Index batch, Index seq) const {
    for (const AnyPooling& pooling : poolings_) pooling.check(batch, seq);
  }
  void init(StateOfAll& state, Index hidden) const {
    state.parts.resize(poolings_.size());
    state.hidden = hidden;
    for (std::size_t i = 0; i < poolings_.size(); ++i) poolings_[i].init(state.parts[i], hidden);
  }
  // A tile at a time, so that all but the first pooling find it in cache.
  void fold(StateOfAll& state, const TokenBlock<T>& tokens) const {
    for (Index first = 0; first < tokens.size(); first += detail::tile_tokens) {
      TokenBlock<T> tile = tokens.part(first, (std::min)(detail::tile_tokens, tokens.size() - first));
      for (std::size_t i = 0; i < poolings_.size(); ++i) {
        poolings_[i].fold(state.parts[i], tile);
        if (poolings_[i].reads() == Reads::every_token) tile = detail::Prefetch::without(tile);
      }
    }
  }
  void merge(StateOfAll& state, const StateOfAll& next) const {
    for (std::size_t i = 0; i < poolings_.size(); ++i) poolings_[i].merge(state.parts[i], next.parts[i]);
  }
  void finish(StateOfAll& state, std::span<A> out) const {
    for (std::size_t i = 0; i < poolings_.size(); ++i) {
      const auto width = static_cast<std::size_t>(poolings_[i].width(state.hidden));
      poolings_[i].finish(state.parts[i], out.first(width));
      out = out.subspan(width);
    }
  }

 private:
  std::vector<AnyPooling> poolings_;
};

template <Scalar T>
AnyPooling<T>::AnyPooling(std::vector<AnyPooling> poolings)
    : pooler_(std::make_shared<const PoolerOf<SideBySide>>(SideBySide(std::move(poolings)))) {}

}  // namespace seqpool::inline SEQPOOL_ABI
