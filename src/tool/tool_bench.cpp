// What the registry and the dispatcher add to a call.
#include <benchmark/benchmark.h>

#include "base/asio_loop.hpp"
#include "base/logger.hpp"
#include "collet/tool_dispatcher.hpp"

namespace collet {
namespace {

/// Of all dispatchers here; it tells the time and does not run, so every call is one from another
/// thread.
AsioLoop& loop() {
  static AsioLoop only;
  return only;
}

class NullProvider final : public ToolProvider {
 public:
  void call(std::shared_ptr<const RegisteredTool>, ToolCall, Reply<ToolResult> reply) override {
    reply(ToolResult{"{}"});
  }
};

Manifest manifest_with_tools(int count) {
  Manifest manifest;
  for (int i = 0; i < count; ++i) {
    manifest.tools.push_back({.name = "tool-" + std::to_string(i),
                              .display_name = "Tool",
                              .description = "Does something.",
                              .parameters_schema = R"({"type":"object"})",
                              .settings = {}});
  }
  return manifest;
}

/// A hundred plugins with `tools` tools together.
std::unique_ptr<ToolDispatcher> dispatcher_with(std::int64_t tools) {
  constexpr int plugins = 100;
  auto dispatcher = std::make_unique<ToolDispatcher>(
      ToolDispatcherOptions{.workers = std::make_shared<NullProvider>(), .loop = &loop()});
  const auto manifest = manifest_with_tools(static_cast<int>(tools) / plugins);
  for (int p = 0; p < plugins; ++p) {
    (void)dispatcher->register_plugin_tools("plugin-" + std::to_string(p), manifest, {});
  }
  return dispatcher;
}

void get_tool(benchmark::State& state) {
  const auto dispatcher = dispatcher_with(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(dispatcher->get_tool("plugin-50:tool-0"));
}
BENCHMARK(get_tool)->Arg(100)->Arg(10'000);

void execute_tool(benchmark::State& state) {
  const auto dispatcher = dispatcher_with(state.range(0));
  for (auto _ : state) {
    dispatcher->execute_tool(
        {.tool = "plugin-50:tool-0", .parameters = {}},
        Reply<ToolExecutionResult>([](auto outcome) { benchmark::DoNotOptimize(outcome); }));
  }
}
BENCHMARK(execute_tool)->Arg(100)->Arg(10'000);

/// The same with a logger that forgets everything: what the two debug events of a call cost.
void execute_tool_logged(benchmark::State& state) {
  const auto log = make_null_logger();
  ToolDispatcher dispatcher(
      {.workers = std::make_shared<NullProvider>(), .log = log.get(), .loop = &loop()});
  (void)dispatcher.register_plugin_tools("plugin-50", manifest_with_tools(1), {});
  for (auto _ : state) {
    dispatcher.execute_tool(
        {.tool = "plugin-50:tool-0"},
        Reply<ToolExecutionResult>([](auto outcome) { benchmark::DoNotOptimize(outcome); }));
  }
}
BENCHMARK(execute_tool_logged);

/// A usual tool: ten properties, and a schema for the result.
ToolDeclaration usual_tool(Validation validation) {
  return {
      .name = "tool-0",
      .display_name = "Tool",
      .description = "Does something.",
      .parameters_schema =
          R"({"type":"object","properties":{"title":{"type":"string","minLength":1,"maxLength":200},)"
          R"("body":{"type":"string","maxLength":100000},"priority":{"enum":["low","normal","high"]},)"
          R"("tags":{"type":"array","items":{"type":"string","maxLength":50},"maxItems":20},)"
          R"("assignee":{"type":["string","null"]},"estimate":{"type":"number","minimum":0},)"
          R"("count":{"type":"integer","minimum":1,"maximum":100},"private":{"type":"boolean"},)"
          R"("due":{"type":"string"},"parent":{"type":"object","properties":{"id":{"type":"integer"}},)"
          R"("required":["id"]}},"required":["title","priority"],"additionalProperties":false})",
      .settings = {
          .output_schema =
              R"({"type":"object","properties":{"id":{"type":"integer"},"title":{"type":"string"},)"
              R"("tags":{"type":"array","items":{"type":"string"}}},"required":["id","title"]})",
          .validation = validation}};
}

/// 300 bytes that fit it.
constexpr auto k_usual_parameters =
    R"({"title":"Buy milk on the way home","body":"Two litres, the one with the blue cap; the shop )"
    R"(closes at eight, so leave in time","priority":"high","tags":["home","food","today"],)"
    R"("assignee":"ann","estimate":0.25,"count":2,"private":false,"due":"2026-11-20T18:00:00Z",)"
    R"("parent":{"id":1234}})";

class UsualProvider final : public ToolProvider {
 public:
  void call(std::shared_ptr<const RegisteredTool>, ToolCall, Reply<ToolResult> reply) override {
    reply(ToolResult{
        R"({"content":"kept","data":{"id":7,"title":"Buy milk on the way home","tags":["home"]}})"});
  }
};

/// A call with real parameters and a real result: what judging both costs.
void execute_usual_tool(benchmark::State& state, Validation validation) {
  ToolDispatcher dispatcher({.workers = std::make_shared<UsualProvider>(), .loop = &loop()});
  Manifest manifest;
  manifest.tools.push_back(usual_tool(validation));
  (void)dispatcher.register_plugin_tools("plugin-50", manifest, {});
  const auto parameters = *Json::parse(k_usual_parameters);
  for (auto _ : state) {
    dispatcher.execute_tool({.tool = "plugin-50:tool-0", .parameters = parameters},
                            Reply<ToolExecutionResult>([&](auto outcome) {
                              if (!outcome) state.SkipWithError(outcome.error().message.c_str());
                            }));
  }
}
BENCHMARK_CAPTURE(execute_usual_tool, validation_off, Validation::off);
BENCHMARK_CAPTURE(execute_usual_tool, validation_on, Validation::enforce);

/// What a plugin's start costs a usual tool.
void register_usual_tool(benchmark::State& state, Validation validation) {
  ToolRegistry registry;
  Manifest manifest;
  manifest.tools.push_back(usual_tool(validation));
  for (auto _ : state) (void)registry.register_plugin("plugin-50", manifest, {}, nullptr);
}
BENCHMARK_CAPTURE(register_usual_tool, validation_off, Validation::off);
BENCHMARK_CAPTURE(register_usual_tool, validation_on, Validation::enforce);

void miss(benchmark::State& state) {
  const auto dispatcher = dispatcher_with(state.range(0));
  for (auto _ : state) {
    dispatcher->execute_tool(
        {.tool = "plugin-5O:tool-O", .parameters = {}},
        Reply<ToolExecutionResult>([](auto outcome) { benchmark::DoNotOptimize(outcome); }));
  }
}
BENCHMARK(miss)->Arg(100)->Arg(10'000);

void list_tools_for_agent(benchmark::State& state) {
  const auto dispatcher = dispatcher_with(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(dispatcher->list_tools_for_agent());
}
BENCHMARK(list_tools_for_agent)->Arg(10'000)->Unit(benchmark::kMicrosecond);

/// One plugin's tools replaced while all others stay.
void replace(benchmark::State& state) {
  const auto dispatcher = dispatcher_with(state.range(0));
  const auto manifest = manifest_with_tools(1);
  for (auto _ : state) (void)dispatcher->register_plugin_tools("plugin-50", manifest, {});
}
BENCHMARK(replace)->Arg(10'000);

}  // namespace
}  // namespace collet
