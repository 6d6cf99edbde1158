// SPDX-License-Identifier: MIT
#include <seqpool/train/detail/parameter_file.hpp>

#include <array>
#include <limits>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;
using seqpool::io::Safetensors;

namespace {

// Parameters of so many dimensions.
struct Dimensions {
  std::vector<Index> shape;
  std::vector<float> numbers{1, 2, 3, 4, 5, 6};

  void visit_parameters(auto f) const {
    f("x", std::span<const float>(numbers).first(shape.empty() ? 1 : 6), std::span<const Index>(shape), true);
  }
};

Safetensors written(const auto& model, const std::vector<std::string>& labels = {}) {
  seqpool::io::SafetensorsWriter writer;
  seqpool::visit_parameters(seqpool::detail::model_of(model), seqpool::detail::ParameterWriter{writer});
  seqpool::detail::add_description(writer, model, labels);
  return Safetensors::from_bytes(writer.bytes());
}

seqpool::Linear<float> linear(Index out) {
  return seqpool::Linear<float>(Eigen::MatrixXf::Ones(out, 3), std::vector<float>(static_cast<std::size_t>(out)));
}

}  // namespace

TEST_CASE("a parameter is a tensor of its shape, of up to 4 dimensions", "[parameter_file]") {
  for (const std::vector<Index>& shape : {std::vector<Index>{}, {6}, {2, 3}, {1, 3, 2}, {3, 1, 2, 1}}) {
    const auto file = written(Dimensions{shape});
    CHECK(file.info("x").shape == std::vector<std::int64_t>(shape.begin(), shape.end()));
    CHECK(file.info("x").dtype == seqpool::io::DType::f32);
  }
  CHECK(written(Dimensions{{2, 3}}).names() == std::vector<std::string>{"x"});
  const auto file = written(Dimensions{{2, 3}});
  CHECK(file.tensor<float, 2>("x")(1, 0) == 4);
  CHECK_THROWS_WITH(written(Dimensions{{6, 1, 1, 1, 1}}), ct::has_substring("x has 5 dimensions, and may have 4"));
}

TEST_CASE("the description says what was fitted", "[parameter_file]") {
  const seqpool::Classifier classifier{seqpool::Mean{}, linear(3)};
  seqpool::Fitted<std::remove_const_t<decltype(classifier)>> fitted{classifier, 0.1, 1e-9, 7, 5, true, 10};
  const auto file = written(fitted, {"sun", "m\"oon", "Mars\n\xC3\xA4"});
  CHECK(file.metadata() ==
        std::map<std::string, std::string>{{"format", "pt"},
                                           {"seqpool", SEQPOOL_TEST_CMAKE_VERSION},
                                           {"pooling", "mean"},
                                           {"C", "10"},
                                           {"loss", "0.1"},
                                           {"converged", "true"},
                                           {"labels", "[\"sun\", \"m\\\"oon\", \"Mars\\n\xC3\xA4\"]"}});
  fitted.converged = false;
  fitted.C = std::numeric_limits<double>::infinity();
  const auto other = written(fitted);
  CHECK(other.metadata().at("converged") == "false");
  CHECK(other.metadata().at("C") == "inf");
  CHECK_FALSE(other.metadata().contains("labels"));
  // Of what was not fitted here it says less.
  const auto unfitted = written(classifier), head = written(linear(2));
  CHECK(unfitted.metadata() == std::map<std::string, std::string>{
                                   {"format", "pt"}, {"seqpool", SEQPOOL_TEST_CMAKE_VERSION}, {"pooling", "mean"}});
  CHECK(head.metadata().size() == 2);
}

TEST_CASE("labels are as many as classes, and text", "[parameter_file]") {
  CHECK_NOTHROW(written(linear(1), {"no", "yes"}));
  CHECK_NOTHROW(written(linear(1), {"yes"}));
  CHECK_THROWS_WITH(written(linear(1), {"a", "b", "c"}), ct::has_substring("there are 3 labels, but 1 outputs"));
  CHECK_THROWS_WITH(written(linear(3), {"a", "b"}), ct::has_substring("there are 2 labels, but 3 outputs"));
  CHECK_THROWS_WITH(written(linear(2), {"a", "\xFF"}), ct::has_substring("label '?' is not valid UTF-8"));
}

TEST_CASE("a linear head is found where it is alone", "[parameter_file]") {
  const seqpool::Linear<float> head = linear(2);
  const seqpool::Classifier alone{seqpool::Mean{}, head};
  const seqpool::Classifier two{seqpool::Mean{}, head, seqpool::Normalize{}};
  CHECK(seqpool::detail::linear_of(head).out() == 2);
  CHECK(seqpool::detail::linear_of(alone).out() == 2);
  STATIC_REQUIRE(std::is_same_v<decltype(seqpool::detail::linear_of(two)), seqpool::detail::NoLinear>);
  STATIC_REQUIRE(std::is_same_v<decltype(seqpool::detail::linear_of(seqpool::Mean{})), seqpool::detail::NoLinear>);
}
