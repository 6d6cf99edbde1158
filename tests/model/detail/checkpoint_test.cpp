// SPDX-License-Identifier: MIT
#if defined(__unix__) || defined(__APPLE__)  // where files are mapped
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <seqpool/io/safetensors.hpp>
#include <seqpool/model/sequence_classifier.hpp>
#include <string>

#include "model/folder_writer.hpp"
#include "support/catch.hpp"

TEST_CASE("of a large checkpoint the head's pages alone are read", "[model]") {
  // A file of 90 MB, of which all but the header is a hole: the encoder's tensor first, then the head's.
  const std::uint64_t encoder = std::uint64_t{90} << 20;
  auto offsets = [at = std::uint64_t{0}](std::uint64_t size) mutable {
    const auto begin = at;
    at += size;
    return "\"data_offsets\": [" + std::to_string(begin) + ", " + std::to_string(at) + "]}";
  };
  std::string header =
      R"({"distilbert.layer": {"dtype": "F32", "shape": [)" + std::to_string(encoder / 4) + "], " + offsets(encoder);
  header += R"(, "pre_classifier.weight": {"dtype": "F32", "shape": [64, 64], )" + offsets(64 * 64 * 4);
  header += R"(, "pre_classifier.bias": {"dtype": "F32", "shape": [64], )" + offsets(64 * 4);
  header += R"(, "classifier.weight": {"dtype": "F32", "shape": [2, 64], )" + offsets(2 * 64 * 4);
  header += R"(, "classifier.bias": {"dtype": "F32", "shape": [2], )" + offsets(2 * 4) + "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string start;
  for (unsigned shift = 0; shift < 64; shift += 8) start += static_cast<char>((header.size() >> shift) & 0xff);
  test::FolderWriter folder;
  folder.text("config.json", R"({"architectures": ["DistilBertForSequenceClassification"], "dim": 64})");
  folder.text("model.safetensors", start + header);
  std::filesystem::resize_file(folder.path("model.safetensors"),
                               start.size() + header.size() + encoder + (64 * 64 + 64 + 2 * 64 + 2) * 4);

  const auto faults = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt + usage.ru_majflt;
  };
  const long before = faults();
  const seqpool::model::SequenceClassifier classifier(folder.path());
  const long taken = faults() - before;
  INFO(taken << " page faults, of " << encoder / 4096 << " pages");
  CHECK(taken < 1000);
  CHECK(classifier.labels().size() == 2);
}
#endif
