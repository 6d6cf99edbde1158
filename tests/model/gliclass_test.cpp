// SPDX-License-Identifier: MIT
#include <seqpool/model/gliclass.hpp>

#include <seqpool/pool.hpp>
#include <string>

#include "folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::model::gliclass_pooling;
using test::two_tokens;

namespace {

// The first feature of (1, 2, 3) and (3, 4, 5), pooled as a configuration of GLiClass with these entries says.
float pooled(const std::string& entries) {
  test::FolderWriter folder;
  folder.text("config.json", R"({"model_type": "GLiClass")" + entries + "}");
  return seqpool::pool(gliclass_pooling<float>(folder.path()), two_tokens())(0, 0);
}

std::string refused_config(const std::string& content) {
  test::FolderWriter folder;
  folder.text("config.json", content);
  try {
    static_cast<void>(gliclass_pooling<float>(folder.path()));
  } catch (const seqpool::model::Error& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("GLiClass pools by its strategy, which is first unless it says so, or by the last token", "[model]") {
  CHECK(pooled("") == 1);
  CHECK(pooled(R"(, "pooling_strategy": "sum")") == 4);
  CHECK(pooled(R"(, "pooling_strategy": "avg", "architecture_type": "bi-encoder", "use_lstm": false)") == 2);
  CHECK(pooled(R"(, "pooling_strategy": "avg", "architecture_type": "encoder-decoder-cls")") == 3);
}

TEST_CASE("what GLiClass puts in front of its pooling, or pools otherwise, is refused", "[model]") {
  const std::string begin = R"({"model_type": "GLiClass", )";
  CHECK_THAT(refused_config("{}"), ct::has_substring("'model_type' is missing"));
  CHECK_THAT(refused_config(R"({"model_type": "bert"})"), ct::has_substring("understood are 'GLiClass'"));
  CHECK_THAT(refused_config(begin + R"("pooling_strategy": "pass"})"),
             ct::has_substring("'pooling_strategy' is 'pass'") && ct::has_substring("'abs_avg'"));
  CHECK_THAT(refused_config(begin + R"("architecture_type": "decoder-kv"})"), ct::has_substring("'bi-encoder-fused'"));
  CHECK_THAT(refused_config(begin + R"("use_lstm": true})"), ct::has_substring("'use_lstm' is true"));
  CHECK_THAT(refused_config(begin + R"("squeeze_layers": true})"), ct::has_substring("'squeeze_layers' is true"));
}
