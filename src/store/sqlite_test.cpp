#include "store/sqlite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/no_descriptors.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class SqliteTest : public testing::Test {
 protected:
  std::unique_ptr<Database> open() {
    auto database = Database::open(path_, {.lock_wait_max = std::chrono::milliseconds(0)});
    if (!database) ADD_FAILURE() << database.error().message;
    return *std::move(database);
  }
  static std::int64_t count(Database& database) {
    return database.integer("SELECT count(*) FROM t", "count").value_or(-1);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a.db";
};

TEST_F(SqliteTest, ReadsBackWhatIsBound) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (i INTEGER, s TEXT, n TEXT) STRICT", "make"));
  Statement insert(*database, "INSERT INTO t VALUES (?, ?, ?)", "add");
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  ASSERT_TRUE(Query(insert, least, std::string("a\0b", 3), std::optional<std::string>()).run());
  ASSERT_TRUE(
      Query(insert, std::int64_t{2}, std::string_view(), std::optional<std::string>("")).run());
  Statement select(*database, "SELECT i, s, n FROM t ORDER BY i", "read");
  Query query(select);
  ASSERT_EQ(query.step().value(), Step::row);
  EXPECT_EQ(query.integer(0), least);
  EXPECT_EQ(query.text(1), std::string("a\0b", 3));
  EXPECT_EQ(query.optional_text(2), std::nullopt);
  ASSERT_EQ(query.step().value(), Step::row);
  EXPECT_EQ(query.text(1), "");
  EXPECT_EQ(query.optional_text(2), "");
  EXPECT_EQ(query.step().value(), Step::done);
}

TEST_F(SqliteTest, AStatementForgetsTheParametersOfItsLastRun) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (a TEXT)", "make"));
  Statement insert(*database, "INSERT INTO t VALUES (?)", "add");
  ASSERT_TRUE(Query(insert, std::optional<std::string>("x")).run());
  ASSERT_TRUE(Query(insert, std::optional<std::string>()).run());
  EXPECT_EQ(database->integer("SELECT count(*) FROM t WHERE a IS NULL", "count"), 1);
}

TEST_F(SqliteTest, ErrorsSayWhatWasTriedWhatHappenedAndWhatToDo) {
  const auto database = open();
  Statement statement(*database, "SELECT * FROM nowhere", "list the plugins");
  const auto failed = Query(statement).step();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(failed.error().message,
            "cannot list the plugins: no such table: nowhere (SQLite error 1, store " +
                path_.string() + ")");
  EXPECT_EQ(failed.error().remedy, "this is a bug of the host; its log has more");
}

TEST_F(SqliteTest, ATransactionIsUndoneUnlessCommitted) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (a TEXT)", "make"));
  {
    auto transaction = Transaction::begin(*database, TransactionKind::write);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)", "add"));
  }
  EXPECT_FALSE(database->in_transaction());
  EXPECT_EQ(count(*database), 0);
  {
    auto transaction = Transaction::begin(*database, TransactionKind::write);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)", "add"));
    ASSERT_TRUE(transaction->commit());
  }
  EXPECT_EQ(count(*database), 1);
}

TEST_F(SqliteTest, ASavepointIsUndoneUnlessKept) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (a TEXT)", "make"));
  auto transaction = Transaction::begin(*database, TransactionKind::write);
  ASSERT_TRUE(transaction);
  {
    auto kept = Savepoint::begin(*database);
    ASSERT_TRUE(kept);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)", "add"));
    ASSERT_TRUE(kept->keep());
  }
  {
    auto dropped = Savepoint::begin(*database);
    ASSERT_TRUE(dropped);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (2)", "add"));
  }
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(database->text("SELECT group_concat(a) FROM t", "read"), "1");
}

TEST_F(SqliteTest, ALockedDatabaseSaysWhoToLookForAndWhenToTryAgain) {
  const auto first = open();
  const auto second = open();
  ASSERT_TRUE(first->execute("CREATE TABLE t (a TEXT)", "make"));
  auto held = Transaction::begin(*first, TransactionKind::write);
  ASSERT_TRUE(held);
  const auto refused = Transaction::begin(*second, TransactionKind::write);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "cannot begin a transaction: database is locked (SQLite error 5, store " +
                path_.string() + ")");
  EXPECT_EQ(refused.error().remedy, "another program holds the store (`fuser " + path_.string() +
                                        "` names it); end it or let it finish, then try again");
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(1));
}

TEST_F(SqliteTest, AMissingFolderIsNamed) {
  const auto refused = Database::open(folder_ / "missing" / "a.db");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  EXPECT_THAT(refused.error().message,
              StartsWith("cannot open the store: unable to open database file, No such file or "
                         "directory (SQLite error 14, store "));
  EXPECT_EQ(refused.error().remedy,
            "see to it that the folder " + (folder_ / "missing").string() +
                " exists, and that the account that runs Collet may read and write it and the "
                "files in it");
}

TEST_F(SqliteTest, ANewFileIsForItsOwnerOnly) {
  const auto database = open();
  ASSERT_TRUE(database->execute("PRAGMA journal_mode = WAL; CREATE TABLE t (a TEXT)", "make"));
  using std::filesystem::perms;
  for (const auto* name : {"a.db", "a.db-wal", "a.db-shm"}) {
    EXPECT_EQ(std::filesystem::status(folder_ / name).permissions(),
              perms::owner_read | perms::owner_write)
        << name;
  }
}

TEST_F(SqliteTest, WithoutDescriptorsNothingIsMadeAndItSaysSo) {
  std::optional<Result<std::unique_ptr<Database>>> opened;
  {
    const NoDescriptors none;
    opened.emplace(Database::open(path_));
  }
  ASSERT_FALSE(opened->has_value());
  EXPECT_EQ(opened->error().code, ErrorCode::store_unavailable);
  EXPECT_THAT(opened->error().message, HasSubstr("the host has too many open files"));
  EXPECT_THAT(opened->error().remedy, HasSubstr("ulimit -n"));
  EXPECT_FALSE(std::filesystem::exists(path_)) << "SQLite would let everybody read it";
}

TEST_F(SqliteTest, FilesThatItOpensLaterAreExplainedToo) {
  const auto database = open();
  Result<Done> changed = Done{};
  {
    const NoDescriptors none;
    changed = database->execute("CREATE TABLE t (a)", "change the store");  // wants a journal
  }
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::store_unavailable);
  EXPECT_THAT(changed.error().message,
              StartsWith("cannot change the store (SQLite error 14, store " + path_.string() +
                         "): the host has too many open files"));
  EXPECT_TRUE(database->execute("CREATE TABLE t (a)", "change the store")) << "a moment later";
}

TEST_F(SqliteTest, GarbageIsNoDatabase) {
  std::ofstream(path_) << std::string(5'000, 'x');
  const auto database = open();
  const auto refused = database->integer("PRAGMA user_version", "read the version of the store");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "cannot read the version of the store: file is not a database (SQLite error 26, "
            "store " +
                path_.string() + ")");
  EXPECT_EQ(refused.error().remedy, path_.string() +
                                        " is no store: move it away, or name another path for "
                                        "the store");
}

}  // namespace
}  // namespace collet
