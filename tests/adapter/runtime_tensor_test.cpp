// SPDX-License-Identifier: MIT
#include <seqpool/adapter/runtime_tensor.hpp>
#include <seqpool/pooling/mean.hpp>

#include <array>
#include <cstdint>
#include <type_traits>

#include "support/catch.hpp"
#include "support/runtime_tensor.hpp"

namespace {

struct Unknown {};

const std::array<float, 12> numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

}  // namespace

using seqpool::adapter::Element;
using seqpool::adapter::RuntimeTensor;
using seqpool_test::Tensor;

static_assert(RuntimeTensor<Tensor> && !RuntimeTensor<Unknown> && !RuntimeTensor<int>);

TEST_CASE("A tensor of one's own is viewed by what Access says of it", "[adapter]") {
  const Tensor dense{{numbers.data(), Element::float32, "f32", {2, 3, 2}, {}}};
  const auto x = seqpool::adapter::hidden_states<float>(dense);
  CHECK(x.batch() == 2);
  CHECK(x.seq() == 3);
  CHECK(x.hidden() == 2);
  CHECK(x.token(1, 2) == numbers.data() + 10);

  const Tensor strided{{numbers.data(), Element::float32, "f32", {2, 2, 3}, {6, 1, 2}}};
  const auto y = seqpool::adapter::hidden_states<float>(strided);
  CHECK(y.token(1, 1) == numbers.data() + 7);
  CHECK(y.hidden_stride() == 2);
}

TEST_CASE("Of a tensor that has no rank, dimensions of 1 are left out in front", "[adapter]") {
  const Tensor sequences{{numbers.data(), Element::float32, "f32", {1, 2, 3, 2}, {99, 6, 2, 1}, false}};
  const auto x = seqpool::adapter::hidden_states<float>(sequences);
  CHECK(x.batch() == 2);
  CHECK(x.token(1, 2) == numbers.data() + 10);
  const Tensor one{{numbers.data(), Element::float32, "f32", {1, 1, 3, 2}, {}, false}};
  CHECK(seqpool::adapter::hidden_states<float>(one).batch() == 1);
  CHECK(seqpool::adapter::hidden_states<float>(one).seq() == 3);
  const Tensor too_many{{numbers.data(), Element::float32, "f32", {2, 1, 3, 2}, {}, false}};
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(too_many),
                    "seqpool: hidden states must be [batch, seq, hidden], but the tensor is [2, 1, 3, 2]");
}

TEST_CASE("Every element type that a mask may have is read as itself alone", "[adapter]") {
  const auto as = [&]<class M>(std::type_identity<M>, Element element) {
    const std::array<M, 6> values{M(1), M(1), M(0), M(1), M(0), M(0)};
    const Tensor tensor{{values.data(), element, "a type", {2, 3}, {}}};
    const auto mask = seqpool::adapter::mask<M>(tensor);
    CHECK(mask.next_run(0, {0, 3}).end == 2);
    CHECK(mask.next_run(1, {0, 3}).end == 1);
    for (int other = 0; other <= static_cast<int>(Element::other); ++other)
      if (static_cast<Element>(other) != element) {
        const Tensor wrong{{values.data(), static_cast<Element>(other), "a type", {2, 3}, {}}};
        CHECK_THROWS_AS(seqpool::adapter::mask<M>(wrong), std::invalid_argument);
      }
  };
  as(std::type_identity<float>{}, Element::float32);
  as(std::type_identity<double>{}, Element::float64);
  as(std::type_identity<Eigen::half>{}, Element::float16);
  as(std::type_identity<Eigen::bfloat16>{}, Element::bfloat16);
  as(std::type_identity<long>{}, Element::int64);
  as(std::type_identity<long long>{}, Element::int64);
  as(std::type_identity<std::int32_t>{}, Element::int32);
  as(std::type_identity<std::int16_t>{}, Element::int16);
  as(std::type_identity<std::int8_t>{}, Element::int8);
  as(std::type_identity<std::uint8_t>{}, Element::uint8);
  as(std::type_identity<bool>{}, Element::boolean);
}

TEST_CASE("visit hands over the type that the tensor holds", "[adapter]") {
  const std::array<Eigen::bfloat16, 2> values{Eigen::bfloat16(3.0f), Eigen::bfloat16(5.0f)};
  const Tensor tensor{{values.data(), Element::bfloat16, "bf16", {1, 2, 1}, {}}};
  const auto pooled = seqpool::adapter::visit(tensor, [](const auto& x) { return seqpool::mean_pool(x); });
  static_assert(std::same_as<decltype(pooled), const Eigen::Tensor<float, 2, Eigen::RowMajor>>);
  CHECK(pooled(0, 0) == 4.0f);

  const auto size = [](const auto& x) { return sizeof(*x.token(0, 0)); };
  const Tensor wide{{numbers.data(), Element::float64, "f64", {1, 2, 1}, {}}};
  CHECK(seqpool::adapter::visit<float, double>(wide, size) == 8);
  const Tensor narrow{{numbers.data(), Element::float32, "f32", {1, 2, 1}, {}}};
  CHECK(seqpool::adapter::visit<float, double>(narrow, size) == 4);
  CHECK(seqpool::adapter::visit(narrow, size) == 4);
  CHECK_THROWS_WITH(seqpool::adapter::visit(wide, size),
                    "seqpool: hidden states hold f64, which is none of the types that visit was given");
  int calls = 0;
  seqpool::adapter::visit(narrow, [&](const auto&) { ++calls; });  // an f that gives nothing
  CHECK(calls == 1);
}

TEST_CASE("What does not fit is said in the runtime's words and in ours", "[adapter]") {
  const Tensor half{{numbers.data(), Element::float16, "f16", {1, 2, 2}, {}}};
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(half),
                    "seqpool: hidden states hold f16, and are read as float: write hidden_states<Eigen::half>(tensor)");
  const Tensor ids{{numbers.data(), Element::int64, "i64", {2, 3}, {}}};
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(ids),
                    "seqpool: hidden states hold i64, and are read as float");
  CHECK_THROWS_WITH(seqpool::adapter::mask<std::int32_t>(ids),
                    "seqpool: mask values hold i64, and are read as std::int32_t: write mask<std::int64_t>(tensor)");
  const Tensor strings{{numbers.data(), Element::other, "string", {2, 3}, {}}};
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(strings), "seqpool: mask values hold string, and are read as float");
  CHECK_THROWS_AS(seqpool::adapter::mask<std::uint64_t>(strings), std::invalid_argument);  // both are "other"

  const Tensor pooled{{numbers.data(), Element::float32, "f32", {2, 6}, {}}};
  CHECK_THROWS_WITH(
      seqpool::adapter::hidden_states<float>(pooled),
      "seqpool: hidden states must be [batch, seq, hidden], but the tensor is [2, 6]; is it another output, "
      "pooled already?");
  const Tensor four{{numbers.data(), Element::float32, "f32", {1, 2, 3, 2}, {}}};
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(four),
                    "seqpool: hidden states must be [batch, seq, hidden], but the tensor is [1, 2, 3, 2]");
  CHECK_THROWS_WITH(seqpool::adapter::mask<float>(four),
                    "seqpool: mask values must be [batch, seq], but the tensor is [1, 2, 3, 2]");
  const Tensor odd{{reinterpret_cast<const char*>(numbers.data()) + 2, Element::float32, "f32", {1, 2, 2}, {}}};
  CHECK_THROWS_WITH(seqpool::adapter::hidden_states<float>(odd),
                    "seqpool: hidden states begin at an address that is no multiple of 4, the alignment of float: copy "
                    "them first");
  const Tensor nothing{{nullptr, Element::float32, "f32", {1, 2, 2}, {}}};
  CHECK_THROWS_AS(seqpool::adapter::hidden_states<float>(nothing), std::invalid_argument);
}
