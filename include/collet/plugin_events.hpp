// What happens to plugins, for whoever wants to hear of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/manifest.hpp"
#include "collet/reply.hpp"

namespace collet {

/// Where a plugin stands. The names on the wire are these.
enum class PluginStatus : std::uint8_t {
  installed,
  ready,
  disabled,
  error,
  upgrade_pending,
  uninstalled
};

[[nodiscard]] std::string_view to_string(PluginStatus status);
[[nodiscard]] std::optional<PluginStatus> plugin_status_from(std::string_view text);

enum class PluginEventType : std::uint8_t {
  loaded,           ///< "plugin.loaded": installed and ready for the first time
  enabled,          ///< "plugin.enabled": became ready, its tools may be called
  disabled,         ///< "plugin.disabled"
  unloaded,         ///< "plugin.unloaded": uninstalled
  error,            ///< "plugin.error": went to `error`, `reason` says why
  upgrade_pending,  ///< "plugin.upgrade_pending"
  status_changed,   ///< "plugin.status_changed": after each but `loaded` that changed the status
  worker_started,   ///< "plugin.worker_started"
  worker_stopped,   ///< "plugin.worker_stopped"
};

/// The event's name as in the reference, e.g. "plugin.enabled".
[[nodiscard]] std::string_view to_string(PluginEventType type);

struct PluginEvent {
  PluginEventType type;
  std::string plugin_id;  ///< UUID
  std::string plugin_key;
  PluginStatus previous = PluginStatus::installed;
  PluginStatus current = PluginStatus::installed;
  std::string reason{};  ///< of disabled, error and worker_stopped; may be empty
  std::shared_ptr<const Manifest> manifest{};  ///< of loaded and enabled
  bool remove_data = false;                    ///< of unloaded: whether the row is gone for good
};

/// Subscriptions to plugin events. Handlers run on the loop, in the order of subscription, before
/// the change is reported to whoever asked for it; they must not block. Loop thread only.
class PluginEvents {
 public:
  using Handler = std::function<void(const PluginEvent&)>;
  using SubscriptionId = std::uint64_t;

  virtual ~PluginEvents() = default;
  virtual SubscriptionId on(PluginEventType type, Handler handler) = 0;
  virtual void off(SubscriptionId subscription) = 0;
};

/// A plugin whose tools may be called.
struct ReadyPlugin {
  std::string key;
  std::string id;  ///< UUID
  std::shared_ptr<const Manifest> manifest;
};

/// Says which plugins are ready, from the store.
class ReadyPlugins {
 public:
  virtual ~ReadyPlugins() = default;
  /// In install order. Answers on the loop.
  virtual void list_ready(Reply<std::vector<ReadyPlugin>> reply) = 0;
};

}  // namespace collet
