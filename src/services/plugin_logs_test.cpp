#include "services/plugin_logs.hpp"

#include "services/log_service.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;

class PluginLogsTest : public ServicesTest {
 protected:
  PluginLogs make_logs(PluginLogLimits limits = {}) {
    return {loop, store->plugins(), *entropy, [] { return WallTime{}; }, log, limits};
  }

  // What is stored, oldest first, as "level message meta".
  std::vector<std::string> stored() {
    std::vector<std::string> lines;
    store->plugins().query_logs(
        {.plugin_id = "u", .limit = 500},
        Reply<std::vector<PluginLogEntry>>([&](Result<std::vector<PluginLogEntry>> entries) {
          for (const auto& entry : *entries) {
            lines.insert(lines.begin(), entry.level + " " + entry.message +
                                            (entry.meta_json ? " " + *entry.meta_json : ""));
          }
        }));
    loop.run_ready();
    return lines;
  }
};

TEST_F(PluginLogsTest, LogsAreStoredAfterAMoment) {
  auto logs = make_logs();
  LogService service(logs);
  ServiceTable table({});
  service.add_to(table);
  tell(table, "log", R"({"level":"warn","message":"hot","meta":{"c": 1.0}})");
  EXPECT_EQ(ask(table, "log", R"({"level":"shout","message":"as a request"})"), "null");
  loop.advance(200ms - 1ns);
  EXPECT_THAT(stored(), ElementsAre());
  loop.advance(1ns);
  EXPECT_THAT(stored(), ElementsAre("warn hot {\"c\":1.0}", "info as a request"));
}

TEST_F(PluginLogsTest, AFullBatchIsStoredAtOnce) {
  auto logs = make_logs({.batch_entries_max = 2});
  logs.append("u", "info", "one");
  logs.append("u", "info", "two");
  EXPECT_THAT(stored(), ElementsAre("info one", "info two"));
}

TEST_F(PluginLogsTest, TooManyLinesAreCountedAndDropped) {
  auto logs = make_logs({.batch_entries_max = 100, .waiting_entries_max = 3});
  for (int i = 0; i < 3; ++i) logs.append("u", "info", "kept");
  EXPECT_EQ(logs.dropped(), 0u);
  logs.append("u", "info", "dropped");
  EXPECT_EQ(logs.dropped(), 1u);
  loop.advance(1s);
  EXPECT_EQ(stored().size(), 3u);
  EXPECT_THAT(log.alarms(), ElementsAre("warn plugin log lines were dropped so_far=1"));
}

TEST_F(PluginLogsTest, AFloodIsCutToItsRateAndSaysHowMuchIsMissing) {
  auto logs = make_logs({.lines = {.per_second = 2, .at_once = 3}});
  for (int i = 1; i <= 10; ++i) logs.append("u", "info", std::to_string(i));
  EXPECT_EQ(logs.dropped(), 7u);
  EXPECT_EQ(logs.use_of("u").lines_left_out, 7u);
  EXPECT_EQ(logs.use_of("other").lines_left_out, 0u);
  EXPECT_EQ(logs.use_of("u").lines_a_second_max, 2u);
  EXPECT_EQ(logs.use_of("u").lines_at_once_max, 3u);
  loop.advance(499ms);
  logs.append("u", "info", "too early");
  loop.advance(1ms);
  logs.append("u", "info", "in time");
  logs.append("u", "info", "too early again");
  loop.advance(1h);
  logs.append("u", "info", "much later");
  EXPECT_EQ(logs.use_of("u").lines_left_out, 9u);
  loop.advance(1s);
  EXPECT_THAT(
      stored(),
      ElementsAre("info 1", "info 2", "info 3", "warn [8 lines left out: too many at once]",
                  "info in time", "warn [1 lines left out: too many at once]", "info much later"));
}

TEST_F(PluginLogsTest, AFloodOfOnePluginTakesNothingFromAnother) {
  auto logs = make_logs({.lines = {.per_second = 200, .at_once = 1}});
  for (int i = 0; i < 100; ++i) logs.append("other", "info", "flood");
  logs.append("u", "info", "kept");
  loop.advance(1s);
  EXPECT_THAT(stored(), ElementsAre("info kept"));
}

TEST_F(PluginLogsTest, DrainWaitsForWhatIsUnderWayAndWhatCameMeanwhile) {
  auto logs = make_logs();
  bool drained = false;
  logs.append("u", "info", "first");
  logs.flush();
  logs.append("u", "info", "second");
  logs.drain(Reply<Done>([&](Result<Done>) { drained = true; }));
  EXPECT_FALSE(drained);
  loop.run_ready();
  EXPECT_TRUE(drained);
  EXPECT_THAT(stored(), ElementsAre("info first", "info second"));
}

TEST_F(PluginLogsTest, APurgedPluginTakesNoOthersLinesAlong) {
  auto logs = make_logs();
  logs.append("gone", "info", "nobody reads this");
  logs.append("u", "info", "kept");
  loop.advance(1s);
  EXPECT_THAT(stored(), ElementsAre("info kept"));
  EXPECT_THAT(log.alarms(), ElementsAre());
}

TEST_F(PluginLogsTest, WaitingLinesHaveALimitOfBytes) {
  auto logs = make_logs({.waiting_bytes_max = 10});
  logs.append("u", "info", "12345", "67890");
  EXPECT_EQ(logs.dropped(), 0u);
  logs.append("u", "info", "1");
  EXPECT_EQ(logs.dropped(), 1u);
  loop.advance(1s);
  logs.append("u", "info", "1");
  EXPECT_EQ(logs.dropped(), 1u);
}

TEST_F(PluginLogsTest, TheNameOfACompanyIsCutAndCounted) {
  auto logs = make_logs({.company_bytes_max = 4, .waiting_bytes_max = 10});
  logs.append("u", "info", "1", {}, "acme");
  logs.append("u", "info", "2", {}, "acme inc");
  EXPECT_EQ(logs.dropped(), 0u);
  logs.append("u", "info", "3");
  EXPECT_EQ(logs.dropped(), 1u);
  loop.advance(1s);
  std::vector<std::optional<std::string>> companies;
  store->plugins().query_logs({.plugin_id = "u", .limit = 500},
                              Reply<std::vector<PluginLogEntry>>([&](auto entries) {
                                for (const auto& each : *entries)
                                  companies.push_back(each.company_id);
                              }));
  loop.run_ready();
  EXPECT_THAT(companies, ElementsAre("acme", "acme"));
}

TEST_F(PluginLogsTest, APluginThatIsForgottenBeginsAnew) {
  auto logs = make_logs({.lines = {.per_second = 1, .at_once = 1}});
  for (const auto* level : {"info", "info", "metric", "metric"}) logs.append("u", level, "x");
  EXPECT_EQ(logs.dropped(), 2u);
  EXPECT_EQ(logs.use_of("u").lines_left_out, 1u);
  logs.forget("u");
  EXPECT_EQ(logs.use_of("u").lines_left_out, 0u);
  for (const auto* level : {"info", "metric"}) logs.append("u", level, "y");
  EXPECT_EQ(logs.dropped(), 2u);
}

TEST_F(PluginLogsTest, LongMessagesAreCutBetweenCharacters) {
  auto logs = make_logs({.message_bytes_max = 4, .meta_bytes_max = 4});
  logs.append("u", "info", "abcd", "1234");
  logs.append("u", "info", "abcü", "12345");
  loop.advance(1s);
  EXPECT_THAT(stored(), ElementsAre("info abcd 1234", "info abc [cut] [meta left out: too large]"));
}

}  // namespace
}  // namespace collet::services
