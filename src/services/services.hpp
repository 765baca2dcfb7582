// All services of a host, and what they share.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/background.hpp"
#include "base/entropy.hpp"
#include "base/local_time.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/plugin_events.hpp"
#include "collet/service_settings.hpp"
#include "http/outbound.hpp"
#include "process/process.hpp"
#include "services/activity_service.hpp"
#include "services/config_service.hpp"
#include "services/database_service.hpp"
#include "services/directory_service.hpp"
#include "services/entity_service.hpp"
#include "services/event_bus.hpp"
#include "services/event_service.hpp"
#include "services/folder_service.hpp"
#include "services/http_service.hpp"
#include "services/job_service.hpp"
#include "services/log_service.hpp"
#include "services/metric_service.hpp"
#include "services/plugin_logs.hpp"
#include "services/plugin_metrics.hpp"
#include "services/secrets_service.hpp"
#include "services/service_table.hpp"
#include "services/state_service.hpp"
#include "services/stream_hub.hpp"
#include "services/stream_service.hpp"
#include "services/upstream_service.hpp"
#include "services/webhook_service.hpp"
#include "store/store.hpp"

namespace collet::services {

/// Borrowed, outlives the services.
struct ServicesContext {
  Loop& loop;
  Store& store;
  Entropy& entropy;
  WallClock wall_clock;
  Logger& log;
  RestartPlugin restart_plugin{};          ///< for plugins that take a new configuration only so
  BackgroundPool& folder_work;             ///< for files in plugins' folders
  BackgroundPool& database_work;           ///< for plugins' databases
  std::filesystem::path data_dir;          ///< no folder of a plugin's choice is in there
  std::filesystem::path plugin_data_root;  ///< each plugin's own folder is below it
  Background& background;                  ///< for files and large texts
  process::Spawner& spawner;               ///< for the program that gives secrets out
  http::Outbound& outbound;
  ZoneRules zone = [](WallTime) { return std::chrono::seconds(0); };  ///< of the schedules of jobs
};

struct ServicesOptions {
  GatePolicy gate;
  Directory directory{};
  OperatorFolders folders{};
  OutboundHttpSettings http{};
  SecretSettings secrets{};
  std::filesystem::path secret_key_file{};  ///< of the host's own store of secrets
  std::optional<UpstreamSettings> upstream{};
  std::map<std::string, PluginServiceSettings> plugins{};  ///< by plugin key
  JobOptions jobs{};
  WebhookOptions webhooks{};
};

/// What workers of this host may ask, ready to be asked. Loop thread only.
class Services {
 public:
  Services(const ServicesContext& context, ServicesOptions options);

  /// Gives services the way to the workers, which are made after them; before the first starts.
  void attach(WorkerManager& workers);
  /// Gives them what happens to plugins.
  void attach(PluginEvents& events);
  /// Reads what services keep in memory; before the first worker starts.
  void load(Reply<Done> reply) { config_service_.load(std::move(reply)); }
  /// A plugin is gone for good.
  void forget(std::string_view plugin_id) { config_service_.forget(plugin_id); }

  /// For the workers.
  [[nodiscard]] worker::HostServices& table() { return table_; }
  [[nodiscard]] PluginLogs& logs() { return logs_; }
  [[nodiscard]] const GatePolicy& policy() const { return table_.policy(); }
  [[nodiscard]] ConfigService& configs() { return config_service_; }
  [[nodiscard]] const EventBus& events() const { return event_bus_; }
  [[nodiscard]] StreamHub& streams() { return stream_hub_; }
  /// What has to be done before a plugin's worker starts. Fails with a sentence for its row.
  void prepare(const WorkerStart& start, Reply<Done> reply) {
    database_service_.migrate(start, std::move(reply));
  }
  /// That ends soon from now on, with `shutting_down`; for the begin of a host's end. Workers are
  /// served as before: they may have to write what they know.
  void stop_preparing() { database_service_.stop_migrations(); }
  [[nodiscard]] Secrets& secrets() { return secrets_; }
  [[nodiscard]] const PluginMetrics& metrics() const { return metrics_; }
  [[nodiscard]] JobService& jobs() { return jobs_; }
  [[nodiscard]] WebhookService& webhooks() { return webhooks_; }
  [[nodiscard]] ActivityStore& activity() { return activity_; }
  /// What came of requests so far, for the metrics.
  [[nodiscard]] std::vector<ServiceCount> counts() const;
  /// Begins nothing any more, ends what is under way and writes what waits; for the end of a
  /// host, when its workers are stopped.
  void drain(Reply<Done> reply);

 private:
  http::Outbound& outbound_;
  PluginLogs logs_;
  ConfigService config_service_;
  PluginMetrics metrics_;
  ActivityStore& activity_;
  ServiceTable table_;
  EventBus event_bus_;
  StreamHub stream_hub_;
  LogService log_service_;
  StateService state_service_;
  EventService event_service_;
  StreamService stream_service_;
  EntityService entity_service_;
  DirectoryService directory_service_;
  FolderService folder_service_;
  DatabaseService database_service_;
  HttpService http_service_;
  Secrets secrets_;
  SecretsService secrets_service_;
  UpstreamService upstream_service_;
  MetricService metric_service_;
  ActivityService activity_service_;
  JobService jobs_;
  WebhookService webhooks_;
};

}  // namespace collet::services
