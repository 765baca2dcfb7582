#include "services/service_table.hpp"

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;

class ServiceTableTest : public ServicesTest {
 protected:
  static RequestHandler says(std::string text) {
    return [text](const ServiceCall& call, Reply<std::string> reply) {
      reply(text + " " + std::string(call.method) + " for " + std::string(call.company_id));
    };
  }
  ServiceTable table{{}};
};

TEST_F(ServiceTableTest, MethodsThatNobodyHandlesAreRefusedInTheReferencesWords) {
  EXPECT_EQ(ask(table, "issues.get"), "-32601 Host does not handle method \"issues.get\"");
  EXPECT_EQ(ask(table, "nonsense"), "-32601 Host does not handle method \"nonsense\"");
}

TEST_F(ServiceTableTest, TheFallbackTakesTheProtocolsMethodsBehindTheSameGates) {
  table.add("config.get", says("handler"));
  table.set_fallback(says("fallback"));
  EXPECT_EQ(ask(table, "config.get"), "handler config.get for default");
  EXPECT_EQ(ask(table, "log"), "fallback log for default");
  EXPECT_EQ(ask(table, "issues.get").substr(0, 6), "-32001");
  manifest.capabilities = {"issues.read"};
  EXPECT_EQ(ask(table, "issues.get"), "fallback issues.get for default");
  EXPECT_EQ(ask(table, "nonsense"), "-32601 Host does not handle method \"nonsense\"");
}

TEST_F(ServiceTableTest, NotificationsGoToTheirHandler) {
  std::vector<std::string> told;
  table.add_notification("streams.open", [&](const worker::HostCall& call) {
    told.push_back(json::compact(call.params));
  });
  tell(table, "streams.open", R"({"channel":"c"})");
  tell(table, "unknown", "{}");
  EXPECT_THAT(told, ElementsAre(R"({"channel":"c"})"));
}

TEST_F(ServiceTableTest, EveryServiceHearsOfRuns) {
  std::vector<std::string> heard;
  for (const auto* who : {"a", "b"}) {
    table.on_started([&, who](const auto&) { heard.push_back(who + std::string(" started")); });
    table.on_ended([&, who](const auto&) { heard.push_back(who + std::string(" ended")); });
  }
  table.started(worker);
  table.ended(worker);
  EXPECT_THAT(heard, ElementsAre("a started", "b started", "a ended", "b ended"));
}

}  // namespace
}  // namespace collet::services
