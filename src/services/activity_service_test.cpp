#include "services/activity_service.hpp"

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::StartsWith;

class ActivityServiceTest : public ServicesTest {
 protected:
  ActivityServiceTest() {
    manifest.capabilities = {"activity.log.write", "telemetry.track"};
    service.add_to(table);
    service.add_to(multi);
  }

  /// Newest first.
  std::vector<ActivityEntry> stored() {
    std::vector<ActivityEntry> found;
    store->activity().list({.plugin_id = "u", .limit = 500},
                           Reply<std::vector<ActivityEntry>>([&](auto list) { found = *list; }));
    loop.run_ready();
    return found;
  }

  ActivityService service{loop,
                          store->activity(),
                          *entropy,
                          [] { return WallTime{}; },
                          {.message_bytes_max = 10,
                           .metadata_bytes_max = 10,
                           .name_bytes_max = 5,
                           .company_bytes_max = 7,
                           .entries = {.per_second = 2, .at_once = 20}}};
  ServiceTable table{{}};
  ServiceTable multi{{.tenancy = Tenancy::multi}};
};

TEST_F(ActivityServiceTest, KeepsWhatAPluginDid) {
  EXPECT_EQ(ask(table, "activity.log",
                R"({"companyId":"acme","message":"did it","entityType":"issue","entityId":"7",)"
                R"("metadata":{"n": 1.0}})"),
            "null");
  const auto entry = stored().at(0);
  EXPECT_EQ(entry.kind, ActivityKind::activity);
  EXPECT_EQ(entry.company_id, "acme");
  EXPECT_EQ(entry.message, "did it");
  EXPECT_EQ(entry.entity_type, "issue");
  EXPECT_EQ(entry.entity_id, "7");
  EXPECT_EQ(entry.metadata_json, R"({"n":1.0})");
}

TEST_F(ActivityServiceTest, WhatIsAboutNothingElseIsAboutThePlugin) {
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m","metadata":null})"), "null");
  const auto entry = stored().at(0);
  EXPECT_EQ(entry.company_id, "default");
  EXPECT_EQ(entry.entity_type, "plugin");
  EXPECT_EQ(entry.entity_id, "u");
  EXPECT_EQ(entry.metadata_json, std::nullopt);
}

TEST_F(ActivityServiceTest, KeepsEventsUnderTheirFullName) {
  EXPECT_EQ(ask(table, "telemetry.track", R"({"eventName":" a-1_ ","dimensions":{"d":true}})"),
            "null");
  const auto entry = stored().at(0);
  EXPECT_EQ(entry.kind, ActivityKind::telemetry);
  EXPECT_EQ(entry.message, "plugin.acme.x.a-1_");
  EXPECT_EQ(entry.metadata_json, R"({"d":true})");
  EXPECT_EQ(entry.company_id, std::nullopt);
  EXPECT_EQ(entry.entity_type, std::nullopt);
}

TEST_F(ActivityServiceTest, EventsHaveNamesOfTheReferencesForm) {
  for (const auto* odd : {"", "  ", "A", "-a", "_a", "a b", "a.b", "é"}) {
    EXPECT_EQ(ask(table, "telemetry.track", R"({"eventName":")" + std::string(odd) + "\"}"),
              "-32603 Plugin telemetry event names must be lowercase slugs using letters, numbers, "
              "\"_\" or \"-\".");
  }
  EXPECT_EQ(ask(table, "telemetry.track", R"({"eventName":"0"})"), "null");
}

TEST_F(ActivityServiceTest, SaysWhatIsWrong) {
  EXPECT_EQ(ask(table, "activity.log", "{}"), "-32603 activity.log: message has to be a string");
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m","metadata":[]})"),
            "-32603 activity.log: metadata has to be an object, or absent");
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m","entityId":7})"),
            "-32603 activity.log: entityId has to be a string, or absent");
  EXPECT_EQ(ask(table, "telemetry.track", "{}"),
            "-32603 telemetry.track: eventName has to be a string");
  manifest.capabilities = {};
  EXPECT_THAT(ask(table, "activity.log", R"({"message":"m"})"), StartsWith("-32001"));
  EXPECT_THAT(ask(table, "telemetry.track", R"({"eventName":"e"})"), StartsWith("-32001"));
  EXPECT_TRUE(stored().empty());
}

TEST_F(ActivityServiceTest, EverythingHasALimit) {
  EXPECT_EQ(ask(table, "activity.log",
                R"({"message":"0123456789","entityType":"01234","entityId":"01234",)"
                R"("metadata":{"a":1234}})"),
            "null");
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"0123456789a"})"),
            "-32603 activity.log: message has 11 bytes, the limit is 10");
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m","entityType":"012345"})"),
            "-32603 activity.log: entityType has 6 bytes, the limit is 5");
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m","metadata":{"a":12345}})"),
            "-32603 activity.log: metadata has 11 bytes, the limit is 10");
  EXPECT_EQ(ask(table, "telemetry.track", R"({"eventName":"01234"})"), "null");
  EXPECT_EQ(ask(table, "telemetry.track", R"({"eventName":"012345"})"),
            "-32603 telemetry.track: eventName has 6 bytes, the limit is 5");
}

TEST_F(ActivityServiceTest, TheNameOfACompanyHasALimit) {
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m","companyId":"0123456"})"), "null");
  EXPECT_EQ(stored().at(0).company_id, "0123456");
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m","companyId":"01234567"})"),
            "-32603 activity.log: companyId has 8 bytes, the limit is 7");
  EXPECT_EQ(ask(table, "telemetry.track", R"({"eventName":"e","companyId":"0123456"})"), "null");
  EXPECT_EQ(ask(table, "telemetry.track", R"({"eventName":"e","companyId":"01234567"})"),
            "-32603 telemetry.track: companyId has 8 bytes, the limit is 7");
  EXPECT_EQ(stored().size(), 2u);
}

TEST_F(ActivityServiceTest, APluginThatIsForgottenBeginsAnew) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(table, "activity.log", R"({"message":"m"})"), "null");
  EXPECT_THAT(ask(table, "activity.log", R"({"message":"m"})"), StartsWith("-32603"));
  service.forget("u");
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m"})"), "null");
}

TEST_F(ActivityServiceTest, AFloodIsRefusedAndNotDropped) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(table, "activity.log", R"({"message":"m"})"), "null");
  const auto refused =
      "-32603 activity.log: a plugin may report 2 entries a second, and 20 at once";
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m"})"), refused);
  worker.plugin_id = "v";
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m"})"), "null");
  worker.plugin_id = "u";
  loop.advance(500ms);
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m"})"), "null");
  EXPECT_EQ(ask(table, "activity.log", R"({"message":"m"})"), refused);
  EXPECT_EQ(stored().size(), 21u);
}

TEST_F(ActivityServiceTest, InMultiTenancyAWorkerReportsForNoOtherCompany) {
  invocations.begin("1", "acme");
  invocations.begin("2", "globex");
  invocation_id = "1";
  EXPECT_EQ(ask(multi, "activity.log", R"({"message":"m"})"), "null");
  EXPECT_EQ(ask(multi, "activity.log", R"({"message":"m","companyId":"acme"})"), "null");
  EXPECT_EQ(ask(multi, "telemetry.track", R"({"eventName":"e"})"), "null");
  EXPECT_THAT(ask(multi, "activity.log", R"({"message":"m","companyId":"globex"})"),
              StartsWith("-32005"));
  for (const auto& forged : {std::optional<std::string>("forged"), {}}) {
    invocation_id = forged;
    EXPECT_THAT(ask(multi, "activity.log", R"({"message":"m","companyId":"globex"})"),
                StartsWith("-32005"));
    EXPECT_EQ(ask(multi, "activity.log", R"({"message":"m"})"),
              "-32603 activity.log: companyId is required outside of a call");
  }
  for (const auto& entry : stored()) EXPECT_EQ(entry.company_id, "acme");
  EXPECT_EQ(stored().size(), 3u);
}

}  // namespace
}  // namespace collet::services
