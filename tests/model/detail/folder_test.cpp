// SPDX-License-Identifier: MIT
#include <seqpool/model/detail/folder.hpp>

#include <filesystem>
#include <seqpool/model/error.hpp>
#include <string>

#include "model/folder_writer.hpp"
#include "support/catch.hpp"

using seqpool::model::Error;
using seqpool::model::detail::Folder;
using test::FolderWriter;

namespace fs = std::filesystem;

TEST_CASE("a folder that is none is refused", "[model]") {
  FolderWriter writer;
  CHECK_THROWS_WITH(Folder(writer.path()), ct::has_substring("there is no such folder"));
  writer.text("config.json", "{}");
  CHECK_NOTHROW(Folder(writer.path()));
  CHECK_THROWS_WITH(Folder(writer.path("config.json")), ct::has_substring("there is no such folder"));
}

TEST_CASE("nothing outside a model's folder is read", "[model]") {
  FolderWriter writer;
  writer.text("1_Pooling/config.json", "{}").text("../secret.json", "{}").text("../model2/config.json", "{}");
  const Folder folder(writer.path());
  CHECK(folder.has("1_Pooling/config.json"));
  CHECK(folder.folder("1_Pooling").has("config.json"));
  CHECK(folder.folder("1_Pooling/").has("config.json"));
  CHECK(folder.folder("").has("1_Pooling/config.json"));
  CHECK(folder.folder(".").has("1_Pooling/config.json"));
  CHECK(folder.folder("1_Pooling").folder("").has("config.json"));
  CHECK_FALSE(folder.has("2_Dense/config.json"));
  for (const std::string name : {"../secret.json", "1_Pooling/../../secret.json", "..", "1_Pooling/..", "../model2"}) {
    INFO(name);
    CHECK_THROWS_WITH(folder.has(name), ct::has_substring("leads out of the folder"));
    CHECK_THROWS_AS(folder.folder(name), Error);
    CHECK_THROWS_AS(folder.json(name), Error);
  }
  CHECK_THROWS_WITH(folder.has(writer.path("../secret.json").string()), ct::has_substring("leads out of the folder"));
  // Not even where it is within.
  CHECK_THROWS_WITH(folder.has(fs::canonical(writer.path("1_Pooling/config.json")).string()),
                    ct::has_substring("leads out of the folder"));
  CHECK_THROWS_WITH(folder.has("/etc/passwd"), ct::has_substring("leads out of the folder"));
  CHECK_THROWS_WITH(folder.has(std::string("a\0b", 3)), ct::has_substring("leads out of the folder"));
  CHECK_THROWS_WITH(folder.has(""), ct::has_substring("leads out of the folder"));
  CHECK_FALSE(folder.has("..."));
  CHECK_FALSE(folder.has("a..b"));
}

TEST_CASE("a link may lead within the folder, and out of it only to a cache's blobs", "[model]") {
  FolderWriter writer;
  writer.text("snapshots/1/config.json", "{}").text("blobs/2", "{}").text("secret.json", "{}");
  writer.text("other/1/config.json", "{}").text("blobs2/2", "{}");
  const auto link = [&](const fs::path& to, const std::string& at) { fs::create_symlink(to, writer.path(at)); };
  link("config.json", "snapshots/1/within.json");
  link("../../blobs/2", "snapshots/1/blob.json");
  link("../../secret.json", "snapshots/1/secret.json");
  link("../../blobs2/2", "snapshots/1/blob2.json");
  link("../..", "snapshots/1/up");
  link("loop", "snapshots/1/loop");
  link("../../blobs/2", "other/1/blob.json");
  link("nowhere", "snapshots/1/nowhere.json");
  CHECK_THROWS_WITH(Folder(writer.path()), ct::has_substring("one of those in snapshots"));
  const Folder snapshot(writer.path("snapshots/1"));
  CHECK(snapshot.json("within.json").elements().empty());
  CHECK(snapshot.json("blob.json").elements().empty());
  CHECK_THROWS_WITH(snapshot.json("secret.json"), ct::has_substring("is a link that leads out of the folder"));
  CHECK_THROWS_WITH(snapshot.json("blob2.json"), ct::has_substring("is a link that leads out of the folder"));
  CHECK_THROWS_WITH(snapshot.json("up/secret.json"), ct::has_substring("is a link that leads out of the folder"));
  CHECK_THROWS_AS(snapshot.json("loop"), Error);
  CHECK_FALSE(snapshot.has("nowhere.json"));
  CHECK_THROWS_WITH(Folder(writer.path("other/1")).json("blob.json"), ct::has_substring("leads out of the folder"));
  // The folder itself may be a link.
  link("snapshots/1", "latest");
  CHECK(Folder(writer.path("latest")).json("blob.json").elements().empty());
  // A model's folder may have one of that name too.
  for (const std::string name : {"config.json", "modules.json"}) {
    writer.text(name, "{}");
    CHECK_NOTHROW(Folder(writer.path()));
    fs::remove(writer.path(name));
  }
}

TEST_CASE("a path may have 1024 bytes", "[model]") {
  FolderWriter writer;
  writer.text("config.json", "{}");
  const Folder folder(writer.path());
  std::string name;
  while (name.size() < 1024) name += "directory/";
  CHECK_FALSE(folder.has(name.substr(0, 1024)));
  CHECK_THROWS_WITH(folder.has(name.substr(0, 1025)), ct::has_substring("has 1025 bytes, expected at most 1024"));
  CHECK_THROWS_AS(folder.has(std::string(1024, 'a')), Error);  // longer than a file's name may be
}

TEST_CASE("JSON of more than 32 MB is not read", "[model]") {
  FolderWriter writer;
  writer.text("large.json", "{}").text("larger.json", "{}");
  fs::resize_file(writer.path("large.json"), 32'000'000);  // of zero bytes that are not stored
  fs::resize_file(writer.path("larger.json"), 32'000'001);
  const Folder folder(writer.path());
  CHECK_THROWS_WITH(folder.json("large.json"), ct::has_substring("not valid JSON"));
  CHECK_THROWS_WITH(folder.json("larger.json"), ct::has_substring("has 32000001 bytes, expected at most 32000000"));
}

TEST_CASE("a file of weights is read four times at most, by whatever names", "[model]") {
  FolderWriter writer;
  writer.text("a/weights", "").text("b/other", "");
  fs::create_symlink("../a/weights", writer.path("b/weights"));
  const Folder folder(writer.path());
  for (int i = 0; i < 2; ++i) {
    CHECK(folder.weights("a/weights") == folder.path("a/weights"));
    CHECK(folder.folder("b").weights("weights") == folder.path("a/weights"));
  }
  CHECK_NOTHROW(folder.weights("b/other"));
  CHECK_THROWS_WITH(folder.folder("b").weights("weights"), ct::has_substring("more than 4 times"));
  CHECK_NOTHROW(Folder(writer.path()).weights("a/weights"));
}

TEST_CASE("time to read JSON grows with its length, and not with its square", "[model]") {
  FolderWriter writer;
  std::string list = "[{}";
  for (int i = 1; i < 1'000'000; ++i) list += ",{}";
  writer.text("list.json", list + "]");
  const Folder folder(writer.path());
  CHECK(folder.json("list.json").elements().size() ==
        1'000'000);  // by squares this takes so long that the test runs out of time
}

TEST_CASE("what is no file is not read", "[model]") {
  FolderWriter writer;
  writer.text("config.json/config.json", "{}").text("empty.json", "");
  const Folder folder(writer.path());
  CHECK_THROWS_WITH(folder.json("config.json"), ct::has_substring("not a regular file"));
  CHECK_THROWS_WITH(folder.json("missing.json"), ct::has_substring("missing.json"));
  CHECK_THROWS_WITH(folder.json("empty.json"), ct::has_substring("not valid JSON"));
}

TEST_CASE("JSON goes 64 levels deep, and of two equal keys the last one counts", "[model]") {
  FolderWriter writer;
  writer.text("deep.json", std::string(64, '[') + std::string(64, ']'));
  writer.text("deeper.json", std::string(65, '[') + std::string(65, ']'));
  writer.text("twice.json", R"({"a": 1, "a": 2, "b": null})");
  const Folder folder(writer.path());
  CHECK_NOTHROW(folder.json("deep.json"));
  CHECK_THROWS_WITH(folder.json("deeper.json"), ct::has_substring("more than 64 levels"));
  // Levels end, and brackets in strings are none.
  std::string objects;
  for (int i = 0; i < 63; ++i) objects += R"({"a\"[{\\": )";
  const std::string many = R"(["[{", {"]": []}, {}, )" + objects + "1" + std::string(63, '}') + "]";
  writer.text("objects.json", many);
  CHECK_NOTHROW(folder.json("objects.json"));
  writer.text("objects.json", "[" + many + "]");
  CHECK_THROWS_WITH(folder.json("objects.json"), ct::has_substring("more than 64 levels"));
  const auto config = folder.config("twice.json");
  CHECK(config.count("a") == 2);
  CHECK_FALSE(config.has("b"));
  CHECK(config.is_null("b"));
  CHECK_FALSE(config.is_null("c"));
  CHECK(config.count("b", 7) == 7);
}
