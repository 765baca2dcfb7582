#include "services/log_service.hpp"

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;

class LogServiceTest : public ServicesTest {
 protected:
  LogServiceTest() {
    manifest.capabilities = {"environment.drivers.register"};
    service.add_to(table);
    service.add_to(multi);
  }

  /// What is stored, oldest first, as "company: level message meta".
  std::vector<std::string> stored() {
    loop.advance(1s);
    std::vector<std::string> lines;
    store->plugins().query_logs(
        {.plugin_id = "u", .limit = 500},
        Reply<std::vector<PluginLogEntry>>([&](Result<std::vector<PluginLogEntry>> entries) {
          for (const auto& entry : *entries) {
            lines.insert(lines.begin(), entry.company_id.value_or("nobody") + ": " + entry.level +
                                            " " + entry.message +
                                            (entry.meta_json ? " " + *entry.meta_json : ""));
          }
        }));
    loop.run_ready();
    return lines;
  }

  PluginLogs logs{loop, store->plugins(), *entropy, [] { return WallTime{}; }, log};
  LogService service{logs};
  ServiceTable table{{}};
  ServiceTable multi{{.tenancy = Tenancy::multi}};
};

TEST_F(LogServiceTest, ALineIsOfTheCompanyThatItNames) {
  tell(table, "log", R"({"level":"warn","message":"hot","companyId":"acme"})");
  EXPECT_EQ(ask(table, "log", R"({"message":"x","companyId":"acme"})"), "null");
  EXPECT_EQ(ask(table, "log", R"({"message":"y","companyId":null})"), "null");
  EXPECT_THAT(stored(), ElementsAre("acme: warn hot", "acme: info x", "nobody: info y"));
}

TEST_F(LogServiceTest, NoLineIsAMetric) {
  tell(table, "log", R"({"level":"metric","message":"m"})");
  EXPECT_THAT(stored(), ElementsAre("nobody: info m"));
}

TEST_F(LogServiceTest, ASpanIsALineOfLevelDebug) {
  EXPECT_EQ(ask(table, "span.record", R"({"name": "pack","startTimeMs":1.0})"), "null");
  EXPECT_THAT(stored(),
              ElementsAre(R"(nobody: debug span pack {"name":"pack","startTimeMs":1.0})"));
  manifest.capabilities = {};
  EXPECT_EQ(ask(table, "span.record", R"({"name":"pack"})").substr(0, 6), "-32001");
}

TEST_F(LogServiceTest, InMultiTenancyAWorkerWritesIntoNoOthersLog) {
  invocations.begin("1", "acme");
  invocations.begin("2", "globex");
  invocation_id = "1";
  tell(multi, "log", R"({"message":"in a call"})");
  tell(multi, "log", R"({"message":"names it","companyId":"acme"})");
  tell(multi, "log", R"({"message":"names another","companyId":"globex"})");
  EXPECT_EQ(
      ask(multi, "log", R"({"message":"asks for another","companyId":"globex"})").substr(0, 6),
      "-32005");
  for (const auto& forged : {std::optional<std::string>("forged"), {}}) {
    invocation_id = forged;
    tell(multi, "log", R"({"message":"forged","companyId":"globex"})");
  }
  EXPECT_THAT(stored(), ElementsAre("acme: info in a call", "acme: info names it",
                                    "nobody: info names another", "nobody: info forged",
                                    "nobody: info forged"));
}

}  // namespace
}  // namespace collet::services
