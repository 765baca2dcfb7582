#include "services/folder_service.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class FolderServiceTest : public ServicesTest {
 protected:
  FolderServiceTest() {
    manifest.capabilities = {"local.folders"};
    declare(R"([{"folderKey":"notes","displayName":"Notes"},)"
            R"({"folderKey":"wiki","displayName":"Wiki","access":"readWrite",)"
            R"("requiredDirectories":["raw"],"requiredFiles":["index.md"]},)"
            R"({"folderKey":"library","displayName":"Library","access":"read"},)"
            R"({"folderKey":"shared","displayName":"Shared"}])");
    service.add_to(table);
  }
  ~FolderServiceTest() override { fs::remove_all(top); }

  void declare(std::string folders) { manifest.json = R"({"localFolders":)" + folders + "}"; }
  std::string call(std::string_view method, std::string_view key, std::string_view members = "") {
    return call(table, method, key, members);
  }
  std::string call(ServiceTable& at, std::string_view method, std::string_view key,
                   std::string_view members = "") {
    return ask(at, "localFolders." + std::string(method),
               R"({"folderKey":")" + std::string(key) + '"' +
                   (members.empty() ? "" : "," + std::string(members)) + "}");
  }
  std::string configure(std::string_view key, const fs::path& path, std::string_view more = "") {
    return call("configure", key, R"("path":")" + path.string() + '"' + std::string(more));
  }
  std::string write(std::string_view key, std::string_view path, std::string_view contents) {
    return call("writeTextAtomic", key,
                R"("relativePath":")" + std::string(path) + R"(","contents":")" +
                    std::string(contents) + '"');
  }
  std::string read(std::string_view key, std::string_view path) {
    return call("readText", key, R"("relativePath":")" + std::string(path) + '"');
  }
  // Names of "notes", and "…" where there are more.
  std::vector<std::string> listed(std::string_view members) {
    std::vector<std::string> names;
    const auto answer = json::Document::parse(call("list", "notes", members));
    for (const auto entry : answer->root().find("entries")->elements()) {
      names.push_back(*entry.find("name")->as_string());
    }
    if (answer->root().find("truncated")->as_bool() == true) names.emplace_back("…");
    return names;
  }
  static std::string content(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  fs::path top = [] {
    auto pattern = (fs::temp_directory_path() / "collet-folders-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
  InlineBackgroundPool pool{loop};
  FolderService service{{.store = store->folders(),
                         .pool = pool,
                         .entropy = *entropy,
                         .wall_clock = [] { return from_epoch_ms(0); },
                         .data_dir = top / "collet"},
                        {{"acme.x", {{"shared", (top / "shared").string()}}}},
                        {.file_bytes_max = 10,
                         .entries_default = 2,
                         .entries_max = 3,
                         .names_max = 5,
                         .levels_max = 2}};
  ServiceTable table{{}};
};

TEST_F(FolderServiceTest, DeclarationsAreTheManifests) {
  declare(R"([ {"folderKey":"notes" , "displayName":"Notes"} ])");
  EXPECT_EQ(ask(table, "localFolders.declarations"),
            R"([{"folderKey":"notes","displayName":"Notes"}])");
  manifest.json = "{}";
  EXPECT_EQ(ask(table, "localFolders.declarations"), "[]");
}

TEST_F(FolderServiceTest, AFolderThatNobodyConfiguredSaysSo) {
  EXPECT_EQ(call("status", "wiki"),
            R"({"folderKey":"wiki","configured":false,"path":null,"realPath":null,)"
            R"("access":"readWrite","readable":false,"writable":false,)"
            R"("requiredDirectories":["raw"],"requiredFiles":["index.md"],)"
            R"("missingDirectories":["raw"],"missingFiles":["index.md"],"healthy":false,)"
            R"("problems":[{"code":"not_configured",)"
            R"("message":"No local folder path is configured."}],)"
            R"("checkedAt":"1970-01-01T00:00:00.000Z"})");
  for (const auto* method : {"list", "readText", "writeTextAtomic", "deleteFile"}) {
    EXPECT_EQ(call(method, "wiki", R"("relativePath":"a","contents":"")"),
              "-32603 Local folder \"wiki\" is not configured: localFolders.configure does it, or "
              "[plugin.\"acme.x\".folders] wiki = \"/path\" in collet.toml");
  }
}

TEST_F(FolderServiceTest, ConfiguringMakesWhatMayBeMade) {
  const auto root = top / "new/wiki";
  const auto status = configure("wiki", root);
  EXPECT_EQ(status, R"({"folderKey":"wiki","configured":true,"path":")" + root.string() +
                        R"(","realPath":")" + fs::canonical(root).string() +
                        R"(","access":"readWrite","readable":true,"writable":true,)"
                        R"("requiredDirectories":["raw"],"requiredFiles":["index.md"],)"
                        R"("missingDirectories":[],"missingFiles":["index.md"],"healthy":false,)"
                        R"("problems":[{"code":"missing_file",)"
                        R"("message":"Required file is missing.","path":"index.md"}],)"
                        R"("checkedAt":"1970-01-01T00:00:00.000Z"})");
  EXPECT_EQ(call("status", "wiki"), status) << "and is kept";
  EXPECT_THAT(write("wiki", "index.md", "hi"), HasSubstr(R"("healthy":true,"problems":[])"));
}

TEST_F(FolderServiceTest, ThePathIsKeptAlsoWhereItCannotBeUsed) {
  EXPECT_THAT(configure("notes", "relative/path"), HasSubstr(R"("code":"not_absolute")"));
  EXPECT_THAT(call("status", "notes"), HasSubstr(R"("path":"relative/path","realPath":null)"));
  EXPECT_EQ(read("notes", "a"),
            "-32603 Local folder \"notes\" has no absolute path: \"relative/path\"");
  std::ofstream(top / "file") << "x";
  EXPECT_THAT(configure("notes", top / "file"), HasSubstr(R"("code":"not_directory")"));
  EXPECT_THAT(configure("library", top / "nothing"), HasSubstr(R"("code":"missing")"))
      << "what is only read is not made";
  EXPECT_FALSE(fs::exists(top / "nothing"));
}

TEST_F(FolderServiceTest, TheManifestWinsOverThePlugin) {
  fs::create_directories(top / "a");
  const auto more = R"(,"access":"read","requiredDirectories":["x"],"requiredFiles":["y"])";
  EXPECT_THAT(configure("wiki", top / "a", more),
              HasSubstr(R"("access":"readWrite","readable":true,"writable":true,)"
                        R"("requiredDirectories":["raw"],"requiredFiles":["index.md"])"));
  EXPECT_THAT(configure("notes", top / "a", more),
              HasSubstr(R"("access":"read","readable":true,"writable":false,)"
                        R"("requiredDirectories":["x"],"requiredFiles":["y"],)"
                        R"("missingDirectories":["x"],"missingFiles":["y"])"));
  EXPECT_THAT(call("status", "notes"), HasSubstr(R"("requiredDirectories":["x"])"));
}

TEST_F(FolderServiceTest, FilesAreWrittenReadListedAndDeleted) {
  configure("notes", top / "notes");
  EXPECT_THAT(write("notes", "a/b.md", R"(\"ü\"\n)"), StartsWith(R"({"folderKey":"notes",)"));
  EXPECT_EQ(content(top / "notes/a/b.md"), "\"ü\"\n");
  EXPECT_EQ(read("notes", "a/b.md"), R"("\"ü\"\n")");
  EXPECT_EQ(read("notes", "./a//b.md"), R"("\"ü\"\n")");
  EXPECT_THAT(call("list", "notes"),
              StartsWith(R"({"folderKey":"notes","relativePath":null,"entries":)"
                         R"([{"path":"a","name":"a","kind":"directory","size":null,)"
                         R"("modifiedAt":")"));
  EXPECT_THAT(call("list", "notes", R"("relativePath":"a/","recursive":true)"),
              StartsWith(R"({"folderKey":"notes","relativePath":"a","entries":)"
                         R"([{"path":"a/b.md","name":"b.md","kind":"file","size":5,)"));
  EXPECT_THAT(call("deleteFile", "notes", R"("relativePath":"a/b.md")"),
              StartsWith(R"({"folderKey":"notes",)"));
  EXPECT_THAT(call("deleteFile", "notes", R"("relativePath":"a/b.md")"),
              StartsWith(R"({"folderKey":"notes",)"));
  EXPECT_EQ(read("notes", "a/b.md"), "-32603 Local folder file not found: a/b.md (ENOENT)");
}

TEST_F(FolderServiceTest, OnlyTextsAreTexts) {
  configure("notes", top / "notes");
  EXPECT_THAT(write("notes", "a", R"(x\ud800y)"), StartsWith("{"));
  EXPECT_EQ(content(top / "notes/a"), "x\xEF\xBF\xBDy");
  std::ofstream(top / "notes/b") << "\xFF";
  std::ofstream(top / "notes/\xFF") << "";
  EXPECT_EQ(read("notes", "b"), "-32603 \"b\" is no text: it is not UTF-8");
  EXPECT_THAT(call("list", "notes", R"("maxEntries":9)"),
              testing::AllOf(HasSubstr(R"("name":"b")"), testing::Not(HasSubstr("\xFF"))));
}

TEST_F(FolderServiceTest, NothingLeadsOut) {
  fs::create_directories(top / "notes");
  std::ofstream(top / "secret") << "secret";
  configure("notes", top / "notes");
  fs::create_symlink(top / "secret", top / "notes/link");
  fs::create_symlink("..", top / "notes/up");
  EXPECT_THAT(read("notes", "../secret"),
              StartsWith("-32603 localFolders.readText: relativePath is wrong: \"../secret\" has"));
  EXPECT_THAT(read("notes", (top / "secret").string()), HasSubstr("is absolute"));
  EXPECT_THAT(read("notes", R"(..\\secret)"), HasSubstr("has a backslash"));
  EXPECT_THAT(read("notes", R"(a\u0000b)"), HasSubstr("has a NUL character"));
  EXPECT_THAT(read("notes", "link"), HasSubstr("leads out of the folder"));
  EXPECT_THAT(read("notes", "up/secret"), HasSubstr("leads out of the folder"));
  EXPECT_THAT(write("notes", "up/new", "x"), HasSubstr("leads out of the folder"));
  EXPECT_THAT(call("list", "notes", R"("relativePath":"up")"),
              HasSubstr("leads out of the folder"));
  EXPECT_THAT(call("deleteFile", "notes", R"("relativePath":"up/secret")"),
              HasSubstr("leads out of the folder"));
  EXPECT_EQ(content(top / "secret"), "secret");
  declare(R"([{"folderKey":"notes","displayName":"N","requiredFiles":["link"],)"
          R"("requiredDirectories":["up"]}])");
  EXPECT_THAT(call("status", "notes"),
              HasSubstr(R"([{"code":"symlink_escape","message":)"
                        R"("Required directory escapes the configured root.","path":"up"},)"
                        R"({"code":"symlink_escape","message":)"
                        R"("Required file escapes the configured root.","path":"link"}])"));
}

TEST_F(FolderServiceTest, WhatIsOnlyReadIsNotWritten) {
  fs::create_directories(top / "library");
  std::ofstream(top / "library/book") << "text";
  configure("library", top / "library");
  EXPECT_EQ(read("library", "book"), "\"text\"");
  const std::string refused =
      "-32603 Local folder \"library\" is not configured for writes: its access is \"read\"";
  EXPECT_EQ(write("library", "book", "x"), refused);
  EXPECT_EQ(call("deleteFile", "library", R"("relativePath":"book")"), refused);
  EXPECT_EQ(content(top / "library/book"), "text");
}

TEST_F(FolderServiceTest, TheOperatorsFolderWins) {
  EXPECT_THAT(call("status", "shared"), HasSubstr(R"("code":"missing")"));
  EXPECT_THAT(configure("shared", top / "elsewhere"),
              HasSubstr(R"("path":")" + (top / "shared").string() + '"'));
  EXPECT_FALSE(fs::exists(top / "elsewhere"));
  EXPECT_THAT(write("shared", "a", "x"), StartsWith("{"));
  EXPECT_EQ(content(top / "shared/a"), "x");
  worker.plugin_key = "acme.y";
  EXPECT_THAT(call("status", "shared"), HasSubstr("not_configured"));
}

TEST_F(FolderServiceTest, SaysWhatIsWrong) {
  EXPECT_EQ(ask(table, "localFolders.status"),
            "-32603 localFolders.status: folderKey has to be a string");
  EXPECT_EQ(call("status", "other"),
            "-32603 Local folder key is not declared by this plugin manifest: \"other\"");
  EXPECT_EQ(call("configure", "notes"), "-32603 localFolders.configure: path has to be a string");
  EXPECT_EQ(configure("notes", "/tmp", R"(,"access":"write")"),
            R"(-32603 localFolders.configure: access has to be "read" or "readWrite", or absent)");
  EXPECT_EQ(configure("notes", "/tmp", R"(,"requiredFiles":["../x"])"),
            "-32603 localFolders.configure: requiredFiles has a wrong path: \"../x\" has \"..\"; "
            "paths stay inside the folder");
  EXPECT_EQ(call("readText", "notes", R"("relativePath":".")"),
            "-32603 localFolders.readText: relativePath names no file");
  manifest.capabilities.clear();
  EXPECT_THAT(call("status", "notes"), StartsWith("-32001"));
  EXPECT_THAT(ask(table, "localFolders.declarations"), StartsWith("["));
}

TEST_F(FolderServiceTest, FilesListingsAndPathsHaveLimits) {
  configure("notes", top / "notes");
  EXPECT_THAT(write("notes", "a", "0123456789"), StartsWith("{"));
  EXPECT_EQ(write("notes", "b", "0123456789a"),
            "-32603 localFolders.writeTextAtomic: contents has 11 bytes, the limit is 10");
  EXPECT_EQ(read("notes", "a"), "\"0123456789\"");
  std::ofstream(top / "notes/b") << "0123456789a";
  EXPECT_EQ(read("notes", "b"), "-32603 \"b\" cannot be read: it has more than 10 bytes");
  for (const auto* name : {"c", "d"}) EXPECT_THAT(write("notes", name, ""), StartsWith("{"));
  EXPECT_THAT(listed(""), ElementsAre("a", "b", "…"));
  EXPECT_THAT(listed(R"("maxEntries":0)"), ElementsAre("a", "b", "…"));
  EXPECT_THAT(listed(R"("maxEntries":1)"), ElementsAre("a", "…"));
  EXPECT_THAT(listed(R"("maxEntries":100)"), ElementsAre("a", "b", "c", "…"));
  EXPECT_THAT(configure("notes", "/" + std::string(4'094, 'x')), HasSubstr("not_readable"));
  EXPECT_EQ(configure("notes", "/" + std::string(4'095, 'x')),
            "-32603 localFolders.configure: path has to be an absolute path of at most 4095 bytes");
}

TEST_F(FolderServiceTest, AListingReadsOnlySoManyLevelsAndNames) {
  configure("notes", top / "notes");
  constexpr auto k_all = R"("recursive":true,"maxEntries":3)";
  fs::create_directories(top / "notes/a/b");
  EXPECT_THAT(listed(k_all),
              ElementsAre("a", "b", "…"));  // what may be in b would be a third level
  fs::remove(top / "notes/a/b");

  // Names that JSON cannot say are read, too.
  for (const char end : {'1', '2', '3', '4'})
    std::ofstream(top / "notes/a" / (std::string("\xff") + end));
  EXPECT_THAT(listed(k_all), ElementsAre("a"));
  std::ofstream(top / "notes/a/\xff");
  EXPECT_THAT(listed(k_all), ElementsAre("a", "…"));
}

TEST_F(FolderServiceTest, OnlySoManyOperationsWait) {
  FolderService narrow({.store = store->folders(),
                        .pool = pool,
                        .entropy = *entropy,
                        .wall_clock = [] { return from_epoch_ms(0); },
                        .data_dir = top / "collet"},
                       {{"acme.x", {{"shared", (top / "shared").string()}}}},
                       {.lanes = {.waiting_max = 2}});
  ServiceTable at({});
  narrow.add_to(at);
  std::vector<std::string> answers;
  const auto params = *json::Document::parse(R"({"folderKey":"shared"})");
  const auto ask_at_once = [&] {
    at.request(host_call("localFolders.status", params.root()),
               Reply<std::string>([&](auto outcome) { answers.push_back(text(outcome)); }));
  };
  for (int i = 0; i < 3; ++i) ask_at_once();
  EXPECT_THAT(answers, ElementsAre("-32603 2 operations of the plugin wait already"));
  loop.run_ready();
  EXPECT_EQ(answers.size(), 3u);
  ask_at_once();
  loop.run_ready();
  EXPECT_THAT(answers.back(), StartsWith("{"));
}

TEST_F(FolderServiceTest, OnlySoManyBytesWait) {
  FolderService narrow({.store = store->folders(),
                        .pool = pool,
                        .entropy = *entropy,
                        .wall_clock = [] { return from_epoch_ms(0); },
                        .data_dir = top / "collet"},
                       {}, {.lanes = {.waiting_max = 9, .waiting_bytes_max = 10}});
  configure("notes", top / "notes");
  ServiceTable at({});
  narrow.add_to(at);
  std::vector<std::string> answers;
  const auto write_at_once = [&](const std::string& contents) {
    const auto params = *json::Document::parse(
        R"({"folderKey":"notes","relativePath":"a","contents":")" + contents + R"("})");
    at.request(host_call("localFolders.writeTextAtomic", params.root()),
               Reply<std::string>([&](auto outcome) { answers.push_back(text(outcome)); }));
  };
  for (const auto* contents : {"123456", "12345", "1234"}) write_at_once(contents);
  EXPECT_THAT(answers, ElementsAre("-32603 operations of the plugin with 6 bytes wait already, and "
                                   "this one has 5; the limit is 10"));
  loop.run_ready();
  EXPECT_EQ(answers.size(), 3u);
  EXPECT_EQ(content(top / "notes/a"), "1234");
}

TEST_F(FolderServiceTest, TheHostsDataFolderIsNobodys) {
  const auto data = top / "collet";
  fs::create_directories(data / "plugin-data/acme.x");
  std::ofstream(data / "secrets.key") << "key";
  fs::create_symlink(data, top / "link");
  for (const auto& path : {data, data / "plugin-data/acme.x", data / "new", top, top / "link",
                           top / "link/new", top / "a/../collet/", top / "missing/../link"}) {
    EXPECT_EQ(configure("notes", path), "-32603 Local folder \"notes\" cannot be " + path.string() +
                                            ": the host's data folder is there");
  }
  EXPECT_FALSE(fs::exists(data / "new"));
  EXPECT_THAT(call("status", "notes"), HasSubstr("not_configured")) << "nothing of it is kept";

  EXPECT_THAT(configure("notes", top / "collet-notes"), HasSubstr(R"("healthy":true)"));
  fs::remove(top / "collet-notes");
  fs::create_symlink(data, top / "collet-notes");
  EXPECT_THAT(read("notes", "secrets.key"), HasSubstr("the host's data folder is there"));
  EXPECT_THAT(write("notes", "secrets.key", ""), HasSubstr("the host's data folder is there"));
  EXPECT_EQ(content(data / "secrets.key"), "key");
}

TEST_F(FolderServiceTest, InMultiTenancyEachCompanyHasAFolderOfItsOwnInTheOperators) {
  ServiceTable multi({.tenancy = Tenancy::multi});
  service.add_to(multi);
  invocations.begin("1", "acme");
  invocations.begin("2", "globex");
  invocations.begin("3", "../acme");
  const auto write_secret = [&](std::string_view company) {
    return call(
        multi, "writeTextAtomic", "shared",
        R"("relativePath":"s","contents":"secret","companyId":")" + std::string(company) + '"');
  };
  const auto read_it = [&](std::string_view members) {
    return call(multi, "readText", "shared", R"("relativePath":"s")" + std::string(members));
  };
  invocation_id = "1";
  EXPECT_THAT(write_secret("acme"), StartsWith("{"));
  EXPECT_EQ(content(top / "shared/acme/s"), "secret");
  EXPECT_EQ(read_it(""), "\"secret\"");
  EXPECT_THAT(write_secret("globex"), StartsWith("-32005"));
  invocation_id = "2";
  EXPECT_THAT(read_it(R"(,"companyId":"acme")"), StartsWith("-32005"));
  EXPECT_THAT(read_it(""), HasSubstr("cannot be opened"));
  EXPECT_THAT(call(multi, "readText", "shared", R"("relativePath":"../acme/s")"),
              HasSubstr("stay inside"));
  EXPECT_THAT(
      call(multi, "configure", "notes", R"("path":")" + (top / "shared/acme").string() + '"'),
      StartsWith("-32603 with several tenants only the operator names folders"));
  EXPECT_THAT(call(multi, "readText", "notes", R"("relativePath":"s")"),
              HasSubstr("is not configured"));
  invocation_id = "3";
  EXPECT_EQ(read_it(""), "-32603 the id of company \"../acme\" cannot be the name of its folder");
  for (const auto& other : {std::optional<std::string>("forged"), {}}) {
    invocation_id = other;
    EXPECT_EQ(read_it(""), "-32603 localFolders.readText: companyId has to be a string");
  }
}

}  // namespace
}  // namespace collet::services
