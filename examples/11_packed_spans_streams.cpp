// SPDX-License-Identifier: MIT
// The same tokens in every form that they come in: padded, packed, ragged, as spans of a document, behind a prompt, and
// in chunks. The bits are the same.
#include <array>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

using seqpool::Index;

constexpr Index hidden = 2;
int failures = 0;

// Prints row `row` of a result, and whether it has the bits that it should have.
template <class Result>
void show(const std::string& what, const Result& result, Index row, const std::array<float, hidden>& expected) {
  const std::array<float, hidden> found{result(row, 0), result(row, 1)};
  const bool same = std::memcmp(found.data(), expected.data(), sizeof found) == 0;
  std::cout << "  " << what << std::string(52 - what.size(), ' ') << "[" << found[0] << ", " << found[1] << "]"
            << (same ? "" : "   WRONG") << "\n";
  failures += same ? 0 : 1;
}

int main() {
  // Two sequences, one behind the other: of 2 tokens, and of 3, whose mean is asked for.
  const std::vector<float> tokens{9, 8, 7, 6, 0.1f, 1, 0.2f, 2, 0.4f, 4};
  const float* const second = tokens.data() + 2 * hidden;
  const std::array<float, hidden> mean{(0.1f + 0.2f + 0.4f) / 3, (1.0f + 2.0f + 4.0f) / 3};

  std::cout << "mean of the second sequence:\n";
  const std::vector<std::int32_t> cu_seqlens{0, 2, 5};
  const seqpool::PackedStates<float> packed(tokens.data(), {5, hidden}, cu_seqlens);
  show("packed, by offsets as cu_seqlens", seqpool::mean_pool(packed), 1, mean);

  const std::vector<const float*> pointers{tokens.data(), second};
  const std::vector<int> lengths{2, 3};
  show("ragged, by pointers and lengths", seqpool::mean_pool(seqpool::Ragged<float>(pointers, lengths, hidden)), 1,
       mean);

  const seqpool::HiddenStates<float> document(tokens.data(), {1, 5, hidden});
  show("a span of a longer document", seqpool::mean_pool(document, seqpool::Spans{{0, 0, 5}, {0, 2, 5}}), 1, mean);

  const std::vector<int> prompt{2};
  show("behind a prompt of two tokens, which is left out",
       seqpool::mean_pool(document, seqpool::skip_prefix(seqpool::all_tokens, prompt)), 0, mean);

  // A mask that was cut from a wider one: two columns of three belong to it.
  const std::vector<std::int64_t> wide_mask{1, 1, 1, 0, 0, 0};
  const seqpool::HiddenStates<float> one(second, {1, 3, hidden});
  show("under a mask seen through its strides",
       seqpool::mean_pool(one, seqpool::AttentionMask(wide_mask.data(), {1, 3}, {6, 1})), 0, mean);

  seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, hidden};
  stream.push(second, 1);                              // the first token: a pointer, and how many tokens
  const std::vector<std::byte> saved = stream.save();  // to a file, or to another machine
  seqpool::Stream<seqpool::Mean, float> resumed{seqpool::Mean{}, hidden};
  resumed.load(saved);
  resumed.push(second + hidden, 2);  // the other two
  show("in chunks, saved and loaded in between", resumed.value(), 0, mean);

  std::cout << "several poolings in one read, chosen at run time:\n";
  const seqpool::AnyPooling<float> chosen = seqpool::Concat{seqpool::Cls{}, seqpool::Max{}};
  std::cout << "  [" << seqpool::pool(chosen, one) << "]\n";
  return failures;
}
