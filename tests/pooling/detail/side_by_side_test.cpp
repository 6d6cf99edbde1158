// SPDX-License-Identifier: MIT
// What poolings side by side give is in concat_test.cpp and any_pooling_test.cpp; here is that a tuple and a list of
// them are the same thing.
#include <seqpool/pooling/detail/side_by_side.hpp>

#include <seqpool/seqpool.hpp>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"

using seqpool::Index;
using Any = seqpool::AnyPooling<float>;

TEST_CASE("a tuple and a list of poolings say and give the same", "[side_by_side]") {
  const seqpool::detail::SideBySide<std::tuple, Any, Any> pair({seqpool::Cls{}, seqpool::Max{}});
  const seqpool::detail::SideBySide<std::vector, Any> list({seqpool::Cls{}, seqpool::Max{}});
  CHECK(pair.name() == "concat cls max");
  CHECK(list.name() == pair.name());
  CHECK(list.reads() == pair.reads());
  CHECK(list.width(7) == 14);
  CHECK(pair.width(7) == 14);
  CHECK_FALSE(pair.per_token());
  CHECK_FALSE(list.per_token());
  const auto states = test::tokens<float>(3 * 270, 21, 5);
  const seqpool::HiddenStates<float> x(states.data(), {3, 270, 21});
  CHECK(test::rows_of(seqpool::pool(pair, x)) == test::rows_of(seqpool::pool(list, x)));
}

namespace {

struct Sized {
  std::string word;
  template <class T> struct State {
    Index size = 0;
    bool holds(Index first, Index n) const { return first + n == size; }
  };
  std::string name() const { return word; }
  Index width(Index) const { return 1; }
  void init(auto& state, Index) const { state.size = 0; }
  void fold(auto& state, const auto& tokens) const { state.size += tokens.size(); }
  void merge(auto& state, const auto& next) const { state.size += next.size; }
  void finish(const auto& state, auto out) const { out[0] = static_cast<float>(state.size); }
};

}  // namespace

TEST_CASE("states side by side hold what each of them holds", "[side_by_side]") {
  const auto check = [](const auto& both) {
    typename std::remove_cvref_t<decltype(both)>::template State<float> state;
    both.init(state, 1);
    const std::vector<float> x{1, 2, 3};
    both.fold(state, seqpool::TokenBlock<float>(x.data(), 3, 1, 1));
    CHECK(state.holds(0, 3));
    CHECK_FALSE(state.holds(1, 3));  // the first says 3 and the second says 4
    CHECK_FALSE(state.holds(0, 2));
    std::vector<float> out(2);
    both.finish(state, std::span<float>(out));
    CHECK(out[1] == 3);
  };
  check(seqpool::detail::SideBySide<std::tuple, Sized, Sized>({Sized{"a"}, Sized{"b"}}));
  check(seqpool::detail::SideBySide<std::vector, Any>({Sized{"a"}, Sized{"b"}}));
  check(seqpool::detail::SideBySide<std::tuple, seqpool::Mean, Sized>({seqpool::Mean{}, Sized{"b"}}));
}
