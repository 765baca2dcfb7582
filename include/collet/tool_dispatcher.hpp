// The way from an agent's call to the plugin that answers it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/limits.hpp"
#include "collet/plugin_events.hpp"
#include "collet/tool.hpp"
#include "collet/tool_registry.hpp"

namespace collet {

class Logger;
class Loop;

/// How many calls of a plugin may be in flight, and how many may wait for their turn.
struct AdmissionOptions {
  /// Calls in flight, times its instances, of a plugin that says nothing of it.
  std::uint32_t concurrency = limits::calls::in_flight_max;
  /// Places for calls that wait for one plugin. A call takes one, and one more for every
  /// `limits::calls::place_bytes` of parameters.
  std::uint32_t waiting_max = limits::calls::waiting_places_max;
  /// Shares of callers, by agent id, where calls wait: who has 4 starts four calls for one of who
  /// has 1, which is everybody else's.
  std::map<std::string, std::uint32_t, std::less<>> caller_weights{};
};

/// The calls of one plugin, now and so far.
struct AdmissionDiagnostics {
  std::string plugin_key{};
  std::uint32_t running = 0;      ///< calls in flight
  std::uint32_t running_max = 0;  ///< of its concurrency and its instances; 0 before its first call
  std::uint32_t waiting = 0;
  std::uint32_t waiting_max = 0;  ///< places for them, of which a call may take several
  std::uint64_t had_to_wait = 0;  ///< calls so far that found no room
  std::uint64_t refused = 0;      ///< of all calls, with `overloaded`
  std::uint64_t expired = 0;      ///< of those that waited, with `timeout`
};

/// What became of the calls of one plugin so far, and how long they took from the dispatcher's
/// door to the answer.
struct CallCounts {
  /// Upper bounds of the buckets of `took`, in seconds; the last bucket has none.
  static constexpr std::array<double, 13> seconds_bounds{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30};
  std::string plugin_key{};  ///< empty for calls of tools that there are not
  std::uint64_t results = 0;
  std::array<std::uint64_t, k_error_codes.size()> errors{};  ///< by ErrorCode
  std::array<std::uint64_t, seconds_bounds.size() + 1> took{};
  double seconds = 0;  ///< of all of them
};

/// What a dispatcher is made of. Pointers are borrowed and outlive it; each may be null where the
/// comment says so.
struct ToolDispatcherOptions {
  std::shared_ptr<ToolProvider> workers{};  ///< runs the tools of plugins
  PluginEvents* events = nullptr;           ///< null: tools do not follow the plugins' states
  ReadyPlugins* ready_plugins = nullptr;    ///< null: `initialize` finds no tools
  Logger* log = nullptr;                    ///< null: nothing is logged
  Loop* loop = nullptr;                     ///< where calls wait for their turn; required
  AdmissionOptions admission{};
  Clock::duration default_timeout =
      limits::calls::default_timeout;  ///< where neither caller, tool nor plugin names one
  Clock::duration timeout_max = limits::calls::timeout_max;  ///< no deadline lies further ahead
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

  /// Looks the tool up, judges the parameters by its schema, waits for a turn where as many calls
  /// are in flight as the plugin or the tool may have, runs the call by its deadline, and judges
  /// the result where the tool declares an output schema. `reply` gets the result, as it came, or
  /// one typed error: `tool_not_found` (with the closest name), `invalid_parameters`,
  /// `tool_disabled`, `overloaded`, `timeout`, `cancelled`, `shutting_down`, `worker_unavailable`,
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
  /// How many calls of a plugin, by its key, are in flight and wait; zeros where none ever came.
  [[nodiscard]] AdmissionDiagnostics admission(std::string_view plugin_key) const;
  /// The same of all plugins that were ever called.
  [[nodiscard]] std::vector<AdmissionDiagnostics> admissions() const;
  /// What became of all calls, by plugin.
  [[nodiscard]] std::vector<CallCounts> call_counts() const;

  /// The registry below, for diagnostics and for tools that no manifest declares.
  [[nodiscard]] ToolRegistry& registry();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace collet
