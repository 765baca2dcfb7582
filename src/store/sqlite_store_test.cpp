// What SQLite adds to the contract: durability, files that are not as they should be, failing
// disks.
#include "store/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <latch>
#include <set>
#include <utility>
#include <vector>

#include "base/logger.hpp"
#include "base/virtual_loop.hpp"
#include "store/answers.hpp"
#include "store/fault_vfs.hpp"
#include "store/memory_store.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {

using test::FaultVfs;
using test::sample_line;
using test::sample_record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A loop that keeps the store's thread where it gives its first answer, until told otherwise: what
/// is asked meanwhile queues up.
class HoldingLoop final : public Loop {
 public:
  explicit HoldingLoop(AsioLoop& loop) : loop_(loop) {}
  [[nodiscard]] TimePoint now() const override { return loop_.now(); }
  [[nodiscard]] bool on_loop() const override { return loop_.on_loop(); }
  [[nodiscard]] Timer call_at(TimePoint when, Task task) override {
    return loop_.call_at(when, std::move(task));
  }
  void post(Task task) override {
    loop_.post(std::move(task));
    if (loop_.on_loop()) return;
    if (std::exchange(came_by_, true)) return;
    held_.count_down();
    released_.wait();
  }
  /// Waits until the store's thread is held.
  void wait_until_held() { held_.wait(); }
  void release() {
    if (!std::exchange(open_, true)) released_.count_down();
  }

 private:
  void cancel_timer(std::uint64_t) override {}  // the timers are the real loop's own
  AsioLoop& loop_;
  bool open_ = false;     // the test's thread only
  bool came_by_ = false;  // the store's thread only
  std::latch held_{1};
  std::latch released_{1};
};

class SqliteStoreTest : public testing::Test {
 protected:
  ~SqliteStoreTest() override {
    held_.release();
    close();
  }

  Result<Done> try_open(SqliteStoreOptions options = {}, Loop* loop = nullptr) {
    auto store = make_sqlite_store(path_, loop ? *loop : loop_.loop, logger_, std::move(options));
    if (!store) return std::unexpected(std::move(store).error());
    store_ = *std::move(store);
    return Done{};
  }
  void open(SqliteStoreOptions options = {}, Loop* loop = nullptr) {
    const auto opened = try_open(std::move(options), loop);
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void close() {
    loop_.run([this] { store_.reset(); });
  }
  test::Client client() { return {loop_, store_->plugins()}; }

  std::unique_ptr<Database> database() {
    auto database = Database::open(path_, {.lock_wait_max = std::chrono::milliseconds(0)});
    if (!database) ADD_FAILURE() << database.error().message;
    return *std::move(database);
  }
  std::string integrity() {
    return database()->text("PRAGMA integrity_check", "check").value_or("?");
  }
  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const auto rows = client().list();
    if (!rows) return {rows.error().message};
    for (const auto& row : *rows) keys.push_back(row.plugin_key);
    return keys;
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "collet.db";
  RecordingLogger logger_;  // looked at while the store's thread has nothing to do
  test::LoopThread loop_;
  HoldingLoop held_{loop_.loop};
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteStoreTest, KeepsRowsOverARestart) {
  open();
  ASSERT_TRUE(client().insert(sample_record("a")));
  ASSERT_TRUE(client().append({sample_line("a", 1)}));
  close();
  open();
  EXPECT_THAT(keys(), ElementsAre("acme.a"));
  EXPECT_THAT(logger_.alarms(), IsEmpty());
}

TEST_F(SqliteStoreTest, WritesAheadAndCleansUpAtTheEnd) {
  open();
  EXPECT_EQ(database()->text("PRAGMA journal_mode", "read"), "wal");
  EXPECT_TRUE(std::filesystem::exists(path_.string() + "-wal"));
  close();
  EXPECT_FALSE(std::filesystem::exists(path_.string() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path_.string() + "-shm"));
}

TEST_F(SqliteStoreTest, AnAcknowledgedWriteIsSynced) {
  FaultVfs disk;
  open({.vfs = disk.name()});
  for (int number = 0; number < 10; ++number) {
    const int before = disk.syncs();
    ASSERT_TRUE(client().insert(sample_record(std::to_string(number))));
    EXPECT_GE(disk.syncs(), before + 1);
  }
  close();
}

TEST_F(SqliteStoreTest, WhatWaitsSharesOneSync) {
  FaultVfs disk;
  open({.vfs = disk.name()}, &held_);
  ASSERT_TRUE(client().ping());
  held_.wait_until_held();
  const int before = disk.syncs();
  std::promise<void> all;
  loop_.run([&] {
    for (int number = 0; number < 200; ++number) {
      store_->plugins().insert(
          sample_record(std::to_string(number)),
          Reply<PluginRecord>([](Result<PluginRecord> row) { EXPECT_TRUE(row); }));
    }
    store_->plugins().ping(Reply<Done>([&](Result<Done>) { all.set_value(); }));
  });
  held_.release();
  all.get_future().wait();
  EXPECT_LE(disk.syncs() - before, 2);  // the log, and its header where it is new
  EXPECT_EQ(keys().size(), 200u);
  close();
}

TEST_F(SqliteStoreTest, OthersHaveTheirTurnsBetweenTheAnswersOfALargeGroup) {
  open({}, &held_);
  ASSERT_TRUE(client().ping());
  held_.wait_until_held();
  constexpr auto count = 10 * Answers::per_turn_max;
  std::size_t answered = 0, answered_before_others = 0;
  std::promise<void> all;
  loop_.run([&] {
    for (std::size_t i = 0; i < count; ++i) {
      store_->plugins().ping(Reply<Done>([&](Result<Done>) {
        if (++answered == 1) loop_.loop.post([&] { answered_before_others = answered; });
        if (answered == count) all.set_value();
      }));
    }
  });
  held_.release();
  all.get_future().wait();
  EXPECT_EQ(answered_before_others, Answers::per_turn_max);
}

TEST_F(SqliteStoreTest, OneThatFailsInALargeGroupLeavesTheOthersAsTheyAre) {
  open({.limits = {.state_bytes_max = 410}}, &held_);
  ASSERT_TRUE(client().insert(sample_record("a")));
  held_.wait_until_held();
  std::string outcomes;
  std::promise<void> all;
  loop_.run([&] {
    for (const auto* value : {"1", "1234567890", "12"}) {
      store_->state().set(
          {.plugin_id = "id-a", .key = value}, value,
          Reply<Done>([&](Result<Done> done) { outcomes += done ? "done " : "refused "; }));
    }
    store_->state().get({.plugin_id = "id-a", .key = "1"},
                        Reply<std::optional<std::string>>([&](auto) { all.set_value(); }));
  });
  held_.release();
  all.get_future().wait();
  EXPECT_EQ(outcomes, "done refused done ");
}

TEST_F(SqliteStoreTest, TheQueueTakesAsManyOperationsAsItsLimitSays) {
  open({.limits = {.queued_operations_max = 100}}, &held_);
  ASSERT_TRUE(client().ping());
  held_.wait_until_held();
  int done = 0;
  std::promise<Result<Done>> beyond;
  std::promise<void> all;
  loop_.run([&] {
    for (int number = 0; number < 100; ++number) {
      store_->plugins().ping(Reply<Done>([&](Result<Done> answer) {
        EXPECT_TRUE(answer);
        if (++done == 100) all.set_value();
      }));
    }
    store_->plugins().ping(
        Reply<Done>([&](Result<Done> answer) { beyond.set_value(std::move(answer)); }));
  });
  const auto refused = beyond.get_future().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(refused.error().message,
            "the store is behind: 100 operations of the host wait for the disk, the limit is 100");
  EXPECT_EQ(refused.error().remedy,
            "try again in a moment; if it lasts, see what makes the disk slow");
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(1));
  held_.release();
  all.get_future().wait();
  EXPECT_TRUE(client().ping());
}

TEST_F(SqliteStoreTest, TheQueueTakesAsManyBytesAsItsLimitSays) {
  auto record = sample_record("a");
  record.manifest_json.assign(10'000, ' ');
  const auto bytes = sizeof(PluginRecord) + 10'000;
  open({.limits = {.queued_bytes_max = bytes}}, &held_);
  ASSERT_TRUE(client().ping());
  held_.wait_until_held();
  std::promise<Result<PluginRecord>> fits;
  std::promise<Result<Done>> beyond;
  loop_.run([&] {
    store_->plugins().insert(record, Reply<PluginRecord>([&](Result<PluginRecord> row) {
                               fits.set_value(std::move(row));
                             }));
    store_->plugins().remove(
        record.id, Reply<Done>([&](Result<Done> done) { beyond.set_value(std::move(done)); }));
  });
  const auto refused = beyond.get_future().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  const auto number = std::to_string(bytes);
  EXPECT_EQ(refused.error().message, "the store is behind: " + number +
                                         " bytes of the host wait for the disk and 4 more would "
                                         "pass the limit of " +
                                         number);
  held_.release();
  EXPECT_TRUE(fits.get_future().get());
}

TEST_F(SqliteStoreTest, AllThatAnEntryOfActivityHoldsCounts) {
  const auto bytes = sizeof(ActivityEntry) + 10'000;
  open({.limits = {.queued_bytes_max = bytes}}, &held_);
  ASSERT_TRUE(client().ping());
  held_.wait_until_held();
  std::promise<Result<Done>> fits;
  std::promise<Result<Done>> beyond;
  loop_.run([&] {
    store_->activity().append(
        {.plugin_id = "x",
         .company_id = std::string(1'000, ' '),
         .entity_type = std::string(2'000, ' '),
         .entity_id = std::string(3'000, ' '),
         .metadata_json = std::string(4'000, ' ')},
        Reply<Done>([&](Result<Done> done) { fits.set_value(std::move(done)); }));
    store_->state().remove({.plugin_id = "x"}, Reply<Done>([&](Result<Done> done) {
                             beyond.set_value(std::move(done));
                           }));
  });
  const auto refused = beyond.get_future().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  EXPECT_THAT(refused.error().message,
              testing::StartsWith("the store is behind: " + std::to_string(bytes) +
                                  " bytes of this plugin wait"));
  held_.release();
  const auto tried = fits.get_future().get();
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code, ErrorCode::plugin_not_found);
}

TEST_F(SqliteStoreTest, ANewerStoreIsRefusedAndLeftAsItIs) {
  open();
  close();
  ASSERT_TRUE(database()->execute("PRAGMA user_version = 99", "age"));
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(refused.error().message,
            "a newer Collet wrote the store " + path_.string() +
                ": its schema has version 99, this program knows versions up to " +
                std::to_string(migrations().back().version));
  EXPECT_EQ(database()->integer("PRAGMA user_version", "read"), 99);
}

TEST_F(SqliteStoreTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAsItIs) {
  ASSERT_TRUE(database()->execute("CREATE TABLE bookmarks (url TEXT)", "make"));
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, path_.string() + " is a database of another program");
  EXPECT_EQ(database()->text("PRAGMA journal_mode", "read"), "delete");
}

TEST_F(SqliteStoreTest, GarbageIsRefusedAndLeftAsItIs) {
  const std::string garbage(20'000, 'x');
  std::ofstream(path_, std::ios::binary) << garbage;
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(refused.error().message,
            "cannot read the version of the store: file is not a database (SQLite error 26, "
            "store " +
                path_.string() + ")");
  EXPECT_EQ(std::filesystem::file_size(path_), garbage.size());
}

TEST_F(SqliteStoreTest, DamageInTheMiddleIsFoundWhenItIsRead) {
  open();
  close();
  const auto schema_end = std::filesystem::file_size(path_);
  open();
  for (int number = 0; number < 50; ++number) {
    auto record = sample_record(std::to_string(number));
    record.manifest_json.assign(2'000, ' ');
    ASSERT_TRUE(client().insert(record));
  }
  close();
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = std::filesystem::file_size(path_);
    file.seekp(static_cast<std::streamoff>(schema_end));
    file << std::string(size - schema_end, '\x5a');
  }
  open();
  const auto failed = client().list();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::store_unavailable);
  EXPECT_THAT(failed.error().message,
              StartsWith("cannot list the plugins: database disk image is malformed (SQLite error "
                         "11, store "));
  EXPECT_EQ(failed.error().remedy,
            "stop Collet, keep a copy of " + path_.string() +
                ", then put a backup in its place or salvage it with `sqlite3 " + path_.string() +
                " .recover`");
  close();
  ASSERT_EQ(logger_.alarms().size(), 1u);
  EXPECT_THAT(logger_.alarms().front(),
              StartsWith("error store fails error=\"cannot list the plugins: "));
}

TEST_F(SqliteStoreTest, AColumnThatNobodyCanReadNamesItsRow) {
  open();
  ASSERT_TRUE(client().insert(sample_record("a")));
  ASSERT_TRUE(database()->execute("UPDATE plugins SET status = 'asleep'", "spoil"));
  const auto status = client().list();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(status.error().message,
            "the store " + path_.string() +
                " has a value in plugins.status that no Collet wrote, in the row with the id id-a");
  for (const auto* value : {"", "{}", "[1]", "[\"a\"", "[\"a\"] x"}) {
    ASSERT_TRUE(database()->execute(
        "UPDATE plugins SET status = 'ready', categories = '" + std::string(value) + "'", "spoil"));
    const auto categories = client().list();
    ASSERT_FALSE(categories) << value;
    EXPECT_THAT(categories.error().message, HasSubstr("plugins.categories"));
  }
}

TEST_F(SqliteStoreTest, AMissingFolderIsRefused) {
  path_ = folder_ / "missing" / "collet.db";
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("No such file or directory"));
  EXPECT_THAT(refused.error().remedy, HasSubstr((folder_ / "missing").string()));
}

/// Runs `work` in a process that may not write what it does not own, and gives what it returns.
std::string as_nobody(const std::function<std::string()>& work) {
  int channel[2];
  if (::pipe(channel) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t nobody = 65'534;
    if (::geteuid() == 0 && ::setuid(nobody) != 0) ::_exit(2);
    const auto text = work();
    ::_exit(::write(channel[1], text.data(), text.size()) == std::ssize(text) ? 0 : 1);
  }
  ::close(channel[1]);
  std::string text;
  char buffer[4'096];
  for (ssize_t got; (got = ::read(channel[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(channel[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return text;
}

std::string open_error(const std::filesystem::path& path) {
  VirtualLoop loop;
  const auto logger = make_null_logger();
  const auto store = make_sqlite_store(path, loop, *logger);
  return store ? "opened" : store.error().message + "\n" + store.error().remedy;
}

TEST(SqliteStoreFiles, AReadOnlyFolderIsRefused) {
  using std::filesystem::perms;
  test::TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), perms::owner_read | perms::owner_exec |
                                                  perms::others_read | perms::others_exec);
  const auto path = folder / "collet.db";
  EXPECT_EQ(as_nobody([&] { return open_error(path); }),
            "cannot open the store: unable to open database file, Permission denied (SQLite error "
            "14, store " +
                path.string() + ")\nsee to it that the folder " + folder.path().string() +
                " exists, and that the account that runs Collet may read and write it and the "
                "files in it");
  std::filesystem::permissions(folder.path(), perms::owner_all);
}

TEST(SqliteStoreFiles, AReadOnlyFileIsRefused) {
  using std::filesystem::perms;
  test::TemporaryFolder folder;
  const auto path = folder / "collet.db";
  EXPECT_EQ(open_error(path), "opened");
  std::filesystem::permissions(folder.path(), perms::all);
  std::filesystem::permissions(path, static_cast<perms>(0444));
  EXPECT_THAT(as_nobody([&] { return open_error(path); }),
              StartsWith("cannot open the store: attempt to write a readonly database (SQLite "
                         "error 8, store " +
                         path.string() + ")"));
}

TEST_F(SqliteStoreTest, AFullDiskFailsWritesOnlyAndHeals) {
  open({.limits = {.file_bytes_max = 512 << 10}});
  auto small = sample_record("small");
  ASSERT_TRUE(client().insert(small));
  int rows = 0;
  Result<PluginRecord> refused;
  for (;;) {
    auto record = sample_record(std::to_string(rows));
    record.manifest_json.assign(20'000, ' ');
    refused = client().insert(std::move(record));
    if (!refused) break;
    ASSERT_LT(++rows, 100);
  }
  EXPECT_GE(rows, 15);  // 20 kB each in 512 KiB
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(refused.error().message,
            "cannot add a plugin: database or disk is full (SQLite error 13, store " +
                path_.string() + ")");
  EXPECT_EQ(refused.error().remedy, "free space on the file system of " + path_.string() +
                                        " (or raise the limit of its size), then try again");
  EXPECT_EQ(keys().size(), static_cast<std::size_t>(rows) + 1);
  ASSERT_TRUE(client().remove("id-0"));
  auto after = sample_record("after");
  after.manifest_json.assign(20'000, ' ');
  EXPECT_TRUE(client().insert(after));
  close();
  EXPECT_EQ(logger_.alarms().size(), 1u);
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(SqliteStoreTest, ARowTooLargeForTheDiskDoesNotTakeItsNeighboursAlong) {
  open({.limits = {.file_bytes_max = 256 << 10}}, &held_);
  ASSERT_TRUE(client().ping());
  held_.wait_until_held();
  std::vector<std::string> refused;
  std::promise<void> all;
  loop_.run([&] {
    for (const auto* name : {"a", "big", "b"}) {
      auto record = sample_record(name);
      if (record.id == "id-big") record.manifest_json.assign(1 << 20, ' ');
      store_->plugins().insert(std::move(record),
                               Reply<PluginRecord>([&, name](Result<PluginRecord> row) {
                                 if (!row) refused.push_back(name);
                               }));
    }
    store_->plugins().ping(Reply<Done>([&](Result<Done>) { all.set_value(); }));
  });
  held_.release();
  all.get_future().wait();
  EXPECT_THAT(refused, ElementsAre("big"));
  EXPECT_THAT(keys(), ElementsAre("acme.a", "acme.b"));
}

TEST_F(SqliteStoreTest, WhileAnotherProgramHoldsItReadsGoOnAndWritesSaySo) {
  open({.limits = {.lock_wait_max = std::chrono::milliseconds(10)}});
  ASSERT_TRUE(client().insert(sample_record("a")));
  const auto other = database();
  {
    auto held = Transaction::begin(*other, TransactionKind::write);
    ASSERT_TRUE(held);
    const auto refused = client().insert(sample_record("b"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("database is locked"));
    EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(1));
    EXPECT_THAT(keys(), ElementsAre("acme.a"));
  }
  EXPECT_TRUE(client().insert(sample_record("b")));
}

TEST_F(SqliteStoreTest, AGroupWaitsForALockOnce) {
  open({.limits = {.lock_wait_max = std::chrono::milliseconds(50)}}, &held_);
  ASSERT_TRUE(client().ping());
  held_.wait_until_held();
  const auto other = database();
  auto lock = Transaction::begin(*other, TransactionKind::write);
  ASSERT_TRUE(lock);
  int refused = 0;
  int read = 0;
  std::promise<void> all;
  loop_.run([&] {
    for (int number = 0; number < 1'000; ++number) {
      store_->plugins().insert(
          sample_record(std::to_string(number)),
          Reply<PluginRecord>([&](Result<PluginRecord> row) { refused += !row; }));
      store_->plugins().ping(Reply<Done>([&](Result<Done> done) {
        read += done.has_value();
        if (read == 1'000) all.set_value();
      }));
    }
  });
  const auto start = Clock::now();
  held_.release();
  all.get_future().wait();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));  // a wait for each would be 50 s
  EXPECT_EQ(refused, 1'000);
}

// What happens to the store, step by step; each step is one operation.
using StepOf = std::function<Result<Done>(test::Client)>;

template <class T>
Result<Done> without_value(Result<T> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return Done{};
}

std::vector<StepOf> scenario() {
  auto changed = sample_record("a");
  changed.status = PluginStatus::disabled;
  changed.manifest_json.assign(9'000, 'x');  // more than a page
  std::vector<PluginLogEntry> lines;
  for (int number = 1; number <= 40; ++number) lines.push_back(sample_line("a", number));
  return {
      [](test::Client store) { return without_value(store.insert(sample_record("a"))); },
      [](test::Client store) { return without_value(store.insert(sample_record("b"))); },
      [=](test::Client store) { return store.append(lines); },
      [=](test::Client store) { return store.update(changed); },
      [](test::Client store) { return without_value(store.insert(sample_record("c"))); },
      [](test::Client store) { return store.remove("id-b"); },
      [](test::Client store) { return store.append({sample_line("c", 1)}); },
      [](test::Client store) { return store.remove("id-a"); },
      [](test::Client store) { return without_value(store.insert(sample_record("d"))); },
  };
}

/// All that the store holds, as text.
std::string content(test::Client store) {
  const auto rows = store.list();
  if (!rows) return rows.error().message;
  std::string text;
  for (const auto& row : *rows) {
    text += std::to_string(row.install_order) + " " + row.plugin_key + " " +
            std::string(to_string(row.status)) + " " + std::to_string(row.manifest_json.size());
    const auto lines = store.logs(
        {.plugin_id = row.id, .limit = 1'000, .level = std::nullopt, .since = std::nullopt});
    if (!lines) return lines.error().message;
    for (const auto& line : *lines) text += " " + line.id;
    text += "\n";
  }
  return text;
}

TEST_F(SqliteStoreTest, EveryIoCallMayFailOnceOrForAWhile) {
  const auto steps = scenario();
  int failed_runs = 0;
  for (const auto lasts : {FaultVfs::Lasts::once, FaultVfs::Lasts::until_healed}) {
    for (int call = 1;; ++call) {
      SCOPED_TRACE(testing::Message() << "call " << call << " of kind " << int(lasts));
      test::TemporaryFolder folder;
      path_ = folder / "collet.db";
      FaultVfs disk;
      MemoryStore model_store(loop_.loop);
      test::Client model(loop_, model_store);
      disk.fail_at(call, lasts);
      if (const auto opened = try_open({.vfs = disk.name()}); !opened) {
        EXPECT_EQ(opened.error().code, ErrorCode::store_unavailable);
        disk.heal();
        open({.vfs = disk.name()});
      }
      for (const auto& step : steps) {
        const auto outcome = step(client());
        // What failed for lack of a disk did not happen; all else is as without a fault.
        if (!outcome && outcome.error().code == ErrorCode::store_unavailable) continue;
        EXPECT_EQ(step(model).has_value(), outcome.has_value());
      }
      const bool beyond_the_end = disk.calls() < call;
      disk.heal();
      EXPECT_EQ(content(client()), content(model));
      EXPECT_TRUE(client().insert(sample_record("healed")));
      EXPECT_TRUE(model.insert(sample_record("healed")));
      close();
      open();
      EXPECT_EQ(content(client()), content(model));
      close();
      EXPECT_EQ(integrity(), "ok");
      if (beyond_the_end || HasFailure()) break;
      ++failed_runs;
    }
  }
  EXPECT_GT(failed_runs, 100);
  RecordProperty("failed_runs", failed_runs);
}

TEST_F(SqliteStoreTest, ThePowerMayFailAtEveryIoCall) {
  const auto steps = scenario();
  // What the store holds after each number of steps.
  std::vector<std::string> after;
  {
    MemoryStore model_store(loop_.loop);
    test::Client model(loop_, model_store);
    after.push_back(content(model));
    for (const auto& step : steps) {
      ASSERT_TRUE(step(model));
      after.push_back(content(model));
    }
  }
  int cuts = 0;
  for (const std::uint32_t seed : {0, 1, 2, 3}) {
    for (int call = 1;; ++call) {
      SCOPED_TRACE(testing::Message() << "call " << call << ", seed " << seed);
      test::TemporaryFolder folder;
      path_ = folder / "collet.db";
      FaultVfs disk;
      disk.fail_at(call, FaultVfs::Lasts::until_healed);
      std::size_t acknowledged = 0;
      if (try_open({.vfs = disk.name()})) {
        while (acknowledged < steps.size() && steps[acknowledged](client())) ++acknowledged;
        close();
      }
      const bool beyond_the_end = disk.calls() < call;
      disk.heal();
      disk.lose_power(seed);
      open();
      const auto left = content(client());
      // All that was acknowledged; the step in flight is there as a whole or not at all.
      if (left != after[acknowledged]) {
        EXPECT_EQ(left, after[std::min(acknowledged + 1, steps.size())]);
      }
      EXPECT_TRUE(client().insert(sample_record("healed")));
      close();
      EXPECT_EQ(integrity(), "ok");
      if (beyond_the_end || HasFailure()) break;
      ++cuts;
    }
  }
  EXPECT_GT(cuts, 200);
  RecordProperty("cuts", cuts);
}

// The host of the next test: inserts rows without end and writes the number of each to `acks` as
// soon as it is acknowledged.
[[noreturn]] void insert_until_killed(const std::filesystem::path& path, int run, int acks) {
  test::LoopThread loop;
  const auto logger = make_null_logger();
  auto store = make_sqlite_store(path, loop.loop, *logger);
  if (!store) ::_exit(1);
  int number = 0;
  std::function<void()> next = [&] {
    const int mine = number++;
    const auto name = std::to_string(run) + "-" + std::to_string(mine);
    (*store)->plugins().insert(sample_record(name),
                               Reply<PluginRecord>([&, mine](Result<PluginRecord> row) {
                                 if (!row || ::write(acks, &mine, sizeof mine) != sizeof mine)
                                   ::_exit(1);
                                 next();
                               }));
  };
  loop.run([&] {
    for (int in_flight = 0; in_flight < 8; ++in_flight) next();
  });
  for (;;) ::pause();
}

// Not of the fixture above: a process is forked before it has other threads.
TEST(SqliteStoreFiles, WhatWasAcknowledgedSurvivesFiftyKills) {
  test::TemporaryFolder folder;
  const auto path = folder / "collet.db";
  std::set<std::string> acknowledged;
  for (int run = 0; run < 50; ++run) {
    int acks[2];
    ASSERT_EQ(::pipe(acks), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(acks[0]);
      insert_until_killed(path, run, acks[1]);
    }
    ::close(acks[1]);
    int seen = 0;
    for (int number; ::read(acks[0], &number, sizeof number) == sizeof number;) {
      acknowledged.insert("acme." + std::to_string(run) + "-" + std::to_string(number));
      // Not always at the same place of a group.
      if (++seen == 1 + run % 11) ::kill(child, SIGKILL);
    }
    ::close(acks[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with status " << status;

    test::LoopThread loop;
    RecordingLogger logger;
    auto store = make_sqlite_store(path, loop.loop, logger);
    ASSERT_TRUE(store) << store.error().message;
    const auto rows = test::Client(loop, (*store)->plugins()).list();
    store->reset();
    ASSERT_TRUE(rows) << rows.error().message;
    std::set<std::string> present;
    for (const auto& row : *rows) present.insert(row.plugin_key);
    EXPECT_TRUE(std::ranges::includes(present, acknowledged)) << "run " << run;
    const auto database = Database::open(path);
    ASSERT_TRUE(database);
    EXPECT_EQ((*database)->text("PRAGMA integrity_check", "check"), "ok");
  }
  EXPECT_GE(acknowledged.size(), 250u);
}

}  // namespace
}  // namespace collet
