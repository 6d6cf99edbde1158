// SPDX-License-Identifier: MIT
// What each argument stands for; what does not compile is in compile_fail.
#include <seqpool/door/arguments.hpp>

#include <array>
#include <seqpool/input/lengths.hpp>
#include <seqpool/input/packed_states.hpp>
#include <seqpool/input/spans.hpp>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

namespace {

struct Device {
  int numThreads() const { return 1; }
  void parallelFor(Eigen::Index, const Eigen::TensorOpCost&, std::function<void(Eigen::Index, Eigen::Index)>) const {}
};

template <class S, class M> bool stands_for(const M& mask) {
  const auto& selection = detail::selection_of(mask);
  return std::is_same_v<std::remove_cvref_t<decltype(selection)>, S>;
}

}  // namespace

TEST_CASE("a mask, lengths, spans, a device and nothing each stand for their selection", "[arguments]") {
  const Eigen::Tensor<int, 2> mask(1, 1);
  CHECK(stands_for<seqpool::AttentionMask<int>>(mask));
  CHECK(stands_for<seqpool::AttentionMask<int>>(seqpool::AttentionMask(mask)));
  CHECK(stands_for<seqpool::AllTokens>(seqpool::AllTokens{}));
  CHECK(stands_for<seqpool::AllTokens>(Device{}));
  const seqpool::AllTokens all;
  CHECK(&detail::selection_of(all) == &all);  // the caller's own
  const Device device;
  CHECK(&detail::device_of(device, seqpool::CallingThread{}) == &device);
  CHECK(&detail::device_of(mask, device) == &device);
}

TEST_CASE("a mask and lengths are about padding, spans and nothing are not", "[arguments]") {
  STATIC_REQUIRE(detail::is_mask<Eigen::Tensor<int, 2>>);
  STATIC_REQUIRE(detail::is_mask<seqpool::AttentionMask<int>>);
  STATIC_REQUIRE(detail::is_mask<seqpool::Lengths>);
  STATIC_REQUIRE(!detail::is_mask<seqpool::Spans>);
  STATIC_REQUIRE(!detail::is_mask<seqpool::AllTokens>);
  STATIC_REQUIRE(!detail::is_mask<Device>);
}

TEST_CASE("sequences pass as they are, tensors become views", "[arguments]") {
  const Eigen::Tensor<float, 3> x(1, 2, 3);
  STATIC_REQUIRE(std::is_same_v<detail::sequences_t<Eigen::Tensor<float, 3>>, seqpool::HiddenStates<float>>);
  CHECK(detail::sequences_of(x).token(0, 0) == x.data());
  const seqpool::PackedStates<float> packed(nullptr, {0, 1}, std::array{0});
  CHECK(&detail::sequences_of(packed) == &packed);
}
