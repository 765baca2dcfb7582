#include "services/database_service.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>

#include "base/asio_loop.hpp"
#include "base/no_descriptors.hpp"
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
  DatabaseService narrow(parts, {.lanes = {.waiting_max = 2}});
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

TEST_F(DatabaseServiceTest, TextsAndParametersThatAreTooLongDoNotWait) {
  DatabaseService narrow(parts, {.database = {.text_bytes_max = 20},
                                 .parameters_bytes_max = 10,
                                 .lanes = {.waiting_max = 9, .waiting_bytes_max = 60}});
  ServiceTable at({});
  narrow.add_to(at);
  std::vector<std::string> answers;
  const auto ask_for = [&](const std::string& params) {
    const auto document = *json::Document::parse(params);
    at.request(host_call("db.query", document.root()),
               Reply<std::string>([&](auto outcome) { answers.push_back(text(outcome)); }));
  };
  const std::string fits = R"({"sql":"SELECT $1::text AS a","params":["123456"]})";
  ask_for(R"({"sql":"SELECT $1::text AS ab"})");
  ask_for(R"({"sql":"SELECT $1::text AS a","params":["1234567"]})");
  EXPECT_THAT(answers, ElementsAre("-32603 the SQL has 21 bytes, the limit is 20",
                                   "-32603 params have 11 bytes, the limit is 10"));
  answers.clear();
  for (int i = 0; i < 3; ++i) ask_for(fits);
  EXPECT_THAT(answers,
              ElementsAre("-32603 operations of the plugin with 60 bytes wait already, and "
                          "this one has 30; the limit is 60"));
  loop.run_ready();
  ask_for(fits);
  loop.run_ready();
  const std::string row = R"([{"a":"123456"}])";
  EXPECT_THAT(answers, ElementsAre(HasSubstr("wait already"), row, row, row));
}

TEST_F(DatabaseServiceTest, WhatTheHostHasToDoIsRefusedByNoFullLane) {
  DatabaseService narrow(parts, {.lanes = {.waiting_max = 1}});
  ServiceTable at({});
  narrow.add_to(at);
  const auto wal = top / "plugin-data/acme.x/database.sqlite3-wal";
  const auto params = *json::Document::parse(R"({"sql":"SELECT 1 AS a"})");
  const auto fill = [&] {
    at.request(host_call("db.query", params.root()), Reply<std::string>([](auto) {}));
  };
  fill();
  loop.run_ready();
  EXPECT_TRUE(fs::exists(wal));
  fill();
  at.ended(worker);
  loop.run_ready();
  EXPECT_FALSE(fs::exists(wal)) << "it is closed in its lane";
  fill();
  std::string migrated;
  migration("001.sql", "CREATE TABLE t (a int);");
  narrow.migrate(
      {.plugin_id = worker.plugin_id,
       .plugin_key = worker.plugin_key,
       .manifest = std::make_shared<const Manifest>(manifest),
       .package_root = package},
      Reply<Done>([&](Result<Done> done) { migrated = done ? "done" : done.error().message; }));
  loop.run_ready();
  EXPECT_EQ(migrated, "done");
}

// The database, its two files beside it, the package, its folder and its file need descriptors, one
// after the other: whichever is the first that is lacking, the package is not to blame.
TEST_F(DatabaseServiceTest, WithTooFewDescriptorsAMigrationIsTriedAgainLater) {
  migration("001.sql", "CREATE TABLE t (a int);");
  ASSERT_EQ(migrate(), "done");
  std::vector<ErrorCode> failures;
  bool is_done = false;
  for (int free = 0; free < 20 && !is_done; ++free) {
    table.ended(worker);
    loop.run_ready();
    std::vector<int> spare;
    for (int i = 0; i < free; ++i) spare.push_back(::dup(STDIN_FILENO));
    const NoDescriptors none;
    for (const int descriptor : spare) ::close(descriptor);
    service.migrate({.plugin_id = worker.plugin_id,
                     .plugin_key = worker.plugin_key,
                     .manifest = std::make_shared<const Manifest>(manifest),
                     .package_root = package},
                    Reply<Done>([&](Result<Done> done) {
                      is_done = done.has_value();
                      if (!done) failures.push_back(done.error().code);
                    }));
    loop.run_ready();
  }
  EXPECT_TRUE(is_done);
  EXPECT_THAT(failures, testing::AllOf(testing::SizeIs(testing::Ge(4u)),
                                       testing::Each(ErrorCode::overloaded)));
}

// The real loop, which knows whether timers were cancelled elsewhere.
class WatchedLoop final : public Loop {
 public:
  [[nodiscard]] TimePoint now() const override { return loop_.now(); }
  void post(Task task) override {
    if (!is_awaited || on_loop()) return loop_.post(std::move(task));
    std::promise<void> ran;
    loop_.post([task = std::move(task), &ran]() mutable {
      std::exchange(task, {})();
      ran.set_value();
    });
    ran.get_future().wait();
  }
  [[nodiscard]] bool on_loop() const override { return loop_.on_loop(); }
  [[nodiscard]] Timer call_at(TimePoint when, Task task) override {
    timers_.push_back(loop_.call_at(when, std::move(task)));
    return {*this, timers_.size() - 1};
  }
  void run() { loop_.run(); }
  void stop() {
    is_awaited = false;
    loop_.stop();
  }

  std::atomic<bool> was_cancelled_elsewhere = false;
  /// Whether other threads wait until what they post has run.
  std::atomic<bool> is_awaited = false;

 private:
  void cancel_timer(std::uint64_t id) override {
    if (on_loop()) return timers_[id].cancel();
    was_cancelled_elsewhere = true;
  }

  AsioLoop loop_;
  std::vector<Timer> timers_;
};

// With real threads and real time.
class ConcurrentDatabasesTest : public DatabaseServiceTest {
 protected:
  ConcurrentDatabasesTest() { concurrent.add_to(at); }

  // What is asked for later is the worker's that `worker` is then. The loop stops at the last
  // answer.
  void ask_for(std::string_view sql) {
    ++asked;
    const auto params = *json::Document::parse(R"({"sql":")" + std::string(sql) + R"("})");
    at.request(host_call("db.query", params.root()), Reply<std::string>([this](auto outcome) {
                 answers.push_back(text(outcome));
                 if (answers.size() == asked) real.stop();
               }));
  }
  void migrate_concurrently(Reply<Done> reply) {
    concurrent.migrate({.plugin_id = worker.plugin_id,
                        .plugin_key = worker.plugin_key,
                        .manifest = std::make_shared<const Manifest>(manifest),
                        .package_root = package},
                       std::move(reply));
  }

  static constexpr std::string_view k_endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  WatchedLoop real;
  const std::unique_ptr<BackgroundPool> threads = make_background_pool(real, {.threads_max = 2});
  DatabaseService concurrent{{.loop = real,
                              .pool = *threads,
                              .entropy = *entropy,
                              .wall_clock = parts.wall_clock,
                              .plugin_data_root = parts.plugin_data_root},
                             {.database = {.time_max = std::chrono::seconds(2)}}};
  ServiceTable at{{}};
  std::size_t asked = 0;
  std::vector<std::string> answers;
};

// One plugin's endless query is stopped at its limit, and the other's goes on meanwhile.
TEST_F(ConcurrentDatabasesTest, AnEndlessQueryHoldsUpNobodyElse) {
  ask_for(k_endless);
  ask_for("SELECT 'after' AS x");
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  ask_for("SELECT 'other' AS x");
  real.run();
  EXPECT_THAT(answers,
              ElementsAre(R"([{"x":"other"}])", "-32603 it ran longer than it may, and was stopped",
                          R"([{"x":"after"}])"));
}

TEST_F(ConcurrentDatabasesTest, WhatAWorkerAskedForEndsWithIt) {
  for (int i = 0; i < 3; ++i) ask_for(k_endless);
  worker.instance = 1;
  ask_for("SELECT 'another process' AS x");
  worker.instance = 0;
  at.ended(worker);
  ask_for("SELECT 'the next' AS x");
  real.run();
  const auto stopped = HasSubstr("its worker or host stops");
  EXPECT_THAT(answers, ElementsAre(stopped, stopped, stopped, R"([{"x":"another process"}])",
                                   R"([{"x":"the next"}])"));
}

// It is answered before it is closed, and must not begin to be idle by that.
TEST_F(ConcurrentDatabasesTest, ADatabaseThatIsClosedWhileItWorksLeavesNoTimer) {
  real.is_awaited = true;
  ask_for("SELECT 1 AS x");
  at.ended(worker);
  ask_for("SELECT 'last' AS x");
  real.run();
  EXPECT_EQ(answers.back(), R"([{"x":"last"}])");
  EXPECT_FALSE(real.was_cancelled_elsewhere);
}

TEST_F(ConcurrentDatabasesTest, MigrationsStopWhenTheHostDoesAndWorkersAreServedStill) {
  migration("001.sql", "CREATE TABLE t AS " + std::string(k_endless));
  std::vector<ErrorCode> failures;
  const auto keep = [&](const Result<Done>& done) {
    failures.push_back(done ? ErrorCode::internal_error : done.error().code);
  };
  migrate_concurrently(Reply<Done>([&](Result<Done> first) {
    keep(first);
    migrate_concurrently(Reply<Done>(keep));
    ask_for("SELECT 'served' AS x");
  }));
  // It has begun once it has opened its file's log.
  const auto wal = top / "plugin-data/acme.x/database.sqlite3-wal";
  Timer look;
  std::function<void()> stop_once_begun = [&] {
    if (fs::exists(wal)) return concurrent.stop_migrations();
    look = real.call_after(std::chrono::milliseconds(1), stop_once_begun);
  };
  real.post(stop_once_begun);
  real.run();
  EXPECT_THAT(failures, ElementsAre(ErrorCode::shutting_down, ErrorCode::shutting_down));
  EXPECT_THAT(answers, ElementsAre(R"([{"x":"served"}])"));
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
