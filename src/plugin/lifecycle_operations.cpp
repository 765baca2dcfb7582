#include <fmt/format.h>

#include <utility>

#include "plugin/lifecycle.hpp"
#include "plugin/lifecycle_rules.hpp"
#include "plugin/npm_spec.hpp"

namespace collet::plugin {
namespace {

/// The queue of a source: the name of an npm package, whatever its version, or a folder.
std::string source_key(const InstallRequest& request) {
  if (request.kind == InstallRequest::Kind::npm) {
    const auto spec = parse_npm_spec(request.source, request.version);
    return spec ? spec->name : request.source;
  }
  const auto folder = std::filesystem::path(request.source).lexically_normal();
  return folder.has_filename() ? folder.native() : folder.parent_path().native();
}

}  // namespace

// ---- what the outside calls

void Lifecycle::load(InstallRequest request, Reply<PluginRecord> reply) {
  begin(load_flow(std::move(request)), std::move(reply));
}

void Lifecycle::enable(std::string_view plugin_id, Reply<PluginRecord> reply) {
  begin(enable_flow(std::string(plugin_id)), std::move(reply));
}

void Lifecycle::disable(std::string_view plugin_id, std::string reason, Reply<PluginRecord> reply) {
  begin(disable_flow(std::string(plugin_id), std::move(reason)), std::move(reply));
}

void Lifecycle::unload(std::string_view plugin_id, Uninstall how, Reply<PluginRecord> reply) {
  begin(unload_flow(std::string(plugin_id), how), std::move(reply));
}

void Lifecycle::mark_error(std::string_view plugin_id, std::string error,
                           Reply<PluginRecord> reply) {
  begin(mark_error_flow(std::string(plugin_id), std::move(error)), std::move(reply));
}

void Lifecycle::mark_upgrade_pending(std::string_view plugin_id, Reply<PluginRecord> reply) {
  begin(mark_upgrade_pending_flow(std::string(plugin_id)), std::move(reply));
}

void Lifecycle::upgrade(std::string_view plugin_id, std::optional<std::string> version,
                        Reply<PluginRecord> reply) {
  begin(upgrade_flow(std::string(plugin_id), std::move(version)), std::move(reply));
}

void Lifecycle::restart_worker(std::string_view plugin_id, Reply<PluginRecord> reply) {
  begin(restart_flow(std::string(plugin_id)), std::move(reply));
}

// ---- turns

Async<Result<Lifecycle::HeldPlugin>> Lifecycle::take_source_and_plugin(std::string id) {
  while (true) {
    const auto known = admit(id);
    if (!known) co_return std::unexpected(known.error());
    const auto key = (*known)->row.plugin_key;
    const auto source = source_key(request_for((*known)->row));
    auto source_turn = co_await reply_of<Turns::Turn>(
        [&](auto reply) { sources_.take(source, std::move(reply)); });
    auto turn =
        co_await reply_of<Turns::Turn>([&](auto reply) { turns_.take(key, std::move(reply)); });
    const auto admitted = admit(id);
    if (!admitted) co_return std::unexpected(admitted.error());
    auto& plugin = **admitted;
    // Installed anew from elsewhere, or under another key, while this waited: other turns, then.
    if (plugin.row.plugin_key != key || source_key(request_for(plugin.row)) != source) continue;
    HeldPlugin held{
        .source_turn = std::move(source_turn), .turn = std::move(turn), .plugin = plugin};
    co_return held;
  }
}

// ---- install

Async<Lifecycle::Row> Lifecycle::load_flow(InstallRequest request) {
  const auto source = source_key(request);
  const auto source_turn =
      co_await reply_of<Turns::Turn>([&](auto reply) { sources_.take(source, std::move(reply)); });
  auto root = co_await reply_of<std::filesystem::path>(
      [&](auto reply) { parts_.packages.fetch(request, std::move(reply)); });
  if (!root) co_return std::unexpected(root.error());
  auto candidate = co_await inspect(*root);
  Row outcome = std::unexpected(Error{});
  if (candidate) {
    outcome = co_await install(std::move(*candidate), request);
  } else {
    outcome = std::unexpected(candidate.error());
  }
  if (!outcome) co_await discard_if_unused(*root);
  co_return outcome;
}

Async<Lifecycle::Row> Lifecycle::install(Candidate candidate, InstallRequest request) {
  const auto key = candidate.manifest->id;
  const auto turn =
      co_await reply_of<Turns::Turn>([&](auto reply) { turns_.take(key, std::move(reply)); });
  if (stopping_) {
    co_return fail(ErrorCode::shutting_down, "the host is stopping",
                   "install it again once the host runs again");
  }
  auto* known = look_up(key);
  if (known != nullptr && known->row.status != PluginStatus::uninstalled) {
    co_return fail(ErrorCode::install_failed, "Plugin already installed: " + key,
                   fmt::format("to load it anew: collet plugin restart {}", key));
  }
  const auto previous = known != nullptr ? PluginStatus::uninstalled : PluginStatus::installed;
  if (known == nullptr) {
    PluginRecord fresh;
    fresh.id = make_uuid(parts_.entropy);
    fresh.installed_at = parts_.clock();
    fresh.updated_at = fresh.installed_at;
    auto row = described(std::move(fresh), candidate);
    auto inserted = co_await reply_of<PluginRecord>(
        [&](auto reply) { parts_.store.insert(std::move(row), std::move(reply)); });
    if (!inserted) co_return std::unexpected(inserted.error());
    add(std::move(*inserted));
    known = look_up(key);
  } else {
    // Its UUID and its place in the order stay.
    auto row = described(known->row, candidate);
    row.status = PluginStatus::installed;
    row.last_error.reset();
    row.installed_at = parts_.clock();
    const auto saved = co_await save(*known, std::move(row));
    if (!saved) co_return std::unexpected(saved.error());
    known->manifest = candidate.manifest;
  }
  if (request.progress) {
    request.progress(fmt::format("starting {} {}", key, candidate.manifest->version));
  }
  // Whoever installs it has seen what it asks for.
  std::optional<Candidate> read(std::move(candidate));
  auto outcome = co_await activate(*known, previous, Capabilities::approve_new, std::move(read));
  if (!outcome && outcome.error().code == ErrorCode::overloaded) {
    outcome.error().remedy += fmt::format("; then start it with: collet plugin enable {}", key);
  }
  if (!outcome && outcome.error().code != ErrorCode::shutting_down) {
    outcome.error().code = ErrorCode::install_failed;
  }
  co_return outcome;
}

// ---- enable, disable, uninstall, marks

Async<Lifecycle::Row> Lifecycle::enable_flow(std::string id) {
  const auto key = turn_key(id);
  const auto turn =
      co_await reply_of<Turns::Turn>([&](auto reply) { turns_.take(key, std::move(reply)); });
  const auto plugin = admit(id);
  if (!plugin) co_return std::unexpected(plugin.error());
  const auto legal = check_operation(k_enable_rule, (*plugin)->row);
  if (!legal) co_return std::unexpected(legal.error());
  const auto previous = (*plugin)->row.status;
  // Enabling what waits for approval is the approval.
  const auto capabilities = previous == PluginStatus::upgrade_pending ? Capabilities::approve_new
                                                                      : Capabilities::as_approved;
  co_return co_await activate(**plugin, previous, capabilities);
}

Async<Lifecycle::Row> Lifecycle::disable_flow(std::string id, std::string reason) {
  const auto key = turn_key(id);
  const auto turn =
      co_await reply_of<Turns::Turn>([&](auto reply) { turns_.take(key, std::move(reply)); });
  const auto admitted = admit(id);
  if (!admitted) co_return std::unexpected(admitted.error());
  auto& plugin = **admitted;
  const auto legal = check_operation(k_disable_rule, plugin.row);
  if (!legal) co_return std::unexpected(legal.error());

  std::vector<PluginStatus> way = {PluginStatus::disabled};
  auto last_error = reason.empty() ? std::nullopt : std::optional(reason);
  const auto settled = co_await settle(plugin, std::move(way), std::move(last_error));
  if (!settled) co_return std::unexpected(settled.error());
  // Its tools go first, so that no new call reaches a worker that is about to stop.
  announce(PluginEventType::disabled, plugin, PluginStatus::ready, reason);
  co_await stop_worker(plugin.row, "disabled", AfterStop::stay_stopped);
  co_return plugin.row;
}

Async<Lifecycle::Row> Lifecycle::unload_flow(std::string id, Uninstall how) {
  // The source's turn, too: an install that fetches the same version would lose it at the end.
  const auto held = co_await take_source_and_plugin(std::move(id));
  if (!held) co_return std::unexpected(held.error());
  auto& plugin = held->plugin;
  const auto key = plugin.row.plugin_key;
  const auto before = plugin.row;
  if (how == Uninstall::keep_row && before.status == PluginStatus::uninstalled) {
    co_return fail(ErrorCode::invalid_transition,
                   fmt::format("Plugin {} is already uninstalled. Use removeData=true to "
                               "permanently delete it.",
                               key),
                   fmt::format("to forget it for good: collet plugin uninstall {} --purge", key));
  }

  if (how == Uninstall::purge) {
    const auto removed = co_await reply_of<Done>(
        [&](auto reply) { parts_.store.remove(before.id, std::move(reply)); });
    if (!removed) co_return std::unexpected(removed.error());
    Plugin gone{.row = before, .manifest = nullptr};
    gone.row.status = PluginStatus::uninstalled;
    std::erase_if(key_of_id_, [&](const auto& entry) { return entry.second == key; });
    plugins_.erase(key);
    announce(PluginEventType::unloaded, gone, before.status, {}, true);
  } else {
    std::vector<PluginStatus> way = {PluginStatus::uninstalled};
    const auto settled = co_await settle(plugin, std::move(way), std::nullopt);
    if (!settled) co_return std::unexpected(settled.error());
    announce(PluginEventType::unloaded, plugin, before.status);
  }
  // From here `plugin` may be gone.
  co_await stop_worker(before, "uninstalled", AfterStop::stay_stopped);
  if (how == Uninstall::purge) {
    parts_.workers.forget_worker(before.id);
    co_await delete_data_folder(key);
  }
  co_await discard_if_unused(before.package_path.value_or(""));
  if (how == Uninstall::purge) co_return before;
  co_return find(key);
}

Async<Lifecycle::Row> Lifecycle::mark_error_flow(std::string id, std::string error) {
  const auto key = turn_key(id);
  const auto turn =
      co_await reply_of<Turns::Turn>([&](auto reply) { turns_.take(key, std::move(reply)); });
  const auto admitted = admit(id);
  if (!admitted) co_return std::unexpected(admitted.error());
  auto& plugin = **admitted;
  const auto previous = plugin.row.status;
  std::vector<PluginStatus> way = {PluginStatus::error};
  const auto settled = co_await settle(plugin, std::move(way), error);
  if (!settled) co_return std::unexpected(settled.error());
  announce(PluginEventType::error, plugin, previous, error);
  co_await stop_worker(plugin.row, "error", AfterStop::stay_stopped);
  co_return plugin.row;
}

Async<Lifecycle::Row> Lifecycle::mark_upgrade_pending_flow(std::string id) {
  const auto key = turn_key(id);
  const auto turn =
      co_await reply_of<Turns::Turn>([&](auto reply) { turns_.take(key, std::move(reply)); });
  const auto admitted = admit(id);
  if (!admitted) co_return std::unexpected(admitted.error());
  auto& plugin = **admitted;
  const auto previous = plugin.row.status;
  std::vector<PluginStatus> way = {PluginStatus::upgrade_pending};
  const auto settled = co_await settle(plugin, std::move(way), std::nullopt);
  if (!settled) co_return std::unexpected(settled.error());
  announce(PluginEventType::upgrade_pending, plugin, previous);
  co_await stop_worker(plugin.row, "upgrade pending", AfterStop::stay_stopped);
  co_return plugin.row;
}

// ---- restart and upgrade

Async<Lifecycle::Row> Lifecycle::restart_flow(std::string id) {
  const auto key = turn_key(id);
  const auto turn =
      co_await reply_of<Turns::Turn>([&](auto reply) { turns_.take(key, std::move(reply)); });
  const auto plugin = admit(id);
  if (!plugin) co_return std::unexpected(plugin.error());
  const auto legal = check_operation(k_restart_rule, (*plugin)->row);
  if (!legal) co_return std::unexpected(legal.error());
  co_await stop_worker((*plugin)->row, "restart", AfterStop::expect_start);
  co_return co_await activate(**plugin, PluginStatus::ready, Capabilities::as_approved);
}

Async<Lifecycle::Row> Lifecycle::upgrade_flow(std::string id, std::optional<std::string> version) {
  const auto held = co_await take_source_and_plugin(std::move(id));
  if (!held) co_return std::unexpected(held.error());
  auto request = request_for(held->plugin.row);
  request.version = std::move(version);
  co_return co_await upgrade_in_turn(held->plugin, std::move(request));
}

Async<Lifecycle::Row> Lifecycle::upgrade_in_turn(Plugin& plugin, InstallRequest request) {
  const auto legal = check_operation(k_upgrade_rule, plugin.row);
  if (!legal) co_return std::unexpected(legal.error());

  const auto key = plugin.row.plugin_key;
  const std::filesystem::path old_root = plugin.row.package_path.value_or("");
  auto root = co_await reply_of<std::filesystem::path>(
      [&](auto reply) { parts_.packages.fetch(request, std::move(reply)); });
  if (!root) co_return std::unexpected(root.error());
  auto candidate = co_await inspect(*root);
  Row outcome = std::unexpected(Error{});
  if (!candidate) {
    outcome = std::unexpected(candidate.error());
  } else if (candidate->manifest->id != key) {
    outcome =
        fail(ErrorCode::install_failed,
             fmt::format("Upgrade failed: new manifest ID '{}' does not match existing plugin "
                         "ID '{}'",
                         candidate->manifest->id, key),
             "a plugin of another id is installed, not upgraded to");
  } else if (!candidate->worker) {
    outcome = std::unexpected(candidate->worker.error());
  } else if (auto wanted = new_capabilities(plugin.manifest.get(), *candidate->manifest);
             !wanted.empty()) {
    outcome = co_await hold_for_approval(plugin, std::move(*candidate), std::move(wanted));
  } else {
    outcome = co_await switch_to(plugin, std::move(*candidate));
  }
  // One of the two is no row's any more.
  co_await discard_if_unused(*root);
  co_await discard_if_unused(old_root);
  co_return outcome;
}

Async<Lifecycle::Row> Lifecycle::hold_for_approval(Plugin& plugin, Candidate candidate,
                                                   std::vector<std::string> wanted) {
  const auto error = approval_error(plugin.row, plugin.manifest.get(), wanted);
  const auto previous = plugin.row.status;
  // The row names the new package but keeps the manifest that was approved: what enabling it
  // accepts is the difference.
  auto row = plugin.row;
  row.package_path = candidate.root.native();
  row.status = PluginStatus::upgrade_pending;
  row.last_error = error.message;
  const auto saved = co_await save(plugin, std::move(row));
  if (!saved) co_return std::unexpected(saved.error());
  announce(PluginEventType::upgrade_pending, plugin, previous, error.message);
  if (previous == PluginStatus::ready)
    co_await stop_worker(plugin.row, "upgrade pending", AfterStop::stay_stopped);
  co_return std::unexpected(error);
}

Async<Lifecycle::Row> Lifecycle::switch_to(Plugin& plugin, Candidate candidate) {
  const auto before = plugin.row;
  const bool was_running = before.status == PluginStatus::ready;
  if (was_running) co_await stop_worker(before, "upgrade", AfterStop::expect_start);
  auto outcome = co_await start_worker(before, candidate);
  const bool started = outcome.has_value();
  if (started) {
    auto row = described(before, candidate);
    row.status = PluginStatus::ready;
    row.last_error.reset();
    outcome = co_await save(plugin, std::move(row));
    if (outcome) {
      keep_manifest(plugin, candidate.manifest);
      announce(PluginEventType::enabled, plugin, before.status);
      co_return plugin.row;
    }
  }
  auto error = outcome.error();
  // The old version comes back, and calls wait for it; its row was never touched.
  const bool comes_back = was_running && !stopping_;
  if (started) {
    const auto after = comes_back ? AfterStop::expect_start : AfterStop::stay_stopped;
    co_await stop_worker(before, "upgrade failed", after);
  } else if (comes_back) {
    parts_.workers.expect_worker(before.id, before.plugin_key);
  } else {
    co_await expect_no_worker(before.id);
  }
  if (!comes_back) co_return std::unexpected(error);

  const auto restored = co_await activate(plugin, before.status, Capabilities::as_approved);
  const auto after = restored ? fmt::format("version {} runs on", before.version)
                              : fmt::format("version {} could not be started again either: {}",
                                            before.version, restored.error().message);
  // What the host lacks is the operator's to mend all the same.
  const bool host_is_short = error.code == ErrorCode::overloaded;
  error.remedy = host_is_short ? fmt::format("{}; {}", error.remedy, after) : after;
  co_return std::unexpected(error);
}

}  // namespace collet::plugin
