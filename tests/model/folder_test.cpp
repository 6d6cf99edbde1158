// SPDX-License-Identifier: MIT
#include <seqpool/model/folder.hpp>

#include <filesystem>
#include <seqpool/model/error.hpp>
#include <string>

#include "folder_writer.hpp"
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
  CHECK(snapshot.json("within.json").empty());
  CHECK(snapshot.json("blob.json").empty());
  CHECK_THROWS_WITH(snapshot.json("secret.json"), ct::has_substring("is a link that leads out of the folder"));
  CHECK_THROWS_WITH(snapshot.json("blob2.json"), ct::has_substring("is a link that leads out of the folder"));
  CHECK_THROWS_WITH(snapshot.json("up/secret.json"), ct::has_substring("is a link that leads out of the folder"));
  CHECK_THROWS_AS(snapshot.json("loop"), Error);
  CHECK_FALSE(snapshot.has("nowhere.json"));
  CHECK_THROWS_WITH(Folder(writer.path("other/1")).json("blob.json"), ct::has_substring("leads out of the folder"));
  // The folder itself may be a link.
  link("snapshots/1", "latest");
  CHECK(Folder(writer.path("latest")).json("blob.json").empty());
  // A model's folder may have one of that name too.
  for (const std::string name : {"config.json", "modules.json"}) {
    writer.text(name, "{}");
    CHECK_NOTHROW(Folder(writer.path()));
    fs::remove(writer.path(name));
  }
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
  const auto config = folder.config("twice.json");
  CHECK(config.count("a") == 2);
  CHECK_FALSE(config.has("b"));
  CHECK(config.is_null("b"));
  CHECK_FALSE(config.is_null("c"));
  CHECK(config.count("b", 7) == 7);
}
