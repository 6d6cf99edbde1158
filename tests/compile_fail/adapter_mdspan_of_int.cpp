// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/mdspan.hpp>

#include "../support/mdspan.hpp"

// Hidden states are floating point numbers.
#ifdef SEQPOOL_FAIL
using Span = seqpool_test::Mdspan<int, 3>;
#else
using Span = seqpool_test::Mdspan<float, 3>;
#endif
void view(const Span& span) { static_cast<void>(seqpool::adapter::hidden_states(span)); }
