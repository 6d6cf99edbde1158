// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_FUZZ_SAFETENSORS_HPP
#define SEQPOOL_TESTS_FUZZ_SAFETENSORS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <seqpool/io/safetensors.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// A safetensors file, of any bytes, and what it must be: an Error, or tensors that are the same when they are written
// and read again. In a text:
//
//     r     the file's bytes, which follow
//     h     the header in this line: the length in front of it is right, and the data follow
//     w     in each line a tensor's name, type, sizes, and the byte it is full of
namespace fuzz {

[[noreturn]] inline void fault(const std::string& what) {
  std::fprintf(stderr, "seqpool: %s\n", what.c_str());
  std::abort();
}

inline std::string with_header(const std::string& header, const std::string& data) {
  std::string file;
  for (unsigned shift = 0; shift < 64; shift += 8)
    file += static_cast<char>(static_cast<std::uint64_t>(header.size()) >> shift & 0xFFU);
  return file + header + data;
}

// The first line as header, and what follows as data.
inline std::string with_right_length(const std::string& text) {
  const std::size_t line = (std::min)(text.find('\n'), text.size());
  return with_header(text.substr(0, line), text.substr((std::min)(text.size(), line + 1)));
}

// What the lines of a 'w' say. Sizes of more than 64 KiB stand in the header alone.
inline std::string safetensors_of(const std::string& lines) {
  constexpr std::uint64_t most = 65536;
  std::string header;
  std::string data;
  std::istringstream all(lines);
  for (std::string line; std::getline(all, line);) {
    std::istringstream words(line);
    std::string name, type, sizes;
    int byte = 60;
    words >> name >> type >> sizes >> byte;
    if (name.empty() || type.empty()) continue;
    std::uint64_t bytes = type == "F64" || type == "I64" ? 8 : type == "F32" || type == "I32" ? 4 : 1;
    if (type == "F16" || type == "BF16") bytes = 2;
    std::istringstream numbers(sizes);
    for (std::string number; std::getline(numbers, number, ',');) {
      const std::uint64_t size = std::strtoull(number.c_str(), nullptr, 10);
      bytes = size != 0 && bytes > most / size ? most + 1 : bytes * size;
    }
    const std::size_t begin = data.size();
    if (bytes <= most && begin + bytes <= most) data.append(static_cast<std::size_t>(bytes), static_cast<char>(byte));
    header += (header.empty() ? "{" : ", ") +
              nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + R"(: {"dtype": ")" +
              type + R"(", "shape": [)" + sizes + R"(], "data_offsets": [)" + std::to_string(begin) + ", " +
              std::to_string(begin + bytes) + "]}";
  }
  return with_header((header.empty() ? "{" : header) + "}", data);
}

// f(view) of tensor `name`, if it is a T of few dimensions; says whether it is.
template <class T, class F> bool view_as(const seqpool::io::Safetensors& file, const std::string& name, F f) {
  const auto& info = file.info(name);
  if (info.dtype != seqpool::io::dtype_of<T>()) return false;
  switch (info.shape.size()) {
    case 0:
      return f(file.tensor<T, 0>(name)), true;
    case 1:
      return f(file.tensor<T, 1>(name)), true;
    case 2:
      return f(file.tensor<T, 2>(name)), true;
    case 3:
      return f(file.tensor<T, 3>(name)), true;
  }
  return false;
}
template <class F> bool view(const seqpool::io::Safetensors& file, const std::string& name, F f) {
  return view_as<double>(file, name, f) || view_as<float>(file, name, f) || view_as<Eigen::half>(file, name, f) ||
         view_as<Eigen::bfloat16>(file, name, f) || view_as<std::int64_t>(file, name, f) ||
         view_as<std::int32_t>(file, name, f) || view_as<std::uint8_t>(file, name, f) || view_as<bool>(file, name, f);
}

// What is written of the tensors that can be viewed and of the metadata; it is read again as it was.
inline std::vector<std::byte> written(const seqpool::io::Safetensors& file) {
  seqpool::io::SafetensorsWriter writer;
  for (const auto& [key, value] : file.metadata()) writer.metadata(key, value);
  std::size_t count = 0;
  for (const std::string& name : file.names())
    if (view(file, name, [&](const auto& tensor) { writer.add(name, tensor); })) ++count;
  const auto bytes = writer.bytes();
  const auto again = seqpool::io::Safetensors::from_bytes(bytes);
  if (again.names().size() != count || again.metadata() != file.metadata())
    fault("a file that was written has other names or metadata");
  for (const std::string& name : again.names())
    view(again, name, [&]<class View>(const View& own) {
      const auto given = file.tensor<std::remove_const_t<typename View::Scalar>, View::NumIndices>(name);
      const auto size = static_cast<std::size_t>(own.size()) * sizeof(*own.data());
      if (own.dimensions() != given.dimensions() || (size != 0 && std::memcmp(own.data(), given.data(), size) != 0))
        fault("a tensor that was written is another one");
      const auto* const bytes_of = reinterpret_cast<const unsigned char*>(own.data());
      if (std::is_same_v<std::remove_const_t<typename View::Scalar>, bool>)
        for (std::size_t i = 0; i < size; ++i)
          if (bytes_of[i] > 1) fault("a bool is neither 0 nor 1");
    });
  return bytes;
}

inline void run_safetensors(std::string_view text) {
  const char kind = text.empty() ? 'r' : text[0];
  const std::string rest(text.substr((std::min)(text.size(), std::size_t{1})));
  const std::string file = kind == 'h' ? with_right_length(rest) : kind == 'w' ? safetensors_of(rest) : rest;
  const auto* const begin = reinterpret_cast<const std::byte*>(file.data());
  try {
    const auto bytes = written(seqpool::io::Safetensors::from_bytes({begin, begin + file.size()}));
    if (written(seqpool::io::Safetensors::from_bytes(bytes)) != bytes)
      fault("a file that was written, read and written again has other bytes");
  } catch (const seqpool::io::Error& error) {
    const std::string_view words = error.what();
    if (words.size() > 4096 || words.find('\n') != words.npos) fault("a message is no short line");
  }
}

}  // namespace fuzz

#endif
