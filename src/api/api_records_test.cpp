// The routes of jobs, webhooks, logs and activity.
#include "api/api_fixture.hpp"
#include "json/document.hpp"

namespace collet::api {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view k_manifest =
    R"({"id":"acme.x","jobs":[{"jobKey":"sync","displayName":"Sync","schedule":"0 * * * *"},)"
    R"({"jobKey":"by hand","displayName":"By hand","description":"d"},)"
    R"({"jobKey":"never","displayName":"Never","schedule":"0 0 30 2 *"}],)"
    R"("webhooks":[{"endpointKey":"push","displayName":"Push"}]})";

class ApiRecordsTest : public ApiTest {
 protected:
  explicit ApiRecordsTest(services::WebhookOptions webhooks = {}) {
    options.webhooks = std::move(webhooks);
    services();
    lifecycle.row.manifest_json = k_manifest;
    store.insert(lifecycle.row, Reply<PluginRecord>([](auto row) { ASSERT_TRUE(row); }));
    loop.run_ready();
  }

  void enable() {
    Manifest enabled;
    enabled.json = k_manifest;
    const PluginEvent event{.type = PluginEventType::enabled,
                            .plugin_id = lifecycle.row.id,
                            .plugin_key = "acme.x",
                            .manifest = std::make_shared<const Manifest>(std::move(enabled))};
    for (const auto& [type, handler] : lifecycle.handlers) {
      if (type == event.type) handler(event);
    }
  }
  std::string get(const std::string& target) { return ask("GET", target).body; }
  /// The members of each element of the list, as "a b".
  static std::vector<std::string> members(const std::string& list,
                                          std::initializer_list<std::string_view> names) {
    std::vector<std::string> lines;
    const auto document = *json::Document::parse(list);
    for (const auto element : document.root().elements()) {
      std::string line;
      for (const auto name : names) {
        const auto member = element.find(name);
        if (!member) return {"no " + std::string(name) + " in " + std::string(element.raw())};
        line += (line.empty() ? "" : " ") + std::string(member->raw());
      }
      lines.push_back(line);
    }
    return lines;
  }
};

constexpr auto k_jobs = "/api/plugins/acme.x/jobs";
constexpr auto k_push = "/api/plugins/acme.x/webhooks/push";

// ---- jobs

TEST_F(ApiRecordsTest, JobsAreThoseOfTheManifest) {
  EXPECT_THAT(members(get(k_jobs), {"id", "status", "nextRunAt", "lastRunAt"}),
              ElementsAre(R"("sync" "paused" null null)", R"("by hand" "paused" null null)",
                          R"("never" "paused" null null)"));
  enable();
  EXPECT_THAT(members(get(k_jobs), {"id", "status", "nextRunAt"}),
              ElementsAre(R"("sync" "active" "1970-01-01T01:00:00.000Z")",
                          R"("by hand" "active" null)", R"("never" "failed" null)"));
  ask("POST", std::string(k_jobs) + "/sync/trigger");
  EXPECT_THAT(get(k_jobs),
              HasSubstr(R"({"id":"sync","pluginId":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab",)"
                        R"("jobKey":"sync","displayName":"Sync","description":"",)"
                        R"("schedule":"0 * * * *","status":"active","problem":null,)"
                        R"("lastRunAt":"1970-01-01T00:00:00.000Z",)"
                        R"("nextRunAt":"1970-01-01T01:00:00.000Z",)"
                        R"("createdAt":"1970-01-01T00:00:00.000Z",)"
                        R"("updatedAt":"1970-01-01T00:00:00.000Z"})"));
  EXPECT_THAT(get(k_jobs), HasSubstr(R"("problem":"\"0 0 30 2 *\" is never due: no month)"));
  EXPECT_THAT(members(get(k_jobs + std::string("?status=failed")), {"id"}),
              ElementsAre(R"("never")"));
  const auto odd = ask("GET", k_jobs + std::string("?status=odd"));
  EXPECT_EQ(odd.status, 400);
  EXPECT_THAT(odd.body, HasSubstr("Invalid status 'odd'. Must be one of: active, paused, failed"));
  EXPECT_EQ(ask("GET", "/api/plugins/nobody/jobs").status, 404);
}

TEST_F(ApiRecordsTest, ATriggerRunsAJob) {
  enable();
  workers.answer = fail(ErrorCode::tool_error, "out of cheese");
  const auto started = ask("POST", std::string(k_jobs) + "/by%20hand/trigger");
  EXPECT_EQ(started.status, 200);
  const auto document = *json::Document::parse(started.body);
  const auto run_id = *document.root().find("runId")->as_string();
  EXPECT_TRUE(document.root().find("jobId")->equals("by hand"));
  EXPECT_TRUE(document.root().find("run")->find("status")->equals("running"));
  EXPECT_EQ(workers.asked.back().method, "runJob");
  EXPECT_EQ(get(std::string(k_jobs) + "/by%20hand/runs"),
            R"([{"id":")" + run_id +
                R"(","jobId":"by hand","jobKey":"by hand",)"
                R"("pluginId":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab","trigger":"manual",)"
                R"("status":"failed","durationMs":0,"error":"out of cheese",)"
                R"("scheduledAt":"1970-01-01T00:00:00.000Z",)"
                R"("startedAt":"1970-01-01T00:00:00.000Z","finishedAt":"1970-01-01T00:00:00.000Z",)"
                R"("createdAt":"1970-01-01T00:00:00.000Z"}])");
  const auto ended = ask("POST", std::string(k_jobs) + "/sync/trigger?wait=true");
  EXPECT_THAT(ended.body, HasSubstr(R"("status":"failed")"));
  EXPECT_EQ(ask("POST", std::string(k_jobs) + "/sync/trigger?wait=1").status, 400);
}

TEST_F(ApiRecordsTest, ATriggerThatCannotBeFollowedIsRefused) {
  EXPECT_EQ(ask("POST", std::string(k_jobs) + "/sync/trigger").status, 400);
  EXPECT_EQ(ask("POST", "/api/plugins/nobody/jobs/sync/trigger").status, 404);
  enable();
  const auto unknown = ask("POST", std::string(k_jobs) + "/other/trigger");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr(R"("error":"Job not found","code":"not_found")"));
  EXPECT_TRUE(workers.asked.empty());
}

TEST_F(ApiRecordsTest, RunsOfJobsThatThereAreNot) {
  EXPECT_EQ(get(std::string(k_jobs) + "/sync/runs"), "[]");
  EXPECT_EQ(ask("GET", std::string(k_jobs) + "/other/runs").status, 404);
  EXPECT_EQ(ask("GET", std::string(k_jobs) + "/sync/runs?limit=501").status, 400);
  EXPECT_EQ(ask("GET", "/api/plugins/nobody/jobs/sync/runs").status, 404);
  kept->jobs().begin({.id = "1", .plugin_id = lifecycle.row.id, .job_key = "other"},
                     Reply<Done>([](auto) {}));
  EXPECT_THAT(members(get(std::string(k_jobs) + "/other/runs"), {"id"}), ElementsAre(R"("1")"));
}

TEST_F(ApiRecordsTest, TheDashboardShowsTheLastRunsAndWebhooks) {
  enable();
  for (int i = 0; i < 11; ++i) ask("POST", std::string(k_jobs) + "/sync/trigger");
  ask("POST", k_push, "x");
  const auto dashboard = *json::Document::parse(get("/api/plugins/acme.x/dashboard"));
  const auto runs = *dashboard.root().find("recentJobRuns");
  EXPECT_EQ(runs.size(), 10u);
  EXPECT_THAT(std::string(runs.raw()), HasSubstr(R"("jobKey":"sync","pluginId")"));
  const auto deliveries = *dashboard.root().find("recentWebhookDeliveries");
  EXPECT_EQ(deliveries.size(), 1u);
  EXPECT_THAT(std::string(deliveries.raw()),
              HasSubstr(R"("webhookKey":"push","status":"success","durationMs":0,"error":null,)"
                        R"("bodyBytes":1,"startedAt":"1970)"));
}

// ---- webhooks

TEST_F(ApiRecordsTest, AWebhookReachesThePlugin) {
  const auto answer = ask("POST", k_push, R"({ "a":1.0})",
                          {{"Content-Type", "application/json"}, {"X-Event", "e"}});
  EXPECT_EQ(answer.status, 200);
  const auto document = *json::Document::parse(answer.body);
  EXPECT_TRUE(document.root().find("status")->equals("success"));
  EXPECT_EQ(workers.asked.back().method, "handleWebhook");
  EXPECT_EQ(workers.asked.back().params_json,
            R"({"endpointKey":"push","headers":{"content-type":"application/json","x-event":"e"},)"
            R"("rawBody":"{ \"a\":1.0}","parsedBody":{"a":1.0},"requestId":")" +
                *document.root().find("deliveryId")->as_string() + "\"}");
}

TEST_F(ApiRecordsTest, WhatAPluginFailsOfIsToldToTheSender) {
  workers.answer = fail(ErrorCode::tool_error, "bad signature");
  const auto answer = ask("POST", k_push, "x");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body,
              testing::MatchesRegex(R"(\{"deliveryId":"[0-9a-f-]*","status":"failed",)"
                                    R"("error":"bad signature","code":"tool_error"\})"));
}

TEST_F(ApiRecordsTest, WebhooksThatNobodyTakesAreRefused) {
  EXPECT_EQ(ask("POST", "/api/plugins/nobody/webhooks/push").status, 404);
  EXPECT_THAT(ask("POST", "/api/plugins/acme.x/webhooks/pull").body,
              HasSubstr(R"("error":"Webhook endpoint 'pull' is not declared by this plugin",)"));
  lifecycle.row.status = PluginStatus::disabled;
  const auto disabled = ask("POST", k_push, "x");
  EXPECT_EQ(disabled.status, 400);
  EXPECT_THAT(disabled.body, HasSubstr("Plugin is not ready (current status: disabled)"));
  EXPECT_TRUE(workers.asked.empty());
}

TEST_F(ApiRecordsTest, WebhooksNeedTheTokenUnlessTheOperatorSaysOtherwise) {
  token = "secret";
  EXPECT_EQ(ask("POST", k_push, "x").status, 401);
  EXPECT_EQ(ask("POST", k_push, "x", {{"Authorization", "Bearer wrong"}}).status, 401);
  EXPECT_EQ(ask("POST", k_push, "x", {{"Authorization", "bearer secret"}, {"X", "y"}}).status, 200);
  // It is for no plugin to see.
  EXPECT_THAT(workers.asked.back().params_json, HasSubstr(R"("headers":{"x":"y"})"));
}

class OpenWebhooksTest : public ApiRecordsTest {
 protected:
  OpenWebhooksTest() : ApiRecordsTest({.open_plugins = {"acme.x"}}) {}
};

TEST_F(OpenWebhooksTest, OnlyWebhooksAreOpen) {
  token = "secret";
  EXPECT_EQ(ask("POST", k_push, "x", {{"Authorization", "Bearer of the sender"}}).status, 200);
  EXPECT_THAT(workers.asked.back().params_json,
              HasSubstr(R"("headers":{"authorization":"Bearer of the sender"})"));
  EXPECT_EQ(ask("POST", "/api/plugins/" + lifecycle.row.id + "/webhooks/push", "x").status, 200);
  EXPECT_EQ(ask("POST", "/api/plugins/acme%2Ex/webhooks/p%75sh", "x").status, 200);
  // What there is not is not told apart from what is closed.
  for (const auto& [method, path] :
       {std::pair{"GET", k_push}, std::pair{"POST", "/api/plugins/other/webhooks/push"},
        std::pair{"POST", "/api/plugins/acme.x/webhooks"},
        std::pair{"POST", "/api/plugins/acme.x/webhooks/push/more"},
        std::pair{"POST", "/api/plugins/acme.x/jobs/sync/trigger"},
        std::pair{"GET", "/api/plugins/acme.x"}}) {
    EXPECT_EQ(ask(method, path).status, 401) << method << path;
  }
  EXPECT_EQ(ask("POST", "/api/plugins/acme.x/webhooks/pull", "x").status, 404);
}

// ---- logs and activity

TEST_F(ApiRecordsTest, LogsOfALevelAndOfACompany) {
  const auto line = [&](std::string id, std::string level, std::optional<std::string> company) {
    return PluginLogEntry{.id = id,
                          .plugin_id = lifecycle.row.id,
                          .company_id = std::move(company),
                          .level = std::move(level),
                          .message = id};
  };
  store.append_logs(
      {line("1", "info", "acme"), line("2", "metric", "acme"), line("3", "info", std::nullopt)},
      Reply<Done>([](auto done) { ASSERT_TRUE(done); }));
  const std::string logs = "/api/plugins/acme.x/logs";
  EXPECT_THAT(members(get(logs + "?level=metric"), {"id"}), ElementsAre(R"("2")"));
  EXPECT_THAT(members(get(logs + "?companyId=acme"), {"id"}), ElementsAre(R"("2")", R"("1")"));
  EXPECT_THAT(members(get(logs + "?companyId=acme&level=info"), {"id"}), ElementsAre(R"("1")"));
  EXPECT_EQ(get(logs + "?companyId=other"), "[]");
}

TEST_F(ApiRecordsTest, ActivityOfAKindAndOfACompany) {
  kept->activity().append({.id = "1",
                           .plugin_id = lifecycle.row.id,
                           .company_id = "acme",
                           .message = "did",
                           .entity_type = "issue",
                           .entity_id = "7",
                           .metadata_json = R"({"n":1.0})"},
                          Reply<Done>([](auto done) { ASSERT_TRUE(done); }));
  kept->activity().append({.id = "2",
                           .plugin_id = lifecycle.row.id,
                           .kind = ActivityKind::telemetry,
                           .message = "plugin.acme.x.e",
                           .created_at = WallTime(std::chrono::seconds(1))},
                          Reply<Done>([](auto done) { ASSERT_TRUE(done); }));
  const std::string activity = "/api/plugins/acme.x/activity";
  EXPECT_EQ(get(activity + "?kind=activity"),
            R"([{"id":"1","pluginId":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab","kind":"activity",)"
            R"("companyId":"acme","message":"did","entityType":"issue","entityId":"7",)"
            R"("metadata":{"n":1.0},"createdAt":"1970-01-01T00:00:00.000Z"}])");
  EXPECT_THAT(members(get(activity), {"id", "kind"}),
              ElementsAre(R"("2" "telemetry")", R"("1" "activity")"));
  EXPECT_THAT(members(get(activity + "?limit=1"), {"id"}), ElementsAre(R"("2")"));
  EXPECT_THAT(members(get(activity + "?companyId=acme"), {"id"}), ElementsAre(R"("1")"));
  EXPECT_THAT(members(get(activity + "?since=1970-01-01T00:00:01Z"), {"id"}),
              ElementsAre(R"("2")"));
  EXPECT_EQ(ask("GET", activity + "?kind=odd").status, 400);
  EXPECT_EQ(ask("GET", "/api/plugins/nobody/activity").status, 404);
}

TEST_F(ApiRecordsTest, MetricsOfPluginsAreOnThePage) {
  const auto document = *json::Document::parse(R"({"name":"n","value":2,"tags":{"t":"v"}})");
  const worker::WorkerIdentity worker{.plugin_id = lifecycle.row.id, .plugin_key = "acme.x"};
  Manifest declared;
  declared.capabilities = {"metrics.write"};
  const worker::Invocations invocations;
  services().table().request({.worker = worker,
                              .manifest = declared,
                              .method = "metrics.write",
                              .params = document.root(),
                              .invocation_id = {},
                              .invocations = invocations},
                             Reply<std::string>([](auto done) { ASSERT_TRUE(done); }));
  EXPECT_THAT(get("/metrics"),
              HasSubstr(R"(collet_plugin_metric{plugin="acme.x",name="n",tag_t="v"} 2)"));
  // A plugin that is gone has none.
  for (const auto& [type, handler] : lifecycle.handlers) {
    if (type == PluginEventType::unloaded)
      handler({.type = type, .plugin_id = lifecycle.row.id, .plugin_key = "acme.x"});
  }
  EXPECT_THAT(get("/metrics"), Not(HasSubstr("collet_plugin_metric{")));
}

}  // namespace
}  // namespace collet::api
