// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/error.hpp>
#include <seqpool/io/json.hpp>
#include <seqpool/io/safetensors_header.hpp>

#include <utility>

// From the JSON text of a safetensors header to a Header. Nothing in the text is trusted before it is checked here.
namespace seqpool::inline SEQPOOL_ABI::io::detail {

// What `json` says, for a file whose data section has `data_size` bytes. Every tensor has as many bytes as its shape
// and dtype need, if the dtype is one of ours, and they lie inside the data. How they lie to each other is for
// check_tiling. Throws Error. Time and memory are linear in the text, but for a logarithm in the number of tensors.
[[nodiscard]] inline Header parse_header(std::string_view json, std::uint64_t data_size, const std::string& file);

// Takes the JSON parser's events one by one, and throws at the first that does not fit. There is no document tree, so
// memory grows with valid tensors only, and an array or object one level too deep is refused before it is entered.
class HeaderParser final : public JsonEvents {
 public:
  HeaderParser(std::string file, std::uint64_t data_size) : file_(std::move(file)), data_size_(data_size) {}

  [[nodiscard]] Header take() { return std::move(header_); }

  inline bool start_object(std::size_t) override;
  inline bool key(std::string& key) override;
  inline bool end_object() override;
  inline bool start_array(std::size_t) override;
  inline bool end_array() override;
  inline bool string(std::string& value) override;
  inline bool number_unsigned(std::uint64_t value) override;
  bool number_integer(std::int64_t value) override { refuse({"the number ", value}); }
  bool number_float(double, const std::string& text) override { refuse({"the number ", excerpt(text)}); }
  bool null() override { refuse({"null"}); }
  bool boolean(bool) override { refuse({"a boolean"}); }
  bool binary(nlohmann::json::binary_t&) override { refuse({"binary data"}); }
  inline bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override;

 private:
  enum class Place { outside, header, metadata, tensor, list };

  [[noreturn]] void fail(seqpool::detail::Parts rule) const;
  [[noreturn]] void refuse(seqpool::detail::Parts found) const;
  void finish_tensor();

  std::string file_;
  std::uint64_t data_size_;
  Header header_;
  Place place_ = Place::outside;
  bool has_metadata_ = false;
  std::string name_;   // the key at the first level
  std::string field_;  // the key at the second
  std::vector<std::uint64_t> list_;
  std::optional<std::string> dtype_;
  std::optional<std::vector<Index>> shape_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> offsets_;
};

inline Header parse_header(std::string_view json, std::uint64_t data_size, const std::string& file) {
  HeaderParser parser(file, data_size);
  parse_json(json, parser);
  return parser.take();
}

inline bool HeaderParser::start_object(std::size_t) {
  if (place_ == Place::outside)
    place_ = Place::header;
  else if (place_ != Place::header)
    refuse({"an object"});
  else if (name_ == metadata_key)
    place_ = Place::metadata;
  else
    place_ = Place::tensor;
  return true;
}

inline bool HeaderParser::key(std::string& key) {
  const auto once = [&](bool seen) {
    if (seen) fail({"the key '", excerpt(key), "' appears twice"});
  };
  if (place_ == Place::header) {
    name_ = key;
    once(key == metadata_key ? std::exchange(has_metadata_, true) : header_.tensors.contains(key));
    return true;
  }
  field_ = key;
  if (place_ == Place::metadata)
    once(header_.metadata.contains(key));
  else if (key == "dtype")
    once(dtype_.has_value());
  else if (key == "shape")
    once(shape_.has_value());
  else if (key == "data_offsets")
    once(offsets_.has_value());
  else
    fail({"unknown key '", excerpt(key), "', expected dtype, shape and data_offsets only"});
  return true;
}

inline bool HeaderParser::end_object() {
  if (place_ == Place::tensor) finish_tensor();
  place_ = place_ == Place::header ? Place::outside : Place::header;
  return true;
}

inline bool HeaderParser::start_array(std::size_t) {
  if (place_ != Place::tensor || field_ == "dtype") refuse({"an array"});
  place_ = Place::list;
  list_.clear();
  return true;
}

inline bool HeaderParser::end_array() {
  place_ = Place::tensor;
  if (field_ == "shape") {
    shape_.emplace(list_.begin(), list_.end());
  } else {
    if (list_.size() != 2) fail({"data_offsets holds ", list_.size(), " numbers, expected 2"});
    offsets_.emplace(list_[0], list_[1]);
  }
  return true;
}

inline bool HeaderParser::number_unsigned(std::uint64_t value) {
  const bool is_shape = field_ == "shape";
  if (place_ != Place::list) refuse({"the number ", value});
  if (is_shape && value > static_cast<std::uint64_t>((std::numeric_limits<Index>::max)()))
    fail({"the size ", value, " in shape does not fit seqpool::Index"});
  if (list_.size() == (is_shape ? max_rank : 2)) fail({field_, " holds more than ", list_.size(), " numbers"});
  list_.push_back(value);
  return true;
}

inline bool HeaderParser::string(std::string& value) {
  if (place_ == Place::metadata) {
    header_.metadata.emplace(field_, value);
  } else if (place_ == Place::tensor && field_ == "dtype") {
    dtype_ = value;
  } else {
    refuse({"a string"});
  }
  return true;
}

inline bool HeaderParser::parse_error(std::size_t position, const std::string&,
                                      const nlohmann::json::exception& error) {
  detail::refuse(file_, {"the header is not valid JSON at byte ", position, " (", json_error(error), ")"});
}

SEQPOOL_COLD inline void HeaderParser::fail(seqpool::detail::Parts rule) const {
  const std::string text = seqpool::detail::sentence(rule);
  if (name_ == metadata_key) detail::refuse(file_, {metadata_key, ": ", text});
  detail::refuse(file_, name_, {text});
}

SEQPOOL_COLD inline void HeaderParser::refuse(seqpool::detail::Parts found) const {
  std::string wanted = "expected an object";
  if (place_ == Place::metadata) wanted = "the value of '" + excerpt(field_) + "' must be a string";
  if (place_ == Place::tensor) wanted = field_ + (field_ == "dtype" ? " must be a string" : " must be an array");
  if (place_ == Place::list) wanted = field_ + " must hold non-negative integers below 2^64 only, and no further level";
  fail({wanted, ", found ", seqpool::detail::sentence(found)});
}

inline void HeaderParser::finish_tensor() {
  if (!dtype_) fail({"dtype is missing"});
  if (!shape_) fail({"shape is missing"});
  if (!offsets_) fail({"data_offsets is missing"});
  const auto dtype = dtype_from_name(*dtype_);
  Stored entry{{dtype.value_or(DType::other), *shape_, dtype ? "" : *dtype_}, offsets_->first, offsets_->second};
  const std::string offsets = "data_offsets " + range_text(entry.begin, entry.end);
  if (entry.begin > entry.end) fail({offsets, " end before they begin"});
  if (entry.end > data_size_) fail({offsets, " exceed the ", data_size_, " bytes of data"});
  const std::string layout = describe(*dtype_, *shape_);
  const auto size = byte_size(entry.info);
  if (!size) fail({"the size of ", layout, " in bytes overflows"});
  // Nobody knows how many bytes an element of another type takes. The offsets say where the tensor lies, and no view is
  // ever made of it.
  if (dtype && *size != entry.end - entry.begin)
    fail({layout, " takes ", *size, " bytes, ", offsets, " hold ", entry.end - entry.begin});
  header_.tensors.emplace(name_, std::move(entry));
  dtype_.reset();
  shape_.reset();
  offsets_.reset();
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
