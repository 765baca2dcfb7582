// The real LifecycleManager.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/background.hpp"
#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/lifecycle_manager.hpp"
#include "collet/limits.hpp"
#include "collet/plugin_store.hpp"
#include "collet/worker_manager.hpp"
#include "plugin/package_source.hpp"

namespace collet {

struct LifecycleOptions {
  /// What manifests' `minimumHostVersion` is held against. Required.
  std::string host_version;
  /// `<plugin_data_root>/<key>` is a plugin's own folder: made before its worker starts, deleted by
  /// a purge. Neither happens where this is empty.
  std::filesystem::path plugin_data_root{};
  /// Plugins that are started at a time at the start of the host, which gives twice its cores.
  std::size_t activations_max = limits::plugins::starts_max;
  /// Changes a manifest's settings to what the operator wants; may be empty.
  std::function<void(Manifest&)> apply_settings{};
  /// Does what has to be done before a plugin's worker starts; a failure is the activation's. May
  /// be empty.
  std::function<void(const WorkerStart& start, Reply<Done> reply)> before_start{};
};

/// What it works with; all of it outlives it.
struct LifecycleParts {
  Loop& loop;
  PluginStore& store;
  WorkerManager& workers;
  plugin::PackageSource& packages;
  Background& background;
  Entropy& entropy;
  Logger& logger;
  WallClock clock;
};

/// Destroy it only after `stop` has answered, or before anything was asked of it.
[[nodiscard]] std::unique_ptr<LifecycleManager> make_lifecycle_manager(LifecycleParts parts,
                                                                       LifecycleOptions options);

}  // namespace collet
