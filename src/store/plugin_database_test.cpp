#include "store/plugin_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "json/document.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class PluginDatabaseTest : public testing::Test {
 protected:
  PluginDatabaseTest() { open(); }

  void open(PluginDatabaseLimits limits = {}) {
    database.reset();
    auto opened = open_plugin_database(
        {.file = file,
         .name_space = "plugin_x_1",
         .core_tables = {{.name = "companies",
                          .columns = {"id", "name"},
                          .rows = {{"acme", "Acme"}, {"globex", std::nullopt}}}}},
        {.entropy = *entropy,
         .wall_clock = [] { return from_epoch_ms(1'777'000'000'000); },
         .now =
             [this] {
               time += tick;
               return time;
             },
         .is_stopped = [this] { return stopping; }},
        limits);
    ASSERT_TRUE(opened) << opened.error().message;
    database = *std::move(opened);
  }
  /// The rows, or why not.
  std::string query(std::string_view sql, std::string_view parameters = "") {
    const auto rows = database->query(sql, parameters);
    return rows ? *rows : "error: " + rows.error().message;
  }
  /// How many rows changed, or why none did.
  std::string execute(std::string_view sql, std::string_view parameters = "") {
    const auto rows = database->execute(sql, parameters);
    return rows ? std::to_string(*rows) : "error: " + rows.error().message;
  }
  /// The value of an expression.
  std::string value(std::string_view expression, std::string_view parameters = "") {
    auto rows = query("SELECT " + std::string(expression) + " AS v", parameters);
    if (!rows.starts_with("[{\"v\":")) return rows;
    return rows.substr(6, rows.size() - 8);
  }
  std::string migrate(std::vector<PluginMigration> migrations) {
    const auto done = database->migrate(migrations, "1.0.0");
    return done ? "done"
                : std::string(describe(done.error().code).name) + ": " + done.error().message;
  }

  test::TemporaryFolder folder;
  fs::path file = folder / "data/db.sqlite3";
  std::unique_ptr<Entropy> entropy = make_seeded_entropy(1);
  bool stopping = false;
  Clock::duration tick{};  ///< how long a look at the clock takes
  TimePoint time{std::chrono::hours(1)};
  std::unique_ptr<PluginDatabase> database;
};

TEST_F(PluginDatabaseTest, TheFileIsItsOwners) {
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(PluginDatabaseTest, RowsAreWrittenAndReadInPostgresWords) {
  EXPECT_EQ(execute("CREATE TABLE plugin_x_1.notes (id bigserial PRIMARY KEY, slug text UNIQUE NOT "
                    "NULL, data jsonb NOT NULL DEFAULT '{}'::jsonb, tags text[] NOT NULL DEFAULT "
                    "'{}', open boolean DEFAULT true, at timestamptz NOT NULL DEFAULT now())"),
            "0");
  EXPECT_EQ(execute("INSERT INTO plugin_x_1.notes (slug, data, tags) VALUES ($1, $2::jsonb, $3)",
                    R"(["a", {"b" : 1.0, "a":[]}, ["x","y"]])"),
            "1");
  EXPECT_EQ(execute("INSERT INTO plugin_x_1.notes (slug) VALUES ('b')"), "1");
  EXPECT_EQ(query("SELECT * FROM plugin_x_1.notes ORDER BY id"),
            R"([{"id":1,"slug":"a","data":{"b":1.0,"a":[]},"tags":["x","y"],"open":true,)"
            R"("at":"2026-04-24T03:06:40.000Z"},)"
            R"({"id":2,"slug":"b","data":{},"tags":[],"open":true,)"
            R"("at":"2026-04-24T03:06:40.000Z"}])");
  EXPECT_EQ(
      query("SELECT slug FROM plugin_x_1.notes WHERE 'y' = ANY(tags) AND data @> '{\"b\":1}'"),
      R"([{"slug":"a"}])");
  EXPECT_EQ(execute("UPDATE plugin_x_1.notes n SET open = $1, data = data || '{\"c\":null}'::jsonb "
                    "WHERE n.slug = $2",
                    R"([false, "a"])"),
            "1");
  EXPECT_EQ(query("SELECT open, data FROM notes WHERE slug = ?", R"(["a"])"),
            R"([{"open":false,"data":{"b":1.0,"a":[],"c":null}}])");
  EXPECT_EQ(execute("INSERT INTO plugin_x_1.notes (slug) VALUES ('a') ON CONFLICT (slug) DO UPDATE "
                    "SET open = NULL"),
            "1");
  EXPECT_EQ(execute("INSERT INTO plugin_x_1.notes (slug) VALUES ('a') ON CONFLICT ON CONSTRAINT "
                    "notes_slug_key DO NOTHING"),
            "0");
  EXPECT_EQ(
      execute("WITH old AS (SELECT slug FROM notes) INSERT INTO notes (slug) SELECT slug FROM "
              "old ON CONFLICT (slug) DO NOTHING"),
      "0");
  EXPECT_EQ(query("SELECT count(*), count(*)::text AS n FROM notes"), R"([{"count":2,"n":"2"}])");
  EXPECT_EQ(execute("DELETE FROM plugin_x_1.notes"), "2");
  EXPECT_EQ(query("SELECT * FROM plugin_x_1.notes"), "[]");
}

TEST_F(PluginDatabaseTest, EveryValueComesBackAsItWas) {
  execute("CREATE TABLE t (a text, n bigint, j jsonb, x double precision)");
  const std::string text = R"("\"\\\u0000\ud800 ü  ")";
  EXPECT_EQ(execute("INSERT INTO t VALUES ($1, $2, $3, $4)",
                    "[" + text + R"(,-9007199254740991,"[1234567890123456789012345,1.0]",0.1])"),
            "1");
  EXPECT_EQ(query("SELECT * FROM t"), R"([{"a":"\"\\\u0000\ud800 ü  ","n":-9007199254740991,)"
                                      R"("j":[1234567890123456789012345,1.0],"x":0.1}])");
  EXPECT_EQ(value("$1::bigint", "[9007199254740991]"), "9007199254740991");
  EXPECT_EQ(value("$1::bigint", "[9007199254740992]"), "\"9007199254740992\"");
  EXPECT_EQ(value("$1", "[-9223372036854775808]"), "\"-9223372036854775808\"");
  EXPECT_EQ(value("$1", "[12345678901234567890123]"), "\"12345678901234567890123\"");
  EXPECT_EQ(value("$1", "[1.5e3]"), "1500");
  EXPECT_EQ(value("$1", "[null]"), "null");
  EXPECT_EQ(value("$1::boolean", "[true]"), "true");
  EXPECT_EQ(value("$1::jsonb", R"([{"b":1,"a":2}])"), R"({"b":1,"a":2})");
  EXPECT_EQ(query("SELECT 1 AS a, 2 AS b, 3 AS a"), R"([{"b":2,"a":3}])");
  execute("CREATE TABLE bytes (b bytea)");
  execute("INSERT INTO bytes SELECT CAST('aé' AS bytea)");
  EXPECT_EQ(query("SELECT b FROM bytes"), "[{\"b\":\"aé\"}]") << "a text stays one";
}

TEST_F(PluginDatabaseTest, ParametersAreNeverSql) {
  execute("CREATE TABLE t (a text)");
  execute("INSERT INTO t VALUES ($1)", R"(["'); DROP TABLE t; --"])");
  EXPECT_EQ(query("SELECT a FROM t WHERE a = $1", R"(["' OR '1'='1"])"), "[]");
  EXPECT_EQ(query("SELECT a FROM t"), R"([{"a":"'); DROP TABLE t; --"}])");
  EXPECT_EQ(query("SELECT $2", "[1]"), "error: SQL placeholder $2 has no matching parameter");
  EXPECT_EQ(query("SELECT $1", "[1,2]"), "error: parameter 2 of 2 is not named by the SQL");
  EXPECT_EQ(query("SELECT ?, ?", "[1]"), "error: SQL placeholder $2 has no matching parameter");
  EXPECT_EQ(query("SELECT 1", "{}"), "error: params have to be a list");
}

TEST_F(PluginDatabaseTest, AQueryOnlyReads) {
  execute("CREATE TABLE t (a int)");
  for (const auto* sql : {"INSERT INTO t VALUES (1)", "DELETE FROM t", "CREATE TABLE u (a int)",
                          "PRAGMA table_info(t)", "BEGIN", "VACUUM", "EXPLAIN SELECT 1"}) {
    EXPECT_EQ(query(sql), "error: db.query only reads: it runs SELECT; db.execute changes rows");
  }
  EXPECT_THAT(query("WITH x AS (SELECT 1) INSERT INTO t SELECT 1 RETURNING a"),
              HasSubstr("not allowed to plugins"));
  EXPECT_EQ(query("SELECT 1; DELETE FROM t"), "error: it has 2 statements; a query is one");
  EXPECT_EQ(query(""), "error: it has 0 statements; a query is one");
}

TEST_F(PluginDatabaseTest, ExecuteWritesAllOrNothing) {
  execute("CREATE TABLE t (a int PRIMARY KEY)");
  EXPECT_EQ(execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2), (3)"), "3");
  EXPECT_THAT(execute("INSERT INTO t VALUES (4); INSERT INTO t VALUES (1)"),
              StartsWith("error: duplicate key value violates unique constraint"));
  EXPECT_THAT(execute("CREATE TABLE u (a int); INSERT INTO t VALUES (1)"),
              StartsWith("error: duplicate key"));
  EXPECT_EQ(query("SELECT count(*) AS n FROM t"), R"([{"n":3}])");
  EXPECT_EQ(query("SELECT a FROM u"), "error: no such table: u");
  EXPECT_EQ(execute("SELECT 1"),
            "error: db.execute runs INSERT, UPDATE, DELETE and definitions of tables; db.query "
            "reads");
  EXPECT_EQ(execute("WITH x AS (SELECT 1) SELECT * FROM x"),
            "error: db.execute changes rows; db.query reads");
  EXPECT_EQ(execute(";"), "error: there is no statement");
  EXPECT_EQ(execute("DELETE FROM t; DELETE FROM t", "[1]"),
            "error: parameters belong to a single statement");
}

TEST_F(PluginDatabaseTest, NothingReachesOutside) {
  const std::string other = (folder / "other.db").string();
  for (const std::string& sql :
       {"ATTACH '" + other + "' AS o", std::string("DETACH public"),
        std::string("PRAGMA journal_mode = DELETE"), std::string("BEGIN"), std::string("COMMIT"),
        std::string("SAVEPOINT s"), "VACUUM INTO '" + other + "'", std::string("REINDEX"),
        std::string("ANALYZE")}) {
    EXPECT_THAT(execute(sql), StartsWith("error: db.execute runs INSERT")) << sql;
  }
  for (const auto* sql :
       {"SELECT load_extension('x')", "SELECT randomblob(10)", "SELECT zeroblob(1000000)",
        "SELECT * FROM pragma_database_list", "SELECT * FROM dbstat", "SELECT * FROM sqlite_stmt",
        "SELECT a GLOB b FROM (SELECT 1 AS a, 2 AS b)", "SELECT printf('%1000000d', 1)",
        "SELECT name FROM collet_migrations", "SELECT sqlite_version()"}) {
    EXPECT_THAT(query(sql),
                testing::AnyOf(HasSubstr("not allowed"), HasSubstr("not authorized"),
                               HasSubstr("vtable constructor failed"), HasSubstr("no such table")))
        << sql;
  }
  EXPECT_THAT(execute("INSERT INTO sqlite_schema (name) VALUES ('x')"), HasSubstr("error"));
  EXPECT_THAT(execute("CREATE TEMP TABLE t (a int)"), StartsWith("error: CREATE temp"));
  EXPECT_THAT(execute("CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END"),
              StartsWith("error: CREATE trigger is not there"));
  EXPECT_THAT(execute("CREATE VIRTUAL TABLE t USING fts5(a)"),
              StartsWith("error: CREATE virtual is not there"));
  EXPECT_FALSE(fs::exists(other));
}

TEST_F(PluginDatabaseTest, TheHostsTablesAreOnlyRead) {
  EXPECT_EQ(query("SELECT id, name FROM public.companies ORDER BY id"),
            R"([{"id":"acme","name":"Acme"},{"id":"globex","name":null}])");
  EXPECT_THAT(execute("DELETE FROM public.companies"), HasSubstr("not allowed to plugins"));
  EXPECT_THAT(execute("INSERT INTO public.companies VALUES ('x', 'y')"),
              HasSubstr("not allowed to plugins"));
  EXPECT_THAT(execute("CREATE TABLE public.x (a int)"), HasSubstr("is not the plugin's schema"));
  EXPECT_EQ(query("SELECT 1 FROM public.agents"),
            "error: public.agents is not among the tables that the manifest's "
            "database.coreReadTables names");
}

TEST_F(PluginDatabaseTest, AFileThatIsALinkIsNotOpened) {
  database.reset();
  fs::rename(file, folder / "elsewhere");
  fs::create_symlink(folder / "elsewhere", file);
  const auto opened = open_plugin_database({.file = file, .name_space = "x"},
                                           {.entropy = *entropy,
                                            .wall_clock = [] { return from_epoch_ms(0); },
                                            .now = [] { return TimePoint(); },
                                            .is_stopped = [] { return false; }});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::store_unavailable);
  EXPECT_THAT(opened.error().message, HasSubstr("cannot be opened"));
}

constexpr std::string_view k_endless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n";

TEST_F(PluginDatabaseTest, WhatRunsForEverIsStopped) {
  execute("CREATE TABLE t (a int)");
  tick = std::chrono::milliseconds(1);
  open({.time_max = std::chrono::milliseconds(50)});
  EXPECT_EQ(query(k_endless), "error: it ran longer than it may, and was stopped");
  EXPECT_EQ(execute("INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                    "SELECT i FROM n"),
            "error: it ran longer than it may, and was stopped");
  EXPECT_EQ(query("SELECT count(*) AS n FROM t"), R"([{"n":0}])") << "and undone";
  // A comparison that takes the square of a megabyte.
  const auto a = "\"" + std::string(1 << 20, 'a') + "\"";
  const auto pattern = "\"%" + std::string(1 << 19, 'a') + "b\"";
  EXPECT_EQ(query("SELECT $1::text LIKE $2 AS x", "[" + a + "," + pattern + "]"),
            "error: it ran longer than it may, and was stopped");
}

TEST_F(PluginDatabaseTest, AHostThatStopsWaitsForNoQuery) {
  stopping = true;
  const auto outcome = database->query(k_endless, "");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::shutting_down);
}

// The disk, which has to do for all plugins, is not filled by what one of them sorts.
TEST_F(PluginDatabaseTest, WhatAStatementGathersOnTheDiskHasALimit) {
  open({.temporary_bytes_max = 16 << 20});
  const auto over_rows = [&](int count, const std::string& select) {
    return query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT $1) " + select,
        "[" + std::to_string(count) + ",\"" + std::string(900, 'x') + "\"]");
  };
  for (const auto* select :
       {"SELECT count(DISTINCT $2 || i) AS n FROM n",
        "SELECT max(k) AS n FROM (SELECT row_number() OVER (ORDER BY $2 || i) AS k FROM n) AS r"}) {
    EXPECT_EQ(over_rows(5'000, select), R"([{"n":5000}])");
    EXPECT_EQ(over_rows(30'000, select),
              "error: it needs more than 16777216 bytes of temporary files");
    EXPECT_EQ(over_rows(5'000, select), R"([{"n":5000}])") << "nothing is left of the one before";
  }
}

TEST_F(PluginDatabaseTest, AnswersTextsAndFilesHaveLimits) {
  open({.text_bytes_max = 100,
        .statements_max = 2,
        .rows_max = 3,
        .answer_bytes_max = 40,
        .value_bytes_max = 1'000,
        .file_bytes_max = 1 << 18});
  const auto rows = [&](int count) {
    return query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i+1 FROM n LIMIT $1) SELECT i FROM n",
        "[" + std::to_string(count) + "]");
  };
  EXPECT_EQ(rows(3), R"([{"i":1},{"i":2},{"i":3}])");
  EXPECT_EQ(rows(4), "error: the answer has more than 3 rows");
  EXPECT_EQ(value("$1", "[\"" + std::string(31, 'x') + "\"]"), '"' + std::string(31, 'x') + '"');
  EXPECT_EQ(value("$1", "[\"" + std::string(32, 'x') + "\"]"),
            "error: the answer has more than 40 bytes");
  EXPECT_EQ(query("SELECT 1 AS a" + std::string(87, ' ')), R"([{"a":1}])");
  EXPECT_EQ(query("SELECT 1 AS a" + std::string(88, ' ')),
            "error: the SQL has 101 bytes, the limit is 100");
  execute("CREATE TABLE t (a text)");
  EXPECT_EQ(execute("DELETE FROM t; DELETE FROM t"), "0");
  EXPECT_EQ(execute("DELETE FROM t; DELETE FROM t; DELETE FROM t"),
            "error: it has 3 statements, the limit is 2");
  EXPECT_EQ(execute("INSERT INTO t VALUES ($1)", "[\"" + std::string(900, 'x') + "\"]"), "1");
  EXPECT_THAT(execute("INSERT INTO t VALUES ($1)", "[\"" + std::string(1'001, 'x') + "\"]"),
              HasSubstr("too large; the limit is 1000 bytes"));
  const auto full = [&] {
    std::string outcome;
    for (int i = 0; i < 1'000 && !outcome.starts_with("error"); ++i)
      outcome = execute("INSERT INTO t VALUES ($1)", "[\"" + std::string(900, 'x') + "\"]");
    return outcome;
  }();
  EXPECT_THAT(full, StartsWith("error: the database is full: its limit is 262144 bytes"));
  EXPECT_EQ(query("SELECT max(length(a)) AS n FROM t"), R"([{"n":900}])");
}

TEST_F(PluginDatabaseTest, ErrorsAreInPostgresWords) {
  execute(
      "CREATE TABLE a (id int PRIMARY KEY, t text NOT NULL CHECK (t <> 'no')); CREATE TABLE b "
      "(a int REFERENCES a(id))");
  EXPECT_THAT(execute("INSERT INTO a VALUES (1, NULL)"),
              StartsWith("error: null value violates not-null constraint"));
  EXPECT_THAT(execute("INSERT INTO a VALUES (1, 'no')"),
              StartsWith("error: violates check constraint"));
  EXPECT_THAT(execute("INSERT INTO b VALUES (7)"),
              StartsWith("error: violates foreign key constraint"));
  EXPECT_EQ(query("SELECT x FROM a"), "error: no such column: x");
  EXPECT_EQ(query("SELECT \"x\" FROM a"), "error: no such column: x");
  EXPECT_EQ(query("SELECT nope(1)"), "error: no such function: nope");
  EXPECT_THAT(query("SELECT FROM WHERE"),
              StartsWith("error: near \"from\": syntax error; SQLite was "
                         "told: select from where"));
}

TEST_F(PluginDatabaseTest, MigrationsRunOnceInOrder) {
  const PluginMigration first{
      "001_a.sql", "CREATE TABLE plugin_x_1.t (a int);\n-- it's\nINSERT INTO t VALUES (1);"};
  const PluginMigration second{"002_b.sql", "ALTER TABLE plugin_x_1.t ADD COLUMN b text;"};
  EXPECT_EQ(migrate({first}), "done");
  EXPECT_EQ(migrate({first, second}), "done");
  open();
  EXPECT_EQ(migrate({first, second}), "done");
  EXPECT_EQ(query("SELECT a, b FROM t"), R"([{"a":1,"b":null}])");
  EXPECT_EQ(migrate({{"001_a.sql", first.sql + " "}}),
            "install_failed: Plugin migration checksum mismatch for 001_a.sql");
  EXPECT_EQ(migrate({{"000_empty.sql", "-- nothing yet"}}), "done");
}

TEST_F(PluginDatabaseTest, AMigrationThatFailsLeavesNothingOfItsStart) {
  EXPECT_EQ(migrate({{"001_a.sql", "CREATE TABLE t (a int)"},
                     {"002_b.sql", "CREATE TABLE u (a int);\n\nINSERT INTO nowhere VALUES (1)"}}),
            "install_failed: the plugin's migration 002_b.sql cannot be applied: line 3: no such "
            "table: nowhere");
  EXPECT_EQ(query("SELECT * FROM t"), "error: no such table: t");
  EXPECT_EQ(migrate({{"001_a.sql", "CREATE TABLE t (a int)"}}), "done");
  EXPECT_EQ(migrate({{"002_b.sql", "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; END $$"}}),
            "install_failed: the plugin's migration 002_b.sql cannot be applied: line 1: CREATE "
            "function is not there; there are tables, indexes and views");
  EXPECT_EQ(migrate({{"002_b.sql", "\nSELECT 'x"}}),
            "install_failed: the plugin's migration 002_b.sql cannot be applied: line 2: a string "
            "does not end");
}

TEST_F(PluginDatabaseTest, MigrationsHaveALimitOfTime) {
  tick = std::chrono::milliseconds(1);
  open({.migration_time_max = std::chrono::milliseconds(50)});
  EXPECT_EQ(migrate({{"001.sql",
                      "CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                      "SELECT i + 1 FROM n) SELECT i FROM n"}}),
            "timeout: the plugin's migration 001.sql cannot be applied: line 1: it ran longer than "
            "it may, and was stopped");
}

TEST_F(PluginDatabaseTest, TablesChangeAsPostgresChangesThem) {
  execute("CREATE TABLE a (id int PRIMARY KEY, x text, UNIQUE (x)); INSERT INTO a VALUES (1, 'x')");
  EXPECT_EQ(
      execute("ALTER TABLE a ADD COLUMN IF NOT EXISTS y int, ADD COLUMN IF NOT EXISTS x text"),
      "0");
  EXPECT_EQ(execute("ALTER TABLE a ALTER COLUMN y SET NOT NULL"),
            "error: column \"y\" of \"a\" has rows without a value");
  EXPECT_EQ(execute("UPDATE a SET y = 1; ALTER TABLE a ALTER COLUMN y SET NOT NULL"), "1");
  EXPECT_THAT(execute("INSERT INTO a (id) VALUES (2)"), HasSubstr("not-null"));
  EXPECT_EQ(execute("ALTER TABLE a ALTER y SET DEFAULT 5, ADD COLUMN at timestamptz NOT NULL "
                    "DEFAULT now()"),
            "0");
  EXPECT_EQ(execute("INSERT INTO a (id) VALUES (2)"), "1");
  EXPECT_EQ(query("SELECT y, at FROM a WHERE id = 2"),
            R"([{"y":5,"at":"2026-04-24T03:06:40.000Z"}])");
  EXPECT_EQ(query("SELECT at FROM a WHERE id = 1"), R"([{"at":"2026-04-24T03:06:40.000Z"}])");

  EXPECT_THAT(execute("INSERT INTO a (id, x) VALUES (3, 'x')"), HasSubstr("duplicate key"));
  EXPECT_EQ(execute("ALTER TABLE a DROP CONSTRAINT a_x_key"), "0");
  EXPECT_EQ(execute("INSERT INTO a (id, x) VALUES (3, 'x')"), "1");
  EXPECT_THAT(execute("ALTER TABLE a ADD CONSTRAINT one UNIQUE (x)"), HasSubstr("duplicate key"));

  EXPECT_EQ(execute("CREATE TABLE b (id int PRIMARY KEY, a_id int); INSERT INTO b VALUES (1, 9)"),
            "1");
  const auto reference =
      "ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a_id) REFERENCES "
      "plugin_x_1.a(id) ON DELETE CASCADE";
  EXPECT_EQ(execute(reference), "error: rows of \"b\" lead to none of \"a\"");
  EXPECT_EQ(execute("UPDATE b SET a_id = 1"), "1");
  EXPECT_EQ(execute(reference), "0");
  EXPECT_EQ(execute("DELETE FROM a WHERE id = 1"), "1");
  EXPECT_EQ(query("SELECT * FROM b"), "[]");
  EXPECT_EQ(execute("ALTER TABLE b DROP CONSTRAINT fk"), "0");
  EXPECT_EQ(execute("INSERT INTO b VALUES (1, 9)"), "1");
  EXPECT_EQ(execute("ALTER TABLE b DROP CONSTRAINT IF EXISTS fk"), "0");
  EXPECT_EQ(execute("ALTER TABLE b DROP CONSTRAINT fk"),
            "error: table \"b\" has no constraint \"fk\"");
  EXPECT_EQ(execute("ALTER TABLE nothing ALTER y DROP NOT NULL"), "error: no such table: nothing");

  open();
  EXPECT_EQ(query("SELECT id, y FROM a ORDER BY id"), R"([{"id":2,"y":5},{"id":3,"y":5}])")
      << "the file can be read by a new connection";
}

TEST_F(PluginDatabaseTest, DefinitionsCallNoFunctionThatIsNotAllowed) {
  execute("CREATE TABLE t (x text); INSERT INTO t VALUES ('a')");
  for (const auto* const definition : {"ALTER TABLE t ADD CHECK (glob('*', x))",
                                       "ALTER TABLE t ADD CONSTRAINT c CHECK (x GLOB '*')",
                                       "ALTER TABLE t ADD COLUMN y text CHECK (glob('*', y))",
                                       "ALTER TABLE t ALTER x SET DEFAULT sqlite_version()",
                                       "ALTER TABLE t ADD COLUMN y text DEFAULT sqlite_version()",
                                       "CREATE TABLE u (x text DEFAULT sqlite_version())",
                                       "CREATE TABLE u (x text CHECK (glob('*', x)))"}) {
    EXPECT_THAT(execute(definition), HasSubstr("not authorized to use function")) << definition;
  }
  EXPECT_EQ(execute("INSERT INTO t VALUES (NULL)"), "1") << "and none of it stays";
  EXPECT_EQ(query("SELECT * FROM t"), R"([{"x":"a"},{"x":null}])");

  EXPECT_EQ(execute("ALTER TABLE t ADD CHECK (length(x) < 3), ALTER x SET DEFAULT lower('D'), "
                    "ADD COLUMN y text DEFAULT upper('e') CHECK (length(y) = 1)"),
            "0");
  EXPECT_EQ(execute("INSERT INTO t (y) VALUES ('f')"), "1");
  EXPECT_EQ(query("SELECT * FROM t"),
            R"([{"x":"a","y":"E"},{"x":null,"y":"E"},{"x":"d","y":"f"}])");
  EXPECT_THAT(execute("INSERT INTO t (x) VALUES ('abc')"), HasSubstr("violates check constraint"));
  EXPECT_EQ(execute("ALTER TABLE t ADD CONSTRAINT c CHECK (x <> lower('D'))"),
            "error: rows of \"t\" do not fit the constraint \"c\"");
}

TEST_F(PluginDatabaseTest, JsonFunctionsAreThoseOfJsonb) {
  EXPECT_EQ(value(R"('{"a":{"b":[1,"x",true,null]}}'::jsonb #>> '{a,b,1}')"), "\"x\"");
  EXPECT_EQ(value(R"('{"a":{"b":[1]}}'::jsonb #> '{a,b}')"), "[1]");
  EXPECT_EQ(value(R"('{"a":true}'::jsonb ->> 'a')"), "\"true\"");
  EXPECT_EQ(value(R"('{"a":null}'::jsonb ->> 'a')"), "null");
  EXPECT_EQ(value(R"('{"a.b":1}'::jsonb -> 'a.b')"), "1");
  EXPECT_EQ(value(R"('["a","b"]'::jsonb ->> -1)"), "\"b\"");
  EXPECT_EQ(value(R"('["a"]'::jsonb ->> 'a')"), "null");
  EXPECT_EQ(value(R"('{"a":1,"b":[1,{"c":2}]}'::jsonb @> '{"b":[{"c":2}]}')"), "true");
  EXPECT_EQ(value(R"('{"a":1}'::jsonb <@ '{"a":1.0,"b":2}')"), "true");
  EXPECT_EQ(value(R"('[1,2]'::jsonb @> '2')"), "true");
  EXPECT_EQ(value(R"('["a","b"]'::jsonb ?| $1)", R"([["x","b"]])"), "true");
  EXPECT_EQ(value(R"('["a","b"]'::jsonb ?& '{a,x}' AND $1)", "[true]"), "0");
  EXPECT_EQ(value(R"('{"a":1,"b":2}'::jsonb || '{"b":3}'::jsonb)"), R"({"a":1,"b":3})");
  EXPECT_EQ(value(R"('[1]'::jsonb || '2'::jsonb)"), "[1,2]");
  EXPECT_EQ(value(R"('{"a":1,"b":2}'::jsonb - 'a')"), R"({"b":2})");
  EXPECT_EQ(value(R"('["a","b"]'::jsonb - 0)"), R"(["b"])");
  EXPECT_EQ(value(R"(jsonb_set('{"a":[1,2]}', '{a,1}', '9'))"), R"({"a":[1,9]})");
  EXPECT_EQ(value(R"(jsonb_set('{"a":{}}', '{a,b}', '"x"'))"), R"({"a":{"b":"x"}})");
  EXPECT_EQ(value(R"(jsonb_set('{"a":{}}', '{a,b}', '"x"', false))"), R"({"a":{}})");
  EXPECT_EQ(value(R"(jsonb_typeof('[1]'))"), "\"array\"");
  EXPECT_EQ(value(R"(jsonb_build_object('a', '{"b":1}'::jsonb, 'c', true, 'd', 'x'))"),
            R"({"a":{"b":1},"c":true,"d":"x"})");
  EXPECT_EQ(value("array_length(ARRAY['a', 'b'], 1)"), "2");
  EXPECT_EQ(value("array_length('{}'::text[], 1)"), "null");
  EXPECT_EQ(value("('{x,y}'::text[])[2]"), "\"y\"");
  EXPECT_THAT(value("'{'::jsonb"), HasSubstr("malformed JSON"));
  EXPECT_THAT(value("'{a'::text[]"), HasSubstr("malformed array literal"));
}

TEST_F(PluginDatabaseTest, TimesAreThoseOfPostgres) {
  EXPECT_EQ(value("now()"), "\"2026-04-24T03:06:40.000Z\"");
  EXPECT_EQ(value("now() - interval '1 month 1 day'"), "\"2026-03-23T03:06:40.000Z\"");
  EXPECT_EQ(value("timestamptz '2026-03-31' + interval '1 month'"), "\"2026-04-30T00:00:00.000Z\"");
  EXPECT_EQ(value("'2026-04-24 05:06:40.5+02'::timestamptz"), "\"2026-04-24T03:06:40.500Z\"");
  EXPECT_EQ(value("'2026-04-24 05:06'::timestamptz"), "\"2026-04-24T05:06:00.000Z\"");
  EXPECT_EQ(value("now()::date"), "\"2026-04-24\"");
  EXPECT_EQ(value("now()::date - 24"), "\"2026-03-31\"");
  EXPECT_EQ(value("now()::date - '2026-04-01'::date"), "23");
  EXPECT_EQ(value("extract(epoch from now())"), "1777000000");
  EXPECT_EQ(value("extract(epoch from now() - '2026-04-24'::timestamptz)"), "11200");
  EXPECT_EQ(value("extract(dow from now())"), "5");
  EXPECT_EQ(value("extract(week from timestamptz '2027-01-01')"), "53");
  EXPECT_EQ(value("date_trunc('week', now())"), "\"2026-04-20T00:00:00.000Z\"");
  EXPECT_EQ(value("date_trunc('quarter', now())"), "\"2026-04-01T00:00:00.000Z\"");
  EXPECT_EQ(value("to_timestamp(0.5)"), "\"1970-01-01T00:00:00.500Z\"");
  EXPECT_EQ(value("interval '1.5 days' * 2"), "\"2 days 86400 secs\"");
  EXPECT_EQ(value("now() + ($1 || ' hours')::interval", "[2]"), "\"2026-04-24T05:06:40.000Z\"");
  EXPECT_EQ(value("now() + interval '-01:30:00'"), "\"2026-04-24T01:36:40.000Z\"");
  EXPECT_EQ(value("now() + interval '2 weeks ago'"), "\"2026-04-10T03:06:40.000Z\"");
  EXPECT_THAT(value("'soon'::timestamptz"), HasSubstr("invalid input syntax for type timestamp"));
  EXPECT_THAT(value("now() + interval 'a while'"),
              HasSubstr("invalid input syntax for type interval"));
  EXPECT_THAT(value("now() + interval '1000000 years'"), HasSubstr("timestamp out of range"));
}

TEST_F(PluginDatabaseTest, TextsAndNumbersAreThoseOfPostgres) {
  EXPECT_EQ(value("'Abc' LIKE 'a%'"), "0");
  EXPECT_EQ(value("'Abc' ILIKE 'a%'"), "1");
  EXPECT_EQ(value("'a%c' LIKE 'a\\%c'"), "1");
  EXPECT_EQ(value("'abc' LIKE 'a\\%c'"), "0");
  EXPECT_EQ(value("'a!c' LIKE 'a!!_' ESCAPE '!'"), "1");
  EXPECT_EQ(value("'äö' LIKE '__'"), "1");
  EXPECT_EQ(value("'xaxbx' LIKE '%a%b%'"), "1");
  EXPECT_EQ(value("'' LIKE '%'"), "1");
  EXPECT_EQ(value("2.5::int + 3.5::int"), "6");
  EXPECT_EQ(value("' 42 '::int"), "42");
  EXPECT_THAT(value("'x'::int"), HasSubstr("invalid input syntax for type integer: \"x\""));
  EXPECT_EQ(value("'yes'::boolean"), "true");
  EXPECT_EQ(value("true::text"), "\"true\"");
  EXPECT_EQ(value("greatest(1, NULL, 3)"), "3");
  EXPECT_EQ(value("least('b', 'a')"), "\"a\"");
  EXPECT_EQ(value("concat('a', NULL, 1)"), "\"a1\"");
  EXPECT_EQ(value("concat_ws('-', 'a', NULL, 'b')"), "\"a-b\"");
  EXPECT_EQ(value("left('häuser', 2) || right('häuser', 2) || left('abc', -1)"), "\"häerab\"");
  EXPECT_EQ(value("split_part('a,b,c', ',', 2)"), "\"b\"");
  EXPECT_EQ(value("replace('aXbX', 'X', 'yy')"), "\"ayybyy\"");
  EXPECT_EQ(value("btrim('xxaxx', 'x')"), "\"a\"");
  EXPECT_EQ(value("position('b' IN 'äb')"), "2");
  EXPECT_EQ(value("substring('abcdef' FROM 2 FOR 3)"), "\"bcd\"");
  EXPECT_EQ(value("md5('abc')"), "\"900150983cd24fb0d6963f7d28e17f72\"");
  EXPECT_EQ(value("length(gen_random_uuid()::text)"), "36");
  EXPECT_EQ(value("CASE WHEN random() < 1 THEN 'ok' END"), "\"ok\"");
}

}  // namespace
}  // namespace collet
