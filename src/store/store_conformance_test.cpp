// What every PluginStore promises, asked of each implementation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "base/logger.hpp"
#include "collet/plugin_store.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {

using test::k_noon;
using test::sample_line;
using test::sample_record;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr StoreLimits k_small{.logs_per_plugin_max = 5};

/// A query with its defaults left out.
struct Lines {
  std::string plugin;
  std::size_t limit = 25;
  std::optional<std::string> level{};
  std::optional<std::chrono::system_clock::time_point> since{};
  std::optional<std::string> company{};
};

PluginLogQuery query_of(Lines wanted) {
  return {.plugin_id = std::move(wanted.plugin),
          .limit = wanted.limit,
          .level = std::move(wanted.level),
          .since = wanted.since,
          .company_id = std::move(wanted.company)};
}

struct Implementation {
  std::string name;
  std::function<std::shared_ptr<PluginStore>(const std::filesystem::path&, Loop&, Logger&)> make;
};

void PrintTo(const Implementation& implementation, std::ostream* out) {
  *out << implementation.name;
}

class StoreConformance : public testing::TestWithParam<Implementation> {
 protected:
  ~StoreConformance() override {
    loop_.run([this] { store_.reset(); });
  }

  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const auto rows = client_.list();
    if (!rows) return {rows.error().message};
    for (const auto& row : *rows) keys.push_back(row.plugin_key);
    return keys;
  }

  std::vector<std::string> messages(Lines wanted) {
    std::vector<std::string> messages;
    const auto lines = client_.logs(query_of(std::move(wanted)));
    if (!lines) return {lines.error().message};
    for (const auto& line : *lines) messages.push_back(line.message);
    return messages;
  }

  test::TemporaryFolder folder_;
  test::LoopThread loop_;
  std::unique_ptr<Logger> logger_ = make_null_logger();
  std::shared_ptr<PluginStore> store_ =
      GetParam().make(folder_ / "collet.db", loop_.loop, *logger_);
  test::Client client_{loop_, *store_};
};

TEST_P(StoreConformance, IsEmptyAtFirst) {
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_TRUE(client_.ping());
}

TEST_P(StoreConformance, KeepsEveryColumn) {
  auto record = sample_record("a");
  record.last_error = "";
  record.package_path.reset();
  record.manifest_json = "{\"id\": \"\\ud800\", \"n\": 1e400}";
  record.installed_at += std::chrono::microseconds(999);  // finer than what is kept
  const auto inserted = client_.insert(record);
  ASSERT_TRUE(inserted) << inserted.error().message;
  EXPECT_EQ(inserted->install_order, 1);
  EXPECT_EQ(inserted->installed_at, k_noon);

  const auto rows = client_.list();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  const auto& row = rows->front();
  EXPECT_EQ(row.id, "id-a");
  EXPECT_EQ(row.plugin_key, "acme.a");
  EXPECT_EQ(row.package_name, "paperclip-plugin-a");
  EXPECT_EQ(row.version, "1.2.3");
  EXPECT_EQ(row.api_version, 1);
  EXPECT_THAT(row.categories, ElementsAre("automation", "tools \"quoted\" \xC3\xA9"));
  EXPECT_EQ(row.manifest_json, "{\"id\": \"\\ud800\", \"n\": 1e400}");
  EXPECT_EQ(row.status, PluginStatus::ready);
  EXPECT_EQ(row.install_order, 1);
  EXPECT_EQ(row.package_path, std::nullopt);
  EXPECT_EQ(row.last_error, "");
  EXPECT_EQ(row.installed_at, k_noon);
  EXPECT_EQ(row.updated_at, k_noon + std::chrono::milliseconds(18));
}

TEST_P(StoreConformance, ListsByInstallOrder) {
  for (const auto* name : {"c", "a", "b"}) ASSERT_TRUE(client_.insert(sample_record(name)));
  EXPECT_THAT(keys(), ElementsAre("acme.c", "acme.a", "acme.b"));
}

TEST_P(StoreConformance, UninstalledRowsCountForTheInstallOrder) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  auto last = sample_record("b");
  last.status = PluginStatus::uninstalled;
  ASSERT_TRUE(client_.insert(last));
  EXPECT_EQ(client_.insert(sample_record("c"))->install_order, 3);
  EXPECT_THAT(keys(), ElementsAre("acme.a", "acme.b", "acme.c"));
}

TEST_P(StoreConformance, RefusesATakenKey) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  auto second = sample_record("a");
  second.id = "another";
  const auto refused = client_.insert(second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::install_failed);
  EXPECT_EQ(refused.error().message, "Plugin already installed: acme.a");
  EXPECT_THAT(keys(), ElementsAre("acme.a"));
}

TEST_P(StoreConformance, RefusesATakenId) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  auto second = sample_record("b");
  second.id = "id-a";
  const auto refused = client_.insert(second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::install_failed);
  EXPECT_EQ(refused.error().message, "Plugin already installed: acme.b");
}

TEST_P(StoreConformance, UpdateReplacesAllButTheInstallOrder) {
  ASSERT_TRUE(client_.insert(sample_record("first")));
  ASSERT_TRUE(client_.insert(sample_record("a")));
  auto changed = sample_record("a");
  changed.version = "2.0.0";
  changed.status = PluginStatus::error;
  changed.last_error = "Activation failed: no such file";
  changed.categories = {};
  changed.install_order = 900;
  changed.updated_at = k_noon + std::chrono::hours(1);
  ASSERT_TRUE(client_.update(changed));
  const auto rows = client_.list();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  const auto& row = rows->at(1);
  EXPECT_EQ(row.version, "2.0.0");
  EXPECT_EQ(row.status, PluginStatus::error);
  EXPECT_EQ(row.last_error, "Activation failed: no such file");
  EXPECT_THAT(row.categories, IsEmpty());
  EXPECT_EQ(row.install_order, 2);
  EXPECT_EQ(row.updated_at, k_noon + std::chrono::hours(1));
}

TEST_P(StoreConformance, UpdateOfAnUnknownIdSaysSo) {
  const auto refused = client_.update(sample_record("a"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::plugin_not_found);
  EXPECT_EQ(refused.error().message, "no plugin in the store has the id id-a");
}

TEST_P(StoreConformance, UpdateToATakenKeyChangesNothing) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  ASSERT_TRUE(client_.insert(sample_record("b")));
  auto changed = sample_record("b");
  changed.plugin_key = "acme.a";
  const auto refused = client_.update(changed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::install_failed);
  EXPECT_EQ(refused.error().message, "Plugin already installed: acme.a");
  EXPECT_THAT(keys(), ElementsAre("acme.a", "acme.b"));
}

TEST_P(StoreConformance, RemoveTakesTheLogsAlong) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  ASSERT_TRUE(client_.insert(sample_record("b")));
  ASSERT_TRUE(client_.append({sample_line("a", 1), sample_line("b", 2)}));
  ASSERT_TRUE(client_.remove("id-a"));
  EXPECT_THAT(keys(), ElementsAre("acme.b"));
  EXPECT_THAT(messages({.plugin = "id-b"}), ElementsAre("line 2"));
  ASSERT_TRUE(client_.insert(sample_record("a")));
  EXPECT_THAT(messages({.plugin = "id-a"}), IsEmpty());
}

TEST_P(StoreConformance, RemoveOfAnUnknownIdSaysSo) {
  const auto refused = client_.remove("nobody");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::plugin_not_found);
  EXPECT_EQ(refused.error().message, "no plugin in the store has the id nobody");
}

TEST_P(StoreConformance, LogsKeepEveryColumn) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  auto bare = sample_line("a", 2);
  bare.company_id.reset();
  bare.meta_json.reset();
  bare.message = std::string("zero \0 byte", 11);
  ASSERT_TRUE(client_.append({sample_line("a", 1), bare}));
  const auto lines = client_.logs(query_of({.plugin = "id-a"}));
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ(lines->at(0).id, "line-a-2");
  EXPECT_EQ(lines->at(0).company_id, std::nullopt);
  EXPECT_EQ(lines->at(0).meta_json, std::nullopt);
  EXPECT_EQ(lines->at(0).message, std::string("zero \0 byte", 11));
  EXPECT_EQ(lines->at(1).id, "line-a-1");
  EXPECT_EQ(lines->at(1).plugin_id, "id-a");
  EXPECT_EQ(lines->at(1).company_id, "company");
  EXPECT_EQ(lines->at(1).level, "warn");
  EXPECT_EQ(lines->at(1).message, "line 1");
  EXPECT_EQ(lines->at(1).meta_json, R"({"n":1})");
  EXPECT_EQ(lines->at(1).created_at, k_noon + std::chrono::seconds(1));
}

TEST_P(StoreConformance, LogsComeNewestFirstAndFiltered) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  auto tie = sample_line("a", 4);
  tie.created_at = k_noon + std::chrono::seconds(3);
  // Appended out of order: the time decides, then the order of appending.
  ASSERT_TRUE(client_.append(
      {sample_line("a", 2), sample_line("a", 1), sample_line("a", 3), std::move(tie)}));
  EXPECT_THAT(messages({.plugin = "id-a"}), ElementsAre("line 4", "line 3", "line 2", "line 1"));
  EXPECT_THAT(messages({.plugin = "id-a", .limit = 2}), ElementsAre("line 4", "line 3"));
  EXPECT_THAT(messages({.plugin = "id-a", .limit = 0}), IsEmpty());
  EXPECT_THAT(messages({.plugin = "id-a", .level = "warn"}), ElementsAre("line 3", "line 1"));
  EXPECT_THAT(messages({.plugin = "id-a", .since = k_noon + std::chrono::seconds(2)}),
              ElementsAre("line 4", "line 3", "line 2"));
  EXPECT_THAT(messages({.plugin = "id-a", .level = "fatal"}), IsEmpty());
  EXPECT_THAT(messages({.plugin = "nobody"}), IsEmpty());
}

TEST_P(StoreConformance, LogsOfOneCompany) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  auto other = sample_line("a", 2);
  other.company_id = "other";
  auto nobody = sample_line("a", 3);
  nobody.company_id.reset();
  ASSERT_TRUE(client_.append({sample_line("a", 1), other, nobody}));
  EXPECT_THAT(messages({.plugin = "id-a", .company = "company"}), ElementsAre("line 1"));
  EXPECT_THAT(messages({.plugin = "id-a", .company = "other"}), ElementsAre("line 2"));
  EXPECT_THAT(messages({.plugin = "id-a", .company = "third"}), IsEmpty());
  EXPECT_THAT(messages({.plugin = "id-a"}), ElementsAre("line 3", "line 2", "line 1"));
}

TEST_P(StoreConformance, LogsBeyondTheLimitLoseTheOldest) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  ASSERT_TRUE(client_.insert(sample_record("b")));
  ASSERT_TRUE(client_.append({sample_line("b", 100)}));
  std::vector<PluginLogEntry> five;
  for (int number = 1; number <= 5; ++number) five.push_back(sample_line("a", number));
  ASSERT_TRUE(client_.append(five));
  EXPECT_THAT(messages({.plugin = "id-a"}),
              ElementsAre("line 5", "line 4", "line 3", "line 2", "line 1"));
  ASSERT_TRUE(client_.append({sample_line("a", 6)}));
  EXPECT_THAT(messages({.plugin = "id-a"}),
              ElementsAre("line 6", "line 5", "line 4", "line 3", "line 2"));
  EXPECT_THAT(messages({.plugin = "id-b"}), ElementsAre("line 100"));
}

TEST_P(StoreConformance, AnAppendOfMoreThanTheLimitKeepsTheNewest) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  std::vector<PluginLogEntry> lines;
  for (int number = 1; number <= 12; ++number) lines.push_back(sample_line("a", number));
  ASSERT_TRUE(client_.append(lines));
  EXPECT_THAT(messages({.plugin = "id-a", .limit = 1000}),
              ElementsAre("line 12", "line 11", "line 10", "line 9", "line 8"));
}

TEST_P(StoreConformance, AppendingALineAgainKeepsOne) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  ASSERT_TRUE(client_.append({sample_line("a", 1)}));
  auto again = sample_line("a", 1);
  again.message = "other";
  ASSERT_TRUE(client_.append({again, sample_line("a", 2)}));
  EXPECT_THAT(messages({.plugin = "id-a"}), ElementsAre("line 2", "line 1"));
}

TEST_P(StoreConformance, LogsOfAnUnknownPluginAreRefusedAsAWhole) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  const auto refused = client_.append({sample_line("a", 1), sample_line("gone", 2)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::plugin_not_found);
  EXPECT_EQ(refused.error().message, "no plugin in the store has the id id-gone");
  EXPECT_THAT(messages({.plugin = "id-a"}), IsEmpty());
}

TEST_P(StoreConformance, AppendingNothingIsFine) {
  EXPECT_TRUE(client_.append({}));
}

TEST_P(StoreConformance, NeverAnswersInsideTheCall) {
  auto inside = std::make_shared<std::atomic<bool>>(false);
  auto answered_inside = std::make_shared<std::atomic<bool>>(false);
  std::promise<void> answered;
  loop_.run([&] {
    inside->store(true);
    store_->ping(Reply<Done>([=, &answered](Result<Done>) {
      answered_inside->store(inside->load());
      answered.set_value();
    }));
    inside->store(false);
  });
  answered.get_future().wait();
  EXPECT_FALSE(answered_inside->load());
}

TEST_P(StoreConformance, TwoThousandQueuedOperationsRunInOrder) {
  constexpr int count = 2'000;
  std::vector<int> answers;
  std::promise<void> all;
  loop_.run([&] {
    store_->insert(sample_record("a"), Reply<PluginRecord>([](Result<PluginRecord>) {}));
    for (int number = 1; number <= count; ++number) {
      auto record = sample_record("a");
      record.version = std::to_string(number);
      const auto answer = [&, number](Result<Done> done) {
        EXPECT_TRUE(done);
        EXPECT_TRUE(loop_.loop.on_loop());
        answers.push_back(number);
        if (number == count) all.set_value();
      };
      store_->update(std::move(record), Reply<Done>(answer));
    }
  });
  all.get_future().wait();
  ASSERT_EQ(answers.size(), static_cast<std::size_t>(count));
  EXPECT_TRUE(std::ranges::is_sorted(answers));
  EXPECT_EQ(client_.list()->front().version, "2000");
}

TEST_P(StoreConformance, AReadSeesWhatWasAskedBeforeIt) {
  std::vector<std::size_t> seen;
  std::promise<void> all;
  loop_.run([&] {
    for (int number = 0; number < 50; ++number) {
      store_->list(Reply<std::vector<PluginRecord>>(
          [&](Result<std::vector<PluginRecord>> rows) { seen.push_back(rows->size()); }));
      store_->insert(sample_record(std::to_string(number)),
                     Reply<PluginRecord>([](Result<PluginRecord>) {}));
    }
    store_->ping(Reply<Done>([&](Result<Done>) { all.set_value(); }));
  });
  all.get_future().wait();
  ASSERT_EQ(seen.size(), 50u);
  for (std::size_t number = 0; number < 50; ++number) EXPECT_EQ(seen[number], number);
}

TEST_P(StoreConformance, AFailingOperationDoesNotTouchItsNeighbours) {
  ASSERT_TRUE(client_.insert(sample_record("a")));
  int refused = 0;
  int inserted = 0;
  std::promise<void> all;
  loop_.run([&] {
    const auto count = [&](Result<PluginRecord> row) { ++(row ? inserted : refused); };
    for (int number = 0; number < 100; ++number) {
      const auto name = number % 2 == 0 ? "a" : std::to_string(number);
      store_->insert(sample_record(name), Reply<PluginRecord>(count));
    }
    store_->ping(Reply<Done>([&](Result<Done>) { all.set_value(); }));
  });
  all.get_future().wait();
  EXPECT_EQ(refused, 50);
  EXPECT_EQ(inserted, 50);
  EXPECT_EQ(client_.list()->size(), 51u);
}

TEST_P(StoreConformance, DestroyingItFinishesWhatIsQueued) {
  int answered = 0;
  std::promise<void> all;
  loop_.run([&] {
    for (int number = 0; number < 300; ++number) {
      store_->insert(sample_record(std::to_string(number)),
                     Reply<PluginRecord>([&](Result<PluginRecord> row) {
                       EXPECT_TRUE(row);
                       if (++answered == 300) all.set_value();
                     }));
    }
    store_.reset();
  });
  all.get_future().wait();
  EXPECT_EQ(answered, 300);
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreConformance,
    testing::Values(Implementation{"Memory",
                                   [](const std::filesystem::path&, Loop& loop, Logger&) {
                                     return std::make_shared<MemoryStore>(loop, k_small);
                                   }},
                    Implementation{
                        "Sqlite",
                        [](const std::filesystem::path& path, Loop& loop, Logger& logger) {
                          auto store = make_sqlite_store(path, loop, logger, {.limits = k_small});
                          if (!store) ADD_FAILURE() << store.error().message;
                          const std::shared_ptr<Store> owner = *std::move(store);
                          return std::shared_ptr<PluginStore>(owner, &owner->plugins());
                        }}),
    [](const auto& test) { return test.param.name; });

TEST(MemoryStore, FailsAsToldAndChangesNothing) {
  test::LoopThread loop;
  MemoryStore store(loop.loop);
  test::Client client(loop, store);
  loop.run([&] {
    store.fail_with(Error{.code = ErrorCode::store_unavailable, .message = "the disk is full"});
  });
  const auto refused = client.insert(sample_record("a"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(refused.error().message, "the disk is full");
  EXPECT_FALSE(client.ping());
  loop.run([&] { store.fail_with(std::nullopt); });
  EXPECT_THAT(client.list()->size(), 0u);
}

}  // namespace
}  // namespace collet
