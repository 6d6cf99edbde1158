// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/mdspan.hpp>

#include "../support/mdspan.hpp"

// A mask holds numbers.
#ifdef SEQPOOL_FAIL
using Span = seqpool_test::Mdspan<void*, 2>;
#else
using Span = seqpool_test::Mdspan<bool, 2>;
#endif
void view(const Span& span) { static_cast<void>(seqpool::adapter::mask(span)); }
