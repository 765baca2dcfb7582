#include "services/event_service.hpp"

#include <map>

#include "services/event_fixture.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Keeps the handlers, and calls them when a test says what happened.
class FakePluginEvents final : public PluginEvents {
 public:
  SubscriptionId on(PluginEventType type, Handler handler) override {
    handlers.emplace(type, std::move(handler));
    return 0;
  }
  void off(SubscriptionId) override {}
  void happen(const PluginEvent& event) {
    const auto [first, last] = handlers.equal_range(event.type);
    for (auto handler = first; handler != last; ++handler) handler->second(event);
  }
  std::multimap<PluginEventType, Handler> handlers;
};

class EventServiceTest : public ServicesTest {
 protected:
  EventServiceTest() { manifest.capabilities = {"events.subscribe", "events.emit"}; }

  std::string ask(std::string_view method, std::string_view params) {
    return ServicesTest::ask(table(), method, params);
  }
  /// What the worker was sent, and has not answered: each event's text.
  std::vector<std::string> heard() {
    loop.run_ready();
    std::vector<std::string> events;
    for (const auto& sent : workers.calls) events.push_back(sent.request.params_json);
    return events;
  }
  ServiceTable& table() {
    if (!table_) {
      table_.emplace(policy);
      bus.emplace(loop, log, table_->policy(), limits);
      bus->attach(workers);
      service_.emplace(
          *bus, *entropy, [] { return WallTime{}; }, table_->policy());
      service_->add_to(*table_);
      service_->attach(happenings);
      table_->started(worker);
    }
    return *table_;
  }

  RecordingLogger log;
  GatePolicy policy;
  EventLimits limits;
  FakePluginEvents happenings;
  std::optional<EventBus> bus;

 private:
  std::optional<ServiceTable> table_;
  std::optional<EventService> service_;

 protected:
  FakeWorkers workers;  // last: what they owe is answered to the bus
};

TEST_F(EventServiceTest, WhatIsEmittedIsHeardUnderThePluginsName) {
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"plugin.acme.x.*","filter":null})"), "null");
  EXPECT_EQ(ask("events.emit", R"({"name":"done","companyId":"c","payload":{"n":1.0}})"), "null");
  ASSERT_EQ(heard().size(), 1u);
  EXPECT_THAT(heard()[0], HasSubstr(R"("eventType":"plugin.acme.x.done","companyId":"c",)"));
  EXPECT_THAT(heard()[0],
              HasSubstr(R"("actorType":"plugin","actorId":"acme.x","payload":{"n":1.0}})"));
  EXPECT_EQ(workers.calls[0].request.company_id, "c");
}

TEST_F(EventServiceTest, WithOneTenantAnEventIsHisWhereItNamesNobody) {
  ask("events.subscribe", R"({"eventPattern":"plugin.*"})");
  for (const auto* params : {R"({"name":"n","payload":null})", R"({"name":"n","companyId":null})",
                             R"({"name":"n","companyId":" "})"}) {
    EXPECT_EQ(ask("events.emit", params), "null");
  }
  EXPECT_EQ(heard().size(), 3u);
  for (const auto& sent : workers.calls) EXPECT_EQ(sent.request.company_id, "default");
}

TEST_F(EventServiceTest, FiltersAreForTheHostToJudge) {
  ask("events.subscribe",
      R"({"eventPattern":"plugin.*","filter":{"projectId":"p","agentId":null,"else":1}})");
  ask("events.emit", R"({"name":"n","companyId":"c","payload":{"projectId":"q"}})");
  EXPECT_THAT(heard(), IsEmpty());
  ask("events.emit", R"({"name":"n","companyId":"c","payload":{"projectId":"p"}})");
  EXPECT_EQ(heard().size(), 1u);
}

TEST_F(EventServiceTest, WrongNamesAreRefusedInTheReferencesWords) {
  EXPECT_EQ(ask("events.emit", R"({"name":"","companyId":"c"})"),
            "-32603 Plugin \"acme.x\" must provide a non-empty event name.");
  EXPECT_EQ(ask("events.emit", R"({"name":" \n","companyId":"c"})"),
            "-32603 Plugin \"acme.x\" must provide a non-empty event name.");
  EXPECT_EQ(ask("events.emit", R"({"name":"plugin.acme.y.done","companyId":"c"})"),
            "-32603 Plugin \"acme.x\" must not include the \"plugin.\" prefix when emitting "
            "events. Emit the bare event name (e.g. \"sync-done\") and the bus will namespace it "
            "automatically.");
  EXPECT_EQ(ask("events.emit", R"({"name":7})"), "-32603 events.emit: name has to be a string");
}

TEST_F(EventServiceTest, NamesAndEventsHaveLimits) {
  limits.name_bytes_max = 10;
  limits.event_bytes_max = 250;
  EXPECT_EQ(ask("events.emit", R"({"name":"0123456789"})"), "null");
  EXPECT_EQ(ask("events.emit", R"({"name":"0123456789a"})"),
            "-32603 events.emit: name has 11 bytes, the limit is 10");
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"0123456789"})"), "null");
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"0123456789a"})"),
            "-32603 events.subscribe: eventPattern has 11 bytes, the limit is 10");
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"t","filter":{"agentId":"0123456789a"}})"),
            "-32603 events.subscribe: filter.agentId has 11 bytes, the limit is 10");
  ask("events.subscribe", R"({"eventPattern":"plugin.*"})");
  ask("events.emit", R"({"name":"n","payload":""})");
  const auto frame = heard().at(0).size();
  const auto emit = [&](std::size_t bytes) {
    return ask("events.emit", R"({"name":"n","payload":")" + std::string(bytes, 'x') + R"("})");
  };
  EXPECT_EQ(emit(limits.event_bytes_max - frame), "null");
  EXPECT_EQ(emit(limits.event_bytes_max - frame + 1),
            "-32603 events.emit: payload makes an event of 251 bytes, the limit is 250");
}

TEST_F(EventServiceTest, ASubscriptionIsSaidWhatIsWrongWithIt) {
  EXPECT_EQ(ask("events.subscribe", "{}"),
            "-32603 events.subscribe: eventPattern has to be a string");
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":" "})"),
            "-32603 events.subscribe: eventPattern has to name an event");
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"t","filter":[]})"),
            "-32603 events.subscribe: filter has to be an object, or null");
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"t","filter":{"companyId":7}})"),
            "-32603 events.subscribe: filter: companyId has to be a string, or absent");
}

TEST_F(EventServiceTest, BothNeedTheirCapability) {
  manifest.capabilities = {};
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"t"})").substr(0, 6), "-32001");
  EXPECT_EQ(ask("events.emit", R"({"name":"n","companyId":"c"})").substr(0, 6), "-32001");
}

TEST_F(EventServiceTest, WhatHappensToPluginsIsPublished) {
  ask("events.subscribe", R"({"eventPattern":"plugin.enabled"})");
  happenings.happen({.type = PluginEventType::enabled, .plugin_id = "v", .plugin_key = "acme.y"});
  ASSERT_EQ(heard().size(), 1u);
  EXPECT_THAT(heard()[0], HasSubstr(R"("eventType":"plugin.enabled","companyId":"default",)"));
  EXPECT_THAT(heard()[0], HasSubstr(R"("payload":{"pluginId":"v","pluginKey":"acme.y",)"));
  EXPECT_EQ(happenings.handlers.size(), 9u) << "one for each type there is";
}

TEST_F(EventServiceTest, APluginThatStopsForGoodLeavesNoQueue) {
  ask("events.subscribe", R"({"eventPattern":"plugin.*"})");
  ask("events.emit", R"({"name":"n"})");
  heard();
  happenings.happen({.type = PluginEventType::disabled,
                     .plugin_id = "u",
                     .plugin_key = "acme.x",
                     .current = PluginStatus::disabled});
  EXPECT_EQ(bus->diagnostics("u").in_flight, 0u);
  happenings.happen({.type = PluginEventType::unloaded,
                     .plugin_id = "u",
                     .plugin_key = "acme.x",
                     .current = PluginStatus::uninstalled});
  table().ended(worker);
  EXPECT_THAT(bus->diagnostics(), IsEmpty());
}

// ---- several tenants: a worker that forges, replays and leaves out what it acts for

class HostileEventsTest : public EventServiceTest {
 protected:
  HostileEventsTest() {
    policy.tenancy = Tenancy::multi;
    invocations.begin("call-red", "red");
    invocation_id = "call-red";
  }
  std::vector<std::string> companies() {
    loop.run_ready();
    std::vector<std::string> of;
    for (const auto& sent : workers.calls) of.push_back(sent.request.company_id);
    return of;
  }
  /// An event of a company, from a plugin that acts for it.
  void emit_for(const std::string& company) {
    const auto before = std::exchange(invocation_id, "call-" + company);
    invocations.begin("call-" + company, company);
    EXPECT_EQ(ask("events.emit", R"({"name":"n","companyId":")" + company + R"("})"), "null");
    invocations.end("call-" + company);
    invocation_id = before;
  }
};

TEST_F(HostileEventsTest, NobodyEmitsForAnother) {
  ask("events.subscribe", R"({"eventPattern":"plugin.*"})");
  EXPECT_EQ(ask("events.emit", R"({"name":"n","companyId":"blue"})").substr(0, 6), "-32005");
  EXPECT_EQ(ask("events.emit", R"({"name":"n"})"),
            "-32603 Plugin \"acme.x\" must provide a companyId when emitting events.");
  invocation_id = "forged";
  EXPECT_EQ(ask("events.emit", R"({"name":"n","companyId":"red"})").substr(0, 6), "-32005");
  invocation_id = std::nullopt;
  EXPECT_EQ(ask("events.emit", R"({"name":"n","companyId":"red"})").substr(0, 6), "-32005");
  invocations.end("call-red");
  invocation_id = "call-red";
  EXPECT_EQ(ask("events.emit", R"({"name":"n","companyId":"red"})").substr(0, 6), "-32005")
      << "a call that is over";
  EXPECT_THAT(companies(), IsEmpty());
}

TEST_F(HostileEventsTest, NobodySubscribesToAnothers) {
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"plugin.*","filter":{"companyId":"blue"}})")
                .substr(0, 6),
            "-32005");
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"plugin.*"})"), "null") << "for red";
  invocation_id = "forged";
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"plugin.acme.*"})"), "null") << "for nobody";
  invocation_id = std::nullopt;
  EXPECT_EQ(ask("events.subscribe", R"({"eventPattern":"plugin.acme.x.*"})"), "null");
  emit_for("blue");
  EXPECT_THAT(companies(), IsEmpty());
  emit_for("red");
  EXPECT_THAT(companies(), ElementsAre("red"));
}

TEST_F(HostileEventsTest, WhatHappensToPluginsBelongsToNobody) {
  ask("events.subscribe", R"({"eventPattern":"plugin.loaded"})");
  happenings.happen({.type = PluginEventType::loaded, .plugin_id = "v", .plugin_key = "acme.y"});
  EXPECT_THAT(companies(), ElementsAre("")) << "and its worker acts for nobody then";
}

}  // namespace
}  // namespace collet::services
