// `config.get`, and all that happens to a plugin's configuration.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "collet/plugin_store.hpp"
#include "collet/worker_manager.hpp"
#include "services/service_table.hpp"
#include "store/config_store.hpp"

namespace collet::services {

struct ConfigLimits {
  std::size_t config_bytes_max = limits::services::config_bytes_max;  ///< of one configuration
  std::size_t companies_max = limits::services::companies_max;        ///< that configure one plugin
  std::size_t replay_bytes_max =
      limits::services::config_replay_bytes_max;  ///< on their way to a worker that has started
  Clock::duration delivery_timeout =
      limits::services::config_delivery_timeout;  ///< for a worker to take a configuration
  Clock::duration test_timeout =
      limits::services::config_test_timeout;  ///< for a worker to try one out
};

/// Restarts the workers of a plugin.
using RestartPlugin = std::function<void(std::string_view plugin_id, Reply<Done>)>;

/// References are borrowed and outlive the service.
struct ConfigParts {
  Loop& loop;
  ConfigStore& store;
  Entropy& entropy;
  WallClock wall_clock;
  Logger& log;
  RestartPlugin restart_plugin{};  ///< may be empty: then nothing is restarted
};

struct PluginConfig {
  PluginConfigRecord row;
  /// Why a worker did not take it when it was last told; empty where it did.
  std::string last_error{};
};

/// What came of setting a configuration.
struct ConfigChange {
  PluginConfig config;
  std::string warning{};  ///< why it was not judged; empty where it was
};

/// What came of trying one out.
struct ConfigVerdict {
  enum class Kind : std::uint8_t {
    valid,
    invalid,
    unsupported,  ///< it fits the schema; the plugin has no test of its own
  };
  Kind kind = Kind::valid;
  std::string message{};  ///< what the worker said; may be empty
};

/// Keeps all configurations in memory, too, written through: they are asked for all the time. A
/// worker is told its plugin's configurations at each start, before the calls that waited for it
/// (the reference's `configChanged`). It outlives the table. Loop thread only.
class ConfigService {
 public:
  /// `tenancy` and `company_id` are the policy's: with one tenant, only his configurations exist.
  ConfigService(ConfigParts parts, const GatePolicy& policy, ConfigLimits limits = {});
  void add_to(ServiceTable& table);
  /// Whom configurations are sent to; before the first worker starts.
  void attach(WorkerManager& workers) { workers_ = &workers; }
  /// Reads the store; before anything else is asked.
  void load(Reply<Done> reply);

  /// Null where there is none. Valid until the next change.
  [[nodiscard]] const PluginConfig* find(std::string_view plugin_id,
                                         std::string_view company_id) const;
  /// What the configuration of a plugin falls short of, the empty one where there is none.
  [[nodiscard]] std::vector<Violation> shortcomings(const PluginRecord& plugin,
                                                    std::string_view company_id) const;

  /// Judges an object by the plugin's schema, stores it, and sends it to every worker that runs; a
  /// plugin that does not know how to take it (it names no `configChanged` among its methods, or
  /// answers that it has none) is restarted. Answers when that is done. Fails with
  /// `invalid_request` (see ConfigSchema::check), `payload_too_large`, and as the store does; that
  /// a worker does not take it is no failure (see PluginConfig::last_error).
  void set(const PluginRecord& plugin, std::string company_id, const json::Value& config,
           Reply<ConfigChange> reply);
  /// Judges an object, then has the worker try it out, on behalf of the company, where one is
  /// named. Nothing is stored. Fails as `set` does, and with what went wrong at the worker.
  void test(const PluginRecord& plugin, std::string company_id, const json::Value& config,
            Reply<ConfigVerdict> reply);
  /// The plugin is gone for good.
  void forget(std::string_view plugin_id);

 private:
  using Configs = std::map<std::string, PluginConfig, std::less<>>;  // by company
  [[nodiscard]] Result<std::string> read(const json::Value& config) const;
  [[nodiscard]] Result<Done> check_room(const PluginRecord& plugin,
                                        std::string_view company_id) const;
  Async<Result<ConfigChange>> set_flow(PluginConfigRecord record, std::string plugin_key,
                                       std::string warning);
  Async<Result<Done>> tell_workers(std::string plugin_id, std::string plugin_key,
                                   std::string company_id);
  /// Sends the configuration as it is now to one process. Fails with what the worker said, or why
  /// it could not be asked.
  void tell(const worker::WorkerIdentity& worker, std::string_view company_id, Reply<Done> reply);
  void log_refusal(const worker::WorkerIdentity& worker, std::string_view company_id,
                   const Error& error);
  /// The configurations that a worker which has started is told, as many at a time as it takes.
  struct Replay;
  void tell_all(const worker::WorkerIdentity& worker);
  void go_on(const std::shared_ptr<Replay>& replay);
  void told(const std::shared_ptr<Replay>& replay, std::string company_id,
            const Result<Done>& taken);
  /// Keeps why a configuration was not taken.
  void note(std::string_view plugin_id, std::string_view company_id, std::string last_error);

  ConfigParts parts_;
  const Tenancy tenancy_;
  const std::string company_id_;
  const ConfigLimits limits_;
  WorkerManager* workers_ = nullptr;
  std::map<std::string, Configs, std::less<>> configs_;  // by plugin id
  // By plugin id and instance; until its process ends.
  std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<Replay>> replays_;
};

}  // namespace collet::services
