#include "services/database_service.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/asio_loop.hpp"
#include "services/core_tables.hpp"
#include "services/directory_service.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class DatabaseServiceTest : public ServicesTest {
 protected:
  DatabaseServiceTest() {
    manifest.capabilities = {"database.namespace.read", "database.namespace.write",
                             "database.namespace.migrate"};
    declare(R"({"namespaceSlug":"notes","migrationsDir":"sql","coreReadTables":["companies",)"
            R"("projects","agents","issues"]})");
    fs::create_directories(package / "sql");
    service.add_to(table);
  }
  ~DatabaseServiceTest() override { fs::remove_all(top); }

  void declare(std::string database) {
    manifest.json = R"({"id":"acme.x","database":)" + database + "}";
  }
  void migration(const std::string& name, std::string_view sql) {
    std::ofstream(package / "sql" / name) << sql;
  }
  /// Brings the database to what the package says, as before a start of its worker.
  std::string migrate() {
    std::string answer = "waits";
    manifest.version = "1.0.0";
    service.migrate(
        {.plugin_id = worker.plugin_id,
         .plugin_key = worker.plugin_key,
         .manifest = std::make_shared<const Manifest>(manifest),
         .package_root = package},
        Reply<Done>([&](Result<Done> done) { answer = done ? "done" : done.error().message; }));
    loop.run_ready();
    return answer;
  }
  std::string query(std::string_view sql, std::string_view more = "") {
    return ask(table, "db.query", R"({"sql":")" + std::string(sql) + '"' + std::string(more) + "}");
  }
  std::string execute(std::string_view sql, std::string_view more = "") {
    return ask(table, "db.execute",
               R"({"sql":")" + std::string(sql) + '"' + std::string(more) + "}");
  }

  fs::path top = [] {
    auto pattern = (fs::temp_directory_path() / "collet-databases-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
  fs::path package = top / "package";
  InlineBackgroundPool pool{loop};
  DatabaseService::Parts parts{
      .loop = loop,
      .pool = pool,
      .entropy = *entropy,
      .wall_clock = [] { return from_epoch_ms(0); },
      .plugin_data_root = top / "plugin-data",
      .directory = with_defaults({.companies = {{.id = "acme", .name = "Acme"}}})};
  DatabaseService service{parts};
  ServiceTable table{{}};
};

TEST_F(DatabaseServiceTest, APluginHasADatabaseUnderItsNamespace) {
  EXPECT_THAT(ask(table, "db.namespace"), StartsWith("\"plugin_notes_"));
  migration("001.sql", "CREATE TABLE t (a int);");
  EXPECT_EQ(migrate(), "done");
  EXPECT_TRUE(fs::exists(top / "plugin-data/acme.x/database.sqlite3"));
  EXPECT_EQ(execute("INSERT INTO t VALUES ($1)", R"(,"params":[7])"), R"({"rowCount":1})");
  EXPECT_EQ(query("SELECT a FROM t"), R"([{"a":7}])");
  EXPECT_EQ(query("SELECT a FROM t", R"(,"params":null)"), R"([{"a":7}])");
  EXPECT_EQ(query("SELECT b FROM t"), "-32603 no such column: b");
}

TEST_F(DatabaseServiceTest, IsClosedWhenNobodyAsksForAWhile) {
  const auto wal = top / "plugin-data/acme.x/database.sqlite3-wal";
  execute("CREATE TABLE t (a int)");
  loop.advance(std::chrono::milliseconds(1'999));
  EXPECT_TRUE(fs::exists(wal));
  execute("INSERT INTO t VALUES (1)");
  loop.advance(std::chrono::milliseconds(1'999));
  EXPECT_TRUE(fs::exists(wal));
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(fs::exists(wal));
  EXPECT_EQ(query("SELECT a FROM t"), R"([{"a":1}])");
}

TEST_F(DatabaseServiceTest, WithoutADeclarationThereIsNone) {
  manifest.json = R"({"id":"acme.x"})";
  EXPECT_EQ(ask(table, "db.namespace"), R"("")");
  const std::string none =
      "-32603 Plugin database namespace is not active: the manifest declares no \"database\"";
  EXPECT_EQ(query("SELECT 1"), none);
  EXPECT_EQ(execute("DELETE FROM t"), none);
  EXPECT_EQ(migrate(), "done");
  EXPECT_FALSE(fs::exists(top / "plugin-data"));
}

TEST_F(DatabaseServiceTest, SaysWhatIsWrong) {
  EXPECT_EQ(ask(table, "db.query"), "-32603 db.query: sql has to be a string");
  EXPECT_EQ(execute("DELETE FROM t", R"(,"params":1)"), "-32603 params have to be a list");
  manifest.capabilities = {"database.namespace.read"};
  EXPECT_THAT(execute("DELETE FROM t"), StartsWith("-32001"));
  EXPECT_THAT(query("SELECT 1"), StartsWith("["));
}

TEST_F(DatabaseServiceTest, MigrationsComeFromThePackageByName) {
  migration("002_b.sql", "INSERT INTO t VALUES (2);");
  migration("001_a.sql", "CREATE TABLE t (a int);");
  migration("readme.md", "no SQL");
  EXPECT_EQ(migrate(), "done");
  EXPECT_EQ(migrate(), "done");
  EXPECT_EQ(query("SELECT a FROM t"), R"([{"a":2}])");
  migration("003_c.sql", "INSERT INTO nowhere VALUES (3);");
  EXPECT_EQ(migrate(),
            "the plugin's migration 003_c.sql cannot be applied: line 1: no such table: nowhere");
  EXPECT_EQ(query("SELECT a FROM t"), R"([{"a":2}])");
}

TEST_F(DatabaseServiceTest, MigrationsStayInThePackage) {
  fs::create_directories(top / "elsewhere");
  fs::remove(package / "sql");
  fs::create_symlink(top / "elsewhere", package / "sql");
  EXPECT_THAT(migrate(), HasSubstr("leads out of the folder by a symbolic link"));
  declare(R"({"migrationsDir":"../elsewhere"})");
  EXPECT_THAT(migrate(), HasSubstr("paths stay inside the folder"));
  declare(R"({"migrationsDir":"nothing"})");
  EXPECT_EQ(migrate(), "the plugin's migrations in " + (package / "nothing").string() +
                           " cannot be read: \"nothing\" is not there");
}

TEST_F(DatabaseServiceTest, MigrationsHaveLimits) {
  DatabaseService narrow(parts, {.database = {.migration_bytes_max = 30, .migrations_max = 2}});
  const auto migrate_narrow = [&] {
    std::string answer;
    narrow.migrate(
        {.plugin_id = "u",
         .plugin_key = "acme.x",
         .manifest = std::make_shared<const Manifest>(manifest),
         .package_root = package},
        Reply<Done>([&](Result<Done> done) { answer = done ? "done" : done.error().message; }));
    loop.run_ready();
    return answer;
  };
  migration("1.sql", "CREATE TABLE a (x int); -- 30 b");
  EXPECT_THAT(migrate_narrow(), HasSubstr("it has more than 30 bytes"));
  migration("1.sql", "CREATE TABLE a (x int); -- 30b");
  migration("2.sql", "CREATE TABLE b (x int)");
  EXPECT_EQ(migrate_narrow(), "done");
  migration("3.sql", "CREATE TABLE c (x int)");
  EXPECT_THAT(migrate_narrow(), HasSubstr("there are more than 2"));
}

TEST_F(DatabaseServiceTest, PluginsDoNotSeeEachOthers) {
  migration("001.sql", "CREATE TABLE t (a int);");
  EXPECT_EQ(migrate(), "done");
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  EXPECT_EQ(query("SELECT a FROM t"), "-32603 no such table: t");
}

TEST_F(DatabaseServiceTest, WhatAWorkerWroteIsThereForTheNext) {
  migration("001.sql", "CREATE TABLE t (a int);");
  EXPECT_EQ(migrate(), "done");
  EXPECT_EQ(execute("INSERT INTO t VALUES (1)"), R"({"rowCount":1})");
  table.ended(worker);
  loop.run_ready();
  EXPECT_FALSE(fs::exists(top / "plugin-data/acme.x/database.sqlite3-wal")) << "it is closed";
  EXPECT_EQ(query("SELECT a FROM t"), R"([{"a":1}])");
}

TEST_F(DatabaseServiceTest, TheHostsTablesHaveTheDirectory) {
  EXPECT_EQ(query("SELECT c.id, c.name, p.id AS p, a.role FROM public.companies c JOIN "
                  "public.projects p ON p.company_id = c.id JOIN public.agents a ON a.company_id = "
                  "c.id LEFT JOIN public.issues i ON i.project_id = p.id WHERE i.id IS NULL"),
            R"([{"id":"acme","name":"Acme","p":"default","role":"general"}])");
  EXPECT_THAT(query("SELECT id FROM public.goals"), HasSubstr("is not among the tables"));
}

TEST_F(DatabaseServiceTest, InMultiTenancyTheHostsTablesTellOfNobody) {
  ServiceTable multi({.tenancy = Tenancy::multi});
  DatabaseService other(parts);
  other.add_to(multi);
  EXPECT_EQ(ask(multi, "db.query", R"({"sql":"SELECT id FROM public.companies"})"), "[]");
}

TEST_F(DatabaseServiceTest, OnlySoManyOperationsWait) {
  DatabaseService narrow(parts, {.waiting_max = 2});
  ServiceTable at({});
  narrow.add_to(at);
  std::vector<std::string> answers;
  const auto params = *json::Document::parse(R"({"sql":"SELECT 1 AS a"})");
  for (int i = 0; i < 3; ++i) {
    at.request(host_call("db.query", params.root()),
               Reply<std::string>([&](auto outcome) { answers.push_back(text(outcome)); }));
  }
  EXPECT_THAT(answers, ElementsAre("-32603 2 operations of the plugin wait already"));
  loop.run_ready();
  EXPECT_THAT(answers, ElementsAre(HasSubstr("wait already"), R"([{"a":1}])", R"([{"a":1}])"));
}

// With real threads and real time: one plugin's endless query is stopped at its limit, and the
// other's goes on meanwhile.
TEST_F(DatabaseServiceTest, AnEndlessQueryHoldsUpNobodyElse) {
  AsioLoop real;
  const auto threads = make_background_pool(real, {.threads_max = 2});
  DatabaseService concurrent({.loop = real,
                              .pool = *threads,
                              .entropy = *entropy,
                              .wall_clock = parts.wall_clock,
                              .plugin_data_root = parts.plugin_data_root},
                             {.database = {.time_max = std::chrono::seconds(2)}});
  ServiceTable at({});
  concurrent.add_to(at);
  std::vector<std::string> answers;
  const auto ask_for = [&](std::string_view sql) {
    const auto params = *json::Document::parse(R"({"sql":")" + std::string(sql) + R"("})");
    at.request(host_call("db.query", params.root()), Reply<std::string>([&](auto outcome) {
                 answers.push_back(text(outcome));
                 if (answers.size() == 3) real.stop();
               }));
  };
  ask_for("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  ask_for("SELECT 'after' AS x");
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  ask_for("SELECT 'other' AS x");
  real.run();
  EXPECT_THAT(answers,
              ElementsAre(R"([{"x":"other"}])", "-32603 it ran longer than it may, and was stopped",
                          R"([{"x":"after"}])"));
}

TEST(CoreTables, AreTheReferencesOnesOnly) {
  const auto tables = core_tables({"issues", "users", "companies"}, {});
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].name, "issues");
  EXPECT_THAT(tables[0].columns, testing::Contains("identifier"));
  EXPECT_TRUE(tables[1].rows.empty());
}

}  // namespace
}  // namespace collet::services
