#include "store/entity_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/virtual_loop.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

class EntityStoreTest : public testing::Test {
 protected:
  EntityStoreTest() {
    for (const auto* key : {"a", "b"}) {
      store_->plugins().insert(test::sample_record(key), Reply<PluginRecord>([](auto row) {
                                 ASSERT_TRUE(row) << row.error().message;
                               }));
    }
    loop_.run_ready();
  }

  /// An upsert of plugin a, of a new id and at a new time.
  EntityUpsert entity(std::optional<std::string> external_id, std::string data = "{}") {
    ++serial_;
    return {.id = "e" + std::to_string(serial_),
            .plugin_id = "id-a",
            .entity_type = "issue",
            .scope_kind = "project",
            .external_id = std::move(external_id),
            .data_json = std::move(data),
            .now = from_epoch_ms(1'000 * serial_)};
  }
  Result<EntityRecord> upsert(EntityUpsert change) {
    Result<EntityRecord> row = fail(ErrorCode::internal_error, "not answered");
    store_->entities().upsert(std::move(change),
                              Reply<EntityRecord>([&](auto outcome) { row = std::move(outcome); }));
    loop_.run_ready();
    return row;
  }
  std::string said(EntityUpsert change) {
    const auto row = upsert(std::move(change));
    if (row) return row->id;
    return std::string(describe(row.error().code).name) + ": " + row.error().message;
  }
  /// The ids of the rows.
  std::vector<std::string> list(EntityQuery query) {
    std::vector<std::string> ids;
    if (query.plugin_id.empty()) query.plugin_id = "id-a";
    if (query.bytes_max == 0) query.bytes_max = 1'000;
    store_->entities().list(std::move(query), Reply<std::vector<EntityRecord>>([&](auto outcome) {
                              if (!outcome) return ids.push_back(outcome.error().message);
                              for (const auto& row : *outcome) ids.push_back(row.id);
                            }));
    loop_.run_ready();
    return ids;
  }

  int serial_ = 0;
  VirtualLoop loop_;
  std::unique_ptr<Store> store_ =
      *make_memory_store(loop_, {.entities_max = 5, .entity_bytes_max = 100});
};

TEST_F(EntityStoreTest, ARowComesBackAsItIs) {
  auto change = entity("x", R"({"b":1.0,"a":1234567890123456789012345,"s":"\ud800"})");
  change.company_id = "acme";
  change.scope_id = "";
  change.title = "Title";
  const auto row = upsert(change);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->id, "e1");
  EXPECT_EQ(row->plugin_id, "id-a");
  EXPECT_EQ(row->company_id, "acme");
  EXPECT_EQ(row->entity_type, "issue");
  EXPECT_EQ(row->scope_kind, "project");
  EXPECT_EQ(row->scope_id, "");
  EXPECT_EQ(row->external_id, "x");
  EXPECT_EQ(row->title, "Title");
  EXPECT_EQ(row->status, std::nullopt);
  EXPECT_EQ(row->data_json, R"({"b":1.0,"a":1234567890123456789012345,"s":"\ud800"})");
  EXPECT_EQ(to_epoch_ms(row->created_at), 1'000);
  EXPECT_EQ(to_epoch_ms(row->updated_at), 1'000);
}

TEST_F(EntityStoreTest, ASecondUpsertChangesWhatItNames) {
  auto change = entity("x", "[1]");
  change.title = "first";
  change.status = "open";
  change.scope_id = "p1";
  ASSERT_TRUE(upsert(change));
  change = entity("x", "[2]");
  change.scope_kind = "company";
  change.title = std::optional<std::string>();
  change.status = "done";
  auto row = upsert(change);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->id, "e1");
  EXPECT_EQ(row->scope_kind, "company");
  EXPECT_EQ(row->scope_id, "p1");
  EXPECT_EQ(row->title, std::nullopt);
  EXPECT_EQ(row->status, "done");
  EXPECT_EQ(row->data_json, "[2]");
  EXPECT_EQ(to_epoch_ms(row->created_at), 1'000);
  EXPECT_EQ(to_epoch_ms(row->updated_at), 2'000);
  change = entity("x");
  change.data_json.reset();
  row = upsert(change);
  EXPECT_EQ(row->data_json, "[2]");
  EXPECT_EQ(row->status, "done");
  EXPECT_THAT(list({}), ElementsAre("e1"));
}

TEST_F(EntityStoreTest, WithoutAnExternalIdEachIsNew) {
  auto bare = entity(std::nullopt);
  bare.data_json.reset();
  EXPECT_EQ(upsert(bare)->data_json, "{}");
  EXPECT_EQ(said(entity(std::nullopt)), "e2");
  EXPECT_EQ(said(entity("")), "e3");
  EXPECT_EQ(said(entity("")), "e3") << "an empty one is one";
  EXPECT_THAT(list({}), ElementsAre("e1", "e2", "e3"));
}

TEST_F(EntityStoreTest, TypeCompanyAndPluginTellRowsApart) {
  EXPECT_EQ(said(entity("x")), "e1");
  auto other = entity("x");
  other.entity_type = "pull";
  EXPECT_EQ(said(other), "e2");
  other = entity("x");
  other.company_id = "acme";
  EXPECT_EQ(said(other), "e3");
  other = entity("x");
  other.plugin_id = "id-b";
  EXPECT_EQ(said(other), "e4");
  EXPECT_THAT(list({}), ElementsAre("e1", "e2"));
  EXPECT_THAT(list({.company_id = "acme"}), ElementsAre("e3"));
  EXPECT_THAT(list({.plugin_id = "id-b"}), ElementsAre("e4"));
}

TEST_F(EntityStoreTest, EveryFilterCounts) {
  auto change = entity("x");
  change.scope_id = "p";
  EXPECT_EQ(said(change), "e1");
  change = entity("y");
  change.entity_type = "pull";
  change.scope_kind = "company";
  EXPECT_EQ(said(change), "e2");
  change = entity(std::nullopt);
  change.scope_id = "";
  EXPECT_EQ(said(change), "e3");
  EXPECT_THAT(list({.entity_type = "issue"}), ElementsAre("e1", "e3"));
  EXPECT_THAT(list({.external_id = "y"}), ElementsAre("e2"));
  EXPECT_THAT(list({.scope_kind = "company"}), ElementsAre("e2"));
  EXPECT_THAT(list({.scope_id = "p"}), ElementsAre("e1"));
  EXPECT_THAT(list({.scope_id = ""}), ElementsAre("e3"));
  EXPECT_THAT(list({.entity_type = "issue", .external_id = "y"}), IsEmpty());
  EXPECT_THAT(
      list({.entity_type = "issue", .external_id = "x", .scope_kind = "project", .scope_id = "p"}),
      ElementsAre("e1"));
}

TEST_F(EntityStoreTest, PagesAreStableAndTheOldestComesFirst) {
  // Added later, but older: a clock that was set back.
  for (const int time : {3, 1, 1, 1, 2}) {
    auto change = entity(std::nullopt);
    change.now = from_epoch_ms(time);
    ASSERT_TRUE(upsert(change));
  }
  EXPECT_THAT(list({}), ElementsAre("e2", "e3", "e4", "e5", "e1"));
  EXPECT_THAT(list({.limit = 2}), ElementsAre("e2", "e3"));
  EXPECT_THAT(list({.limit = 2, .offset = 2}), ElementsAre("e4", "e5"));
  EXPECT_THAT(list({.limit = 2, .offset = 4}), ElementsAre("e1"));
  EXPECT_THAT(list({.offset = 5}), IsEmpty());
}

TEST_F(EntityStoreTest, APluginThatIsNotThereHasNone) {
  auto change = entity("x");
  change.plugin_id = "nobody";
  EXPECT_EQ(said(change), "plugin_not_found: no plugin in the store has the id nobody");
}

TEST_F(EntityStoreTest, EntitiesGoWithTheirPlugin) {
  for (const int expected : {1, 2}) {
    EXPECT_EQ(said(entity("x")), "e" + std::to_string(expected));
    store_->plugins().remove("id-a", Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
    store_->plugins().insert(test::sample_record("a"),
                             Reply<PluginRecord>([](auto row) { EXPECT_TRUE(row); }));
    loop_.run_ready();
    EXPECT_THAT(list({}), IsEmpty());
  }
}

TEST_F(EntityStoreTest, APluginHasALimitOfEntities) {
  for (const auto* id : {"1", "2", "3", "4", "5"}) ASSERT_TRUE(upsert(entity(id)));
  EXPECT_EQ(said(entity("6")), "payload_too_large: the plugin would have more than 5 entities");
  EXPECT_EQ(said(entity("5")), "e5");
  EXPECT_EQ(list({}).size(), 5u);
}

TEST_F(EntityStoreTest, APluginHasALimitOfBytes) {
  const auto text = [](std::size_t bytes) { return '"' + std::string(bytes - 2, 'x') + '"'; };
  EXPECT_EQ(said(entity("1", text(60))), "e1");
  EXPECT_EQ(said(entity("2", text(40))), "e2");
  const std::string refused =
      "payload_too_large: the plugin's entities would pass their limit of 100 bytes";
  EXPECT_EQ(said(entity("2", text(41))), refused);
  EXPECT_EQ(said(entity("3", text(2))), refused);
  EXPECT_EQ(said(entity("2", text(30))), "e2");
  EXPECT_EQ(said(entity("3", text(10))), "e6");
}

TEST_F(EntityStoreTest, AnAnswerHasALimitOfBytes) {
  for (const auto* id : {"1", "2"}) ASSERT_TRUE(upsert(entity(id, "\"12345678\"")));
  EXPECT_THAT(list({.bytes_max = 20}), ElementsAre("e1", "e2"));
  EXPECT_THAT(list({.bytes_max = 19}),
              ElementsAre("the entities asked for have more than 19 bytes of data"));
  EXPECT_THAT(list({.limit = 1, .bytes_max = 19}), ElementsAre("e1"));
}

}  // namespace
}  // namespace collet
