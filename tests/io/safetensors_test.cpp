// SPDX-License-Identifier: MIT
#include <seqpool/io/safetensors.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/resource.h>
#include <sys/stat.h>
#endif

#include <algorithm>
#include <array>
#include <concepts>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "io/files.hpp"
#include "support/catch.hpp"

namespace {

namespace io = seqpool::io;

using Bytes = std::vector<std::byte>;

Bytes bytes_of(const std::string& text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

// A file from its three parts; the length field tells the truth unless the test says otherwise.
Bytes file_of(const std::string& header, const std::string& data = "", std::uint64_t length = ~std::uint64_t{0}) {
  if (length == ~std::uint64_t{0}) length = header.size();
  std::string prefix(sizeof length, '\0');
  std::memcpy(prefix.data(), &length, sizeof length);
  return bytes_of(prefix + header + data);
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

// The message of the Error that opening these bytes as "bad.safetensors" ends in, or "" if it opens.
std::string refusal(const Bytes& file) {
  try {
    static_cast<void>(io::Safetensors::from_bytes(file, "bad.safetensors"));
  } catch (const io::Error& error) {
    return error.what();
  }
  return "";
}

// The same for one tensor "w" that is described by `entry`.
std::string refusal_of_entry(const std::string& entry, std::size_t data_size) {
  return refusal(file_of(R"({"w":)" + entry + "}", zeros(data_size)));
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

void check_file_rule(const std::string& message, const std::string& rule) {
  CHECK(message.starts_with("seqpool: bad.safetensors: "));
  CHECK_THAT(message, ct::has_substring(rule));
}

void check_tensor_rule(const std::string& message, const std::string& rule, const std::string& tensor = "w") {
  CHECK(message.starts_with("seqpool: bad.safetensors: tensor '" + tensor + "': "));
  CHECK_THAT(message, ct::has_substring(rule));
}

// Some value that is different for each i and exact in every type.
template <class T> T value(std::size_t i) {
  if constexpr (std::same_as<T, bool>)
    return i % 3 == 1;
  else if constexpr (std::integral<T>)
    return static_cast<T>(i + 1);
  else
    return static_cast<T>(static_cast<float>(i) - 3.5F);
}

template <class T, int Rank, int Layout>
Eigen::Tensor<T, Rank, Layout> counted(const std::array<seqpool::Index, static_cast<std::size_t>(Rank)>& shape) {
  Eigen::Tensor<T, Rank, Layout> tensor(shape);
  for (seqpool::Index i = 0; i < tensor.size(); ++i) tensor.data()[i] = value<T>(static_cast<std::size_t>(i));
  return tensor;
}

template <class T> void check_bytes_equal(const T* a, const T* b, seqpool::Index size) {
  CHECK(reinterpret_cast<std::uintptr_t>(a) % alignof(T) == 0);
  for (seqpool::Index i = 0; i < size; ++i) REQUIRE(a[i] == b[i]);
}

// Reads every element of every tensor, as any rank-0 to rank-3 user would.
template <class T> double touch(const io::Safetensors& file, const std::string& name) {
  const auto sum = [](const auto& view) {
    double total = 0;
    for (seqpool::Index i = 0; i < view.size(); ++i) total += static_cast<double>(static_cast<float>(view.data()[i]));
    return total;
  };
  switch (file.info(name).shape.size()) {
    case 0:
      return sum(file.tensor<T, 0>(name));
    case 1:
      return sum(file.tensor<T, 1>(name));
    case 2:
      return sum(file.tensor<T, 2>(name));
    case 3:
      return sum(file.tensor<T, 3>(name));
    default:
      return 0;
  }
}

double touch_all(const io::Safetensors& file) {
  double total = 0;
  for (const auto& name : file.names()) {
    switch (file.info(name).dtype) {
      case io::DType::f64:
        total += touch<double>(file, name);
        break;
      case io::DType::f32:
        total += touch<float>(file, name);
        break;
      case io::DType::f16:
        total += touch<Eigen::half>(file, name);
        break;
      case io::DType::bf16:
        total += touch<Eigen::bfloat16>(file, name);
        break;
      case io::DType::i64:
        total += touch<std::int64_t>(file, name);
        break;
      case io::DType::i32:
        total += touch<std::int32_t>(file, name);
        break;
      case io::DType::u8:
        total += touch<std::uint8_t>(file, name);
        break;
      case io::DType::boolean:
        total += touch<bool>(file, name);
        break;
      case io::DType::other:
        CHECK_THROWS_AS(touch<float>(file, name), io::Error);
        break;
    }
  }
  return total;
}

}  // namespace

TEST_CASE("a tensor of fixed size is written like any other") {
  Eigen::TensorFixedSize<float, Eigen::Sizes<2, 3>> fixed;
  fixed.setValues({{1, 2, 3}, {4, 5, 6}});
  seqpool::io::SafetensorsWriter writer;
  writer.add("fixed", fixed);
  const auto file = seqpool::io::Safetensors::from_bytes(writer.bytes());
  CHECK(file.tensor<float, 2>("fixed", {2, 3})(1, 0) == 4);
}

TEST_CASE("a file shorter than its length field is refused", "[safetensors]") {
  const std::size_t size = GENERATE(0U, 1U, 7U);
  check_file_rule(refusal(bytes_of(zeros(size))), "the file has " + std::to_string(size) + " bytes");
}

TEST_CASE("the header length is held against the limit and the file size", "[safetensors]") {
  const std::uint64_t huge = (std::numeric_limits<std::uint64_t>::max)();
  check_file_rule(refusal(file_of("{}", "", 3)), "the header length 3 is more than the 2 bytes that follow it");
  check_file_rule(refusal(file_of("{}", "", 100'000'000)), "the header length 100000000 is more than the 2 bytes");
  check_file_rule(refusal(file_of("{}", "", 100'000'001)), "100000001 is above the limit of 100000000 bytes");
  // 8 + length wraps to a small number for the first eight of these.
  for (std::uint64_t below = 1; below < 10; ++below) {
    check_file_rule(refusal(file_of("{}", "", huge - below)), "is above the limit");
  }
  check_file_rule(refusal(file_of("", "")), "does not start with '{'");
}

TEST_CASE("the header is one JSON object, followed by spaces only", "[safetensors]") {
  CHECK(refusal(file_of("{}")).empty());
  CHECK(refusal(file_of("{}      ")).empty());
  for (const char* header : {" {}", "\n{}", "[]", "\"{}\"", "\xEF\xBB\xBF{}", "}"}) {
    check_file_rule(refusal(file_of(header)), "the header does not start with '{'");
  }
  for (const char* header : {"{", "{}\n", "{} \t ", "{}x", "{} \xFF", "{\"a\""}) {
    check_file_rule(refusal(file_of(header)), "the header does not end with '}' and spaces");
  }
  for (const char* header : {"{}}", "{}{}", "{} {}", "{,}", "{\"a\":}", "{'a':1}", "{/**/}", "{\"a\" {}}"}) {
    check_file_rule(refusal(file_of(header)), "the header is not valid JSON at byte ");
  }
  check_file_rule(refusal(file_of(std::string("{}\0x}", 5))), "the header holds a zero byte");
}

TEST_CASE("text in the header is UTF-8", "[safetensors]") {
  check_file_rule(refusal(file_of("{\"__metadata__\":{\"\xFF\":\"a\"}}")), "not valid JSON");
  check_file_rule(refusal(file_of("{\"__metadata__\":{\"a\":\"\xC0\x80\"}}")), "not valid JSON");
  check_file_rule(refusal(file_of("{\"\xED\xA0\x80\":{}}")), "not valid JSON");
  check_file_rule(refusal(file_of(R"({"\ud800":{}})")), "not valid JSON");
  CHECK(refusal(file_of("{\"__metadata__\":{\"\xC3\xA4\":\"\\u00e4\"}}")).empty());
}

TEST_CASE("the header nests three levels and never deeper", "[safetensors]") {
  const auto nested = [](char open, std::size_t depth) { return std::string(depth, open); };
  check_tensor_rule(refusal(file_of(R"({"w":)" + nested('[', 1'000'000) + "}")), "expected an object, found an array");
  check_tensor_rule(refusal_of_entry(R"({"shape":)" + nested('[', 1'000'000) + "}", 0),
                    "no further level, found an array");
  check_tensor_rule(refusal_of_entry(R"({"shape":[{"a":1}]})", 0), "no further level, found an object");
  check_tensor_rule(refusal_of_entry(R"({"shape":{"a":1}})", 0), "shape must be an array, found an object");
  check_file_rule(refusal(file_of(R"({"__metadata__":{"k":{"a":"b"}}})")), "found an object");
  std::string deep = "{";
  for (int i = 0; i < 100'000; ++i) deep += R"("a":{)";
  check_tensor_rule(refusal(file_of(deep + "}")), "unknown key 'a'", "a");
}

TEST_CASE("a key may not appear twice, at any level", "[safetensors]") {
  const std::string w = entry("U8", "[1]", "[0,1]");
  check_tensor_rule(refusal(file_of(R"({"w":)" + w + R"(,"w":)" + w + "}", zeros(1))), "the key 'w' appears twice");
  check_tensor_rule(refusal(file_of(R"({"w":)" + w + R"(,"\u0077":)" + w + "}", zeros(1))), "appears twice");
  check_tensor_rule(refusal_of_entry(R"({"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]})", 1),
                    "the key 'dtype' appears twice");
  check_tensor_rule(refusal_of_entry(R"({"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]})", 1),
                    "the key 'shape' appears twice");
  check_tensor_rule(refusal_of_entry(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]})", 1),
                    "the key 'data_offsets' appears twice");
  check_file_rule(refusal(file_of(R"({"__metadata__":{"k":"1","k":"1"}})")), "__metadata__: the key 'k' appears twice");
  check_file_rule(refusal(file_of(R"({"__metadata__":{},"__metadata__":{}})")), "'__metadata__' appears twice");
}

TEST_CASE("__metadata__ is an object of strings", "[safetensors]") {
  const auto metadata = [](const std::string& json) { return refusal(file_of(R"({"__metadata__":)" + json + "}")); };
  CHECK(metadata("{}").empty());
  check_file_rule(metadata("null"), "__metadata__: expected an object, found null");
  check_file_rule(metadata("\"text\""), "__metadata__: expected an object, found a string");
  check_file_rule(metadata("[]"), "__metadata__: expected an object, found an array");
  check_file_rule(metadata(R"({"k":1})"), "__metadata__: the value of 'k' must be a string, found the number 1");
  check_file_rule(metadata(R"({"k":-1})"), "found the number -1");
  check_file_rule(metadata(R"({"k":1.5})"), "found the number 1.5");
  check_file_rule(metadata(R"({"k":null})"), "found null");
  check_file_rule(metadata(R"({"k":true})"), "found a boolean");
  check_file_rule(metadata(R"({"k":["a"]})"), "found an array");
}

TEST_CASE("a tensor is an object of dtype, shape and data_offsets, no more and no less", "[safetensors]") {
  CHECK(refusal_of_entry(entry("U8", "[1]", "[0,1]"), 1).empty());
  CHECK(refusal_of_entry(R"({"data_offsets":[0,1],"shape":[1],"dtype":"U8"})", 1).empty());
  check_tensor_rule(refusal_of_entry("1", 0), "expected an object, found the number 1");
  check_tensor_rule(refusal_of_entry("null", 0), "expected an object, found null");
  check_tensor_rule(refusal_of_entry("\"F32\"", 0), "expected an object, found a string");
  check_tensor_rule(refusal_of_entry("{}", 0), "dtype is missing");
  check_tensor_rule(refusal_of_entry(R"({"shape":[1],"data_offsets":[0,1]})", 1), "dtype is missing");
  check_tensor_rule(refusal_of_entry(R"({"dtype":"U8","data_offsets":[0,1]})", 1), "shape is missing");
  check_tensor_rule(refusal_of_entry(R"({"dtype":"U8","shape":[1]})", 1), "data_offsets is missing");
  check_tensor_rule(refusal_of_entry(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"strides":[1]})", 1),
                    "unknown key 'strides'");
  // What one tensor said must not stand in for what the next one leaves out.
  const std::string first = R"({"a":)" + entry("U8", "[1]", "[0,1]");
  check_tensor_rule(refusal(file_of(first + R"(,"w":{}})", zeros(1))), "dtype is missing");
  check_tensor_rule(refusal(file_of(first + R"(,"w":{"dtype":"U8"}})", zeros(1))), "shape is missing");
  check_tensor_rule(refusal(file_of(first + R"(,"w":{"dtype":"U8","shape":[0]}})", zeros(1))),
                    "data_offsets is missing");
}

TEST_CASE("a dtype is a text, and of what is not read a file may have any", "[safetensors]") {
  for (const std::string dtype : {"", "f32", "F8_E4M3", "F8_E5M2", "F4", "U16", "I8", "C64", "F32 ", "BOOLEAN"}) {
    // Three bytes of it, as only the file knows how many that are, and beside them a tensor that is read.
    const auto file = io::Safetensors::from_bytes(
        file_of(R"({"q":)" + entry(dtype, "[2,3]", "[0,3]") + R"(,"w":)" + entry("U8", "[1]", "[3,4]") + "}", "abcd"),
        "some.safetensors");
    CHECK(file.tensor<std::uint8_t, 1>("w")(0) == 'd');
    CHECK(file.info("q").dtype == io::DType::other);
    CHECK(file.info("q").dtype_text() == dtype);
    CHECK(file.info("q").shape == std::vector<seqpool::Index>{2, 3});
    CHECK(file.info("w").dtype_text() == "U8");
    const std::string found = "found " + dtype + " [2, 3]";
    CHECK_THROWS_WITH((file.tensor<float, 2>("q")),
                      ct::has_substring("tensor 'q': wrong dtype: wanted F32 [any, any]"));
    CHECK_THROWS_WITH((file.tensor<float, 2>("q")), ct::has_substring(found));
    CHECK_THROWS_WITH((file.tensor<std::uint8_t, 2>("q")), ct::has_substring(found));
    CHECK_THROWS_WITH((file.tensor<bool, 2>("q", {2, 3})), ct::has_substring(found));
    // Where its bytes lie is checked as ever.
    const auto refused = [&](const std::string& offsets, const std::string& shape, const std::string& rule) {
      check_tensor_rule(refusal_of_entry(entry(dtype, shape, offsets), 4), rule);
    };
    refused("[3,2]", "[1]", "end before they begin");
    refused("[0,5]", "[1]", "exceed the 4 bytes");
    refused("[1,4]", "[1]", "the data bytes [0, 1) before it belong to no tensor");
    check_file_rule(refusal_of_entry(entry(dtype, "[1]", "[0,3]"), 4), "the last data bytes [3, 4)");
    refused("[0,4]", "[4611686018427387904,4]", "overflows");
  }
  check_tensor_rule(refusal_of_entry(R"({"dtype":1})", 0), "dtype must be a string, found the number 1");
  check_tensor_rule(refusal_of_entry(R"({"dtype":["F32"]})", 0), "dtype must be a string, found an array");
  const auto hostile = io::Safetensors::from_bytes(
      file_of(R"({"q":)" + entry(std::string(1000, 'F') + "\\u202e", "[0]", "[0,0]") + "}"), "some.safetensors");
  CHECK_THROWS_WITH((hostile.tensor<float, 1>("q")), ct::has_substring("found " + std::string(80, 'F') + "... [0]"));
  CHECK(io::dtype_name(io::DType::other) == "?");
  CHECK_FALSE(io::dtype_from_name("?"));
  CHECK(io::dtype_size(io::DType::other) == 0);
}

TEST_CASE("a file that is not what its name says is called what it is", "[safetensors]") {
  const auto start = [](const std::string& text) { return text + std::string(100, 'x'); };
  const auto says = [&](const std::string& file, const std::string& kind) {
    INFO(kind);
    check_file_rule(refusal(bytes_of(file)), kind);
  };
  says("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "the file is a pointer of Git LFS");
  says("version https://git-lfs.github.com/spec/v1\n", "run git lfs pull");
  says("<!DOCTYPE html><html>", "the file is a page of HTML or XML");
  says("\n  <?xml version=\"1.0\"?>", "the file is a page of HTML or XML");
  says("<html", "the file is a page of HTML or XML");
  says(start(std::string("PK\3\4\0\0\0\0", 8)), "the file is a Python pickle, as torch.save writes it");
  says(start(std::string("\x80\2\x8a\nl\xfc\x9c", 7)), "examples/convert/to_safetensors.py FILE");
  says(start("\x80\5\x95"), "the file is a Python pickle");
  says(start(std::string("\x1f\x8b\x08\0\0\0\0\0", 8)), "the file is compressed; unpack it first");
  says(start("BZh9"), "compressed");
  says(start("\xfd"
             "7zXZ"),
       "compressed");
  says(start("\x28\xb5\x2f\xfd"), "compressed");
  says(start("GGUF"), "the file is GGUF, of llama.cpp");
  says(start("\x89HDF\r\n"), "the file is HDF5");
  says(start("\x93NUMPY"), "the file is an array of NumPy");
  says("{\"error\": \"x\"}", "the file is text that begins with '{\"error\": \"x\"}'");
  says("Entry not found\nof all", "the file is text that begins with 'Entry not found'");
  says(std::string(1000, 'a'), "text that begins with '" + std::string(60, 'a') + "...'");
  says("", "the file has 0 bytes: it is empty");
  // What is broken and none of these is refused by its rule, whatever its length looks like.
  for (const std::uint64_t length : {0x3cU, 0x0a20U, 0x8b1fU, 0x0280U, 0x7bU})
    check_file_rule(refusal(file_of("{}", "", length)), "is more than the 2 bytes that follow it");
  check_file_rule(refusal(bytes_of(std::string("\x80\2\1\0\0\0\0\0", 8))), "bytes that follow it");
  check_file_rule(refusal(bytes_of("\x80\6\x95xxxxxxx")), "is above the limit");
  // And what is right is read, whatever it begins with.
  for (const std::size_t length : {0x3cU, 0x0280U, 0x8b1fU, 0x6568U})
    CHECK(refusal(file_of("{}" + std::string(length - 2, ' '))).empty());
}

TEST_CASE("a shape holds non-negative integers that fit seqpool::Index, and at most 32 of them", "[safetensors]") {
  const auto shape = [](const std::string& sizes) { return refusal_of_entry(entry("U8", sizes, "[0,0]"), 0); };
  for (const char* number : {"1e3", "2.0", "-1", "0.0", "1E2", "18446744073709551616", "1e400"}) {
    const auto message = shape("[0," + std::string(number) + "]");
    CHECK_THAT(message, ct::has_substring("bad.safetensors: "));
    CHECK_THAT(message,
               ct::has_substring("shape must hold non-negative integers") || ct::has_substring("not valid JSON"));
  }
  check_tensor_rule(shape("[-1]"), "found the number -1");
  check_tensor_rule(shape("[-0]"), "found the number 0");
  check_tensor_rule(shape("[18446744073709551616]"), "found the number 18446744073709551616");
  check_tensor_rule(shape("[0,9223372036854775808]"), "9223372036854775808 in shape does not fit seqpool::Index");
  check_tensor_rule(shape("[18446744073709551615]"), "18446744073709551615 in shape does not fit seqpool::Index");
  check_tensor_rule(shape("[\"1\"]"), "found a string");
  check_tensor_rule(shape("[null]"), "found null");
  check_tensor_rule(shape("[true]"), "found a boolean");
  check_tensor_rule(shape("1"), "shape must be an array, found the number 1");
  check_tensor_rule(shape("null"), "shape must be an array, found null");

  const auto ones = [](int rank) {
    std::string sizes = "[1";
    for (int i = 1; i < rank; ++i) sizes += ",1";
    return entry("U8", sizes + "]", "[0,1]");
  };
  CHECK(refusal_of_entry(ones(32), 1).empty());
  check_tensor_rule(refusal_of_entry(ones(33), 1), "shape holds more than 32 numbers");
}

TEST_CASE("data_offsets are two integers in order and inside the data", "[safetensors]") {
  const auto offsets = [](const std::string& list) { return refusal_of_entry(entry("U8", "[2]", list), 2); };
  CHECK(offsets("[0,2]").empty());
  check_tensor_rule(offsets("[]"), "data_offsets holds 0 numbers, expected 2");
  check_tensor_rule(offsets("[0]"), "data_offsets holds 1 numbers, expected 2");
  check_tensor_rule(offsets("[0,2,2]"), "data_offsets holds more than 2 numbers");
  check_tensor_rule(offsets("[0,2.0]"), "data_offsets must hold non-negative integers");
  check_tensor_rule(offsets("[-1,1]"), "found the number -1");
  check_tensor_rule(offsets("2"), "data_offsets must be an array");
  check_tensor_rule(offsets("[2,0]"), "data_offsets [2, 0) end before they begin");
  check_tensor_rule(offsets("[1,3]"), "data_offsets [1, 3) exceed the 2 bytes of data");
  check_tensor_rule(offsets("[18446744073709551614,18446744073709551615]"), "exceed the 2 bytes of data");
  check_tensor_rule(offsets("[18446744073709551615,1]"), "end before they begin");
}

TEST_CASE("the bytes are as many as dtype and shape say, and the product cannot wrap", "[safetensors]") {
  check_tensor_rule(refusal_of_entry(entry("F32", "[2,3]", "[0,20]"), 20),
                    "F32 [2, 3] takes 24 bytes, data_offsets [0, 20) hold 20");
  check_tensor_rule(refusal_of_entry(entry("F32", "[]", "[0,0]"), 0), "F32 [] takes 4 bytes");
  // Each product is 0 or 4 modulo 2^64.
  for (const char* sizes : {"[4294967296,4294967296]", "[4611686018427387904]", "[2305843009213693952,8]",
                            "[4294967296,4294967296,4294967296,4294967296]", "[9223372036854775807,2]"}) {
    check_tensor_rule(refusal_of_entry(entry("F32", sizes, "[0,0]"), 0), "in bytes overflows");
  }
  check_tensor_rule(refusal_of_entry(entry("F32", "[4611686018427387905]", "[0,4]"), 4), "in bytes overflows");
  // No bytes at all, but whoever forms the strides of these would overflow.
  for (const char* sizes : {"[4294967296,4294967296,0]", "[0,4294967296,4294967296]", "[4294967296,0,4294967296]"}) {
    check_tensor_rule(refusal_of_entry(entry("F32", sizes, "[0,0]"), 0), "in bytes overflows");
  }
  CHECK(refusal_of_entry(entry("F32", "[1099511627776,0]", "[0,0]"), 0).empty());
}

TEST_CASE("tensors may not overlap", "[safetensors]") {
  const auto two = [](const char* a, const char* b) {
    return refusal(file_of(R"({"a":)" + entry("U8", "[4]", a) + R"(,"w":)" + entry("U8", "[4]", b) + "}", zeros(8)));
  };
  CHECK(two("[0,4]", "[4,8]").empty());
  CHECK(two("[4,8]", "[0,4]").empty());
  check_tensor_rule(two("[0,4]", "[3,7]"), "data_offsets [3, 7) overlap [0, 4) of tensor 'a'");
  CHECK_THAT(two("[0,4]", "[0,4]"), ct::has_substring("data_offsets [0, 4) overlap [0, 4)"));
  const std::string inside = R"({"a":)" + entry("U8", "[8]", "[0,8]") + R"(,"w":)" + entry("U8", "[2]", "[3,5]") + "}";
  check_tensor_rule(refusal(file_of(inside, zeros(8))), "data_offsets [3, 5) overlap [0, 8) of tensor 'a'");
}

TEST_CASE("every byte of the data belongs to a tensor", "[safetensors]") {
  check_file_rule(refusal(file_of("{}", "x")), "the last data bytes [0, 1) belong to no tensor");
  check_file_rule(refusal_of_entry(entry("U8", "[2]", "[0,2]"), 5), "the last data bytes [2, 5) belong to no tensor");
  check_tensor_rule(refusal_of_entry(entry("U8", "[2]", "[1,3]"), 3), "the data bytes [0, 1) before it");
  const std::string gap = R"({"a":)" + entry("U8", "[2]", "[0,2]") + R"(,"w":)" + entry("U8", "[2]", "[3,5]") + "}";
  check_tensor_rule(refusal(file_of(gap, zeros(5))), "the data bytes [2, 3) before it belong to no tensor");
}

TEST_CASE("a tensor without elements lies where others begin or end", "[safetensors]") {
  const auto with_empty_at = [](const char* offsets) {
    return file_of(R"({"a":)" + entry("F32", "[2]", "[0,8]") + R"(,"b":)" + entry("U8", "[2]", "[8,10]") + R"(,"w":)" +
                       entry("F32", "[3,0]", offsets) + R"(,"x":)" + entry("U8", "[0]", offsets) + "}",
                   zeros(10));
  };
  SECTION("there it is a view of nothing") {
    const char* offsets = GENERATE("[0,0]", "[8,8]", "[10,10]");
    const auto file = io::Safetensors::from_bytes(with_empty_at(offsets));
    const auto w = file.tensor<float, 2>("w", {3, 0});
    CHECK(w.dimension(0) == 3);
    CHECK(w.size() == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(w.data()) % alignof(float) == 0);
  }
  SECTION("elsewhere it is refused, as the reference implementation does") {
    check_tensor_rule(refusal(with_empty_at("[1,1]")), "data_offsets [1, 1) lie inside [0, 8) of tensor 'a'");
    check_tensor_rule(refusal(with_empty_at("[7,7]")), "data_offsets [7, 7) lie inside [0, 8) of tensor 'a'");
    check_tensor_rule(refusal(with_empty_at("[9,9]")), "data_offsets [9, 9) lie inside [8, 10) of tensor 'b'");
    check_tensor_rule(refusal(with_empty_at("[11,11]")), "exceed the 10 bytes");
    check_tensor_rule(refusal_of_entry(entry("F32", "[0]", "[9,9]"), 0), "exceed the 0 bytes");
    check_tensor_rule(refusal_of_entry(entry("U8", "[0]", "[4,4]"), 8), "the data bytes [0, 4) before it");
  }
}

TEST_CASE("a BOOL byte is 0 or 1", "[safetensors]") {
  const std::string header = R"({"w":)" + entry("BOOL", "[3]", "[0,3]") + "}";
  CHECK(refusal(file_of(header, std::string("\1\0\1", 3))).empty());
  check_tensor_rule(refusal(file_of(header, std::string("\0\1\2", 3))), "a BOOL must be 0 or 1, found 2 at element 2");
  check_tensor_rule(refusal(file_of(header, std::string("\xFF\0\1", 3))), "found 255 at element 0");
}

TEST_CASE("what a file calls its tensors cannot garble a message", "[safetensors]") {
  const auto message = refusal(file_of(R"({"a\u001b[31m\nb":1})"));
  CHECK_THAT(message, ct::has_substring("tensor 'a?[31m?b': "));
  const auto long_name = refusal(file_of("{\"" + std::string(100'000, 'x') + "\":1}"));
  CHECK_THAT(long_name, ct::has_substring("xxx...': expected an object"));
  CHECK(long_name.size() < 200);
  // "ä" is two bytes, and the limit falls between them.
  std::string umlauts = "x";
  for (int i = 0; i < 100; ++i) umlauts += "\xC3\xA4";
  CHECK_THAT(refusal(file_of("{\"" + umlauts + "\":1}")), ct::has_substring("\xC3\xA4...': "));
  CHECK(refusal(file_of("{\"a\":" + std::string(100'000, 'x') + "}")).size() < 400);
  for (const char* hostile : {"\x7F", "\xC2\x9B", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xD8\x9C"}) {
    check_tensor_rule(refusal(file_of("{\"a" + std::string(hostile) + "b\":1}")), "expected an object", "a?b");
    check_file_rule(refusal(file_of(R"({"__metadata__":{"a)" + std::string(hostile) + R"(b":1}})")), "'a?b'");
    check_tensor_rule(refusal_of_entry(R"({"a)" + std::string(hostile) + R"(b":1})", 0), "unknown key 'a?b'");
    check_tensor_rule(refusal_of_entry(entry("a" + std::string(hostile) + "b", "[9223372036854775807,2]", "[0,0]"), 0),
                      "the size of a?b [9223372036854775807, 2] in bytes overflows");
  }
}

TEST_CASE("what is no JSON is told in the parser's words, never in the file's", "[safetensors]") {
  const auto message = refusal(file_of("{\"smuggled ; last read: 'more\xC2\x9B\xFF\":1}"));
  check_file_rule(message, "the header is not valid JSON at byte ");
  CHECK_THAT(message, ct::has_substring("ill-formed UTF-8 byte)"));
  CHECK_THAT(message, !ct::has_substring("smuggled"));
  CHECK_THAT(refusal(file_of("{\"a\":" + std::string(10'000, '1') + "e99999}")),
             !ct::has_substring(std::string(201, '1')));
}

TEST_CASE("a file's own name cannot garble a message either, and is there when it is empty", "[safetensors]") {
  const auto message = [](const std::string& name) -> std::string {
    try {
      static_cast<void>(io::Safetensors::from_bytes({}, name));
    } catch (const io::Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("\x1B[31m\xE2\x80\xAE").starts_with("seqpool: ?[31m?: the file has 0 bytes"));
  CHECK(message(std::string(300, 'p')).starts_with("seqpool: " + std::string(300, 'p') + ": the file has 0 bytes"));
  CHECK(message("").starts_with("seqpool: \"\": the file has 0 bytes"));
  CHECK_THROWS_WITH(io::Safetensors(std::filesystem::path()), ct::has_substring("seqpool: \"\": cannot open"));
  CHECK_THROWS_WITH(io::SafetensorsWriter().write(""), ct::has_substring("seqpool: \"\": cannot be opened"));
}

TEST_CASE("asking for what is not there names what is", "[safetensors]") {
  io::SafetensorsWriter writer;
  writer.add("w", counted<float, 2, Eigen::RowMajor>({2, 3})).add("b", counted<double, 1, Eigen::RowMajor>({3}));
  const auto file = io::Safetensors::from_bytes(writer.bytes(), "bad.safetensors");
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const io::Error& error) {
      return error.what();
    }
    return "";
  };
  check_tensor_rule(message([&] { (void)file.tensor<float, 2>("v"); }),
                    "there is none; the file has 2 tensors: 'b', 'w'", "v");
  check_tensor_rule(message([&] { (void)file.info("v"); }), "there is none", "v");
  check_tensor_rule(message([&] { (void)file.tensor<double, 2>("w"); }),
                    "wrong dtype: wanted F64 [any, any], found F32 [2, 3]");
  check_tensor_rule(message([&] { (void)file.tensor<float, 1>("w"); }),
                    "wrong rank: wanted F32 [any], found F32 [2, 3]");
  check_tensor_rule(message([&] { (void)file.tensor<float, 3>("w"); }), "wrong rank: wanted F32 [any, any, any]");
  check_tensor_rule(message([&] { (void)file.tensor<float, 2>("w", {-1, 4}); }),
                    "wrong shape: wanted F32 [any, 4], found F32 [2, 3]");
  check_tensor_rule(message([&] { (void)file.tensor<float, 2>("w", {3, 2}); }), "wrong shape: wanted F32 [3, 2]");
  check_tensor_rule(message([&] { (void)file.tensor<float, 2>("w", {0, 3}); }),
                    "wrong shape: wanted F32 [0, 3], found F32 [2, 3]");
  check_tensor_rule(message([&] { (void)file.tensor<float, 2>("w", {-2, 3}); }),
                    "wrong shape: wanted F32 [-2, 3], found F32 [2, 3]");
  CHECK(message([&] { (void)file.tensor<float, 2>("w", {2, 3}); }).empty());
  CHECK(message([&] { (void)file.tensor<float, 2>("w", {-1, 3}); }).empty());

  for (int i = 0; i < 10; ++i) writer.add("extra" + std::to_string(i), counted<float, 1, Eigen::RowMajor>({1}));
  const auto many = io::Safetensors::from_bytes(writer.bytes(), "bad.safetensors");
  check_tensor_rule(message([&] { (void)many.info("v"); }), "the file has 12 tensors: 'b', 'extra0'", "v");
  check_tensor_rule(message([&] { (void)many.info("v"); }), "'extra6', ...", "v");
}

TEMPLATE_TEST_CASE("each dtype and layout comes back as it was written", "[safetensors]", double, float, Eigen::half,
                   Eigen::bfloat16, std::int64_t, std::int32_t, std::uint8_t, bool) {
  using T = TestType;
  const auto scalar = counted<T, 0, Eigen::RowMajor>({});
  const auto vector = counted<T, 1, Eigen::ColMajor>({5});
  const auto rows = counted<T, 2, Eigen::RowMajor>({2, 3});
  const auto columns = counted<T, 2, Eigen::ColMajor>({2, 3});
  const auto cube = counted<T, 3, Eigen::ColMajor>({2, 3, 5});
  const auto four = counted<T, 4, Eigen::ColMajor>({2, 1, 3, 2});
  const auto nothing = counted<T, 3, Eigen::ColMajor>({2, 0, 5});
  const Eigen::TensorMap<const Eigen::Tensor<T, 2, Eigen::ColMajor>> map(columns.data(), 3, 2);
  Eigen::Tensor<T, 2, Eigen::ColMajor, int> narrow_index(2, 3);
  std::copy_n(columns.data(), columns.size(), narrow_index.data());

  io::SafetensorsWriter writer;
  writer.add("scalar", scalar).add("vector", vector).add("rows", rows).add("columns", columns).add("cube", cube);
  writer.add("four", four).add("nothing", nothing).add("map", map).add("narrow", narrow_index);
  const auto file = io::Safetensors::from_bytes(writer.bytes());

  CHECK(file.names() ==
        std::vector<std::string>{"columns", "cube", "four", "map", "narrow", "nothing", "rows", "scalar", "vector"});
  CHECK(file.contains("cube"));
  CHECK_FALSE(file.contains("cub"));
  CHECK(file.info("cube").dtype == io::dtype_of<T>());
  CHECK(file.info("cube").shape == std::vector<seqpool::Index>{2, 3, 5});
  CHECK(file.info("scalar").shape.empty());
  CHECK(file.tensor<T, 0>("scalar")() == scalar());
  CHECK(file.tensor<T, 0>("scalar", {})() == scalar());
  check_bytes_equal(file.tensor<T, 1>("vector", {5}).data(), vector.data(), 5);
  check_bytes_equal(file.tensor<T, 2>("rows", {2, 3}).data(), rows.data(), 6);
  CHECK(file.tensor<T, 3>("nothing", {2, 0, 5}).size() == 0);
  const auto read_columns = file.tensor<T, 2>("columns", {2, 3});
  const auto read_narrow = file.tensor<T, 2>("narrow", {2, 3});
  const auto read_map = file.tensor<T, 2>("map", {3, 2});
  const auto read_cube = file.tensor<T, 3>("cube", {2, 3, 5});
  const auto read_four = file.tensor<T, 4>("four", {2, 1, 3, 2});
  for (seqpool::Index i = 0; i < 2; ++i) {
    for (seqpool::Index j = 0; j < 3; ++j) {
      CHECK(read_columns(i, j) == columns(i, j));
      CHECK(read_narrow(i, j) == columns(i, j));
      CHECK(read_map(j, i) == map(j, i));
      for (seqpool::Index k = 0; k < 5; ++k) CHECK(read_cube(i, j, k) == cube(i, j, k));
      for (seqpool::Index k = 0; k < 2; ++k) CHECK(read_four(i, 0, j, k) == four(i, 0, j, k));
    }
  }
}

TEST_CASE("every bit of a number survives", "[safetensors]") {
  Eigen::Tensor<float, 2, Eigen::ColMajor> tensor(2, 3);
  const std::array<std::uint32_t, 6> bits{0x7FC12345U, 0xFF812345U, 0x80000000U, 0x00000001U, 0x7F800000U, 0xFF7FFFFFU};
  std::memcpy(tensor.data(), bits.data(), sizeof bits);
  const auto file = io::Safetensors::from_bytes(io::SafetensorsWriter().add("w", tensor).bytes());
  const auto w = file.tensor<float, 2>("w");
  std::array<std::uint32_t, 6> found{};
  std::memcpy(found.data(), w.data(), sizeof found);
  CHECK(found == std::array<std::uint32_t, 6>{bits[0], bits[2], bits[4], bits[1], bits[3], bits[5]});
}

TEST_CASE("tensors that the file does not align are aligned", "[safetensors]") {
  // Any number of spaces shifts the data section; the U8 tensor in front shifts it once more.
  const auto padding = GENERATE(0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U);
  const std::string json = R"({"a":)" + entry("U8", "[3]", "[0,3]") + R"(,"d":)" + entry("F64", "[2]", "[3,19]") +
                           R"(,"f":)" + entry("F32", "[]", "[19,23]") + R"(,"h":)" + entry("F16", "[1,1]", "[23,25]") +
                           R"(,"z":)" + entry("I64", "[0]", "[25,25]") + "}" + std::string(padding, ' ');
  std::string data = "abc";
  const auto append = [&data](const auto& number) {
    data.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  append(1.25);
  append(-2.5);
  append(0.75F);
  append(Eigen::half(3));
  auto file = io::Safetensors::from_bytes(file_of(json, data));
  const auto check = [](const io::Safetensors& from) {
    CHECK(from.tensor<std::uint8_t, 1>("a")(2) == 'c');
    const auto d = from.tensor<double, 1>("d");
    CHECK(reinterpret_cast<std::uintptr_t>(d.data()) % alignof(double) == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(from.tensor<std::int64_t, 1>("z").data()) % alignof(std::int64_t) == 0);
    CHECK(d(0) == 1.25);
    CHECK(d(1) == -2.5);
    CHECK(from.tensor<float, 0>("f")() == 0.75F);
    CHECK(from.tensor<Eigen::half, 2>("h")(0, 0) == Eigen::half(3));
  };
  check(file);
  const double* before = file.tensor<double, 1>("d").data();
  const io::Safetensors moved = std::move(file);
  check(moved);
  CHECK(moved.tensor<double, 1>("d").data() == before);
}

TEST_CASE("metadata comes back, and is empty without any", "[safetensors]") {
  const auto without = io::Safetensors::from_bytes(file_of("{}"));
  CHECK(without.metadata().empty());
  io::SafetensorsWriter writer;
  writer.metadata("format", "pt").metadata("", "").metadata("quote \" \n", "\xE2\x82\xAC");
  const auto file = io::Safetensors::from_bytes(writer.bytes());
  CHECK(file.names().empty());
  CHECK(file.metadata() ==
        std::map<std::string, std::string>{{"format", "pt"}, {"", ""}, {"quote \" \n", "\xE2\x82\xAC"}});
}

TEST_CASE("a file is padded to 8 bytes, and its tensors lie by falling element size, then by name", "[safetensors]") {
  io::SafetensorsWriter writer;
  writer.add("c", counted<std::uint8_t, 1, Eigen::RowMajor>({3})).add("b", counted<float, 1, Eigen::RowMajor>({1}));
  writer.add("a", counted<float, 1, Eigen::RowMajor>({1})).add("h", counted<Eigen::half, 1, Eigen::RowMajor>({1}));
  writer.add("z", counted<double, 1, Eigen::RowMajor>({1}));
  const Bytes bytes = writer.bytes();
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  CHECK(length % 8 == 0);
  REQUIRE(bytes.size() == 8 + length + 8 + 4 + 4 + 2 + 3);

  const auto file = io::Safetensors::from_bytes(bytes);
  const auto* z = reinterpret_cast<const std::byte*>(file.tensor<double, 1>("z").data());
  const auto position = [z](const void* data) { return static_cast<const std::byte*>(data) - z; };
  CHECK(position(file.tensor<float, 1>("a").data()) == 8);
  CHECK(position(file.tensor<float, 1>("b").data()) == 12);
  CHECK(position(file.tensor<Eigen::half, 1>("h").data()) == 16);
  CHECK(position(file.tensor<std::uint8_t, 1>("c").data()) == 18);

  const std::string json(reinterpret_cast<const char*>(bytes.data()) + 8, static_cast<std::size_t>(length));
  CHECK_THAT(json, ct::has_substring(R"({"z":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{)"));

  for (std::size_t size = 0; size < 8; ++size) {
    const Bytes padded = io::SafetensorsWriter().metadata("k", std::string(size, 'x')).bytes();
    CHECK(padded.size() % 8 == 0);
    const auto read = io::Safetensors::from_bytes(padded);
    CHECK(read.metadata().at("k").size() == size);
  }
}

TEST_CASE("the writer refuses what it cannot write", "[safetensors]") {
  const auto one = counted<float, 1, Eigen::RowMajor>({1});
  io::SafetensorsWriter writer;
  writer.add("w", one).metadata("k", "v");
  const Bytes before = writer.bytes();
  CHECK_THROWS_WITH(writer.add("w", one), ct::has_substring("tensor 'w': a tensor of this name was added before"));
  CHECK_THROWS_WITH(writer.add("__metadata__", one), ct::has_substring("'__metadata__': this name is reserved"));
  CHECK_THROWS_WITH(writer.add("\xFF", one), ct::has_substring("is not valid UTF-8"));
  CHECK_THROWS_WITH(writer.metadata("k", "w"), ct::has_substring("the metadata key 'k' was added before"));
  CHECK_THROWS_WITH(writer.metadata("\xFF", ""), ct::has_substring("is not valid UTF-8"));
  CHECK_THROWS_WITH(writer.metadata("l", "\xFF"), ct::has_substring("is not valid UTF-8"));
  CHECK_THROWS_AS(writer.add("w", one), io::Error);
  CHECK(writer.bytes() == before);

  const seqpool::Index large = (std::numeric_limits<seqpool::Index>::max)() / 2;
  const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> boundless(nullptr, large, 0);
  CHECK_THROWS_WITH(writer.add("x", boundless), ct::has_substring("tensor 'x': its size in bytes overflows"));
  const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> rows(nullptr, 2, 3);
  const Eigen::TensorMap<Eigen::Tensor<float, 2>> columns(nullptr, 2, 3);
  const Eigen::TensorMap<Eigen::Tensor<float, 0>> scalar(nullptr);
  const auto null = "seqpool: safetensors writer: tensor 'x': it has elements, but its data is a null pointer";
  CHECK_THROWS_WITH(writer.add("x", rows), null);
  CHECK_THROWS_WITH(writer.add("x", columns), null);
  CHECK_THROWS_WITH(writer.add("x", scalar), null);
  CHECK_THROWS_AS(writer.add("x", rows), io::Error);
  CHECK(writer.bytes() == before);
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> nothing(nullptr, 0, 3);
  const auto file = io::Safetensors::from_bytes(io::SafetensorsWriter().add("x", nothing).bytes());
  CHECK(file.info("x").shape == std::vector<seqpool::Index>{0, 3});
}

TEST_CASE("the header of a file is written behind its length, up to the reference's limit", "[safetensors]") {
  using io::detail::behind_its_length;
  CHECK(behind_its_length("{}") == std::string("\x8\0\0\0\0\0\0\0{}      ", 16));
  CHECK(behind_its_length(R"({"a":12})").substr(8) == R"({"a":12})");
  CHECK(behind_its_length(std::string(99'999'993, ' ')).size() == 100'000'008);
  CHECK_THROWS_WITH(behind_its_length(std::string(100'000'001, ' ')),
                    "seqpool: safetensors writer: the header takes 100000008 bytes, the limit is 100000000");
}

TEST_CASE("a file on disk is read back, and moves", "[safetensors]") {
  const files::TemporaryDirectory directory;
  const auto path = directory / "weights.safetensors";
  const auto w = counted<float, 2, Eigen::RowMajor>({7, 11});
  io::SafetensorsWriter writer;
  writer.add("w", w).metadata("k", "v");
  writer.write(path);

  io::Safetensors file(path);
  CHECK(file.metadata().at("k") == "v");
  const auto view = file.tensor<float, 2>("w", {7, 11});
  check_bytes_equal(view.data(), w.data(), w.size());
  io::Safetensors moved(std::move(file));
  CHECK(moved.tensor<float, 2>("w").data() == view.data());
  io::Safetensors assigned = io::Safetensors::from_bytes(file_of("{}"));
  assigned = std::move(moved);
  CHECK(assigned.tensor<float, 2>("w").data() == view.data());
  check_bytes_equal(view.data(), w.data(), w.size());

  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<io::Safetensors>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<io::Safetensors>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<io::Safetensors>);

  CHECK(bytes_of(files::text_of(path)) == writer.bytes());
}

TEST_CASE("an error on disk names the file", "[safetensors]") {
  const files::TemporaryDirectory directory;
  const auto missing = directory / "missing.safetensors";
  CHECK_THROWS_AS(io::Safetensors(missing), io::Error);
  CHECK_THROWS_WITH(io::Safetensors(missing), ct::has_substring(missing.string() + ": cannot open: No such file"));
  CHECK_THROWS_AS(io::Safetensors::read(missing), io::Error);
  CHECK_THROWS_WITH(io::Safetensors::read(missing),
                    ct::has_substring(missing.string() + ": cannot open: No such file"));
  CHECK_THROWS_AS(io::Safetensors(directory / "."), io::Error);
  const auto path = directory / "bad.safetensors";
  files::write(path, "");
  CHECK_THROWS_WITH(io::Safetensors(path), ct::has_substring(path.string() + ": the file has 0 bytes"));
  files::write(path, file_of(R"({"w":)" + entry("F32", "[2]", "[0,8]") + "}", zeros(7)));
  CHECK_THROWS_WITH(io::Safetensors(path), ct::has_substring(path.string() + ": tensor 'w': data_offsets"));

  io::SafetensorsWriter writer;
  CHECK_THROWS_AS(writer.write(directory / "no" / "such"), io::Error);
  const auto unwritable = directory / "no/such/directory";
  CHECK_THROWS_WITH(writer.write(unwritable), ct::has_substring(unwritable.string() + ": cannot be opened"));
  if (std::filesystem::is_character_file("/dev/full")) {
    CHECK_THROWS_WITH(writer.write("/dev/full"), ct::has_substring("/dev/full: writing failed"));
    CHECK(std::filesystem::is_character_file("/dev/full"));
    CHECK_THROWS_WITH(io::Safetensors("/dev/full"), ct::has_substring("/dev/full: not a regular file"));
  }
}

#if defined(__unix__) || defined(__APPLE__)
TEST_CASE("a FIFO is refused at once, without waiting for its writer", "[safetensors]") {
  const files::TemporaryDirectory directory;
  const auto fifo = directory / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(files::what_without_waiting(fifo, [&] {
          io::Safetensors file(fifo);
        }).starts_with("seqpool: " + fifo.string() + ": not a regular file"));
  CHECK(files::what_without_waiting(fifo, [&] {
          static_cast<void>(io::Safetensors::read(fifo));
        }).starts_with("seqpool: " + fifo.string() + ": not a regular file"));
}
#endif

TEST_CASE("a file that was read may be shortened, changed or removed afterwards", "[safetensors]") {
  const files::TemporaryDirectory directory;
  const auto path = directory / "weights.safetensors";
  const auto w = counted<float, 2, Eigen::RowMajor>({64, 1024});
  io::SafetensorsWriter().add("w", w).write(path);
  const auto file = io::Safetensors::read(path);
  const auto view = file.tensor<float, 2>("w", {64, 1024});
  std::filesystem::resize_file(path, 10);
  check_bytes_equal(view.data(), w.data(), w.size());
  std::filesystem::remove(path);
  check_bytes_equal(file.tensor<float, 2>("w").data(), w.data(), w.size());

  files::write(path, file_of("[]"));
  CHECK_THROWS_WITH(io::Safetensors::read(path), ct::has_substring(path.string() + ": the header does not start"));
}

TEST_CASE("writing over a file that is open leaves its views as they are", "[safetensors]") {
  const files::TemporaryDirectory directory;
  const auto path = directory / "weights.safetensors";
  const auto old = counted<float, 1, Eigen::RowMajor>({1024});
  io::SafetensorsWriter().add("w", old).write(path);
  const io::Safetensors file(path);
  const auto view = file.tensor<float, 1>("w");
  io::SafetensorsWriter().add("w", counted<float, 1, Eigen::RowMajor>({1})).write(path);
  check_bytes_equal(view.data(), old.data(), old.size());
  const io::Safetensors fresh(path);
  CHECK(fresh.tensor<float, 1>("w").size() == 1);
  CHECK(directory.names() == std::vector<std::string>{"weights.safetensors"});
}

#if defined(__unix__) || defined(__APPLE__)
TEST_CASE("after a failed write the file that was there is still there, and nothing beside it", "[safetensors]") {
  const files::TemporaryDirectory directory;
  const auto path = directory / "weights.safetensors";
  io::SafetensorsWriter().metadata("k", "good").write(path);
  const std::string good = files::text_of(path);
  io::SafetensorsWriter writer;
  writer.add("w", counted<float, 1, Eigen::RowMajor>({1 << 16}));

  // No file may grow beyond 64 KiB meanwhile, as on a disk that is full.
  struct Limit {
    rlimit before{};
    void (*handler)(int) = std::signal(SIGXFSZ, SIG_IGN);
    Limit() {
      ::getrlimit(RLIMIT_FSIZE, &before);
      const rlimit small{1 << 16, before.rlim_max};
      ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~Limit() {
      ::setrlimit(RLIMIT_FSIZE, &before);
      std::signal(SIGXFSZ, handler);
    }
  };
  std::string message;
  try {
    const Limit limit;
    writer.write(path);
  } catch (const io::Error& error) {
    message = error.what();
  }
  CHECK(message.starts_with("seqpool: " + path.string() + ": writing failed: "));
  CHECK(files::text_of(path) == good);
  CHECK(directory.names() == std::vector<std::string>{"weights.safetensors"});

  std::filesystem::create_directory(directory / "folder");
  CHECK_THROWS_AS(writer.write(directory / "folder"), io::Error);
  CHECK(directory.names() == std::vector<std::string>{"folder", "weights.safetensors"});
  writer.write(path);
  CHECK(files::text_of(path).size() > good.size());
}
#endif

TEST_CASE("threads may read one file together", "[safetensors]") {
  io::SafetensorsWriter writer;
  for (int i = 0; i < 20; ++i) writer.add("t" + std::to_string(i), counted<float, 1, Eigen::RowMajor>({100}));
  const auto file = io::Safetensors::from_bytes(writer.bytes());
  std::array<double, 4> sums{};
  std::vector<std::thread> threads;
  for (double& sum : sums) threads.emplace_back([&file, &sum] { sum = touch_all(file); });
  for (auto& thread : threads) thread.join();
  for (const double sum : sums) CHECK(sum == 20 * (4950 - 350));
}

TEST_CASE("a damaged file either opens and can be read, or is an Error", "[safetensors]") {
  io::SafetensorsWriter writer;
  writer.add("d", counted<double, 1, Eigen::RowMajor>({2})).add("f", counted<float, 2, Eigen::RowMajor>({2, 2}));
  writer.add("h", counted<Eigen::half, 3, Eigen::RowMajor>({1, 2, 1})).add("b", counted<bool, 1, Eigen::RowMajor>({3}));
  writer.add("s", counted<std::int32_t, 0, Eigen::RowMajor>({})).metadata("k", "v");
  const Bytes valid = writer.bytes();
  const std::size_t data_size = 2 * 8 + 4 * 4 + 2 * 2 + 3 * 1 + 4;
  REQUIRE(io::Safetensors::from_bytes(valid).names().size() == 5);

  std::mt19937 random(20240521);
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  const std::string likely = "0123456789{}[]\":,-.eE \\";  // these get deeper into the parser than any byte would
  int opened = 0;
  int refused = 0;
  double total = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes file = valid;
    for (std::size_t edits = 1 + below(3); edits > 0 && !file.empty(); --edits) {
      const std::size_t at = below(file.size());
      const auto position = file.begin() + static_cast<std::ptrdiff_t>(at);
      const auto fresh =
          static_cast<std::byte>(below(4) == 0 ? below(256) : static_cast<std::size_t>(likely[below(likely.size())]));
      switch (below(20)) {
        case 0:
          file.resize(at);
          break;
        case 1:
          *position ^= static_cast<std::byte>(1U << below(8));
          break;
        case 2:
          file.insert(position, fresh);
          break;
        case 3:
          file.erase(position);
          break;
        default:
          *position = fresh;
          break;
      }
    }
    // Half of the time the length field is mended, or the JSON parser would see little of inserted and lost
    // bytes.
    if (below(2) == 0 && file.size() >= 8 + data_size) {
      const std::uint64_t length = file.size() - 8 - data_size;
      std::memcpy(file.data(), &length, sizeof length);
    }
    try {
      const auto safetensors = io::Safetensors::from_bytes(std::move(file));
      total += touch_all(safetensors);
      ++opened;
    } catch (const io::Error& error) {
      REQUIRE(std::string(error.what()).starts_with("seqpool: <memory>: "));
      ++refused;
    }
  }
  CHECK(opened > 100);
  CHECK(refused > 10'000);
  INFO(total);  // so that the reads are not optimised away
  CHECK(opened + refused == 20'000);
}
