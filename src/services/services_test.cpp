#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/virtual_loop.hpp"
#include "services/plugin_logs.hpp"
#include "services/service_table.hpp"
#include "store/memory_store.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;

class ServicesTest : public testing::Test {
 protected:
  ServicesTest() {
    PluginRecord record;
    record.id = "u";
    record.plugin_key = "acme.x";
    store->insert(std::move(record),
                  Reply<PluginRecord>([](Result<PluginRecord> row) { ASSERT_TRUE(row); }));
    loop.run_ready();
  }
  PluginLogs make_logs(PluginLogLimits limits = {}) {
    return {loop, *store, *entropy, [] { return WallTime{}; }, log, limits};
  }

  // What is stored, oldest first, as "level message meta".
  std::vector<std::string> stored() {
    std::vector<std::string> lines;
    store->query_logs(
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

  std::string ask(ServiceTable& services, std::string_view method, std::string_view params) {
    std::string answer;
    const auto document = *json::Document::parse(std::string(params));
    services.request({"u", "acme.x"}, method, document.root(),
                     Reply<std::string>([&](Result<std::string> outcome) {
                       answer = outcome ? *outcome
                                        : std::to_string(*outcome.error().rpc_code) + " " +
                                              outcome.error().message;
                     }));
    return answer;
  }

  VirtualLoop loop;
  std::unique_ptr<PluginStore> store = std::make_unique<MemoryStore>(loop);
  std::unique_ptr<Entropy> entropy = make_seeded_entropy(1);
  RecordingLogger log;
};

TEST_F(ServicesTest, LogsAreStoredAfterAMoment) {
  auto logs = make_logs();
  ServiceTable services(logs);
  const auto params =
      *json::Document::parse(R"({"level":"warn","message":"hot","meta":{"c": 1.0}})");
  services.notify({"u", "acme.x"}, "log", params.root());
  EXPECT_EQ(ask(services, "log", R"({"level":"shout","message":"as a request"})"), "null");
  loop.advance(200ms - 1ns);
  EXPECT_THAT(stored(), ElementsAre());
  loop.advance(1ns);
  EXPECT_THAT(stored(), ElementsAre("warn hot {\"c\":1.0}", "info as a request"));
}

TEST_F(ServicesTest, AFullBatchIsStoredAtOnce) {
  auto logs = make_logs({.batch_entries_max = 2});
  logs.append("u", "info", "one");
  logs.append("u", "info", "two");
  EXPECT_THAT(stored(), ElementsAre("info one", "info two"));
}

TEST_F(ServicesTest, TooManyLinesAreCountedAndDropped) {
  auto logs = make_logs({.batch_entries_max = 100, .waiting_entries_max = 3});
  for (int i = 0; i < 3; ++i) logs.append("u", "info", "kept");
  EXPECT_EQ(logs.dropped(), 0u);
  logs.append("u", "info", "dropped");
  EXPECT_EQ(logs.dropped(), 1u);
  loop.advance(1s);
  EXPECT_EQ(stored().size(), 3u);
  EXPECT_THAT(log.alarms(), ElementsAre("warn plugin log lines were dropped so_far=1"));
}

TEST_F(ServicesTest, AFloodIsCutToItsRateAndSaysHowMuchIsMissing) {
  auto logs = make_logs({.lines_a_second_max = 2, .lines_at_once_max = 3});
  for (int i = 1; i <= 10; ++i) logs.append("u", "info", std::to_string(i));
  EXPECT_EQ(logs.dropped(), 7u);
  loop.advance(499ms);
  logs.append("u", "info", "too early");
  loop.advance(1ms);
  logs.append("u", "info", "in time");
  logs.append("u", "info", "too early again");
  loop.advance(1h);
  logs.append("u", "info", "much later");
  loop.advance(1s);
  EXPECT_THAT(
      stored(),
      ElementsAre("info 1", "info 2", "info 3", "warn [8 lines left out: too many at once]",
                  "info in time", "warn [1 lines left out: too many at once]", "info much later"));
}

TEST_F(ServicesTest, AFloodOfOnePluginTakesNothingFromAnother) {
  auto logs = make_logs({.lines_at_once_max = 1});
  for (int i = 0; i < 100; ++i) logs.append("other", "info", "flood");
  logs.append("u", "info", "kept");
  loop.advance(1s);
  EXPECT_THAT(stored(), ElementsAre("info kept"));
}

TEST_F(ServicesTest, DrainWaitsForWhatIsUnderWayAndWhatCameMeanwhile) {
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

TEST_F(ServicesTest, APurgedPluginTakesNoOthersLinesAlong) {
  auto logs = make_logs();
  logs.append("gone", "info", "nobody reads this");
  logs.append("u", "info", "kept");
  loop.advance(1s);
  EXPECT_THAT(stored(), ElementsAre("info kept"));
  EXPECT_THAT(log.alarms(), ElementsAre());
}

TEST_F(ServicesTest, WaitingLinesHaveALimitOfBytes) {
  auto logs = make_logs({.waiting_bytes_max = 10});
  logs.append("u", "info", "12345", "67890");
  EXPECT_EQ(logs.dropped(), 0u);
  logs.append("u", "info", "1");
  EXPECT_EQ(logs.dropped(), 1u);
  loop.advance(1s);
  logs.append("u", "info", "1");
  EXPECT_EQ(logs.dropped(), 1u);
}

TEST_F(ServicesTest, LongMessagesAreCutBetweenCharacters) {
  auto logs = make_logs({.message_bytes_max = 4, .meta_bytes_max = 4});
  logs.append("u", "info", "abcd", "1234");
  logs.append("u", "info", "abcü", "12345");
  loop.advance(1s);
  EXPECT_THAT(stored(), ElementsAre("info abcd 1234", "info abc [cut] [meta left out: too large]"));
}

TEST_F(ServicesTest, ConfigurationIsEmpty) {
  auto logs = make_logs();
  ServiceTable services(logs);
  EXPECT_EQ(ask(services, "config.get", "{}"), "{}");
}

TEST_F(ServicesTest, OtherMethodsAreRefusedInTheReferencesWords) {
  auto logs = make_logs();
  ServiceTable services(logs);
  EXPECT_EQ(ask(services, "issues.get", "{}"), "-32601 Host does not handle method \"issues.get\"");
}

}  // namespace
}  // namespace collet::services
