#include "services/entity_service.hpp"

#include "services/large_work.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::HasSubstr;
using testing::StartsWith;

class EntityServiceTest : public ServicesTest {
 protected:
  EntityServiceTest() { service.add_to(table); }

  std::string upsert(std::string_view members) {
    return ask(table, "entities.upsert",
               R"({"entityType":"issue","scopeKind":"project",)" + std::string(members) + "}");
  }
  /// The external ids of a list.
  std::string listed(ServiceTable& at, std::string_view params = "{}") {
    const auto answer = ask(at, "entities.list", params);
    const auto rows = json::Document::parse(answer);
    if (!rows || !rows->root().is_array()) return answer;
    std::string ids;
    for (const auto row : rows->root().elements()) {
      ids += json::compact(*row.find("externalId")) + " ";
    }
    return ids;
  }

  std::int64_t now = 0;
  CountingBackground background{loop};
  EntityService service{{.store = store->entities(),
                         .background = background,
                         .entropy = *entropy,
                         .wall_clock = [this] { return from_epoch_ms(now); }},
                        {.name_bytes_max = 10,
                         .title_bytes_max = 12,
                         .data_bytes_max = 30,
                         .rows_default = 2,
                         .rows_max = 3,
                         .answer_bytes_max = 70}};
  ServiceTable table{{}};
};

TEST_F(EntityServiceTest, AnswersTheWholeRow) {
  const auto row = upsert(
      R"("scopeId":"p","externalId":"x","title":"T","status":"open","data":{"b" : 1.0,"a":1})");
  EXPECT_THAT(row, HasSubstr(R"("pluginId":"u","companyId":null,"entityType":"issue",)"
                             R"("scopeKind":"project","scopeId":"p","externalId":"x","title":"T",)"
                             R"("status":"open","data":{"b":1.0,"a":1},)"
                             R"("createdAt":"1970-01-01T00:00:00.000Z",)"
                             R"("updatedAt":"1970-01-01T00:00:00.000Z"})"));
  const auto parsed = json::Document::parse(row);
  EXPECT_TRUE(is_uuid(*parsed->root().find("id")->as_string()));
  EXPECT_EQ(ask(table, "entities.list"), "[" + row + "]");
}

TEST_F(EntityServiceTest, WhatIsNotSentStays) {
  const auto first =
      upsert(R"("externalId":"x","scopeId":"p","title":"T","status":"open","data":[1])");
  now = 5;
  const auto second = upsert(R"("externalId":"x","title":null,"data":[2])");
  const auto id = [](const std::string& row) { return row.substr(0, 46); };
  EXPECT_EQ(id(first), id(second));
  EXPECT_THAT(second, HasSubstr(R"("scopeId":"p","externalId":"x","title":null,"status":"open",)"
                                R"("data":[2],"createdAt":"1970-01-01T00:00:00.000Z",)"
                                R"("updatedAt":"1970-01-01T00:00:00.005Z"})"));
  EXPECT_NE(id(upsert(R"("data":{})")), id(upsert(R"("data":{})")));
}

TEST_F(EntityServiceTest, ListsAreFilteredAndPaged) {
  for (const auto* id : {"1", "2", "3", "4"}) {
    upsert(R"("scopeId":"p","data":{},"externalId":")" + std::string(id) + '"');
  }
  upsert(R"("scopeId":"q","data":{},"externalId":"5")");
  EXPECT_EQ(listed(table), R"("1" "2" )");
  EXPECT_EQ(listed(table, R"({"limit":3})"), R"("1" "2" "3" )");
  EXPECT_EQ(listed(table, R"({"limit":4})"), R"("1" "2" "3" )") << "more than the limit is not had";
  EXPECT_EQ(listed(table, R"({"limit":0})"), "");
  EXPECT_EQ(listed(table, R"({"limit":3,"offset":3})"), R"("4" "5" )");
  EXPECT_EQ(listed(table, R"({"scopeId":"q"})"), R"("5" )");
  EXPECT_EQ(listed(table, R"({"scopeKind":"project","externalId":"4","entityType":"issue"})"),
            R"("4" )");
  EXPECT_EQ(listed(table, R"({"scopeKind":"company"})"), "");
  worker.plugin_id = "v";
  EXPECT_EQ(listed(table), "");
}

TEST_F(EntityServiceTest, SaysWhatIsWrong) {
  EXPECT_EQ(ask(table, "entities.upsert", "{}"),
            "-32603 entities.upsert: entityType has to be a string");
  EXPECT_EQ(ask(table, "entities.upsert", R"({"entityType":"t"})"),
            "-32603 entities.upsert: scopeKind has to be a string");
  EXPECT_EQ(upsert(R"("externalId":1)"),
            "-32603 entities.upsert: externalId has to be a string, or absent");
  EXPECT_EQ(ask(table, "entities.list", R"({"limit":-1})"),
            "-32603 entities.list: limit has to be a whole number from 0 on, or absent");
  EXPECT_EQ(ask(table, "entities.list", R"({"scopeId":{}})"),
            "-32603 entities.list: scopeId has to be a string, or absent");
}

TEST_F(EntityServiceTest, NamesTitlesAndDataHaveLimits) {
  const auto with = [&](std::string_view name, std::string_view value) {
    std::string params = R"({"x":0)";
    for (const auto* each : {"entityType", "scopeKind"}) {
      if (name != each) params += ",\"" + std::string(each) + "\":\"x\"";
    }
    return ask(table, "entities.upsert",
               params + ",\"" + std::string(name) + "\":\"" + std::string(value) + "\"}");
  };
  for (const auto* name : {"entityType", "scopeKind", "scopeId", "externalId", "status"}) {
    EXPECT_THAT(with(name, "0123456789"), StartsWith("{")) << name;
    EXPECT_EQ(with(name, "0123456789a"),
              "-32603 entities.upsert: " + std::string(name) + " has 11 bytes, the limit is 10");
  }
  EXPECT_THAT(with("title", std::string(12, 'x')), StartsWith("{"));
  EXPECT_EQ(with("title", std::string(13, 'x')),
            "-32603 entities.upsert: title has 13 bytes, the limit is 12");
  EXPECT_THAT(with("data", std::string(28, 'x')), StartsWith("{"));
  EXPECT_EQ(with("data", std::string(29, 'x')),
            "-32603 entities.upsert: data has 31 bytes, the limit is 30");
}

TEST_F(EntityServiceTest, AnAnswerHasALimit) {
  for (const auto* id : {"1", "2", "3"}) {
    upsert(R"("externalId":")" + std::string(id) + R"(","data":")" + std::string(28, 'x') + '"');
  }
  EXPECT_EQ(listed(table, R"({"limit":2})"), R"("1" "2" )");
  EXPECT_EQ(ask(table, "entities.list", R"({"limit":3})"),
            "-32603 the entities asked for have more than 70 bytes of data");
}

TEST_F(EntityServiceTest, ALargeListIsWrittenOffTheLoop) {
  EntityService large(
      {.store = store->entities(), .background = background, .entropy = *entropy, .wall_clock = [] {
         return from_epoch_ms(0);
       }});
  ServiceTable at{{}};
  large.add_to(at);
  const auto insert_bytes = [&](std::string_view id, std::size_t bytes) {
    ask(at, "entities.upsert",
        R"({"entityType":"t","scopeKind":"s","externalId":")" + std::string(id) + R"(","data":")" +
            std::string(bytes, 'x') + "\"}");
  };
  insert_bytes("1", k_on_loop_bytes_max / 2);
  EXPECT_EQ(listed(at), R"("1" )");
  EXPECT_EQ(background.runs, 0);
  insert_bytes("2", k_on_loop_bytes_max / 2);
  EXPECT_EQ(listed(at), R"("1" "2" )");
  EXPECT_EQ(background.runs, 1);
}

TEST_F(EntityServiceTest, InMultiTenancyRowsAreOneTenants) {
  ServiceTable multi({.tenancy = Tenancy::multi});
  service.add_to(multi);
  invocations.begin("1", "acme");
  invocations.begin("2", "globex");
  const auto put = [&](std::string_view scope, std::string_view data = "secret") {
    return ask(multi, "entities.upsert",
               R"({"entityType":"issue","externalId":"x",)" + std::string(scope) + R"(,"data":")" +
                   std::string(data) + R"("})");
  };
  invocation_id = "1";
  EXPECT_THAT(put(R"("scopeKind":"instance")"), HasSubstr(R"("companyId":"acme")"));
  EXPECT_EQ(listed(multi), R"("x" )");
  for (const auto& other : {std::optional<std::string>("2"), {"forged"}, {}}) {
    invocation_id = other;
    EXPECT_EQ(listed(multi), "");
    EXPECT_EQ(listed(multi, R"({"scopeKind":"instance","externalId":"x"})"), "");
  }
  invocation_id = "2";
  EXPECT_THAT(put(R"("scopeKind":"company","scopeId":"acme")"), StartsWith("-32005"));
  EXPECT_THAT(put(R"("scopeKind":"project","scopeId":"p")", "own"),
              HasSubstr(R"("companyId":"globex")"))
      << "a row of its own, not the other tenant's";
  invocation_id = "1";
  EXPECT_THAT(ask(multi, "entities.list"), HasSubstr("secret"));
}

}  // namespace
}  // namespace collet::services
