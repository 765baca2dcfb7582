// The names of collet/plugin_events.hpp. They stand here because rooms that know nothing of each
// other (store, tool, plugin) all write them.
#include <array>
#include <utility>

#include "collet/plugin_events.hpp"

namespace collet {
namespace {

constexpr std::array<std::pair<PluginStatus, std::string_view>, 6> k_statuses{{
    {PluginStatus::installed, "installed"},
    {PluginStatus::ready, "ready"},
    {PluginStatus::disabled, "disabled"},
    {PluginStatus::error, "error"},
    {PluginStatus::upgrade_pending, "upgrade_pending"},
    {PluginStatus::uninstalled, "uninstalled"},
}};

}  // namespace

std::string_view to_string(PluginStatus status) {
  for (const auto& [value, name] : k_statuses) {
    if (value == status) return name;
  }
  return "unknown";  // no enumerator has this value
}

std::optional<PluginStatus> plugin_status_from(std::string_view text) {
  for (const auto& [value, name] : k_statuses) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::string_view to_string(PluginEventType type) {
  switch (type) {
    case PluginEventType::loaded:
      return "plugin.loaded";
    case PluginEventType::enabled:
      return "plugin.enabled";
    case PluginEventType::disabled:
      return "plugin.disabled";
    case PluginEventType::unloaded:
      return "plugin.unloaded";
    case PluginEventType::error:
      return "plugin.error";
    case PluginEventType::upgrade_pending:
      return "plugin.upgrade_pending";
    case PluginEventType::status_changed:
      return "plugin.status_changed";
    case PluginEventType::worker_started:
      return "plugin.worker_started";
    case PluginEventType::worker_stopped:
      return "plugin.worker_stopped";
  }
  return "plugin.unknown";  // no enumerator has this value
}

}  // namespace collet
