// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/mdspan.hpp>

#include "../support/mdspan.hpp"

// An accessor that scales what it reads, say.
#ifdef SEQPOOL_FAIL
using Span = seqpool_test::Mdspan<float, 3, true, float>;
#else
using Span = seqpool_test::Mdspan<float, 3, true, float&>;
#endif
void view(const Span& span) { static_cast<void>(seqpool::adapter::hidden_states(span)); }
