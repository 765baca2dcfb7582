#include "store/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <utility>
#include <vector>

#include "store/store_test_support.hpp"

namespace collet {
namespace {

class SchemaTest : public testing::Test {
 protected:
  std::unique_ptr<Database> open() {
    auto database = Database::open(path_);
    if (!database) ADD_FAILURE() << database.error().message;
    return *std::move(database);
  }
  /// Everything the file says about its structure.
  static std::string structure(Database& database) {
    return database
               .text(
                   "SELECT coalesce(group_concat(name || ':' || sql, ';'), '') FROM "
                   "sqlite_schema ORDER BY name",
                   "read")
               .value_or("?") +
           " version " +
           std::to_string(database.integer("PRAGMA user_version", "read").value_or(-1)) +
           " application " +
           std::to_string(database.integer("PRAGMA application_id", "read").value_or(-1));
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a.db";
  std::unique_ptr<Logger> logger_ = make_null_logger();
};

TEST_F(SchemaTest, VersionsCountUp) {
  std::int64_t last = 0;
  for (const auto& step : migrations()) EXPECT_GT(step.version, std::exchange(last, step.version));
  EXPECT_GE(last, 1);
}

TEST_F(SchemaTest, ANewFileGetsTheNewestVersion) {
  const auto database = open();
  EXPECT_EQ(schema_version(*database), 0);
  ASSERT_TRUE(migrate(*database, *logger_));
  EXPECT_EQ(schema_version(*database), migrations().back().version);
  EXPECT_EQ(database->integer("PRAGMA application_id", "read"), 0x434C4C54);
  const auto before = structure(*database);
  ASSERT_TRUE(migrate(*database, *logger_));
  EXPECT_EQ(structure(*database), before);
}

TEST_F(SchemaTest, OnlyMissingStepsRun) {
  const std::array<Migration, 2> steps{
      {{1, "first", "CREATE TABLE a (x TEXT)"}, {2, "second", "ALTER TABLE a ADD COLUMN y TEXT"}}};
  const auto database = open();
  ASSERT_TRUE(migrate(*database, *logger_, std::span(steps).first(1)));
  ASSERT_TRUE(database->execute("INSERT INTO a VALUES ('kept')", "add"));
  ASSERT_TRUE(migrate(*database, *logger_, steps));
  EXPECT_EQ(schema_version(*database, steps), 2);
  EXPECT_EQ(database->text("SELECT x FROM a WHERE y IS NULL", "read"), "kept");
}

TEST_F(SchemaTest, WhatStateTakesIsCountedAnewForRowsThatThereWere) {
  const auto database = open();
  ASSERT_TRUE(migrate(*database, *logger_, migrations().first(9)));
  ASSERT_TRUE(database->execute(
      "INSERT INTO plugins VALUES ('p', 'k', 'n', '1', 1, '', '', '', 1, NULL, NULL, 0, 0);"
      "INSERT INTO plugin_state VALUES ('p', '', 'instance', NULL, 'default', 'a', '\"x\"');"
      "INSERT INTO plugin_state VALUES ('p', 'c', 'agent', 'ann', 'default', 'a', '1')",
      "add"));
  EXPECT_EQ(database->integer("SELECT bytes FROM plugin_state_sizes", "read"), 1 + 3 + 1 + 1);
  ASSERT_TRUE(migrate(*database, *logger_));
  EXPECT_EQ(database->integer("SELECT bytes FROM plugin_state_sizes", "read"),
            200 + 2 * (8 + 7 + 1) + 3 + 200 + 2 * (1 + 5 + 3 + 7 + 1) + 1);
  ASSERT_TRUE(database->execute("DELETE FROM plugin_state", "delete"));
  EXPECT_EQ(database->integer("SELECT bytes FROM plugin_state_sizes", "read"), 0);
}

TEST_F(SchemaTest, AStepThatFailsLeavesTheVersionBefore) {
  const std::array<Migration, 2> steps{
      {{1, "first", "CREATE TABLE a (x TEXT)"},
       {2, "second", "CREATE TABLE b (x TEXT); INSERT INTO nowhere VALUES (1)"}}};
  const auto database = open();
  const auto failed = migrate(*database, *logger_, steps);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(failed.error().message,
            "cannot bring the store to version 2 (second): no such table: nowhere (SQLite error "
            "1, store " +
                path_.string() + ")");
  EXPECT_EQ(structure(*database), "a:CREATE TABLE a (x TEXT) version 1 application 1129073748");
}

TEST_F(SchemaTest, InterruptedAfterEachStatementNothingIsLeftOfTheStep) {
  // The real first step, cut after each of its statements.
  const std::string sql(migrations().front().sql);
  std::vector<std::string> cuts;
  for (auto end = sql.find(';'); end != std::string::npos; end = sql.find(';', end + 1)) {
    cuts.push_back(sql.substr(0, end + 1) + "INSERT INTO nowhere VALUES (1)");
  }
  ASSERT_EQ(cuts.size(), 3u);
  const auto database = open();
  for (const auto& cut : cuts) {
    const std::array<Migration, 1> steps{{{1, "cut", cut}}};
    EXPECT_FALSE(migrate(*database, *logger_, steps));
    EXPECT_EQ(structure(*database), " version 0 application 0");
  }
  EXPECT_TRUE(migrate(*database, *logger_));
}

TEST_F(SchemaTest, ANewerStoreIsRefused) {
  const auto database = open();
  ASSERT_TRUE(migrate(*database, *logger_));
  ASSERT_TRUE(database->execute("PRAGMA user_version = 99", "age"));
  const auto refused = migrate(*database, *logger_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(refused.error().message,
            "a newer Collet wrote the store " + path_.string() +
                ": its schema has version 99, this program knows versions up to " +
                std::to_string(migrations().back().version));
  EXPECT_EQ(refused.error().remedy,
            "run the newer Collet, or put back a copy of the store from before the upgrade; a "
            "store cannot be taken back to an older version");
}

TEST_F(SchemaTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE bookmarks (url TEXT)", "make"));
  const auto before = structure(*database);
  const auto refused = migrate(*database, *logger_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, path_.string() + " is a database of another program");
  EXPECT_EQ(refused.error().remedy, "move it away, or name another path for the store");
  EXPECT_EQ(structure(*database), before);
}

}  // namespace
}  // namespace collet
