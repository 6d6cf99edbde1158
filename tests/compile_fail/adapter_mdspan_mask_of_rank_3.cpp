// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/mdspan.hpp>

#include "../support/mdspan.hpp"

// A mask is [batch, seq].
#ifdef SEQPOOL_FAIL
using Span = seqpool_test::Mdspan<bool, 3>;
#else
using Span = seqpool_test::Mdspan<bool, 2>;
#endif
void view(const Span& span) { static_cast<void>(seqpool::adapter::mask(span)); }
