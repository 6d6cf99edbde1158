// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/mdspan.hpp>

#include "../support/mdspan.hpp"

// A layout of tiles, say.
#ifdef SEQPOOL_FAIL
using Span = seqpool_test::Mdspan<float, 3, false>;
#else
using Span = seqpool_test::Mdspan<float, 3, true>;
#endif
void view(const Span& span) { static_cast<void>(seqpool::adapter::hidden_states(span)); }
