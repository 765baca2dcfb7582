// `db.*`: a database of its own for every plugin that declares one.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/background_pool.hpp"
#include "base/entropy.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/directory.hpp"
#include "collet/limits.hpp"
#include "collet/worker_manager.hpp"
#include "services/plugin_lanes.hpp"
#include "services/service_table.hpp"
#include "store/plugin_database.hpp"

namespace collet::services {

struct DatabaseLimits {
  PluginDatabaseLimits database{};
  std::size_t waiting_max = limits::services::database_waiting_max;
  Clock::duration idle_max = limits::services::database_idle_max;
};

/// Each database is a file in its plugin's data folder, and all work on it is done in the plugin's
/// lane of the pool, one piece after the other. It is closed when it is idle or a worker of the
/// plugin ends, and opened again by what comes next. Rows are the plugin's, whichever company it
/// acts for: to keep companies apart in there is up to the plugin. What is borrowed outlives it, it
/// outlives the table. Loop thread only.
class DatabaseService {
 public:
  struct Parts {
    Loop& loop;
    BackgroundPool& pool;
    Entropy& entropy;  ///< of any thread
    WallClock wall_clock;
    std::filesystem::path plugin_data_root;  ///< each plugin's folder is below it
    Directory directory;  ///< what plugins may read of, as `public.companies` …
  };
  explicit DatabaseService(Parts parts, DatabaseLimits limits = {});
  /// What runs ends soon: nobody waits for it any more.
  ~DatabaseService();
  DatabaseService(const DatabaseService&) = delete;
  DatabaseService& operator=(const DatabaseService&) = delete;

  void add_to(ServiceTable& table);

  /// Brings the database to what the package's migrations make of it, before the worker starts.
  /// Does nothing for a plugin without a database. Fails with `install_failed` and a sentence.
  void migrate(const WorkerStart& start, Reply<Done> reply);

 private:
  struct Slot;

  void query(const ServiceCall& call, Reply<std::string> reply);
  void execute(const ServiceCall& call, Reply<std::string> reply);
  /// Runs `work` on the plugin's database in its lane; the time it may be idle begins afterwards.
  template <class T>
  void run(const std::string& plugin_id, std::shared_ptr<Slot> slot,
           std::move_only_function<Result<T>(PluginDatabase&)> work, Reply<T> reply);
  /// The database of the plugin that calls; null where its manifest declares none.
  std::shared_ptr<Slot> slot_of(const ServiceCall& call);
  std::shared_ptr<Slot> make_slot(std::string_view plugin_key, std::string_view manifest_json,
                                  Tenancy tenancy) const;
  void close(const std::string& plugin_id);

  Parts parts_;
  const DatabaseLimits limits_;
  PluginLanes lanes_;
  Tenancy tenancy_ = Tenancy::single;
  /// Outlives this: lanes may still run.
  std::shared_ptr<std::atomic<bool>> stopping_ = std::make_shared<std::atomic<bool>>(false);
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;  // by plugin id
};

}  // namespace collet::services
