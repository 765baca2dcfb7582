#include "collet/function_tool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "base/asio_loop.hpp"
#include "base/virtual_loop.hpp"
#include "collet/tool_dispatcher.hpp"
#include "json/document.hpp"

namespace collet {
namespace {

using std::chrono::seconds;
using Outcome = Result<ToolExecutionResult>;

/// A gate that functions wait at until the test opens it.
class Gate {
 public:
  void open() { promise_.set_value(); }
  void wait() const { opened_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> opened_ = promise_.get_future().share();
};

FunctionTool function_tool(std::string name, ToolFunction function) {
  return {.name = std::move(name), .description = "For a test.", .function = std::move(function)};
}

/// On virtual time: nothing is late until the test says so.
class FunctionToolTest : public testing::Test {
 protected:
  void add(std::vector<FunctionTool> tools, FunctionToolOptions options = {}) {
    auto made =
        register_function_tools(dispatcher.registry(), loop, "app", std::move(tools), options);
    ASSERT_TRUE(made) << made.error().message;
    provider = *made;
  }
  std::future<Outcome> execute(ToolCall call) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    dispatcher.execute_tool(std::move(call), Reply<ToolExecutionResult>([promise](Outcome outcome) {
                              promise->set_value(std::move(outcome));
                            }));
    return promise->get_future();
  }
  void TearDown() override {
    if (provider) provider->stop();
  }

  VirtualLoop loop;
  ToolDispatcher dispatcher{{.loop = &loop}};
  std::shared_ptr<FunctionToolProvider> provider;
};

TEST_F(FunctionToolTest, AnswersWhatTheFunctionReturns) {
  add({function_tool("greet", [](const ToolCall& call) -> Result<ToolResult> {
    return text_result("Hello " + *call.parameters.value().find("name")->as_string() + " from " +
                       call.context.agent_id);
  })});
  auto outcome = execute({.tool = "app:greet",
                          .parameters = *Json::parse(R"({"name":"\"Ada\""})"),
                          .context = {.agent_id = "test"}})
                     .get();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->plugin_id, "app");
  EXPECT_EQ(outcome->tool_name, "greet");
  EXPECT_EQ(outcome->result.json, R"({"content":"Hello \"Ada\" from test"})");
}

TEST_F(FunctionToolTest, IsListedAsItWasDeclared) {
  add({{.name = "a b",
        .display_name = "",
        .description = "Does it.",
        .parameters_schema = R"({"type":"object","required":["x"]})",
        .settings = {.timeout = seconds(3)},
        .function = [](const ToolCall&) { return text_result(""); }}});
  const auto tools = dispatcher.list_tools_for_agent();
  ASSERT_EQ(tools.size(), 1u);
  EXPECT_EQ(tools[0].name, "app:a b");
  EXPECT_EQ(tools[0].display_name, "a b");
  EXPECT_EQ(tools[0].description, "Does it.");
  EXPECT_EQ(tools[0].parameters_schema, R"({"type":"object","required":["x"]})");
  EXPECT_EQ(tools[0].plugin_id, "app");
  EXPECT_EQ(dispatcher.get_tool("app:a b")->settings.timeout, seconds(3));
}

TEST_F(FunctionToolTest, SchemasAreJudgedAndMean2020_12) {
  std::atomic<int> calls = 0;
  add({{.name = "pair",
        .parameters_schema = R"({"prefixItems":[{"type":"integer"}]})",  // no keyword of draft-07
        .settings = {.output_schema = R"({"type":"array"})"},
        .function =
            [&](const ToolCall& call) {
              ++calls;
              return ToolResult{R"({"data":)" + call.parameters.text() + "}"};
            }},
       {.name = "bad",
        .parameters_schema = R"({"minLength":-1})",
        .settings = {},
        .function = [](const ToolCall&) { return text_result(""); }}});
  const auto code = [&](const char* tool, const char* parameters) {
    const auto outcome = execute({.tool = tool, .parameters = *Json::parse(parameters)}).get();
    return outcome ? "result" : describe(outcome.error().code).name;
  };
  EXPECT_EQ(code("app:pair", R"(["1"])"), "invalid_parameters");
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(code("app:pair", "[1]"), "result");
  EXPECT_EQ(code("app:pair", "{}"), "invalid_result");
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(code("app:bad", "{}"), "tool_disabled");
}

TEST_F(FunctionToolTest, ResultIsPutOnOneLineAndKeepsItsTokens) {
  add({function_tool("pretty", [](const ToolCall&) -> Result<ToolResult> {
    return ToolResult{"{\n  \"data\": [1.0,\r\n \"\\ud800\"]\n}\n"};
  })});
  EXPECT_EQ(execute({.tool = "app:pretty", .parameters = {}}).get()->result.json,
            R"({"data":[1.0,"\ud800"]})");
}

TEST_F(FunctionToolTest, ResultThatIsNoJsonIsRefused) {
  add({function_tool(
      "plain", [](const ToolCall&) -> Result<ToolResult> { return ToolResult{"plain text"}; })});
  auto outcome = execute({.tool = "app:plain", .parameters = {}}).get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::invalid_result);
  EXPECT_THAT(outcome.error().message,
              testing::StartsWith(R"(the function of tool "app:plain" did not return JSON: )"
                                  "malformed JSON at byte 0: "));
}

TEST_F(FunctionToolTest, ErrorOfTheFunctionIsHandedBack) {
  add({function_tool("refuse", [](const ToolCall&) -> Result<ToolResult> {
    return fail(ErrorCode::forbidden, "not on Sundays", "come back tomorrow");
  })});
  auto outcome = execute({.tool = "app:refuse", .parameters = {}}).get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::forbidden);
  EXPECT_EQ(outcome.error().message, "not on Sundays");
  EXPECT_EQ(outcome.error().remedy, "come back tomorrow");
}

TEST_F(FunctionToolTest, ExceptionsBecomeToolErrors) {
  add({function_tool(
           "throws",
           [](const ToolCall&) -> Result<ToolResult> { throw std::runtime_error("boom"); }),
       function_tool("throws_int", [](const ToolCall&) -> Result<ToolResult> { throw 7; })});
  auto outcome = execute({.tool = "app:throws", .parameters = {}}).get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::tool_error);
  EXPECT_EQ(outcome.error().message, "boom");
  outcome = execute({.tool = "app:throws_int", .parameters = {}}).get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::tool_error);
  EXPECT_EQ(
      outcome.error().message,
      R"(the function of tool "app:throws_int" threw something that is not a std::exception)");
}

TEST_F(FunctionToolTest, DeadlineAnswersWhileTheFunctionRunsOn) {
  Gate gate;
  std::latch entered(1);
  std::promise<bool> told;
  add({function_tool("slow", [&](const ToolCall& call) -> Result<ToolResult> {
    entered.count_down();
    gate.wait();
    told.set_value(call.cancellation.stop_requested());
    return text_result("late");
  })});
  auto outcome = execute(
      {.tool = "app:slow", .parameters = {}, .deadline = Deadline::after(loop.now(), seconds(2))});
  entered.wait();
  loop.advance(seconds(2) - Clock::duration(1));
  EXPECT_EQ(outcome.wait_for(seconds(0)), std::future_status::timeout);
  loop.advance(Clock::duration(1));
  ASSERT_EQ(outcome.wait_for(seconds(0)), std::future_status::ready);
  const auto answer = outcome.get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::timeout);
  EXPECT_EQ(answer.error().message, R"(tool "app:slow" did not answer by its deadline)");

  gate.open();
  EXPECT_TRUE(told.get_future().get());
  provider->stop();
  EXPECT_EQ(provider->counters().late_results, 1u);
}

TEST_F(FunctionToolTest, EarlierDeadlineOfALaterCallIsKept) {
  Gate gate;
  add({function_tool("slow",
                     [&](const ToolCall&) -> Result<ToolResult> {
                       gate.wait();
                       return text_result("");
                     })},
      {.threads = 1});
  const auto due_in = [&](seconds s) {
    return execute(
        {.tool = "app:slow", .parameters = {}, .deadline = Deadline::after(loop.now(), s)});
  };
  auto later = due_in(seconds(20));
  auto sooner = due_in(seconds(5));  // still waits for the thread
  loop.advance(seconds(5));
  ASSERT_EQ(sooner.wait_for(seconds(0)), std::future_status::ready);
  EXPECT_EQ(later.wait_for(seconds(0)), std::future_status::timeout);
  loop.advance(seconds(15));
  ASSERT_EQ(later.wait_for(seconds(0)), std::future_status::ready);
  EXPECT_EQ(later.get().error().code, ErrorCode::timeout);
  EXPECT_EQ(loop.pending_timers(), 0u);
  gate.open();
  provider->stop();
}

TEST_F(FunctionToolTest, CancellationAnswersAtOnce) {
  Gate gate;
  std::latch entered(1);
  std::promise<bool> told;
  add({function_tool("slow", [&](const ToolCall& call) -> Result<ToolResult> {
    entered.count_down();
    gate.wait();
    told.set_value(call.cancellation.stop_requested());
    return text_result("");
  })});
  std::stop_source cancel;
  auto outcome =
      execute({.tool = "app:slow", .parameters = {}, .cancellation = cancel.get_token()});
  entered.wait();
  cancel.request_stop();
  ASSERT_EQ(outcome.wait_for(seconds(0)), std::future_status::ready);
  const auto answer = outcome.get();
  EXPECT_EQ(answer.error().code, ErrorCode::cancelled);
  EXPECT_EQ(answer.error().message, R"(the call of tool "app:slow" was cancelled)");
  gate.open();
  EXPECT_TRUE(told.get_future().get());
  provider->stop();
  EXPECT_EQ(provider->counters().late_results, 1u);
}

TEST_F(FunctionToolTest, QueueIsBounded) {
  Gate gate;
  std::latch entered(1);
  std::atomic<int> runs = 0;
  add({function_tool("slow",
                     [&](const ToolCall&) -> Result<ToolResult> {
                       if (runs++ == 0) entered.count_down();
                       gate.wait();
                       return text_result("ran");
                     })},
      {.threads = 1, .queue_max = 2});
  auto running = execute({.tool = "app:slow", .parameters = {}});
  entered.wait();
  std::stop_source cancel;
  auto first = execute({.tool = "app:slow", .parameters = {}, .cancellation = cancel.get_token()});
  auto second = execute({.tool = "app:slow", .parameters = {}});
  auto third = execute({.tool = "app:slow", .parameters = {}}).get();
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::overloaded);
  EXPECT_EQ(third.error().overload, Overload::threads_busy);
  EXPECT_EQ(third.error().message,
            R"(tool "app:slow" was not called: 2 calls wait for a thread already)");
  EXPECT_EQ(third.error().retry_after, seconds(1));

  // A call that is cancelled while it waits makes room.
  cancel.request_stop();
  EXPECT_EQ(first.get().error().code, ErrorCode::cancelled);
  auto fourth = execute({.tool = "app:slow", .parameters = {}});
  gate.open();
  EXPECT_TRUE(running.get());
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(fourth.get());
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(provider->counters().calls, 4u);
  EXPECT_EQ(provider->counters().overloaded, 1u);
}

TEST_F(FunctionToolTest, StopAnswersEverybodyAndWaitsForTheFunctions) {
  std::latch entered(1);
  std::atomic<bool> left = false;
  add({function_tool("patient",
                     [&](const ToolCall& call) -> Result<ToolResult> {
                       std::promise<void> asked_to_stop;
                       const std::stop_callback on_stop(call.cancellation,
                                                        [&] { asked_to_stop.set_value(); });
                       entered.count_down();
                       asked_to_stop.get_future().wait();
                       left = true;
                       return text_result("");
                     })},
      {.threads = 1});
  auto running = execute({.tool = "app:patient", .parameters = {}});
  auto waiting = execute({.tool = "app:patient", .parameters = {}});
  entered.wait();
  provider->stop();
  EXPECT_TRUE(left);
  EXPECT_EQ(running.get().error().code, ErrorCode::shutting_down);
  const auto answer = waiting.get();
  EXPECT_EQ(answer.error().code, ErrorCode::shutting_down);
  EXPECT_EQ(answer.error().message, R"(tool "app:patient" is being shut down)");
  EXPECT_EQ(execute({.tool = "app:patient", .parameters = {}}).get().error().code,
            ErrorCode::shutting_down);
  provider->stop();
}

TEST_F(FunctionToolTest, RefusesBadDeclarations) {
  const auto refusal = [&](FunctionTool tool) {
    auto made = register_function_tools(dispatcher.registry(), loop, "app", {std::move(tool)});
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::invalid_request);
    return made.error().message;
  };
  const auto ok = [](const ToolCall&) { return text_result(""); };
  EXPECT_EQ(refusal(function_tool("", ok)), "a function tool has no name");
  EXPECT_EQ(refusal(function_tool("x", nullptr)), R"(the function tool "x" has no function)");
  auto bad_schema = function_tool("x", ok);
  bad_schema.parameters_schema = "{";
  EXPECT_THAT(
      refusal(bad_schema),
      testing::StartsWith(R"(the parameters schema of the function tool "x" is not JSON: )"));
  EXPECT_FALSE(register_function_tools(dispatcher.registry(), loop, "app",
                                       {function_tool("x", ok), function_tool("x", ok)}));
  EXPECT_FALSE(
      register_function_tools(dispatcher.registry(), loop, "a:b", {function_tool("x", ok)}));
  EXPECT_EQ(dispatcher.tool_count(), 0u);
}

/// On a real loop with a thread of its own, as in a host.
class FunctionToolOnARealLoop : public testing::Test {
 protected:
  std::future<Outcome> execute(ToolCall call) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    dispatcher.execute_tool(std::move(call), Reply<ToolExecutionResult>([promise](Outcome outcome) {
                              promise->set_value(std::move(outcome));
                            }));
    return promise->get_future();
  }
  void TearDown() override {
    loop.post([this] { loop.stop(); });
    thread.join();
  }

  AsioLoop loop;
  std::jthread thread{[this] { loop.run(); }};
  ToolDispatcher dispatcher{{.loop = &loop}};
};

TEST_F(FunctionToolOnARealLoop, FunctionsMayCallOtherTools) {
  const auto provider = register_function_tools(
      dispatcher.registry(), loop, "app",
      {function_tool("inner",
                     [](const ToolCall& call) -> Result<ToolResult> {
                       return ToolResult{call.parameters.text()};
                     }),
       function_tool("outer",
                     [&](const ToolCall& call) -> Result<ToolResult> {
                       auto inner = execute({.tool = "app:inner", .parameters = call.parameters});
                       return ToolResult{"[" + inner.get()->result.json + "]"};
                     })},
      {.threads = 2});
  ASSERT_TRUE(provider);
  auto outcome = execute({.tool = "app:outer", .parameters = *Json::parse("{\"a\": 1}")}).get();
  EXPECT_EQ(outcome->result.json, R"([{"a":1}])");
  (*provider)->stop();
}

TEST_F(FunctionToolOnARealLoop, DeadlinesHold) {
  Gate gate;
  const auto provider =
      register_function_tools(dispatcher.registry(), loop, "app",
                              {function_tool("stuck", [&](const ToolCall&) -> Result<ToolResult> {
                                gate.wait();
                                return text_result("");
                              })});
  ASSERT_TRUE(provider);
  const auto outcome =
      execute({.tool = "app:stuck",
               .deadline = Deadline::after(loop.now(), std::chrono::milliseconds(5))})
          .get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::timeout);
  gate.open();
  (*provider)->stop();
}

TEST_F(FunctionToolOnARealLoop, LastReferenceMayGoInsideAFunction) {
  Gate gate;
  const auto freed = std::make_shared<std::promise<void>>();
  {
    const std::shared_ptr<void> token(nullptr, [freed](void*) { freed->set_value(); });
    ASSERT_TRUE(register_function_tools(
        dispatcher.registry(), loop, "app",
        {function_tool("last", [&gate, token](const ToolCall&) -> Result<ToolResult> {
          gate.wait();
          return text_result("still answered");
        })}));
  }
  auto outcome = execute({.tool = "app:last"});
  dispatcher.unregister_plugin_tools("app");
  gate.open();
  EXPECT_EQ(outcome.get()->result.json, R"({"content":"still answered"})");
  freed->get_future().wait();
}

}  // namespace
}  // namespace collet
