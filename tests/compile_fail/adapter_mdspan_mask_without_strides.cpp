// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/mdspan.hpp>

#include "../support/mdspan.hpp"

// As hidden states.
#ifdef SEQPOOL_FAIL
using Span = seqpool_test::Mdspan<bool, 2, false>;
#else
using Span = seqpool_test::Mdspan<bool, 2, true>;
#endif
void view(const Span& span) { static_cast<void>(seqpool::adapter::mask(span)); }
