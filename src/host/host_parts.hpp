// Everything a host is made of, in the order in which the parts stand on each other.
#pragma once

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "api/api.hpp"
#include "base/asio_loop.hpp"
#include "base/background.hpp"
#include "base/background_pool.hpp"
#include "base/entropy.hpp"
#include "base/folder_lock.hpp"
#include "base/logger.hpp"
#include "base/loop_watch.hpp"
#include "base/mutex.hpp"
#include "collet/host.hpp"
#include "http/outbound.hpp"
#include "http/resolver.hpp"
#include "http/server.hpp"
#include "plugin/lifecycle.hpp"
#include "plugin/package_source.hpp"
#include "process/process.hpp"
#include "services/services.hpp"
#include "store/store.hpp"
#include "worker/supervisor.hpp"

namespace collet {

/// The parts live on the loop's thread once it runs; they are made before and destroyed after it.
struct HostParts {
  /// Opens the folder and the store; nothing runs yet.
  [[nodiscard]] static Result<std::unique_ptr<HostParts>> make(HostOptions options);
  ~HostParts();

  /// Reads the store, listens, activates the plugins; answers when calls are accepted. Loop thread.
  void start_up(Reply<Done> reply);
  /// Makes the server, which does not accept yet. Loop thread.
  [[nodiscard]] Result<Done> listen();
  /// Lets what is under way end, stops all workers, writes what waits. Loop thread.
  void shut_down(Reply<Done> reply);

  const HostOptions options;
  const std::filesystem::path watcher;  ///< empty where there is none
  FolderLock lock;
  const std::unique_ptr<Logger> log;
  const std::unique_ptr<Entropy> entropy;
  const std::unique_ptr<AsioLoop> own_loop;
  AsioLoop& loop;
  std::unique_ptr<Store> store;
  std::unique_ptr<Background> background;
  std::unique_ptr<BackgroundPool> folder_work;    ///< a slow disk holds up nobody but its plugins
  std::unique_ptr<BackgroundPool> database_work;  ///< nor does a slow query
  std::unique_ptr<process::Spawner> spawner;
  std::unique_ptr<http::Resolver> resolver;
  std::unique_ptr<http::Outbound> outbound;
  std::unique_ptr<services::Services> services;
  std::shared_ptr<WorkerManager> workers;
  std::unique_ptr<plugin::PackageSource> packages;
  std::unique_ptr<LifecycleManager> lifecycle;
  std::unique_ptr<ToolDispatcher> dispatcher;
  std::unique_ptr<api::Api> api;
  std::unique_ptr<http::Server> server;
  std::optional<LoopWatch> watch;  ///< while the host runs
  std::uint16_t port = 0;          ///< of the server; 0 without one
  bool ready = false;              ///< start-up is done

 private:
  HostParts(HostOptions given, std::filesystem::path found_watcher, FolderLock taken,
            std::unique_ptr<AsioLoop> opened);
  void build_core();
  void build_services();
  void build_workers();
  void build_lifecycle();
  /// Stops and starts a plugin's workers. Loop thread.
  void restart(std::string_view plugin_id, Reply<Done> reply);
};

}  // namespace collet
