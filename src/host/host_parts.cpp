#include "host/host_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/async.hpp"
#include "base/contained_folder.hpp"
#include "base/descriptors.hpp"
#include "base/file.hpp"
#include "base/join.hpp"
#include "base/local_time.hpp"
#include "collet/limits.hpp"
#include "host/watcher_path.hpp"
#include "http/egress.hpp"
#include "plugin/installer.hpp"
#include "process/system_spawner.hpp"
#include "store/sqlite_store.hpp"
#include "worker/paperclip.hpp"

namespace collet {
namespace {

// As many answers as possible leave before the sockets close; none is worth a longer wait once
// every worker is gone.
constexpr auto k_answers_grace = std::chrono::seconds(1);

std::unique_ptr<Logger> make_logger(const HostOptions& options) {
  if (options.log == HostLog::none) return make_null_logger();
  return make_stderr_logger(log_level_from(options.log_level).value_or(LogLevel::info));
}

// A limit that lets no worker start; empty where there is none.
std::string zero_in(const WorkerLimits& limits) {
  for (const auto& [name, limit] : {std::pair{"open_files_max", limits.open_files_max},
                                    std::pair{"cpu_seconds_max", limits.cpu_seconds_max},
                                    std::pair{"address_space_max", limits.address_space_max},
                                    std::pair{"memory_max", limits.memory_max},
                                    std::pair{"processes_max", limits.processes_max}}) {
    if (limit == 0u) return name;
  }
  return {};
}

// What is wrong with the settings of services, after the name of the setting; empty where nothing
// is.
std::string mistake_in_services(const HostOptions& options) {
  const auto mistake_of = [](std::string name, const auto& checked) {
    return checked ? std::string() : std::move(name) + " " + checked.error().message;
  };
  const auto& http = options.outbound_http;
  auto mistake = mistake_of("outbound_http.allow", http::AllowList::parse(http.allow));
  for (const auto& [key, plugin] : options.plugins) {
    if (!mistake.empty()) break;
    mistake = mistake_of("plugins[\"" + key + "\"].services.http_allow",
                         http::AllowList::parse(plugin.services.http_allow));
  }
  if (mistake.empty() && !http.proxy.empty()) {
    mistake = mistake_of("outbound_http.proxy", http::check_proxy(http.proxy));
  }
  if (mistake.empty() && !http.ca_file.empty()) {
    mistake = mistake_of("outbound_http.ca_file:",
                         read_file(http.ca_file, limits::services::ca_file_bytes_max));
  }
  if (mistake.empty() && http.response_bytes_max == 0) {
    mistake = "outbound_http.response_bytes_max is 0";
  }
  if (mistake.empty() && options.upstream) {
    mistake = mistake_of("upstream.url", http::check_url(options.upstream->url));
  }
  return mistake;
}

Result<Done> check(const HostOptions& options) {
  const auto wrong = [](std::string what) {
    return fail(ErrorCode::invalid_request, "HostOptions: " + std::move(what));
  };
  if (options.data_dir.empty()) return wrong("data_dir is empty");
  if (options.http && options.http->connections_max == 0) return wrong("http.connections_max is 0");
  if (!log_level_from(options.log_level))
    return wrong("log_level is none of debug, info, warn, error");
  if (options.function_threads == 0) return wrong("function_threads is 0");
  for (const auto& [name, time] :
       {std::pair{"default_timeout", options.default_timeout},
        std::pair{"timeout_max", options.timeout_max},
        std::pair{"initialize_timeout", options.initialize_timeout},
        std::pair{"job_timeout", options.job_timeout}, std::pair{"deaf_after", options.deaf_after},
        std::pair{"secrets.command_timeout", options.secrets.command_timeout},
        std::pair{"upstream.timeout", options.upstream.value_or(UpstreamSettings{}).timeout}}) {
    if (time <= std::chrono::milliseconds(0)) return wrong(std::string(name) + " is not positive");
  }
  for (const auto& [name, time] : {std::pair{"drain_grace", options.drain_grace},
                                   std::pair{"shutdown_grace", options.shutdown_grace},
                                   std::pair{"kill_grace", options.kill_grace}}) {
    if (time < std::chrono::milliseconds(0)) return wrong(std::string(name) + " is negative");
  }
  const auto& admission = options.admission;
  if (admission.concurrency == 0 || admission.concurrency > ToolSettings::concurrency_max)
    return wrong("admission.concurrency is not from 1 to 10000");
  if (admission.waiting_max == 0) return wrong("admission.waiting_max is 0");
  for (const auto& [caller, weight] : admission.caller_weights) {
    if (weight == 0) return wrong("admission.caller_weights has 0 for \"" + caller + "\"");
  }
  for (const auto& [key, plugin] : options.plugins) {
    const auto of_plugin = "plugins[\"" + key + "\"].";
    const auto out_of_range = [](std::optional<std::uint32_t> value, std::uint32_t most) {
      return value && (*value == 0 || *value > most);
    };
    if (out_of_range(plugin.settings.instances, PluginSettings::instances_max))
      return wrong(of_plugin + "settings.instances is not from 1 to 64");
    if (out_of_range(plugin.settings.concurrency, PluginSettings::concurrency_max))
      return wrong(of_plugin + "settings.concurrency is not from 1 to 10000");
    for (const auto& [folder, path] : plugin.folders) {
      if (!path.is_absolute())
        return wrong(of_plugin + "folders[\"" + folder + "\"] is not absolute");
    }
    for (const auto& [name, tool] : plugin.tools) {
      if (out_of_range(tool.concurrency, ToolSettings::concurrency_max))
        return wrong(of_plugin + "tools[\"" + name + "\"].concurrency is not from 1 to 10000");
    }
  }
  if (options.tenancy.company_id.empty()) return wrong("tenancy.company_id is empty");
  if (auto mistake = mistake_in_services(options); !mistake.empty())
    return wrong(std::move(mistake));
  const auto& restarts = options.restarts;
  for (const auto& [name, time] :
       {std::pair{"first", restarts.first}, std::pair{"window", restarts.window},
        std::pair{"retry_after", restarts.retry_after}}) {
    if (time <= Clock::duration(0))
      return wrong("restarts." + std::string(name) + " is not positive");
  }
  if (restarts.longest < restarts.first)
    return wrong("restarts.longest is less than restarts.first");
  if (restarts.crashes_max == 0) return wrong("restarts.crashes_max is 0");
  if (options.worker_line_bytes_max < limits::worker::line_bytes_min ||
      options.worker_line_bytes_max > limits::worker::line_bytes_ceiling)
    return wrong("worker_line_bytes_max is not from " +
                 std::to_string(limits::worker::line_bytes_min) + " to " +
                 std::to_string(limits::worker::line_bytes_ceiling));
  if (const auto zero = zero_in(options.worker_limits); !zero.empty()) {
    return wrong("worker_limits." + zero + " is 0");
  }
  for (const auto& [key, plugin] : options.plugins) {
    if (const auto zero = zero_in(plugin.settings.limits); !zero.empty()) {
      return wrong("plugins[\"" + key + "\"].settings.limits." + zero + " is 0");
    }
  }
  return Done{};
}

// No folder of a plugin's is in the data folder, which has the secrets' key, or around it.
Result<Done> check_folders(const HostOptions& options) {
  for (const auto& [key, plugin] : options.plugins) {
    for (const auto& [folder, path] : plugin.folders) {
      if (!folders_overlap(path, options.data_dir)) continue;
      return fail(
          ErrorCode::invalid_request,
          fmt::format("HostOptions: plugins[\"{}\"].folders[\"{}\"] is {}, which is in the data "
                      "folder {} or has it in it",
                      key, folder, path.native(), options.data_dir.native()),
          "name a folder elsewhere");
    }
  }
  return Done{};
}

WallTime now_of_day() {
  return std::chrono::system_clock::now();
}

template <class Setting>
void take(std::optional<Setting>& setting, const std::optional<Setting>& wins) {
  if (wins) setting = wins;
}

void merge(ToolSettings& settings, const ToolSettings& wins) {
  take(settings.output_schema, wins.output_schema);
  take(settings.timeout, wins.timeout);
  take(settings.concurrency, wins.concurrency);
  take(settings.idempotent, wins.idempotent);
  take(settings.validation, wins.validation);
}

void merge(PluginSettings& settings, const PluginSettings& wins) {
  take(settings.instances, wins.instances);
  take(settings.concurrency, wins.concurrency);
  take(settings.on_timeout, wins.on_timeout);
  take(settings.timeout, wins.timeout);
  take(settings.validation, wins.validation);
  take(settings.fill_defaults, wins.fill_defaults);
  take(settings.coerce, wins.coerce);
  settings.limits = settings.limits.with(wins.limits);
}

// What the operator says of a plugin wins over what its manifest says.
void apply_overrides(const std::map<std::string, PluginOverrides>& overrides, Manifest& manifest) {
  const auto found = overrides.find(manifest.id);
  if (found == overrides.end()) return;
  const auto& plugin = found->second;
  merge(manifest.settings, plugin.settings);
  for (auto& tool : manifest.tools) {
    if (const auto wins = plugin.tools.find(tool.name); wins != plugin.tools.end())
      merge(tool.settings, wins->second);
  }
}

services::GatePolicy gate_policy(const HostOptions& options) {
  return {.tenancy = options.tenancy.mode,
          .company_id = options.tenancy.company_id,
          .is_trusted_unnamed = [&plugins = options.plugins](std::string_view plugin_key) {
            const auto found = plugins.find(std::string(plugin_key));
            return found != plugins.end() && found->second.trust_unnamed_calls;
          }};
}

services::OperatorFolders folders_of(const HostOptions& options) {
  services::OperatorFolders folders;
  for (const auto& [key, plugin] : options.plugins) {
    for (const auto& [folder, path] : plugin.folders) folders[key][folder] = path.string();
  }
  return folders;
}

std::map<std::string, PluginServiceSettings> service_settings(
    const std::map<std::string, PluginOverrides>& plugins) {
  std::map<std::string, PluginServiceSettings> settings;
  for (const auto& [key, plugin] : plugins) settings.emplace(key, plugin.services);
  return settings;
}

services::WebhookOptions webhook_options(const std::map<std::string, PluginOverrides>& plugins) {
  services::WebhookOptions made;
  for (const auto& [key, plugin] : plugins) {
    if (plugin.webhooks == WebhookAccess::open) made.open_plugins.insert(key);
  }
  return made;
}

}  // namespace

HostParts::HostParts(HostOptions given, std::filesystem::path found_watcher, FolderLock taken,
                     std::unique_ptr<AsioLoop> opened)
    : options(std::move(given)),
      watcher(std::move(found_watcher)),
      lock(std::move(taken)),
      log(make_logger(options)),
      entropy(make_system_entropy()),
      own_loop(std::move(opened)),
      loop(*own_loop) {}

HostParts::~HostParts() = default;

Result<std::unique_ptr<HostParts>> HostParts::make(HostOptions options) {
  if (auto checked = check(options); !checked) return std::unexpected(std::move(checked.error()));
  // Workers and npm run in folders of their own, where a relative path would mean something else.
  std::error_code error;
  options.data_dir = std::filesystem::absolute(options.data_dir, error);
  if (error)
    return fail(ErrorCode::invalid_request,
                "the data folder cannot be made absolute: " + error.message());
  // Empty where /proc is not there.
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  auto watcher = find_watcher(options.watcher, executable);
  if (!watcher) return std::unexpected(std::move(watcher.error()));
  auto lock = FolderLock::take(options.data_dir);
  if (!lock) return std::unexpected(std::move(lock.error()));
  // The data folder is there by now, so that links to it lead somewhere.
  if (auto apart = check_folders(options); !apart) return std::unexpected(std::move(apart.error()));
  auto loop = AsioLoop::open();
  if (!loop) return std::unexpected(std::move(loop.error()));
  std::unique_ptr<HostParts> parts(
      new HostParts(std::move(options), *std::move(watcher), std::move(*lock), *std::move(loop)));
  auto store = make_sqlite_store(parts->options.data_dir / "collet.db", parts->loop, *parts->log);
  if (!store) return std::unexpected(std::move(store.error()));
  parts->store = std::move(*store);
  parts->build_core();
  parts->build_services();
  parts->build_workers();
  parts->build_lifecycle();
  return parts;
}

void HostParts::build_core() {
  background = make_background(loop);
  folder_work = make_background_pool(loop, {.threads_max = limits::services::folder_threads_max});
  database_work =
      make_background_pool(loop, {.threads_max = limits::services::database_threads_max});
  if (watcher.empty()) {
    log->warn("no collet-watcher found: what leaves its worker's process group outlives it",
              {{"remedy", "reinstall, or set HostOptions::watcher"}});
  }
  spawner = process::make_system_spawner(
      loop, {.watcher = watcher,
             .log = log.get(),
             .orphans = options.orphans == Orphans::reaped ? process::Orphans::reaped
                                                           : process::Orphans::left_alone});
  for (const auto& limit : spawner->not_enforced(options.worker_limits)) log->warn(limit.why);
  for (const auto& [key, plugin] : options.plugins) {
    for (const auto& limit : spawner->not_enforced(plugin.settings.limits)) {
      log->warn(limit.why, {{"plugin", key}});
    }
  }
}

void HostParts::build_services() {
  resolver = http::make_system_resolver(loop);
  outbound = http::make_outbound(loop, *resolver,
                                 {.proxy = options.outbound_http.proxy,
                                  .ca_file = options.outbound_http.ca_file,
                                  .user_agent = "collet/" COLLET_VERSION});
  services = std::make_unique<services::Services>(
      services::ServicesContext{
          .loop = loop,
          .store = *store,
          .entropy = *entropy,
          .wall_clock = now_of_day,
          .log = *log,
          .restart_plugin = [this](std::string_view plugin_id,
                                   Reply<Done> reply) { restart(plugin_id, std::move(reply)); },
          .folder_work = *folder_work,
          .database_work = *database_work,
          .data_dir = options.data_dir,
          .plugin_data_root = options.data_dir / "plugin-data",
          .background = *background,
          .spawner = *spawner,
          .outbound = *outbound,
          .zone = system_zone_rules()},
      services::ServicesOptions{.gate = gate_policy(options),
                                .directory = options.directory,
                                .folders = folders_of(options),
                                .http = options.outbound_http,
                                .secrets = options.secrets,
                                .secret_key_file = options.data_dir / "secrets.key",
                                .upstream = options.upstream,
                                .plugins = service_settings(options.plugins),
                                .jobs = {.timeout = options.job_timeout},
                                .webhooks = webhook_options(options.plugins)});
}

void HostParts::restart(std::string_view plugin_id, Reply<Done> reply) {
  lifecycle->restart_worker(
      plugin_id, Reply<PluginRecord>([reply = std::move(reply)](Result<PluginRecord> row) mutable {
        row ? reply(Done{}) : reply(std::unexpected(std::move(row.error())));
      }));
}

void HostParts::build_workers() {
  worker::WorkerPolicy policy;
  policy.initialize_timeout = options.initialize_timeout;
  policy.drain_grace = options.drain_grace;
  policy.shutdown_grace = options.shutdown_grace;
  policy.kill_grace = options.kill_grace;
  policy.restarts = options.restarts;
  policy.liveness.patience = options.deaf_after;
  policy.channel.line_bytes_max = options.worker_line_bytes_max;
  workers = worker::make_worker_manager({
      .loop = loop,
      .spawner = *spawner,
      .services = services->table(),
      .log = *log,
      .entropy = *entropy,
      .wall_clock = now_of_day,
      .launch = {.node = options.node,
                 .path = options.path,
                 .plugin_data_root = options.data_dir / "plugin-data",
                 .environment = options.worker_environment,
                 .limits = options.worker_limits},
      .policy = policy,
      .on_stderr_line =
          [this](const worker::WorkerIdentity& worker, std::string_view line) {
            services->logs().append(worker.plugin_id, "info", line);
          },
      .on_status =
          [this](const worker::WorkerIdentity& worker, WorkerStatus status,
                 std::string_view reason) {
            lifecycle->report_worker(worker.plugin_id,
                                     status == WorkerStatus::running
                                         ? PluginEventType::worker_started
                                         : PluginEventType::worker_stopped,
                                     std::string(reason));
          },
  });
  services->attach(*workers);
}

void HostParts::build_lifecycle() {
  auto npm_environment = options.npm_environment;
  npm_environment.emplace_back("PATH", options.path);
  packages = plugin::make_installer({.packages_dir = options.data_dir / "packages",
                                     .environment = std::move(npm_environment),
                                     .node = options.node,
                                     .npm = options.npm},
                                    loop, *background, *spawner, *entropy);
  lifecycle = make_lifecycle_manager(
      {.loop = loop,
       .store = store->plugins(),
       .workers = *workers,
       .packages = *packages,
       .background = *background,
       .entropy = *entropy,
       .logger = *log,
       .clock = now_of_day},
      {.host_version = std::string(worker::paperclip::k_host_version),
       .plugin_data_root = options.data_dir / "plugin-data",
       .activations_max = 2 * std::max(1u, std::thread::hardware_concurrency()),
       .apply_settings = [this](Manifest& manifest) { apply_overrides(options.plugins, manifest); },
       .before_start = [this](const WorkerStart& start,
                              Reply<Done> reply) { services->prepare(start, std::move(reply)); }});
  services->attach(*lifecycle);
  lifecycle->on(PluginEventType::unloaded, [this](const PluginEvent& event) {
    if (event.remove_data) services->forget(event.plugin_id);
  });
  dispatcher = std::make_unique<ToolDispatcher>(
      ToolDispatcherOptions{.workers = workers,
                            .events = lifecycle.get(),
                            .ready_plugins = lifecycle.get(),
                            .log = log.get(),
                            .loop = &loop,
                            .admission = options.admission,
                            .default_timeout = options.default_timeout,
                            .timeout_max = options.timeout_max});
}

Result<Done> HostParts::listen() {
  const auto& http = options.http;
  if (!http) return Done{};
  api =
      std::make_unique<api::Api>(api::ApiOptions{.loop = loop,
                                                 .dispatcher = *dispatcher,
                                                 .lifecycle = *lifecycle,
                                                 .workers = *workers,
                                                 .store = store->plugins(),
                                                 .services = *services,
                                                 .wall_clock = now_of_day,
                                                 .operator_token = http->operator_token,
                                                 .version = COLLET_VERSION,
                                                 .ready = [this] { return ready; },
                                                 .gaps = [this] { return watch->seen(); },
                                                 .default_timeout = options.default_timeout,
                                                 .timeout_max = options.timeout_max,
                                                 .connections = [this] { return server->load(); }});
  auto listening = http::Server::listen(loop,
                                        {.address = http->address,
                                         .port = http->port,
                                         .allowed_hosts = http->allowed_hosts,
                                         .allowed_origins = http->allowed_origins,
                                         .body_bytes_max = http->body_bytes_max,
                                         .connections_max = http->connections_max},
                                        *api, *log);
  if (!listening) return std::unexpected(std::move(listening.error()));
  server = std::move(*listening);
  port = server->port();
  const bool is_asked_for = http->connections_max != HttpOptions().connections_max;
  if (is_asked_for && server->connections_max() < http->connections_max) {
    log->warn("fewer connections than configured: they get half of the open files at most",
              {{"connections_max", std::to_string(server->connections_max())},
               {"open_files_max", std::to_string(open_files_max())},
               {"remedy", "raise the limit of open files (ulimit -n)"}});
  }
  return Done{};
}

namespace {

Async<Result<Done>> start_flow(HostParts& parts) {
  parts.watch.emplace(parts.loop, *parts.log);
  // The port comes first: a host that cannot have it starts no worker.
  auto listening = parts.listen();
  if (!listening) co_return listening;
  auto loaded =
      co_await reply_of<Done>([&](Reply<Done> reply) { parts.services->load(std::move(reply)); });
  if (!loaded) co_return loaded;
  // Both wait for the rows, and are through with them before the first worker starts: tools are
  // there at once, and their calls wait.
  parts.lifecycle->list_ready(
      Reply<std::vector<ReadyPlugin>>([&parts](const Result<std::vector<ReadyPlugin>>& ready) {
        if (!ready) return;
        for (const auto& plugin : *ready) parts.workers->expect_worker(plugin.id, plugin.key);
      }));
  parts.dispatcher->initialize(Reply<Done>([](Result<Done>) {}));
  auto started =
      co_await reply_of<Done>([&](Reply<Done> reply) { parts.lifecycle->start(std::move(reply)); });
  if (!started) co_return started;
  if (parts.server) parts.server->start_accepting();
  parts.ready = true;
  co_return Done{};
}

// Answers when no request is open any more, or at `deadline`.
void await_answers(HostParts& parts, Deadline deadline, std::shared_ptr<Timer> timer,
                   Reply<Done> reply) {
  if (!parts.server || parts.server->requests_open() == 0 || deadline.expired(parts.loop.now()))
    return reply(Done{});
  *timer = parts.loop.call_after(std::chrono::milliseconds(5),
                                 [&parts, deadline, timer, reply = std::move(reply)]() mutable {
                                   await_answers(parts, deadline, timer, std::move(reply));
                                 });
}

Async<Result<Done>> stop_flow(HostParts& parts) {
  parts.ready = false;
  if (parts.server) parts.server->stop_accepting();
  // The lifecycle waits for starts that are prepared, which migrations may take a minute for.
  parts.services->stop_preparing();
  // Both at once: the lifecycle's operations wait for workers, and start none any more.
  (void)co_await reply_of<Done>([&](Reply<Done> reply) {
    const Join both(std::move(reply));
    parts.lifecycle->stop(both.one());
    parts.workers->stop_all(both.one());
  });
  parts.dispatcher->teardown();
  parts.services->streams().end_all();
  const auto deadline = Deadline::after(parts.loop.now(), k_answers_grace);
  const auto timer = std::make_shared<Timer>();
  (void)co_await reply_of<Done>(
      [&](Reply<Done> reply) { await_answers(parts, deadline, timer, std::move(reply)); });
  (void)co_await reply_of<Done>(
      [&](Reply<Done> reply) { parts.services->drain(std::move(reply)); });
  (void)co_await reply_of<Done>([&](Reply<Done> reply) { parts.store->settle(std::move(reply)); });
  parts.server.reset();
  parts.watch.reset();
  co_return Done{};
}

}  // namespace

void HostParts::start_up(Reply<Done> reply) {
  start(start_flow(*this), std::move(reply));
}

void HostParts::shut_down(Reply<Done> reply) {
  start(stop_flow(*this), std::move(reply));
}

}  // namespace collet
