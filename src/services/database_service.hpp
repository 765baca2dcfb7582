// `db.*`: a database of its own for every plugin that declares one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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
  std::size_t parameters_bytes_max = limits::services::database_parameters_bytes_max;
  LaneLimits lanes{.waiting_max = limits::services::database_waiting_max};
  Clock::duration idle_max = limits::services::database_idle_max;
};

/// Each database is a file in its plugin's data folder, and all work on it is done in the plugin's
/// lane of the pool, one piece after the other. It is closed when it is idle or a worker of the
/// plugin ends, and opened again by what comes next. What a worker asked for is not done any more
/// once it has ended. Rows are the plugin's, whichever company it
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
  /// Migrations that wait or run end soon, and so do those that are asked for later, with
  /// `shutting_down`. Workers are served as before.
  void stop_migrations() { migrations_stop_->store(true, std::memory_order_relaxed); }

 private:
  struct Slot;
  /// Set where what runs for somebody is to end; of any thread.
  using StopFlag = std::shared_ptr<std::atomic<bool>>;
  /// What a lane takes.
  template <class T>
  struct Operation {
    std::move_only_function<Result<T>()> work;
    Reply<T> reply;
  };

  void query(const ServiceCall& call, Reply<std::string> reply);
  void execute(const ServiceCall& call, Reply<std::string> reply);
  /// `work` on the plugin's database, which goes on until `stop` is set; the time that the database
  /// may be idle begins afterwards.
  template <class T>
  Operation<T> operation(const std::string& plugin_id, std::shared_ptr<Slot> slot, StopFlag stop,
                         std::move_only_function<Result<T>(PluginDatabase&)> work, Reply<T> reply);
  struct Statement;
  [[nodiscard]] Result<Statement> statement_of(const ServiceCall& call) const;
  /// Runs the call's statement by `work`.
  void run(const ServiceCall& call,
           std::move_only_function<Result<std::string>(PluginDatabase&, const Statement&)> work,
           Reply<std::string> reply);
  /// Set once this process of a plugin's has ended.
  StopFlag end_of(const worker::WorkerIdentity& worker);
  void ended(const worker::WorkerIdentity& worker);
  /// The database of the plugin that calls; null where its manifest declares none.
  std::shared_ptr<Slot> slot_of(const ServiceCall& call);
  std::shared_ptr<Slot> make_slot(std::string_view plugin_key, std::string_view manifest_json,
                                  Tenancy tenancy) const;
  void close(const std::string& plugin_id);

  Parts parts_;
  const DatabaseLimits limits_;
  PluginLanes lanes_;
  Tenancy tenancy_ = Tenancy::single;
  StopFlag stopping_ = std::make_shared<std::atomic<bool>>(false);  // when this is gone
  StopFlag migrations_stop_ = std::make_shared<std::atomic<bool>>(false);
  // Of workers that ever asked and live, by plugin id and instance.
  std::map<std::pair<std::string, std::uint32_t>, StopFlag> ends_;
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;  // by plugin id
};

}  // namespace collet::services
