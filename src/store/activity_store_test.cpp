#include "store/activity_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/virtual_loop.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {
using namespace std::chrono_literals;
using test::k_noon;
using testing::ElementsAre;

class ActivityStoreTest : public testing::Test {
 protected:
  ActivityStoreTest() {
    for (const auto* name : {"a", "b"}) {
      store_->plugins().insert(test::sample_record(name),
                               Reply<PluginRecord>([](auto row) { ASSERT_TRUE(row); }));
    }
    loop_.run_ready();
  }

  static ActivityEntry entry(int number, ActivityKind kind = ActivityKind::activity) {
    return {.id = std::string(to_string(kind)) + std::to_string(number),
            .plugin_id = "id-a",
            .kind = kind,
            .message = std::to_string(number),
            .created_at = k_noon + std::chrono::seconds(number)};
  }
  /// "done", or why not.
  std::string append(ActivityEntry given) {
    std::string answer;
    store_->activity().append(std::move(given), Reply<Done>([&](Result<Done> done) {
                                answer =
                                    done ? "done" : std::string(describe(done.error().code).name);
                              }));
    loop_.run_ready();
    return answer;
  }
  std::vector<ActivityEntry> list(ActivityQuery query) {
    std::vector<ActivityEntry> found;
    store_->activity().list(std::move(query), Reply<std::vector<ActivityEntry>>([&](auto entries) {
                              ASSERT_TRUE(entries) << entries.error().message;
                              found = *entries;
                            }));
    loop_.run_ready();
    return found;
  }
  std::vector<std::string> messages(ActivityQuery query) {
    std::vector<std::string> said;
    for (const auto& each : list(std::move(query))) said.push_back(each.message);
    return said;
  }

  VirtualLoop loop_;
  std::unique_ptr<Store> store_ = *make_memory_store(loop_, {.activity_per_plugin_max = 3});
};

TEST_F(ActivityStoreTest, KeepsEveryColumn) {
  auto full = entry(1, ActivityKind::telemetry);
  full.company_id = "acme";
  full.entity_type = "issue";
  full.entity_id = "7";
  full.metadata_json = R"({"n":1.0})";
  EXPECT_EQ(append(full), "done");
  EXPECT_EQ(append(entry(2)), "done");
  const auto kept = list({.plugin_id = "id-a"});
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[1].id, "telemetry1");
  EXPECT_EQ(kept[1].plugin_id, "id-a");
  EXPECT_EQ(kept[1].kind, ActivityKind::telemetry);
  EXPECT_EQ(kept[1].company_id, "acme");
  EXPECT_EQ(kept[1].message, "1");
  EXPECT_EQ(kept[1].entity_type, "issue");
  EXPECT_EQ(kept[1].entity_id, "7");
  EXPECT_EQ(kept[1].metadata_json, R"({"n":1.0})");
  EXPECT_EQ(kept[1].created_at, k_noon + 1s);
  EXPECT_EQ(kept[0].kind, ActivityKind::activity);
  EXPECT_EQ(kept[0].company_id, std::nullopt);
  EXPECT_EQ(kept[0].entity_type, std::nullopt);
  EXPECT_EQ(kept[0].metadata_json, std::nullopt);
}

TEST_F(ActivityStoreTest, OfEachKindTheLastAreKept) {
  for (int i = 1; i <= 4; ++i) append(entry(i));
  append(entry(5, ActivityKind::telemetry));
  EXPECT_THAT(messages({.plugin_id = "id-a"}), ElementsAre("5", "4", "3", "2"));
  EXPECT_THAT(messages({.plugin_id = "id-a", .kind = ActivityKind::telemetry}), ElementsAre("5"));
}

TEST_F(ActivityStoreTest, IsFiltered) {
  for (int i = 1; i <= 3; ++i) {
    auto each = entry(i);
    if (i < 3) each.company_id = i == 1 ? "acme" : "globex";
    append(each);
  }
  EXPECT_THAT(messages({.plugin_id = "id-a", .company_id = "acme"}), ElementsAre("1"));
  EXPECT_THAT(messages({.plugin_id = "id-a", .since = k_noon + 2s}), ElementsAre("3", "2"));
  EXPECT_THAT(messages({.plugin_id = "id-a", .limit = 1}), ElementsAre("3"));
  EXPECT_THAT(messages({.plugin_id = "id-b"}), ElementsAre());
}

TEST_F(ActivityStoreTest, GoesWithItsPlugin) {
  append(entry(1));
  store_->plugins().remove("id-a", Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
  EXPECT_EQ(append(entry(2)), "plugin_not_found");
  EXPECT_THAT(messages({.plugin_id = "id-a"}), ElementsAre());
}

}  // namespace
}  // namespace collet
