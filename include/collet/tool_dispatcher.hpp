// The way from an agent's call to the plugin that answers it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "collet/plugin_events.hpp"
#include "collet/tool.hpp"
#include "collet/tool_registry.hpp"

namespace collet {

class Logger;

/// What a dispatcher is made of. Pointers are borrowed and outlive it; each may be null where the
/// comment says so.
struct ToolDispatcherOptions {
  std::shared_ptr<ToolProvider> workers{};  ///< runs the tools of plugins
  PluginEvents* events = nullptr;           ///< null: tools do not follow the plugins' states
  ReadyPlugins* ready_plugins = nullptr;    ///< null: `initialize` finds no tools
  Logger* log = nullptr;                    ///< null: nothing is logged
  std::function<TimePoint()> now{};         ///< monotonic time; required
  Clock::duration default_timeout =
      std::chrono::seconds(30);  ///< where neither caller, tool nor plugin names one
  Clock::duration timeout_max = std::chrono::hours(1);  ///< no deadline lies further ahead
};

/// Knows the tools of all ready plugins and routes each call to the plugin that provides it; the
/// one way in for REST, MCP and C++. `initialize` and `teardown` belong to the loop's thread; all
/// other members may be called on any thread.
class ToolDispatcher {
 public:
  explicit ToolDispatcher(ToolDispatcherOptions options);
  ~ToolDispatcher();
  ToolDispatcher(const ToolDispatcher&) = delete;
  ToolDispatcher& operator=(const ToolDispatcher&) = delete;

  /// Registers the tools of all ready plugins and follows the plugins' events from then on. A
  /// second call does nothing.
  void initialize(Reply<Done> reply);
  /// Stops following events. The registry is kept, so that calls in flight, and calls that still
  /// come, resolve.
  void teardown();

  /// All tools as agents see them.
  [[nodiscard]] std::vector<AgentToolDescriptor> list_tools_for_agent(
      const ToolListFilter& filter = {}) const;
  /// The tool of exactly this canonical name, or null.
  [[nodiscard]] std::shared_ptr<const RegisteredTool> get_tool(
      std::string_view namespaced_name) const;

  /// Looks the tool up, judges the parameters by its schema, runs the call by its deadline, and
  /// judges the result where the tool declares an output schema. `reply` gets the result, as it
  /// came, or one typed error: `tool_not_found` (with the closest name), `invalid_parameters`,
  /// `tool_disabled`, `timeout`, `cancelled`, `shutting_down`, `worker_unavailable`,
  /// `worker_crashed`, `tool_error`, `invalid_result`. It may be answered before this returns.
  void execute_tool(ToolCall call, Reply<ToolExecutionResult> reply);

  /// Registers the tools of a manifest, run by the workers. Called by itself when a plugin becomes
  /// ready.
  Result<Done> register_plugin_tools(std::string_view plugin_key, const Manifest& manifest,
                                     std::string_view uuid);
  /// Key or UUID. Called by itself when a plugin is disabled, fails, waits for approval of an
  /// upgrade or is uninstalled.
  void unregister_plugin_tools(std::string_view plugin_id);
  [[nodiscard]] std::size_t tool_count(
      std::optional<std::string_view> plugin_id = std::nullopt) const;

  /// The registry below, for diagnostics and for tools that no manifest declares.
  [[nodiscard]] ToolRegistry& registry();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace collet
