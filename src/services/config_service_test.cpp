#include "services/config_service.hpp"

#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr WallTime k_noon{std::chrono::milliseconds(1'795'155'749'038)};

/// One plugin's workers: they answer what a test says, or not yet.
class FakeWorkers final : public WorkerManager {
 public:
  void call(std::string_view plugin_id, WorkerRequest request, Reply<std::string> reply) override {
    asked.push_back(std::string(plugin_id) + "#" +
                    (request.instance ? std::to_string(*request.instance) : "any") + " for " +
                    request.company_id + ": " + request.method + request.params_json);
    deadlines.push_back(request.deadline);
    only_running = request.only_running;
    if (!answers) return waiting.push_back(std::move(reply));
    const auto instance = request.instance.value_or(0);
    const auto at = std::min<std::size_t>(instance, answers->size() - 1);
    reply((*answers)[at]);
  }
  std::optional<WorkerDiagnostics> get_worker(std::string_view) const override { return worker; }

  void start_worker(WorkerStart, Reply<Done>) override {}
  void expect_worker(std::string_view, std::string_view) override {}
  void stop_worker(std::string_view, AfterStop, Reply<Done>) override {}
  void forget_worker(std::string_view) override {}
  void kill_all() override {}
  bool is_running(std::string_view) const override { return true; }
  void call(std::shared_ptr<const RegisteredTool>, ToolCall, Reply<ToolResult>) override {}
  std::vector<WorkerDiagnostics> diagnostics() const override { return {}; }
  void stop_all(Reply<Done>) override {}

  std::optional<WorkerDiagnostics> worker = [] {
    WorkerDiagnostics running;
    running.status = WorkerStatus::running;
    running.supported_methods = {"configChanged"};
    return running;
  }();
  void answer(std::size_t call, Result<std::string> outcome = std::string("null")) {
    auto reply = std::move(waiting.at(call));  // it may ask for more
    reply(std::move(outcome));
  }

  /// By instance, the last one for all further; nothing: the answer waits.
  std::optional<std::vector<Result<std::string>>> answers{{{"null"}}};
  std::vector<Reply<std::string>> waiting;
  std::vector<std::string> asked;
  std::vector<Deadline> deadlines;
  bool only_running = false;  // the last one
};

Result<std::string> rpc_error(int code, std::string message) {
  return std::unexpected(
      Error{.code = ErrorCode::tool_error, .message = std::move(message), .rpc_code = code});
}

class ConfigServiceTest : public ServicesTest {
 protected:
  ConfigServiceTest() { plugin.id = "u", plugin.plugin_key = "acme.x", schema("{}"); }
  ~ConfigServiceTest() override {
    EXPECT_THAT(log.alarms(), testing::ElementsAreArray(expected));
    workers.answers.emplace(1, "null");
    std::exchange(workers.waiting, {}).clear();  // while the service is there to hear of it
  }

  void schema(std::string_view text) {
    plugin.manifest_json = R"({"instanceConfigSchema":)" + std::string(text) + "}";
  }
  ConfigService& service() {
    if (!service_) {
      service_.emplace(ConfigParts{.loop = loop,
                                   .store = store->configs(),
                                   .entropy = *entropy,
                                   .wall_clock = [this] { return now; },
                                   .log = log,
                                   .restart_plugin =
                                       [this](std::string_view id, Reply<Done> reply) {
                                         restarted.emplace_back(id);
                                         reply(restart);
                                       }},
                       policy, limits);
      service_->attach(workers);
      table_.emplace(policy);
      service_->add_to(*table_);
    }
    return *service_;
  }
  ServiceTable& table() {
    service();
    return *table_;
  }
  /// "<json>[ error <last error>][ warning <warning>]", why not, or empty where it waits.
  std::string set(std::string_view config, std::string company = "default") {
    std::string answer;
    const auto document = *json::Document::parse(std::string(config));
    service().set(plugin, std::move(company), document.root(),
                  Reply<ConfigChange>([&](Result<ConfigChange> change) {
                    if (!change) {
                      answer = std::string(describe(change.error().code).name) + ": " +
                               change.error().message;
                      return;
                    }
                    last_change = *change;
                    answer = change->config.row.config_json;
                    if (!change->config.last_error.empty())
                      answer += " error " + change->config.last_error;
                    if (!change->warning.empty()) answer += " warning " + change->warning;
                  }));
    loop.run_ready();
    return answer;
  }
  std::string test(std::string_view config, std::string company = "default") {
    std::string answer;
    const auto document = *json::Document::parse(std::string(config));
    service().test(plugin, std::move(company), document.root(),
                   Reply<ConfigVerdict>([&](Result<ConfigVerdict> verdict) {
                     constexpr std::array kinds{"valid", "invalid", "unsupported"};
                     answer = verdict
                                  ? std::string(kinds.at(static_cast<std::size_t>(verdict->kind))) +
                                        ": " + verdict->message
                                  : std::string(describe(verdict.error().code).name) + ": " +
                                        verdict.error().message;
                   }));
    loop.run_ready();
    return answer;
  }
  std::string last_error(std::string_view company = "default") {
    const auto* config = service().find("u", company);
    return config == nullptr ? "no configuration" : config->last_error;
  }

  GatePolicy policy;
  ConfigLimits limits;
  WallTime now = k_noon;
  PluginRecord plugin;
  FakeWorkers workers;
  std::vector<std::string> restarted;
  Result<Done> restart = Done{};
  std::optional<ConfigChange> last_change;
  std::vector<std::string> expected;  // alarms

 private:
  std::optional<ConfigService> service_;
  std::optional<ServiceTable> table_;
};

TEST_F(ConfigServiceTest, GivesWorkersWhatIsStored) {
  EXPECT_EQ(ask(table(), "config.get"), "{}");
  EXPECT_EQ(set(R"({"b": 1.0, "a": 12345678901234567890})"),
            R"({"b":1.0,"a":12345678901234567890})");
  EXPECT_EQ(ask(table(), "config.get"), R"({"b":1.0,"a":12345678901234567890})");
  EXPECT_EQ(ask(table(), "config.get", R"({"companyId":"any"})"),
            R"({"b":1.0,"a":12345678901234567890})");
  worker.plugin_id = "v";
  EXPECT_EQ(ask(table(), "config.get"), "{}") << "another plugin";
}

TEST_F(ConfigServiceTest, KeepsTheRowWhenItChanges) {
  set(R"({"a":1})");
  const auto first = last_change->config.row;
  EXPECT_TRUE(is_uuid(first.id));
  EXPECT_EQ(first.created_at, k_noon);
  now += 1s;
  set(R"({"a":2})");
  EXPECT_EQ(last_change->config.row.id, first.id);
  EXPECT_EQ(last_change->config.row.created_at, k_noon);
  EXPECT_EQ(last_change->config.row.updated_at, k_noon + 1s);
}

TEST_F(ConfigServiceTest, WhatIsStoredIsThereAgainAfterALoad) {
  set(R"({"a":1})");
  ConfigService again({.loop = loop,
                       .store = store->configs(),
                       .entropy = *entropy,
                       .wall_clock = [this] { return now; },
                       .log = log},
                      policy);
  EXPECT_EQ(again.find("u", "default"), nullptr);
  bool loaded = false;
  again.load(Reply<Done>([&](Result<Done> done) { loaded = done.has_value(); }));
  loop.run_ready();
  ASSERT_TRUE(loaded);
  ASSERT_NE(again.find("u", "default"), nullptr);
  EXPECT_EQ(again.find("u", "default")->row.config_json, R"({"a":1})");
}

TEST_F(ConfigServiceTest, AWrongConfigurationChangesNothing) {
  schema(R"({"properties":{"a":{"type":"integer"}}})");
  EXPECT_EQ(set(R"({"a":1})"), R"({"a":1})");
  workers.asked.clear();
  EXPECT_EQ(set(R"({"a":"x"})"),
            "invalid_request: Configuration does not match the plugin's instanceConfigSchema");
  EXPECT_EQ(ask(table(), "config.get"), R"({"a":1})");
  EXPECT_THAT(workers.asked, IsEmpty());
}

TEST_F(ConfigServiceTest, AnInvalidSchemaIsAWarning) {
  schema(R"({"type":"text"})");
  const auto answer = set(R"({"a":1})");
  EXPECT_EQ(answer.substr(0, 75),
            R"({"a":1} warning the configuration was not judged: the plugin's instanceConf)");
  EXPECT_EQ(ask(table(), "config.get"), R"({"a":1})");
  expected = {
      "warn configuration not judged plugin=acme.x reason=\"instanceConfigSchema is invalid at "
      "/type: type must be one of null, boolean, integer, number, string, array, object, or a list "
      "of them; got \\\"text\\\"\""};
}

TEST_F(ConfigServiceTest, ConfigurationsHaveALimitOfBytes) {
  limits.config_bytes_max = 10;
  EXPECT_EQ(set(R"({"a": "1"})"), R"({"a":"1"})");
  EXPECT_EQ(set(R"({"a":"12"})"), R"({"a":"12"})");
  EXPECT_EQ(set(R"({"a":"123"})"),
            "payload_too_large: the configuration has 11 bytes, the limit is 10");
  EXPECT_EQ(test(R"({"a":"123"})"),
            "payload_too_large: the configuration has 11 bytes, the limit is 10");
}

TEST_F(ConfigServiceTest, SoManyCompaniesMayConfigureAPlugin) {
  limits.companies_max = 2;
  EXPECT_EQ(set("{}", "acme"), "{}");
  EXPECT_EQ(set("{}", "globex"), "{}");
  EXPECT_EQ(set("{}", "initech"),
            "payload_too_large: 2 companies have configured plugin \"acme.x\", which is the limit");
  EXPECT_EQ(set(R"({"a":1})", "acme"), R"({"a":1})");
  plugin.id = "v";
  EXPECT_EQ(set("{}", "initech"), "{}");
}

TEST_F(ConfigServiceTest, APluginThatIsGoneIsNotConfigured) {
  set("{}");
  service().forget("u");
  EXPECT_EQ(service().find("u", "default"), nullptr);
  plugin.id = "gone";
  EXPECT_EQ(set("{}"), "plugin_not_found: no plugin in the store has the id gone");
  EXPECT_EQ(service().find("gone", "default"), nullptr);
}

// ---- what workers are told

TEST_F(ConfigServiceTest, EveryProcessIsTold) {
  workers.worker->instances = 2;
  set(R"({"a":1})", "acme");
  EXPECT_THAT(workers.asked,
              ElementsAre(R"(u#0 for acme: configChanged{"config":{"a":1},"companyId":"acme"})",
                          R"(u#1 for acme: configChanged{"config":{"a":1},"companyId":"acme"})"));
  EXPECT_THAT(workers.deadlines,
              testing::Each(Deadline::after(loop.now(), ConfigLimits{}.delivery_timeout)));
  EXPECT_THAT(restarted, IsEmpty());
}

TEST_F(ConfigServiceTest, AnswersWhenAllHaveAnswered) {
  workers.worker->instances = 2;
  workers.answers.reset();
  bool answered = false;
  service().set(plugin, "default", json::Document::parse("{}")->root(),
                Reply<ConfigChange>([&](auto) { answered = true; }));
  loop.run_ready();
  ASSERT_EQ(workers.waiting.size(), 2u);
  workers.waiting[1]("null");
  EXPECT_FALSE(answered);
  workers.waiting[0]("null");
  EXPECT_TRUE(answered);
}

TEST_F(ConfigServiceTest, WhatDoesNotRunIsNotTold) {
  workers.worker->status = WorkerStatus::starting;
  EXPECT_EQ(set("{}"), "{}");
  workers.worker.reset();
  EXPECT_EQ(set("{}"), "{}");
  EXPECT_THAT(workers.asked, IsEmpty());
}

TEST_F(ConfigServiceTest, APluginThatDoesNotKnowTheMethodIsRestartedOnce) {
  workers.worker->instances = 2;
  for (const int code : {-32004, -32601}) {
    workers.answers = {{rpc_error(code, "not implemented")}};
    EXPECT_EQ(set("{}"), "{}");
  }
  EXPECT_THAT(restarted, ElementsAre("u", "u"));
  EXPECT_EQ(last_error(), "");
}

TEST_F(ConfigServiceTest, APluginThatDoesNotNameTheMethodIsRestartedAtOnce) {
  workers.worker->supported_methods = {"health"};
  EXPECT_EQ(set("{}"), "{}");
  EXPECT_THAT(workers.asked, IsEmpty());
  EXPECT_THAT(restarted, ElementsAre("u"));
}

TEST_F(ConfigServiceTest, ARestartThatFailsIsTold) {
  workers.answers = {{rpc_error(-32601, "Unknown method: configChanged")}};
  restart = fail(ErrorCode::invalid_transition, "it is disabled");
  EXPECT_EQ(set("{}"), "{} error the plugin was not restarted: it is disabled");
  expected = {
      "warn plugin not restarted for its new configuration plugin=acme.x reason=\"it is "
      "disabled\""};
}

TEST_F(ConfigServiceTest, AWorkerThatRefusesIsToldAndLoggedAndNothingElse) {
  workers.worker->instances = 2;
  workers.answers = {{rpc_error(-32006, "refusing"), {"null"}}};
  EXPECT_EQ(set(R"({"a":1})"), R"({"a":1} error refusing)");
  workers.answers = {{rpc_error(-32002, "boom")}};
  EXPECT_EQ(set(R"({"a":2})"), R"({"a":2} error boom)");
  EXPECT_EQ(ask(table(), "config.get"), R"({"a":2})");
  EXPECT_THAT(restarted, IsEmpty());
  expected = {
      "warn worker keeps the configuration of another company plugin=acme.x company=default "
      "reason=refusing",
      "warn worker did not take its configuration plugin=acme.x company=default reason=boom",
      "warn worker did not take its configuration plugin=acme.x company=default reason=boom"};
  workers.answers = {{{"null"}}};
  EXPECT_EQ(set(R"({"a":3})"), R"({"a":3})");
}

TEST_F(ConfigServiceTest, AWorkerThatWentAwayMeanwhileIsToldAtItsNextStart) {
  for (const auto code : {ErrorCode::worker_unavailable, ErrorCode::worker_crashed}) {
    workers.answers = {{fail(code, "gone")}};
    EXPECT_EQ(set("{}"), "{}");
  }
  EXPECT_EQ(last_error(), "");
}

TEST_F(ConfigServiceTest, AWorkerIsToldAtEachStart) {
  set(R"({"a":1})");
  workers.asked.clear();
  worker.instance = 3;
  table().started(worker);
  EXPECT_THAT(
      workers.asked,
      ElementsAre(R"(u#3 for default: configChanged{"config":{"a":1},"companyId":"default"})"));
  worker.plugin_id = "v";
  table().started(worker);
  EXPECT_EQ(workers.asked.size(), 1u);
}

TEST_F(ConfigServiceTest, OfSeveralTenantsTheEldestConfigurationIsToldFirst) {
  policy.tenancy = Tenancy::multi;
  set(R"({"a":1})", "zeta");
  now += 1s;
  set(R"({"a":2})", "acme");
  set(R"({"a":3})", "zeta");
  workers.asked.clear();
  table().started(worker);
  EXPECT_THAT(workers.asked,
              ElementsAre(R"(u#0 for zeta: configChanged{"config":{"a":3},"companyId":"zeta"})",
                          R"(u#0 for acme: configChanged{"config":{"a":2},"companyId":"acme"})"));
}

TEST_F(ConfigServiceTest, AWorkerThatStartsIsToldAsMuchAtATimeAsItTakes) {
  policy.tenancy = Tenancy::multi;
  limits.replay_bytes_max = 14;
  for (const auto* company : {"a", "b", "c", "d"}) {
    set(R"({"a":1})", company);
    now += 1s;
  }
  workers.asked.clear();
  workers.answers.reset();
  table().started(worker);
  const auto told = [&] {
    std::string companies;
    for (const auto& each : workers.asked) companies += each.substr(8, 1);
    return companies;
  };
  EXPECT_EQ(told(), "ab");
  workers.answer(0);
  EXPECT_EQ(told(), "abc");
  workers.answers.emplace(1, "null");
  set(R"({"a":2})", "d");
  workers.answers.reset();
  workers.answer(1);
  EXPECT_EQ(told(), "abcdd");
  EXPECT_THAT(workers.asked.back(), testing::HasSubstr(R"({"a":2})")) << "what it is by now";
}

// The next process hears the eldest first, too, and not what was left for the last one.
TEST_F(ConfigServiceTest, AWorkerThatEndedIsToldNoMore) {
  policy.tenancy = Tenancy::multi;
  limits.replay_bytes_max = 1;
  set(R"({"a":1})", "a");
  now += 1s;
  set(R"({"a":1})", "b");
  workers.asked.clear();
  workers.answers.reset();
  table().started(worker);
  table().ended(worker);
  workers.answer(0, fail(ErrorCode::worker_crashed, "it crashed"));
  EXPECT_EQ(workers.asked.size(), 1u);
  table().started(worker);
  ASSERT_EQ(workers.asked.size(), 2u);
  EXPECT_EQ(workers.asked.back().substr(0, 9), "u#0 for a");
}

// While it stops, what it is sent would go to the next process, behind what that is told.
TEST_F(ConfigServiceTest, AWorkerThatStopsIsToldNoMore) {
  policy.tenancy = Tenancy::multi;
  for (const auto* company : {"a", "b", "c"}) {
    set(R"({"a":1})", company);
    now += 1s;
  }
  workers.asked.clear();
  workers.answers.emplace(1, fail(ErrorCode::worker_unavailable, "it does not run"));
  table().started(worker);
  EXPECT_EQ(workers.asked.size(), 1u);
  EXPECT_TRUE(workers.only_running);
  EXPECT_EQ(service().find("u", "a")->last_error, "");
}

TEST_F(ConfigServiceTest, AWorkerThatDoesNotReadIsToldTheRestLater) {
  set(R"({"a":1})");
  workers.asked.clear();
  workers.answers.emplace(
      1, std::unexpected(Error{
             .code = ErrorCode::overloaded, .message = "it does not read", .retry_after = 1s}));
  table().started(worker);
  loop.advance(1s);
  EXPECT_EQ(workers.asked.size(), 2u);
  workers.answers.emplace(1, "null");
  loop.advance(999ms);
  EXPECT_EQ(workers.asked.size(), 2u);
  loop.advance(1ms);
  loop.advance(10s);
  EXPECT_EQ(workers.asked.size(), 3u) << "it has it";
}

TEST_F(ConfigServiceTest, WithOneTenantAWorkerHearsOfNoOther) {
  set("{}", "left over from several tenants");
  workers.asked.clear();
  table().started(worker);
  EXPECT_THAT(workers.asked, IsEmpty());
}

TEST_F(ConfigServiceTest, FailuresAtAStartAreLoggedAndNothingElse) {
  set("{}");
  workers.answers = {{rpc_error(-32601, "Unknown method: configChanged")}};
  table().started(worker);
  EXPECT_THAT(restarted, IsEmpty());
  EXPECT_EQ(last_error(), "");
  workers.answers = {{fail(ErrorCode::timeout, "too slow")}};
  table().started(worker);
  EXPECT_EQ(last_error(), "too slow");
  expected = {
      "warn worker did not take its configuration plugin=acme.x company=default "
      "reason=\"too slow\""};
  workers.answers = {{{"null"}}};
  table().started(worker);
  EXPECT_EQ(last_error(), "");
}

// ---- several tenants

TEST_F(ConfigServiceTest, OfSeveralTenantsAWorkerGetsTheConfigurationOfItsCallsOne) {
  policy.tenancy = Tenancy::multi;
  set(R"({"of":"acme"})", "acme");
  set(R"({"of":"globex"})", "globex");
  invocations.begin("1", "acme");
  invocations.begin("2", "initech");
  invocation_id = "1";
  EXPECT_EQ(ask(table(), "config.get"), R"({"of":"acme"})");
  EXPECT_EQ(ask(table(), "config.get", R"({"companyId":"globex"})").substr(0, 6), "-32005");
  invocation_id = "2";
  EXPECT_EQ(ask(table(), "config.get"), "{}");
  invocation_id = "forged";
  EXPECT_EQ(ask(table(), "config.get").substr(0, 6), "-32005");
}

// ---- shortcomings, test

TEST_F(ConfigServiceTest, TellsWhatAPluginLacks) {
  schema(R"({"properties":{"a":{"type":"integer"}},"required":["a"]})");
  ASSERT_EQ(service().shortcomings(plugin, "default").size(), 1u);
  EXPECT_EQ(service().shortcomings(plugin, "default")[0].message,
            R"(missing required property "a" (integer))");
  set(R"({"a":1})");
  EXPECT_THAT(service().shortcomings(plugin, "default"), IsEmpty());
}

TEST_F(ConfigServiceTest, AWorkerTriesAConfigurationOut) {
  workers.answers = {{{R"({"ok":true})"}}};
  EXPECT_EQ(test(R"({"a":1})", "acme"), "valid: ");
  EXPECT_THAT(workers.asked, ElementsAre(R"(u#any for acme: validateConfig{"config":{"a":1}})"));
  EXPECT_THAT(workers.deadlines,
              ElementsAre(Deadline::after(loop.now(), ConfigLimits{}.test_timeout)));
  EXPECT_EQ(service().find("u", "acme"), nullptr) << "nothing is stored";
  workers.answers = {{{R"({"ok":true,"warnings":["slow","old"]})"}}};
  EXPECT_EQ(test("{}"), "valid: Warnings: slow; old");
  workers.answers = {{{R"({"ok":false,"errors":["no key","no host"],"warnings":["x"]})"}}};
  EXPECT_EQ(test("{}"), "invalid: no key; no host");
  workers.answers = {{{R"({"ok":false,"errors":[]})"}}};
  EXPECT_EQ(test("{}"), "invalid: Configuration validation failed.");
  workers.answers = {{{"{}"}}};
  EXPECT_EQ(test("{}"), "invalid: Configuration validation failed.");
}

TEST_F(ConfigServiceTest, APluginMayHaveNoTestOfItsOwn) {
  for (const int code : {-32004, -32601}) {
    workers.answers = {{rpc_error(code, "not implemented")}};
    EXPECT_EQ(test("{}"), "unsupported: This plugin does not support configuration testing.");
  }
}

TEST_F(ConfigServiceTest, ATestThatGoesWrongFails) {
  schema(R"({"properties":{"a":{"type":"integer"}}})");
  EXPECT_EQ(test(R"({"a":"x"})"),
            "invalid_request: Configuration does not match the plugin's instanceConfigSchema");
  EXPECT_THAT(workers.asked, IsEmpty()) << "the schema is asked first";
  workers.answers = {{{"null"}}};
  EXPECT_EQ(test("{}"), "invalid_result: the worker's answer to \"validateConfig\" is no object");
  workers.answers = {{rpc_error(-32002, "boom")}};
  EXPECT_EQ(test("{}"), "tool_error: boom");
}

}  // namespace
}  // namespace collet::services
