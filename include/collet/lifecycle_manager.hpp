// The life of plugins: from install to uninstall.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/plugin_events.hpp"
#include "collet/plugin_store.hpp"
#include "collet/reply.hpp"

namespace collet {

/// Where a plugin comes from.
struct InstallRequest {
  std::string source{};                  ///< npm package name, or the path of a folder
  std::optional<std::string> version{};  ///< of an npm package; the newest where absent
  enum class Kind : std::uint8_t { npm, folder } kind = Kind::npm;
  /// Lines of what goes on meanwhile, for people. Runs on the loop.
  std::function<void(std::string_view line)> progress{};
};

/// Whether an uninstalled plugin can come back.
enum class Uninstall : std::uint8_t { keep_row, purge };

/// Installs, enables, disables, upgrades and uninstalls plugins, one operation a plugin at a time,
/// and tells subscribers about it. Every change is in the store before it is reported. Plugin ids
/// are UUIDs (any case) or keys. Loop thread only; replies come on the loop.
///
/// What the host itself lacks (descriptors, processes, memory) fails an operation with
/// `overloaded`. A plugin that was ready then stays so, and its worker is started as soon as it can
/// be.
class LifecycleManager : public PluginEvents, public ReadyPlugins {
 public:
  /// Reads the store and activates all ready plugins, some at a time; answers when the rows are
  /// read, not when the workers run.
  virtual void start(Reply<Done> reply) = 0;

  /// Fetches, checks, stores and activates a plugin. Failures before the row is written leave
  /// nothing; a failed activation leaves a row in `error`. Fails with `install_failed` (also where
  /// it is installed already: the remedy names restart).
  virtual void load(InstallRequest request, Reply<PluginRecord> reply) = 0;
  /// disabled, error or upgrade_pending → ready.
  virtual void enable(std::string_view plugin_id, Reply<PluginRecord> reply) = 0;
  /// ready → disabled; stops the worker.
  virtual void disable(std::string_view plugin_id, std::string reason,
                       Reply<PluginRecord> reply) = 0;
  /// → uninstalled; answers the row as it is now, or as it was before a purge.
  virtual void unload(std::string_view plugin_id, Uninstall how, Reply<PluginRecord> reply) = 0;
  virtual void mark_error(std::string_view plugin_id, std::string error,
                          Reply<PluginRecord> reply) = 0;
  virtual void mark_upgrade_pending(std::string_view plugin_id, Reply<PluginRecord> reply) = 0;
  /// Fetches another version and switches to it. New capabilities fail with `approval_required` and
  /// leave the row in `upgrade_pending`; any other failure leaves the old version running.
  virtual void upgrade(std::string_view plugin_id, std::optional<std::string> version,
                       Reply<PluginRecord> reply) = 0;
  /// Stops and starts the worker of a ready plugin, reading its package anew.
  virtual void restart_worker(std::string_view plugin_id, Reply<PluginRecord> reply) = 0;

  /// The row of a plugin, uninstalled ones included; `plugin_not_found` otherwise.
  [[nodiscard]] virtual Result<PluginRecord> find(std::string_view plugin_id) const = 0;
  /// All rows by install order; with a status only those.
  [[nodiscard]] virtual std::vector<PluginRecord> list(
      std::optional<PluginStatus> status = std::nullopt) const = 0;
  [[nodiscard]] virtual std::optional<PluginStatus> get_status(
      std::string_view plugin_id) const = 0;
  [[nodiscard]] virtual bool can_transition(std::string_view plugin_id, PluginStatus to) const = 0;
  /// Tells subscribers that a plugin's worker started, or ended (`worker_started`,
  /// `worker_stopped`); for whoever runs the workers.
  virtual void report_worker(std::string_view plugin_id, PluginEventType type,
                             std::string reason) = 0;
  /// Waits for operations under way and refuses new ones with `shutting_down`.
  virtual void stop(Reply<Done> reply) = 0;
};

/// Whether the table of states allows `from` → `to`:
/// installed → ready, error, uninstalled; ready → ready, disabled, error, upgrade_pending,
/// uninstalled; disabled → ready, uninstalled; error → ready, uninstalled; upgrade_pending → ready,
/// error, uninstalled; uninstalled → installed.
[[nodiscard]] bool transition_allowed(PluginStatus from, PluginStatus to);

}  // namespace collet
