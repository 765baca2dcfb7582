// The tools that exist now, by name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/tool.hpp"

namespace collet {

class Logger;

/// The registry of all tools. Readers see an immutable snapshot; a registration swaps in the next
/// one at once, so a plugin's tools appear, change and go together. Any thread may call any member.
///
/// Wherever a plugin id is taken, the plugin's key and its UUID (any case) both work.
class ToolRegistry {
 public:
  /// `log`, which is borrowed, hears of schemas that are invalid; null: nobody does.
  explicit ToolRegistry(Logger* log = nullptr);
  ~ToolRegistry();

  /// Replaces the whole set of tools of the plugin `plugin_key`, their schemas compiled: a tool
  /// whose schema is invalid is disabled (RegisteredTool::disabled), all others work.
  /// `plugin_db_id` is the plugin's UUID; its key stands in where empty. A name that is declared
  /// twice is refused with `invalid_request`, and nothing changes.
  Result<Done> register_plugin(std::string_view plugin_key, const Manifest& manifest,
                               std::string_view plugin_db_id,
                               std::shared_ptr<ToolProvider> provider);
  /// Removes all tools of a plugin; harmless where there are none. Calls in flight go on.
  void unregister_plugin(std::string_view plugin_id);

  /// The tool of exactly this canonical name, or null.
  [[nodiscard]] std::shared_ptr<const RegisteredTool> get_tool(
      std::string_view namespaced_name) const;
  [[nodiscard]] std::shared_ptr<const RegisteredTool> get_tool_by_plugin(
      std::string_view plugin_id, std::string_view tool_name) const;
  /// In the order of registration of the plugins, and of declaration inside each.
  [[nodiscard]] std::vector<std::shared_ptr<const RegisteredTool>> list_tools(
      const ToolListFilter& filter = {}) const;
  /// How many tools there are, or how many of one plugin.
  [[nodiscard]] std::size_t tool_count(
      std::optional<std::string_view> plugin_id = std::nullopt) const;
  /// Grows by one at each change; equal numbers mean equal lists.
  [[nodiscard]] std::uint64_t generation() const;
  /// The registered canonical name closest to `name`, for "did you mean"; nothing where none is
  /// close.
  [[nodiscard]] std::optional<std::string> closest_name(std::string_view name) const;

  struct ParsedName {
    std::string plugin_key;
    std::string tool;
  };
  /// Splits at the first colon (a key never contains one); nothing where a part is empty or there
  /// is no colon.
  [[nodiscard]] static std::optional<ParsedName> parse_namespaced_name(std::string_view name);
  [[nodiscard]] static std::string build_namespaced_name(std::string_view plugin_key,
                                                         std::string_view tool);

  /// Looks the tool up and runs it, unchecked: `ToolDispatcher::execute_tool` is the way in.
  /// `call.deadline` must be set. Fails with `tool_not_found`, else as the provider says.
  void execute_tool(ToolCall call, Reply<ToolExecutionResult> reply) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace collet
