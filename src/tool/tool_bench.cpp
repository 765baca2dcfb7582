// What the registry and the dispatcher add to a call.
#include <benchmark/benchmark.h>

#include "base/logger.hpp"
#include "collet/tool_dispatcher.hpp"

namespace collet {
namespace {

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
  auto dispatcher = std::make_unique<ToolDispatcher>(ToolDispatcherOptions{
      .workers = std::make_shared<NullProvider>(), .now = [] { return Clock::now(); }});
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
  ToolDispatcher dispatcher({.workers = std::make_shared<NullProvider>(),
                             .log = log.get(),
                             .now = [] { return Clock::now(); }});
  (void)dispatcher.register_plugin_tools("plugin-50", manifest_with_tools(1), {});
  for (auto _ : state) {
    dispatcher.execute_tool(
        {.tool = "plugin-50:tool-0"},
        Reply<ToolExecutionResult>([](auto outcome) { benchmark::DoNotOptimize(outcome); }));
  }
}
BENCHMARK(execute_tool_logged);

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
