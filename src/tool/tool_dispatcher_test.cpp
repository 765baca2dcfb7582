#include "collet/tool_dispatcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "base/logger.hpp"
#include "base/virtual_loop.hpp"
#include "tool/fake_provider.hpp"

namespace collet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using tool::FakeProvider;
using tool::manifest_with;
using tool::reply_into;

constexpr auto uuid = "0197a3c2-5b7e-4d0a-9c1f-3e8b6a2d4f01";

class FakeEvents final : public PluginEvents {
 public:
  SubscriptionId on(PluginEventType type, Handler handler) override {
    handlers[++last_] = {type, std::move(handler)};
    return last_;
  }
  void off(SubscriptionId subscription) override { handlers.erase(subscription); }

  void emit(PluginEventType type, std::string key,
            std::shared_ptr<const Manifest> manifest = nullptr) {
    const PluginEvent event{
        .type = type, .plugin_id = uuid, .plugin_key = std::move(key), .manifest = manifest};
    for (const auto& [id, subscribed] : handlers) {
      if (subscribed.first == type) subscribed.second(event);
    }
  }

  std::map<SubscriptionId, std::pair<PluginEventType, Handler>> handlers;

 private:
  SubscriptionId last_ = 0;
};

class FakeReadyPlugins final : public ReadyPlugins {
 public:
  void list_ready(Reply<std::vector<ReadyPlugin>> reply) override {
    asked.push_back(std::move(reply));
  }
  std::vector<Reply<std::vector<ReadyPlugin>>> asked;
};

std::shared_ptr<const Manifest> shared_manifest(std::vector<std::string> tools) {
  return std::make_shared<const Manifest>(manifest_with(std::move(tools)));
}

/// Plugin "acme" with the tool "a", which has a schema for its parameters and one for its result.
Manifest judged_manifest(PluginSettings settings = {}) {
  auto manifest = manifest_with({"a"});
  manifest.settings = settings;
  manifest.tools[0].parameters_schema =
      R"({"properties":{"n":{"type":"integer","default":7}},"required":["n"]})";
  manifest.tools[0].settings.output_schema = R"({"properties":{"sum":{"type":"integer"}}})";
  return manifest;
}

class ToolDispatcherTest : public testing::Test {
 protected:
  ToolDispatcherOptions options() {
    return {.workers = provider,
            .events = &events,
            .ready_plugins = &ready,
            .log = &log,
            .loop = &loop};
  }
  /// A pending call keeps its tool, and that its provider.
  void TearDown() override { provider->drop_all(); }
  Result<ToolExecutionResult>& execute(ToolCall call) {
    outcome.reset();
    dispatcher.execute_tool(std::move(call), reply_into(outcome));
    static Result<ToolExecutionResult> pending = fail(ErrorCode::internal_error, "still pending");
    return outcome ? *outcome : pending;
  }
  /// Initializes with these ready plugins.
  void initialize(std::vector<ReadyPlugin> plugins = {}) {
    dispatcher.initialize(reply_into(initialized));
    ASSERT_EQ(ready.asked.size(), 1u);
    ready.asked[0](std::move(plugins));
    ASSERT_TRUE(initialized && *initialized);
  }
  std::vector<std::string> names() {
    std::vector<std::string> list;
    for (const auto& tool : dispatcher.list_tools_for_agent()) list.push_back(tool.name);
    return list;
  }

  VirtualLoop loop;
  RecordingLogger log;
  FakeEvents events;
  FakeReadyPlugins ready;
  std::shared_ptr<FakeProvider> provider = std::make_shared<FakeProvider>();
  std::optional<Result<ToolExecutionResult>> outcome;
  std::optional<Result<Done>> initialized;
  ToolDispatcher dispatcher{options()};
};

// --- tools and plugins ---

TEST_F(ToolDispatcherTest, ShowsAgentsWhatTheyNeed) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"search"}), uuid));
  const auto tools = dispatcher.list_tools_for_agent();
  ASSERT_EQ(tools.size(), 1u);
  EXPECT_EQ(tools[0].name, "acme:search");
  EXPECT_EQ(tools[0].display_name, "The search");
  EXPECT_EQ(tools[0].description, "Does search.");
  EXPECT_EQ(tools[0].parameters_schema, R"({"type":"object"})");
  EXPECT_EQ(tools[0].plugin_id, uuid);
  EXPECT_EQ(dispatcher.list_tools_for_agent({.plugin_id = uuid}).size(), 1u);
  EXPECT_EQ(dispatcher.list_tools_for_agent({.plugin_id = "other"}).size(), 0u);
  EXPECT_EQ(dispatcher.tool_count(), 1u);
  EXPECT_EQ(dispatcher.tool_count("acme"), 1u);
  EXPECT_EQ(dispatcher.get_tool("acme:search"), dispatcher.registry().get_tool("acme:search"));
  dispatcher.unregister_plugin_tools(uuid);
  EXPECT_EQ(dispatcher.tool_count(), 0u);
}

TEST_F(ToolDispatcherTest, InitializeRegistersTheToolsOfAllReadyPlugins) {
  initialize({{"b", uuid, shared_manifest({"1", "2"})}, {"a", "", shared_manifest({"1"})}});
  EXPECT_THAT(names(), ElementsAre("b:1", "b:2", "a:1"));
  EXPECT_EQ(dispatcher.get_tool("b:1")->plugin_db_id, uuid);
}

TEST_F(ToolDispatcherTest, InitializeTwiceDoesNothingMore) {
  initialize();
  const auto subscriptions = events.handlers.size();
  std::optional<Result<Done>> again;
  dispatcher.initialize(reply_into(again));
  ASSERT_TRUE(again && *again);
  EXPECT_EQ(ready.asked.size(), 1u);
  EXPECT_EQ(events.handlers.size(), subscriptions);
  EXPECT_THAT(log.alarms(), ElementsAre("warn dispatcher already initialized, skipping"));
}

TEST_F(ToolDispatcherTest, InitializeFailsAsTheStoreSaysAndMayBeTriedAgain) {
  dispatcher.initialize(reply_into(initialized));
  ready.asked[0](fail(ErrorCode::store_unavailable, "disk full"));
  ASSERT_TRUE(initialized && !*initialized);
  EXPECT_EQ(initialized->error().message, "disk full");
  EXPECT_THAT(events.handlers, IsEmpty());

  initialized.reset();
  dispatcher.initialize(reply_into(initialized));
  ASSERT_EQ(ready.asked.size(), 2u);
  ready.asked[1](std::vector<ReadyPlugin>{{"a", "", shared_manifest({"1"})}});
  ASSERT_TRUE(initialized && *initialized);
  EXPECT_THAT(names(), ElementsAre("a:1"));
}

TEST_F(ToolDispatcherTest, OneBadManifestDoesNotKeepTheOthersOut) {
  initialize({{"bad", "", shared_manifest({"1", "1"})}, {"good", "", shared_manifest({"1"})}});
  EXPECT_THAT(names(), ElementsAre("good:1"));
  ASSERT_EQ(log.alarms().size(), 1u);
  EXPECT_THAT(log.alarms()[0],
              testing::StartsWith("error failed to register tools plugin_key=bad"));
}

TEST_F(ToolDispatcherTest, ToolsFollowThePluginsEvents) {
  initialize();
  for (const auto gone : {PluginEventType::disabled, PluginEventType::error,
                          PluginEventType::unloaded, PluginEventType::upgrade_pending}) {
    events.emit(PluginEventType::enabled, "acme", shared_manifest({"a"}));
    EXPECT_THAT(names(), ElementsAre("acme:a"));
    EXPECT_EQ(dispatcher.get_tool("acme:a")->plugin_db_id, uuid);
    events.emit(gone, "acme");
    EXPECT_THAT(names(), IsEmpty()) << to_string(gone);
  }
}

TEST_F(ToolDispatcherTest, EnablingAgainReplacesTheTools) {
  initialize({{"acme", uuid, shared_manifest({"old"})}});
  events.emit(PluginEventType::enabled, "acme", shared_manifest({"new"}));
  EXPECT_THAT(names(), ElementsAre("acme:new"));
}

TEST_F(ToolDispatcherTest, EventsWithoutAManifestOrOfWorkersChangeNothing) {
  initialize({{"acme", uuid, shared_manifest({"a"})}});
  events.emit(PluginEventType::enabled, "acme");
  events.emit(PluginEventType::worker_stopped, "acme");
  events.emit(PluginEventType::status_changed, "acme");
  EXPECT_THAT(names(), ElementsAre("acme:a"));
  EXPECT_THAT(log.alarms(), ElementsAre("warn plugin has no manifest, cannot register its tools "
                                        "plugin_key=acme"));
}

TEST_F(ToolDispatcherTest, AnEventIsNewerThanTheListThatWasAskedForBefore) {
  dispatcher.initialize(reply_into(initialized));
  events.emit(PluginEventType::disabled, "gone");
  events.emit(PluginEventType::enabled, "new", shared_manifest({"2"}));
  ready.asked[0](std::vector<ReadyPlugin>{{"gone", "", shared_manifest({"1"})},
                                          {"new", "", shared_manifest({"1"})},
                                          {"calm", "", shared_manifest({"1"})}});
  EXPECT_THAT(names(), ElementsAre("new:2", "calm:1"));
}

TEST_F(ToolDispatcherTest, TeardownStopsFollowingAndKeepsTheTools) {
  initialize({{"acme", uuid, shared_manifest({"a"})}});
  dispatcher.teardown();
  EXPECT_THAT(events.handlers, IsEmpty());
  EXPECT_THAT(names(), ElementsAre("acme:a"));
  execute({.tool = "acme:a", .parameters = {}});
  EXPECT_EQ(provider->received.size(), 1u);
  dispatcher.teardown();
}

TEST_F(ToolDispatcherTest, TeardownDuringInitializeEndsIt) {
  dispatcher.initialize(reply_into(initialized));
  dispatcher.teardown();
  EXPECT_THAT(events.handlers, IsEmpty());
  ready.asked[0](std::vector<ReadyPlugin>{{"acme", "", shared_manifest({"a"})}});
  ASSERT_TRUE(initialized && !*initialized);
  EXPECT_EQ(initialized->error().code, ErrorCode::shutting_down);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(ToolDispatcherTest, DestructionUnsubscribesAndAnswersInitialize) {
  {
    ToolDispatcher other(options());
    other.initialize(reply_into(initialized));
    EXPECT_FALSE(events.handlers.empty());
  }
  EXPECT_THAT(events.handlers, IsEmpty());
  ready.asked[0](std::vector<ReadyPlugin>{});
  ASSERT_TRUE(initialized && !*initialized);
  EXPECT_EQ(initialized->error().code, ErrorCode::shutting_down);
}

TEST_F(ToolDispatcherTest, WorksWithNothingButAProviderAndALoop) {
  ToolDispatcher bare({.workers = provider, .loop = &loop});
  bare.initialize(reply_into(initialized));
  ASSERT_TRUE(initialized && *initialized);
  ASSERT_TRUE(bare.register_plugin_tools("acme", manifest_with({"a"}), ""));
  bare.execute_tool({.tool = "acme:a", .parameters = {}}, reply_into(outcome));
  ASSERT_EQ(provider->received.size(), 1u);
  provider->received[0].reply(ToolResult{"1"});
  ASSERT_TRUE(outcome && *outcome);
}

// --- one call ---

TEST_F(ToolDispatcherTest, HandsTheCallToTheProviderAndTheResultBack) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"a:b"}), uuid));
  execute(
      {.tool = "acme:a:b",
       .parameters = *Json::parse(R"({"n": 1.0, "s":"\ud800"})"),
       .context = {.agent_id = "agent", .run_id = "run", .company_id = "c", .project_id = "p"}});
  ASSERT_EQ(provider->received.size(), 1u);
  auto& received = provider->received[0];
  EXPECT_EQ(received.tool, dispatcher.get_tool("acme:a:b"));
  EXPECT_EQ(received.call.parameters.text(), R"({"n":1.0,"s":"\ud800"})");
  EXPECT_EQ(received.call.context.agent_id, "agent");
  EXPECT_EQ(received.call.context.project_id, "p");
  ASSERT_FALSE(outcome);

  received.reply(ToolResult{R"({"content":"x"})"});
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->plugin_id, "acme");
  EXPECT_EQ((*outcome)->tool_name, "a:b");
  EXPECT_EQ((*outcome)->result.json, R"({"content":"x"})");
}

TEST_F(ToolDispatcherTest, HandsTheProvidersErrorBack) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"a"}), uuid));
  execute({.tool = "acme:a", .parameters = {}});
  provider->received[0].reply(std::unexpected(Error{.code = ErrorCode::worker_crashed,
                                                    .message = "exited with code 3",
                                                    .remedy = "see the log"}));
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::worker_crashed);
  EXPECT_EQ(outcome->error().message, "exited with code 3");
  EXPECT_EQ(outcome->error().remedy, "see the log");
}

TEST_F(ToolDispatcherTest, AProviderThatForgetsToAnswerIsABugAndIsAnswered) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"a"}), uuid));
  execute({.tool = "acme:a", .parameters = {}});
  provider->drop_all();
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::internal_error);
}

TEST_F(ToolDispatcherTest, UnknownToolIsNotFound) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"search"}), uuid));
  auto& result = execute({.tool = "acme:seach", .parameters = {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::tool_not_found);
  EXPECT_EQ(result.error().message, R"(Tool "acme:seach" not found)");
  EXPECT_EQ(result.error().remedy, R"(did you mean "acme:search"?)");
}

TEST_F(ToolDispatcherTest, ParametersAreJudgedBeforeTheProviderSeesThem) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", judged_manifest(), uuid));
  auto& result = execute({.tool = "acme:a", .parameters = *Json::parse(R"({"n":"1"})")});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid_parameters);
  EXPECT_EQ(
      result.error().message,
      R"(parameters of acme:a do not fit its schema: /n must be an integer; got "1" (a string))");
  ASSERT_EQ(result.error().violations.size(), 1u);
  EXPECT_EQ(result.error().violations[0].instance_pointer, "/n");
  EXPECT_THAT(provider->received, IsEmpty());

  execute({.tool = "acme:a", .parameters = *Json::parse(R"({"n":1,"x":1.0})")});
  ASSERT_EQ(provider->received.size(), 1u);
  EXPECT_EQ(provider->received[0].call.parameters.text(), R"({"n":1,"x":1.0})");
}

TEST_F(ToolDispatcherTest, TheProviderGetsAdaptedParameters) {
  ASSERT_TRUE(dispatcher.register_plugin_tools(
      "acme", judged_manifest({.fill_defaults = true, .coerce = true}), uuid));
  execute({.tool = "acme:a", .parameters = *Json::parse(R"({"n":"1"})")});
  execute({.tool = "acme:a", .parameters = {}});
  ASSERT_EQ(provider->received.size(), 2u);
  EXPECT_EQ(provider->received[0].call.parameters.text(), R"({"n":1})");
  EXPECT_EQ(provider->received[1].call.parameters.text(), R"({"n":7})");
}

TEST_F(ToolDispatcherTest, ResultsAreJudgedAndKeepTheirBytes) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", judged_manifest(), uuid));
  const auto answer = [&](std::string result) -> Result<ToolExecutionResult>& {
    execute({.tool = "acme:a", .parameters = *Json::parse(R"({"n":1})")});
    auto reply = std::move(provider->received.back().reply);
    reply(ToolResult{std::move(result)});
    return *outcome;
  };
  const std::string good = R"({"data":{"sum":1,"x":1.0,"x":"\ud800"}})";
  ASSERT_TRUE(answer(good));
  EXPECT_EQ((*outcome)->result.json, good);
  const auto& bad = answer(R"({"data":{"sum":"1"}})");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::invalid_result);
  EXPECT_EQ(bad.error().violations.at(0).instance_pointer, "/data/sum");
  EXPECT_TRUE(answer(R"({"error":"no"})"));
}

TEST_F(ToolDispatcherTest, AProvidersErrorIsNoResultToJudge) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", judged_manifest(), uuid));
  execute({.tool = "acme:a", .parameters = *Json::parse(R"({"n":1})")});
  provider->received[0].reply(fail(ErrorCode::worker_crashed, "exited with code 3"));
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::worker_crashed);
}

struct ModeCase {
  const char* name;
  std::optional<Validation> plugin;
  std::optional<Validation> tool;
  const char* parameters;  // what becomes of a call whose parameters do not fit
  const char* result;      // and whose result does not
  std::size_t alarms;
};

class ValidationModes : public ToolDispatcherTest, public testing::WithParamInterface<ModeCase> {};

TEST_P(ValidationModes, DecideWhatBecomesOfWhatDoesNotFit) {
  const auto& mode = GetParam();
  auto manifest = judged_manifest({.validation = mode.plugin});
  manifest.tools[0].settings.validation = mode.tool;
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest, uuid));
  const auto said = [&](std::string parameters) -> std::string {
    execute({.tool = "acme:a", .parameters = *Json::parse(std::move(parameters))});
    if (!outcome) std::move(provider->received.back().reply)(ToolResult{"{}"});
    return *outcome ? "result" : std::string(describe(outcome->error().code).name);
  };
  EXPECT_EQ(said(R"({"n":"1"})"), mode.parameters);
  EXPECT_EQ(said(R"({"n":1})"), mode.result);
  EXPECT_EQ(log.alarms().size(), mode.alarms);
}

INSTANTIATE_TEST_SUITE_P(
    ToolDispatcher, ValidationModes,
    testing::Values(
        ModeCase{"nobody", {}, {}, "invalid_parameters", "invalid_result", 0},
        ModeCase{"enforce", Validation::enforce, {}, "invalid_parameters", "invalid_result", 0},
        ModeCase{"warn", Validation::warn, {}, "result", "result", 3},
        ModeCase{"off", Validation::off, {}, "result", "result", 0},
        ModeCase{"tool_off", Validation::enforce, Validation::off, "result", "result", 0},
        ModeCase{"tool_enforce", Validation::off, Validation::enforce, "invalid_parameters",
                 "invalid_result", 0}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(ToolDispatcherTest, AnInvalidSchemaDisablesExactlyThatTool) {
  auto manifest = manifest_with({"good", "bad"});
  manifest.tools[1].parameters_schema = R"({"minLength":-1})";
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest, uuid));
  const auto tools = dispatcher.list_tools_for_agent();
  ASSERT_EQ(tools.size(), 2u);
  EXPECT_EQ(tools[0].disabled, "");
  EXPECT_EQ(tools[1].disabled,
            "parametersSchema is invalid at /minLength: minLength must be a non-negative integer; "
            "got -1");
  auto& refused = execute({.tool = "acme:bad", .parameters = {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::tool_disabled);
  EXPECT_THAT(provider->received, IsEmpty());
  execute({.tool = "acme:good", .parameters = {}});
  EXPECT_EQ(provider->received.size(), 1u);
  EXPECT_THAT(
      log.alarms(),
      ElementsAre("warn invalid schema, the tool is disabled tool=acme:bad "
                  "problem=\"parametersSchema is invalid at /minLength: minLength must be a "
                  "non-negative integer; got -1\""));
}

TEST_F(ToolDispatcherTest, CancelledCallNeverReachesTheProvider) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"a"}), uuid));
  std::stop_source cancel;
  cancel.request_stop();
  auto& result = execute({.tool = "acme:a", .parameters = {}, .cancellation = cancel.get_token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::cancelled);
  EXPECT_EQ(result.error().message,
            R"(the call of tool "acme:a" was cancelled before the tool was asked)");
  EXPECT_THAT(provider->received, IsEmpty());
}

TEST_F(ToolDispatcherTest, CancellationTravelsToTheProvider) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"a"}), uuid));
  std::stop_source cancel;
  execute({.tool = "acme:a", .parameters = {}, .cancellation = cancel.get_token()});
  EXPECT_FALSE(provider->received[0].call.cancellation.stop_requested());
  cancel.request_stop();
  EXPECT_TRUE(provider->received[0].call.cancellation.stop_requested());
}

TEST_F(ToolDispatcherTest, ExpiredCallNeverReachesTheProvider) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"a"}), uuid));
  auto& result =
      execute({.tool = "acme:a", .parameters = {}, .deadline = Deadline::at(loop.now())});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::timeout);
  EXPECT_EQ(result.error().message,
            R"(the deadline of the call of tool "acme:a" had passed before the tool was asked)");
  EXPECT_EQ(result.error().remedy, "allow the call more time");
  EXPECT_THAT(provider->received, IsEmpty());

  execute({.tool = "acme:a",
           .parameters = {},
           .deadline = Deadline::at(loop.now() + Clock::duration(1))});
  EXPECT_EQ(provider->received.size(), 1u);
}

// --- deadlines ---

struct DeadlineCase {
  const char* name;
  std::optional<Clock::duration> caller;
  std::optional<milliseconds> tool;
  std::optional<milliseconds> plugin;
  Clock::duration expected;
};

class DeadlineMatrix : public ToolDispatcherTest,
                       public testing::WithParamInterface<DeadlineCase> {};

TEST_P(DeadlineMatrix, FirstOneNamedWinsUpToTheCeiling) {
  auto manifest = manifest_with({"a"});
  manifest.tools[0].settings.timeout = GetParam().tool;
  manifest.settings.timeout = GetParam().plugin;
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest, uuid));
  ToolCall call{.tool = "acme:a", .parameters = {}};
  if (GetParam().caller) call.deadline = Deadline::after(loop.now(), *GetParam().caller);
  execute(std::move(call));
  ASSERT_EQ(provider->received.size(), 1u);
  ASSERT_TRUE(provider->received[0].call.deadline);
  EXPECT_EQ(provider->received[0].call.deadline->remaining(loop.now()), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    ToolDispatcher, DeadlineMatrix,
    testing::Values(
        DeadlineCase{"nobody", {}, {}, {}, seconds(30)},
        DeadlineCase{"plugin", {}, {}, milliseconds(7), milliseconds(7)},
        DeadlineCase{"tool", {}, milliseconds(6), {}, milliseconds(6)},
        DeadlineCase{"tool_before_plugin", {}, milliseconds(60), milliseconds(7), milliseconds(60)},
        DeadlineCase{"caller", milliseconds(5), {}, {}, milliseconds(5)},
        DeadlineCase{"caller_before_all", seconds(50), milliseconds(6), milliseconds(7),
                     seconds(50)},
        DeadlineCase{"caller_at_ceiling", seconds(3600), {}, {}, seconds(3600)},
        DeadlineCase{
            "caller_beyond_ceiling", seconds(3600) + Clock::duration(1), {}, {}, seconds(3600)},
        DeadlineCase{"caller_never", Clock::duration::max(), {}, {}, seconds(3600)},
        DeadlineCase{"tool_beyond_ceiling", {}, seconds(3601), {}, seconds(3600)},
        DeadlineCase{"tool_absurd", {}, milliseconds::max(), {}, seconds(3600)},
        DeadlineCase{"plugin_absurd", {}, {}, milliseconds::max(), seconds(3600)}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(ToolDispatcherTest, DefaultTimeoutStaysBelowTheCeilingToo) {
  auto limited = options();
  limited.timeout_max = seconds(10);
  ToolDispatcher other(std::move(limited));
  ASSERT_TRUE(other.register_plugin_tools("acme", manifest_with({"a"}), uuid));
  other.execute_tool({.tool = "acme:a", .parameters = {}}, reply_into(outcome));
  EXPECT_EQ(provider->received.at(0).call.deadline->remaining(loop.now()), seconds(10));
}

// --- turns ---

TEST_F(ToolDispatcherTest, CallsBeyondAToolsConcurrencyWaitAndGoInTurn) {
  auto manifest = manifest_with({"a"});
  manifest.tools[0].settings.concurrency = 1;
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest, "uuid"));
  std::vector<std::string> answers;
  for (const auto* run : {"1", "2", "3"}) {
    dispatcher.execute_tool(
        {.tool = "acme:a", .context = {.run_id = run}},
        Reply<ToolExecutionResult>([&, run](Result<ToolExecutionResult> answer) {
          ASSERT_TRUE(answer);
          answers.push_back(run + answer->result.json);
        }));
  }
  ASSERT_EQ(provider->received.size(), 1u);
  EXPECT_EQ(dispatcher.admission("acme").waiting, 2u);
  for (std::size_t i = 0; i < 3; ++i) provider->received[i].reply(ToolResult{"{}"});
  EXPECT_THAT(answers, ElementsAre("1{}", "2{}", "3{}"));
  EXPECT_EQ(dispatcher.admission("acme").running, 0u);
}

TEST_F(ToolDispatcherTest, TheRoomIsThereBeforeTheAnswer) {
  auto manifest = manifest_with({"a"});
  manifest.tools[0].settings.concurrency = 1;
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest, "uuid"));
  dispatcher.execute_tool({.tool = "acme:a"}, Reply<ToolExecutionResult>([&](auto) {
                            dispatcher.execute_tool({.tool = "acme:a"}, reply_into(outcome));
                          }));
  provider->received[0].reply(ToolResult{"{}"});
  EXPECT_EQ(provider->received.size(), 2u);
  EXPECT_EQ(dispatcher.admission("acme").had_to_wait, 0u);
}

TEST_F(ToolDispatcherTest, RefusesBeforeItJudgesParameters) {
  auto limited = options();
  limited.admission = {.concurrency = 1, .waiting_max = 1};
  ToolDispatcher small(std::move(limited));
  ASSERT_TRUE(small.register_plugin_tools("acme", judged_manifest(), "uuid"));
  std::deque<std::optional<Result<ToolExecutionResult>>> answers;
  const auto call = [&](const char* parameters) -> std::optional<ErrorCode> {
    auto& answer = answers.emplace_back();
    small.execute_tool({.tool = "acme:a", .parameters = *Json::parse(parameters)},
                       reply_into(answer));
    return answer ? std::optional(answer->error().code) : std::nullopt;
  };
  EXPECT_EQ(call(R"({"n":"x"})"), ErrorCode::invalid_parameters);
  EXPECT_EQ(call(R"({"n":1})"), std::nullopt);  // in flight
  EXPECT_EQ(call(R"({"n":1})"), std::nullopt);  // waits
  EXPECT_EQ(call(R"({"n":"x"})"), ErrorCode::overloaded);
  provider->drop_all();
}

TEST_F(ToolDispatcherTest, TellsTheLogOfRefusalsOnceInTenSecondsWhoeverRefuses) {
  ASSERT_TRUE(dispatcher.register_plugin_tools("acme", manifest_with({"a"}), "uuid"));
  const auto refuse = [&](Overload why) {
    execute({.tool = "acme:a"});
    provider->received.front().reply(std::unexpected(
        Error{.code = ErrorCode::overloaded, .message = "too much", .overload = why}));
    provider->received.pop_front();
  };
  const auto line = [](std::string_view reason, int calls) {
    return "warn calls refused as overloaded plugin=acme reason=" + std::string(reason) +
           " calls=" + std::to_string(calls) + " last=\"too much\"";
  };
  for (int i = 0; i < 3; ++i) refuse(Overload::unsent_bytes);
  refuse(Overload::calls_pending);
  EXPECT_THAT(log.alarms(), ElementsAre(line("unsent_bytes", 1), line("calls_pending", 1)));
  loop.advance(seconds(10) - std::chrono::nanoseconds(1));
  EXPECT_EQ(log.alarms().size(), 2u);
  loop.advance(std::chrono::nanoseconds(1));
  EXPECT_THAT(log.alarms(), testing::Contains(line("unsent_bytes", 2)));
  EXPECT_EQ(log.alarms().size(), 3u);
}

TEST_F(ToolDispatcherTest, ARefusalThatComesAfterItsEndIsToldToNobody) {
  auto short_lived = std::make_unique<ToolDispatcher>(options());
  ASSERT_TRUE(short_lived->register_plugin_tools("acme", manifest_with({"a"}), "uuid"));
  short_lived->execute_tool({.tool = "acme:a"}, reply_into(outcome));
  auto kept = std::move(provider->received.front().reply);
  short_lived.reset();
  kept(fail(ErrorCode::overloaded, "too late"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().message, "too late");
  EXPECT_THAT(log.alarms(), IsEmpty());
  EXPECT_EQ(loop.pending_timers(), 0u);
}

}  // namespace
}  // namespace collet
