// SPDX-License-Identifier: MIT
// What the README shows for libtorch, on a tensor whose tokens do not lie one behind the other.
#include <ATen/ATen.h>

#include <cstdint>
#include <cstdio>
#include <seqpool/seqpool.hpp>

namespace {

auto pooled(const at::Tensor& output, const at::Tensor& attention_mask) {
  const seqpool::HiddenStates<float> x(output.const_data_ptr<float>(), {output.size(0), output.size(1), output.size(2)},
                                       {output.stride(0), output.stride(1), output.stride(2)});
  const seqpool::AttentionMask mask(attention_mask.const_data_ptr<std::int64_t>(),
                                    {attention_mask.size(0), attention_mask.size(1)},
                                    {attention_mask.stride(0), attention_mask.stride(1)});
  return seqpool::mean_pool(x, mask);
}

}  // namespace

int main() {
  const auto output = at::arange(3 * 4 * 5, at::kFloat).view({4, 3, 5}).transpose(0, 1);  // [3, 4, 5]
  auto mask = at::ones({3, 6}, at::kLong).narrow(1, 0, 4);                                // [3, 4], with gaps
  mask[1][3] = 0;
  const auto ours = pooled(output, mask);
  const auto real = mask.unsqueeze(-1).to(at::kFloat);
  const auto theirs = ((output * real).sum(1) / real.sum(1)).contiguous();
  for (Eigen::Index i = 0; i < ours.size(); ++i)
    if (ours.data()[i] != theirs.const_data_ptr<float>()[i]) return std::puts("not what libtorch computes"), 1;
  return 0;
}
