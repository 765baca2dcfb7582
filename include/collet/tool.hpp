// Tools, calls and results: the values that every room above understands.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "collet/deadline.hpp"
#include "collet/json.hpp"
#include "collet/manifest.hpp"
#include "collet/reply.hpp"

namespace collet {

/// On whose behalf a call is made. Each id is opaque; "default" where a single tenant names none.
struct ToolRunContext {
  std::string agent_id = "default";
  std::string run_id = "default";
  std::string company_id = "default";
  std::string project_id = "default";
};

/// One call of a tool. A value.
struct ToolCall {
  std::string tool{};  ///< canonical name, `<plugin key>:<tool>`
  Json parameters{};   ///< `{}` unless given
  ToolRunContext context{};
  std::optional<Deadline>
      deadline{};  ///< the caller's; without one the tool's, the plugin's, then the host's default
  std::stop_token cancellation{};  ///< the caller's wish to stop; may be requested on any thread
};

/// What a tool answered: JSON text on one line, every token as the worker sent it. By convention an
/// object with `content`, `data` or `error`; real plugins return anything.
struct ToolResult {
  std::string json{};
};

/// A result with its origin.
struct ToolExecutionResult {
  std::string plugin_id{};  ///< plugin key
  std::string tool_name{};  ///< bare name
  ToolResult result;
};

class ToolProvider;

namespace tool {
struct ToolSchemas;
}  // namespace tool

/// A tool as it stands in the registry. Immutable; a call in flight keeps the one it started with.
struct RegisteredTool {
  std::string plugin_id{};     ///< plugin key
  std::string plugin_db_id{};  ///< the plugin's UUID (its key where it has none)
  std::string name{};          ///< bare name
  std::string namespaced_name{};
  std::string display_name{};
  std::string description{};
  std::string parameters_schema{};  ///< JSON text
  ToolSettings settings;
  PluginSettings plugin_settings;
  /// Why it may not be called: which of its schemas is invalid, where and how. Empty where it may.
  std::string disabled{};
  /// Its schemas, compiled at registration (src/tool/tool_schemas.hpp); null where there is nothing
  /// to judge.
  std::shared_ptr<const tool::ToolSchemas> schemas{};
  std::shared_ptr<ToolProvider> provider{};
};

/// What an agent is shown of a tool. `plugin_id` is the plugin's UUID, as on the reference's wire.
struct AgentToolDescriptor {
  std::string name{};  ///< canonical name
  std::string display_name{};
  std::string description{};
  std::string parameters_schema{};  ///< JSON text
  std::string plugin_id{};
  std::string disabled{};  ///< why it may not be called, empty where it may
};

/// Which tools to list.
struct ToolListFilter {
  std::optional<std::string> plugin_id{};  ///< key or UUID
};

/// Runs tools: a plugin's worker, or a function of the embedding program.
class ToolProvider {
 public:
  virtual ~ToolProvider() = default;
  /// Runs `call` and answers `reply` exactly once, by `call.deadline`, which is always set here.
  /// `tool` is what the call was looked up as and stays alive until the answer. Any thread, also
  /// inside the answer of another call; the answer comes on any thread.
  virtual void call(std::shared_ptr<const RegisteredTool> tool, ToolCall call,
                    Reply<ToolResult> reply) = 0;
};

}  // namespace collet
