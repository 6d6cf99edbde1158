// SPDX-License-Identifier: MIT
#pragma once

// A network of libtorch that trains through seqpool's poolings: pool_with_grad(pooling, hidden, mask, parameters) is
// one of its layers. It stands beside libtorch.hpp because it needs libtorch's autograd, which takes longer to compile.
#include <seqpool/adapter/libtorch.hpp>
#include <seqpool/gradient.hpp>
#include <seqpool/input/vectors.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::adapter {

/// A pooling's parameters as tensors that an optimiser of libtorch takes: leaves that require gradients, with the
/// pooling's numbers, in the order of `seqpool::parameters(pooling)`.
///
/// **Shapes**: each is that of its parameter, contiguous, on the CPU.
/// **Cost**: one copy.
template <class P> [[nodiscard]] std::vector<at::Tensor> parameter_tensors(const P& pooling);

/// The pooling with the numbers of tensors: what was trained, for programs without libtorch.
///
/// **Shapes**: tensors: those of `parameter_tensors(pooling)`, of any real type.
/// **Errors**: `std::invalid_argument` for another count or shape, by the parameter's name, and for a tensor that the
/// CPU cannot read.
/// **Cost**: one copy.
template <class P> [[nodiscard]] P with_parameters(const P& pooling, at::TensorList tensors);

/// What `pool(pooling, hidden, mask, device)` gives, as a tensor that libtorch's autograd goes back through, to the
/// hidden states and to the pooling's parameters, if these require gradients.
///
///     const seqpool::Attention pooling{query};
///     const auto parameters = seqpool::adapter::parameter_tensors(pooling);  // an optimiser takes them, too
///     const auto layer = [&](const at::Tensor& states, const at::Tensor& attention_mask) {
///       return seqpool::adapter::pool_with_grad(pooling, states, attention_mask, parameters);
///     };
///
/// Where tensors are given for the parameters, their numbers take the place of the pooling's own; without them the
/// pooling learns nothing. An undefined mask, `{}`, keeps all tokens.
///
/// **Shapes**: hidden: `[batch, seq, hidden]`, of float, double, at::Half or at::BFloat16, of any strides; mask:
/// `[batch, seq]`, of any real type; parameters: as `with_parameters` takes them; result: `[batch, width]`, of double
/// for double hidden states, else of float.
/// **Errors**: `std::invalid_argument` as `hidden_states`, `mask`, `with_parameters` and `pool`; on the way back, for
/// `create_graph`: gradients of gradients are not computed. libtorch's own if the hidden states were changed in place
/// in between.
/// **Cost**: a `forward`, whose states are kept until the graph is gone, and a `backward`. The tokens' gradients are
/// written to libtorch's memory, and rounded by libtorch to at::Half or at::BFloat16 if hidden states are that. What
/// does not require gradients has none computed. The mask and the device are copied; the device's threads must live
/// until the graph has gone back.
/// **Numerics**: see `gradient`.
template <class P, class D = CallingThread>
[[nodiscard]] at::Tensor pool_with_grad(const P& pooling, const at::Tensor& hidden, const at::Tensor& mask = {},
                                        at::TensorList parameters = {}, const D& device = {});

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

// A ForwardPass that waits to go back.
struct KeptPass : torch::CustomClassHolder {
  // hidden: the same as before, wherever it lies now. Returns the gradients of the hidden states and of as many
  // parameters as tensors were given for, undefined where nobody asks.
  virtual torch::autograd::variable_list backward(const torch::autograd::AutogradContext& context,
                                                  const at::Tensor& hidden, const at::Tensor& d_out) = 0;
};

template <class P, class T, class D> struct KeptPassOf final : KeptPass {
  using A = accumulator_t<T>;

  P pooling;
  std::size_t parameters;  // tensors that were given for them
  HiddenStates<T> x;
  at::Tensor ones;  // the mask in the one type that has all values of the others
  AttentionMask<double> mask;
  D device;
  ForwardPass<P, HiddenStates<T>, AttentionMask<double>> pass;  // refers to those above

  KeptPassOf(const P& own, std::size_t tensors, const HiddenStates<T>& states, const at::Tensor& given, const D& on)
      : pooling(own),
        parameters(tensors),
        x(states),
        ones(given.defined() ? given.to(at::kDouble, false, true) : at::ones({x.batch(), x.seq()}, at::kDouble)),
        mask(adapter::mask<double>(ones)),
        device(on),
        pass(pooling, x, mask, device) {}

  torch::autograd::variable_list backward(const torch::autograd::AutogradContext& context, const at::Tensor& hidden,
                                          const at::Tensor& d_out) override {
    x = adapter::hidden_states<T>(hidden);
    const auto from = detail::view<Vectors, 2, A>(Access<at::Tensor>::memory(d_out), "d_out", "", "[batch, width]");
    ParameterVector own;
    ParameterVector* const asked = context.needs_input_grad({{1, 1 + parameters}}) ? &own : nullptr;
    torch::autograd::variable_list gradients(1);
    if (context.needs_input_grad(0)) {
      gradients[0] = at::empty(hidden.sizes(), c10::CppTypeToScalarType<A>::value);
      Eigen::TensorMap<Eigen::Tensor<A, 3, Eigen::RowMajor>> d_x(gradients[0].data_ptr<A>(), x.batch(), x.seq(),
                                                                 x.hidden());
      pass.backward_into(d_x, asked, from, device);
    } else {
      pass.backward_into(nullptr, asked, from, device);
    }
    for (const auto& entry : own.entries()) gradients.push_back(detail::tensor_of(own[entry.name].data(), entry.shape));
    gradients.resize(1 + parameters);
    return gradients;
  }
};

template <class P, class D> struct PoolFunction : torch::autograd::Function<PoolFunction<P, D>> {
  struct Others {  // that no gradient goes to
    const P& pooling;
    const at::Tensor& mask;
    const D& device;
  };

  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                            at::TensorList parameters, const Others& others) {
    context->save_for_backward({hidden});
    return adapter::visit<float, double, Eigen::half, Eigen::bfloat16>(
        hidden, [&]<class T>(const HiddenStates<T>& x) -> at::Tensor {
          if constexpr (!Differentiable<P, T>)
            seqpool::detail::fail(
                {"this pooling is not one of hidden states of ", detail::cpp_name(detail::element_of<T>())});
          else {
            const auto kept = c10::make_intrusive<KeptPassOf<P, T, D>>(others.pooling, parameters.size(), x,
                                                                       others.mask, others.device);
            context->saved_data["pass"] = c10::IValue::make_capsule(kept);
            return adapter::to_tensor(kept->pass.value());
          }
        });
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& d_out) {
    if (at::GradMode::is_enabled())
      seqpool::detail::fail("a pooling has no gradients of gradients: go back without create_graph");
    const at::Tensor hidden = context->get_saved_variables()[0];
    const auto kept = context->saved_data["pass"].toCapsule();
    auto gradients = static_cast<KeptPass&>(*kept).backward(*context, hidden, d_out[0]);
    gradients.emplace_back();  // of the others
    return gradients;
  }
};

}  // namespace detail

template <class P> std::vector<at::Tensor> parameter_tensors(const P& pooling) {
  std::vector<at::Tensor> tensors;
  seqpool::visit_parameters(pooling, [&](std::string_view, auto numbers, std::span<const Index> shape, bool) {
    tensors.push_back(detail::tensor_of(numbers.data(), shape).set_requires_grad(true));
  });
  return tensors;
}

template <class P> P with_parameters(const P& pooling, at::TensorList tensors) {
  const ParameterVector own = seqpool::parameters(pooling);
  if (tensors.size() != own.entries().size())
    seqpool::detail::fail({"there are ", tensors.size(), " tensors for ", own.entries().size(), " parameters"});
  std::vector<double> numbers;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& entry = own.entries()[i];
    if (const auto sizes = Access<at::Tensor>::memory(tensors[i]).sizes; sizes != entry.shape)
      seqpool::detail::fail({"the tensor for parameter '", entry.name, "' is ", seqpool::detail::shape(sizes),
                             ", but must be ", seqpool::detail::shape(entry.shape)});
    const at::Tensor values = tensors[i].detach().to(at::kDouble).contiguous();
    numbers.insert(numbers.end(), values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  }
  return seqpool::with_parameters(pooling, numbers);
}

template <class P, class D>
at::Tensor pool_with_grad(const P& pooling, const at::Tensor& hidden, const at::Tensor& mask, at::TensorList parameters,
                          const D& device) {
  using T = std::conditional_t<Pooling<P, double> && !Pooling<P, float>, double, float>;
  using Function = detail::PoolFunction<P, D>;
  static_cast<void>(Access<at::Tensor>::memory(hidden));  // libtorch says less of an undefined one
  const P own = parameters.empty() ? pooling : adapter::with_parameters(pooling, parameters);
  if constexpr (seqpool::detail::is_differentiable<P, T>())
    return Function::apply(hidden, parameters, typename Function::Others{own, mask, device});
  else
    return hidden;
}

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
