#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "plugin/lifecycle.hpp"
#include "plugin/lifecycle_rules.hpp"

namespace collet::plugin {

Async<Result<Lifecycle::Candidate>> Lifecycle::inspect(std::filesystem::path root) {
  auto package =
      co_await reply_of<Package>([&](auto reply) { parts_.packages.read(root, std::move(reply)); });
  if (!package) co_return std::unexpected(package.error());
  const auto host = check_host_version(package->manifest, options_.host_version);
  if (!host) co_return std::unexpected(host.error());
  if (options_.apply_settings) options_.apply_settings(package->manifest);
  Candidate candidate{.root = std::move(package->root),
                      .package_name = std::move(package->name),
                      .manifest = std::make_shared<const Manifest>(std::move(package->manifest)),
                      .worker = std::move(package->worker)};
  co_return candidate;
}

Async<Lifecycle::Row> Lifecycle::activate(Plugin& plugin, PluginStatus previous,
                                          Capabilities capabilities) {
  std::optional<Candidate> unread;
  return activate(plugin, previous, capabilities, std::move(unread));
}

Async<Lifecycle::Row> Lifecycle::activate(Plugin& plugin, PluginStatus previous,
                                          Capabilities capabilities,
                                          std::optional<Candidate> known) {
  const auto outcome = co_await try_to_activate(plugin, capabilities, std::move(known));
  if (outcome) {
    if (std::exchange(plugin.waits_for_host, false)) {
      parts_.logger.info("plugin started", {{"plugin", plugin.row.plugin_key}});
    }
    const bool first = previous == PluginStatus::installed || previous == PluginStatus::uninstalled;
    if (first) emit(PluginEventType::loaded, plugin, previous);
    announce(PluginEventType::enabled, plugin, previous);
    co_return plugin.row;
  }
  const auto error = outcome.error();
  const bool host_is_short = error.code == ErrorCode::overloaded;
  if (host_is_short && previous == PluginStatus::ready && !stopping_) {
    try_again_later(plugin, error);
    co_return std::unexpected(error);
  }
  co_await expect_no_worker(plugin.row.id);
  // A host that stops in the middle is no fault of the plugin's: it is tried again next time.
  if (stopping_ || error.code == ErrorCode::shutting_down) co_return std::unexpected(error);

  const bool waits = error.code == ErrorCode::approval_required;
  const auto end = waits ? PluginStatus::upgrade_pending : PluginStatus::error;
  auto reason = waits ? error.message : "Activation failed: " + error.message;
  // No status but ready leads to both ends.
  std::vector<PluginStatus> way = {PluginStatus::ready, end};
  const auto settled = co_await settle(plugin, std::move(way), reason);
  if (!settled) {
    parts_.logger.error("plugin failed and its row could not be written",
                        {{"plugin", plugin.row.plugin_key},
                         {"failure", reason},
                         {"error", settled.error().message}});
  }
  announce(waits ? PluginEventType::upgrade_pending : PluginEventType::error, plugin, previous,
           std::move(reason));
  co_return std::unexpected(error);
}

Async<Result<Done>> Lifecycle::try_to_activate(Plugin& plugin, Capabilities capabilities,
                                               std::optional<Candidate> known) {
  if (!known) {
    auto read = co_await inspect(plugin.row.package_path.value_or(""));
    if (!read) co_return std::unexpected(read.error());
    known = std::move(*read);
  }
  const auto& manifest = *known->manifest;
  if (manifest.id != plugin.row.plugin_key) {
    co_return fail(ErrorCode::install_failed,
                   fmt::format("the manifest at {} is of plugin '{}', not of '{}'",
                               known->root.native(), manifest.id, plugin.row.plugin_key),
                   "restore the old id, or uninstall the plugin and install it anew");
  }
  if (capabilities == Capabilities::as_approved) {
    const auto wanted = new_capabilities(plugin.manifest.get(), manifest);
    if (!wanted.empty()) {
      co_return std::unexpected(approval_error(plugin.row, plugin.manifest.get(), wanted));
    }
  }
  if (!known->worker) co_return std::unexpected(known->worker.error());

  auto row = described(plugin.row, *known);
  row.last_error.reset();
  const auto legal = check_transition(row.plugin_key, row.status, PluginStatus::ready);
  if (!legal) co_return legal;
  row.status = PluginStatus::ready;
  const bool changed =
      row.status != plugin.row.status || row.manifest_json != plugin.row.manifest_json ||
      row.package_path != plugin.row.package_path || row.package_name != plugin.row.package_name ||
      row.last_error != plugin.row.last_error;
  if (changed) {
    const auto saved = co_await save(plugin, std::move(row));
    if (!saved) co_return saved;
  }
  keep_manifest(plugin, known->manifest);
  co_return co_await start_worker(plugin.row, *known);
}

Async<Result<Done>> Lifecycle::start_worker(const PluginRecord& row, const Candidate& candidate) {
  const auto made = co_await make_data_folder(row.plugin_key);
  if (!made) co_return made;
  WorkerStart start{.plugin_id = row.id,
                    .plugin_key = row.plugin_key,
                    .manifest = candidate.manifest,
                    .package_root = candidate.root,
                    .entrypoint = candidate.worker.value_or("")};
  if (options_.before_start) {
    const auto prepared = co_await reply_of<Done>(
        [&](auto reply) { options_.before_start(start, std::move(reply)); });
    if (!prepared) co_return prepared;
  }
  const auto started = co_await reply_of<Done>(
      [&](auto reply) { parts_.workers.start_worker(std::move(start), std::move(reply)); });
  if (started) {
    events_.emit({.type = PluginEventType::worker_started,
                  .plugin_id = row.id,
                  .plugin_key = row.plugin_key,
                  .previous = row.status,
                  .current = row.status});
  }
  co_return started;
}

Async<Result<Done>> Lifecycle::stop_worker(PluginRecord row, std::string reason, AfterStop after) {
  const auto stopped = co_await reply_of<Done>(
      [&](auto reply) { parts_.workers.stop_worker(row.id, after, std::move(reply)); });
  if (!stopped) {
    parts_.logger.warn("worker did not stop",
                       {{"plugin", row.plugin_key}, {"error", stopped.error().message}});
  }
  events_.emit({.type = PluginEventType::worker_stopped,
                .plugin_id = row.id,
                .plugin_key = row.plugin_key,
                .previous = row.status,
                .current = row.status,
                .reason = std::move(reason)});
  co_return stopped;
}

Async<Result<Done>> Lifecycle::expect_no_worker(std::string plugin_id) {
  co_return co_await reply_of<Done>([&](auto reply) {
    parts_.workers.stop_worker(plugin_id, AfterStop::stay_stopped, std::move(reply));
  });
}

Async<Result<Done>> Lifecycle::make_data_folder(std::string key) {
  if (options_.plugin_data_root.empty()) co_return Done{};
  const auto folder = options_.plugin_data_root / key;
  co_return co_await reply_of<Done>([&](auto reply) {
    off_loop<Done>(
        parts_.background,
        [folder]() -> Result<Done> {
          std::error_code failure;
          std::filesystem::create_directories(folder, failure);
          if (!failure) return Done{};
          return fail(ErrorCode::worker_unavailable,
                      fmt::format("cannot make the plugin's data folder {}: {}", folder.native(),
                                  failure.message()),
                      "check its owner and free space");
        },
        std::move(reply));
  });
}

Async<Result<Done>> Lifecycle::delete_data_folder(std::string key) {
  if (options_.plugin_data_root.empty()) co_return Done{};
  const auto folder = options_.plugin_data_root / key;
  const auto failure = co_await reply_of<std::error_code>([&](auto reply) {
    off_loop<std::error_code>(
        parts_.background,
        [folder]() -> Result<std::error_code> {
          std::error_code outcome;
          std::filesystem::remove_all(folder, outcome);
          return outcome;
        },
        std::move(reply));
  });
  if (failure && *failure) {
    parts_.logger.warn(
        "a purged plugin's data folder could not be deleted; delete it by hand",
        {{"plugin", key}, {"folder", folder.native()}, {"error", failure->message()}});
  }
  co_return Done{};
}

}  // namespace collet::plugin
