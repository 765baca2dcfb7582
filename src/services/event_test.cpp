#include "services/event.hpp"

#include <gtest/gtest.h>

namespace collet::services {
namespace {

constexpr auto k_when = WallTime(std::chrono::milliseconds(1'000));

TEST(Event, OfAPluginHasTheReferencesMembersAndThePayloadsBytes) {
  const auto payload = *json::Document::parse(R"({"z": 1.0, "projectId":"p", "a":"\ud800"})");
  const auto event = make_event(
      {.plugin_key = "acme.x", .name = "sync-done", .company_id = "c", .payload = payload.root()},
      "e-1", k_when);
  EXPECT_EQ(event.type, "plugin.acme.x.sync-done");
  EXPECT_EQ(event.company_id, "c");
  EXPECT_EQ(event.project_id, "p");
  EXPECT_EQ(event.agent_id, std::nullopt);
  EXPECT_EQ(event.params_json,
            R"({"event":{"eventId":"e-1","eventType":"plugin.acme.x.sync-done","companyId":"c",)"
            R"("occurredAt":"1970-01-01T00:00:01.000Z","actorType":"plugin","actorId":"acme.x",)"
            R"("payload":{"z":1.0,"projectId":"p","a":"\ud800"}}})");
}

TEST(Event, WithoutAPayloadHasNull) {
  const auto event =
      make_event({.plugin_key = "acme.x", .name = "n", .company_id = "c"}, "e", k_when);
  EXPECT_TRUE(event.params_json.ends_with(R"("payload":null}})")) << event.params_json;
}

TEST(Event, OfTheHostSaysWhatHappenedButNotWhatAProgramPrinted) {
  Manifest manifest;
  manifest.version = "1.2.3";
  const PluginEvent happened{.type = PluginEventType::error,
                             .plugin_id = "u",
                             .plugin_key = "acme.x",
                             .previous = PluginStatus::ready,
                             .current = PluginStatus::error,
                             .reason = "it exited\n\nWorker stderr:\nsecret",
                             .manifest = std::make_shared<const Manifest>(manifest)};
  const auto event = make_event(happened, "default", "e-1", k_when);
  EXPECT_EQ(event.type, "plugin.error");
  EXPECT_EQ(
      event.params_json,
      R"({"event":{"eventId":"e-1","eventType":"plugin.error","companyId":"default",)"
      R"("occurredAt":"1970-01-01T00:00:01.000Z","actorType":"system","actorId":"collet",)"
      R"("entityType":"plugin","entityId":"u","payload":{"pluginId":"u","pluginKey":"acme.x",)"
      R"("previousStatus":"ready","status":"error","reason":"it exited","version":"1.2.3"}}})");
}

TEST(Event, PatternsAreExactOrEndInAStar) {
  const auto heard = [](std::string pattern, std::string type) {
    return matches(Subscription{.pattern = std::move(pattern)}, Event{.type = std::move(type)});
  };
  EXPECT_TRUE(heard("issue.created", "issue.created"));
  EXPECT_FALSE(heard("issue.created", "issue.created.x"));
  EXPECT_TRUE(heard("plugin.acme.x.*", "plugin.acme.x.sync"));
  EXPECT_TRUE(heard("plugin.*", "plugin.enabled"));
  EXPECT_TRUE(heard("plugin.*", "plugin.acme.x.sync"));
  EXPECT_FALSE(heard("plugin.acme.x.*", "plugin.acme.xy.sync"));
  EXPECT_FALSE(heard("plugin.acme.*.done", "plugin.acme.x.done"))
      << "a star stands at the end only";
  EXPECT_FALSE(heard("*", "issue.created"));
  EXPECT_FALSE(heard("issue*", "issue.created"));
}

TEST(Event, AllMembersOfAFilterHaveToBeEqual) {
  const Event event{.type = "t", .company_id = "c", .project_id = "p"};
  const auto passes = [&](EventFilter filter) {
    return matches(Subscription{.pattern = "t", .filter = std::move(filter)}, event);
  };
  EXPECT_TRUE(passes({}));
  EXPECT_TRUE(passes({.company_id = "c", .project_id = "p"}));
  EXPECT_FALSE(passes({.company_id = "d"}));
  EXPECT_FALSE(passes({.company_id = "c", .project_id = "q"}));
  EXPECT_FALSE(passes({.agent_id = "a"})) << "the event has no agent";
}

}  // namespace
}  // namespace collet::services
