#include "plugin/lifecycle.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/ascii.hpp"
#include "plugin/lifecycle_rules.hpp"

namespace collet {

std::unique_ptr<LifecycleManager> make_lifecycle_manager(LifecycleParts parts,
                                                         LifecycleOptions options) {
  return std::make_unique<plugin::Lifecycle>(std::move(parts), std::move(options));
}

namespace plugin {
namespace {

// Descriptors and processes come back at any moment; a try that fails costs microseconds.
constexpr std::chrono::seconds k_try_again_after(1);

std::unexpected<Error> not_found(std::string_view plugin_id) {
  return fail(ErrorCode::plugin_not_found, "Plugin not found: " + std::string(plugin_id),
              "collet plugin list shows what is installed");
}

std::unexpected<Error> shutting_down() {
  return fail(ErrorCode::shutting_down, "the host is stopping", "try again once it runs again");
}

}  // namespace

Lifecycle::Lifecycle(LifecycleParts parts, LifecycleOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      sources_(parts_.loop),
      turns_(parts_.loop) {}

// ---- queries

const Lifecycle::Plugin* Lifecycle::look_up(std::string_view plugin_id) const {
  auto plugin = plugins_.find(plugin_id);
  if (plugin == plugins_.end()) {
    const auto key = key_of_id_.find(ascii_lower(plugin_id));
    if (key == key_of_id_.end()) return nullptr;
    plugin = plugins_.find(key->second);
  }
  return plugin == plugins_.end() ? nullptr : &plugin->second;
}

Lifecycle::Plugin* Lifecycle::look_up(std::string_view plugin_id) {
  return const_cast<Plugin*>(std::as_const(*this).look_up(plugin_id));
}

Result<PluginRecord> Lifecycle::find(std::string_view plugin_id) const {
  const auto* plugin = look_up(plugin_id);
  if (plugin == nullptr) return not_found(plugin_id);
  return plugin->row;
}

std::vector<PluginRecord> Lifecycle::list(std::optional<PluginStatus> status) const {
  std::vector<PluginRecord> rows;
  for (const auto& [key, plugin] : plugins_) {
    if (!status || plugin.row.status == *status) rows.push_back(plugin.row);
  }
  std::ranges::sort(rows, {}, &PluginRecord::install_order);
  return rows;
}

std::optional<PluginStatus> Lifecycle::get_status(std::string_view plugin_id) const {
  const auto* plugin = look_up(plugin_id);
  return plugin == nullptr ? std::nullopt : std::optional(plugin->row.status);
}

bool Lifecycle::can_transition(std::string_view plugin_id, PluginStatus to) const {
  const auto status = get_status(plugin_id);
  return status && transition_allowed(*status, to);
}

void Lifecycle::list_ready(Reply<std::vector<ReadyPlugin>> reply) {
  if (!rows_read_) {
    waiting_for_rows_.push_back(std::move(reply));
    return;
  }
  if (!*rows_read_) {
    reply(std::unexpected(rows_read_->error()));
    return;
  }
  std::vector<ReadyPlugin> ready;
  for (const auto& row : list(PluginStatus::ready)) {
    const auto* plugin = look_up(row.plugin_key);
    if (plugin->manifest) {
      ready.push_back({.key = row.plugin_key, .id = row.id, .manifest = plugin->manifest});
    }
  }
  reply(std::move(ready));
}

// ---- events

Lifecycle::SubscriptionId Lifecycle::on(PluginEventType type, Handler handler) {
  return events_.on(type, std::move(handler));
}

void Lifecycle::off(SubscriptionId subscription) {
  events_.off(subscription);
}

void Lifecycle::report_worker(std::string_view plugin_id, PluginEventType type,
                              std::string reason) {
  if (const auto* plugin = look_up(plugin_id)) {
    emit(type, *plugin, plugin->row.status, std::move(reason));
  }
}

void Lifecycle::emit(PluginEventType type, const Plugin& plugin, PluginStatus previous,
                     std::string reason, bool remove_data) {
  const bool with_manifest = type == PluginEventType::loaded || type == PluginEventType::enabled;
  events_.emit({.type = type,
                .plugin_id = plugin.row.id,
                .plugin_key = plugin.row.plugin_key,
                .previous = previous,
                .current = plugin.row.status,
                .reason = std::move(reason),
                .manifest = with_manifest ? plugin.manifest : nullptr,
                .remove_data = remove_data});
}

void Lifecycle::announce(PluginEventType type, const Plugin& plugin, PluginStatus previous,
                         std::string reason, bool remove_data) {
  emit(type, plugin, previous, reason, remove_data);
  if (plugin.row.status == previous) return;
  emit(PluginEventType::status_changed, plugin, previous, std::move(reason), remove_data);
}

// ---- rows

void Lifecycle::add(PluginRecord row) {
  Plugin plugin{.row = std::move(row), .manifest = nullptr};
  if (auto manifest = parse_manifest(plugin.row.manifest_json)) {
    if (options_.apply_settings) options_.apply_settings(*manifest);
    plugin.manifest = std::make_shared<const Manifest>(std::move(*manifest));
  } else {
    parts_.logger.warn("stored manifest is not usable",
                       {{"plugin", plugin.row.plugin_key}, {"error", manifest.error().message}});
  }
  key_of_id_[ascii_lower(plugin.row.id)] = plugin.row.plugin_key;
  auto key = plugin.row.plugin_key;
  plugins_.insert_or_assign(std::move(key), std::move(plugin));
}

void Lifecycle::keep_manifest(Plugin& plugin, const std::shared_ptr<const Manifest>& manifest) {
  // The old object stays where nothing changed, so that subscribers can tell.
  if (plugin.manifest && plugin.manifest->json == manifest->json) return;
  plugin.manifest = manifest;
}

PluginRecord Lifecycle::described(PluginRecord row, const Candidate& candidate) {
  row.plugin_key = candidate.manifest->id;
  row.package_name = candidate.package_name;
  row.package_path = candidate.root.native();
  row.version = candidate.manifest->version;
  row.api_version = candidate.manifest->api_version;
  row.categories = candidate.manifest->categories;
  row.manifest_json = candidate.manifest->json;
  return row;
}

Async<Result<Done>> Lifecycle::save(Plugin& plugin, PluginRecord row) {
  row.updated_at = parts_.clock();
  const auto saved =
      co_await reply_of<Done>([&](auto reply) { parts_.store.update(row, std::move(reply)); });
  if (saved) plugin.row = std::move(row);
  co_return saved;
}

Async<Result<Done>> Lifecycle::settle(Plugin& plugin, std::vector<PluginStatus> way,
                                      std::optional<std::string> last_error) {
  auto row = plugin.row;
  for (const auto next : way) {
    const auto legal = check_transition(row.plugin_key, row.status, next);
    if (!legal) co_return legal;
    row.status = next;
  }
  row.last_error = std::move(last_error);
  co_return co_await save(plugin, std::move(row));
}

Async<Result<Done>> Lifecycle::discard_if_unused(std::filesystem::path root) {
  for (const auto& [key, plugin] : plugins_) {
    const bool installed = plugin.row.status != PluginStatus::uninstalled;
    if (installed && plugin.row.package_path == root.native()) co_return Done{};
  }
  co_return co_await reply_of<Done>(
      [&](auto reply) { parts_.packages.discard(root, std::move(reply)); });
}

void Lifecycle::sweep_packages() {
  std::vector<std::filesystem::path> used;
  for (const auto& [key, plugin] : plugins_) {
    if (plugin.row.package_path) used.emplace_back(*plugin.row.package_path);
  }
  parts_.packages.sweep(std::move(used), Reply<Done>([](Result<Done>) {}));
}

InstallRequest Lifecycle::request_for(const PluginRecord& row) const {
  const std::filesystem::path root = row.package_path.value_or("");
  InstallRequest request;
  request.kind = parts_.packages.kind_of(root);
  const bool fetched = request.kind == InstallRequest::Kind::npm;
  request.source = fetched ? row.package_name : root.native();
  return request;
}

// ---- operations

std::string Lifecycle::turn_key(std::string_view plugin_id) const {
  const auto* plugin = look_up(plugin_id);
  return plugin == nullptr ? std::string(plugin_id) : plugin->row.plugin_key;
}

Result<Lifecycle::Plugin*> Lifecycle::admit(std::string_view plugin_id) {
  if (stopping_) return shutting_down();
  auto* plugin = look_up(plugin_id);
  if (plugin == nullptr) return not_found(plugin_id);
  return plugin;
}

Async<Lifecycle::Row> Lifecycle::counted(Async<Row> flow) {
  auto outcome = co_await std::move(flow);
  // Posted, so that the answer is given before the end is noticed.
  parts_.loop.post([this] { finish_operation(); });
  co_return outcome;
}

void Lifecycle::begin(Async<Row> flow, Reply<PluginRecord> reply) {
  if (stopping_) {
    reply(shutting_down());
    return;
  }
  ++operations_;
  collet::start(counted(std::move(flow)), std::move(reply));
}

void Lifecycle::finish_operation() {
  if (--operations_ > 0) return;
  for (auto& reply : std::exchange(waiting_for_stop_, {})) reply(Done{});
}

void Lifecycle::stop(Reply<Done> reply) {
  stopping_ = true;
  try_again_.cancel();
  parts_.packages.stop();
  waiting_for_stop_.push_back(std::move(reply));
  // Counted like an operation, so that it answers at once where there is none.
  ++operations_;
  parts_.loop.post([this] { finish_operation(); });
}

// ---- the host's start

void Lifecycle::start(Reply<Done> reply) {
  collet::start(read_rows(), std::move(reply));
}

Async<Result<Done>> Lifecycle::read_rows() {
  auto rows = co_await reply_of<std::vector<PluginRecord>>(
      [&](auto reply) { parts_.store.list(std::move(reply)); });
  if (rows) {
    for (auto& row : *rows) add(std::move(row));
    sweep_packages();
    rows_read_ = Result<Done>(Done{});
  } else {
    rows_read_ = Result<Done>(std::unexpected(rows.error()));
  }
  for (auto& reply : std::exchange(waiting_for_rows_, {})) list_ready(std::move(reply));

  // `installed` is where a host died between writing the row and starting the worker.
  for (const auto& row : list(std::nullopt)) {
    const bool starts = row.status == PluginStatus::ready || row.status == PluginStatus::installed;
    if (starts) to_start_.push_back(row.plugin_key);
  }
  start_waiting_plugins();
  co_return *rows_read_;
}

void Lifecycle::start_waiting_plugins() {
  const auto lanes = std::min(options_.activations_max, to_start_.size());
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    ++operations_;
    collet::start(start_ready_plugins(), Reply<Done>([this](Result<Done>) { finish_operation(); }));
  }
}

void Lifecycle::try_again_later(Plugin& plugin, const Error& why) {
  if (!std::exchange(plugin.waits_for_host, true)) {
    parts_.logger.warn(
        "plugin waits for what the host lacks; it is tried again every second",
        {{"plugin", plugin.row.plugin_key}, {"reason", why.message}, {"remedy", why.remedy}});
  }
  // Calls wait for it meanwhile, by their deadlines.
  parts_.workers.expect_worker(plugin.row.id, plugin.row.plugin_key);
  const auto& key = plugin.row.plugin_key;
  if (std::ranges::find(to_try_again_, key) != to_try_again_.end()) return;
  to_try_again_.push_back(key);
  if (to_try_again_.size() > 1) return;
  try_again_ = parts_.loop.call_after(k_try_again_after, [this] {
    for (auto& waiting : std::exchange(to_try_again_, {})) {
      to_start_.push_back(std::move(waiting));
    }
    start_waiting_plugins();
  });
}

Async<Result<Done>> Lifecycle::start_ready_plugins() {
  while (!to_start_.empty() && !stopping_) {
    const auto key = std::move(to_start_.front());
    to_start_.pop_front();
    const auto turn =
        co_await reply_of<Turns::Turn>([&](auto reply) { turns_.take(key, std::move(reply)); });
    const auto plugin = admit(key);
    // Somebody may have disabled it while it waited.
    if (!plugin) continue;
    const auto status = (*plugin)->row.status;
    if (status != PluginStatus::ready && status != PluginStatus::installed) continue;
    // Or somebody may have restarted it.
    if (parts_.workers.is_running((*plugin)->row.id)) continue;
    const auto outcome = co_await activate(**plugin, status, Capabilities::as_approved);
    if (!outcome && !(*plugin)->waits_for_host) {
      parts_.logger.warn("plugin did not start",
                         {{"plugin", key}, {"error", outcome.error().message}});
    }
  }
  co_return Done{};
}

}  // namespace plugin
}  // namespace collet
