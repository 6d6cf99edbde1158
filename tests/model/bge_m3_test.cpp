// SPDX-License-Identifier: MIT
#include <seqpool/model/bge_m3.hpp>

#include <seqpool/model/error.hpp>
#include <seqpool/seqpool.hpp>
#include <string>
#include <vector>

#include "folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::model::bge_m3_sparse_head;
using seqpool::model::Error;
using test::FolderWriter;
using test::two_tokens;

namespace {

std::string head_refusal(const FolderWriter& folder) {
  try {
    static_cast<void>(bge_m3_sparse_head(folder.path()));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("BGE-M3's sparse head gives each token a weight of 0 or more", "[model]") {
  FolderWriter folder;
  folder.tensors("sparse_linear.safetensors", {{"weight", {1, 3}, 0, {1, -2, 0.5f}}, {"bias", {1}, 1}});
  const auto head = bge_m3_sparse_head(folder.path());
  const auto weights = seqpool::map_tokens(head, two_tokens());
  CHECK(weights(0, 0, 0) == 0);  // -0.5
  folder.tensors("sparse_linear.safetensors", {{"weight", {1, 3}, 1}, {"bias", {1}, -1}});
  CHECK(seqpool::map_tokens(bge_m3_sparse_head(folder.path()), two_tokens())(0, 1, 0) == 11);
}

TEST_CASE("a folder without BGE-M3's sparse head says what there is", "[model]") {
  FolderWriter folder;
  folder.text("config.json", "{}");
  CHECK_THAT(head_refusal(folder), ct::has_substring("sparse_linear.safetensors: is missing"));
  folder.text("sparse_linear.pt", "PK");
  CHECK_THAT(head_refusal(folder),
             ct::has_substring("sparse_linear.pt: is a Python pickle") && ct::has_substring("to_safetensors.py"));
  folder.tensors("sparse_linear.safetensors", {{"weight", {2, 3}}, {"bias", {1}}});
  CHECK_THAT(head_refusal(folder), ct::has_substring("'weight'") && ct::has_substring("wanted F32 [1, any]"));
  folder.tensors("sparse_linear.safetensors", {{"weight", {1, 3}}, {"bias", {2}}});
  CHECK_THAT(head_refusal(folder), ct::has_substring("'bias'") && ct::has_substring("wanted F32 [1]"));
  folder.tensors("sparse_linear.safetensors", {{"weight", {1, 3}}});
  CHECK_THAT(head_refusal(folder), ct::has_substring("'bias' is missing"));
  folder.tensors("sparse_linear.safetensors", {{"weight", {1, 3}}, {"bias", {1}}, {"scale", {1}}});
  CHECK_THAT(head_refusal(folder), ct::has_substring("'scale' is not used by this head of BGE-M3"));
  folder.tensors("sparse_linear.safetensors", {{"weight", {1, 3}}, {"bias", {1}}});
  CHECK(head_refusal(folder) == "nothing");
}
