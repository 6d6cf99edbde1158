// SPDX-License-Identifier: MIT
#define SEQPOOL_MODEL_BODIES
#include <seqpool/model/model.hpp>

namespace seqpool::inline SEQPOOL_ABI::model {

// All that takes hidden states of T.
#define SEQPOOL_INSTANCES(T)                                                                                          \
  template AnyPooling<T> gliclass_pooling<T>(const std::filesystem::path&);                                           \
  template AnyPooling<T> detail::PoolingConfig::pooling<T>(Index, Means) const;                                       \
  template detail::Vectors detail::pooled(const PoolingConfig&, Index, const AnyHead<float>&, const HiddenStates<T>&, \
                                          const AnySelection&, const seqpool::detail::AnyDevice*);

SEQPOOL_INSTANCES(float)
SEQPOOL_INSTANCES(Eigen::half)
SEQPOOL_INSTANCES(Eigen::bfloat16)
#undef SEQPOOL_INSTANCES
template detail::Vectors detail::pooled(const PoolingConfig&, Index, const AnyHead<float>&,
                                        const ComputedStates<float>&, const detail::AnySelection&,
                                        const seqpool::detail::AnyDevice*);
template AnyPooling<double> gliclass_pooling<double>(const std::filesystem::path&);

}  // namespace seqpool::inline SEQPOOL_ABI::model
