// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/head/detail/multiply.hpp>
#include <seqpool/head/head.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// What multi-head attention does with values, after the pooling: y_q = W_o [V_1 x_q1 + b_1, ..., V_h x_qh + b_h] + b_o
/// for each query q, where x_qk is what its head k has pooled. The weights of tokens add up to 1, so projecting what
/// was pooled gives the same as pooling what was projected, at the cost of one token.
///
///     const seqpool::ValueProjection<float> head{value, value_bias, out, out_bias, heads};
///
/// `MultiheadAttention` makes one.
///
/// **Shapes**: value `[embed, hidden]`, head after head, and value_bias `[embed]`; out `[width, embed]` and out_bias
/// `[width]`; an empty bias is 0. Rows `[n, queries * heads * hidden]` to `[n, queries * width]`.
/// **Errors**: `std::invalid_argument` for sizes that do not fit or are too large together, and for heads that do not
/// divide embed.
/// **Cost**: O(n * queries * embed * (hidden + width)); allocates rows `[n, queries * embed]`.
/// **Numerics**: `Linear`'s, twice.
/// **Source**: torch.nn.MultiheadAttention.
template <class T> class ValueProjection {
  static_assert(Scalar<T>,
                "seqpool: ValueProjection<T> takes weights of float, double, Eigen::half or Eigen::bfloat16; convert "
                "others first, for example with weight.cast<float>().");
  using A = accumulator_t<detail::lawful_t<T>>;
  using S = detail::lawful_t<T>;

 public:
  using Matrix = Eigen::Tensor<S, 2, Eigen::RowMajor>;
  using Vector = Eigen::Tensor<S, 1, Eigen::RowMajor>;

  /// Copies the weights.
  ValueProjection(const Matrix& value, const Vector& value_bias, const Matrix& out, const Vector& out_bias, Index heads,
                  Index queries = 1);

  [[nodiscard]] Index heads() const noexcept { return static_cast<Index>(values_.size()); }

  // As a Head.
  [[nodiscard]] Index width(Index features) const;

  template <class D = CallingThread> void map(Rows<const A> in, Rows<A> out, const D& device = {}) const;

  void backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const;
  void set_parameters(std::span<const double> numbers);

  /// "v_proj.weight", "v_proj.bias", "out_proj.weight", "out_proj.bias"; biases only if there are any.
  void visit_parameters(auto f) const;

 private:
  // Outputs [first, first + count) of a linear layer.
  static detail::Product<A> product_of(const Matrix& weight, const Vector& bias, Index first, Index count);
  Index embed() const { return heads() * values_.front().out(); }

  // Each head of each query by its own part of the value: `[n, queries * embed]`.
  template <class D> void project(Rows<const A> in, A* projected, const D& device) const;

  Index queries_;
  Index hidden_;
  Index features_ = 0;                      // queries * heads * hidden
  Index width_ = 0;                         // queries * width of out
  Index stride_ = 0;                        // queries * embed
  std::vector<detail::Product<A>> values_;  // one for each head
  detail::Product<A> out_;
  bool has_value_bias_;
  bool has_out_bias_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
ValueProjection<T>::ValueProjection(const Matrix& value, const Vector& value_bias, const Matrix& out,
                                    const Vector& out_bias, Index heads, Index queries)
    : queries_(queries),
      hidden_(value.dimension(1)),
      has_value_bias_(value_bias.size() != 0),
      has_out_bias_(out_bias.size() != 0) {
  const Index embed = value.dimension(0);
  const Index width = out.dimension(0);
  if (heads < 1 || queries < 1 || heads > (std::max)(embed, Index{1}) || embed % heads != 0)
    detail::fail({"value is ", detail::shape({embed, hidden_}), " for ", heads, " heads of ", queries,
                  " queries: it must be [embed, hidden], and heads must divide embed"});
  features_ = detail::product(detail::product(queries, heads, "heads of all queries"), hidden_, "what they pooled");
  width_ = detail::product(queries, width, "features of all queries");
  stride_ = detail::product(queries, embed, "projected values");
  if (out.dimension(1) != embed)
    detail::fail({"out is ", detail::shape({width, out.dimension(1)}), ", but value [embed, hidden] is ",
                  detail::shape({embed, hidden_}), ": out must be [width, embed]"});
  const auto check_bias = [](const char* name, const Vector& bias, Index size) {
    if (bias.size() != 0 && bias.size() != size)
      detail::fail({name, " is ", detail::shape({Index{bias.size()}}), ", but its weight has ", size,
                    " outputs: it must have as many, or be empty"});
  };
  check_bias("value_bias", value_bias, embed);
  check_bias("out_bias", out_bias, width);
  for (Index k = 0; k < heads; ++k)
    values_.push_back(product_of(value, value_bias, k * (embed / heads), embed / heads));
  out_ = product_of(out, out_bias, 0, width);
}

template <class T>
auto ValueProjection<T>::product_of(const Matrix& weight, const Vector& bias, Index first, Index count)
    -> detail::Product<A> {
  return detail::Product<A>(
      count, weight.dimension(1), [&](Index o, Index f) { return widen(weight(first + o, f)); },
      [&](Index o) { return bias.size() == 0 ? A(0) : widen(bias(first + o)); });
}

template <class T> void ValueProjection<T>::visit_parameters(auto f) const {
  detail::AlignedVector<A> weight, bias;
  for (const auto& head : values_) {
    const auto rows = head.weight();
    weight.insert(weight.end(), rows.begin(), rows.end());
    bias.insert(bias.end(), head.bias().begin(), head.bias().end());
  }
  seqpool::visit_parameter(f, "v_proj.weight", weight, {embed(), hidden_}, true);
  if (has_value_bias_) seqpool::visit_parameter(f, "v_proj.bias", bias, {embed()}, false);
  seqpool::visit_parameter(f, "out_proj.weight", out_.weight(), {out_.out(), embed()}, true);
  if (has_out_bias_) seqpool::visit_parameter(f, "out_proj.bias", out_.bias(), {out_.out()}, false);
}

template <class T> Index ValueProjection<T>::width(Index features) const {
  if (features != features_)
    detail::fail({"a ValueProjection gets vectors of ", features,
                  " features, but has queries * heads * hidden = ", queries_, " * ", heads(), " * ", hidden_});
  return width_;
}

template <class T>
template <class D>
void ValueProjection<T>::project(Rows<const A> in, A* projected, const D& device) const {
  const Index head_width = values_.front().out();
  // Each head of each query is a matrix of its own: neighbours in the rows.
  const double bytes = static_cast<double>(head_width) * static_cast<double>(hidden_) * sizeof(A);
  detail::share_out(device, queries_ * heads(), bytes, [&](Index first, Index last) {
    for (Index i = first; i < last; ++i)
      detail::multiply(values_[static_cast<std::size_t>(i % heads())],
                       {in.data() + i * hidden_, in.size(), hidden_, in.stride(), 1},
                       {projected + i * head_width, in.size(), head_width, stride_, 1}, CallingThread{});
  });
}

template <class T>
template <class D>
void ValueProjection<T>::map(Rows<const A> in, Rows<A> out, const D& device) const {
  detail::AlignedVector<A> room(static_cast<std::size_t>(detail::product(in.size(), stride_, "projected values")));
  project(in, room.data(), device);
  for (Index q = 0; q < queries_; ++q)
    detail::multiply(out_, {room.data() + q * embed(), in.size(), embed(), stride_, 1},
                     {out.data() + q * out_.out(), in.size(), out_.out(), out.stride(), 1}, device);
}

// Row by row, the queries of each together: that is the order in which parameters' gradients are summed.
template <class T>
void ValueProjection<T>::backward(Rows<const A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const {
  const Index head_width = values_.front().out();
  const auto of_head = static_cast<std::size_t>(own.empty() ? 0 : head_width * hidden_);
  const auto of_values = of_head * values_.size();
  const auto of_bias = static_cast<std::size_t>(has_value_bias_ && !own.empty() ? embed() : 0);
  detail::AlignedVector<A> room(2 * static_cast<std::size_t>(stride_));
  const Rows<A> projected(room.data(), queries_, embed(), embed());
  const Rows<A> d_projected(room.data() + stride_, queries_, embed(), embed());
  for (Index i = 0; i < in.size(); ++i) {
    if (!own.empty()) project(in.part(i, 1), room.data(), CallingThread{});
    detail::multiply_back<A>(out_, projected, {d_out[i].data(), queries_, out_.out(), out_.out()}, d_projected,
                             own.subspan(of_values + of_bias));
    if (of_bias > 0) detail::add_rows<A>(d_projected, own.subspan(of_values, of_bias));
    for (Index k = 0; k < heads(); ++k) {
      const auto part = [&](auto row) { return Rows(row.data() + k * hidden_, queries_, hidden_, heads() * hidden_); };
      detail::multiply_back<A>(values_[static_cast<std::size_t>(k)], part(in[i]),
                               {d_projected.data() + k * head_width, queries_, head_width, embed()},
                               d_in.size() == 0 ? d_in : part(d_in[i]),
                               own.subspan(static_cast<std::size_t>(k) * of_head, of_head));
    }
  }
}

template <class T> void ValueProjection<T>::set_parameters(std::span<const double> numbers) {
  seqpool::check_count(*this, numbers);
  const auto head_width = static_cast<std::size_t>(values_.front().out());
  const auto width = static_cast<std::size_t>(embed()), hidden = static_cast<std::size_t>(hidden_);
  const std::span<const double> bias = numbers.subspan(width * hidden, has_value_bias_ ? width : 0);
  const std::span<const double> of_out = numbers.subspan(width * hidden + bias.size());
  for (std::size_t k = 0; k < values_.size(); ++k)
    values_[k] = detail::product_of<A>(values_[k].out(), hidden_, numbers.subspan(k * head_width * hidden),
                                       bias.subspan(has_value_bias_ ? k * head_width : 0));
  out_ =
      detail::product_of<A>(out_.out(), embed(), of_out, of_out.subspan(static_cast<std::size_t>(out_.out()) * width));
}

}  // namespace seqpool::inline SEQPOOL_ABI
