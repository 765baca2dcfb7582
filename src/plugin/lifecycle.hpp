// The lifecycle of plugins. Internal to plugin/: make_lifecycle_manager (lifecycle_manager.hpp)
// makes it.
//
// One flow per operation, each a coroutine under the turn of its plugin:
//   lifecycle.cpp             rows, queries, events, start and stop
//   lifecycle_activation.cpp  from a package on disk to a running worker
//   lifecycle_operations.cpp  what operators ask for
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.hpp"
#include "plugin/event_hub.hpp"
#include "plugin/lifecycle_manager.hpp"
#include "plugin/turns.hpp"

namespace collet::plugin {

/// Loop thread only.
class Lifecycle final : public LifecycleManager {
 public:
  Lifecycle(LifecycleParts parts, LifecycleOptions options);

  void start(Reply<Done> reply) override;
  void load(InstallRequest request, Reply<PluginRecord> reply) override;
  void enable(std::string_view plugin_id, Reply<PluginRecord> reply) override;
  void disable(std::string_view plugin_id, std::string reason, Reply<PluginRecord> reply) override;
  void unload(std::string_view plugin_id, Uninstall how, Reply<PluginRecord> reply) override;
  void mark_error(std::string_view plugin_id, std::string error,
                  Reply<PluginRecord> reply) override;
  void mark_upgrade_pending(std::string_view plugin_id, Reply<PluginRecord> reply) override;
  void upgrade(std::string_view plugin_id, std::optional<std::string> version,
               Reply<PluginRecord> reply) override;
  void restart_worker(std::string_view plugin_id, Reply<PluginRecord> reply) override;

  [[nodiscard]] Result<PluginRecord> find(std::string_view plugin_id) const override;
  [[nodiscard]] std::vector<PluginRecord> list(std::optional<PluginStatus> status) const override;
  [[nodiscard]] std::optional<PluginStatus> get_status(std::string_view plugin_id) const override;
  [[nodiscard]] bool can_transition(std::string_view plugin_id, PluginStatus to) const override;
  void report_worker(std::string_view plugin_id, PluginEventType type, std::string reason) override;
  void stop(Reply<Done> reply) override;

  SubscriptionId on(PluginEventType type, Handler handler) override;
  void off(SubscriptionId subscription) override;
  void list_ready(Reply<std::vector<ReadyPlugin>> reply) override;

 private:
  /// A row, and the manifest in it as it was approved; none where the row's text is no manifest
  /// any more.
  struct Plugin {
    PluginRecord row;
    std::shared_ptr<const Manifest> manifest;
    bool waits_for_host = false;  ///< for what the host lacks; see `try_again_later`
  };
  /// A plugin, and the turns that keep others from it and from where it was fetched.
  struct HeldPlugin {
    Result<Turns::Turn> source_turn;
    Result<Turns::Turn> turn;
    Plugin& plugin;
  };
  /// What lies on disk, ready to be started.
  struct Candidate {
    std::filesystem::path root;
    std::string package_name;
    std::shared_ptr<const Manifest> manifest;
    Result<std::filesystem::path> worker;
  };
  /// Whether capabilities that the row does not have yet are accepted.
  enum class Capabilities : std::uint8_t { as_approved, approve_new };
  using Row = Result<PluginRecord>;

  // Flows (lifecycle_operations.cpp). Ids are resolved anew once it is the flow's turn.
  /// For whoever discards packages: waits for the turn of the plugin's source, then for the
  /// plugin's own, until both are those of the row as it then is. Fails as `admit` does.
  Async<Result<HeldPlugin>> take_source_and_plugin(std::string id);
  Async<Row> load_flow(InstallRequest request);
  Async<Row> enable_flow(std::string id);
  Async<Row> disable_flow(std::string id, std::string reason);
  Async<Row> unload_flow(std::string id, Uninstall how);
  Async<Row> mark_error_flow(std::string id, std::string error);
  Async<Row> mark_upgrade_pending_flow(std::string id);
  Async<Row> upgrade_flow(std::string id, std::optional<std::string> version);
  /// With the turns of its source and of its plugin.
  Async<Row> upgrade_in_turn(Plugin& plugin, InstallRequest request);
  Async<Row> restart_flow(std::string id);
  /// The parts of load and upgrade.
  Async<Row> install(Candidate candidate, InstallRequest request);
  Async<Row> switch_to(Plugin& plugin, Candidate candidate);
  Async<Row> hold_for_approval(Plugin& plugin, Candidate candidate,
                               std::vector<std::string> wanted);

  // Activation (lifecycle_activation.cpp).
  /// Reads the package at `root`, applies the operator's settings, checks the host version.
  Async<Result<Candidate>> inspect(std::filesystem::path root);
  /// Brings a plugin to `ready` with a running worker, or to `error` or `upgrade_pending`, and
  /// tells subscribers. `known` is the package where it was just read.
  Async<Row> activate(Plugin& plugin, PluginStatus previous, Capabilities capabilities,
                      std::optional<Candidate> known);
  Async<Row> activate(Plugin& plugin, PluginStatus previous, Capabilities capabilities);
  Async<Result<Done>> try_to_activate(Plugin& plugin, Capabilities capabilities,
                                      std::optional<Candidate> known);
  Async<Result<Done>> start_worker(const PluginRecord& row, const Candidate& candidate);
  /// Failures are logged: a worker that does not stop holds nothing up.
  Async<Result<Done>> stop_worker(PluginRecord row, std::string reason, AfterStop after);
  /// Fails the calls that wait for a worker that was expected and is not started. None runs.
  Async<Result<Done>> expect_no_worker(std::string plugin_id);
  /// `<plugin_data_root>/<key>`, off the loop; nothing where there is no root.
  Async<Result<Done>> make_data_folder(std::string key);
  Async<Result<Done>> delete_data_folder(std::string key);

  // Rows and events (lifecycle.cpp).
  Async<Result<Done>> read_rows();
  /// Writes `row` to the store, then to memory.
  Async<Result<Done>> save(Plugin& plugin, PluginRecord row);
  /// Goes `way` step by step by the table of transitions; only where it ends is stored and seen.
  Async<Result<Done>> settle(Plugin& plugin, std::vector<PluginStatus> way,
                             std::optional<std::string> last_error);
  /// A row with what a package says of itself.
  [[nodiscard]] static PluginRecord described(PluginRecord row, const Candidate& candidate);
  void keep_manifest(Plugin& plugin, const std::shared_ptr<const Manifest>& manifest);
  void add(PluginRecord row);
  void emit(PluginEventType type, const Plugin& plugin, PluginStatus previous,
            std::string reason = {}, bool remove_data = false);
  /// `type`, and status_changed where the status is another than `previous`.
  void announce(PluginEventType type, const Plugin& plugin, PluginStatus previous,
                std::string reason = {}, bool remove_data = false);
  Async<Result<Done>> discard_if_unused(std::filesystem::path root);
  /// Deletes the packages that a host which died in between left behind.
  void sweep_packages();
  /// What fetches another version of a plugin: from where it came from.
  [[nodiscard]] InstallRequest request_for(const PluginRecord& row) const;

  [[nodiscard]] const Plugin* look_up(std::string_view plugin_id) const;
  [[nodiscard]] Plugin* look_up(std::string_view plugin_id);
  /// The queue of a plugin: its key, also where the caller named its UUID.
  [[nodiscard]] std::string turn_key(std::string_view plugin_id) const;
  /// The plugin, unless the host is stopping or there is none.
  [[nodiscard]] Result<Plugin*> admit(std::string_view plugin_id);
  /// Runs a flow, unless the host is stopping, and counts it.
  void begin(Async<Row> flow, Reply<PluginRecord> reply);
  Async<Row> counted(Async<Row> flow);
  void start_waiting_plugins();
  Async<Result<Done>> start_ready_plugins();
  /// For a plugin that was ready, and whose worker does not start because the host lacks what any
  /// worker needs, such as descriptors: it stays ready and is tried again until it starts, because
  /// it is not at fault.
  void try_again_later(Plugin& plugin, const Error& why);
  void finish_operation();

  LifecycleParts parts_;
  LifecycleOptions options_;
  EventHub events_;
  // Whoever needs both takes the source's first.
  Turns sources_;  ///< by what is fetched: nobody discards what another has just fetched
  Turns turns_;    ///< by plugin key
  std::map<std::string, Plugin, std::less<>> plugins_;         ///< by key
  std::map<std::string, std::string, std::less<>> key_of_id_;  ///< UUID in lower case → key
  std::deque<std::string> to_start_;      ///< keys that wait for their start at the host's start
  std::deque<std::string> to_try_again_;  ///< keys that are to be started when `try_again_` fires
  Timer try_again_;
  std::optional<Result<Done>> rows_read_;
  std::vector<Reply<std::vector<ReadyPlugin>>> waiting_for_rows_;
  std::size_t operations_ = 0;
  bool stopping_ = false;
  std::vector<Reply<Done>> waiting_for_stop_;
};

}  // namespace collet::plugin
