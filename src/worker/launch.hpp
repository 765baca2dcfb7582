// Which program a worker is, and the world it sees. Pure.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "collet/worker_manager.hpp"
#include "process/process.hpp"

namespace collet::worker {

struct LaunchOptions {
  std::string node =
      "node";  ///< what runs .js, .mjs and .cjs entries: a name in `path`, or an absolute path
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  /// Each plugin has a writable folder of its own below it, named by its key.
  std::filesystem::path plugin_data_root;
  std::vector<std::pair<std::string, std::string>> environment;  ///< further variables; these win
  WorkerLimits limits{};  ///< of every worker, where its plugin's settings say nothing else
};

/// The environment is the reference host's allow-list and COLLET_PLUGIN_DATA_DIR; nothing of the
/// host's own gets in.
[[nodiscard]] process::SpawnRequest launch_request(const LaunchOptions& options,
                                                   const WorkerStart& start);

/// What a worker's limits come to on this machine.
struct LimitReport {
  WorkerLimits enforced;                ///< all are set
  std::vector<std::string> unenforced;  ///< why one does not hold that somebody asked for
};
[[nodiscard]] LimitReport limit_report(const LaunchOptions& options, const WorkerStart& start,
                                       const process::Spawner& spawner);

/// What to do about a worker that came up against these limits before it was of any use; empty
/// where it came up against none.
[[nodiscard]] std::string limits_remedy(const LaunchOptions& options, const WorkerStart& start,
                                        const LimitsHit& hits);

/// The writable folder of a plugin.
[[nodiscard]] std::filesystem::path plugin_data_dir(const LaunchOptions& options,
                                                    std::string_view plugin_key);

}  // namespace collet::worker
