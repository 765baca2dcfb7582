#include "services/metric_service.hpp"

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;

class MetricServiceTest : public ServicesTest {
 protected:
  MetricServiceTest() {
    manifest.capabilities = {"metrics.write"};
    service.add_to(table);
  }

  std::vector<PluginLogEntry> stored() {
    loop.advance(1s);
    std::vector<PluginLogEntry> found;
    store->plugins().query_logs(
        {.plugin_id = "u", .limit = 500, .level = "metric"},
        Reply<std::vector<PluginLogEntry>>([&](auto entries) { found = *entries; }));
    loop.run_ready();
    return found;
  }

  PluginLogs logs{loop,     store->plugins(),
                  *entropy, [] { return WallTime{}; },
                  log,      {.lines = {.per_second = 1, .at_once = 2}}};
  PluginMetrics metrics;
  MetricService service{logs, metrics};
  ServiceTable table{{}};
};

TEST_F(MetricServiceTest, AMetricIsALineAndASeries) {
  EXPECT_EQ(ask(table, "metrics.write",
                R"({"name":"n.o","value":1.50,"tags":{ "a":"b"},"companyId":"acme"})"),
            "null");
  EXPECT_EQ(ask(table, "metrics.write", R"({"name":"m","value":-2})"), "null");
  const auto lines = stored();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].message, "n.o");
  EXPECT_EQ(lines[1].meta_json, R"({"value":1.50,"tags":{"a":"b"}})");
  EXPECT_EQ(lines[1].company_id, "acme");
  EXPECT_EQ(lines[0].meta_json, R"({"value":-2,"tags":null})");
  EXPECT_EQ(lines[0].company_id, std::nullopt);
  const auto view = metrics.view();
  ASSERT_EQ(view.series.size(), 2u);
  EXPECT_EQ(view.series[0].name, "m");
  EXPECT_EQ(view.series[0].last, -2);
  EXPECT_EQ(view.series[1].last, 1.5);
  EXPECT_EQ(view.series[1].plugin_key, "acme.x");
}

TEST_F(MetricServiceTest, FloodsAreCutInTheLogButAddUp) {
  logs.append("u", "info", "what is said has a ration of its own");
  for (int i = 0; i < 5; ++i) ask(table, "metrics.write", R"({"name":"m","value":1})");
  EXPECT_EQ(stored().size(), 2u);
  EXPECT_EQ(metrics.view().series.at(0).sum, 5);
  EXPECT_EQ(logs.dropped(), 3u);
  logs.append("u", "info", "so this is kept");
  EXPECT_EQ(logs.dropped(), 3u);
}

TEST_F(MetricServiceTest, SaysWhatIsWrong) {
  EXPECT_EQ(ask(table, "metrics.write", R"({"value":1})"),
            "-32603 metrics.write: name has to be a string");
  for (const auto* odd : {R"({"name":"m"})", R"({"name":"m","value":"1"})",
                          R"({"name":"m","value":null})", R"({"name":"m","value":1e999})"}) {
    EXPECT_EQ(ask(table, "metrics.write", odd), "-32603 metrics.write: value has to be a number");
  }
  manifest.capabilities = {};
  EXPECT_EQ(ask(table, "metrics.write", R"({"name":"m","value":1})").substr(0, 6), "-32001");
  EXPECT_TRUE(metrics.view().series.empty());
}

TEST_F(MetricServiceTest, LongNamesAreCut) {
  const auto write = [&](std::size_t size) {
    ask(table, "metrics.write", R"({"value":1,"name":")" + std::string(size, 'n') + "\"}");
  };
  write(500);
  write(501);
  const auto lines = stored();
  EXPECT_EQ(lines.at(0).message, std::string(500, 'n'));
  EXPECT_EQ(lines.at(1).message, std::string(500, 'n'));
}

}  // namespace
}  // namespace collet::services
