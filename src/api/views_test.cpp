#include "api/views.hpp"

#include <gtest/gtest.h>

namespace collet::api {
namespace {
using std::chrono::milliseconds;

PluginRecord row() {
  PluginRecord record;
  record.id = "0b5f3a52-9c1e-4f7a-8a51-0123456789ab";
  record.plugin_key = "acme.x";
  record.package_name = "paperclip-plugin-x";
  record.version = "1.2.3";
  record.categories = {"automation", "ui"};
  record.manifest_json = R"({"id":"acme.x"})";
  record.status = PluginStatus::ready;
  record.install_order = 16;
  record.package_path = "/p";
  record.installed_at = WallTime(milliseconds(1'795'155'749'038));
  record.updated_at = WallTime(milliseconds(1'795'155'749'056));
  return record;
}

constexpr auto k_members =
    R"("id":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab","pluginKey":"acme.x","packageName":"paperclip-plugin-x","version":"1.2.3","apiVersion":1,)"
    R"("categories":["automation","ui"],"manifestJson":{"id":"acme.x"},"status":"ready","installOrder":16,"packagePath":"/p","lastError":null,)"
    R"("installedAt":"2026-11-20T06:22:29.038Z","updatedAt":"2026-11-20T06:22:29.056Z")";

TEST(Views, ARowHasTheReferencesColumns) {
  EXPECT_EQ(row_json(row()), std::string("{") + k_members + "}");
  EXPECT_EQ(rows_json({row(), row()}), std::string("[{") + k_members + "},{" + k_members + "}]");
  EXPECT_EQ(rows_json({}), "[]");
}

TEST(Views, Descriptors) {
  EXPECT_EQ(
      descriptors_json({{.name = "k:t",
                         .display_name = "T",
                         .description = "d",
                         .parameters_schema = R"({"type":"object"})",
                         .plugin_id = "u"}}),
      R"([{"name":"k:t","displayName":"T","description":"d","parametersSchema":{"type":"object"},"pluginId":"u"}])");
}

TEST(Views, ADisabledToolSaysWhy) {
  const auto one = descriptors_json({{.name = "k:t",
                                      .display_name = "T",
                                      .description = "d",
                                      .parameters_schema = "{}",
                                      .plugin_id = "u",
                                      .disabled = "parametersSchema is invalid: \"no\""}});
  EXPECT_EQ(
      one,
      R"([{"name":"k:t","displayName":"T","description":"d","parametersSchema":{},"pluginId":"u",)"
      R"("disabled":"parametersSchema is invalid: \"no\""}])");
}

TEST(Views, Logs) {
  PluginLogEntry entry{.id = "e",
                       .plugin_id = "u",
                       .company_id = {},
                       .level = "warn",
                       .message = "m",
                       .meta_json = {},
                       .created_at = {}};
  EXPECT_EQ(
      logs_json({entry}),
      R"([{"id":"e","pluginId":"u","companyId":null,"level":"warn","message":"m","meta":null,"createdAt":"1970-01-01T00:00:00.000Z"}])");
  entry.meta_json = R"({"a":1.0})";
  entry.company_id = "c";
  EXPECT_EQ(
      logs_json({entry}),
      R"([{"id":"e","pluginId":"u","companyId":"c","level":"warn","message":"m","meta":{"a":1.0},"createdAt":"1970-01-01T00:00:00.000Z"}])");
}

TEST(Views, HealthOfAReadyPluginIsItsWorkers) {
  EXPECT_EQ(
      health_json(row(), WorkerHealth{.passed = true, .message = "fine"}, {{.name = "acme.x:t"}}),
      R"({"pluginId":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab","status":"ready","healthy":true,"checks":[)"
      R"({"name":"registry","passed":true,"message":"Plugin found in registry"},{"name":"manifest","passed":true,"message":"Manifest is valid"},)"
      R"({"name":"status","passed":true,"message":"Current status: ready"},{"name":"worker","passed":true,"message":"fine"}]})");
  EXPECT_NE(health_json(row(), WorkerHealth{.passed = false, .message = "deaf"}, {})
                .find("\"healthy\":false"),
            std::string::npos);
}

TEST(Views, HealthNamesDisabledTools) {
  const auto message = [](std::vector<std::string> reasons) {
    std::vector<AgentToolDescriptor> tools;
    for (auto& reason : reasons) {
      tools.push_back({.name = "acme.x:" + std::to_string(tools.size()), .disabled = reason});
    }
    const auto health = health_json(row(), WorkerHealth{.passed = true, .message = "fine"}, tools);
    EXPECT_NE(health.find("\"healthy\":false"), std::string::npos);
    constexpr std::string_view begin = R"({"name":"schemas","passed":false,"message":")";
    const auto from = health.find(begin) + begin.size();
    return health.substr(from, health.find('"', from) - from);
  };
  EXPECT_EQ(message({"bad"}), "1 of 1 tool is disabled: acme.x:0 (bad)");
  EXPECT_EQ(message({"", "bad"}), "1 of 2 tools is disabled: acme.x:1 (bad)");
  EXPECT_EQ(message({"a", "b", "c"}),
            "3 of 3 tools are disabled: acme.x:0 (a); acme.x:1 (b); acme.x:2 (c)");
  EXPECT_EQ(message({"a", "b", "c", "d"}),
            "4 of 4 tools are disabled: acme.x:0 (a); acme.x:1 (b); acme.x:2 (c); and 1 more");
}

TEST(Views, HealthOfAFailedPluginSaysWhy) {
  auto failed = row();
  failed.status = PluginStatus::error;
  failed.last_error = "no";
  EXPECT_EQ(
      health_json(failed, std::nullopt, {}),
      R"({"pluginId":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab","status":"error","healthy":false,"checks":[)"
      R"({"name":"registry","passed":true,"message":"Plugin found in registry"},{"name":"manifest","passed":true,"message":"Manifest is valid"},)"
      R"({"name":"status","passed":false,"message":"Current status: error"},{"name":"error_state","passed":false,"message":"no"}],"lastError":"no"})");
}

TEST(Views, Dashboard) {
  WorkerDiagnostics worker;
  worker.status = WorkerStatus::running;
  worker.pid = 42;
  worker.uptime = std::chrono::seconds(3);
  worker.last_crash_at = WallTime(milliseconds(7));
  worker.limits = {.open_files_max = 4096,
                   .core_bytes_max = 0,
                   .cpu_seconds_max = WorkerLimits::unlimited,
                   .memory_max = 1u << 20};
  worker.limits_unenforced = {"no processes"};
  worker.limits_hit = {.memory = 1, .processes = 2, .cpu = 3};
  worker.protocol_limits = {.line_bytes_max = 11,
                            .depth_max = 12,
                            .stderr_line_bytes_max = 13,
                            .calls_pending_max = 14,
                            .unsent_bytes_max = 15,
                            .chatter_bytes_a_second_max = 16,
                            .log_lines_a_second_max = 17,
                            .log_lines_at_once_max = 18};
  worker.protocol_limits_hit = {.line_bytes = 21,
                                .depth = 22,
                                .stderr_line_bytes = 23,
                                .calls_pending = 24,
                                .unsent_bytes = 25,
                                .log_lines = 27};
  worker.times_paused = 26;
  EXPECT_EQ(
      dashboard_json(row(), worker,
                     {.running = 1,
                      .running_max = 256,
                      .waiting = 2,
                      .waiting_max = 4096,
                      .had_to_wait = 3,
                      .refused = 4,
                      .expired = 5},
                     {.subscriptions = 1,
                      .waiting = 2,
                      .in_flight = 3,
                      .counts = {.emitted = 4,
                                 .delivered = 5,
                                 .returned = 6,
                                 .refused = 7,
                                 .unanswered = 8,
                                 .fell_out = 9,
                                 .unheard = 10,
                                 .deadly = 11}},
                     {.listeners = 1, .channels = 2, .events = 3, .dropped = 4},
                     {.job_runs = "[1]", .deliveries = "[2]", .health = "{}"}, WallTime{}),
      R"({"pluginId":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab","worker":{"status":"running","pid":42,"uptime":3000,"consecutiveCrashes":0,)"
      R"("totalCrashes":0,"pendingRequests":0,"instances":1,"instancesRunning":0,"lastCrashAt":7,"nextRestartAt":null,"lateReplies":0,"invalidLines":0,"lastExit":"",)"
      R"("limits":{"openFilesMax":4096,"coreBytesMax":0,"cpuSecondsMax":null,"addressSpaceMax":null,"memoryMax":1048576,"processesMax":null,)"
      R"("lineBytesMax":11,"depthMax":12,"stderrLineBytesMax":13,"callsPendingMax":14,"unsentBytesMax":15,"chatterBytesPerSecondMax":16,)"
      R"("logLinesPerSecondMax":17,"logLinesAtOnceMax":18},"limitsUnenforced":["no processes"],"limitsHit":{"memory":1,"processes":2,"cpu":3,)"
      R"("lineBytes":21,"depth":22,"stderrLineBytes":23,"callsPending":24,"unsentBytes":25,"chatter":26,"logLines":27}},)"
      R"("calls":{"running":1,"runningMax":256,"waiting":2,"waitingMax":4096,"hadToWait":3,"refused":4,"expired":5},)"
      R"("events":{"subscriptions":1,"waiting":2,"inFlight":3,"emitted":4,"delivered":5,"returned":6,"refused":7,)"
      R"("lost":{"queueFull":9,"unheard":10,"unanswered":8,"deadly":11}},)"
      R"("streams":{"listeners":1,"channels":2,"events":3,"dropped":4},)"
      R"("recentJobRuns":[1],"recentWebhookDeliveries":[2],"health":{},"checkedAt":"1970-01-01T00:00:00.000Z"})");
  EXPECT_NE(dashboard_json(row(), std::nullopt, {}, {}, {},
                           {.job_runs = "[]", .deliveries = "[]", .health = "{}"}, WallTime{})
                .find("\"worker\":null"),
            std::string::npos);
}

}  // namespace
}  // namespace collet::api
