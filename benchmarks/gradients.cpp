// SPDX-License-Identifier: MIT
// Gradients of tokens into memory that is there, in turns with plain reads of the real tokens and writes of all
// gradients.
#include "gradients.hpp"

#include "benchmarks.hpp"
#include "read_limit.hpp"

#include <cstdlib>
#include <seqpool/seqpool.hpp>

namespace bench {

States<float> gradients_of_tokens(const Shape& shape) {
  constexpr Index most = long_documents.batch * long_documents.seq * long_documents.hidden;
  static float* const data = static_cast<float*>(std::aligned_alloc(64, most * sizeof(float)));
  return {data, shape.batch, shape.seq, shape.hidden};
}

namespace {

// reads: whether the real tokens are read, too.
auto plainly(const Training& t, bool reads) {
  return [=] {
    return [=, x = states(t.shape)] {
      const States<float> d_x = gradients_of_tokens(t.shape);
      const auto token = static_cast<std::size_t>(t.shape.hidden) * sizeof(float);
      const std::size_t real = token * static_cast<std::size_t>(real_tokens(t.shape, t.mask));
      std::uint64_t seen = 0;
      for (Index b = 0; b < t.shape.batch; ++b) {
        if (reads) seen |= read_1_stream(&x(b, 0, 0), real, real);
        write_plainly(&d_x(b, 0, 0), token * static_cast<std::size_t>(t.shape.seq), seen | 1);
      }
      return d_x;
    };
  };
}

template <class P> auto gradients(const Training& t, const P& pooling) {
  return [=] {
    return [=, x = states(t.shape), mask = mask_of(t.shape, t.mask),
            d_out = query(t.shape.batch * static_cast<Index>(pooling.width(t.shape.hidden)))] {
      States<float> d_x = gradients_of_tokens(t.shape);
      const Index batch = t.shape.batch, width = static_cast<Index>(d_out.size()) / batch;
      seqpool::gradient_into(d_x, pooling, x, *mask, seqpool::Vectors<float>(d_out.data(), {batch, width}));
      return d_x;
    };
  };
}

}  // namespace

void add_gradients() {
  for (const Training& t : trainings) {
    if (t.queries == 1) {
      add_in_turns(t.named("mean_gradient_beside_write"), gradients(t, seqpool::Mean{}), plainly(t, false));
      add_in_turns(t.named("attention_gradient_beside_read_and_write"),
                   gradients(t, seqpool::Attention(query(t.shape.hidden))), plainly(t, true));
    } else {
      add_in_turns(t.named("attention_gradient_beside_read_and_write"), gradients(t, seqpool::Attention(queries_of(t))),
                   plainly(t, true));
    }
  }
}

}  // namespace bench
