#include "api/api.hpp"

#include "api/api_fixture.hpp"
#include "json/document.hpp"

namespace collet::api {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto k_execute = "/api/plugins/tools/execute";

TEST_F(ApiTest, ExecuteAnswersWithTheBytesOfTheResult) {
  const auto recorder = post("POST", k_execute, R"({"tool":"acme.x:t","parameters":{"n": 1.0}})");
  ASSERT_EQ(provider->received.size(), 1u);
  EXPECT_EQ(provider->received[0].call.parameters.text(), R"({"n":1.0})");
  EXPECT_FALSE(recorder->response) << "nothing is known yet";
  provider->received[0].reply(
      ToolResult{R"({"content":"\ud800","big":1234567890123456789012345,"a":1,"a":2})"});
  EXPECT_EQ(recorder->response->status, 200);
  EXPECT_EQ(
      recorder->response->body,
      R"({"pluginId":"acme.x","toolName":"t","result":{"content":"\ud800","big":1234567890123456789012345,"a":1,"a":2}})");
}

TEST_F(ApiTest, ExecutePassesOnErrorsWithTheirStatus) {
  const auto recorder = post("POST", k_execute, R"({"tool":"acme.x:t"})");
  provider->received[0].reply(
      std::unexpected(Error{.code = ErrorCode::worker_unavailable,
                            .message = "resting",
                            .retry_after = std::chrono::milliseconds(1500)}));
  EXPECT_EQ(recorder->response->status, 502);
  EXPECT_THAT(recorder->response->body,
              HasSubstr(R"("error":"resting","code":"worker_unavailable")"));
  EXPECT_EQ(recorder->response->headers[0].name, "Retry-After");
  EXPECT_EQ(recorder->response->headers[0].value, "2");
}

TEST_F(ApiTest, BadParametersAreRefusedWithEveryViolation) {
  manifest.tools[0].parameters_schema =
      R"({"properties":{"priority":{"enum":["low","high"]}},"required":["title"]})";
  const auto answer = ask("POST", k_execute,
                          R"({"tool":"acme.x:t","parameters":{"title":"x","priority":"urgent"}})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(
      answer.body,
      R"({"error":"parameters of acme.x:t do not fit its schema: /priority must be one of low, high; got \"urgent\"",)"
      R"("code":"invalid_parameters","remedy":"mend the parameters and call again; `collet tool show acme.x:t` lists them",)"
      R"("violations":[{"instancePointer":"/priority","schemaPointer":"/properties/priority/enum","keyword":"enum",)"
      R"("message":"/priority must be one of low, high; got \"urgent\""}]})");
  EXPECT_TRUE(provider->received.empty());
}

TEST_F(ApiTest, ABadResultIsRefusedWithEveryViolation) {
  manifest.tools[0].settings.output_schema = R"({"properties":{"n":{"type":"integer"}}})";
  const auto recorder = post("POST", k_execute, R"({"tool":"acme.x:t"})");
  provider->received[0].reply(ToolResult{R"({"data":{"n":"1"}})"});
  EXPECT_EQ(recorder->response->status, 502);
  EXPECT_EQ(
      recorder->response->body,
      R"x({"error":"the result of acme.x:t does not fit its outputSchema: /data/n must be an integer; got \"1\" (a string)",)x"
      R"x("code":"invalid_result","remedy":"the plugin's author can mend it; until then the operator may let results pass with validation = \"warn\" in collet.toml",)x"
      R"x("violations":[{"instancePointer":"/data/n","schemaPointer":"/properties/n/type","keyword":"type",)x"
      R"x("message":"/data/n must be an integer; got \"1\" (a string)"}]})x");
}

TEST_F(ApiTest, AToolWithAnInvalidSchemaIsListedAndRefusesCalls) {
  manifest = tool::manifest_with({"t", "good"});
  manifest.tools[0].parameters_schema = R"({"minLength":-1})";
  const auto reason =
      "parametersSchema is invalid at /minLength: minLength must be a non-negative integer; got -1";
  const auto answer = ask("POST", k_execute, R"({"tool":"acme.x:t"})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_THAT(answer.body,
              HasSubstr(std::string(R"({"error":"tool \"acme.x:t\" is disabled: its )") + reason +
                        R"(","code":"tool_disabled","remedy":"mend the schema)"));
  EXPECT_THAT(ask("GET", "/api/plugins/tools").body,
              HasSubstr(std::string(R"("disabled":")") + reason + "\"}"));
  EXPECT_THAT(ask("GET", "/api/plugins/acme.x/health").body,
              HasSubstr(std::string(R"({"name":"schemas","passed":false,"message":)") +
                        R"("1 of 2 tools is disabled: acme.x:t ()" + reason + R"x()"})x"));
  post("POST", k_execute, R"({"tool":"acme.x:good"})");
  EXPECT_EQ(provider->received.size(), 1u);
}

TEST_F(ApiTest, AToolThatDoesNotExistIsSaidInTheReferencesWords) {
  const auto answer = ask("POST", k_execute, R"({"tool":"acme.x:nope"})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body,
              HasSubstr(R"("error":"Tool \"acme.x:nope\" not found","code":"tool_not_found")"));
}

TEST_F(ApiTest, TheDeadlineAndTheClientsWishTravelWithTheCall) {
  post("POST", k_execute, R"({"tool":"acme.x:t","timeoutMs":250})");
  const auto& call = provider->received[0].call;
  EXPECT_EQ(call.deadline->when(), loop.now() + std::chrono::milliseconds(250));
  EXPECT_FALSE(call.cancellation.stop_requested());
  client.request_stop();
  EXPECT_TRUE(call.cancellation.stop_requested());
}

TEST_F(ApiTest, ToolsAreListedAndTheListFollowsTheRegistry) {
  const auto one =
      R"([{"name":"acme.x:t","displayName":"The t","description":"Does t.","parametersSchema":{"type":"object"},)"
      R"("pluginId":"0b5f3a52-9c1e-4f7a-8a51-0123456789ab"}])";
  EXPECT_EQ(ask("GET", "/api/plugins/tools").body, one);
  EXPECT_EQ(ask("GET", "/api/plugins/tools?pluginId=acme.x").body, one);
  EXPECT_EQ(ask("GET", "/api/plugins/tools?pluginId=0B5F3A52-9C1E-4F7A-8A51-0123456789AB").body,
            one);
  EXPECT_EQ(ask("GET", "/api/plugins/tools?pluginId=other").body, "[]");
  dispatcher.unregister_plugin_tools("acme.x");
  EXPECT_EQ(ask("GET", "/api/plugins/tools").body, "[]");
}

TEST_F(ApiTest, PluginsAreListedByStatus) {
  EXPECT_THAT(ask("GET", "/api/plugins").body, HasSubstr("\"pluginKey\":\"acme.x\""));
  EXPECT_EQ(ask("GET", "/api/plugins?status=error").body, "[]");
  lifecycle.row.status = PluginStatus::uninstalled;
  EXPECT_EQ(ask("GET", "/api/plugins").body, "[]");
  EXPECT_THAT(ask("GET", "/api/plugins?status=uninstalled").body, HasSubstr("acme.x"));
  EXPECT_EQ(
      ask("GET", "/api/plugins?status=a&status=b").body,
      R"({"error":"Invalid status 'a,b'. Must be one of: installed, ready, disabled, error, upgrade_pending, uninstalled","code":"invalid_request"})");
}

TEST_F(ApiTest, APluginIsShownByKeyAndUuid) {
  EXPECT_THAT(ask("GET", "/api/plugins/acme.x").body, HasSubstr("\"supportsConfigTest\":false}"));
  workers.worker.emplace();
  workers.worker->status = WorkerStatus::running;
  workers.worker->supported_methods = {"validateConfig"};
  EXPECT_THAT(ask("GET", "/api/plugins/0b5f3a52-9c1e-4f7a-8a51-0123456789ab").body,
              HasSubstr("\"supportsConfigTest\":true}"));
  const auto unknown = ask("GET", "/api/plugins/nope");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"error":"Plugin not found","code":"plugin_not_found"})");
}

TEST_F(ApiTest, OperationsReachTheLifecycle) {
  EXPECT_EQ(ask("POST", "/api/plugins/install", R"({"packageName":"pkg"})").status, 200);
  ask("POST", "/api/plugins/acme.x/enable");
  ask("POST", "/api/plugins/acme.x/disable", R"({"reason":"broken"})");
  ask("POST", "/api/plugins/acme.x/restart");
  ask("POST", "/api/plugins/acme.x/upgrade", R"({"version":"2.0.0"})");
  ask("DELETE", "/api/plugins/acme.x");
  ask("DELETE", "/api/plugins/acme.x?purge=true");
  EXPECT_THAT(lifecycle.asked,
              ElementsAre("load pkg", "enable acme.x", "disable(broken) acme.x", "restart acme.x",
                          "upgrade(2.0.0) acme.x", "unload acme.x", "purge acme.x"));
  ask("DELETE", "/api/plugins/acme.x?purge=false");
  EXPECT_EQ(lifecycle.asked.back(), "unload acme.x");
  lifecycle.failure = Error{.code = ErrorCode::invalid_transition, .message = "no"};
  EXPECT_EQ(ask("POST", "/api/plugins/acme.x/enable").status, 400);
}

TEST_F(ApiTest, APurgeThatIsNeitherTrueNorFalseTouchesNothing) {
  for (const std::string value : {"1", "yes", "TRUE", ""}) {
    const auto answer = ask("DELETE", "/api/plugins/acme.x?purge=" + value);
    EXPECT_EQ(answer.status, 400) << value;
    EXPECT_EQ(answer.body,
              R"({"error":"Invalid purge ')" + value +
                  R"('. Must be true or false","code":"invalid_request",)"
                  R"("remedy":"purge=true also deletes the row, the logs and the data"})");
  }
  EXPECT_TRUE(lifecycle.asked.empty());
}

TEST_F(ApiTest, AReasonIsAFewSentences) {
  const auto disable = [&](std::size_t bytes) {
    return ask("POST", "/api/plugins/acme.x/disable",
               R"({"reason":")" + std::string(bytes, 'x') + R"("})")
        .status;
  };
  EXPECT_EQ(disable(2000), 200);
  EXPECT_EQ(disable(2001), 400);
}

TEST_F(ApiTest, AnInstallMayBeWatched) {
  const auto answer = ask("POST", "/api/plugins/install", R"({"packageName":"pkg"})",
                          {{"Accept", "text/event-stream"}});
  EXPECT_EQ(answer.content_type, "text/event-stream");
  EXPECT_THAT(answer.body, testing::StartsWith("event: progress\ndata: {\"line\":\"npm says "
                                               "\\\"hi\\\"\"}\n\nevent: result\ndata: {\"id\":"));
  EXPECT_THAT(answer.body, testing::EndsWith("}\n\n[end]"));
  lifecycle.failure =
      Error{.code = ErrorCode::install_failed, .message = "no", .remedy = "mend it"};
  EXPECT_THAT(
      ask("POST", "/api/plugins/install", R"({"packageName":"pkg"})",
          {{"Accept", "text/event-stream"}})
          .body,
      HasSubstr("event: error\ndata: "
                "{\"error\":\"no\",\"code\":\"install_failed\",\"remedy\":\"mend it\"}\n\n[end]"));
}

TEST_F(ApiTest, EndlessProgressLeavesRoomForTheResult) {
  lifecycle.progress.assign(5'000, std::string(2'000, 'x'));
  const auto answer = ask("POST", "/api/plugins/install", R"({"packageName":"pkg"})",
                          {{"Accept", "text/event-stream"}});
  EXPECT_THAT(answer.body, testing::StartsWith("event: progress\ndata: {\"line\":\"" +
                                               std::string(1000, 'x') + "\"}\n\n"));
  EXPECT_LT(answer.body.size(), 2u << 20);
  EXPECT_THAT(answer.body, HasSubstr("event: result"));
}

TEST_F(ApiTest, HealthAsksTheWorker) {
  EXPECT_THAT(ask("GET", "/api/plugins/acme.x/health").body, HasSubstr(R"("healthy":true)"));
  workers.health = R"({"status":"degraded"})";
  EXPECT_THAT(ask("GET", "/api/plugins/acme.x/health").body, HasSubstr(R"("healthy":false)"));
  workers.health = fail(ErrorCode::timeout, "deaf");
  EXPECT_THAT(ask("GET", "/api/plugins/acme.x/health").body,
              HasSubstr(R"({"name":"worker","passed":false,"message":"deaf"})"));
  EXPECT_THAT(ask("GET", "/api/plugins/acme.x/dashboard").body, HasSubstr(R"("worker":null)"));
  workers.health = std::unexpected(Error{
      .code = ErrorCode::tool_error, .message = "Unknown method: health", .rpc_code = -32601});
  EXPECT_THAT(ask("GET", "/api/plugins/acme.x/health").body, HasSubstr(R"("healthy":true)"))
      << "an answer proves life";
}

TEST_F(ApiTest, LogsTakeTheReferencesParameters) {
  store.insert(lifecycle.row,
               Reply<PluginRecord>([](Result<PluginRecord> row) { ASSERT_TRUE(row); }));
  std::vector<PluginLogEntry> entries;
  for (int i = 0; i < 30; ++i) {
    entries.push_back({.id = std::to_string(i),
                       .plugin_id = lifecycle.row.id,
                       .company_id = {},
                       .level = i % 2 ? "warn" : "info",
                       .message = "line " + std::to_string(i),
                       .meta_json = {},
                       .created_at = WallTime(std::chrono::seconds(i))});
  }
  store.append_logs(std::move(entries), Reply<Done>([](Result<Done> done) { ASSERT_TRUE(done); }));
  loop.run_ready();
  const auto lines = [&](const std::string& query) {
    const auto body = ask("GET", "/api/plugins/acme.x/logs" + query).body;
    return json::Document::parse(body)->root().size();
  };
  EXPECT_EQ(lines(""), 25u);
  EXPECT_EQ(lines("?limit=x"), 25u);
  EXPECT_EQ(lines("?limit=0"), 1u);
  EXPECT_EQ(lines("?limit=3"), 3u);
  EXPECT_EQ(lines("?limit=501"), 30u);
  EXPECT_EQ(lines("?limit=500&level=warn"), 15u);
  EXPECT_EQ(lines("?since=1970-01-01T00:00:20.000Z"), 10u);
  EXPECT_EQ(lines("?since=yesterday"), 25u) << "as the reference";
  EXPECT_EQ(lines("?level=debug"), 0u);
  const auto garbage = ask("GET", "/api/plugins/acme.x/logs?level=loud");
  EXPECT_EQ(garbage.status, 400);
  EXPECT_EQ(garbage.body,
            R"({"error":"Invalid level 'loud'. Must be one of: debug, info, warn, error, metric",)"
            R"("code":"invalid_request","remedy":"leave it out for lines of every level"})");
}

TEST_F(ApiTest, TheTokenIsAskedForEverywhereButAtTheProbes) {
  token = "secret";
  const auto missing = ask("GET", "/api/plugins");
  EXPECT_EQ(missing.status, 401);
  EXPECT_THAT(missing.body, HasSubstr(R"("code":"unauthorized")"));
  EXPECT_EQ(missing.headers.at(0).name, "WWW-Authenticate");
  for (const auto* wrong :
       {"Bearer secre", "Bearer secret2", "Bearer ", "secret", "Basic secret", "Bearer  secret"}) {
    EXPECT_EQ(ask("GET", "/api/plugins", {}, {{"Authorization", wrong}}).status, 401) << wrong;
  }
  EXPECT_EQ(ask("GET", "/api/plugins", {}, {{"authorization", "Bearer secret"}}).status, 200);
  EXPECT_EQ(ask("GET", "/api/plugins", {}, {{"Authorization", "bEARER secret"}}).status, 200);
  EXPECT_EQ(ask("GET", "/no/such/route").status, 401) << "strangers learn nothing";
  EXPECT_EQ(ask("GET", "/healthz").body, R"({"status":"ok","version":"9.9.9"})");
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
}

TEST_F(ApiTest, StrangersAreRefusedBeforeTheirBodyIsRead) {
  token = "secret";
  http::Request head{.method = "POST", .path = k_execute, .headers = {{"Content-Length", "9"}}};
  const auto refused = api().admit(head);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401);
  head.headers.push_back({"Authorization", "Bearer secret"});
  EXPECT_FALSE(api().admit(head));

  http::Request probe{.method = "GET", .path = "/healthz"};
  EXPECT_FALSE(api().admit(probe));
  probe.headers = {{"Content-Length", "0"}};
  EXPECT_FALSE(api().admit(probe));
  probe.headers = {{"Content-Length", "9"}};
  EXPECT_TRUE(api().admit(probe)) << "a probe has nothing to send";
  probe.headers = {{"Transfer-Encoding", "chunked"}};
  EXPECT_TRUE(api().admit(probe));
}

TEST_F(ApiTest, WhatTellsHowTheHostIsIsVital) {
  for (const auto* path : {"/healthz", "/readyz", "/metrics"}) {
    http::Request head{.method = "GET", .path = path};
    EXPECT_TRUE(api().is_vital(head)) << path;
    head.headers = {{"Content-Length", "9"}};
    EXPECT_FALSE(api().is_vital(head)) << "it has nothing to send";
  }
  for (const auto* path : {"/api/plugins", "/api/plugins/tools/execute", "/", "/healthz/x"}) {
    EXPECT_FALSE(api().is_vital({.method = "GET", .path = path})) << path;
  }
}

TEST_F(ApiTest, ReadinessIsStartUpAndStore) {
  EXPECT_EQ(ask("GET", "/readyz").body, R"({"status":"ready"})");
  ready = false;
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
}

TEST_F(ApiTest, OtherPathsAndMethods) {
  const auto unknown = ask("GET", "/api/nope");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr(R"({"error":"API route not found","code":"not_found")"));
  const auto wrong = ask("PUT", "/api/plugins/acme.x");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at(0).name, "Allow");
  EXPECT_EQ(wrong.headers.at(0).value, "GET, HEAD, DELETE");
  EXPECT_THAT(ask("GET", "/api/openapi.json").body,
              testing::StartsWith("{\n  \"openapi\": \"3.1.0\""));
}

// ---- data, actions, streams

TEST_F(ApiTest, DataAndActionsAreAskedOfTheWorker) {
  workers.answer = R"({"n":1.0})";
  for (const auto* path : {"bridge/data", "data/k"}) {
    const auto answer =
        ask("POST", std::string("/api/plugins/acme.x/") + path, R"({"key":"k","params":{"a":1}})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"data":{"n":1.0}})");
    EXPECT_EQ(workers.asked.back().method, "getData");
  }
  EXPECT_EQ(workers.asked[0].params_json, workers.asked[1].params_json);
  for (const auto* path : {"bridge/action", "actions/k"}) {
    ask("POST", std::string("/api/plugins/acme.x/") + path, R"({"key":"k","companyId":"c"})");
    EXPECT_EQ(workers.asked.back().method, "performAction");
    EXPECT_EQ(workers.asked.back().company_id, "c");
  }
  EXPECT_EQ(workers.asked[0].company_id, "default") << "the one tenant";
  EXPECT_THAT(ask("GET", "/metrics").body,
              HasSubstr("collet_bridge_calls_total{plugin=\"acme.x\",method=\"getData\","
                        "outcome=\"result\"} 2\n"));
}

TEST_F(ApiTest, TheDeadlineOfDataIsTheCallersOrTheHosts) {
  ask("POST", "/api/plugins/acme.x/data/k");
  EXPECT_EQ(workers.asked.back().deadline.when(), loop.now() + std::chrono::seconds(30));
  ask("POST", "/api/plugins/acme.x/data/k", R"({"timeoutMs":250})");
  EXPECT_EQ(workers.asked.back().deadline.when(), loop.now() + std::chrono::milliseconds(250));
  ask("POST", "/api/plugins/acme.x/data/k", R"({"timeoutMs":86400000})");
  EXPECT_EQ(workers.asked.back().deadline.when(), loop.now() + std::chrono::hours(1));
  client.request_stop();
  EXPECT_TRUE(workers.asked.back().cancellation.stop_requested());
}

TEST_F(ApiTest, DataThatCannotBeHadIsAnsweredAsTheReferenceDoes) {
  workers.answer = std::unexpected(Error{.code = ErrorCode::tool_error,
                                         .message = "No data handler registered for key \"k\"",
                                         .rpc_code = -32002});
  const auto failed = ask("POST", "/api/plugins/acme.x/data/k");
  EXPECT_EQ(failed.status, 502);
  EXPECT_EQ(failed.body,
            R"({"code":"WORKER_ERROR","message":"No data handler registered for key \"k\""})");
  EXPECT_EQ(ask("POST", "/api/plugins/nope/data/k").status, 404);
  EXPECT_EQ(ask("POST", "/api/plugins/acme.x/bridge/data", "{}").status, 400);
  lifecycle.row.status = PluginStatus::disabled;
  const auto disabled = ask("POST", "/api/plugins/acme.x/bridge/action", "{}");
  EXPECT_EQ(disabled.status, 502);
  EXPECT_EQ(
      disabled.body,
      R"x({"code":"WORKER_UNAVAILABLE","message":"Plugin is not ready (current status: disabled)"})x");
}

TEST_F(ApiTest, AStreamIsListenedToByChannelAndCompany) {
  const worker::WorkerIdentity worker{.plugin_id = lifecycle.row.id, .plugin_key = "acme.x"};
  const auto chat = post("GET", "/api/plugins/acme.x/bridge/stream/chat%20room?companyId=c");
  const auto own = post("GET", "/api/plugins/acme.x/bridge/stream/chat%20room");
  services().streams().emit(worker, "chat room", "c", "1");
  services().streams().emit(worker, "chat room", "default", "2");
  EXPECT_EQ(chat->response->body, ":ok\n\ndata: 1\n\n");
  EXPECT_EQ(own->response->body, ":ok\n\ndata: 2\n\n") << "of the one tenant";
  EXPECT_EQ(ask("GET", "/api/plugins/nope/bridge/stream/chat").status, 404);
}

TEST_F(ApiTest, SecretsGoInAndNeverOut) {
  kept->plugins().insert(lifecycle.row, Reply<PluginRecord>([](auto row) { EXPECT_TRUE(row); }));
  loop.run_ready();
  EXPECT_EQ(ask("GET", "/api/secrets").body, "[]");
  auto set = ask("POST", "/api/secrets", R"({"id":"a/b","value":"hunter2"})");
  EXPECT_EQ(set.body, R"({"id":"a/b","companyId":"default","version":1})");
  set = ask("POST", "/api/secrets", R"({"id":"a/b","value":"hunter3","plugin":"acme.x"})");
  EXPECT_EQ(set.body, R"({"id":"a/b","companyId":"default","version":2})");
  const auto list = ask("GET", "/api/secrets?companyId=other").body;
  EXPECT_EQ(list, R"([{"id":"a/b","companyId":"default","versions":[1,2],"plugins":["acme.x"],)"
                  R"("updatedAt":"1970-01-01T00:00:00.000Z"}])");
  EXPECT_EQ(list.find("hunter"), std::string::npos);
  EXPECT_EQ(ask("DELETE", "/api/secrets/a%2Fb").body, R"({"id":"a/b","companyId":"default"})");
  EXPECT_EQ(ask("DELETE", "/api/secrets/a%2Fb").body,
            R"({"error":"there is no secret \"a/b\" in the store","code":"not_found",)"
            R"("remedy":"`collet secret list` shows all that are in it"})");
}

TEST_F(ApiTest, SecretsHaveANameAndAValue) {
  const auto refused = [&](std::string body) {
    const auto answer = ask("POST", "/api/secrets", std::move(body));
    EXPECT_NE(answer.status, 200);
    const auto said = json::Document::parse(answer.body);
    return said->root().find("error")->as_string().value_or("");
  };
  EXPECT_EQ(refused(""), "Request body is required");
  EXPECT_EQ(refused("[]"), "Request body is required");
  EXPECT_EQ(refused(R"({"value":"v"})"), "\"id\" is required and must be a string");
  EXPECT_EQ(refused(R"({"id":"x"})"), "\"value\" is required and must be a string");
  EXPECT_EQ(refused(R"({"id":"x","value":5})"), "\"value\" is required and must be a string");
  EXPECT_EQ(refused(R"({"id":"x","value":""})"), "the value of the secret is empty");
  EXPECT_EQ(refused(R"({"id":"x","value":"v","plugin":1})"),
            "\"plugin\" must be a string if provided");
  EXPECT_EQ(refused(R"({"id":"x","value":"v","plugin":"no.such"})"), "Plugin not found");
  EXPECT_THAT(refused(R"({"id":"../x","value":"v"})"), testing::StartsWith("a secret's name has"));
  EXPECT_EQ(ask("GET", "/api/secrets").body, "[]");
}

TEST_F(ApiTest, ASecretThatCannotBeKeptIsBoundToNobody) {
  kept->plugins().insert(lifecycle.row, Reply<PluginRecord>([](auto row) { EXPECT_TRUE(row); }));
  loop.run_ready();
  const auto is_bound = [&] {
    bool bound = false;
    kept->secrets().is_bound(lifecycle.row.id, {.company_id = "default", .id = "x"},
                             Reply<bool>([&](auto answer) { bound = *answer; }));
    loop.run_ready();
    return bound;
  };
  EXPECT_NE(ask("POST", "/api/secrets", R"({"id":"x","value":"","plugin":"acme.x"})").status, 200);
  EXPECT_FALSE(is_bound());
  EXPECT_EQ(ask("POST", "/api/secrets", R"({"id":"x","value":"v","plugin":"acme.x"})").status, 200);
  EXPECT_TRUE(is_bound());
}

TEST_F(ApiTest, ASecretThatCannotBeBoundSaysThatItIsKept) {
  const auto answer = ask("POST", "/api/secrets", R"({"id":"x","value":"v","plugin":"acme.x"})");
  EXPECT_NE(answer.status, 200);
  EXPECT_THAT(
      answer.body,
      testing::HasSubstr(R"(version 1 of secret \"x\" is kept, but not bound to the plugin)"));
  EXPECT_THAT(ask("GET", "/api/secrets").body,
              testing::HasSubstr(R"("versions":[1],"plugins":[])"));
}

TEST_F(ApiTest, WhatIsCountedOfAPluginGoesWithItsData) {
  manifest.capabilities.push_back("http.outbound");
  auto& all = services();
  for (std::size_t i = 0; i <= limits::plugin_log::lines_at_once_max; ++i)
    all.logs().append(lifecycle.row.id, "info", "x");
  loop.advance(std::chrono::seconds(1));
  const worker::WorkerIdentity worker{.plugin_id = lifecycle.row.id, .plugin_key = "acme.x"};
  const auto params = *json::Document::parse(std::string(R"({"url":"nonsense"})"));
  worker::Invocations invocations;
  all.table().request({.worker = worker,
                       .manifest = manifest,
                       .method = "http.fetch",
                       .params = params.root(),
                       .invocations = invocations},
                      Reply<std::string>([](auto) {}));
  outbound.answer(fail(ErrorCode::invalid_request, "Invalid URL"));
  const auto unload = [&](bool remove_data) {
    for (const auto& [type, handler] : lifecycle.handlers) {
      if (type != PluginEventType::unloaded) continue;
      handler({.type = type,
               .plugin_id = lifecycle.row.id,
               .plugin_key = "acme.x",
               .remove_data = remove_data});
    }
  };
  unload(false);
  EXPECT_EQ(all.logs().use_of(lifecycle.row.id).lines_left_out, 1u);
  EXPECT_EQ(all.counts().size(), 1u);
  unload(true);
  EXPECT_EQ(all.logs().use_of(lifecycle.row.id).lines_left_out, 0u);
  EXPECT_TRUE(all.counts().empty());
}

}  // namespace
}  // namespace collet::api
